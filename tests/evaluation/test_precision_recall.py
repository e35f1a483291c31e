"""EVAL-2, EVAL-4, EVAL-5; ERR-81, ERR-82 (the lost figure's fixture), ERR-85 (precision, not "prediction")."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits
from tolerances import close

from refdet.evaluation.precision_recall import f1_score, precision_at, precision_recall_curve, recall_at

# By hand

PERSONS, CARS = [0.91, 0.83, 0.77, 0.72], [0.92, 0.90, 0.85, 0.80, 0.78, 0.65]
T, F = True, False


@pytest.mark.parametrize(
    ("scores", "flags", "positives", "precision", "recall"),
    [
        (PERSONS, [T, T, T, T], 5, [1, 1, 1, 1], [0.2, 0.4, 0.6, 0.8]),
        (PERSONS, [T, T, F, T], 5, [1, 1, 0.666667, 0.75], [0.2, 0.4, 0.4, 0.6]),
        (CARS, [T, F, T, F, F, F], 2, [1, 0.5, 0.666667, 0.5, 0.4, 0.333333], [0.5, 0.5, 1, 1, 1, 1]),
    ],
)
def test_the_cumulative_table(scores, flags, positives, precision, recall):
    table = precision_recall_curve(scores, np.array(flags), positives)
    assert table.precision.round(6).tolist() == precision and table.recall.tolist() == recall
    assert (table.true_positives + table.false_positives).tolist() == list(range(1, len(flags) + 1))
    assert table.true_positives[-1] == sum(flags) and table.positives == positives


def test_rows_are_sorted_by_the_scores_of_the_detections():
    """ERR-81: the scores belong to the detections."""
    table = precision_recall_curve([0.2, 0.9, 0.5], np.array([T, F, T]), 2)
    assert table.scores.tolist() == [0.9, 0.5, 0.2] and table.true_positives.tolist() == [0, 1, 2]


def test_at_one_threshold():
    """ERR-85: 3 right, 1 wrong, 2 of 5 objects missed."""
    assert precision_at(3, 1) == 0.75 and recall_at(3, 5) == 0.6
    assert close(f1_score(0.75, 0.6), 0.9 / 1.35, "float64 sums")


def test_what_is_undefined():
    assert np.isnan(precision_at(0, 0)) and precision_at(0, 0, empty_precision=1.0) == 1.0
    assert np.isnan(recall_at(0, 0)) and recall_at(0, 3) == 0
    assert f1_score(0, 0) == 0 and np.isnan(f1_score(np.nan, 0.5))
    assert np.isnan(precision_recall_curve([0.5], np.array([F]), 0).recall).all()
    assert len(precision_recall_curve([], np.zeros(0, bool), 4)) == 0


# Properties


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=12), st.integers(0, 3))
def test_each_row_is_what_keeping_so_many_gives(rows, missed):
    scores, flags = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows], bool)
    positives = int(flags.sum()) + missed
    table = precision_recall_curve(scores, flags, positives)
    order = sorted(range(len(rows)), key=lambda i: (-scores[i], i))
    for d in range(len(rows)):
        right = sum(flags[i] for i in order[: d + 1])
        assert table.precision[d] == precision_at(right, d + 1 - right)
        assert np.array_equal(table.recall[d], recall_at(right, positives), equal_nan=True)
    assert positives == 0 or (np.diff(table.recall) >= 0).all()


# Paths agree


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=12), st.integers(0, 3))
def test_the_steps_end_in_the_table(rows, missed):
    scores, flags = np.array([r[0] for r in rows], float), np.array([r[1] for r in rows], bool)
    trace = precision_recall_curve.trace(scores, flags, int(flags.sum()) + missed)
    table = precision_recall_curve(scores, flags, int(flags.sum()) + missed)
    assert [step.name for step in trace] == ["sort", "count", "divide"]
    for name in ("scores", "true_positives", "false_positives", "precision", "recall"):
        assert same_bits(getattr(trace.result, name), getattr(table, name))
    assert same_bits(trace[2].precision, table.precision) and same_bits(trace[1].right, table.true_positives)


def test_captions_that_can_be_read():
    assert [step.note for step in precision_recall_curve.trace(PERSONS, np.array([T, T, F, T]), 5)] == [
        "[0, 1, 2, 3] is best to worst",
        "so far [1, 2, 2, 3] are right and [0, 0, 1, 1] wrong",
        "precision is [1, 1, 0.6667, 0.75], recall of 5 objects [0.2, 0.4, 0.4, 0.6]",
    ]


# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([0.5], np.array([1]), 1), TypeError, "true_positive: dtype"),
        (([0.5], np.array([[T]]), 1), ValueError, "true_positive: shape"),
        (([0.5, 0.4], np.array([T]), 1), ValueError, "true_positive: shape"),
        (([np.nan], np.array([T]), 1), ValueError, "scores: row 0"),
        (([0.5], np.array([T]), 0), ValueError, "positives: 0 came; wanted at least 1"),
        (([0.5], np.array([T]), -1), ValueError, "positives: -1"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        precision_recall_curve(*arguments)


def test_more_found_than_there_are_is_refused():
    with pytest.raises(ValueError, match="true_positives: 3 came; wanted at most 2"):
        recall_at(3, 2)
    with pytest.raises(ValueError, match="false_positives"):
        precision_at(1, -1)
