"""Worked examples: losses."""

from __future__ import annotations

import numpy as np

from refdet.cli.worked_examples.example import Example

ANCHORS = {
    "rpn_logits": np.zeros((2, 2)),
    "rpn_deltas": [[2, 0, 0, 0]] * 2,
    "rpn_labels": [1, 0],
    "rpn_targets": np.zeros((2, 4)),
}

EXAMPLES = {
    "localizer_loss": Example(
        "losses.localizer:localizer_loss",
        "one object: its class, and the squares of its box (LOSS-5)",
        {
            "logits": [[0.0, np.log(3)]],
            "boxes": [[0.5, 0.5, 0.2, 0.4]],
            "labels": [1],
            "gt_boxes": [[0.5, 0.4, 0.4, 0.4]],
        },
        {"class": 0.287682, "box": 0.05, "total": 0.337682},
        "losses",
    ),
    "rcnn_svm_loss": Example(
        "losses.rcnn_svm:rcnn_svm_loss",
        "what R-CNN's machines pay (LOSS-6)",
        {
            "weights": [[0.5]],
            "bias": [0.0],
            "features": [[2.0], [-1.0]],
            "labels": [[1], [-1]],
            "cost": 10,
        },
        {"regularizer": 0.125, "hinge": 0.5, "total": 5.125},
        "losses",
    ),
    "rcnn_ridge_loss": Example(
        "losses.rcnn_ridge:rcnn_ridge_loss",
        "what its box regressors pay (LOSS-6)",
        {"weights": [[0.5]], "features": [[2.0], [4.0]], "targets": [[1.0], [1.0]], "ridge": 4},
        {"error": 1, "regularizer": 0.25, "total": 2},
        "losses",
    ),
    "fast_rcnn_loss": Example(
        "losses.fast_rcnn:fast_rcnn_loss",
        "Fast R-CNN's multi-task loss (LOSS-7)",
        {
            "logits": [[0.0, 0.0], [np.log(3), 0.0]],
            "deltas": [[2.0, 0, 0, 0], [9, 9, 9, 9]],
            "labels": [1, 0],
            "targets": [[0, 0, 0, 0], [0, 0, 0, 0]],
        },
        {"class": 0.490415, "box": 0.75, "total": 1.240415},
        "losses",
    ),
    "rpn_loss": Example(
        "losses.rpn:rpn_loss",
        "the region proposal network's (LOSS-12)",
        {
            "logits": np.zeros((3, 2)),
            "deltas": [[2, 0, 0, 0]] * 3,
            "labels": [1, 0, -1],
            "targets": np.zeros((3, 4)),
            "variant": "code",
        },
        {"class": 0.693147, "box": 0.972222, "total": 1.665369},
        "losses",
    ),
    "faster_rcnn_loss": Example(
        "losses.faster_rcnn:faster_rcnn_loss",
        "both together (LOSS-13)",
        {
            **ANCHORS,
            "logits": np.zeros((1, 2)),
            "deltas": np.zeros((1, 8)),
            "labels": [0],
            "targets": np.zeros((1, 4)),
            "variant": "code",
        },
        {"rpn_class": 0.693147, "rpn_box": 0.972222, "class": 0.693147, "box": 0, "total": 2.358517},
        "losses",
    ),
}
