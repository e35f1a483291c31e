"""BOX-4."""

import numpy as np
import pytest
from hypothesis import given
from strategies import boxes

import refdet
from refdet import clip_boxes_to_image


def test_corners_outside_move_to_the_border():
    assert clip_boxes_to_image([[-5, 2, 30, 12]], (10, 20)).tolist() == [[0, 2, 20, 10]]


def test_inclusive_pixels_end_one_earlier():
    assert clip_boxes_to_image([[-5, 2, 30, 12]], (10, 20), convention=refdet.FAST_RCNN).tolist() == [
        [0, 2, 19, 9]
    ]


def test_box_wholly_outside_has_no_area():
    assert refdet.box_area(clip_boxes_to_image([[30, 30, 40, 40]], (10, 20))).tolist() == [0]


@given(drawn=boxes())
def test_idempotent_within_the_image_and_a_new_array(drawn):
    before = drawn.tobytes()
    once = clip_boxes_to_image(drawn, (4, 6))
    assert once.tobytes() == clip_boxes_to_image(once, (4, 6)).tobytes()
    assert once.dtype == drawn.dtype and drawn.tobytes() == before
    assert ((once >= 0) & (once <= [6, 4, 6, 4])).all()


def test_nothing_in_nothing_out():
    assert clip_boxes_to_image([], (4, 6)).shape == (0, 4)


@pytest.mark.parametrize(
    ("size", "error"),
    [((0, 5), ValueError), ((5, -1), ValueError), ((5.5, 1), TypeError), ((1, 2, 3), TypeError)],
)
def test_size_must_be_two_whole_numbers(size, error):
    with pytest.raises(error, match="size"):
        clip_boxes_to_image(np.zeros((1, 4)), size)
