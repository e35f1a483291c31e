"""The drawing of box_convert: the numbers of each format where they are; of its gradient: the matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet import box_convert, box_convert_backward, nms
from refdet.viz import box_formats as drawing


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


def dots(ax, fmt):
    return [tuple(map(float, line.get_xydata()[0])) for line in ax.lines if line.get_gid() == fmt]


# By hand


def test_centre_and_sides_stand_beside_the_corners(ax, outlines):
    corners, write = box_convert.trace([[150, 200, 100, 150]], "cxcywh", "xyxy")
    drawing.draw(ax, corners)
    assert outlines(ax, "box") == [(100, 125, 100, 150)]
    assert dots(ax, "cxcywh") == [(150, 200)] and dots(ax, "xyxy") == [(100, 125), (200, 275)]
    assert texts(ax) == ["cx 150, cy 200", "w 100", "h 150", "x1 100, y1 125", "x2 200, y2 275"]
    assert ax.get_xlabel() == "cxcywh: 150, 200, 100, 150\nxyxy: 100, 125, 200, 275"
    ax.clear()
    drawing.draw(ax, write)
    assert texts(ax) == ["x1 100, y1 125", "x2 200, y2 275"]


def test_the_row_that_is_asked_for_is_drawn(ax, outlines):
    drawing.draw(ax, box_convert.trace([[[0, 0, 1, 1], [2, 3, 4, 6]]], "xywh", "cxcywh")[1], row=1)
    assert outlines(ax, "box") == [(2, 3, 4, 6)]
    assert "cx 4, cy 6" in texts(ax) and "w 4" in texts(ax) and "h 6" in texts(ax)


def test_the_gradient_stands_over_the_columns_and_its_sums_behind_the_rows(ax):
    matrix, transpose = box_convert_backward.trace([[1, 10, 5, 30]], "cxcywh", "xyxy")
    drawing.draw(ax, matrix)
    entries = [text.get_text() for text in ax.texts if text.get_gid() == "entry"]
    assert entries == "1 0 1 0 0 1 0 1 -0.5 0 0.5 0 0 -0.5 0 0.5".split()
    ax.clear()
    drawing.draw(ax, transpose)
    assert [text.get_text() for text in ax.texts if text.get_gid() == "gradient"] == [
        "= 6",
        "= 40",
        "= 2",
        "= 10",
    ]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x1\n1", "y1\n10", "x2\n5", "y2\n30"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cx", "cy", "w", "h"]


# Properties


@given(st.sampled_from(["xyxy", "xywh", "cxcywh"]), st.sampled_from(["xyxy", "xywh", "cxcywh"]))
def test_every_dot_lies_on_the_box_or_in_its_middle(in_fmt, out_fmt):
    ax = pytest.importorskip("matplotlib.figure").Figure().add_subplot()
    box = box_convert([[2, 3, 6, 11]], "xyxy", in_fmt)
    for step in box_convert.trace(box, in_fmt, out_fmt):
        ax.clear()
        drawing.draw(ax, step)
        found = [dot for fmt in drawing.NAMES for dot in dots(ax, fmt)]
        assert set(found) <= {(2, 3), (6, 11), (4, 7)} and found
        assert ax.get_ylim()[0] > ax.get_ylim()[1], "y runs down"


# Bad input


def test_no_box_and_odd_boxes_draw(ax):
    for boxes in (np.zeros((0, 4)), [[0, 0, np.nan, 1]], [[5, 5, 0, 0]], [[5, 5, -3, -1]]):
        for step in box_convert.trace(boxes, "xywh", "cxcywh"):
            ax.clear()
            drawing.draw(ax, step)
    for step in box_convert_backward.trace(np.zeros((0, 4)), "xywh", "cxcywh"):
        drawing.draw(ax, step)


def test_another_row_and_a_step_of_another_algorithm_are_refused(ax):
    with pytest.raises(ValueError, match="row: 1 came; wanted 0 to 0"):
        drawing.draw(ax, box_convert.trace([[0, 0, 1, 1]], "xywh", "xyxy")[0], row=1)
    with pytest.raises(ValueError, match=r"nms.sort came; wanted a step of box_convert"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [1], 0.5)[0])
