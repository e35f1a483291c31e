"""Captions: every value is short enough to be read, and says what it is."""

import numpy as np
import pytest

from refdet.captions import filled, names

# By hand


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2 / 3, "0.666667"),
        (np.float32(0.5), "0.5"),
        (np.array(2 / 3), "0.666667"),
        (np.array([[24.0]]), "24"),  # one pair
        (np.array([[-0.06655172]]), "-0.0665517"),
        (np.array([[3]]), "3"),
        (np.array([0.9, 0.26666666, 0.7]), "[0.9, 0.2667, 0.7]"),
        (np.array([277.25, 12345.5]), "[277.25, 12345.5]"),
        (np.array([1e-9, -1e30]), "[1e-09, -1e+30]"),
        (np.array([[[1.0, 0]], [[0.5, 2]]]), "[[1, 0], [0.5, 2]]"),
        (np.array([True, False]), "[True, False]"),
        (np.array([], np.int64), "none"),
        (np.zeros((0, 4)), "none"),
        (np.arange(13), "[0, 1, 2, 3, ..., 9, 10, 11, 12]"),
        (np.arange(20.0).reshape(5, 4), "0 to 19 (5 x 4)"),
        (np.array([[np.nan, np.inf, 1, 2, 3, 4, 5]] * 2), "1 to 5 (2 x 7, 4 not finite)"),
        (np.full((4, 4), np.nan), "nothing finite (4 x 4)"),
        (np.arange(20).reshape(5, 4) % 2 > 0, "0 to 1 (5 x 4)"),
        ("text", "text"),
    ],
)
def test_a_value_in_a_caption(value, text):
    assert filled("is {value}", {"value": value}) == f"is {text}"


def test_rows_are_the_callers():
    variables = {"i": np.int64(1), "all": np.array([0, 1]), "none": np.array([], np.int64)}
    caption = "{i:row} of {all:row}, {none:row}, {i}"
    assert filled(caption, variables, np.array([7, 4])) == "4 of [7, 4], none, 1"
    assert filled(caption, variables) == "1 of [0, 1], none, 1"


def test_the_names_of_a_caption():
    assert names("box {i:row} has {score}, {i}") == {"i", "score"} and names("nothing") == set()


# Bad input


def test_a_missing_name_is_told():
    with pytest.raises(KeyError, match="caption names 'score'; the step has i, order"):
        filled("{score}", {"order": 1, "i": 2})
