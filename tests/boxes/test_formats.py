"""BOX-2; the gradient of a conversion, for IOU-6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import boxes
from tolerances import close

from refdet import box_convert, box_convert_backward

FORMATS = ("xyxy", "xywh", "cxcywh")

# By hand


def test_one_box_in_every_format():
    same = {"xyxy": [100, 125, 200, 275], "xywh": [100, 125, 100, 150], "cxcywh": [150, 200, 100, 150]}
    for in_fmt, given_box in same.items():
        for out_fmt, wanted in same.items():
            assert box_convert([given_box], in_fmt, out_fmt).tolist() == [wanted]


def test_the_same_numbers_mean_another_box_in_another_format():
    assert box_convert([[150, 200, 100, 150]], "xywh", "xyxy").tolist() == [[150, 200, 250, 350]]


def test_a_gradient_by_corners_becomes_one_by_centre_and_size_or_by_corner_and_size():
    """d/dcx = d/dx1 + d/dx2, d/dw = (d/dx2 - d/dx1) / 2; and with x1 held, d/dw = d/dx2."""
    by_corners = [[1.0, 10, 5, 30]]
    assert box_convert_backward(by_corners, "cxcywh", "xyxy").tolist() == [[6, 40, 2, 10]]
    assert box_convert_backward(by_corners, "xywh", "xyxy").tolist() == [[6, 40, 5, 30]]
    assert box_convert_backward(by_corners, "xyxy", "xyxy").tolist() == by_corners


def test_a_conversion_goes_by_way_of_the_corners_step_by_step():
    corners, written = box_convert.trace([[150, 200, 100, 150]], "cxcywh", "xywh")
    assert (corners.name, corners.corners.tolist()) == ("corners", [[100, 125, 200, 275]])
    assert (written.name, written.converted.tolist()) == ("write", [[100, 125, 100, 150]])
    assert written.note == "as xywh they are [100, 125, 100, 150]"


def test_the_gradient_of_a_conversion_step_by_step():
    """x1 is the centre less half a width: the first column of the matrix is 1, 0, -1/2, 0."""
    matrix, transposed = box_convert_backward.trace([[1.0, 10, 5, 30]], "cxcywh", "xyxy")
    rows = [[1, 0, 1, 0], [0, 1, 0, 1], [-0.5, 0, 0.5, 0], [0, -0.5, 0, 0.5]]
    assert (matrix.name, matrix.matrix.tolist()) == ("matrix", rows)
    assert (transposed.name, transposed.grad_boxes.tolist()) == ("transpose", [[6, 40, 2, 10]])


# Properties


@given(drawn=boxes(dtype=np.float64), in_fmt=st.sampled_from(FORMATS), out_fmt=st.sampled_from(FORMATS))
def test_a_gradient_weighs_a_step_as_it_weighs_the_converted_step(drawn, in_fmt, out_fmt):
    grad = np.round(drawn[::-1] * 8)  # whole numbers and halves: exact
    step = np.round(drawn * 8)
    converted = (grad * box_convert(step, in_fmt, out_fmt)).sum()
    assert (box_convert_backward(grad, in_fmt, out_fmt) * step).sum() == converted


@given(drawn=boxes(dtype=np.float64), in_fmt=st.sampled_from(FORMATS), out_fmt=st.sampled_from(FORMATS))
def test_round_trip(drawn, in_fmt, out_fmt):
    back = box_convert(box_convert(drawn, in_fmt, out_fmt), out_fmt, in_fmt)
    # A coordinate is rounded relative to the largest one that it was added to.
    largest = max(1, np.abs(drawn).max(initial=0))
    assert close((back - drawn) / largest + 1, np.ones_like(drawn), "round trip")


@given(drawn=boxes())
def test_keeps_dtype_and_leading_axes_and_returns_a_new_array(drawn):
    stacked = np.stack([drawn, drawn])
    for fmt in FORMATS:
        result = box_convert(stacked, "xyxy", fmt)
        assert result.dtype == drawn.dtype and result.shape == stacked.shape
        assert not np.shares_memory(result, stacked)


def test_negative_sizes_and_nothing_pass_through():
    assert box_convert([[5, 5, -2, 1]], "xywh", "xyxy").tolist() == [[5, 5, 3, 6]]
    assert box_convert([], "xywh", "xyxy").shape == (0, 4)
    assert np.isnan(box_convert([[np.nan, 0, 1, 1]], "xywh", "xyxy")[0, 0])
    assert np.isnan(box_convert([[np.inf, 0, np.inf, 1]], "xyxy", "xywh")[0, 2])


# Bad input


def test_unknown_format_lists_those_there_are():
    with pytest.raises(ValueError, match="in_fmt: 'yxyx' came; wanted one of xyxy, xywh, cxcywh"):
        box_convert([[0, 0, 1, 1]], "yxyx", "xyxy")
    with pytest.raises(ValueError, match="out_fmt"):
        box_convert([[0, 0, 1, 1]], "xyxy", None)


@pytest.mark.parametrize("bad", [np.zeros((2, 5)), np.float64(1)])
def test_last_axis_must_be_four(bad):
    with pytest.raises(ValueError, match=r"boxes: shape is .*; wanted \(..., 4\)"):
        box_convert(bad, "xyxy", "xywh")
    with pytest.raises(ValueError, match=r"grad: shape is .*; wanted \(..., 4\)"):
        box_convert_backward(bad, "xyxy", "xywh")


def test_wrong_dtype():
    with pytest.raises(TypeError, match="boxes: dtype is bool"):
        box_convert(np.zeros((1, 4), bool), "xyxy", "xywh")
