"""NMS-5."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits

from refdet import best_label_above, class_specific_scores, labels_above

# By hand


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


def test_the_scores_of_two_boxes_of_a_cell_step_by_step():
    """0.5 and 0.25 times 0.5 and 0.75."""
    share, multiply = class_specific_scores.trace([0.5, 0.25], [0.5, 0.75])
    assert share.name == "share" and share.shared and share.of_boxes.tolist() == [[0.5, 0.75]]
    assert multiply.name == "multiply" and multiply.scores.tolist() == [[0.25, 0.375], [0.125, 0.1875]]
    share, _ = class_specific_scores.trace([0.5], [[0.5, 0.75]])
    assert not share.shared


def test_labels_step_by_step():
    compare, listed = labels_above.trace([[0.5, 0.25, 0.75], [0.25, 0.125, 0.0]], 0.25)
    assert compare.name == "compare" and compare.over.tolist() == [[True, False, True], [False] * 3]
    assert listed.note == "the boxes [0, 0] have the labels [0, 2]"
    choose, passed = best_label_above.trace([[0.5, 0.25, 0.75], [0.25, 0.125, 0.0]], 0.25)
    assert choose.note == "the best labels are [2, 0], their scores [0.75, 0.25]"
    assert passed.note == "over 0.25 are those of the boxes [0], labels [2]"


# Properties


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
    assert class_specific_scores(np.zeros(0), np.zeros((0, 4))).shape == (0, 4)
    for function in (labels_above, best_label_above):
        for shape in ((0, 3), (3, 0)):
            assert [part.shape for part in function(np.zeros(shape), 0.5)] == [(0,), (0,)]


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: labels_above([0.5], 0), ValueError, r"scores: shape is \(1,\); wanted \(N, K\)"),
        (
            lambda: class_specific_scores(np.ones((7, 2)), np.ones((6, 20))),
            ValueError,
            r"class_probs: shape is \(6, 20\) for an objectness of shape \(7, 2\); wanted \(..., B, K\)",
        ),
        (lambda: class_specific_scores(0.5, [0.5]), ValueError, "class_probs: shape is"),
        (lambda: labels_above(np.zeros((0, 3)), np.nan), ValueError, "score_threshold: nan came"),
        (lambda: best_label_above(np.zeros((3, 0)), "low"), TypeError, "score_threshold: 'low' came"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(call, error, text):
    with pytest.raises(error, match=text):
        call()
