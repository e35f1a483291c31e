"""Worked examples: R-CNN's classical stages."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

EXAMPLES = {
    "fit_ridge_boxes": Example(
        "classical.ridge_boxes:fit_ridge_boxes",
        "a box regressor for each class, in closed form (RCNN-7)",
        {
            "features": [[2.0], [4.0]],
            "labels": [0, 0],
            "targets": [[1, 0, 2, 0], [1, 0, 2, 0]],
            "num_classes": 1,
            "ridge": 4,
            "bias": False,
            "whiten": False,
        },
        {"weights": [[[0.25, 0, 0.5, 0]]]},
        "ridge_boxes",
    ),
    "fit_linear_svm": Example(
        "classical.linear_svm:fit_linear_svm",
        "a linear machine by dual coordinate descent (RCNN-5)",
        {
            "features": [[1.0, 1.0], [-1.0, -1.0], [3.0, 1.0]],
            "labels": [1, -1, 1],
            "cost": 10,
            "bias_scale": 0,
            "tolerance": 1e-9,
            "rng": 0,
        },
        {"weights": [[0.5], [0.5]], "primal": [0.25], "dual": [0.25]},
        "linear_svm",
    ),
    "mine_hard_negatives": Example(
        "classical.hard_negatives:mine_hard_negatives",
        "train on the negatives that are still wrong (SMP-5)",
        {
            "positives": [[1.0, 1.0]],
            "labels": [[1]],
            "images": [
                ([[-3.0, -3.0], [-5.0, 0.0]], [[-1], [-1]]),
                ([[-0.5, -0.5], [-2.0, -3.0]], [[-1], [-1]]),
                ([[-9.0, -2.0]], [[-1]]),
            ],
            "cost": 10,
            "positive_weight": 1,
            "bias_scale": 0,
            "tolerance": 1e-9,
            "rng": 0,
        },
        {"weights": [[1], [1]], "primal": [1]},
        "hard_negatives",
    ),
}
