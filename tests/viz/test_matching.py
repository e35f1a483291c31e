"""The drawing of a step of match_detections: what became of each detection, in the image that the step is about."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet import COCO, REFDET, nms
from refdet.evaluation import match_detections
from refdet.viz import matching as drawing

# Image 0: a hit, a duplicate, a miss, one on the difficult object 1; image 1: a miss, the best of all.
BOXES = np.array([[0, 0, 40, 40], [0, 0, 40, 30], [50, 50, 60, 60], [60, 0, 80, 20], [0, 0, 9, 9]], float)
SCORES, IMAGES = np.array([0.8, 0.7, 0.6, 0.5, 0.9]), np.array([0, 0, 0, 0, 1])
OBJECTS, PLACES = np.array([[0, 0, 40, 40], [60, 0, 80, 24]], float), np.array([0, 0])
DIFFICULT = np.array([False, True])


@pytest.fixture
def trace():
    return match_detections.trace(BOXES, SCORES, IMAGES, OBJECTS, PLACES, difficult=DIFFICULT)


# By hand


def test_fates_step_by_step(trace):
    assert [step.name for step in trace] == ["sort", "miss", "hit", "duplicate", "miss", "ignore"]
    told = [" ".join(word[0] for word in drawing.fates(step)) for step in trace]
    assert told == ["w w w w w", "w w w w m", "h w w w m", "h d w w m", "h d m w m", "h d m i m"]


def test_the_image_of_the_step_is_drawn(ax, outlines, trace):
    drawing.draw(ax, trace[1])
    assert ax.get_xlabel() == "image 1" and outlines(ax, "now") == [(0, 0, 9, 9)] and len(ax.patches) == 1
    ax.clear()
    drawing.draw(ax, trace[3])
    assert ax.get_xlabel() == "image 0" and len(ax.patches) == 6
    assert outlines(ax, "now") == [(0, 0, 40, 30)] and outlines(ax, "hit") == [(0, 0, 40, 40)]
    assert outlines(ax, "object") == [(0, 0, 40, 40)] and outlines(ax, "difficult") == [(60, 0, 20, 24)]
    assert len(outlines(ax, "waiting")) == 2


def test_labels_say_who_claimed_what(ax, trace):
    drawing.draw(ax, trace[5])
    texts = {text.get_text() for text in ax.texts}
    assert {"0: 0.80 hit 0", "1: 0.70 duplicate 0", "2: 0.60 miss", "3: 0.50 ignored 1"} <= texts
    assert texts <= {"0: 0.80 hit 0", "1: 0.70 duplicate 0", "2: 0.60 miss", "3: 0.50 ignored 1"} | {
        "object 0",
        "object 1",
    }


def test_the_detection_of_the_step_is_thick_and_nothing_is_at_first(ax, outlines, trace):
    drawing.draw(ax, trace[0])
    assert outlines(ax, "now") == [] and outlines(ax, "waiting") == [(0, 0, 9, 9)]
    ax.clear()
    drawing.draw(ax, trace[2])
    widths = {patch.get_gid(): patch.get_linewidth() for patch in ax.patches}
    assert widths["now"] == drawing.NOW == max(widths.values())


# Properties


@given(
    corners=st.lists(st.tuples(*[st.integers(0, 6)] * 4, st.integers(0, 2)), max_size=8),
    objects=st.lists(st.tuples(*[st.integers(0, 6)] * 4, st.integers(0, 2), st.booleans()), max_size=5),
    convention=st.sampled_from([REFDET, COCO]),
)
def test_the_last_step_tells_the_result(corners, objects, convention):
    rows = np.array(corners, float).reshape(-1, 5)
    known = np.array(objects, float).reshape(-1, 6)
    given = (
        rows[:, :4],
        np.arange(len(rows)) % 3,
        rows[:, 4].astype(int),
        known[:, :4],
        known[:, 4].astype(int),
    )
    trace = match_detections.trace(*given, 0.4, difficult=known[:, 5] > 0, convention=convention)
    for done, step in enumerate(trace):
        assert drawing.fates(step).count("waiting") == len(rows) - done
    words, result = np.array(drawing.fates(trace[-1]), object), trace.result
    assert (words[result.order] == "hit").tolist() == result.true_positive.tolist()
    assert (words[result.order] == "ignored").tolist() == result.ignored.tolist()
    assert (words[result.order] == "miss").tolist() == (result.ground_truth < 0).tolist()


def test_styles_differ_in_colour():
    assert len({style["color"] for style in drawing.STYLES.values()}) == len(drawing.STYLES)


# Bad input


@pytest.mark.parametrize(("boxes", "objects"), [(0, 0), (0, 2), (2, 0)])
def test_nothing_found_or_nothing_there_draws(ax, boxes, objects):
    for step in match_detections.trace(
        BOXES[:boxes], SCORES[:boxes], IMAGES[:boxes], OBJECTS[:objects], PLACES[:objects]
    ):
        ax.clear()
        drawing.draw(ax, step)
        assert len(ax.patches) == boxes + objects
    assert ax.get_xlabel() == ("image 0" if boxes + objects else "no image")


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of match_detections"):
        drawing.draw(ax, nms.trace(BOXES, SCORES, 0.5)[0])
