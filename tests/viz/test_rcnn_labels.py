"""The drawing of R-CNN's labels: objects, and proposals by what they are."""

import numpy as np
import pytest

from refdet import nms
from refdet.matching.best_ground_truth import best_ground_truth
from refdet.matching.rcnn_labels import fine_tuning_labels, regression_pairs, svm_box_labels, svm_labels
from refdet.viz import filmstrip
from refdet.viz import rcnn_labels as drawing

PROPOSALS = [[0, 0, 10, 8], [0, 0, 10, 4], [0, 0, 10, 2], [30, 30, 35, 40]]  # IoU .8, .4, .2, 0
OBJECTS, CLASSES = [[0, 0, 10, 10], [50, 0, 60, 10]], [2, 0]


def words(trace):
    return [(step.name, drawing.fates(step)) for step in trace if step.function != "encode_rcnn"]


def tags(ax, step):
    ax.clear()
    drawing.draw(ax, step)
    return sorted(text.get_text() for text in ax.texts)


# By hand


def test_what_overlaps_nothing_is_background_first():
    waiting = ["waiting"] * 4
    assert words(best_ground_truth.trace(PROPOSALS, OBJECTS)) == [
        ("overlap", waiting),
        ("best", waiting),
        ("background", waiting[:3] + ["background"]),
    ]


def test_each_training_has_its_own_words():
    fine = words(fine_tuning_labels.trace(PROPOSALS, OBJECTS, CLASSES))[-1]
    assert fine == ("label", ["positive"] + ["background"] * 3)
    machines = words(svm_labels.trace(PROPOSALS, OBJECTS, CLASSES, 3))
    assert machines == [("class", ["negative"] * 4), ("class", ["ignored"] * 2 + ["negative"] * 2)]
    pairs = words(regression_pairs.trace(PROPOSALS, OBJECTS, CLASSES))[-1]
    assert pairs == ("keep", ["positive"] + ["background"] * 3)
    assert words(svm_box_labels.trace(OBJECTS, CLASSES, 3))[-1] == ("own", [])


def test_boxes_are_drawn_by_their_words_and_overlaps_written_when_they_are_known(ax, outlines):
    trace = fine_tuning_labels.trace(PROPOSALS, OBJECTS, CLASSES)
    assert {"0", "3"} <= set(tags(ax, trace[0]))
    assert {"0: 0.80", "3: 0.00", "object 0, class 2"} <= set(tags(ax, trace[-1]))
    assert outlines(ax, "positive") == [(0, 0, 10, 8)]
    assert outlines(ax, "object") == [(0, 0, 10, 10), (50, 0, 10, 10)]
    assert len(outlines(ax, "background")) == 3


def test_only_the_objects_of_the_class_are_drawn_where_it_is_its_turn(ax, outlines):
    trace = svm_labels.trace(PROPOSALS, OBJECTS, CLASSES, 3)
    drawing.draw(ax, trace[1])
    assert outlines(ax, "object") == [(0, 0, 10, 10)] and len(outlines(ax, "ignored")) == 2


def test_the_targets_of_a_pair_are_drawn_as_the_coder_draws_them(ax, outlines):
    trace = regression_pairs.trace(PROPOSALS, OBJECTS, CLASSES)
    drawing.draw(ax, trace[-1])
    assert outlines(ax, "proposal") == [(0, 0, 10, 8)] and "dh 0.223144" in ax.get_xlabel()


# Properties


def test_colours_or_lines_tell_the_words_apart():
    looks = {(style["color"], style["linestyle"]) for style in drawing.STYLES.values()}
    assert len(looks) == len(drawing.STYLES)


def test_without_objects_or_proposals_there_is_a_picture(ax):
    none = np.zeros((0, 4))
    for boxes, objects, classes in ((PROPOSALS, none, []), (none, OBJECTS, CLASSES), (none, none, [])):
        for function in (fine_tuning_labels, regression_pairs):
            for step in function.trace(boxes, objects, classes):
                ax.clear()
                drawing.draw(ax, step)


def test_a_filmstrip_has_a_panel_per_step():
    pytest.importorskip("matplotlib.figure")
    trace = regression_pairs.trace(PROPOSALS, OBJECTS, CLASSES)
    assert len(filmstrip(trace, drawing.draw).axes) == len(trace) == 7


# Bad input


def test_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="step: nms.sort came; wanted a step of best_ground_truth, fine"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
