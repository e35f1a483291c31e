"""BOX-3."""

import numpy as np
import pytest
from hypothesis import given
from strategies import boxes

import refdet
from refdet import box_area


@pytest.mark.parametrize(
    ("box", "area", "legacy", "signed"),
    [
        ((0, 0, 2, 2), 4, 9, 4),
        ((1, 1, 1, 5), 0, 5, 0),
        ((3, 0, 1, 2), 0, -3, -4),
        ((3, 3, 1, 1), 0, 1, 4),
    ],
)
def test_area_by_hand_in_three_conventions(box, area, legacy, signed):
    assert box_area([box]).tolist() == [area]
    assert box_area([box], convention=refdet.FAST_RCNN).tolist() == [legacy]
    assert box_area([box], convention=refdet.TORCHVISION).tolist() == [signed]


def test_corners_are_put_in_order_first_under_onnx():
    assert box_area([(3, 0, 1, 2)], convention=refdet.ONNX).tolist() == [4]


@given(drawn=boxes())
def test_never_negative_and_in_the_dtype_of_the_boxes(drawn):
    area = box_area(drawn)
    assert area.dtype == drawn.dtype and area.shape == (len(drawn),) and (area >= 0).all()


def test_bad_input_names_the_row():
    with pytest.raises(ValueError, match="boxes: row 1 is"):
        box_area([[0, 0, 1, 1], [0, 0, 1, np.inf]])
    with pytest.raises(ValueError, match="overflow float32"):
        box_area(np.full((1, 4), 2e38, np.float32))
