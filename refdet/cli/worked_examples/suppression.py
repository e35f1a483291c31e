"""Worked examples: suppression."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

FIVE = {
    "boxes": [
        [100, 125, 200, 275],
        [102, 128, 204, 276],
        [106, 132.5, 204, 277.5],
        [150, 225, 250, 375],
        [182.5, 220, 277.5, 360],
    ],
    "scores": [0.95, 0.92, 0.88, 0.40, 0.20],
}
"""NMS-9."""
TWINS = {"boxes": [[0, 0, 10, 10]] * 3, "scores": [0.7, 0.9, 0.8], "idxs": [1, 2, 1]}

EXAMPLES = {
    "class_specific_scores": Example(
        "boxes.class_scores:class_specific_scores",
        "objectness times class probability (NMS-5)",
        {"objectness": [0.5, 0.25], "class_probs": [0.5, 0.25, 0.25]},
        [[0.25, 0.125, 0.125], [0.125, 0.0625, 0.0625]],
        "candidates",
    ),
    "labels_above": Example(
        "boxes.class_scores:labels_above",
        "every label over a threshold (NMS-5)",
        {"scores": [[0.5, 0.4], [0.1, 0.9]], "score_threshold": 0.3},
        [[0, 0, 1], [0, 1, 1]],
        "candidates",
    ),
    "best_label_above": Example(
        "boxes.class_scores:best_label_above",
        "the best label, if it is over a threshold (NMS-5)",
        {"scores": [[0.5, 0.4], [0.1, 0.9]], "score_threshold": 0.5},
        [[1], [1]],
        "candidates",
    ),
    "select_candidates": Example(
        "boxes.candidates:select_candidates",
        "which boxes are worth suppressing (NMS-4)",
        {"scores": [0.2, 0.9, 0.5, 0.9], "score_threshold": 0.2, "top_k": 2},
        [1, 3],
        "candidates",
    ),
    "nms": Example(
        "ops.nms:nms",
        "greedy non-maximum suppression (NMS-1, NMS-9)",
        {**FIVE, "iou_threshold": 0.5},
        [0, 3, 4],
        "nms",
    ),
    "batched_nms": Example(
        "ops.nms:batched_nms",
        "the same, class by class (NMS-3)",
        {**FIVE, "idxs": [0, 0, 1, 1, 1], "iou_threshold": 0.45},
        [0, 2, 3],
        "nms",
    ),
    "soft_nms": Example(
        "ops.soft_nms:soft_nms",
        "lower the scores of what overlaps, drop nothing",
        {"boxes": [[0, 0, 4, 2], [0, 0, 4, 4], [0, 2, 4, 6]], "scores": [0.9, 0.8, 0.7]},
        [[0, 2, 1], [0.9, 0.7, 0.266667]],
        "soft_nms",
    ),
    "batched_soft_nms": Example(
        "ops.soft_nms:batched_soft_nms",
        "the same, class by class",
        {
            "boxes": [[0, 0, 4, 2], [0, 0, 4, 1], [0, 0, 4, 1]],
            "scores": [0.9, 0.8, 0.7],
            "idxs": [1, 1, 2],
        },
        [[0, 2, 1], [0.9, 0.7, 0.4]],
        "soft_nms",
    ),
    "diou_nms": Example(
        "ops.diou_nms:diou_nms",
        "suppression by DIoU: boxes with other centres stay (NMS-6)",
        {**FIVE, "threshold": 0.46},
        [0, 3, 4],
        "nms",
    ),
    "batched_diou_nms": Example(
        "ops.diou_nms:batched_diou_nms",
        "the same, class by class",
        {**TWINS, "threshold": 0.5},
        [1, 2],
        "nms",
    ),
}
