"""NMS-4, NMS-5."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits, scored_boxes

from refdet import best_label_above, class_specific_scores, labels_above, nms, select_candidates

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


def test_class_scores_of_a_cell_and_of_single_boxes():
    """YOLOv1 shares the classes of a cell among its boxes, YOLOv3 gives each box its own."""
    shared = class_specific_scores(np.full((7, 7, 2), 0.5), np.full((7, 7, 20), 0.25))
    assert same_bits(shared, np.full((7, 7, 2, 20), 0.125))
    own = class_specific_scores(np.float32([0.5, 1]), np.float32([[0.5, 0.25], [0.75, 0.125]]))
    assert same_bits(own, np.float32([[0.25, 0.125], [0.75, 0.125]]))


def test_a_box_has_every_label_above_or_the_best_one():
    scores = [[0.5, 0.25, 0.75], [0.25, 0.125, 0.0], [0.5, 0.5, 0.125]]
    assert [part.tolist() for part in labels_above(scores, 0.25)] == [[0, 0, 2, 2], [0, 2, 0, 1]]
    assert [part.tolist() for part in best_label_above(scores, 0.25)] == [[0, 2], [2, 0]]


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


@given(
    scores=st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), max_size=8), least=st.integers(0, 4)
)
def test_the_best_label_is_one_of_all_labels(scores, least):
    table = np.array(scores, float).reshape(-1, 3)
    pairs = list(zip(*map(np.ndarray.tolist, labels_above(table, least)), strict=True))
    assert pairs == [(i, k) for i in range(len(table)) for k in range(3) if table[i, k] > least]
    best = {i: max((table[i, k], -k) for k in range(3)) for i, _ in pairs}
    assert dict(zip(*map(np.ndarray.tolist, best_label_above(table, least)), strict=True)) == {
        i: -k for i, (_, k) in best.items()
    }


def test_nothing_in_nothing_out():
    assert same_bits(select_candidates([], 0.5, 3), np.zeros(0, np.int64))
    assert class_specific_scores(np.zeros(0), np.zeros((0, 4))).shape == (0, 4)
    for function in (labels_above, best_label_above):
        for shape in ((0, 3), (3, 0)):
            assert [part.shape for part in function(np.zeros(shape), 0.5)] == [(0,), (0,)]


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: select_candidates([[0.5]]), ValueError, r"scores: shape is \(1, 1\); wanted \(N,\)"),
        (lambda: select_candidates([0.5, np.nan]), ValueError, "scores: row 1 is nan; wanted finite numbers"),
        (lambda: select_candidates([0.5], np.inf), ValueError, "score_threshold: inf came"),
        (lambda: select_candidates([0.5], None, -1), ValueError, "top_k: -1 came; wanted a whole number"),
        (lambda: select_candidates([0.5], None, 1.5), TypeError, "top_k: 1.5 came; wanted a whole number"),
        (lambda: labels_above([0.5], 0), ValueError, r"scores: shape is \(1,\); wanted \(N, K\)"),
        (
            lambda: class_specific_scores(np.ones((7, 2)), np.ones((6, 20))),
            ValueError,
            r"class_probs: shape is \(6, 20\) for an objectness of shape \(7, 2\); wanted \(..., B, K\)",
        ),
        (lambda: class_specific_scores(0.5, [0.5]), ValueError, "class_probs: shape is"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(call, error, text):
    with pytest.raises(error, match=text):
        call()
