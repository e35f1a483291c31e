"""The drawing of an nms step: the fates of the boxes, and what stands for each."""

import io
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet import TORCHVISION, batched_nms, nms, roi_pool
from refdet.viz import filmstrip
from refdet.viz import nms as drawing
from refdet.viz.label_places import label_places

# NMS-9 as xyxy.
BOXES = np.array(
    [
        [100, 125, 200, 275],
        [102, 128, 204, 276],
        [106, 132.5, 204, 277.5],
        [150, 225, 250, 375],
        [182.5, 220, 277.5, 360],
    ]
)
SCORES = np.array([0.95, 0.92, 0.88, 0.4, 0.2])

# By hand


def test_fates_of_nms_9_step_by_step():
    told = [" ".join(word[0] for word in drawing.fates(step)) for step in nms.trace(BOXES, SCORES, 0.5)]
    assert told == [
        "a a a a a",  # sort: all alive
        "p a a a a",  # pick 0
        "p s s a a",  # 1 and 2 are suppressed now
        "k g g p a",  # they are gone, 0 is kept, 3 is picked
        "k g g p a",
        "k g g k p",
        "k g g k p",
    ]


def test_fates_outside_the_classes_of_batched_nms():
    """Classes 0 = {0, 1}, 1 = {2, 3, 4}: box 1 goes with the first, 2 is to come until the second."""
    trace = batched_nms.trace(BOXES, SCORES, [0, 0, 1, 1, 1], 0.5)
    outer = [step for step in trace if step.depth == 0]
    assert [step.name for step in outer] == ["class", "class", "merge"]
    assert drawing.fates(outer[0]) == ["kept", "gone", "alive", "alive", "alive"]
    assert drawing.fates(outer[1]) == drawing.fates(outer[2]) == ["kept", "gone", "kept", "kept", "kept"]


def test_all_boxes_are_alive_while_classes_are_shifted():
    trace = batched_nms.trace(BOXES, SCORES, [0, 0, 1, 1, 1], 0.5, convention=TORCHVISION)
    assert trace[0].name == "shift" and drawing.fates(trace[0]) == ["alive"] * 5


def test_the_drawing_has_one_outline_per_box_in_the_style_of_its_fate(ax, outlines):
    step = nms.trace(BOXES, SCORES, 0.5)[2]
    drawing.draw(ax, step)
    assert outlines(ax, "picked") == [(100, 125, 100, 150)]
    assert outlines(ax, "suppressed") == [(102, 128, 102, 148), (106, 132.5, 98, 145)]
    assert len(outlines(ax, "alive")) == 2
    texts = [text.get_text().strip() for text in ax.texts]
    assert sorted(texts) == ["0: 0.95", "1: 0.92", "2: 0.88", "3: 0.40", "4: 0.20"]


def test_inside_a_class_boxes_have_the_numbers_of_the_caller(ax):
    """Class 1 = {0, 2, 4}: box 2 goes with 0."""
    sort, _, suppress, pick, *_ = batched_nms.trace(BOXES, SCORES, [1, 0, 1, 0, 1], 0.5)[6:]
    drawing.draw(ax, suppress)
    assert sorted(text.get_text() for text in ax.texts) == ["0: 0.95", "2: 0.88", "4: 0.20"]
    assert sort.note == "[0, 2, 4] is best to worst" and pick.note == "box 4 is the best still alive"
    assert drawing.numbers(nms.trace(BOXES, SCORES, 0.5)[0]) == [0, 1, 2, 3, 4]


def test_y_runs_down(ax):
    drawing.draw(ax, nms.trace(BOXES, SCORES, 0.5)[0])
    bottom, top = ax.get_ylim()
    assert bottom > 375 and top < 125


# Properties


@given(
    corners=st.lists(st.tuples(*[st.integers(0, 6)] * 4), max_size=12),
    threshold=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_fates_partition_the_boxes_and_end_with_the_kept(corners, threshold):
    boxes = np.array(corners, float).reshape(-1, 4)
    trace = nms.trace(boxes, np.arange(len(boxes)) % 3, threshold)
    for step in trace:
        words = drawing.fates(step)
        assert len(words) == len(boxes) and set(words) <= set(drawing.STYLES)
        assert [b for b, word in enumerate(words) if word == "alive"] == np.flatnonzero(step.alive).tolist()
    assert {b for b, word in enumerate(words) if word in ("kept", "picked")} == set(trace.result.tolist())


def test_every_step_of_every_kind_draws(ax):
    for trace in (nms.trace(BOXES, SCORES, 0.5), batched_nms.trace(BOXES, SCORES, [0, 1, 0, 1, 1], 0.5)):
        for step in trace:
            ax.clear()
            drawing.draw(ax, step)
            assert len(ax.patches) == len(step.boxes)


def test_styles_differ_in_colour_and_in_line():
    looks = [(style["linestyle"], style["linewidth"]) for style in drawing.STYLES.values()]
    assert len(set(looks)) == len(looks)
    assert len({style["color"] for style in drawing.STYLES.values()}) == len(looks)


def test_no_two_labels_lie_on_each_other():
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (40, 2))
    boxes = np.concatenate([corners, corners + 20], axis=1)
    widths = rng.choice([6.0, 9.0], 40)
    places = label_places(boxes, rng.random(40), widths, 3, (5, 5, 75, 75))
    placed = np.isfinite(places).all(axis=1)
    low, high = places[placed], places[placed] + np.column_stack([widths, np.full(40, 3)])[placed]
    apart = (low[:, None] >= high[None]).any(axis=2)
    assert len(low) >= 20 and (apart | apart.T | np.eye(len(low), dtype=bool)).all()
    assert (low >= 5).all() and (high <= 75).all()


def test_the_best_of_equal_boxes_has_the_first_place():
    places = label_places(np.array([[0.0, 0, 9, 9]] * 2), [0.1, 0.9], [2, 2], 1, (0, 0, 9, 9))
    assert places.tolist() == [[7, 0], [0, 0]]


def test_labels_are_opaque_lie_over_all_boxes_and_apart_and_inside_the_panel():
    """An edge behind the text would read as a minus sign: no stroke is drawn over or through a label."""
    pytest.importorskip("matplotlib.figure")
    boxes = np.concatenate([BOXES + shift for shift in (0, [0, 22, 0, 22], [40, 3, 10, 9])])
    figure = filmstrip(nms.trace(boxes, np.linspace(1, -1.9, 15), 0.9), drawing.draw, steps=range(8))
    figure.savefig(io.BytesIO(), format="png")
    for ax in figure.axes:
        tags = [text.get_bbox_patch() for text in ax.texts]
        assert len(tags) >= 5 and all(tag.get_facecolor()[3] == 1 for tag in tags)
        assert min(text.get_zorder() for text in ax.texts) > max(box.get_zorder() for box in ax.patches)
        extents = [tag.get_window_extent() for tag in tags]
        assert not any(a.overlaps(b) for a, b in itertools.combinations(extents, 2))
        panel = ax.get_window_extent()
        assert all(panel.contains(*tag.min) and panel.contains(*tag.max) for tag in extents)


# Bad input


def test_no_boxes_and_boxes_that_are_not_finite_draw(ax):
    drawing.draw(ax, nms.trace(np.zeros((0, 4)), np.zeros(0), 0.5)[0])
    assert len(ax.patches) == 0
    odd = np.array([[0, 0, np.nan, 1], [0, 0, np.inf, 1], [0, 0, 2, 2]])
    for step in nms.trace(odd, SCORES[:3], 0.5, convention=TORCHVISION):
        drawing.draw(ax, step)
    assert np.isfinite(ax.get_xlim()).all()


def test_one_point_has_a_view(ax):
    drawing.draw(ax, nms.trace(np.array([[5.0, 5, 5, 5]]), np.ones(1), 0.5)[0])
    assert ax.get_xlim()[0] < 5 < ax.get_xlim()[1]


def test_a_step_of_another_algorithm_is_refused(ax):
    step = roi_pool.trace(np.zeros((1, 1, 2, 2)), [[0, 0, 0, 1, 1]], 1)[0]
    with pytest.raises(ValueError, match=r"roi_pool_with_argmax.project came; wanted a step of nms"):
        drawing.draw(ax, step)
