"""The methods of conventions.Overlap, by hand: bounds, added terms, degenerate boxes."""

import numpy as np
import pytest

from refdet.overlap_rule import LEAST_SIDE, Overlap

POINT, LINE = np.zeros((1, 4)), np.array([[0.0, 1, 4, 1]])
DIVISIONS = ("guarded", "ieee", "distance", "floored")


def array(*values):
    return np.array(values, float)


def test_a_height_has_a_bound_where_a_width_has_a_sign():
    rule = Overlap(inverted="height", union_eps=0.5)
    assert rule.area(array([0, 3, 2, 1], [2, 0, 0, 3], [0, 0, 2, 0.25])).tolist() == [1.0, -6.0, 1.0]
    assert Overlap(inverted="signed").sides(array([2, 3, 0, 0])).tolist() == [[-2, -3]]
    assert Overlap().sides(array([2, 3, 0, 0])).tolist() == [[0, 0]]


@pytest.mark.parametrize("division", DIVISIONS)
def test_eps_is_added_or_where_it_is_a_floor_a_bound(division):
    rule = Overlap(division=division, union_eps=2.0, giou_eps=3.0)
    floored = division == "floored"
    assert rule.union(array(1, 1), array(2, 7)).tolist() == ([2, 6] if floored else [3, 8])
    assert rule.bounded(array(2, 7), 3.0).tolist() == ([3, 7] if floored else [5, 10])


def test_a_floor_under_the_union_bounds_the_ratio():
    assert Overlap(division="floored", union_eps=2.0).ratio(array(1), array(2)).tolist() == [0.5]
    assert Overlap(division="floored", union_eps=0.5).ratio(array(1), array(2)).tolist() == [1.0]
    assert Overlap(union_eps=1.0).ratio(array(1, 0), array(2, 0)).tolist() == [0.5, 0.0]


def test_the_enclosing_box_of_inverted_boxes_has_no_side_below_zero_but_for_one_system():
    first, second = array([4, 0, 0, 1]), array([5, 0, 2, 1])  # x from 4 at least to 2 at most
    assert Overlap().enclosing_sides(first, second).tolist() == [[0, 1]]
    assert Overlap(plus_one=1).enclosing_sides(first, second).tolist() == [[0, 2]]
    assert Overlap(inverted="height").enclosing_sides(first, second).tolist() == [[-2, 1]]


@pytest.mark.parametrize("division", DIVISIONS)
def test_a_fraction_of_nothing_is_nothing_unless_ieee_says_otherwise(division):
    with np.errstate(all="ignore"):
        shares = Overlap(division=division).fraction(array(0, 1, 1), array(0, 0, 4)).tolist()
    assert repr(shares) == ("[nan, inf, 0.25]" if division == "ieee" else "[0.0, 0.0, 0.25]")


def test_the_angle_of_a_box_without_height():
    """IOU-5: 1e-7 more on both sides, so that a point has the aspect ratio 1 and a line nearly a right angle."""
    assert Overlap().angle(POINT).tolist() == [np.pi / 4]
    assert Overlap().angle(LINE).tolist() == [np.arctan((4 + LEAST_SIDE) / LEAST_SIDE)]
    with np.errstate(all="ignore"):
        assert Overlap(division="ieee").angle(LINE).tolist() == [np.pi / 2]
        assert np.isnan(Overlap(division="ieee").angle(POINT)).all()
    assert Overlap().angle(array([0, 0, 0, 4])).tolist() == [0.0]  # no width: ratio 0


def test_the_distance_term_has_the_exponent_beta():
    assert Overlap().distance_term(array(4), array(16)).tolist() == [0.25]
    assert Overlap(beta=0.5).distance_term(array(4), array(16)).tolist() == [0.5]
