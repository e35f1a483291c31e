"""Worked examples: evaluation."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

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
    ),
}
