"""NMS-1, NMS-3, NMS-4 (order), NMS-9."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THRESHOLDS, same_bits, scored_boxes

import refdet
from refdet import REFDET, batched_nms, box_iou, nms

# By hand

FIVE = [
    [150, 200, 100, 150],
    [153, 202, 102, 148],
    [155, 205, 98, 145],
    [200, 300, 100, 150],
    [230, 290, 95, 140],
]
FIVE_SCORES = [0.95, 0.92, 0.88, 0.40, 0.20]


@pytest.mark.parametrize("fmt", ["cxcywh", "xywh"])
@pytest.mark.parametrize(
    ("threshold", "kept"),
    [
        *((t, [0, 3]) for t in (0.3, 0.4, 0.45)),
        *((t, [0, 3, 4]) for t in (0.5, 0.6, 0.7, 0.8)),
        (0.9, [0, 2, 3, 4]),  # B3 survives, because B2, which would have dropped it, is itself dropped
        (0.95, [0, 1, 2, 3, 4]),
    ],
)
def test_five_boxes_of_the_notes(fmt, threshold, kept):
    assert nms(refdet.box_convert(FIVE, fmt, "xyxy"), FIVE_SCORES, threshold).tolist() == kept


# IoU with box 0: 90/100, 50/100, 30/170
LADDER = [[0, 0, 10, 10], [0, 0, 10, 9], [0, 0, 10, 5], [0, 7, 10, 17]]


@pytest.mark.parametrize(
    ("threshold", "kept"),
    [(0.95, [0, 1, 2, 3]), (0.89, [0, 2, 3]), (0.5, [0, 2, 3]), (0.49, [0, 3]), (0.17, [0])],
)
def test_threshold_ladder(threshold, kept):
    """IoU with box 0: 9/10, 5/10 and 30/170; at equality a box stays (ERR-4)."""
    assert nms(LADDER, [0.9, 0.8, 0.7, 0.6], threshold).tolist() == kept


def test_lower_index_wins_a_tie():
    """C-4."""
    assert nms([[0, 0, 2, 2]] * 3, [0.5, 0.9, 0.9], 0.5).tolist() == [1]


def test_boxes_without_area_never_suppress():
    assert nms([[3, 3, 3, 3]] * 2 + [[5, 0, 1, 2]] * 2, [4, 3, 2, 1], 0.0).tolist() == [0, 1, 2, 3]


def test_threshold_is_rounded_to_the_dtype_of_the_boxes():
    """IoU 120/400 is 0.3 rounded, in both precisions; compared in double, float32's 0.3 is greater."""
    pair = np.array([[0, 0, 20, 20], [0, 0, 20, 6]])
    for dtype in (np.float32, np.float64):
        assert nms(pair.astype(dtype), [0.9, 0.8], 0.3).tolist() == [0, 1]
    assert nms(pair.astype(np.float32), [0.9, 0.8], 0.3, convention=refdet.TORCHVISION).tolist() == [0]


def test_suppression_knows_boxes_and_not_objects():
    """ERR-5: of two objects whose boxes overlap by more than the threshold one is lost, unless classes differ."""
    two_people = [[0, 0, 10, 10], [2, 0, 12, 10]]  # IoU 80/120
    assert nms(two_people, [0.9, 0.8], 0.5).tolist() == [0]
    assert batched_nms(two_people, [0.9, 0.8], [0, 1], 0.5).tolist() == [0, 1]


def test_classes_do_not_suppress_each_other():
    assert batched_nms([[0, 0, 9, 9]] * 4, [1, 4, 3, 2], [7, -5, 7, -5], 0.5).tolist() == [1, 2]


def test_class_offset_of_torchvision_collides_at_negative_coordinates():
    """Class offset of torchvision: offset = max + 1 = 0, so two classes fall on each other."""
    twins = np.array([[-30.0, -12, -1, -1]] * 2)
    assert batched_nms(twins, [0.9, 0.8], [0, 1], 0.5).tolist() == [0, 1]
    assert batched_nms(twins, [0.9, 0.8], [0, 1], 0.5, convention=refdet.TORCHVISION).tolist() == [0]


# Properties


@given(case=scored_boxes(), threshold=THRESHOLDS)
def test_survivors_are_mutually_within_the_threshold_and_every_loser_has_its_reason(case, threshold):
    boxes, scores = case
    keep = nms(boxes, scores, threshold)
    over = box_iou(boxes, boxes) > boxes.dtype.type(threshold)
    np.fill_diagonal(over, False)
    assert not over[np.ix_(keep, keep)].any()
    for loser in set(range(len(boxes))) - set(keep.tolist()):
        better = [k for k in keep if scores[k] > scores[loser] or (scores[k] == scores[loser] and k < loser)]
        assert over[loser, better].any()


@given(case=scored_boxes(), threshold=THRESHOLDS)
def test_kept_indices_are_int64_and_in_order_of_score_then_index(case, threshold):
    keep = nms(*case, threshold)
    assert keep.dtype == np.int64
    ranks = [(-case[1][k], k) for k in keep]
    assert ranks == sorted(ranks)


@given(case=scored_boxes(max_size=12), threshold=THRESHOLDS, copies=st.integers(1, 4))
def test_idempotent(case, threshold, copies):
    """Of boxes that are there several times only one may stay, however many go at once."""
    boxes, scores = np.tile(case[0], (copies, 1)), np.tile(case[1], copies)
    keep = nms(boxes, scores, threshold)
    assert nms(boxes[keep], scores[keep], threshold).tolist() == list(range(len(keep)))


@given(case=scored_boxes(), threshold=THRESHOLDS, seed=st.integers(0, 2**16))
def test_order_of_the_rows_does_not_matter_when_scores_differ(case, threshold, seed):
    boxes, scores = case
    scores = np.argsort(np.argsort(scores, kind="stable")).astype(boxes.dtype)
    order = np.random.default_rng(seed).permutation(len(boxes))
    assert (
        order[nms(boxes[order], scores[order], threshold)].tolist() == nms(boxes, scores, threshold).tolist()
    )


@given(case=scored_boxes(), threshold=THRESHOLDS)
def test_batched_with_one_class_is_plain(case, threshold):
    classes = np.zeros(len(case[0]), np.int64)
    assert same_bits(batched_nms(*case, classes, threshold), nms(*case, threshold))


@given(case=scored_boxes(), threshold=THRESHOLDS, data=st.data())
def test_batched_is_the_union_of_its_classes(case, threshold, data):
    boxes, scores = case
    classes = np.array(
        data.draw(st.lists(st.integers(-1, 2), min_size=len(boxes), max_size=len(boxes))), np.int64
    )
    keep = batched_nms(boxes, scores, classes, threshold)
    apart = {
        int(members[k])
        for members in (np.flatnonzero(classes == c) for c in (-1, 0, 1, 2))
        for k in nms(boxes[members], scores[members], threshold)
    }
    assert set(keep.tolist()) == apart
    assert keep.tolist() == sorted(apart, key=lambda k: (-scores[k], k))


def test_nothing_in_nothing_out():
    assert same_bits(nms(np.zeros((0, 4)), np.zeros(0), 0.5), np.zeros(0, np.int64))
    assert same_bits(batched_nms([], [], [], 0.5), np.zeros(0, np.int64))


# Paths agree: tests/kernels/test_paths_agree.py

# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            (np.zeros((2, 4)), np.zeros(3), 0.5),
            ValueError,
            r"scores: shape is \(3,\); wanted \(2,\), one score per box",
        ),
        ((np.zeros((2, 4)), np.zeros((2, 1)), 0.5), ValueError, r"scores: shape is \(2, 1\)"),
        ((np.zeros((2, 4)), [0.1, np.nan], 0.5), ValueError, "scores: row 1 is nan; wanted a finite score"),
        ((np.zeros((1, 4)), ["high"], 0.5), TypeError, "scores: dtype is <U4"),
        ((np.zeros((1, 4)), [True], 0.5), TypeError, "scores: dtype is bool"),
        ((np.zeros((1, 4)), [0.5], 50), ValueError, "iou_threshold: 50.0 came; wanted a number from 0 to 1"),
        ((np.zeros((1, 4)), [0.5], np.nan), ValueError, "iou_threshold: nan came"),
        ((np.zeros((1, 4)), [0.5], "0.5"), TypeError, "iou_threshold: '0.5' came; wanted a real number"),
        ((np.zeros((1, 4)), [0.5], None), TypeError, "iou_threshold: None came"),
        ((np.zeros((1, 5)), [0.5], 0.5), ValueError, r"boxes: shape is \(1, 5\)"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(arguments, error, text):
    with pytest.raises(error, match=text):
        nms(*arguments)


def test_the_checks_run_before_a_trace_or_a_nested_call_begins():
    for call in (nms.trace, nms.steps):
        with pytest.raises(ValueError, match="iou_threshold"):
            call(np.zeros((1, 4)), [0.5], 2)


def test_a_convention_without_suppression_says_so():
    with pytest.raises(ValueError, match="COCO has no rule for suppression"):
        nms(np.zeros((1, 4)), [0.5], 0.5, convention=refdet.COCO)


def test_classes_must_fit_int64():
    with pytest.raises(ValueError, match=r"idxs: 9223372036854775808 came; wanted values below 2\^63"):
        batched_nms(np.zeros((1, 4)), [0.5], np.array([2**63], np.uint64), 0.5)


@pytest.mark.parametrize("idxs", [[0.0, 1.0], [True, False], ["a", "b"]])
def test_classes_must_be_integers(idxs):
    with pytest.raises(TypeError, match="idxs: dtype is"):
        batched_nms(np.zeros((2, 4)), [0.5, 0.4], idxs, 0.5)


# The properties bite: wrong suppressions, each refused by the test named beside it


def _wrong(**fields):
    rule = dataclasses.replace(REFDET.suppression, **fields)
    return dataclasses.replace(REFDET, name="planted", suppression=rule)


@pytest.mark.parametrize(
    ("planted", "boxes", "scores", "threshold"),
    [
        (_wrong(inclusive=True), LADDER, [0.9, 0.8, 0.7, 0.6], 0.5),
        (_wrong(ties="last"), [[0, 0, 2, 2]] * 3, [0.5, 0.9, 0.9], 0.5),
        (
            _wrong(threshold_dtype="float64"),
            np.array([[0, 0, 20, 20], [0, 0, 20, 6]], np.float32),
            [0.9, 0.8],
            0.3,
        ),
    ],
)
def test_each_rule_of_suppression_changes_a_case_by_hand(planted, boxes, scores, threshold):
    assert (
        nms(boxes, scores, threshold, convention=planted).tolist() != nms(boxes, scores, threshold).tolist()
    )
