"""How two results are compared: what differs is counted, and nothing that differs passes for equal."""

import numpy as np
import pytest

from benchmarks.agreement import compare


def told(result, expected):
    row = compare((np.array(result),), (np.array(expected),))
    assert row["equal"] == (row["agreement"] == "equal")
    return row["agreement"]


@pytest.mark.parametrize("value", [[1, 2], [0.5, np.nan], [[1.0, 2.0]], [[3, 4]], []])
def test_the_same_is_equal(value):
    assert told(value, value) == "equal"


@pytest.mark.parametrize(
    ("result", "expected", "text"),
    [
        ([2, 1], [1, 2], "the same boxes in another order"),
        ([1], [1, 2], "0 boxes more and 1 less than the 2 expected"),
        ([1, 1], [1, 2], "0 boxes more and 1 less than the 2 expected"),
        ([0.5, 0.25], [0.5, 0.5], "1 of 2 differ, by 0.2 at most"),
        ([0.5, np.nan], [0.5, 0.5], "NaN in 1 of 2 places of one alone"),
        ([0.5], [0.5, 0.5], "shape (1,) instead of (2,)"),
        ([[1, 2]], [[1, 3]], "1 of 2 differ, by 1 at most"),
    ],
)
def test_a_difference_is_told(result, expected, text):
    assert told(result, expected) == text


def test_how_far_apart_is_over_the_largest_value_and_without_bound_for_what_is_not_rounding():
    values = np.array([8.0, 1.0])
    assert compare((values + 0.5,), (values,))["apart"] == 0.0625
    assert compare((values / 8,), (values / 8 + 0.5,))["apart"] == 0.5 / 1.5
    for other in (np.array([8.0, np.nan]), np.array([8.0])):
        assert compare((other,), (values,))["apart"] == np.inf
    assert compare((np.array([1]),), (np.array([2]),))["apart"] == np.inf
    assert compare((values,), (values,))["apart"] == 0


def test_every_array_of_a_result_counts():
    first, second = np.array([0.5]), np.array([[1]])
    assert not compare((first, second), (first, second + 1))["equal"]
    assert not compare((first + 1, second), (first, second))["equal"]


def test_what_one_of_the_two_lacks_is_not_compared():
    assert compare((np.array([0.5]),), (np.array([0.5]), np.array([[7]])))["equal"]
