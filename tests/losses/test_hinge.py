"""LOSS-6: hinge loss, and R-CNN's two objectives that have a closed or a dual solution."""

import numpy as np
import pytest
from tolerances import close

from refdet.classical.linear_svm import fit_linear_svm
from refdet.losses import (
    hinge_loss,
    hinge_loss_backward,
    rcnn_ridge_loss,
    rcnn_ridge_loss_backward,
    rcnn_svm_loss,
    rcnn_svm_loss_backward,
)

SCORES, LABELS = np.array([0.25, 0.25, 2, -3, 1, -1]), np.array([1, -1, 1, 0, 1, -1])

# By hand


def test_what_lacks_to_the_margin():
    """z = 1/4 lacks 3/4 to 1, and 5/4 to -1; 2 lacks nothing; at the margin nothing is lacking either."""
    assert hinge_loss(SCORES, LABELS).tolist() == [0.75, 1.25, 0, 0, 0, 0]
    assert hinge_loss(SCORES, LABELS, positive_weight=2).tolist() == [1.5, 1.25, 0, 0, 0, 0]
    assert hinge_loss(SCORES, LABELS, form="squared_hinge").tolist() == [0.5625, 1.5625, 0, 0, 0, 0]
    assert hinge_loss(SCORES, LABELS, reduction="mean") == 0.4  # 5 of them take part


def test_the_slope_is_the_label_within_the_margin():
    """At the margin itself, the last two, it is 0."""
    slopes = hinge_loss_backward(np.ones(6), SCORES, LABELS, positive_weight=2)
    assert slopes.tolist() == [-2, 1, 0, 0, 0, 0]
    slopes = hinge_loss_backward(np.ones(6), SCORES, LABELS, form="squared_hinge")
    assert slopes.tolist() == [-1.5, 2.5, 0, 0, 0, 0]


def test_the_objective_of_a_support_vector_machine():
    """w = 1/2, b = 2, B = 4: 1/8 + 1/8. Scores 3 and 3/2 of a positive at 2 and a negative at -1, which lacks 5/2."""
    arguments = [[0.5]], [2.0], [[2.0], [-1.0]], [[1], [-1]]
    terms = rcnn_svm_loss(*arguments, cost=10, bias_scale=4)
    assert terms == {"regularizer": 0.25, "hinge": 2.5, "total": 25.25}
    by_weights, by_bias = rcnn_svm_loss_backward(2, *arguments, cost=10, bias_scale=4)
    assert by_weights.tolist() == [[2 * (0.5 - 10 * 1)]] and by_bias.tolist() == [2 * (2 / 16 + 10)]


def test_positive_examples_are_twice_as_dear():
    terms = rcnn_svm_loss([[0.0]], [0.0], [[1.0], [1.0], [1.0]], [[1], [-1], [0]], cost=1)
    assert terms["hinge"] == 2 * 1 + 1
    by_weights, by_bias = rcnn_svm_loss_backward(
        1, [[0.0]], [0.0], [[1.0], [1.0], [1.0]], [[1], [-1], [0]], cost=1
    )
    assert by_weights.tolist() == [[-1]] and by_bias.tolist() == [-1]


def test_an_example_at_its_margin_adds_nothing_to_the_slope():
    by_weights, by_bias = rcnn_svm_loss_backward(1, [[1.0]], [0.0], [[1.0], [-1.0]], [[1], [-1]], cost=10)
    assert by_weights.tolist() == [[1]] and by_bias.tolist() == [0]


def test_the_objective_of_a_ridge_regression():
    """(1 - 1)^2 + (1 - 2)^2 + 4 / 4; its slope -2 (4 * -1) + 2 * 4 / 2."""
    arguments = [[0.5]], [[2.0], [4.0]], [[1.0], [1.0]]
    assert rcnn_ridge_loss(*arguments, ridge=4) == {"error": 1, "regularizer": 0.25, "total": 2}
    assert rcnn_ridge_loss_backward(0.5, *arguments, ridge=4).tolist() == [[6]]


# Properties


def examples(classes):
    rng = np.random.default_rng(7)
    features = rng.standard_normal((40, 3))
    noise = 0.5 * rng.standard_normal((40, classes))
    labels = np.sign(features @ rng.standard_normal((3, classes)) + noise)
    return features, labels


@pytest.mark.parametrize("classes", [1, 3])
def test_the_objective_is_the_primal_of_the_machines_and_least_there(classes):
    features, labels = examples(classes)
    costs = {"cost": 0.5, "positive_weight": 2.0, "bias_scale": 10.0}
    svm = fit_linear_svm(
        features, labels, **costs, tolerance=1e-9, max_epochs=10**4, rng=np.random.default_rng(0)
    )
    found = rcnn_svm_loss(svm.weights, svm.bias, features, labels, **costs)["total"]
    assert close(found, svm.primal.sum(), "objective")
    rng = np.random.default_rng(1)
    for _ in range(20):
        moved = (part + 1e-3 * rng.standard_normal(part.shape) for part in (svm.weights, svm.bias))
        assert rcnn_svm_loss(*moved, features, labels, **costs)["total"] > found


def test_the_hinge_of_the_objective_is_the_loss_of_its_scores():
    features, labels = examples(2)
    weights, bias = np.ones((3, 2)), np.ones(2)
    found = rcnn_svm_loss(weights, bias, features, labels)["hinge"]
    leaf = hinge_loss(features @ weights + bias, labels, positive_weight=2, reduction="sum")
    assert close(found, leaf, "round trip")


def test_the_closed_form_is_where_the_slope_is_nothing():
    """(A'A + lambda I)^-1 A'y, lambda = 1000 (LOSS-6)."""
    rng = np.random.default_rng(0)
    features, targets = 20 * rng.standard_normal((50, 5)), rng.standard_normal((50, 4))
    best = np.linalg.solve(features.T @ features + 1000 * np.eye(5), features.T @ targets)
    slope = rcnn_ridge_loss_backward(1, best, features, targets)
    assert close(slope / 1000, np.zeros((5, 4)), "float64 sums")
    at_best = rcnn_ridge_loss(best, features, targets)["total"]
    assert at_best < rcnn_ridge_loss(best * 1.001, features, targets)["total"]


# Bad input


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"features": [[1.0, 2.0]]}, r"features: shape is \(1, 2\); wanted \(N, 1\)"),
        ({"bias": [1.0, 2.0]}, r"bias: shape is \(2,\); wanted \(1,\), one number per class"),
        ({"labels": [[2]]}, "labels: wanted 1 for positive, -1 for negative, 0 for no part"),
        ({"labels": [1]}, r"labels: shape is \(1,\); wanted \(1, 1\)"),
        ({"bias_scale": 0}, "bias_scale: 0.0 came; wanted a number from"),
        ({"weights": np.float32([[1e8]]), "features": np.float32([[1.0]])}, r"weights: .*to 1.68e\+07"),
    ],
)
def test_what_is_wrong_is_told(change, text):
    good = {"weights": [[1.0]], "bias": [0.0], "features": [[1.0]], "labels": [[1]]}
    with pytest.raises(ValueError, match=text):
        rcnn_svm_loss(**(good | change))


def test_targets_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"targets: shape is \(1, 2\); wanted \(1, 1\), a row per example"):
        rcnn_ridge_loss([[1.0]], [[1.0]], [[1.0, 2.0]])


def test_marks_of_another_kind_are_refused():
    with pytest.raises(ValueError, match="labels: wanted 1 for positive"):
        hinge_loss([1.0], [0.5])
