"""NMS-4."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits, scored_boxes

from refdet import nms, select_candidates

# By hand


def test_a_score_at_the_threshold_goes_and_ties_keep_the_lower_index():
    scores = [0.25, 0.5, 0.75, 0.5, 0.125]
    assert select_candidates(scores, 0.25).tolist() == [2, 1, 3]
    assert select_candidates(scores, 0.25, 2).tolist() == [2, 1]
    assert select_candidates(scores).tolist() == [2, 1, 3, 0, 4]
    assert select_candidates(scores, top_k=0).tolist() == []


def test_the_threshold_is_rounded_to_the_precision_of_the_scores():
    """float32's 0.1 is greater than 0.1."""
    assert select_candidates(np.float32([0.1]), 0.1).tolist() == []
    assert select_candidates(np.float64(np.float32([0.1])), 0.1).tolist() == [0]


def test_candidates_step_by_step():
    filtered, ranked, limited = select_candidates.trace([0.25, 0.5, 0.75, 0.5, 0.125], 0.25, 2)
    assert [step.name for step in (filtered, ranked, limited)] == ["filter", "sort", "limit"]
    assert filtered.note == "over 0.25 are the scores of [1, 2, 3]"
    assert ranked.note == "[2, 1, 3] is best to worst"
    assert limited.note == "of these the first 2 are [2, 1]"


def test_what_is_not_asked_for_is_no_step():
    assert [step.name for step in select_candidates.trace([0.25, 0.5])] == ["sort"]
    assert [step.name for step in select_candidates.trace([0.25, 0.5], top_k=1)] == ["sort", "limit"]


# Properties


@given(case=scored_boxes(), least=st.sampled_from([0.0, 0.25, 0.3]), k=st.integers(0, 30))
def test_what_is_selected_is_better_than_what_is_not(case, least, k):
    scores = case[1]
    keep = select_candidates(scores, least, k)
    left = np.setdiff1d(np.flatnonzero(scores > least), keep)
    assert keep.dtype == np.int64 and (scores[keep] > least).all()
    assert keep.tolist() == sorted(keep, key=lambda i: (-scores[i], i))
    assert len(keep) == k or not len(left)
    assert all((-scores[i], i) < (-scores[j], j) for i in keep for j in left)


@given(case=scored_boxes(), k=st.integers(1, 10))
def test_the_first_k_of_nms_are_nms_stopped_at_k(case, k):
    """NMS-4's limit behind: no need for a function."""
    boxes, scores = case
    chosen = select_candidates(scores, 0.25)
    after = chosen[nms(boxes[chosen], scores[chosen], 0.5)][:k]
    assert after.tolist() == [i for i in nms(*case, 0.5).tolist() if scores[i] > 0.25][:k]


def test_nothing_in_nothing_out():
    assert same_bits(select_candidates([], 0.5, 3), np.zeros(0, np.int64))


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: select_candidates([[0.5]]), ValueError, r"scores: shape is \(1, 1\); wanted \(N,\)"),
        (lambda: select_candidates([0.5, np.nan]), ValueError, "scores: row 1 is nan; wanted finite numbers"),
        (lambda: select_candidates([0.5], np.inf), ValueError, "score_threshold: inf came"),
        (lambda: select_candidates([0.5], None, -1), ValueError, "top_k: -1 came; wanted a whole number"),
        (lambda: select_candidates([0.5], None, 1.5), TypeError, "top_k: 1.5 came; wanted a whole number"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(call, error, text):
    with pytest.raises(error, match=text):
        call()
