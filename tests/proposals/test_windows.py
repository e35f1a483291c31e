"""PROP-1; ERR-10 (the formula that the notes lost)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet.proposals.windows import count_windows, iterate_windows, sliding_windows

# By hand


@pytest.mark.parametrize(
    ("width", "height", "count"),
    [
        (3, 3, 36),
        (10, 10, 3025),
        (100, 100, 25_502_500),
        (224, 224, 635_040_000),
        (227, 227, 669_670_884),
        (640, 480, 23_679_052_800),
        (0, 7, 0),
        (7, 0, 0),
    ],
)
def test_windows_of_every_size(width, height, count):
    assert count_windows(width, height) == count


def test_squares_alone():
    assert count_windows(10, 10, range(1, 11)) == 385


def test_a_window_larger_than_the_image_adds_none():
    assert count_windows(10, 10, [(11, 2), (2, 11)]) == 0
    assert sliding_windows(10, 10, [11], 1).shape == (0, 4)
    assert count_windows(10, 10, []) == 0 and list(iterate_windows(10, 10, [])) == []


def test_order_is_size_after_size_and_row_by_row():
    assert list(iterate_windows(4, 4, [(2, 3), 4], stride=2)) == [(0, 0, 2, 3), (2, 0, 4, 3), (0, 0, 4, 4)]
    assert list(iterate_windows(1, 2)) == [(0, 0, 1, 1), (0, 1, 1, 2), (0, 0, 1, 2)]


def test_steps_to_the_right_and_down_may_differ():
    assert list(iterate_windows(5, 3, [2], stride=(3, 1))) == [
        (0, 0, 2, 2),
        (3, 0, 5, 2),
        (0, 1, 2, 3),
        (3, 1, 5, 3),
    ]
    assert count_windows(5, 3, [2], stride=(3, 1)) == 4 and count_windows(5, 3, [2], stride=(1, 3)) == 4
    assert count_windows(4, 2, stride=(2, 1)) == (2 + 2 + 1 + 1) * (2 + 1)


# Properties


STRIDES = st.integers(1, 4) | st.tuples(st.integers(1, 4), st.integers(1, 4))
SIZES = st.lists(st.integers(1, 8), max_size=3)


@given(st.integers(0, 7), st.integers(0, 7), STRIDES, SIZES | st.none())
def test_the_count_is_the_number_of_windows_and_all_lie_inside(width, height, stride, sizes):
    windows = list(iterate_windows(width, height, sizes, stride))
    assert len(windows) == count_windows(width, height, sizes, stride)
    assert all(0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height for x1, y1, x2, y2 in windows)
    right, down = stride if isinstance(stride, tuple) else (stride, stride)
    assert all(x1 % right == 0 and y1 % down == 0 for x1, y1, _, _ in windows)
    assert len(set(windows)) == len(windows) or len(set(sizes)) < len(sizes)


@given(st.integers(0, 40), st.integers(0, 40))
def test_the_closed_form_of_stride_one(width, height):
    assert count_windows(width, height) == width * (width + 1) // 2 * (height * (height + 1) // 2)


# Paths agree


@given(st.integers(0, 9), st.integers(0, 9), SIZES, STRIDES)
def test_the_array_holds_the_windows_of_the_generator(width, height, sizes, stride):
    array = sliding_windows(width, height, sizes, stride)
    assert array.dtype == np.float32
    assert [tuple(row) for row in array.tolist()] == list(iterate_windows(width, height, sizes, stride))


# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((-1, 3), ValueError, "width: -1"),
        ((3, 2.5), TypeError, "height: 2.5"),
        ((3, 3, [(0, 1)]), ValueError, r"sizes\[0\]\[0\]"),
        ((3, 3, [(1, 1)], 0), ValueError, "stride: 0"),
        ((3, 3, [(1, 1)], (1, 0)), ValueError, r"stride\[1\]: 0"),
        ((3, 3, [(1, 1)], (1, 2, 3)), ValueError, "stride: 3 numbers came; wanted 2"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        count_windows(*arguments)
    with pytest.raises(error, match=words):
        next(iterate_windows(*arguments))
