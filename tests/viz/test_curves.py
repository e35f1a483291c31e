"""Precision over recall: a line per curve, each of its own look (EVAL-5)."""

import pytest

from refdet.viz import curves


def test_a_line_per_curve_and_its_name(ax):
    """The persons of EVAL-4: right, right, wrong, right of 5."""
    curves.precision_recall(ax, {"persons": ([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75])})
    assert ax.lines[0].get_xydata().tolist() == [[0.2, 1], [0.4, 1], [0.4, 2 / 3], [0.6, 0.75]]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["persons"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("recall", "precision")


def test_twenty_lines_look_different(ax):
    curves.precision_recall(ax, {str(i): ([0, 1], [1, 0]) for i in range(20)})
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 20


def test_no_curves_are_legal(ax):
    curves.precision_recall(ax, {})
    assert ax.get_legend() is None


def test_lengths_that_differ_are_refused(ax):
    with pytest.raises(ValueError, match="curves: 'a' has 2 recalls and 1 precisions"):
        curves.precision_recall(ax, {"a": ([0, 1], [1])})


def test_recall_over_proposals_is_logarithmic_and_over_overlap_is_not(ax):
    """PROP-4."""
    curves.proposal_recall(ax, {"search": ([10, 100], [0.5, 0.75]), "windows": ([10, 100], [0, 0.25])})
    assert [line.get_xydata().tolist() for line in ax.lines] == [
        [[10, 0.5], [100, 0.75]],
        [[10, 0], [100, 0.25]],
    ]
    assert ax.get_xscale() == "log" and ax.get_ylabel() == "recall"
    ax.clear()
    curves.proposal_recall(ax, {"search": ([0.5, 1], [0.75, 0])}, over="overlap")
    assert ax.get_xscale() == "linear" and ax.get_xlabel() == "least IoU"


def test_recall_over_something_else_is_refused(ax):
    with pytest.raises(ValueError, match="over: 'time' came; wanted 'proposals' or 'overlap'"):
        curves.proposal_recall(ax, {}, over="time")
    with pytest.raises(ValueError, match="curves: 'a' has 2 proposals and 1 recalls"):
        curves.proposal_recall(ax, {"a": ([1, 2], [1])})
