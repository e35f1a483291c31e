"""Worked examples: evaluation."""

from __future__ import annotations

import numpy as np

from refdet.cli.worked_examples.example import Example
from refdet.detections import Detections

PERSONS = {"recall": [0.2, 0.4, 0.4, 0.6], "precision": [1, 1, 2 / 3, 0.75]}
"""EVAL-4: five objects; of four detections the third is wrong."""

TWO_IMAGES = {
    "detections": [
        Detections(np.array([[0, 0, 10, 10], [1, 1, 11, 11.0]]), np.array([0.9, 0.8]), np.array([0, 0])),
        Detections(np.array([[20, 20, 30, 30.0]]), np.array([0.7]), np.array([1])),
    ],
    "gt_boxes": [[[0, 0, 10, 9]], [[20, 20, 30, 40], [0, 0, 5, 5]]],
    "gt_labels": [[0], [1, 0]],
    "num_classes": 2,
}
"""Class 0: a hit of IoU 0.9, a duplicate, a miss; class 1: a hit of IoU 0.5."""


def _street(flags, scores, objects, top):
    """Squares in a row; a detection is the next of them, or lies below."""
    boxes = [[20 * i, top, 20 * i + 10, top + 10] for i in range(objects)]
    free, rows = iter(boxes), []
    for place, (flag, score) in enumerate(zip(flags, scores, strict=True)):
        box = next(free) if flag == "T" else [20 * place, top + 15, 20 * place + 10, top + 25]
        rows.append([*box, score])
    return rows, boxes


PERSON_ROWS, PERSON_BOXES = _street("TTFT", [0.91, 0.83, 0.77, 0.72], 5, 0)
CAR_ROWS, CAR_BOXES = _street("TFTFFF", [0.92, 0.90, 0.85, 0.80, 0.78, 0.65], 2, 30)

EXAMPLES = {
    "match_detections": Example(
        "evaluation.matching:match_detections",
        "which detections are right (EVAL-3)",
        {
            "boxes": [[0, 0, 4, 4], [0, 0, 4, 3], [0, 0, 4, 4]],
            "scores": [0.9, 0.8, 0.7],
            "images": [0, 0, 1],
            "gt_boxes": [[0, 0, 4, 4]],
            "gt_images": [0],
        },
        {"true_positive": [True, False, False], "ground_truth": [0, 0, -1]},
        "matching",
    ),
    "precision_recall_curve": Example(
        "evaluation.precision_recall:precision_recall_curve",
        "precision and recall after each detection (EVAL-4)",
        {"scores": [0.91, 0.83, 0.77, 0.72], "true_positive": [True, True, False, True], "positives": 5},
        {"precision": [1, 1, 0.666667, 0.75], "recall": [0.2, 0.4, 0.4, 0.6]},
        "average_precision",
    ),
    "step_ap": Example(
        "evaluation.average_precision:step_ap",
        "sum of steps, no envelope (EVAL-6)",
        PERSONS,
        0.55,
        "average_precision",
    ),
    "area_ap": Example(
        "evaluation.average_precision:area_ap",
        "area under the envelope (EVAL-7)",
        PERSONS,
        0.55,
        "average_precision",
    ),
    "eleven_point_ap": Example(
        "evaluation.average_precision:eleven_point_ap",
        "eleven recalls (EVAL-8)",
        PERSONS,
        0.590909,
        "average_precision",
    ),
    "coco_ap": Example(
        "evaluation.average_precision:coco_ap", "101 recalls (EVAL-9)", PERSONS, 0.554455, "average_precision"
    ),
    "yolov5_ap": Example(
        "evaluation.average_precision:yolov5_ap",
        "lines and trapezoids (EVAL-10)",
        PERSONS,
        0.69875,
        "average_precision",
    ),
    "voc_ap": Example(
        "evaluation.average_precision:voc_ap",
        "PASCAL VOC's, here of 2007: eleven recalls (EVAL-7, EVAL-8)",
        {**PERSONS, "use_07_metric": True},
        0.590909,
        "average_precision",
    ),
    "integrate": Example(
        "evaluation.average_precision:integrate",
        "by the integration of a convention (EVAL-7 to EVAL-9)",
        PERSONS,
        0.55,
        "average_precision",
    ),
    "evaluate_detections": Example(
        "evaluation.mean_average_precision:evaluate_detections",
        "mean average precision: match, draw the curve, integrate, class by class (EVAL-11)",
        TWO_IMAGES,
        {"average_precision": [0.5, 1], "iou_threshold": 0.5},
        "evaluation",
    ),
    "evaluate_over_thresholds": Example(
        "evaluation.over_thresholds:evaluate_over_thresholds",
        "the same at several IoU thresholds (EVAL-12)",
        {**TWO_IMAGES, "iou_thresholds": [0.5, 0.75, 0.95]},
        {
            "evaluations": [
                {"average_precision": [0.5, 1], "iou_threshold": 0.5},
                {"average_precision": [0.5, 0], "iou_threshold": 0.75},
                {"average_precision": [0, 0], "iou_threshold": 0.95},
            ]
        },
        "evaluation",
    ),
    "compute_map": Example(
        "evaluation.course_listing:compute_map",
        "the persons and cars of the notes (EVAL-14)",
        {
            "det_boxes": [{"person": PERSON_ROWS, "car": CAR_ROWS}],
            "gt_boxes": [{"person": PERSON_BOXES, "car": CAR_BOXES}],
        },
        [0.691667, {"person": 0.55, "car": 0.833333}],
        "evaluation",
    ),
}
