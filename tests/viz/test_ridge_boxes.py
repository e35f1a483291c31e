"""The drawing of the box regressors: proposal, object and refined box in sizes of the proposal."""

import numpy as np
import pytest
from tolerances import close

from refdet import nms
from refdet.classical.ridge_boxes import fit_ridge_boxes
from refdet.viz import filmstrip
from refdet.viz import ridge_boxes as drawing

# Two classes of one example each; dx 1, and twice the size.
TARGETS = [[1, 0, 0, 0], [0, 0, np.log(2), np.log(2)]]
TRACE = fit_ridge_boxes.trace([[3.0], [3.0]], [0, 1], TARGETS, 2, ridge=9, bias=False, whiten=False)


# By hand


def test_the_proposal_is_a_unit_around_nothing_and_the_object_lies_where_the_target_is(ax, outlines):
    drawing.draw(ax, TRACE[0])
    assert outlines(ax, "proposal") == [(-0.5, -0.5, 1, 1)] and outlines(ax, "object") == [(0.5, -0.5, 1, 1)]
    assert outlines(ax, "refined") == [] and ax.get_xlabel() == "class 0, target 1, 0, 0, 0"


def test_half_the_way_is_learned_by_a_ridge_as_large_as_the_features(ax, outlines):
    """w = 3 / (9 + 9), so the answer to 3 is 1/2: the refined box shares half with the object, 1 of 3 halves."""
    drawing.draw(ax, TRACE[2])
    assert close(outlines(ax, "refined"), [(0, -0.5, 1, 1)], "coders")
    assert ax.get_xlabel().splitlines()[1:] == ["predicted 0.5, 0, 0, 0", "IoU 0.000, then 0.333"]


def test_the_second_class_starts_without_a_refined_box(ax, outlines):
    drawing.draw(ax, TRACE[3])
    assert outlines(ax, "refined") == [] and outlines(ax, "object") == [(-1, -1, 2, 2)]
    assert sorted(text.get_text() for text in ax.texts) == ["object", "proposal"]


def test_whitened_answers_are_turned_back(ax, outlines):
    """One example is its own mean."""
    trace = fit_ridge_boxes.trace([[3.0]], [0], [[1, 0, 0, 0]], 1)
    drawing.draw(ax, trace[-1])
    assert close(outlines(ax, "refined"), outlines(ax, "object"), "coders")


# Properties


@pytest.mark.parametrize("row", [0, 1, 2])
def test_the_refined_box_is_the_one_that_the_regressors_give(ax, outlines, row):
    """In sizes of the proposal, whitened or not."""
    features, targets = [[1.0], [2.0], [-2.0]], [[1, 0, 0.5, 0], [0.5, 0.25, 0, 0], [0, 0.5, 0.25, 1]]
    trace = fit_ridge_boxes.trace(features, [0] * 3, targets, 1, ridge=2)
    drawing.draw(ax, trace[-1], row)
    x1, y1, x2, y2 = trace.result.refine([[-0.5, -0.5, 0.5, 0.5]], [features[row]], [0])[0]
    assert close(outlines(ax, "refined")[0], [x1, y1, x2 - x1, y2 - y1], "float64 sums")


def test_a_target_beyond_all_sizes_is_left_out(ax, outlines):
    trace = fit_ridge_boxes.trace([[1.0]], [0], [[0, 0, 900, 0]], 1)
    for step in trace:
        ax.clear()
        drawing.draw(ax, step)
        assert outlines(ax, "object") == [] and outlines(ax, "proposal") == [(-0.5, -0.5, 1, 1)]


def test_a_filmstrip_has_a_panel_per_step():
    pytest.importorskip("matplotlib.figure")
    assert len(filmstrip(TRACE, drawing.draw).axes) == len(TRACE) == 6


# Bad input


def test_rows_and_steps_that_are_not_there_are_refused(ax):
    with pytest.raises(ValueError, match="row: 1 came; wanted 0 to 0"):
        drawing.draw(ax, TRACE[0], row=1)
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of fit_ridge_boxes"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
