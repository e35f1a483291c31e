"""The drawing of a batch that is drawn: tickets, the line between them, and who is taken."""

import numpy as np
import pytest

from refdet import nms
from refdet.matching.sampling import fine_tuning_batch, sample
from refdet.viz import filmstrip
from refdet.viz import sampling as drawing


def trace_of(pos, neg, total, seed=0):
    return sample.trace(pos, neg, total, 0.5, np.random.default_rng(seed))


def marks(ax):
    """Kind of mark -> its places, (n, 2)."""
    return {drawn.get_gid(): np.asarray(drawn.get_offsets()) for drawn in ax.collections}


# By hand


def test_candidates_stand_as_high_as_their_tickets_once_these_are_known(ax):
    trace = trace_of([3, 8, 9], [0, 1], 2)
    drawing.draw(ax, trace[0])
    assert marks(ax)["positive left"].tolist() == [[1 / 6, 1.85], [1 / 2, 1.85], [5 / 6, 1.85]]
    assert marks(ax)["negative left"].tolist() == [[1 / 4, 0.5], [3 / 4, 0.5]]
    assert ax.get_xlabel() == "taken: 0 of 3 positive, 0 of 2 negative"
    ax.clear()
    drawing.draw(ax, trace[1])
    heights = sorted([*marks(ax)["positive left"][:, 1], *marks(ax)["positive taken"][:, 1]])
    assert heights == sorted(1.35 + trace[1].pos_tickets)
    assert marks(ax)["negative left"].tolist() == [[1 / 4, 0.5], [3 / 4, 0.5]]


def test_the_line_lies_between_the_taken_and_the_others(ax):
    drawing.draw(ax, trace_of([3, 8, 9, 11], [0, 1, 2], 4)[-1])
    for line, word in zip(ax.lines, ("positive", "negative"), strict=True):
        height = line.get_ydata()[0]
        assert marks(ax)[f"{word} taken"][:, 1].max() < height < marks(ax)[f"{word} left"][:, 1].min()
    assert ax.get_xlabel() == "taken: 2 of 4 positive, 2 of 3 negative"


def test_without_anybody_left_or_taken_there_is_no_line(ax):
    drawing.draw(ax, trace_of([3, 8], [0, 1], 9)[-1])
    assert not ax.lines and len(marks(ax)["positive taken"]) == 2 == len(marks(ax)["negative taken"])
    ax.clear()
    drawing.draw(ax, trace_of([3, 8], [0, 1], 0)[-1])
    assert not ax.lines and len(marks(ax)["positive left"]) == 2


def test_numbers_are_written_below_the_taken_and_above_the_others(ax):
    trace = fine_tuning_batch.trace([0, 2, 0, 1, 0], rng=np.random.default_rng(0), total=2, pos_fraction=0.5)
    drawing.draw(ax, trace[-1])
    written = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert set(written) == {"0", "1", "2", "3", "4"}
    assert {int(number) for number, place in written.items() if place < 0} == set(trace.result)


# Properties


def test_of_a_large_pool_no_numbers_are_written_and_its_marks_are_small(ax):
    labels = np.arange(2000) % 10 == 0
    drawing.draw(ax, fine_tuning_batch.trace(labels.astype(int), rng=np.random.default_rng(0))[3])
    assert not ax.texts and len(marks(ax)["negative taken"]) == 96
    assert {drawn.get_sizes()[0] for drawn in ax.collections} == {7.5, 3.0}


def test_empty_pools_have_a_picture(ax):
    for step in fine_tuning_batch.trace([], rng=np.random.default_rng(0)):
        ax.clear()
        drawing.draw(ax, step)


def test_a_filmstrip_has_a_panel_per_step():
    pytest.importorskip("matplotlib.figure")
    assert len(filmstrip(trace_of([3, 8, 9], [0, 1], 2), drawing.draw).axes) == 3


# Bad input


def test_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="step: nms.sort came; wanted a step of sample, fine_tuning_batch"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
