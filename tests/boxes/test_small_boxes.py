"""BOX-6."""

import numpy as np
import pytest
from hypothesis import given
from strategies import boxes

import refdet
from refdet import remove_small_boxes


def test_both_sides_must_reach_the_least():
    sixteen = [[0, 0, 16, 16], [0, 0, 40, 15], [0, 0, 15, 40], [5, 5, 45, 25]]
    assert remove_small_boxes(sixteen, 16).tolist() == [0, 3]


def test_inclusive_pixels_are_one_wider():
    assert remove_small_boxes([[0, 0, 15, 15]], 16).tolist() == []
    assert remove_small_boxes([[0, 0, 15, 15]], 16, convention=refdet.FAST_RCNN).tolist() == [0]


@given(drawn=boxes())
def test_indices_ascend_and_the_rest_is_small(drawn):
    keep = remove_small_boxes(drawn, 2)
    assert keep.dtype == np.int64 and (np.diff(keep) > 0).all()
    sides = np.minimum(drawn[:, 2] - drawn[:, 0], drawn[:, 3] - drawn[:, 1])
    assert (sides[keep] >= 2).all() and (np.delete(sides, keep) < 2).all()


@pytest.mark.parametrize(("least", "error"), [(np.nan, ValueError), ("2", TypeError), (None, TypeError)])
def test_least_side_must_be_a_finite_number(least, error):
    with pytest.raises(error, match="min_size"):
        remove_small_boxes([[0, 0, 1, 1]], least)
