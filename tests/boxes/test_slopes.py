"""IOU-6: how sides follow corners, by hand, and against differences."""

import dataclasses

import numpy as np
import pytest
from tolerances import close

from refdet.boxes.slopes import enclosing_slopes, product_slopes, shared_slopes, side_slopes
from refdet.conventions import Overlap

A, B = np.array([[0.0, 0, 4, 2]]), np.array([[1.0, 0, 6, 4]])

# By hand


def test_the_shared_sides_follow_the_inner_corners_and_half_of_the_equal_ones():
    sides, slopes = shared_slopes(A, B, Overlap())
    assert sides.tolist() == [[3, 2]] and slopes.tolist() == [[0, -0.5, 1, 1]]
    sides, slopes = shared_slopes(B, A, Overlap())
    assert slopes.tolist() == [[-1, -0.5, 0, 0]]


def test_the_enclosing_sides_follow_the_outer_corners_and_half_of_the_equal_ones():
    sides, slopes = enclosing_slopes(A, B, Overlap())
    assert sides.tolist() == [[6, 4]] and slopes.tolist() == [[-1, -0.5, 0, 0]]


def test_nothing_shared_does_not_move():
    for other in ([[4.0, 0, 6, 2]], [[9.0, 9, 10, 10]]):
        sides, slopes = shared_slopes(A, np.array(other), Overlap())
        assert sides.tolist() == [[0, 0]] and not slopes.any()


@pytest.mark.parametrize(
    ("inverted", "slopes"),
    [("empty", [0, -1, 0, 1]), ("signed", [-1, -1, 1, 1]), ("height", [-1, 0, 1, 0])],
)
def test_a_side_at_its_bound_does_not_move(inverted, slopes):
    line = np.array([[3.0, 0, 3, 2]])  # no width; the height is the bound of "height"
    assert side_slopes(line, Overlap(inverted=inverted, union_eps=2.0)).tolist() == [slopes]


def test_a_side_of_the_enclosing_box_below_its_bound_does_not_move():
    inverted = np.array([[4.0, 0, 0, 2]])
    assert enclosing_slopes(inverted, inverted, Overlap())[1].tolist() == [[0, -0.5, 0, 0.5]]
    assert enclosing_slopes(inverted, inverted, Overlap(inverted="height"))[1].tolist() == [
        [-0.5, -0.5, 0.5, 0.5]
    ]


def test_a_width_moves_as_much_area_as_the_box_is_high():
    assert product_slopes(np.array([[3.0, 2]]), np.array([[-1.0, -1, 1, 1]])).tolist() == [[-2, -3, 2, 3]]


# Properties


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_precision_stays(dtype):
    for parts in (
        shared_slopes(A.astype(dtype), B.astype(dtype), Overlap()),
        enclosing_slopes(A.astype(dtype), B.astype(dtype), Overlap()),
    ):
        assert [part.dtype for part in parts] == [dtype, dtype]
    assert side_slopes(A.astype(dtype), Overlap()).dtype == dtype


@pytest.mark.parametrize("rule", [Overlap(), Overlap(plus_one=1), Overlap(inverted="signed")])
def test_areas_grow_as_the_slopes_say(rule):
    rng = np.random.default_rng(0)
    first, second = (np.sort(rng.uniform(0, 9, (60, 2, 2)), axis=1).reshape(60, 4) for _ in range(2))
    way, step = rng.standard_normal((60, 4)), 1e-6
    share = dataclasses.replace(rule, inverted="empty")

    def shared(boxes):
        return shared_slopes(boxes, second, share)[0].prod(axis=1)

    def enclosing(boxes):
        return rule.enclosing_sides(boxes, second).prod(axis=1)

    slopes = {
        rule.area: product_slopes(rule.sides(first), side_slopes(first, rule)),
        shared: product_slopes(*shared_slopes(first, second, rule)),
        enclosing: product_slopes(*enclosing_slopes(first, second, rule)),
    }
    for area, slope in slopes.items():
        measured = (area(first + step * way) - area(first - step * way)).sum() / (2 * step)
        assert close(measured, (slope * way).sum(), "slope")
