"""NMS-6, and NMS-3 with it."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import same_bits, scored_boxes
from tolerances import close

import refdet
from refdet import REFDET, batched_diou_nms, diou_nms, distance_box_iou, nms

THRESHOLDS = st.sampled_from([-0.5, -0.1, 0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 1.0])
# Boxes 4 and 5 of NMS-9, by centre and size: the centres lie 30 and 10 apart.
PAIR = refdet.box_convert([[200, 300, 100, 150], [230, 290, 95, 140]], "cxcywh", "xyxy")
SCORES = np.array([0.4, 0.2])


def with_part(part, **changes):
    return dataclasses.replace(REFDET, **{part: dataclasses.replace(getattr(REFDET, part), **changes)})


# By hand


def test_boxes_4_and_5_of_the_notes():
    """NMS-6: IoU 0.474919, R = 1000 / (127.5^2 + 155^2) = 0.024825; beta 0.6 counts the distance for more."""
    assert refdet.box_iou(PAIR[:1], PAIR[1:]).round(6) == 0.474919
    assert distance_box_iou(PAIR[:1], PAIR[1:]).round(6) == 0.450093
    darknet = with_part("overlap", beta=0.6)
    assert distance_box_iou(PAIR[:1], PAIR[1:], convention=darknet).round(6) == 0.366041


def test_the_distance_saves_a_neighbour_that_plain_suppression_drops():
    assert nms(PAIR, SCORES, 0.46).tolist() == [0]
    assert diou_nms(PAIR, SCORES, 0.46).tolist() == [0, 1]
    assert diou_nms(PAIR, SCORES, 0.45).tolist() == [0]


def test_an_exponent_that_is_given_wins_over_the_convention():
    """ERR-35."""
    darknet = with_part("overlap", beta=0.6)
    assert diou_nms(PAIR, SCORES, 0.4).tolist() == [0]
    assert diou_nms(PAIR, SCORES, 0.4, 0.6).tolist() == [0, 1]
    assert diou_nms(PAIR, SCORES, 0.4, convention=darknet).tolist() == [0, 1]
    assert diou_nms(PAIR, SCORES, 0.4, 1, convention=darknet).tolist() == [0]


def test_the_printed_product_would_keep_every_duplicate():
    """ERR-34: IoU * R is 0 for two boxes with one centre, and larger for boxes farther apart."""
    boxes = np.array([[0.0, 0, 10, 10], [0, 0, 10, 10], [1, 1, 9, 9], [3, 0, 13, 10]])
    iou = refdet.box_iou(boxes, boxes)[0]
    product = iou * (iou - distance_box_iou(boxes, boxes)[0])
    assert product[1:3].tolist() == [0, 0] and product[3] > 0
    assert round(0.474919 * 0.024825, 6) == 0.01179
    assert diou_nms(boxes, [4, 3, 2, 1], 0.6).tolist() == [0, 3]  # the duplicates go, the neighbour stays


def test_at_the_threshold_a_box_stays_unless_the_convention_is_inclusive():
    pair, scores = np.array([[0.0, 0, 4, 2], [0, 0, 4, 1]]), [2, 1]  # IoU 1/2, R = 0.25 / 20
    assert diou_nms(pair, scores, 0.5 - 0.0125).tolist() == [0, 1]
    inclusive = with_part("suppression", inclusive=True)
    assert diou_nms(pair, scores, 0.5 - 0.0125, convention=inclusive).tolist() == [0]


def test_equal_scores_keep_the_lower_index_or_the_higher_one():
    """C-4."""
    assert diou_nms([[0, 0, 4, 4]] * 2, [1, 1], 0.5).tolist() == [0]
    last = with_part("suppression", ties="last")
    assert diou_nms([[0, 0, 4, 4]] * 2, [1, 1], 0.5, convention=last).tolist() == [1]


def test_below_zero_a_box_suppresses_neighbours_that_it_does_not_touch():
    near = np.array([[0, 0, 1, 1], [2, 0, 3, 1], [9, 0, 10, 1]])  # DIoU -0.4 and -81/101
    assert diou_nms(near, [3, 2, 1], 0.0).tolist() == [0, 1, 2]
    assert diou_nms(near, [3, 2, 1], -0.5).tolist() == [0, 2]
    assert diou_nms(near, [3, 2, 1], -1).tolist() == [0]


def test_the_steps_are_those_of_nms():
    trace = diou_nms.trace(PAIR, SCORES, 0.45)
    assert [step.name for step in trace] == ["sort", "pick", "suppress"]
    assert trace[2].diou.round(6).tolist() == [0.450093]
    assert trace[2].note == "boxes whose DIoU with box 0 is over 0.45 go"


def test_classes_do_not_suppress_each_other():
    """NMS-3."""
    boxes = np.repeat(PAIR, 2, axis=0)
    scores, labels = [0.4, 0.3, 0.2, 0.1], [7, -1, 7, 7]
    assert batched_diou_nms(boxes, scores, labels, 0.45).tolist() == [0, 1]
    assert batched_diou_nms(boxes, scores, labels, 0.46).tolist() == [0, 1, 2]
    assert batched_diou_nms(boxes, scores, labels, 0.4, 0.6).tolist() == [0, 1, 2]


def test_a_convention_that_shifts_classes_aside_does_so():
    boxes = np.array([[-2.0, -2, -1, -1], [-2, -2, -1, -1]])  # the shift is -1 + 1
    assert batched_diou_nms(boxes, [2, 1], [0, 1], 0.5).tolist() == [0, 1]
    assert batched_diou_nms(boxes, [2, 1], [0, 1], 0.5, convention=refdet.TORCHVISION).tolist() == [0]


# Properties


@given(case=scored_boxes(), threshold=THRESHOLDS)
def test_the_kept_are_apart_and_each_loser_meets_a_better_one(case, threshold):
    boxes, scores = case
    keep = diou_nms(boxes, scores, threshold)
    limit = boxes.dtype.type(threshold)
    diou = distance_box_iou(boxes, boxes)
    assert (np.diff(scores[keep]) <= 0).all()
    assert not np.triu(diou[np.ix_(keep, keep)] > limit, 1).any()
    for lost in np.setdiff1d(np.arange(len(boxes)), keep):
        better = [k for k in keep if (scores[k], -k) > (scores[lost], -lost)]
        assert (diou[lost, better] > limit).any()


@given(case=scored_boxes(), threshold=st.sampled_from([0.1, 0.3, 0.5, 0.7]))
def test_a_large_exponent_gives_plain_suppression(case, threshold):
    """NMS-6: R^beta goes to 0 with beta, so far as R is below 1 and no overlap meets the threshold."""
    boxes, scores = case
    limit = boxes.dtype.type(threshold)
    overlaps = refdet.box_iou(boxes, boxes)
    assume(not any(close(value, limit, "power") for value in overlaps.ravel()))
    assert same_bits(diou_nms(boxes, scores, threshold, 1e6), nms(boxes, scores, threshold))


@given(case=scored_boxes(), threshold=THRESHOLDS)
def test_what_is_kept_is_kept_again(case, threshold):
    boxes, scores = case
    keep = diou_nms(boxes, scores, threshold)
    assert diou_nms(boxes[keep], scores[keep], threshold).tolist() == list(range(len(keep)))
    assert same_bits(diou_nms.trace(boxes, scores, threshold).result, keep)


@given(case=scored_boxes(), threshold=THRESHOLDS, data=st.data())
def test_batched_is_one_class_at_a_time(case, threshold, data):
    boxes, scores = case
    labels = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(boxes), max_size=len(boxes))), int)
    keep = batched_diou_nms(boxes, scores, labels, threshold)
    for label in range(3):
        mine = np.flatnonzero(labels == label)
        alone = mine[diou_nms(boxes[mine], scores[mine], threshold)]
        assert sorted(keep[labels[keep] == label]) == sorted(alone)
    assert same_bits(keep[REFDET.suppression.by_score(scores[keep])], keep)


def test_no_boxes_keep_none():
    """C-7."""
    assert diou_nms(np.zeros((0, 4)), [], 0.5).shape == batched_diou_nms([], [], [], 0.5).shape == (0,)


# Paths agree: tests/kernels/test_overlaps_paths.py

# Bad input


@pytest.mark.parametrize("threshold", [-1.001, 1.5, np.nan, np.inf, None, "0.5", True])
def test_a_threshold_is_a_diou(threshold):
    with pytest.raises((ValueError, TypeError), match="threshold: .* came; wanted a"):
        diou_nms(PAIR, SCORES, threshold)


@pytest.mark.parametrize("beta", [0, -1.0, np.nan, np.inf, 1e308, "1", True])
def test_an_exponent_is_above_zero(beta):
    with pytest.raises((ValueError, TypeError), match="beta: .* came; wanted a"):
        diou_nms(PAIR, SCORES, 0.5, beta)


def test_far_boxes_and_a_system_without_suppression_are_refused():
    with pytest.raises(ValueError, match="boxes: row 0 is .* so far away"):
        diou_nms([[1e160, 0, 1e160, 0]], [1], 0.5)
    with pytest.raises(ValueError, match="convention: COCO has no rule for suppression"):
        diou_nms(PAIR, SCORES, 0.5, convention=refdet.COCO)
