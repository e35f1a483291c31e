"""EVAL-11, EVAL-12 (one threshold; ten in test_over_thresholds), EVAL-14; ERR-82 (the lost figure's fixture)."""

import numpy as np
import pytest

from refdet import COCO
from refdet.detections import Detections
from refdet.evaluation import compute_map, evaluate_detections, mean_over_classes, voc_ap
from refdet.evaluation.average_precision import eleven_point_ap

# By hand

T, F = True, False


def street(flags, positives, scores):
    """Boxes in a row, 20 apart; a hit is the box itself, a false positive lies below."""
    boxes = [[20 * i, 0, 20 * i + 10, 10] for i in range(positives)]
    free, rows = iter(boxes), []
    for i, (hit, score) in enumerate(zip(flags, scores, strict=True)):
        x1, y1, x2, y2 = next(free) if hit else [20 * i, 50, 20 * i + 10, 60]
        rows.append([x1, y1, x2, y2, score])
    return rows, boxes


PERSONS = street([T, T, F, T], 5, [0.91, 0.83, 0.77, 0.72])
CARS = street([T, F, T, F, F, F], 2, [0.92, 0.90, 0.85, 0.80, 0.78, 0.65])


def test_the_two_classes_of_the_notes():
    """ERR-82: 7 objects, 10 detections; AP .55 and .833333, mean .691667."""
    found, known = ({"person": PERSONS[i], "car": CARS[i]} for i in (0, 1))
    mean, per_class = compute_map([found], [known])
    assert round(mean, 6) == 0.691667
    assert {name: round(ap, 6) for name, ap in per_class.items()} == {"person": 0.55, "car": 0.833333}


@pytest.mark.parametrize(
    ("method", "person"),
    [("area", 0.55), ("interp", 0.590909), ("step", 0.55), ("coco101", 0.554455), ("yolov5", 0.69875)],
)
def test_methods(method, person):
    """C-9: a string names the form."""
    assert round(compute_map([{"p": PERSONS[0]}], [{"p": PERSONS[1]}], 0.5, method)[0], 6) == person


def test_mean_over_classes():
    """EVAL-11: (.827 + .679 + .982) / 3."""
    assert round(mean_over_classes([0.827, 0.679, 0.982]), 6) == 0.829333
    assert round(mean_over_classes([0.827, np.nan, 0.679, 0.982]), 6) == 0.829333
    assert np.isnan(mean_over_classes([np.nan])) and np.isnan(mean_over_classes([]))


def test_a_class_without_objects_does_not_count_and_one_without_detections_counts_0():
    found = [{"car": [[0, 0, 4, 4, 0.9]], "ghost": [[0, 0, 4, 4, 0.9]]}]
    mean, per_class = compute_map(found, [{"car": [[0, 0, 4, 4]], "dog": [[0, 0, 4, 4]]}])
    assert mean == 0.5 and per_class["dog"] == 0 and np.isnan(per_class["ghost"])


def test_a_class_that_nobody_has_and_nobody_finds_is_undefined():
    image = np.array([[0, 0, 10, 10]])
    result = evaluate_detections([Detections(image, [0.9], [0])], [image], [[0]], 2)
    assert result.average_precision[0] == 1 and np.isnan(result.average_precision[1]) and result.mean == 1


def test_no_classes_at_all_give_nan():
    mean, per_class = compute_map([{}], [{}])
    assert np.isnan(mean) and per_class == {}
    assert np.isnan(evaluate_detections([], [], [], 0).mean)


def test_images_are_kept_apart_and_scores_compete_over_all_of_them():
    """The false positive of image 1 outranks the hit of image 0: precision 0, then 1/2."""
    image = np.array([[0, 0, 10, 10]])
    found = [Detections(image, [0.4], [0]), Detections(image, [0.9], [0])]
    result = evaluate_detections(found, [image, np.zeros((0, 4))], [[0], []], 1)
    assert result.curves[0].precision.tolist() == [0, 0.5] and result.mean == 0.5


def test_difficult_objects_leave_the_curve():
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10]])
    found = [Detections(boxes, [0.9, 0.8], [0, 0])]
    result = evaluate_detections(found, [boxes], [[0, 0]], 1, difficult=[np.array([True, False])])
    assert len(result.curves[0]) == 1 and result.curves[0].positives == 1 and result.mean == 1
    assert result.curves[0].scores.tolist() == [0.8]  # that of the detection which counts


def test_the_convention_decides_how_it_is_integrated():
    rows, objects = PERSONS
    rows = np.array(rows)
    found = [Detections(rows[:, :4], rows[:, 4], np.zeros(4, int))]
    of_coco = evaluate_detections(found, [np.array(objects)], [np.zeros(5, int)], 1, convention=COCO)
    plain = evaluate_detections(found, [np.array(objects)], [np.zeros(5, int)], 1)
    assert (round(of_coco.mean, 6), round(plain.mean, 6)) == (0.554455, 0.55)
    assert round(float(plain.integrated(eleven_point_ap)[0]), 6) == 0.590909
    assert plain.average_precision[0] == voc_ap(plain.curves[0].recall, plain.curves[0].precision)


@pytest.mark.parametrize(("threshold", "mean"), [(0.5, 1.0), (0.75, 1.0), (0.76, 0.0)])
def test_the_iou_threshold_is_the_caller_s(threshold, mean):
    """IoU 75/100."""
    found = [Detections([[0, 0, 10, 7.5]], [0.9], [0])]
    assert evaluate_detections(found, [np.array([[0, 0, 10, 10]])], [[0]], 1, threshold).mean == mean


# Bad input


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"gt_boxes": []}, "gt_boxes: 0 images came; wanted 1"),
        ({"gt_labels": [[0], [0]]}, "gt_labels: 2 images came; wanted 1"),
        ({"gt_labels": [[3]]}, "gt_labels: label 3 came; wanted 0 to 1"),
        ({"num_classes": 0}, "detections: label 1 came"),
        ({"gt_labels": [[0, 1]]}, r"gt_labels\[0\]: shape"),
        ({"gt_boxes": [[[0, 0, 1]]]}, r"gt_boxes\[0\]: shape"),
        ({"difficult": []}, "difficult: 0 images"),
        ({"iou_threshold": -0.1}, "iou_threshold"),
    ],
)
def test_bad_arguments_are_named(changed, words):
    found = [Detections([[0, 0, 1, 1]], [1.0], [1])]
    arguments = {"gt_boxes": [[[0, 0, 1, 1]]], "gt_labels": [[1]], "num_classes": 2} | changed
    with pytest.raises(ValueError, match=words):
        evaluate_detections(found, **arguments)


def test_bad_rows_and_methods_are_named():
    with pytest.raises(ValueError, match="method: 'auc'"):
        compute_map([{}], [{}], method="auc")
    with pytest.raises(ValueError, match=r"det_boxes\[0\]: shape \(1, 4\) came for 'car'; wanted rows of 5"):
        compute_map([{"car": [[0, 0, 1, 1]]}], [{}])
    with pytest.raises(ValueError, match="gt_boxes: 2 images"):
        compute_map([{}], [{}, {}])
