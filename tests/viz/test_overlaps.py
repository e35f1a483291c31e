"""The drawing of an overlap's step: the pair, what it shares, what encloses it, and its numbers."""

import numpy as np
import pytest

import refdet
from refdet import nms
from refdet.viz import filmstrip
from refdet.viz import overlaps as drawing

A, B = [[0, 0, 6, 4], [0, 0, 2, 2]], [[4, 2, 9, 8], [5, 1, 7, 4]]


def drawn(ax, trace, name, pair=(0, 0)):
    ax.clear()
    drawing.draw(ax, trace.named(name)[0], pair)
    return ax.get_xlabel().splitlines()


# By hand


def test_iou_fills_what_the_boxes_share(ax, outlines):
    trace = refdet.box_iou.trace(A, B)
    assert drawn(ax, trace, "area") == ["area of the first 24", "area of the second 30"]
    assert outlines(ax, "first") == [(0, 0, 6, 4)] and outlines(ax, "second") == [(4, 2, 5, 6)]
    assert outlines(ax, "shared") == []
    assert drawn(ax, trace, "divide")[2:] == ["shared 4", "IoU 0.08"]
    assert outlines(ax, "shared") == [(4, 2, 2, 2)] and outlines(ax, "enclosing") == []


def test_giou_adds_the_enclosing_box(ax, outlines):
    numbers = drawn(ax, refdet.generalized_box_iou.trace(A, B), "subtract")
    assert numbers == ["shared 4", "covered 50", "enclosing 72", "IoU 0.08", "GIoU -0.225556"]
    assert outlines(ax, "enclosing") == [(0, 0, 9, 8)]


def test_diou_adds_the_diagonal_and_the_line_between_the_centres(ax, outlines):
    trace = refdet.distance_box_iou.trace(A, B)
    drawn(ax, trace, "span")
    assert {line.get_gid() for line in ax.lines} == {"diagonal"}
    assert drawn(ax, trace, "distance")[:2] == ["diagonal\u00b2 145", "centres\u00b2 21.25"]
    lines = {line.get_gid(): line.get_xydata().tolist() for line in ax.lines}
    assert lines == {"diagonal": [[0, 0], [9, 8]], "centres": [[3, 2], [6.5, 5]]}


def test_ciou_writes_the_weight(ax):
    numbers = drawn(ax, refdet.complete_box_iou.trace(A, B), "weigh")
    assert [line.split()[0] for line in numbers] == ["v", "alpha", "IoU", "DIoU", "CIoU"]
    assert numbers[-1] == f"CIoU {refdet.complete_box_iou(A, B)[0, 0]:.6g}"


def test_another_pair_and_an_aligned_one(ax, outlines):
    drawn(ax, refdet.box_iou.trace(A, B), "divide", (1, 0))
    assert outlines(ax, "first") == [(0, 0, 2, 2)] and outlines(ax, "second") == [(4, 2, 5, 6)]
    assert outlines(ax, "shared") == []  # apart
    assert drawn(ax, refdet.aligned_box_iou.trace(A, B), "divide", 1)[:2] == [
        "area of the first 4",
        "area of the second 6",
    ]
    assert outlines(ax, "second") == [(5, 1, 2, 3)]


# Properties


def test_every_step_of_every_kind_draws_with_y_down(ax):
    for name in ("box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou"):
        for function in (getattr(refdet, name), getattr(refdet, f"aligned_{name}")):
            for step in function.trace(A, B):
                ax.clear()
                drawing.draw(ax, step)
                bottom, top = ax.get_ylim()
                assert bottom > 8 and top < 0 and ax.get_xlabel()


def test_a_filmstrip_keeps_caption_and_numbers():
    pytest.importorskip("matplotlib.figure")
    figure = filmstrip(refdet.complete_box_iou.trace(A[:1], B[:1]), drawing.draw)
    assert len(figure.axes) == 7
    assert all(ax.get_title(loc="left") and ax.get_xlabel() for ax in figure.axes)


# Bad input


def test_boxes_that_are_not_finite_are_not_drawn(ax):
    trace = refdet.box_iou.trace([[0, 0, np.nan, 1]], [[0, 0, 1, 1]], convention=refdet.TORCHVISION)
    assert drawn(ax, trace, "divide")[-1] == "IoU nan"
    assert not ax.patches


@pytest.mark.parametrize("pair", [(2, 0), (0, -1), (0,)])
def test_a_pair_that_is_not_there_is_refused(ax, pair):
    with pytest.raises(ValueError, match=r"pair: .* came; wanted a place in \(2, 2\)"):
        drawing.draw(ax, refdet.box_iou.trace(A, B)[0], pair)


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of an overlap"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
