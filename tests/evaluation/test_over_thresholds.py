"""EVAL-12: mAP@.5 and mAP@.5:.95."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import scored_boxes
from tolerances import close

from refdet import COCO, FAST_RCNN, REFDET
from refdet.detections import Detections
from refdet.evaluation import compute_map, evaluate_detections, evaluate_over_thresholds
from refdet.evaluation.over_thresholds import IOU_THRESHOLDS

# By hand

IMAGE = [[0, 0, 10, 10]]


def over(height, **options):
    """A detection of that height on an object of 10 x 10: IoU height / 10."""
    found = Detections([[0, 0, 10, height]], [0.9], [0])
    return evaluate_over_thresholds([found], [IMAGE], [[0]], 1, **options)


def test_the_thresholds_are_the_doubles_of_their_two_digits():
    assert IOU_THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
    apart = np.flatnonzero(np.linspace(0.5, 0.95, 10) != IOU_THRESHOLDS)
    assert apart.tolist() == [8] and np.linspace(0.5, 0.95, 10)[8] == 0.9 - 2.0**-53
    assert (np.arange(0.5, 1, 0.05) != IOU_THRESHOLDS).sum() == 8


@pytest.mark.parametrize(
    ("height", "mean"), [(4.9, 0), (5, 0.1), (5.4, 0.1), (5.5, 0.2), (7.5, 0.6), (9, 0.9), (9.5, 1), (10, 1)]
)
def test_a_tighter_box_counts_at_more_thresholds(height, mean):
    assert over(height).mean == mean


def test_one_threshold_is_the_other_notation():
    """mAP@.5 and mAP@.75 of a box of IoU 0.6, beside mAP@.5:.95."""
    result = over(6)
    assert (result.at(0.5).mean, result.at(0.75).mean, result.mean) == (1, 0, 0.3)
    assert result.at(0.6).mean == 1 and result.at(np.linspace(0.5, 0.95, 10)[8]).iou_threshold == 0.9


def test_the_mean_is_over_thresholds_and_the_classes_that_have_objects():
    """Class 0 at nine of ten, class 1 at one, class 2 without objects."""
    found = Detections([[0, 0, 10, 9], [20, 0, 30, 5], [0, 0, 1, 1]], [0.9, 0.8, 0.7], [0, 1, 2])
    result = evaluate_over_thresholds([found], [[*IMAGE, [20, 0, 30, 10]]], [[0, 1]], 3)
    assert result.average_precision.shape == (10, 3)
    assert result.average_precision[:, :2].mean(axis=0).tolist() == [0.9, 0.1]
    assert np.isnan(result.average_precision[:, 2]).all() and result.mean == 0.5


def test_other_thresholds_difficult_objects_and_conventions():
    assert over(6, iou_thresholds=[0.5, 0.7]).mean == 0.5
    assert np.isnan(over(6, difficult=[[True]]).mean)
    assert over(5, iou_thresholds=[0.5], convention=COCO).mean == 1
    assert over(5, iou_thresholds=[0.6], convention=FAST_RCNN).mean == 0  # 66 of 121 inclusive pixels


def test_without_images_it_is_undefined():
    assert np.isnan(evaluate_over_thresholds([], [], [], 0).mean)


# Properties


@st.composite
def images(draw):
    """Detections and ground truth of up to two images and two classes."""
    found, known, labels = [], [], []
    for _ in range(draw(st.integers(0, 2))):
        (boxes, scores), (objects, _) = draw(scored_boxes(max_size=6)), draw(scored_boxes(max_size=4))
        classes = st.integers(0, 1)
        found.append(Detections(boxes, scores, [draw(classes) for _ in boxes]))
        known.append(objects)
        labels.append(np.array([draw(classes) for _ in objects], int))
    return found, known, labels


@given(images(), st.sampled_from([REFDET, COCO, FAST_RCNN]))
def test_every_row_is_an_evaluation_of_its_own_and_no_more_is_found_at_higher_ones(problem, convention):
    result = evaluate_over_thresholds(*problem, 2, convention=convention)
    rows = [evaluate_detections(*problem, 2, t, convention=convention) for t in IOU_THRESHOLDS]
    for row, evaluation in zip(result.average_precision, rows, strict=True):
        assert np.array_equal(row, evaluation.average_precision, equal_nan=True)
    right = np.array([[curve.true_positives.max(initial=0) for curve in e.curves] for e in rows])
    assert (np.diff(right, axis=0) <= 0).all()
    assert np.isnan(result.mean) or close(result.mean, np.mean([e.mean for e in rows]), "float64 sums")


@given(images(), st.sampled_from(["area", "interp", "arange", "step", "coco101", "yolov5"]))
def test_map_lies_between_0_and_1_by_every_method(problem, method):
    found, known, labels = problem
    rows = [{k: np.hstack([d.boxes, d.scores[:, None]])[d.labels == k] for k in (0, 1)} for d in found]
    truth = [{k: boxes[own == k] for k in (0, 1)} for boxes, own in zip(known, labels, strict=True)]
    mean, per_class = compute_map(rows, truth, 0.5, method)
    assert np.isnan(mean) or 0 <= mean <= 1
    assert np.isnan(mean) == all(np.isnan(value) for value in per_class.values())


# Bad input


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ([0.5, 1.5], "iou_thresholds: row 1 is 1.5; wanted 0 to 1"),
        ([np.nan], "iou_thresholds: row 0 is nan"),
        ([], r"iou_thresholds: shape is \(0,\); wanted \(T,\), at least one"),
        (0.5, r"iou_thresholds: shape is \(\)"),
    ],
)
def test_bad_thresholds_are_named(thresholds, words):
    with pytest.raises(ValueError, match=words):
        over(5, iou_thresholds=thresholds)


def test_a_threshold_that_was_not_asked_for_is_named_with_those_that_were():
    with pytest.raises(ValueError, match="iou_threshold: 0.52 came; wanted one of 0.5, 0.75"):
        over(5, iou_thresholds=[0.5, 0.75]).at(0.52)


def test_a_threshold_is_found_within_1e_9_and_no_further():
    result = over(5, iou_thresholds=[0.5])
    assert result.at(0.5 + 0.9e-9) is result.at(0.5 - 0.9e-9) is result.evaluations[0]
    for apart in (1.1e-9, -1.1e-9):
        with pytest.raises(ValueError, match="iou_threshold: 0"):
            result.at(0.5 + apart)
