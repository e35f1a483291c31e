"""The drawing of the box transform: proposal, moved proposal, box, and the numbers beside them."""

import numpy as np
import pytest

from refdet import decode_rcnn, encode_rcnn, nms
from refdet.viz import coders as drawing

PROPOSAL, BOX = [[0, 0, 4, 8]], [[4, 0, 12, 4]]  # dx 6/4, dy -2/8, dw log 2, dh log 1/2


def texts(ax):
    return [text.get_text() for text in ax.texts if text.get_text()]


# By hand


def test_encoding_shows_the_shift_and_then_the_box(ax, outlines):
    measure, shift, stretch = encode_rcnn.trace(BOX, PROPOSAL)
    drawing.draw(ax, measure)
    assert outlines(ax, "proposal") == [(0, 0, 4, 8)] and outlines(ax, "moved") == [] and texts(ax) == []
    ax.clear()
    drawing.draw(ax, shift)
    assert outlines(ax, "moved") == [(6, -2, 4, 8)] and outlines(ax, "box") == []
    ax.clear()
    drawing.draw(ax, stretch)
    assert outlines(ax, "box") == [(4, 0, 8, 4)]
    assert texts(ax) == ["dx 1.5, dy -0.25", "dw 0.693, dh -0.693"]


def test_decoding_shows_the_box_of_every_class_once_it_is_known(ax, outlines):
    trace = decode_rcnn.trace([[0, 0, 0, 0, 1, 0, 0, 0]], PROPOSAL)
    counts = []
    for step in trace:
        ax.clear()
        drawing.draw(ax, step)
        counts.append(len(outlines(ax, "box")))
    assert counts == [0, 0, 2, 2] and outlines(ax, "box") == [(0, 0, 4, 8), (4, 0, 4, 8)]


# Properties


def test_y_runs_down_and_everything_is_in_view(ax, outlines):
    drawing.draw(ax, encode_rcnn.trace(BOX, PROPOSAL)[2])
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left < 0 and right > 12 and top < -2 and bottom > 8


def test_a_box_that_overflows_is_left_out(ax, outlines):
    drawing.draw(ax, decode_rcnn.trace([[0, 0, 1000, 0]], PROPOSAL)[3])
    assert outlines(ax, "box") == [] and outlines(ax, "proposal") == [(0, 0, 4, 8)]


# Bad input


def test_rows_and_steps_that_are_not_there_are_refused(ax):
    with pytest.raises(ValueError, match="row: 1 came; wanted 0 to 0"):
        drawing.draw(ax, encode_rcnn.trace(BOX, PROPOSAL)[0], row=1)
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of encode_rcnn or decode_rcnn"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
