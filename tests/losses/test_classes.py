"""LOSS-1, LOSS-25: softmax and cross-entropy of classes, from logits and from probabilities; label smoothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from tolerances import close

from refdet.losses import (
    cross_entropy,
    cross_entropy_backward,
    cross_entropy_of_probs,
    cross_entropy_of_probs_backward,
    smooth_labels,
)
from refdet.losses.softmax import log_softmax, softmax

THREE_TO_ONE = np.log([[1.0, 3.0]])  # probabilities 1/4 and 3/4
LN = np.log

# By hand


def test_the_loss_is_how_improbable_the_true_class_was():
    assert close(cross_entropy(THREE_TO_ONE, [1]), [LN(4 / 3)], "float64 sums")
    assert close(cross_entropy(THREE_TO_ONE, [0]), [LN(4)], "float64 sums")
    assert close(cross_entropy([[7.0, 7, 7, 7]], [2]), [LN(4)], "float64 sums")  # nothing is known


def test_the_gradient_is_what_was_said_too_much():
    assert close(cross_entropy_backward([2], THREE_TO_ONE, [1]), [[0.5, -0.5]], "float64 sums")
    assert close(cross_entropy_backward([1], THREE_TO_ONE, [[0.5, 0.5]]), [[-0.25, 0.25]], "float64 sums")


def test_shares_are_weighed_logarithms():
    """0.1 ln 4 + 0.9 ln 4/3."""
    expected = [0.1 * LN(4) + 0.9 * LN(4 / 3)]
    assert close(cross_entropy(THREE_TO_ONE, [[0.1, 0.9]]), expected, "float64 sums")
    assert close(cross_entropy_of_probs([[0.25, 0.75]], [[0.1, 0.9]]), expected, "float64 sums")


def test_classes_have_weights_and_rows_too():
    """ln 4 three times as dear, ln 4/3 twice: the weighted mean divides by 3 + 2, or by 3 * 1/2 + 2."""
    logits, labels, classes = np.repeat(THREE_TO_ONE, 2, axis=0), [0, 1], [3, 2]
    each = cross_entropy(logits, labels, class_weights=classes)
    assert close(each, [3 * LN(4), 2 * LN(4 / 3)], "float64 sums")
    mean = cross_entropy(logits, labels, class_weights=classes, reduction="weighted_mean")
    assert close(mean, each.sum() / 5, "float64 sums")
    mean = cross_entropy(logits, labels, class_weights=classes, weights=[0.5, 1], reduction="weighted_mean")
    assert close(mean, (each[0] / 2 + each[1]) / 3.5, "float64 sums")


def test_the_weighted_mean_of_detr():
    """LOSS-24: 2 objects with .2 and .3, 98 times no object with .05 and weight .1: (.5 + .49) / (2 + 9.8)."""
    losses = np.array([0.2, 0.3] + [0.05] * 98)
    logits = np.log(np.stack([np.exp(-losses), 1 - np.exp(-losses)], axis=1))
    logits[2:] = logits[2:, ::-1]  # class 1 is no object
    labels = np.array([0, 0] + [1] * 98)
    mean = cross_entropy(logits, labels, class_weights=[1, 0.1], reduction="weighted_mean")
    assert close(mean, 0.083898, "six digits") and close(mean, 0.99 / 11.8, "float64 sums")


def test_an_ignored_row_costs_nothing_and_is_not_counted():
    logits = np.repeat(THREE_TO_ONE, 3, axis=0)
    given = {"targets": [0, -100, 1], "ignore_index": -100}
    assert close(cross_entropy(logits, **given), [LN(4), 0, LN(4 / 3)], "float64 sums")
    mean = cross_entropy(logits, **given, reduction="mean")
    assert close(mean, (LN(4) + LN(4 / 3)) / 2, "float64 sums")
    assert not cross_entropy_backward(1, logits, **given, reduction="mean")[1].any()


def test_probabilities_are_kept_above_a_millionth_of_a_millionth():
    assert close(cross_entropy_of_probs([[0, 1.0]], [0]), [12 * LN(10)], "float64 sums")
    assert cross_entropy_of_probs_backward([1], [[0, 1.0]], [0]).tolist() == [[0, 0]]
    assert cross_entropy_of_probs_backward([1], [[1e-12, 1.0]], [0]).tolist() == [[0, 0]]  # at the kink
    assert close(cross_entropy_of_probs_backward([1], [[2e-12, 1.0]], [0]), [[-5e11, 0]], "slope")


SMOOTHED = {
    ("szegedy", 4): (0.925, 0.025),
    ("szegedy", 20): (0.905, 0.005),
    ("szegedy", 1000): (0.9001, 0.0001),
    ("binary", 4): (0.95, 0.05),
    ("binary", 20): (0.95, 0.05),
    ("darknet_cls", 4): (0.9, 0.1 / 3),
}


@pytest.mark.parametrize(("form", "classes"), SMOOTHED)
def test_smoothing_by_a_tenth(form, classes):
    smoothed = smooth_labels(np.eye(classes)[0], 0.1, form)
    true, others = SMOOTHED[form, classes]
    assert close(smoothed, [true] + [others] * (classes - 1), "float64 sums")


@pytest.mark.parametrize("form", ["szegedy", "binary", "darknet_cls"])
def test_no_smoothing_changes_nothing_and_all_of_it_leaves_no_label(form):
    one_hot = np.eye(4)
    assert np.array_equal(smooth_labels(one_hot, 0, form), one_hot)
    everything = {
        "szegedy": np.full((4, 4), 0.25),
        "binary": np.full((4, 4), 0.5),
        "darknet_cls": (1 - one_hot) / 3,
    }
    assert close(smooth_labels(one_hot, 1, form), everything[form], "float64 sums")


def test_the_forms_are_for_different_losses():
    """ERR-56: the form with K is right for a softmax, whose shares sum to 1; yes or no per class takes another one.

    With the softmax's form a yes would be 0.925 of 4 classes and 0.905 of 20, though each answers by itself.
    """
    for form, sums in (("szegedy", True), ("darknet_cls", True), ("binary", False)):
        totals = [smooth_labels(np.eye(k)[0], 0.1, form).sum() for k in (4, 20)]
        assert all(close(total, 1, "float64 sums") == sums for total in totals)
    yes = {
        form: [smooth_labels(np.eye(k)[0], 0.1, form)[0] for k in (4, 20)] for form in ("szegedy", "binary")
    }
    assert yes["binary"][0] == yes["binary"][1] and yes["szegedy"][0] != yes["szegedy"][1]


# Properties

LOGITS = arrays(
    st.sampled_from([np.float32, np.float64]),
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5),
    elements=st.integers(-40, 40).map(float),
)


@given(logits=LOGITS, shift=st.integers(-(10**4), 10**4))
def test_softmax_sums_to_one_and_looks_at_differences_alone(logits, shift):
    probs = softmax(logits)
    assert probs.dtype == logits.dtype and (probs >= 0).all()
    assert close(probs.sum(axis=1), np.ones(len(probs)), "sums of probabilities")
    assert np.array_equal(softmax(logits + logits.dtype.type(shift)), probs)  # whole numbers: exact


@given(logits=LOGITS)
def test_the_gradient_of_a_row_sums_to_nothing(logits):
    """A constant added to all logits changes nothing."""
    gradient = cross_entropy_backward(np.ones(len(logits)), logits, np.zeros(len(logits), int))
    assert close(gradient.sum(axis=1), np.zeros(len(logits)), "sums of probabilities")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand_neither_overflow_nor_give_the_logarithm_of_nothing(dtype):
    logits = np.array([[1e4, -1e4], [-1e4, 1e4]], dtype)
    assert cross_entropy(logits, [0, 0]).tolist() == [0, 2e4]
    assert cross_entropy_backward([1, 1], logits, [0, 0]).tolist() == [[0, 0], [-1, 1]]
    assert log_softmax(logits).tolist() == [[0, -2e4], [-2e4, 0]]


def test_labels_are_shares_of_one():
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((6, 5)), rng.integers(0, 5, 6)
    assert np.array_equal(cross_entropy(logits, labels), cross_entropy(logits, np.eye(5)[labels]))
    assert close(
        cross_entropy_of_probs(softmax(logits), labels), cross_entropy(logits, labels), "float64 sums"
    )


def test_smoothed_labels_have_a_best_answer():
    """Of 0.925 and 3 times 0.025 it is the logits ln 37, 0, 0, 0; of one and nothing there is none."""
    best = np.array([[LN(0.925 / 0.025), 0, 0, 0]])
    assert close(
        cross_entropy_backward([1], best, smooth_labels(np.eye(4)[[0]])), np.zeros((1, 4)), "float64 sums"
    )
    assert cross_entropy_backward([1], best, [0])[0, 0] < -0.07


# Bad input


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"logits": [[np.nan, 0]]}, r"logits: row \(0, 0\) is nan; wanted numbers from -1.16e\+77"),
        ({"logits": [[0, np.inf]]}, r"logits: row \(0, 1\) is inf"),
        ({"logits": np.float32([[1e10, 0]])}, r"logits: row \(0, 0\) is .*to 4.29e\+09"),
        ({"logits": [1.0, 2.0]}, r"logits: shape is \(2,\); wanted \(N, K\)"),
        ({"targets": [2]}, "targets: row 0 is 2; wanted labels from 0 to 1"),
        ({"targets": [-1]}, "targets: row 0 is -1; wanted labels from 0 to 1"),
        ({"targets": [[0.5, 1.5]]}, r"targets: row \(0, 1\) is 1.5; wanted numbers from 0 to 1"),
        ({"targets": [[0.5, 0.5]], "ignore_index": 1}, "ignore_index: 1 came; wanted None where"),
        ({"class_weights": [1, 1, 1]}, r"class_weights: shape is \(3,\); wanted \(2,\)"),
        ({"class_weights": [1, -1]}, "class_weights: row 1 is -1.0; wanted numbers from 0"),
        ({"weights": [1, 2]}, r"weights: shape is \(2,\); wanted one that broadcasts to \(1,\)"),
        ({"weights": [-1.0]}, "weights: row 0 is -1.0"),
        ({"reduction": "average"}, "reduction: 'average' came; wanted one of none, sum, mean, weighted_mean"),
    ],
)
def test_what_is_wrong_is_told(change, text):
    with pytest.raises(ValueError, match=text):
        cross_entropy(**({"logits": THREE_TO_ONE, "targets": [1]} | change))


def test_labels_that_are_no_integers_are_refused():
    with pytest.raises(TypeError, match="targets: dtype is float64; wanted integers"):
        cross_entropy(THREE_TO_ONE, [1.0])


def test_probabilities_over_one_are_refused():
    with pytest.raises(ValueError, match=r"probs: row \(0, 1\) is 1.5; wanted numbers from 0 to 1"):
        cross_entropy_of_probs([[0.5, 1.5]], [0])


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"grad: shape is \(\); wanted \(1,\), one per loss"):
        cross_entropy_backward(1, THREE_TO_ONE, [0])
    with pytest.raises(ValueError, match=r"grad: shape is \(1,\); wanted \(\), one number"):
        cross_entropy_backward([1], THREE_TO_ONE, [0], reduction="sum")


def test_what_cannot_be_smoothed_is_refused():
    with pytest.raises(ValueError, match="targets: 1 class came; wanted 2 or more"):
        smooth_labels([[1.0]], 0.1, "darknet_cls")
    with pytest.raises(ValueError, match="epsilon: 1.5 came; wanted a number from 0 to 1"):
        smooth_labels(np.eye(3), 1.5)
    with pytest.raises(ValueError, match="form: 'yolo' came; wanted one of szegedy, binary, darknet_cls"):
        smooth_labels(np.eye(3), 0.1, "yolo")
