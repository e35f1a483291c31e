"""The drawing of an evaluation: bars of classes, lines over thresholds, and the drawings of the steps inside."""

import numpy as np
import pytest

from refdet import nms
from refdet.detections import Detections
from refdet.evaluation import evaluate_detections, evaluate_over_thresholds
from refdet.viz import evaluation as drawing

FOUND = [
    Detections([[0, 0, 10, 10], [1, 1, 11, 11]], [0.9, 0.8], [0, 0]),
    Detections([[20, 20, 30, 30]], [0.7], [1]),
]
TRUTH = [[[0, 0, 10, 9]], [[20, 20, 30, 40], [0, 0, 5, 5]]], [[0], [1, 0]]


def marked(artists, gid):
    return [artist for artist in artists if artist.get_gid() == gid]


# By hand


def test_bars_grow_class_by_class(ax):
    trace = evaluate_detections.trace(FOUND, *TRUTH, 3)
    widths = []
    for step in trace:
        if step.function == "evaluated":
            ax.clear()
            drawing.draw(ax, step)
            widths.append([bar.get_width() for bar in marked(ax.patches, "ap")])
    assert widths == [[], [], [0.5], [0.5], [0.5, 1], [0.5, 1], [0.5, 1], [0.5, 1]]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names[0] == "class 0\n2 found\n2 there" and names[2] == "class 2\n0 found\n0 there"
    assert [text.get_text() for text in marked(ax.texts, "value")] == ["0.5", "1"]
    assert marked(ax.lines, "mean")[0].get_xdata()[0] == 0.75


def test_the_class_in_hand_is_orange_and_one_without_objects_says_so(ax):
    steps = evaluate_detections.trace(FOUND, *TRUTH, 3).named("score")
    drawing.draw(ax, steps[1])
    assert [bar.get_facecolor()[:3] == (0, 114 / 255, 178 / 255) for bar in marked(ax.patches, "ap")] == [
        True,
        False,
    ]
    assert marked(ax.texts, "none") == []
    drawing.draw(ax, steps[2])
    assert [text.get_text() for text in marked(ax.texts, "none")] == ["no objects"]


def test_lines_over_the_thresholds(ax):
    trace = evaluate_over_thresholds.trace(FOUND, *TRUTH, 2, [0.5, 0.75, 0.95])
    own = [step for step in trace if step.function == "evaluate_over_thresholds"]
    drawing.draw(ax, own[2])
    lines = marked(ax.lines, "class")
    assert [line.get_ydata()[0] for line in lines] == [0.5, 1] and np.isnan(lines[0].get_ydata()[1])
    assert marked(ax.lines, "now")[0].get_xdata()[0] == 0.75
    ax.clear()
    drawing.draw(ax, own[-1])
    assert [line.get_ydata().tolist() for line in marked(ax.lines, "class")] == [[0.5, 0.5, 0], [1, 0, 0]]
    assert round(marked(ax.lines, "mean")[0].get_ydata()[0], 6) == 0.333333
    assert marked(ax.lines, "now") == []


def test_steps_inside_have_the_drawings_of_their_own(ax):
    trace = evaluate_detections.trace(FOUND, *TRUTH, 2)
    drawing.draw(ax, trace.named("duplicate")[0])
    assert {"0: 0.90 hit 0", "1: 0.80 duplicate 0"} <= {text.get_text() for text in ax.texts}
    ax.clear()
    drawing.draw(ax, trace.named("sum")[0])
    assert [text.get_text() for text in marked(ax.texts, "ap")] == ["average precision 0.5"]


# Bad input


def test_no_classes_and_no_objects_draw(ax):
    for arguments in (([], [], [], 0), (FOUND[:1], [[]], [[]], 1)):
        for step in evaluate_detections.trace(*arguments):
            ax.clear()
            drawing.draw(ax, step)
    for step in evaluate_over_thresholds.trace(FOUND[:1], [[]], [[]], 1):
        ax.clear()
        drawing.draw(ax, step)
    assert marked(ax.lines, "mean") == []


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of an evaluation"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [0.5], 0.5)[0])
