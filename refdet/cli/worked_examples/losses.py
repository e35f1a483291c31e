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

TOTALS = {
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
        "totals",
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
        "totals",
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
        "totals",
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
        "totals",
    ),
}
TOTALS |= {
    "localizer_loss_backward": Example(
        "losses.localizer:localizer_loss_backward",
        "its gradient: what is missing of class and box (LOSS-5)",
        {"grad": 1, **TOTALS["localizer_loss"].given},
        [[[0.25, -0.25]], [[0, 0.2, -0.4, 0]]],
        "terms",
    ),
    "fast_rcnn_loss_backward": Example(
        "losses.fast_rcnn:fast_rcnn_loss_backward",
        "its gradient: the deltas of the object's own class alone (LOSS-7)",
        {"grad": 1, **TOTALS["fast_rcnn_loss"].given},
        [[[0.25, -0.25], [-0.125, 0.125]], [[0.5, 0, 0, 0], [0] * 4]],
        "terms",
    ),
    "rpn_loss_backward": Example(
        "losses.rpn:rpn_loss_backward",
        "its gradient: nothing of anchors that were not sampled (LOSS-12)",
        {"grad": 1, **TOTALS["rpn_loss"].given},
        [[[0.25, -0.25], [-0.25, 0.25], [0, 0]], [[0.5, 0, 0, 0], [0] * 4, [0] * 4]],
        "terms",
    ),
    "rcnn_svm_loss_backward": Example(
        "losses.rcnn_svm:rcnn_svm_loss_backward",
        "its gradient: only who is within the margin pulls (LOSS-6)",
        {"grad": 1, **TOTALS["rcnn_svm_loss"].given},
        [[[-9.5]], [10]],
        "terms",
    ),
}

THIRD = np.log([[1.0, 3.0]])
"""Logits of probabilities 1/4 and 3/4."""
APART = {"boxes1": [[0, 0, 2, 2]], "boxes2": [[1, 1, 3, 3]]}
"""They share 1 of 7, in a box of 9 with the squared diagonal 18."""
LOGITS = {"inputs": np.full(2, np.log(3)), "targets": [1, 0]}


def _term(path, summary, given, expected):
    return Example(f"losses.{path}", summary, given, expected, "terms")


EXAMPLES = {
    "log_softmax": _term(
        "softmax:log_softmax",
        "logarithms of probabilities (LOSS-1)",
        {"logits": THIRD},
        [[-1.386294, -0.287682]],
    ),
    "softmax": _term("softmax:softmax", "probabilities (LOSS-1)", {"logits": THIRD}, [[0.25, 0.75]]),
    "smooth_labels": _term(
        "label_smoothing:smooth_labels",
        "a little of every label to the others (LOSS-25)",
        {"targets": [[1.0, 0, 0, 0]]},
        [[0.925, 0.025, 0.025, 0.025]],
    ),
    "cross_entropy": _term(
        "softmax_cross_entropy:cross_entropy",
        "how improbable the true class was (LOSS-1)",
        {"logits": [*THIRD, [0, 0]], "targets": [1, 0], "reduction": "mean"},
        0.490415,
    ),
    "binary_cross_entropy_with_logits": _term(
        "bce:binary_cross_entropy_with_logits",
        "yes or no, each by itself (LOSS-2)",
        {"logits": np.full(2, np.log(3)), "targets": [1, 0]},
        [0.287682, 1.386294],
    ),
    "sigmoid_focal_loss": _term(
        "focal:sigmoid_focal_loss",
        "what is right already counts less (LOSS-23)",
        {**LOGITS, "alpha": None, "gamma": 2},
        [0.01798, 0.779791],
    ),
    "quality_focal_loss": _term(
        "quality_focal:quality_focal_loss",
        "the same for targets between no and yes (LOSS-23)",
        {"inputs": [0, 0], "targets": [0.5, 1], "alpha": None, "gamma": 2},
        [0, 0.173287],
    ),
    "smooth_l1_loss": _term(
        "smooth_l1:smooth_l1_loss",
        "squared near the target, absolute far from it (LOSS-4)",
        {"inputs": [0, 0.5, -1, 2], "targets": [0, 0, 0, 0]},
        [0, 0.125, 0.5, 1.5],
    ),
    "hinge_loss": _term(
        "hinge:hinge_loss",
        "what is lacking to the margin (LOSS-6)",
        {"scores": [0.25, 0.25, 2, -3], "labels": [1, -1, 1, 0], "positive_weight": 2},
        [1.5, 1.25, 0, 0],
    ),
    "box_iou_loss": _term("iou:box_iou_loss", "1 - IoU (IOU-2)", APART, [0.857143]),
    "generalized_box_iou_loss": _term("giou:generalized_box_iou_loss", "1 - GIoU (IOU-3)", APART, [1.079365]),
    "distance_box_iou_loss": _term("diou:distance_box_iou_loss", "1 - DIoU (IOU-4)", APART, [0.968254]),
    "complete_box_iou_loss": _term(
        "ciou:complete_box_iou_loss",
        "1 - CIoU (IOU-5)",
        {"boxes1": [[0, 0, 2, 1]], "boxes2": [[0, 0, 1, 2]]},
        [0.762918],
    ),
} | TOTALS
