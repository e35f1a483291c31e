"""Worked examples: labels of proposals, and batches of them."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

HUMAN, DOG = [0, 0, 100, 200], [30, 100, 80, 160]
HALVES = {
    "proposals": [[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1]],
    "gt_boxes": [[0, 0, 4, 4]],
    "gt_labels": [3],
}

EXAMPLES = {
    "best_ground_truth": Example(
        "matching.best_ground_truth:best_ground_truth",
        "the object that a proposal overlaps most (MAT-1)",
        {"proposals": [[25, 95, 85, 165], [0, 0, 100, 180]], "gt_boxes": [HUMAN, DOG]},
        [[1, 0], [0.714286, 0.9]],
        "rcnn_labels",
    ),
    "fine_tuning_labels": Example(
        "matching.rcnn_labels:fine_tuning_labels",
        "R-CNN: classes for fine-tuning, from an IoU of one half (MAT-2)",
        HALVES,
        [4, 4, 0],
        "rcnn_labels",
    ),
    "svm_labels": Example(
        "matching.rcnn_labels:svm_labels",
        "R-CNN: negatives of the machines (MAT-3)",
        {
            "proposals": [[0, 0, 4, 4], [6, 6, 9, 9]],
            "gt_boxes": [[0, 0, 4, 5]],
            "gt_labels": [1],
            "num_classes": 2,
        },
        [[-1, 0], [-1, -1]],
        "rcnn_labels",
    ),
    "svm_box_labels": Example(
        "matching.rcnn_labels:svm_box_labels",
        "R-CNN: the objects themselves (MAT-3)",
        {"gt_boxes": [[0, 0, 4, 4], [0, 0, 4, 2]], "gt_labels": [0, 1], "num_classes": 3},
        [[1, 0, -1], [0, 1, -1]],
        "rcnn_labels",
    ),
    "regression_pairs": Example(
        "matching.rcnn_labels:regression_pairs",
        "R-CNN: proposals near enough to learn a box from (MAT-4)",
        {
            "proposals": [[0, 0, 4, 4], [20, 0, 26, 6]],
            "gt_boxes": [[0, 0, 6, 4], [20, 0, 30, 6]],
            "gt_labels": [0, 1],
        },
        {"proposals": [0], "labels": [0], "targets": [[0.25, 0, 0.405465, 0]]},
        "rcnn_labels",
    ),
    "sample": Example(
        "matching.sampling:sample",
        "a batch from two pools, the positives up to their share (SMP-7)",
        {"pos": [3, 8], "neg": [0, 1, 2, 4, 5, 6, 7, 9], "total": 8, "pos_fraction": 0.5, "rng": 0},
        [[3, 8], [0, 1, 2, 5, 6, 7]],
        "sampling",
    ),
    "fine_tuning_batch": Example(
        "matching.sampling:fine_tuning_batch",
        "R-CNN: a mini-batch of objects and background, here 2 and 6 (SMP-1)",
        {"labels": [0, 2, 0, 0, 1, 0, 0, 1, 0, 0, 0, 2, 0, 0], "total": 8, "rng": 0},
        [7, 11, 0, 3, 5, 6, 10, 13],
        "sampling",
    ),
}
