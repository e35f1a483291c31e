"""The drawing of a step of soft_nms: who is lowered, who goes, and how strong each box is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet import TORCHVISION, batched_soft_nms, nms, soft_nms
from refdet.viz import nms as hard
from refdet.viz import soft_nms as drawing

# IoU 1/2 of boxes 0 and 1, 1/3 of boxes 1 and 2; box 3 is a copy of box 0.
BOXES = np.array([[0, 0, 4, 2], [0, 0, 4, 4], [0, 2, 4, 6], [0, 0, 4, 2.0]])
SCORES = np.array([0.9, 0.8, 0.7, 0.6])

# By hand


def test_fates_step_by_step():
    told = [" ".join(word[0] for word in drawing.fates(step)) for step in soft_nms.trace(BOXES, SCORES)]
    assert told == [
        "w w w w",  # all are queued
        "p w w w",  # pick 0
        "p l w l",  # 1 and 3 are lowered
        "p w w d",  # 3 is dropped
        "k w p g",  # 2 overtakes 1
        "k l p g",
        "k w p g",
        "k p k g",
        "k p k g",
        "k p k g",
    ]


def test_a_gaussian_lowers_whatever_overlaps():
    step = soft_nms.trace(BOXES, SCORES, 1.0, method="gaussian")[2]
    assert drawing.fates(step) == ["picked", "lowered", "waiting", "lowered"]


def test_fates_outside_the_classes_of_batched_soft_nms():
    outer = [s for s in batched_soft_nms.trace(BOXES, SCORES, [0, 1, 1, 0]) if s.depth == 0]
    assert [step.name for step in outer] == ["class", "class", "merge"]
    assert drawing.fates(outer[0]) == ["kept", "waiting", "waiting", "gone"]
    assert drawing.fates(outer[1]) == drawing.fates(outer[2]) == ["kept", "kept", "kept", "gone"]


def test_a_label_shows_both_scores_and_a_fill_the_present_one(ax, outlines):
    drawing.draw(ax, soft_nms.trace(BOXES, SCORES)[3])
    texts = sorted(text.get_text().strip() for text in ax.texts)
    assert texts == ["0: 0.90", "1: 0.40 of 0.80", "2: 0.70"]  # box 3, the worst, finds no free place
    assert outlines(ax, "dropped") == [(0, 0, 4, 2)]
    opacity = [patch.get_alpha() for patch in ax.patches if patch.get_gid() == "strength"]
    assert close(sorted(opacity), np.array([0, 0.4, 0.7, 0.9]) / 0.9 * hard.FILL, "six digits")


def test_inside_a_class_boxes_have_the_numbers_of_the_caller(ax):
    """Class 1 = {1, 2}: box 1 lowers box 2, IoU 1/3."""
    queue, pick, decay, *_ = batched_soft_nms.trace(BOXES, SCORES, [0, 1, 1, 0])[5:]
    drawing.draw(ax, decay)
    assert sorted(text.get_text() for text in ax.texts) == ["1: 0.80", "2: 0.47 of 0.70"]
    assert queue.note == "boxes that may be picked: [1, 2]" and pick.note == "box 1 is the best in the queue"


def test_a_score_that_falls_by_less_than_a_label_shows_stands_there_once(ax):
    """IoU 1/100, so 0.45 becomes 0.45 exp(-1/5000): no "0.45 of 0.45"."""
    boxes = [[0, 0, 10, 10], [0, 0, 10, 0.1]]
    drawing.draw(ax, soft_nms.trace(boxes, [0.9, 0.45], method="gaussian")[2])
    assert sorted(text.get_text() for text in ax.texts) == ["0: 0.90", "1: 0.45"]


# Properties


@given(
    corners=st.lists(st.tuples(*[st.integers(0, 6)] * 4), max_size=12),
    method=st.sampled_from(["linear", "gaussian"]),
)
def test_fates_partition_the_boxes_and_end_with_the_kept(corners, method):
    boxes = np.array(corners, float).reshape(-1, 4)
    trace = soft_nms.trace(boxes, np.arange(len(boxes)) % 3, score_threshold=0.3, method=method)
    for step in trace:
        words = drawing.fates(step)
        assert len(words) == len(boxes) and set(words) <= set(drawing.STYLES)
        waiting = [b for b, word in enumerate(words) if word in ("waiting", "lowered")]
        assert waiting == sorted(step.queue.tolist())
    assert {b for b, word in enumerate(words) if word in ("kept", "picked")} == set(trace.result[0].tolist())


def test_every_step_of_every_kind_draws(ax):
    for trace in (soft_nms.trace(BOXES, SCORES), batched_soft_nms.trace(BOXES, SCORES, [0, 1, 0, 1])):
        for step in trace:
            ax.clear()
            drawing.draw(ax, step)
            assert len(ax.patches) == 2 * len(step.boxes)


def test_styles_differ_in_colour_and_in_line():
    looks = [(style["linestyle"], style["linewidth"]) for style in drawing.STYLES.values()]
    assert len(set(looks)) == len({style["color"] for style in drawing.STYLES.values()}) == len(looks)


# Bad input


def test_no_boxes_odd_boxes_and_odd_scores_draw(ax):
    drawing.draw(ax, soft_nms.trace(np.zeros((0, 4)), np.zeros(0))[0])
    assert len(ax.patches) == 0
    odd = np.array([[0, 0, np.nan, 1], [0, 0, np.inf, 1], [0, 0, 2, 2], [0, 0, 2, 2]])
    scores = np.array([0.5, np.nan, np.inf, 0.0])
    for step in soft_nms.trace(odd, scores, score_threshold=0, convention=TORCHVISION):
        drawing.draw(ax, step)
    assert np.isfinite(ax.get_xlim()).all()


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of soft_nms or batched_soft_nms"):
        drawing.draw(ax, nms.trace(BOXES, SCORES, 0.5)[0])
