"""Worked examples: evaluation."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

PERSONS = {"recall": [0.2, 0.4, 0.4, 0.6], "precision": [1, 1, 2 / 3, 0.75]}
"""EVAL-4: five objects; of four detections the third is wrong."""

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
}
