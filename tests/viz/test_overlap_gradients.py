"""The drawing of the gradient of an overlap: an arrow on each edge, the way that raises the number."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet import aligned_box_iou_backward, box_iou, box_iou_backward, complete_box_iou_backward, nms
from refdet.viz import overlap_gradients as drawing

LEFT, RIGHT = [[0, 0, 2, 2]], [[1, 0, 3, 2]]
CORNERS = drawing.CORNERS


def arrows(ax):
    """How far each arrow leads, edge by edge."""
    found = {text.get_gid(): text for text in ax.texts if text.get_gid() in CORNERS}
    return {gid: np.subtract(arrow.xy, arrow.get_position()).tolist() for gid, arrow in found.items()}


# By hand


def test_an_arrow_leads_where_the_edge_raises_the_iou(ax, outlines):
    """IOU-6: dIoU = (1/9, 0, 1/3, 0); both edges lead to the right, the second three times as far."""
    divide = box_iou_backward.trace([[1]], LEFT, RIGHT)[2]
    drawing.draw(ax, divide)
    assert outlines(ax, "moving") == [(0, 0, 2, 2)] and outlines(ax, "other") == [(1, 0, 2, 2)]
    found = arrows(ax)
    assert set(found) == {"x1", "x2"}
    assert found["x1"][1] == found["x2"][1] == 0 and found["x2"][0] == drawing.LONGEST * 3
    assert round(found["x2"][0] / found["x1"][0], 9) == 3
    assert ax.get_xlabel() == "slopes of IoU by\nx1 0.111, y1 0, x2 0.333, y2 0"
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["0.111", "0.333"]


def test_the_second_boxes_move_in_the_second_half(ax, outlines):
    trace = box_iou_backward.trace([[1]], LEFT, RIGHT)
    for step in (trace[6], trace[7]):
        ax.clear()
        drawing.draw(ax, step)
        assert outlines(ax, "moving") == [(1, 0, 2, 2)] and arrows(ax)["x1"][0] < 0


def test_the_pair_that_is_asked_for_is_drawn_with_the_sum_of_its_box(ax, outlines):
    trace = box_iou_backward.trace(
        np.ones((2, 3)), [*LEFT, [5, 5, 6, 6]], [*RIGHT, [0, 0, 1, 1], [5, 5, 6, 7]]
    )
    drawing.draw(ax, trace[3], pair=(1, 2))
    assert outlines(ax, "moving") == [(5, 5, 1, 1)] and outlines(ax, "other") == [(5, 5, 1, 2)]
    ax.clear()
    drawing.draw(ax, trace[7], pair=(1, 2))
    assert outlines(ax, "moving") == [(5, 5, 1, 2)]
    ax.clear()
    drawing.draw(ax, aligned_box_iou_backward.trace([1], LEFT, RIGHT)[7], pair=0)
    assert outlines(ax, "moving") == [(1, 0, 2, 2)]


# Properties


@given(st.tuples(*[st.integers(0, 5)] * 4), st.tuples(*[st.integers(0, 5)] * 4))
def test_there_is_an_arrow_for_each_slope_but_0_along_its_axis(one, other):
    ax = pytest.importorskip("matplotlib.figure").Figure().add_subplot()
    for step in complete_box_iou_backward.trace([[1]], [one], [other]):
        ax.clear()
        drawing.draw(ax, step)
        slopes = np.ravel(step.variables[drawing.SLOPES[step.name][0]])
        found = arrows(ax)
        assert set(found) == {CORNERS[i] for i in np.flatnonzero(slopes)}
        for i in np.flatnonzero(slopes):
            assert found[CORNERS[i]][1 - i % 2] == 0 and found[CORNERS[i]][i % 2] * slopes[i] >= 0


# Bad input


def test_boxes_that_are_not_finite_draw_nothing(ax):
    from refdet import TORCHVISION

    for step in box_iou_backward.trace([[1]], [[0, 0, np.nan, 1]], RIGHT, convention=TORCHVISION):
        drawing.draw(ax, step)
    assert not ax.patches


def test_a_pair_that_is_not_there_and_a_step_of_another_algorithm_are_refused(ax):
    with pytest.raises(ValueError, match=r"pair: \(0, 1\) came; wanted a place in \(1, 1\)"):
        drawing.draw(ax, box_iou_backward.trace([[1]], LEFT, RIGHT)[0], pair=(0, 1))
    for step in (nms.trace(LEFT, [1], 0.5)[0], box_iou.trace(LEFT, RIGHT)[0]):
        with pytest.raises(ValueError, match="wanted a step of the gradient of an overlap"):
            drawing.draw(ax, step)
