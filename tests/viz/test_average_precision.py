"""The drawings of the table of precision and recall and of the integrations: bars, curve, envelope, levels, area."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet import evaluation, nms
from refdet.evaluation import area_ap, coco_ap, eleven_point_ap, precision_recall_curve, step_ap, yolov5_ap
from refdet.viz import average_precision as drawing

RULES = [step_ap, area_ap, eleven_point_ap, coco_ap, yolov5_ap]
# T F T T F of 4: the fourth place lifts the second and third.
CURVE = [0.25, 0.25, 0.5, 0.75, 0.75], [1, 0.5, 2 / 3, 0.75, 0.6]


def lines(ax, mark):
    """The points of the line of that mark."""
    return [line.get_xydata().tolist() for line in ax.lines if line.get_gid() == mark]


def told(ax):
    """The average precision, below the curve."""
    return next(text.get_text() for text in ax.texts if text.get_gid() == "ap")


def bars(ax, mark):
    return [patch.get_bbox().bounds for patch in ax.patches if patch.get_gid() == mark]


def drawn(ax, trace, name):
    ax.clear()
    (step,) = trace.named(name)
    drawing.draw(ax, step)
    return ax


# By hand


def test_the_table(ax):
    flags = np.array([True, True, False])
    trace = precision_recall_curve.trace([0.5, 0.9, 0.7], flags, 3)
    heights = [bar[3] for bar in bars(drawn(ax, trace, "sort"), "score")]
    assert heights == [0.9, 0.7, 0.5]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "2", "0"]
    colours = [patch.get_facecolor() for patch in ax.patches]
    assert colours[0] == colours[2] != colours[1]
    drawn(ax, trace, "count")
    assert [bar[3] for bar in bars(ax, "right")] == [1, 1, 2]
    assert [(bar[1], bar[3]) for bar in bars(ax, "wrong")] == [(1, 0), (1, 1), (2, 1)]
    assert lines(ax, "objects")[0][0][1] == 3
    points = np.array(lines(drawn(ax, trace, "divide"), "curve")[0])
    assert close(points, [[1 / 3, 1], [1 / 3, 1 / 2], [2 / 3, 2 / 3]], "six digits")


def test_the_step_sum_has_no_envelope_and_a_strip_for_each_rise(ax):
    trace = step_ap.trace(*CURVE)
    drawn(ax, trace, "rise")
    assert bars(ax, "rise") == [(0, 0, 0.25, 1), (0.25, 0, 0.25, 1), (0.5, 0, 0.25, 1)]
    assert not any(patch.get_fill() for patch in ax.patches) and lines(ax, "envelope") == []
    drawn(ax, trace, "sum")
    assert close([bar[3] for bar in bars(ax, "rise")], [1, 2 / 3, 0.75], "six digits")
    assert all(patch.get_fill() for patch in ax.patches) and told(ax) == "average precision 0.604167"


def test_the_envelope_is_a_staircase_above_the_curve(ax):
    (corners,) = lines(drawn(ax, area_ap.trace(*CURVE), "envelope"), "envelope")
    assert corners[:4] == [[0, 1], [0.25, 1], [0.25, 0.75], [0.25, 0.75]] and corners[-1] == [0.75, 0.6]
    drawn(ax, area_ap.trace(*CURVE), "sum")
    assert close([bar[3] for bar in bars(ax, "rise")], [1, 0.75, 0.75], "six digits")


@pytest.mark.parametrize(("rule", "count"), [(eleven_point_ap, 11), (coco_ap, 101)])
def test_levels_are_read_on_the_envelope_and_averaged(ax, rule, count):
    trace = rule.trace(*CURVE)
    drawn(ax, trace, "levels")
    (levels,) = [c for c in ax.collections if c.get_gid() == "levels"]
    assert len(levels.get_segments()) == count and lines(ax, "read") == []
    (read,) = lines(drawn(ax, trace, "read"), "read")
    assert [height for _, height in read] == trace.named("read")[0].heights.tolist() and len(read) == count
    (mean,) = lines(drawn(ax, trace, "mean"), "mean")
    assert mean[0][1] == trace.result


def test_yolov5_goes_down_to_the_corner_in_straight_lines(ax):
    trace = yolov5_ap.trace(*CURVE)
    (curve,) = lines(drawn(ax, trace, "ends"), "curve")
    assert curve[0] == [0, 1] and curve[-1] == [1, 0] and len(curve) == 7
    (envelope,) = lines(drawn(ax, trace, "envelope"), "envelope")
    assert [x for x, _ in envelope] == [x for x, _ in curve]
    drawn(ax, trace, "sum")
    assert "area" in [c.get_gid() for c in ax.collections] and told(ax) == "average precision 0.698"


# Properties


@given(flags=st.lists(st.booleans(), max_size=10), missed=st.integers(0, 3))
def test_what_is_filled_is_the_result(ax, flags, missed):
    table = precision_recall_curve(-np.arange(len(flags)), np.array(flags, bool), sum(flags) + missed)
    for rule in (step_ap, area_ap):
        trace = rule.trace(table.recall, table.precision)
        area = sum(width * height for _, _, width, height in bars(drawn(ax, trace, "sum"), "rise"))
        if table.positives:
            assert close(area, trace.result, "six digits")


# Bad input


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("curve", [([], []), ([np.nan, np.nan], [0.0, 0.0])])
def test_no_detections_and_no_objects_draw(ax, rule, curve):
    trace = rule.trace(*curve)
    assert len(trace) > 0
    for step in trace:
        ax.clear()
        drawing.draw(ax, step)
    for step in precision_recall_curve.trace([], np.zeros(0, bool), 0):
        drawing.draw(ax, step)


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of precision_recall_curve or of an"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [1.0], 0.5)[0])
    assert set(drawing.INTEGRATIONS) <= set(evaluation.__all__)
