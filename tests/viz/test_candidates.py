"""The drawing of scores on their way to suppression: bars, the threshold, and who is over it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet import best_label_above, class_specific_scores, labels_above, nms, select_candidates
from refdet.viz import candidates as drawing

SCORES = [[0.5, 0.4], [0.1, 0.9]]


def bars(ax, fate):
    """Place and height of each bar of that kind."""
    return [
        (round(float(bar.get_x() + bar.get_width() / 2), 6), float(bar.get_height()))
        for container in ax.containers
        if container.patches[0].get_gid() == fate
        for bar in container
    ]


def threshold(ax):
    return [float(line.get_ydata()[0]) for line in ax.lines if line.get_gid() == "threshold"]


def names(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


# By hand


def test_candidates_stand_by_number_then_best_first_and_the_rest_behind(ax):
    filtered, ranked, limited = select_candidates.trace([0.2, 0.9, 0.5, 0.9], 0.2, 2)
    drawing.draw(ax, filtered)
    assert bars(ax, "stays") == [(1, 0.9), (2, 0.5), (3, 0.9)] and bars(ax, "out") == [(0, 0.2)]
    assert threshold(ax) == [0.2] and names(ax) == ["0", "1", "2", "3"]
    ax.clear()
    drawing.draw(ax, ranked)
    assert bars(ax, "stays") == [(0, 0.9), (1, 0.9), (2, 0.5)] and names(ax) == ["1", "3", "2", "0"]
    ax.clear()
    drawing.draw(ax, limited)
    assert bars(ax, "stays") == [(0, 0.9), (1, 0.9)] and names(ax) == ["1", "3", "2", "0"]


def test_without_a_threshold_there_is_no_line(ax):
    drawing.draw(ax, select_candidates.trace([0.2, 0.9])[0])
    assert threshold(ax) == [] and bars(ax, "out") == []


def test_labels_of_a_box_stand_together(ax):
    drawing.draw(ax, labels_above.trace(SCORES, 0.3)[0])
    assert bars(ax, "stays") == [(0, 0.5), (1, 0.4), (4, 0.9)] and bars(ax, "out") == [(3, 0.1)]
    assert names(ax) == ["0", "1", "0", "1"] and threshold(ax) == [0.3]
    assert [text.get_text() for text in ax.texts if text.get_text().startswith("box")] == ["box 0", "box 1"]


def test_the_best_label_is_green_until_the_threshold_turns_it_orange(ax):
    choose, passed = best_label_above.trace(SCORES, 0.5)
    drawing.draw(ax, choose)
    assert bars(ax, "stays") == [(0, 0.5), (4, 0.9)] and threshold(ax) == []
    assert "best label" in [text.get_text() for text in ax.get_legend().get_texts()]
    ax.clear()
    drawing.draw(ax, passed)
    assert bars(ax, "below") == [(0, 0.5)] and bars(ax, "stays") == [(4, 0.9)] and threshold(ax) == [0.5]


def test_objectness_stands_before_the_probabilities_then_their_products(ax):
    share, multiply = class_specific_scores.trace([0.5, 0.25], [0.5, 0.25])
    drawing.draw(ax, share)
    assert bars(ax, "factor") == [(0, 0.5), (4, 0.25)]
    assert bars(ax, "probability") == [(1, 0.5), (2, 0.25), (5, 0.5), (6, 0.25)]
    assert names(ax) == ["o", "0", "1"] * 2
    ax.clear()
    drawing.draw(ax, multiply)
    assert bars(ax, "stays") == [(1, 0.25), (2, 0.125), (5, 0.125), (6, 0.0625)]


# Properties


@given(st.lists(st.integers(-3, 9), max_size=30), st.integers(0, 9), st.integers(0, 30))
def test_every_score_has_one_bar_and_the_kept_ones_are_green(scores, limit, top):
    figure = pytest.importorskip("matplotlib.figure")
    for step in select_candidates.trace(np.array(scores, float), limit, top):
        ax = figure.Figure().add_subplot()
        drawing.draw(ax, step)
        assert len(bars(ax, "stays")) == len(step.keep)
        assert len(bars(ax, "stays")) + len(bars(ax, "out")) == len(scores)


# Bad input


def test_nothing_and_much_draw(ax):
    for trace in (
        select_candidates.trace([], 0.5, 2),
        labels_above.trace(np.zeros((0, 3)), 0.5),
        class_specific_scores.trace(np.zeros((2, 0)), np.zeros((2, 0, 4))),
        labels_above.trace(np.ones((40, 20)), 0.5),
    ):
        for step in trace:
            ax.clear()
            drawing.draw(ax, step)


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match=r"nms.sort came; wanted a step of candidates, labels"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [1], 0.5)[0])
