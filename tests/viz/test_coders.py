"""The drawing of the box transform: proposal, moved proposal, box, and the numbers below them."""

import itertools

import numpy as np
import pytest
from tolerances import close

from refdet import TORCHVISION, decode_rcnn, encode_rcnn, nms
from refdet.viz import coders as drawing
from refdet.viz import filmstrip

PROPOSAL, BOX = [[0, 0, 4, 8]], [[4, 0, 12, 4]]  # dx 6/4, dy -2/8, dw log 2, dh log 1/2
KINDS = ("proposal", "moved", "box")


def drawn(ax, step):
    """Names of the tags, and the lines below."""
    ax.clear()
    drawing.draw(ax, step)
    return sorted(text.get_text() for text in ax.texts if text.get_text()), ax.get_xlabel().splitlines()


def arrows(ax, gid):
    """Start and end of each arrow of that mark."""
    return [(tuple(text.xyann), tuple(text.xy)) for text in ax.texts if text.get_gid() == gid]


# By hand


def test_encoding_shows_the_pair_then_the_shift_and_then_the_stretch(ax, outlines):
    measure, shift, stretch = encode_rcnn.trace(BOX, PROPOSAL)
    measured = ["proposal 4 x 8 around 2, 4", "box 8 x 4 around 8, 2"]
    assert drawn(ax, measure) == (["box", "proposal"], measured)
    assert outlines(ax, "proposal") == [(0, 0, 4, 8)] and outlines(ax, "box") == [(4, 0, 8, 4)]
    assert outlines(ax, "moved") == [] and arrows(ax, "shift") == []
    assert drawn(ax, shift) == (["box", "moved", "proposal"], [*measured, "dx 1.5, dy -0.25"])
    assert outlines(ax, "moved") == [(6, -2, 4, 8)] and arrows(ax, "shift") == [((2, 4), (8, 2))]
    assert arrows(ax, "stretch") == []
    assert drawn(ax, stretch)[1][3:] == ["dw 0.693147, dh -0.693147"]
    assert arrows(ax, "stretch") == [((6, -2), (4, 0)), ((10, 6), (12, 4))]


def test_decoding_shows_numbers_from_the_start_and_the_box_from_the_move_on(ax, outlines):
    trace = decode_rcnn.trace(
        [[10, 0, 5 * np.log(2), 50]], PROPOSAL, convention=TORCHVISION
    )  # weights 10, 10, 5, 5
    proposal, shift = "proposal 4 x 8 around 2, 4", "dx 1, dy 0"
    assert drawn(ax, trace[0]) == (["proposal"], [proposal, shift, "dw 0.693147, dh 10"])
    assert drawn(ax, trace[1]) == (
        ["proposal"],
        [proposal, shift, "dw 0.693147, dh 4.13517"],
    )  # log(1000 / 16)
    assert outlines(ax, "box") == outlines(ax, "moved") == []
    for step in trace[2:]:
        assert drawn(ax, step)[1][3:] == ["box 8 x 500 around 6, 4"]
        assert outlines(ax, "moved") == [(4, 0, 4, 8)] and close(
            outlines(ax, "box")[0], (2, -246, 8, 500), "six digits"
        )


def test_of_several_classes_all_boxes_are_drawn_and_the_first_numbers_written(ax, outlines):
    trace = decode_rcnn.trace([[0, 0, 0, 0, 1, 0, 0, 0]], PROPOSAL)
    tags, lines = drawn(ax, trace[3])
    assert tags == ["box 0", "box 1", "proposal"] and lines[4:] == [
        "1: dx 1, dy 0",
        "1: dw 0, dh 0",
        "1: box 4 x 8 around 6, 4",
    ]
    assert outlines(ax, "box") == outlines(ax, "moved") == [(0, 0, 4, 8), (4, 0, 4, 8)]
    assert arrows(ax, "shift") == [((2, 4), (6, 4))] and arrows(ax, "stretch") == []
    many = [decode_rcnn.trace(np.zeros((1, 4 * k)), PROPOSAL)[3] for k in (4, 5, 81)]
    assert [drawn(ax, step)[1][-1] for step in many] == [
        "3: box 4 x 8 around 2, 4",
        "and one more class",
        "and 77 more classes",
    ]
    assert len(outlines(ax, "box")) == 81


def test_another_row(ax, outlines):
    trace = encode_rcnn.trace(BOX * 2, [PROPOSAL[0], [4, 0, 12, 8]])
    drawing.draw(ax, trace[2], 1)
    assert outlines(ax, "proposal") == [(4, 0, 8, 8)] and "dx 0, dy -0.25" in ax.get_xlabel()


# Properties


def test_y_runs_down_and_everything_is_in_view(ax):
    for step in encode_rcnn.trace(BOX, PROPOSAL):  # all in the same view
        drawing.draw(ax, step)
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        assert left < 0 and right > 12 and top < -2 and bottom > 8


@pytest.mark.parametrize("dpi", [80, 120])
def test_tags_lie_apart_and_within_the_picture(dpi):
    traces = [
        encode_rcnn.trace(BOX, PROPOSAL),
        encode_rcnn.trace(PROPOSAL, PROPOSAL),
        decode_rcnn.trace(np.eye(4).reshape(1, 16), PROPOSAL),
        decode_rcnn.trace([[1, 0, 0, 0, 0, 0, np.log(2), np.log(2)]], [[0, 0, 4, 2]]),
    ]
    for ax in itertools.chain(*(filmstrip_of(trace, dpi).axes for trace in traces)):
        tags = [text.get_bbox_patch().get_window_extent() for text in ax.texts if text.get_text()]
        assert tags and not any(a.overlaps(b) for a, b in itertools.combinations(tags, 2))
        panel = ax.get_window_extent()
        assert all(panel.contains(*tag.min) and panel.contains(*tag.max) for tag in tags)


def filmstrip_of(trace, dpi):
    figure = filmstrip(trace, drawing.draw)
    figure.set_dpi(dpi)
    pytest.importorskip("matplotlib.backends.backend_agg").FigureCanvasAgg(figure).draw()
    return figure


def test_kinds_differ_in_colour_and_in_line():
    assert len({style["color"] for style in drawing.STYLES.values()}) == len(KINDS)
    assert len({style["linestyle"] for style in drawing.STYLES.values()}) == len(KINDS)


def test_a_box_that_overflows_is_left_out(ax, outlines):
    trace = decode_rcnn.trace([[0, 0, 1000, 0, 0, 0, 0, 0]], PROPOSAL)
    assert drawn(ax, trace[3])[0] == ["box 1", "proposal"]
    assert outlines(ax, "box") == outlines(ax, "proposal") == [(0, 0, 4, 8)]


# Bad input


def test_rows_and_steps_that_are_not_there_are_refused(ax):
    with pytest.raises(ValueError, match="row: 1 came; wanted 0 to 0"):
        drawing.draw(ax, encode_rcnn.trace(BOX, PROPOSAL)[0], row=1)
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of encode_rcnn or decode_rcnn"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
