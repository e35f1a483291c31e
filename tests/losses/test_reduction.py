"""Reductions, weights and ignoring, the same for every term; precision, emptiness and size."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loss_draws import TERMS
from tolerances import close

from refdet import losses

RNG = np.random.default_rng
PRECISIONS = [
    (np.float32, np.float32),
    (np.float64, np.float64),
    (np.float16, np.float32),
    (np.int64, np.float64),
]


def pair(case):
    """The loss, its backward, and what they are given."""
    name, draw = TERMS[case]
    return getattr(losses, name), getattr(losses, f"{name}_backward"), draw(RNG(1))


def predicted(arguments):
    """Names of the arguments that a gradient is for."""
    return ("boxes1", "boxes2") if "boxes1" in arguments else (next(iter(arguments)),)


# By hand


def test_three_terms_four_ways():
    """1, 4 and 9, weighing 1, 2 and 0: 9 in all; 3 of 3 terms; 3 of a weight of 3."""
    given = {"inputs": [1, 2, 3], "targets": [0, 0, 0], "weights": [1, 2, 0]}
    values = {r: losses.squared_error(**given, reduction=r) for r in ("none", "sum", "mean", "weighted_mean")}
    assert values["none"].tolist() == [1, 8, 0]
    assert (values["sum"], values["mean"], values["weighted_mean"]) == (9, 3, 3)
    for reduction, expected in (
        ("sum", [2, 8, 0]),
        ("mean", [2 / 3, 8 / 3, 0]),
        ("weighted_mean", [2 / 3, 8 / 3, 0]),
    ):
        assert close(losses.squared_error_backward(1, **given, reduction=reduction), expected, "float64 sums")


def test_a_mean_counts_terms_and_a_weighted_one_weights():
    given = {"inputs": [1, 2], "targets": [0, 0], "weights": 4}
    assert losses.squared_error(**given, reduction="mean") == 10
    assert losses.squared_error(**given, reduction="weighted_mean") == 2.5


def test_what_is_ignored_has_no_weight_in_a_mean():
    """ln 2 and 3 ln 4 over 1 + 3; the row between weighs 2 and is not there."""
    given = {"targets": [0, 1, 0], "ignore_index": 1, "weights": [1, 2, 3], "reduction": "weighted_mean"}
    probs = [[1 / 2, 1 / 2], [1 / 4, 3 / 4], [1 / 4, 3 / 4]]
    expected = (np.log(2) + 3 * np.log(4)) / 4
    assert close(losses.cross_entropy_of_probs(probs, **given), expected, "float64 sums")
    assert close(losses.cross_entropy(np.log(probs), **given), expected, "float64 sums")
    hinge = losses.hinge_loss([0, 0, 0], [1, 0, -1], weights=[1, 2, 3], reduction="weighted_mean")
    assert hinge == 1


def test_what_weighs_nothing_costs_nothing():
    for reduction in ("sum", "mean", "weighted_mean"):
        given = {"inputs": [1, 2], "targets": [0, 0], "weights": 0, "reduction": reduction}
        assert losses.squared_error(**given) == 0
        assert losses.squared_error_backward(1, **given).tolist() == [0, 0]


# Properties


@pytest.mark.parametrize("case", TERMS)
def test_reductions_are_sums_of_the_terms(case):
    loss, backward, given = pair(case)
    each = loss(**given)
    weights = RNG(2).random(each.shape)
    assert close(loss(**given, weights=weights), weights * each, "round trip")
    assert close(loss(**given, weights=weights, reduction="sum"), (weights * each).sum(), "round trip")
    ignoring = {"ignore_index", "labels"} & set(given)
    if not ignoring and "class_weights" not in given:
        assert close(loss(**given, weights=weights, reduction="mean"), (weights * each).mean(), "round trip")
        share = (weights * each).sum() / weights.sum()
        assert close(loss(**given, weights=weights, reduction="weighted_mean"), share, "round trip")
    sums = backward(2, **given, weights=weights, reduction="sum")
    terms = backward(np.full(each.shape, 2), **given, weights=weights)
    assert np.array_equal(sums, terms)


@pytest.mark.parametrize("case", TERMS)
@pytest.mark.parametrize(("came", "computed"), PRECISIONS)
def test_the_precision_is_that_of_what_is_predicted(case, came, computed):
    """C-1: whatever targets, weights and the gradient are."""
    loss, backward, given = pair(case)
    with np.errstate(invalid="ignore"):
        given |= {name: np.abs(given[name]).astype(came) for name in predicted(given)}
    if came == np.int64 and "boxes1" in given:
        given |= {"boxes1": np.array([[0, 0, 2, 2]] * 6), "boxes2": np.array([[1, 1, 3, 3]] * 6)}
    if came == np.int64 and "probs" in given:
        given |= {"probs": np.eye(5, 4).astype(came)}
    for reduction in ("none", "sum", "mean", "weighted_mean"):
        value = loss(**given, weights=np.float64(0.5), reduction=reduction)
        assert value.dtype == computed and np.isfinite(value).all()
        gradient = backward(np.ones(value.shape), **given, weights=np.float64(0.5), reduction=reduction)
        parts = gradient if isinstance(gradient, tuple) else (gradient,)
        assert {part.dtype for part in parts} == {np.dtype(computed)}


@pytest.mark.parametrize("case", TERMS)
def test_of_no_terms_there_is_no_loss(case):
    """C-7: 0, not NaN."""
    loss, backward, given = pair(case)
    none = {
        name: value[:0]
        if isinstance(value, np.ndarray) and name not in ("class_weights", "pos_weight")
        else value
        for name, value in given.items()
    }
    assert loss(**none).shape[0] == 0
    for reduction in ("sum", "mean", "weighted_mean"):
        assert loss(**none, reduction=reduction) == 0
        gradient = backward(1, **none, reduction=reduction)
        shape = none[predicted(none)[0]].shape
        assert all(part.shape == shape for part in (gradient if isinstance(gradient, tuple) else (gradient,)))


@pytest.mark.parametrize("case", TERMS)
@given(
    seed=st.integers(0, 2**32 - 1), size=st.sampled_from([1, 1e4, 4e9]), dtype=st.sampled_from(["f4", "f8"])
)
def test_no_number_that_is_let_in_overflows_or_warns(case, seed, size, dtype):
    """Logits and differences of 10,000 and of 4e9, in both precisions; boxes and probabilities are what they are."""
    name, draw = TERMS[case]
    given = draw(RNG(seed))
    for argument in {"logits", "inputs", "scores"} & set(given):
        given[argument] = (np.sign(given[argument]) * size).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value = getattr(losses, name)(**given, reduction="mean")
        gradient = getattr(losses, f"{name}_backward")(size, **given, weights=size, reduction="sum")
    assert np.isfinite(value) and value >= 0
    assert all(np.isfinite(part).all() for part in (gradient if isinstance(gradient, tuple) else (gradient,)))


@pytest.mark.parametrize("case", TERMS)
def test_inputs_are_not_changed(case):
    loss, backward, given = pair(case)
    before = {name: np.copy(value) for name, value in given.items()}
    backward(np.ones(loss(**given).shape), **given)
    assert all(np.array_equal(before[name], value) for name, value in given.items())


# Bad input


def test_a_reduction_is_one_of_four():
    for value in ("Mean", "batchmean", None, 1):
        with pytest.raises(
            ValueError, match="reduction: .* came; wanted one of none, sum, mean, weighted_mean"
        ):
            losses.l1_loss([1.0], [0.0], reduction=value)


def test_weights_are_not_negative_and_fit():
    with pytest.raises(ValueError, match=r"weights: row 1 is -1.0; wanted numbers from 0"):
        losses.l1_loss([1.0, 2], [0.0, 0], weights=[1, -1])
    with pytest.raises(ValueError, match=r"weights: shape is \(3,\); wanted one that broadcasts to \(2,\)"):
        losses.l1_loss([1.0, 2], [0.0, 0], weights=[1, 1, 1])
