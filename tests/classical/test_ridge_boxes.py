"""LOSS-6, RCNN-7: R-CNN's box regressors by ridge regression. ERR-12: what the course notes leave out of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close, close_boxes

from refdet import box_convert, box_iou, decode_rcnn, encode_rcnn
from refdet.classical.ridge_boxes import fit_ridge_boxes
from refdet.losses import rcnn_ridge_loss, rcnn_ridge_loss_backward
from refdet.matching.rcnn_labels import regression_pairs

PLAIN = {"bias": False, "whiten": False}
FLAGS = [{"bias": bias, "whiten": whiten} for bias in (False, True) for whiten in (False, True)]


def cloud(seed=0, count=40, features=5, classes=3):
    """Targets that depend on the features of each class in its own way, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    values = rng.standard_normal((count, features))
    slopes = rng.standard_normal((classes, features, 4))
    noise = 0.1 * rng.standard_normal((count, 4))
    return values, labels, np.einsum("nd,ndm->nm", values, slopes[labels]) + 0.5 + noise


def spread_once(targets):
    """Root of the covariance, 0.001 added, by its definition."""
    centred = targets - targets.mean(axis=0)
    covariance = sum(np.outer(row, row) for row in centred) / len(centred)
    values, vectors = np.linalg.eig(covariance + 0.001 * np.eye(4))
    return (vectors * values**0.5 @ np.linalg.inv(vectors)).real


# By hand


def test_one_feature_and_no_bias():
    """w = F't / (F'F + lambda): (2 * 1 + 4 * 1) / (4 + 16 + 4) and (2 * 3 + 4 * 0) / 24."""
    fitted = fit_ridge_boxes([[2.0], [4.0]], [0, 0], [[1, 3, 0, 0], [1, 0, 0, 0]], 1, ridge=4, **PLAIN)
    assert fitted.weights.round(12).tolist() == [[[0.25, 0.25, 0, 0]]] and not fitted.bias.any()
    assert fitted.predict([[2.0]], [0]).round(12).tolist() == [[0.5, 0.5, 0, 0]]


def test_the_bias_is_the_weight_of_a_feature_of_ones_and_costs_as_much():
    """Without anything else b = sum of t / (N + lambda) = 4 / (2 + 2)."""
    fitted = fit_ridge_boxes([[0.0], [0.0]], [0, 0], [[1, 0, 0, 0], [3, 0, 0, 0]], 1, ridge=2, whiten=False)
    assert fitted.bias.round(12).tolist() == [[1, 0, 0, 0]] and not fitted.weights.any()


def test_whitened_targets_have_mean_0_and_covariance_one():
    """dx is -1 or 1 around 3: variance 1, so 0.001 more under the root; the others never change."""
    trace = fit_ridge_boxes.trace([[1.0], [1.0]], [0, 0], [[2, 5, 0, 0], [4, 5, 0, 0]], 1)
    wanted = trace.named("whiten")[0].wanted
    assert wanted.round(9).tolist() == [[round(-(1.001**-0.5), 9), 0, 0, 0], [round(1.001**-0.5, 9), 0, 0, 0]]
    assert trace.result.mean.tolist() == [[3, 5, 0, 0]]


def test_each_class_learns_from_its_own_examples():
    targets = [[1, 0, 0, 0], [-1, 0, 0, 0], [1, 0, 0, 0]]
    fitted = fit_ridge_boxes([[1.0], [1.0], [1.0]], [0, 2, 0], targets, 4, ridge=1, **PLAIN)
    assert fitted.weights[:, 0, 0].round(12).tolist() == [round(2 / 3, 12), 0, -0.5, 0]
    refined = fitted.refine([[0, 0, 6, 6]] * 4, np.ones((4, 1)), [0, 1, 2, 3]).round(9)
    assert refined[:, 0].tolist() == [4, 0, -3, 0]  # a class without examples leaves the box


@pytest.mark.parametrize(
    ("proposal", "truth", "deltas"),
    [
        ([0, 0, 8, 10], [0, 0, 10, 10], [0.125, 0, np.log(1.25), 0]),  # it misses the right edge
        ([0, 0, 12, 12], [1, 1, 11, 11], [0, 0, np.log(10 / 12), np.log(10 / 12)]),  # it is too large
        ([0, 0, 12, 8], [1, -1, 11, 9], [0, 0, np.log(10 / 12), np.log(10 / 8)]),  # its aspect is wrong
    ],
)
def test_the_three_errors_that_a_regressor_mends(proposal, truth, deltas):
    """RCNN-7: two features say which error it is; the ridge leaves a thousandth of it."""
    pairs = regression_pairs([proposal], [truth], [0])
    assert pairs.targets.round(9).tolist() == [np.round(deltas, 9).tolist()]
    fitted = fit_ridge_boxes([[1.0, 0.0]], pairs.labels, pairs.targets, 1, ridge=1 / 999, **PLAIN)
    assert close(fitted.predict([[1.0, 0.0]], [0]), 0.999 * pairs.targets, "normal equations")
    mended = fitted.refine([proposal], [[1.0, 0.0]], [0])
    assert box_iou(mended, [truth])[0, 0] > 0.998 > 0.84 > box_iou([proposal], [truth])[0, 0]
    unmoved = fitted.refine([proposal], [[0.0, 1.0]], [0])
    assert close_boxes(unmoved, [proposal], "coders")


def test_the_notes_example_is_learned_and_applied():
    """ENC-1's example: from (100, 100, 50, 80) to (110, 96, 60, 72); T(P) = G, the direction of the notes."""
    proposal = box_convert([[100, 100, 50, 80]], "cxcywh", "xyxy")
    truth = box_convert([[110, 96, 60, 72]], "cxcywh", "xyxy")
    targets = regression_pairs(proposal, truth, [0], 0.5).targets
    assert targets.round(6).tolist() == [[0.2, -0.05, 0.182322, -0.105361]]
    fitted = fit_ridge_boxes([[3.0]], [0], targets, 1)  # one example: its mean is the answer at any ridge
    refined = box_convert(fitted.refine(proposal, [[3.0]], [0]), "xyxy", "cxcywh")
    assert refined.round(9).tolist() == [[110, 96, 60, 72]]


def test_the_steps_of_two_classes():
    features, labels, targets = cloud(classes=2)
    trace = fit_ridge_boxes.trace(features, labels, targets, 2)
    assert [step.name for step in trace] == ["whiten", "gram", "factor", "solve"] * 2
    assert (trace[2].lower == np.tril(trace[2].lower)).all()
    assert close(trace[2].lower @ trace[2].lower.T, trace[1].gram, "normal equations")
    assert [step.name for step in fit_ridge_boxes.trace(features, labels, targets, 2, **PLAIN)][:1] == [
        "gram"
    ]


# Properties


@pytest.mark.parametrize("flags", FLAGS)
@given(seed=st.integers(0, 99), ridge=st.sampled_from([0.1, 1.0, 30.0, 1000.0]))
def test_the_objective_has_no_slope_and_every_step_away_costs(flags, seed, ridge):
    """LOSS-6: (F'F + lambda I) w = F'Y, in whitened targets and with the column of ones where they are asked for."""
    features, labels, targets = cloud(seed, classes=2)
    fitted = fit_ridge_boxes(features, labels, targets, 2, ridge=ridge, **flags)
    for k in range(2):
        examples, wanted, weights = features[labels == k], targets[labels == k], fitted.weights[k]
        if flags["whiten"]:
            wanted = (wanted - wanted.mean(axis=0)) @ np.linalg.inv(spread_once(wanted))
        if flags["bias"]:
            examples = np.column_stack([examples, np.ones(len(examples))])
            weights = np.vstack([weights, fitted.bias[k]])
        slope = rcnn_ridge_loss_backward(1, weights, examples, wanted, ridge=ridge)
        scale = ridge + (examples**2).sum()
        assert close(1 + slope / scale, np.ones(slope.shape), "normal equations")
        least = rcnn_ridge_loss(weights, examples, wanted, ridge=ridge)["total"]
        moved = weights + 1e-3 * np.random.default_rng(seed).standard_normal(weights.shape)
        assert rcnn_ridge_loss(moved, examples, wanted, ridge=ridge)["total"] > least


def test_without_a_ridge_it_is_least_squares():
    features, labels, targets = cloud(classes=1)
    fitted = fit_ridge_boxes(features, labels, targets, 1, ridge=1e-8, whiten=False)
    with_ones = np.column_stack([features, np.ones(len(features))])
    expected = np.linalg.lstsq(with_ones, targets, rcond=None)[0]
    assert close(np.vstack([fitted.weights[0], fitted.bias]), expected, "nearly no ridge")
    whitened = fit_ridge_boxes(features, labels, targets, 1, ridge=1e-8)
    assert close(whitened.predict(features, labels), fitted.predict(features, labels), "nearly no ridge")


def test_an_endless_ridge_leaves_nothing_or_the_mean():
    features, labels, targets = cloud(classes=1)
    nothing = fit_ridge_boxes(features, labels, targets, 1, ridge=1e9, whiten=False)
    assert close(nothing.predict(features, labels), 0, "all ridge")
    mean = fit_ridge_boxes(features, labels, targets, 1, ridge=1e9)
    assert close(mean.predict(features, labels), targets.mean(axis=0), "all ridge")


@pytest.mark.parametrize("flags", FLAGS)
def test_turned_features_give_the_same_answers(flags):
    """Lengths and angles are all that the ridge knows of them; so the order of columns has no say either."""
    features, labels, targets = cloud()
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((5, 5)))[0]
    fitted, turned = (fit_ridge_boxes(f, labels, targets, 3, **flags) for f in (features, features @ turn))
    answers = turned.predict(features @ turn, labels)
    assert close(1 + answers, 1 + fitted.predict(features, labels), "normal equations")


@pytest.mark.parametrize("flags", FLAGS)
def test_the_order_of_the_examples_and_other_classes_do_not_matter(flags):
    features, labels, targets = cloud()
    fitted = fit_ridge_boxes(features, labels, targets, 3, **flags)
    backwards = fit_ridge_boxes(features[::-1], labels[::-1], targets[::-1], 3, **flags)
    own = labels == 1
    alone = fit_ridge_boxes(features[own], labels[own], targets[own], 3, **flags)
    for other in (backwards, alone):
        answers = other.predict(features[own], labels[own])
        assert close(1 + answers, 1 + fitted.predict(features[own], labels[own]), "normal equations")


def test_features_times_c_and_ridge_times_its_square_are_the_same_regression():
    features, labels, targets = cloud()
    one = fit_ridge_boxes(features, labels, targets, 3, ridge=2, bias=False)
    other = fit_ridge_boxes(20 * features, labels, targets, 3, ridge=800, bias=False)
    answers = other.predict(20 * features, labels)
    assert close(1 + answers, 1 + one.predict(features, labels), "normal equations")


def test_without_examples_boxes_stay_where_they_are():
    fitted = fit_ridge_boxes(np.zeros((0, 3)), [], [], 2)
    assert fitted.refine([[1, 2, 5, 4]], np.ones((1, 3)), [1]).tolist() == [[1, 2, 5, 4]]
    assert fitted.refine(np.zeros((0, 4)), np.zeros((0, 3)), []).shape == (0, 4)


def test_precision_stays():
    features, labels, targets = cloud()
    fitted = fit_ridge_boxes(features.astype(np.float32), labels, targets, 3)
    assert fitted.weights.dtype == np.float64
    assert fitted.predict(features.astype(np.float32), labels).dtype == np.float32


# Paths agree


@pytest.mark.parametrize("flags", FLAGS)
def test_the_trace_ends_in_the_same_regressors_and_they_refine_by_the_coder(flags):
    arguments = (*cloud(), 3)
    plain, traced = fit_ridge_boxes(*arguments, **flags), fit_ridge_boxes.trace(*arguments, **flags).result
    assert (plain.weights == traced.weights).all() and (plain.bias == traced.bias).all()
    boxes = np.tile([0.0, 0, 4, 2], (40, 1))
    deltas = plain.predict(*arguments[:2])
    assert (plain.refine(boxes, *arguments[:2]) == decode_rcnn(deltas, boxes)).all()
    assert close(encode_rcnn(decode_rcnn(deltas, boxes), boxes), deltas, "normal equations")


@pytest.mark.oracle
@pytest.mark.parametrize("ridge", [0.5, 1000.0])
def test_the_weights_are_those_of_scikit_learn(ridge):
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    features, labels, targets = cloud()
    fitted = fit_ridge_boxes(features, labels, targets, 3, ridge=ridge, **PLAIN)
    for k in range(3):
        theirs = Ridge(alpha=ridge, fit_intercept=False, solver="svd")
        theirs.fit(features[labels == k], targets[labels == k])
        assert close(1 + fitted.weights[k], 1 + theirs.coef_.T, "normal equations")


# Bad input


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"features": np.ones(2)}, ValueError, r"features: shape is \(2,\)"),
        ({"features": [[np.inf], [0.0]]}, ValueError, "features: row 0"),
        ({"labels": [0]}, ValueError, "labels: shape"),
        ({"labels": [0, 2]}, ValueError, "labels: row 1 is 2; wanted 0 to 1"),
        ({"targets": np.ones((2, 3))}, ValueError, r"targets: shape is \(2, 3\); wanted \(2, 4\)"),
        ({"targets": [[0, 0, 0, np.nan]] * 2}, ValueError, "targets: row 0"),
        ({"num_classes": -1}, ValueError, "num_classes"),
        ({"ridge": 0}, ValueError, "ridge: 0.0 came"),
        ({"bias": 1}, TypeError, "bias"),
        ({"features": [[1e8, 1e8]] * 2, "ridge": 1e-9}, ValueError, "ridge: 1e-09 came, nothing beside"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    arguments = {"features": [[1.0], [2.0]], "labels": [0, 1], "targets": np.ones((2, 4)), "num_classes": 2}
    with pytest.raises(error, match=words):
        fit_ridge_boxes(**(arguments | changed))


@pytest.mark.parametrize(
    ("features", "labels", "words"),
    [
        (np.ones((1, 2)), [0], r"features: shape is \(1, 2\); wanted \(N, 1\)"),
        ([[1.0]], [1], "labels: row 0 is 1; wanted 0 to 0"),
        ([[np.nan]], [0], "features: row 0"),
    ],
)
def test_regressors_refuse_what_they_were_not_made_for(features, labels, words):
    fitted = fit_ridge_boxes([[1.0]], [0], [[0, 0, 0, 0]], 1)
    with pytest.raises(ValueError, match=words):
        fitted.predict(features, labels)
