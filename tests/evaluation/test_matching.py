"""EVAL-1, EVAL-3; ERR-84, ERR-85 (what is a miss)."""

import dataclasses
import inspect

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import THRESHOLDS, scored_boxes

from refdet import COCO, FAST_RCNN, REFDET, TORCHVISION, box_iou
from refdet.evaluation.matching import match_detections

# By hand

BOX = [0, 0, 10, 10]


def matched(boxes, gt_boxes, threshold=0.5, *, scores=None, images=None, gt_images=None, **options):
    """All in image 0, in falling order of score, unless said otherwise."""
    scores = np.arange(len(boxes), 0, -1.0) if scores is None else scores
    images = np.zeros(len(boxes), int) if images is None else images
    gt_images = np.zeros(len(gt_boxes), int) if gt_images is None else gt_images
    boxes, gt_boxes = (np.array(b, float).reshape(-1, 4) for b in (boxes, gt_boxes))
    return match_detections(boxes, scores, images, gt_boxes, gt_images, threshold, **options)


def test_the_three_outcomes():
    """One hit, one duplicate, one far away: a TP and two FP; the second object is a miss (FN)."""
    matching = matched([BOX, [0, 0, 10, 8], [50, 50, 60, 60]], [BOX, [30, 30, 40, 40]])
    assert matching.true_positive.tolist() == [True, False, False]
    assert matching.ground_truth.tolist() == [0, 0, -1] and matching.positives == 2
    assert len(set(range(2)) - set(matching.ground_truth[matching.true_positive])) == 1


def test_the_better_score_goes_first_whatever_the_order():
    matching = matched([[0, 0, 10, 8], BOX], [BOX], scores=[0.2, 0.7])
    assert matching.order.tolist() == [1, 0] and matching.true_positive.tolist() == [True, False]
    assert matched([BOX, BOX], [BOX], scores=[0.5, 0.5]).order.tolist() == [0, 1]


def test_a_better_overlap_does_not_beat_a_better_score():
    assert matched([[0, 0, 10, 6], BOX], [BOX]).true_positive.tolist() == [True, False]


def test_other_images_are_no_rivals():
    matching = matched([BOX, BOX], [BOX, BOX], images=[3, 7], gt_images=[7, 7])
    assert matching.true_positive.tolist() == [False, True] and matching.ground_truth.tolist() == [-1, 0]


@pytest.mark.parametrize(("convention", "right"), [(REFDET, True), (COCO, True), (FAST_RCNN, False)])
def test_equality(convention, right):
    """ERR-84: IoU 50/100 exactly; inclusive pixels 5 * 10 of 100 (FAST_RCNN is strict)."""
    half = [0, 0, 10, 5] if convention is not FAST_RCNN else [0, 0, 9, 4]
    whole = BOX if convention is not FAST_RCNN else [0, 0, 9, 9]
    assert matched([half], [whole], 0.5, convention=convention).true_positive.tolist() == [right]
    assert matched([half], [whole], 0.49, convention=convention).true_positive.tolist() == [True]


# The second detection overlaps the taken box by 9/11 and a free one by 2/3.
CROWD = [[0, 0, 10, 10], [4, 0, 14, 10]]
SEEN = [[0, 0, 10, 10], [1, 0, 11, 10]]


def test_voc_does_not_fall_back_to_the_second_best_box_and_coco_does():
    voc, coco = (matched(SEEN, CROWD, convention=c) for c in (REFDET, COCO))
    assert voc.true_positive.tolist() == [True, False] and voc.ground_truth.tolist() == [0, 0]
    assert coco.true_positive.tolist() == [True, True] and coco.ground_truth.tolist() == [0, 1]


def test_of_equal_overlaps_voc_takes_the_first_box_and_coco_the_last():
    twins = [[0, 0, 10, 10], [2, 0, 12, 10]]
    assert matched([[1, 0, 11, 10]], twins).ground_truth.tolist() == [0]
    assert matched([[1, 0, 11, 10]], twins, convention=COCO).ground_truth.tolist() == [1]


@pytest.mark.parametrize("convention", [REFDET, COCO])
def test_a_difficult_box_absorbs_detections_and_does_not_count(convention):
    matching = matched([BOX, BOX, [50, 0, 60, 10]], [BOX], difficult=np.array([True]), convention=convention)
    assert matching.ignored.tolist() == [True, True, False] and not matching.true_positive.any()
    assert matching.positives == 0


def test_coco_prefers_a_free_box_to_a_difficult_one_that_overlaps_more():
    options = {"difficult": np.array([True, False])}
    assert matched([BOX], [BOX, [0, 0, 10, 8]], convention=COCO, **options).ground_truth.tolist() == [1]
    assert matched([BOX], [BOX, [0, 0, 10, 8]], **options).ignored.tolist() == [True]


def test_overlaps_are_computed_in_float64():
    """Half of 4091 x 4099 pixels; in float32 the areas are rounded and the IoU is 0.49999997."""
    boxes, objects = (np.array([[0, 0, 4091, h]], np.float32) for h in (2049.5, 4099))
    assert box_iou(boxes, objects)[0, 0] < 0.5
    assert match_detections(boxes, [1.0], [0], objects, [0], 0.5).true_positive.tolist() == [True]


def test_nothing_to_match():
    assert matched([], []).positives == 0
    assert matched([], [BOX]).positives == 1 and len(matched([], [BOX]).order) == 0
    assert matched([BOX], []).true_positive.tolist() == [False]


# Properties


@st.composite
def problems(draw):
    (boxes, scores), (objects, _) = draw(scored_boxes(max_size=8)), draw(scored_boxes(max_size=5))
    images = np.array(draw(st.lists(st.integers(0, 1), min_size=len(boxes), max_size=len(boxes))), int)
    gt_images = np.array(draw(st.lists(st.integers(0, 1), min_size=len(objects), max_size=len(objects))), int)
    difficult = np.array(draw(st.lists(st.booleans(), min_size=len(objects), max_size=len(objects))), bool)
    return (boxes, scores, images, objects, gt_images), draw(THRESHOLDS), difficult


@given(problems(), st.sampled_from([REFDET, COCO, FAST_RCNN]))
def test_every_object_is_found_once_by_a_detection_that_overlaps_it(problem, convention):
    (boxes, scores, images, objects, gt_images), threshold, difficult = problem
    result = match_detections(*problem[0], threshold, difficult=difficult, convention=convention)
    hits = result.ground_truth[result.true_positive]
    assert len(set(hits)) == len(hits) and not difficult[hits].any()
    claimed = result.ground_truth >= 0
    i, g = result.order[claimed], result.ground_truth[claimed]
    overlap = box_iou(boxes.astype(float), objects.astype(float), convention=convention)[i, g]
    assert convention.average_precision.matches(overlap, threshold).all()
    assert (images[i] == gt_images[g]).all()
    assert (result.ignored[claimed] == difficult[g]).all() and not result.ignored[~claimed].any()
    assert sorted(result.order) == list(range(len(boxes))) and (np.diff(scores[result.order]) <= 0).all()


def voc_by_definition(boxes, scores, images, objects, gt_images, threshold):
    """EVAL-3 as a sentence: the best detection of those whose best box is g takes g."""
    right = np.zeros(len(boxes), bool)
    if not len(objects):
        return right
    overlap = box_iou(boxes.astype(float), objects.astype(float))
    best = np.where(images[:, None] == gt_images, overlap, -1).argmax(axis=1)
    for g in range(len(objects)):
        near = (images == gt_images[g]) & (overlap[:, g] >= threshold) & (best == g)
        if near.any():
            right[np.flatnonzero(near)[scores[near].argmax()]] = True
    return right


@given(problems())
def test_voc_matching_by_its_definition(problem):
    arguments, threshold, _ = problem
    result = match_detections(*arguments, threshold)
    right = np.flatnonzero(voc_by_definition(*arguments, threshold))
    assert set(result.order[result.true_positive]) == set(right)


@given(problems())
def test_coco_finds_at_least_as_many_as_voc(problem):
    arguments, threshold, _ = problem
    reassign = dataclasses.replace(REFDET.average_precision, reassign=True)
    coco = dataclasses.replace(REFDET, average_precision=reassign)
    voc = match_detections(*arguments, threshold)
    assert (
        voc.true_positive.sum()
        <= match_detections(*arguments, threshold, convention=coco).true_positive.sum()
    )


@given(problems(), st.sampled_from([REFDET, COCO, FAST_RCNN]))
def test_every_detection_has_one_fate_and_a_higher_threshold_finds_no_more_objects(problem, convention):
    """A pair that no longer counts frees a box for another detection, which frees at most one in turn."""
    arguments, threshold, difficult = problem
    counts = []
    for t in sorted({threshold, 0.0, 0.3, 0.5, 0.8, 1.0}):
        result = match_detections(*arguments, t, difficult=difficult, convention=convention)
        wrong = ~result.true_positive & ~result.ignored
        assert result.true_positive.sum() + wrong.sum() + result.ignored.sum() == len(arguments[0])
        assert not (result.true_positive & result.ignored).any()
        assert result.true_positive.sum() <= result.positives == (~difficult).sum()
        counts.append(result.true_positive.sum())
    assert (np.diff(counts) <= 0).all()


@given(problems(), st.randoms(use_true_random=False), st.sampled_from([REFDET, COCO, FAST_RCNN]))
def test_the_order_in_which_detections_and_objects_are_given_does_not_matter_without_ties(
    problem, chance, convention
):
    (boxes, scores, images, objects, gt_images), threshold, difficult = problem
    scores = scores + np.arange(len(scores)) / 64
    overlap = box_iou(boxes.astype(float), objects.astype(float), convention=convention)
    assume(all(len(set(row[row > 0])) == (row > 0).sum() for row in overlap) and threshold > 0)
    options = {"convention": convention, "iou_threshold": threshold}
    plain = match_detections(boxes, scores, images, objects, gt_images, difficult=difficult, **options)
    d, g = (np.array(chance.sample(range(n), n), int) for n in (len(boxes), len(objects)))
    mixed = match_detections(
        boxes[d], scores[d], images[d], objects[g], gt_images[g], difficult=difficult[g], **options
    )
    assert d[mixed.order].tolist() == plain.order.tolist()
    assert np.append(g, -1)[mixed.ground_truth].tolist() == plain.ground_truth.tolist()
    assert mixed.true_positive.tolist() == plain.true_positive.tolist()
    assert mixed.ignored.tolist() == plain.ignored.tolist()


# Paths agree


@given(problems(), st.sampled_from([REFDET, COCO]))
def test_the_trace_ends_in_the_result_and_its_captions_can_be_read(problem, convention):
    arguments, threshold, difficult = problem
    trace = match_detections.trace(*arguments, threshold, difficult=difficult, convention=convention)
    plain = match_detections(*arguments, threshold, difficult=difficult, convention=convention)
    for name in ("order", "ground_truth", "true_positive", "ignored"):
        assert (getattr(trace.result, name) == getattr(plain, name)).all()
    assert [step.name for step in trace][:1] == ["sort"] and len(trace) == 1 + len(arguments[0])
    assert all("{" not in step.note for step in trace)


def test_the_schema_of_the_trace():
    trace = match_detections.trace([BOX, BOX, [50, 0, 60, 10]], [3.0, 2, 1], [0, 0, 0], [BOX], [0])
    assert [step.name for step in trace] == ["sort", "hit", "duplicate", "miss"]
    kinds = trace.schema()["match_detections.hit"]
    wanted = {"i": "int64", "g": "int64", "overlap": "float64[1]", "taken": "bool[1]", "claimed": "int64[1]"}
    assert {name: kinds[name] for name in wanted} == wanted
    assert "miss." in inspect.getdoc(match_detections)


# Bad input


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"boxes": [[0, 0, 1]]}, ValueError, "boxes: shape"),
        ({"scores": [1.0, 2.0]}, ValueError, "scores: shape"),
        ({"scores": [np.nan]}, ValueError, "scores: row 0"),
        ({"images": [0.5]}, TypeError, "images: dtype"),
        ({"gt_boxes": [[0, 0, 1, np.inf]]}, ValueError, "gt_boxes: row 0"),
        ({"gt_images": [0, 1]}, ValueError, "gt_images: shape"),
        ({"iou_threshold": 1.5}, ValueError, "iou_threshold: 1.5"),
        ({"difficult": [0]}, TypeError, "difficult: dtype is int64"),
        ({"convention": TORCHVISION}, ValueError, "TORCHVISION has no rule for average_precision"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    arguments = {"boxes": [BOX], "scores": [1.0], "images": [0], "gt_boxes": [BOX], "gt_images": [0]}
    with pytest.raises(error, match=words):
        match_detections(**arguments | changed)
