"""The drawing of an overlap's step: the pair, what it shares, what encloses it, and its numbers."""

import numpy as np
import pytest
from tolerances import close

import refdet
from refdet import nms
from refdet.viz import filmstrip
from refdet.viz import overlaps as drawing

A, B = [[0, 0, 6, 4], [0, 0, 2, 2]], [[4, 2, 9, 8], [5, 1, 7, 4]]


def drawn(ax, trace, name, pair=(0, 0)):
    ax.clear()
    drawing.draw(ax, trace.named(name)[0], pair)
    return ax.get_xlabel().splitlines()


def sectors(ax):
    """Name, corner, both angles in degrees, and radius."""
    wedges = [patch for patch in ax.patches if patch.get_gid() in ("angle", "weight")]
    return [(w.get_gid(), tuple(w.center), w.theta1, w.theta2, w.r) for w in wedges]


# By hand


def test_iou_fills_what_the_boxes_share(ax, outlines):
    trace = refdet.box_iou.trace(A, B)
    assert drawn(ax, trace, "area") == ["area of the first 24", "area of the second 30"]
    assert outlines(ax, "first") == [(0, 0, 6, 4)] and outlines(ax, "second") == [(4, 2, 5, 6)]
    assert outlines(ax, "shared") == []
    assert drawn(ax, trace, "intersect")[2:] == ["shared 4"]
    assert drawn(ax, trace, "divide")[2:] == ["shared 4", "covered 50", "IoU 0.08"]
    assert outlines(ax, "shared") == [(4, 2, 2, 2)] and outlines(ax, "enclosing") == []


def test_giou_adds_the_enclosing_box_and_hatches_what_of_it_is_empty(ax, outlines):
    trace = refdet.generalized_box_iou.trace(A, B)
    assert drawn(ax, trace, "enclose")[2:] == ["shared 4", "covered 50", "IoU 0.08", "enclosing 72"]
    assert outlines(ax, "enclosing") == [(0, 0, 9, 8)] and outlines(ax, "empty") == []
    assert drawn(ax, trace, "subtract")[5:] == ["enclosing 72", "of it empty 22", "GIoU -0.225556"]
    empty = next(patch for patch in ax.patches if patch.get_gid() == "empty")
    blanks = [patch for patch in ax.patches if patch.get_gid() == "covered"]
    assert empty.get_hatch() and outlines(ax, "empty") == outlines(ax, "enclosing") == [(0, 0, 9, 8)]
    assert outlines(ax, "covered") == outlines(ax, "first") + outlines(ax, "second")
    assert all(blank.get_facecolor() == ax.get_facecolor() for blank in blanks)
    assert all(blank.get_zorder() > empty.get_zorder() for blank in blanks)


def test_diou_adds_the_diagonal_and_the_line_between_the_centres(ax, outlines):
    trace = refdet.distance_box_iou.trace(A, B)
    drawn(ax, trace, "span")
    assert {line.get_gid() for line in ax.lines} == {"diagonal"}
    numbers = drawn(ax, trace, "distance")
    assert numbers[4:] == ["IoU 0.08", "diagonal\u00b2 145", "centres\u00b2 21.25", "DIoU -0.0665517"]
    lines = {line.get_gid(): line.get_xydata().tolist() for line in ax.lines}
    assert lines == {"diagonal": [[0, 0], [9, 8]], "centres": [[3, 2], [6.5, 5]]}


def test_ciou_shows_the_angle_between_the_diagonals_and_of_it_the_weight(ax, outlines):
    """A level and an upright box of 2 x 1: atan(1/2) and atan(2) from level; v = 0.167826, alpha = 0.201111."""
    trace = refdet.complete_box_iou.trace([[0, 0, 2, 1]], [[0, 0, 1, 2]])
    assert drawn(ax, trace, "aspect")[7:] == ["DIoU 0.270833", "v 0.167826"]
    (angle,) = sectors(ax)
    assert outlines(ax, "enclosing") == [(0, 0, 2, 2)] and outlines(ax, "shared") == []
    assert angle[:2] == ("angle", (0, 0)) and close(
        angle[2:], (26.565051, 63.434949, 5**0.5 / 2), "six digits"
    )
    lines = [line.get_xydata().tolist() for line in ax.lines if line.get_gid() == "aspect"]
    assert lines == [[[0, 0], [2, 1]], [[0, 0], [1, 2]]]
    assert drawn(ax, trace, "weigh")[8:] == ["v 0.167826", "alpha 0.201111", "CIoU 0.237082"]
    _, weight = sectors(ax)
    assert weight[0] == "weight" and weight[2:4] == angle[2:4]
    assert close(weight[4] ** 2 / angle[4] ** 2, 0.201111, "six digits")


def test_the_numbers_of_a_step_stay_in_the_later_ones_and_are_those_of_the_call(ax):
    for kind, last in (("generalized", "GIoU"), ("distance", "DIoU"), ("complete", "CIoU")):
        function, before = getattr(refdet, f"{kind}_box_iou"), []
        trace = function.trace(np.array(A, np.float32), np.array(B, np.float32))
        for step in trace:
            numbers = drawn(ax, trace, step.name, (1, 1))
            assert numbers[: len(before)] == before and len(numbers) > len(before)
            before = numbers
        assert numbers[-1] == f"{last} {trace.result[1, 1]:.6g}"


def test_the_gate_and_the_rule_of_the_call_hold_in_its_picture(ax):
    gated = refdet.complete_box_iou.trace([[0, 0, 2, 1]], [[0, 0, 1, 2]], alpha_gate=0.5)
    assert drawn(ax, gated, "weigh")[-2:] == ["alpha 0", "CIoU 0.270833"]
    assert [name for name, *_ in sectors(ax)] == ["angle"]
    inclusive = refdet.box_iou.trace(A, B, convention=refdet.FAST_RCNN)
    assert drawn(ax, inclusive, "divide") == [
        "area of the first 35",
        "area of the second 42",
        "shared 9",
        "covered 68",
        "IoU 0.132353",
    ]


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


def test_an_inverted_box_and_a_point_have_no_sector_that_is_wrong(ax):
    flipped = refdet.complete_box_iou.trace([[2, 0, 0, 1]], [[0, 0, 1, 2]])
    assert drawn(ax, flipped, "weigh") and sectors(ax) == []
    point = refdet.complete_box_iou.trace([[0, 0, 0, 0]], [[0, 0, 1, 2]])
    assert drawn(ax, point, "weigh") and sectors(ax) == []


@pytest.mark.parametrize("pair", [(2, 0), (0, -1), (0,)])
def test_a_pair_that_is_not_there_is_refused(ax, pair):
    with pytest.raises(ValueError, match=r"pair: .* came; wanted a place in \(2, 2\)"):
        drawing.draw(ax, refdet.box_iou.trace(A, B)[0], pair)


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of an overlap"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
