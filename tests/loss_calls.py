"""A call that works of every loss, for the hostile suite: rows of calls.py."""

import numpy as np

LOGITS = np.array([[0, 1, 2, 3], [4, 2, 0, -2], [1, 1, 1, 1]], np.float32)
PROBS = np.array([[0.5, 0.25, 0.25, 0], [1, 0, 0, 0], [0.125, 0.125, 0.25, 0.5]], np.float32)
LABELS = np.array([3, 0, 1])
NUMBERS = np.array([[0, 1, 2, 3], [0.5, 0.5, 2, 2], [-1, 0, 0, 1]], np.float32)
BOXES = np.array([[0, 0, 4, 4], [1, 1, 5, 5], [2, 0, 3, 9]], np.float32)
OTHERS = np.array([[0, 1, 4, 4], [1, 1, 6, 5], [7, 0, 8, 9]], np.float32)
ROWS, EACH = np.array([1, 2, 0.5], np.float32), np.full((3, 4), 0.5, np.float32)
DELTAS = np.tile(NUMBERS, 4)
SIGNS = np.array([[1, -1, 0, 1], [-1, -1, 1, 1], [0, 1, -1, 1]])

ENTROPY = {"logits": LOGITS, "targets": LABELS, "class_weights": ROWS[[0, 1, 2, 0]], "ignore_index": 1}
BINARY = {"logits": LOGITS, "targets": PROBS, "pos_weight": ROWS[:1]}
FOCAL = {"inputs": LOGITS, "targets": PROBS, "alpha": 0.25, "gamma": 1.5}
PAIR = {"inputs": NUMBERS, "targets": LOGITS}
ALIGNED = {"boxes1": BOXES, "boxes2": OTHERS}
HINGE = {"scores": NUMBERS, "labels": SIGNS, "positive_weight": 2.0, "form": "squared_hinge"}

# Leaf terms: their rows, and one weight per loss.
TERMS = {
    "bce.binary_cross_entropy_with_logits": (BINARY, EACH),
    "ciou.complete_box_iou_loss": ({**ALIGNED, "alpha_gate": 0.5}, ROWS),
    "diou.distance_box_iou_loss": (ALIGNED, ROWS),
    "focal.sigmoid_focal_loss": (FOCAL, EACH),
    "giou.generalized_box_iou_loss": (ALIGNED, ROWS),
    "hinge.hinge_loss": (HINGE, EACH),
    "iou.box_iou_loss": ({**ALIGNED, "form": "log"}, ROWS),
    "l1.l1_loss": (PAIR, EACH),
    "probability_cross_entropy.cross_entropy_of_probs": (
        {"probs": PROBS, "targets": LABELS, "ignore_index": 1},
        ROWS,
    ),
    "quality_focal.quality_focal_loss": (FOCAL, EACH),
    "smooth_l1.smooth_l1_loss": ({**PAIR, "sigma": 3.0}, EACH),
    "softmax_cross_entropy.cross_entropy": (ENTROPY, ROWS),
    "squared.squared_error": ({**PAIR, "half": True}, EACH),
}
REGIONS = {"logits": LOGITS, "deltas": DELTAS, "labels": LABELS, "targets": NUMBERS}
ANCHORS = {"logits": LOGITS[:, :2], "deltas": NUMBERS, "labels": np.array([1, 0, -1]), "targets": EACH}
NORMALIZERS = {"variant": "code", "objectness": "softmax2", "batch_size": 256, "locations": 2400}
MACHINES = {"weights": LOGITS.T, "features": NUMBERS}
TOTALS = {
    "fast_rcnn.fast_rcnn_loss": {**REGIONS, "box_weight": 1.0, "sigma": 1.0},
    "faster_rcnn.faster_rcnn_loss": {
        **{f"rpn_{name}": value for name, value in ANCHORS.items()},
        **REGIONS,
        **NORMALIZERS,
        "rpn_box_weight": 1.0,
        "rpn_sigma": 3.0,
        "box_weight": 1.0,
        "sigma": 1.0,
    },
    "localizer.localizer_loss": {
        "logits": LOGITS,
        "boxes": NUMBERS,
        "labels": LABELS,
        "gt_boxes": EACH,
        "box_weight": 1.0,
    },
    "rcnn_ridge.rcnn_ridge_loss": {**MACHINES, "targets": NUMBERS[:, :3], "ridge": 4.0},
    "rcnn_svm.rcnn_svm_loss": {
        **MACHINES,
        "bias": ROWS,
        "labels": SIGNS[:, :3],
        "cost": 0.5,
        "positive_weight": 2.0,
        "bias_scale": 10.0,
    },
    "rpn.rpn_loss": {**ANCHORS, **NORMALIZERS, "box_weight": 1.0, "sigma": 3.0},
}

LOSS_CALLS = {
    **{
        f"losses.{name}": {**call, "weights": weights, "reduction": "mean"}
        for name, (call, weights) in TERMS.items()
    },
    **{
        f"losses.{name}_backward": {"grad": weights, **call, "weights": weights, "reduction": "none"}
        for name, (call, weights) in TERMS.items()
    },
    **{f"losses.{name}": call for name, call in TOTALS.items()},
    **{f"losses.{name}_backward": {"grad": 1.0, **call} for name, call in TOTALS.items()},
    "losses.label_smoothing.smooth_labels": {"targets": PROBS, "epsilon": 0.1, "form": "darknet_cls"},
    "losses.softmax.log_softmax": {"logits": LOGITS},
    "losses.softmax.softmax": {"logits": LOGITS},
    "losses.softmax.log_softmax_backward": {"grad": NUMBERS, "logits": LOGITS},
    "losses.softmax.softmax_backward": {"grad": NUMBERS, "logits": LOGITS},
}
