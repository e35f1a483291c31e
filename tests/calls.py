"""A call that works of every public function of refdet: where the hostile suite starts. Add a row for yours.

`CALLS` has the functions of ``refdet`` by their names, those of its packages by ``package.module.function``. What is
public and has no row stands in `calls_left_out.py` with the reason.
"""

import importlib
import inspect
import pkgutil

import numpy as np
from calls_of_matching import CALLS_OF_MATCHING
from calls_of_proposals import CALLS_OF_PROPOSALS
from loss_calls import LOSS_CALLS

import refdet
from refdet.data.scenes import Scene
from refdet.detections import Detections
from refdet.detectors import hog_features
from refdet.detectors.hog_preset import Preset
from refdet.kernels import vectorized

GOOD_BOXES = np.array([[0, 0, 4, 4], [1, 1, 5, 5], [2, 0, 3, 9]], np.float32)
GOOD_SCORES = np.array([0.9, 0.8, 0.7], np.float32)
MAP = np.arange(36, dtype=np.float32).reshape(1, 1, 6, 6)
ROIS = np.array([[0, 0, 0, 3, 3], [0, 1, 1, 5, 5]], np.float32)
POOLED, ARGMAX = refdet.roi_pool_with_argmax(MAP, ROIS, (2, 2))
DELTAS = np.array([[0, 0.5, 0.25, 0.125], [0.75, 0.5, 0, 0], [0.5, 0.25, 1, 1]], np.float32)
VARIANCES = np.full((3, 4), 0.1, np.float32)
CELLS = np.array([[0, 1], [2, 3], [4, 5]])
ON_GRID = {"cells": CELLS, "anchors": np.array([[2, 3], [4, 5], [6, 7]], np.float32), "stride": 8}

SCORED = {"boxes": GOOD_BOXES, "scores": GOOD_SCORES}
SOFT = {**SCORED, "iou_threshold": 0.3, "sigma": 0.5, "score_threshold": 1e-3, "method": "gaussian"}
KINDS = ("", "generalized_", "distance_", "complete_")
ALIGNED = {"boxes1": GOOD_BOXES, "boxes2": GOOD_BOXES}
PAIRWISE = {**ALIGNED, "out": None}
POOL = {"input": MAP, "boxes": ROIS, "output_size": (2, 2), "spatial_scale": 1.0, "out": None}
BACK = {"grad_output": POOLED, "boxes": ROIS, "input_shape": MAP.shape}
SAMPLES = {"spatial_scale": 1.0, "sampling_ratio": 0, "aligned": True}

# In the package itself.
CALLS = {
    **{f"{kind}_box_iou": PAIRWISE for kind in ("generalized", "distance")},
    **{f"aligned_{kind}_box_iou": ALIGNED for kind in ("generalized", "distance")},
    "complete_box_iou": {**PAIRWISE, "alpha_gate": 0.5},
    "aligned_complete_box_iou": {**ALIGNED, "alpha_gate": 0.5},
    "overlap": {**PAIRWISE, "kind": "giou"},
    "aligned_overlap": {**ALIGNED, "kind": "giou"},
    **{f"{kind}box_iou_backward": {"grad": np.ones((3, 3)), **ALIGNED} for kind in KINDS},
    **{f"aligned_{kind}box_iou_backward": {"grad": np.ones(3), **ALIGNED} for kind in KINDS},
    "box_convert_backward": {"grad": GOOD_BOXES, "in_fmt": "xywh", "out_fmt": "xyxy"},
    "diou_nms": {**SCORED, "threshold": 0.5, "beta": 0.6},
    "batched_diou_nms": {**SCORED, "idxs": np.array([0, 1, 0]), "threshold": 0.5, "beta": 0.6},
    "soft_nms": SOFT,
    "batched_soft_nms": {**SOFT, "idxs": np.array([0, 1, 0])},
    "best_label_above": {"scores": GOOD_BOXES, "score_threshold": 0.5},
    "class_specific_scores": {"objectness": GOOD_SCORES, "class_probs": GOOD_BOXES},
    "labels_above": {"scores": GOOD_BOXES, "score_threshold": 0.5},
    "select_candidates": {"scores": GOOD_SCORES, "score_threshold": 0.5, "top_k": 2},
    "roi_align": {**POOL, **SAMPLES},
    "roi_align_backward": {**BACK, **SAMPLES},
    "aligned_box_iou": ALIGNED,
    "batched_nms": {**SCORED, "idxs": np.array([0, 1, 0]), "iou_threshold": 0.5},
    "box_area": {"boxes": GOOD_BOXES},
    "box_convert": {"boxes": GOOD_BOXES, "in_fmt": "xyxy", "out_fmt": "xywh"},
    "box_iou": PAIRWISE,
    "clip_boxes_to_image": {"boxes": GOOD_BOXES, "size": (4, 4)},
    "nms": {**SCORED, "iou_threshold": 0.5},
    "remove_small_boxes": {"boxes": GOOD_BOXES, "min_size": 2},
    "roi_pool": POOL,
    "roi_pool_with_argmax": POOL,
    "roi_pool_backward": {**BACK, "argmax": ARGMAX},
    "encode_rcnn": {"boxes": GOOD_BOXES, "proposals": GOOD_BOXES, "weights": (10, 10, 5, 5)},
    "decode_rcnn": {"deltas": DELTAS, "proposals": GOOD_BOXES, "weights": (10, 10, 5, 5)},
    "encode_ssd": {"boxes": GOOD_BOXES, "priors": GOOD_BOXES, "variances": VARIANCES, "code": "corner"},
    "decode_ssd": {"deltas": DELTAS, "priors": GOOD_BOXES, "variances": VARIANCES, "code": "center_size"},
    "normalize_deltas": {"deltas": DELTAS, "means": VARIANCES[0], "stds": VARIANCES[0]},
    "denormalize_deltas": {"deltas": DELTAS, "means": VARIANCES[0], "stds": VARIANCES[0]},
    "delta_statistics": {"deltas": DELTAS, "labels": np.array([0, 1, 0]), "num_classes": 2},
    "grid_cell": {"centres": DELTAS[:, :2], "grid": (7, 7)},
    "every_cell": {"grid": (7, 7)},
    "encode_yolov1": {"boxes": GOOD_BOXES, "size": (9, 9), "grid": (7, 7)},
    "decode_yolov1": {"outputs": DELTAS, "cells": CELLS, "size": (9, 9), "grid": (7, 7)},
    "encode_yolov3": {"boxes": GOOD_BOXES, **ON_GRID, "scale_x_y": 1.2, "form": "exp"},
    "decode_yolov3": {"outputs": DELTAS, **ON_GRID, "scale_x_y": 1.2, "form": "new_coords"},
    "encode_yolov5": {"boxes": GOOD_BOXES, **ON_GRID},
    "decode_yolov5": {"outputs": DELTAS, **ON_GRID},
    "encode_detr": {"boxes": GOOD_BOXES, "size": (9, 9), "form": "logits"},
    "decode_detr": {"outputs": DELTAS, "size": (9, 9), "form": "normalized"},
    "letterbox": {"size": (4, 6), "canvas": (8, 8), "form": "yolov5", "stride": 4, "scaleup": True},
    "letterbox_boxes": {"boxes": GOOD_BOXES, "mapping": refdet.letterbox((4, 6), (8, 8))},
    "unletterbox_boxes": {"boxes": GOOD_BOXES, "mapping": refdet.letterbox((4, 6), (8, 8))},
}

IMAGE = np.arange(576, dtype=np.float32).reshape(24, 24) / 576
SCENE = Scene(
    (255 * IMAGE).astype(np.uint8), np.array([[2.0, 2, 10, 10], [12, 12, 20, 20]]), np.array([0, 1])
)
SMALL = Preset(proposals="windows", sides=(8,), stride=8, mining_stride=8, cell=4, grid=2)
MAPS = hog_features.orientation_maps([IMAGE, IMAGE], SMALL)
OF_EACH = {"maps": MAPS, "boxes": [GOOD_BOXES, GOOD_BOXES[:2]]}
CURVE = {"recall": np.array([0.25, 0.5, 0.5]), "precision": np.array([1, 1, 0.5])}
TRUTH = {"gt_boxes": [GOOD_BOXES], "gt_labels": [np.array([0, 1, 0])]}
FEATURES, MARKS = np.array([[2.0, 1], [1, 2], [-1, -2]]), np.array([[1], [1], [-1]])
SVM = {"cost": 1.0, "positive_weight": 2.0, "bias_scale": 1.0, "tolerance": 0.5}
OBJECTS = {"gt_boxes": GOOD_BOXES, "gt_labels": np.array([0, 1, 0])}
NEAR = {"proposals": GOOD_BOXES, **OBJECTS}

# In the modules of its packages.
CALLS |= CALLS_OF_PROPOSALS | CALLS_OF_MATCHING
CALLS |= {
    "boxes.formats.cxcywh_to_xyxy": {"boxes": GOOD_BOXES},
    "boxes.formats.xywh_to_xyxy": {"boxes": GOOD_BOXES},
    "boxes.formats.xyxy_to_cxcywh": {"boxes": GOOD_BOXES},
    "boxes.formats.xyxy_to_xywh": {"boxes": GOOD_BOXES},
    "boxes.logistic.logit": {"p": GOOD_SCORES},
    "boxes.logistic.sigmoid": {"x": GOOD_BOXES},
    "boxes.logistic.softplus": {"x": GOOD_BOXES},
    "classical.hard_negatives.mine_hard_negatives": {
        "positives": FEATURES,
        "labels": MARKS,
        "images": [(FEATURES, -np.ones((3, 1)))],
        "rng": np.random.default_rng(0),
        **SVM,
        "hard_above": -1.0,
        "retrain_after": 2,
        "easy_below": -1.2,
    },
    "classical.linear_svm.fit_linear_svm": {
        "features": FEATURES,
        "labels": MARKS,
        "rng": np.random.default_rng(0),
        **SVM,
        "loss": "hinge",
        "max_epochs": 5,
        "start": np.zeros((3, 1)),
    },
    "classical.orientation_map.orientation_map": {"image": IMAGE, "cell": 4, "orientations": 8},
    "classical.ridge_boxes.fit_ridge_boxes": {
        "features": FEATURES,
        "labels": np.array([0, 1, 0]),
        "targets": DELTAS,
        "num_classes": 2,
        "ridge": 1000.0,
        "bias": True,
        "whiten": True,
    },
    "data.scenes.digit_scenes": {
        "patches": np.ones((3, 8, 8)),
        "labels": np.arange(3),
        "rng": np.random.default_rng(0),
        "size": 64,
        "count": (1, 2),
        "scale": (2.5, 3.0),
    },
    "detections.Detections": {"boxes": GOOD_BOXES, "scores": GOOD_SCORES, "labels": np.array([0, 1, 0])},
    "detectors.hog_features.box_features": {**OF_EACH, "preset": SMALL, "kernels": vectorized},
    "detectors.hog_features.features_of_each": {**OF_EACH, "preset": SMALL, "kernels": vectorized},
    "detectors.hog_features.orientation_maps": {"images": [IMAGE, IMAGE], "preset": SMALL},
    "detectors.hog_features.window_features": {
        "maps": MAPS,
        "windows": GOOD_BOXES,
        "preset": SMALL,
        "kernels": vectorized,
    },
    "detectors.hog_preset.squares": {"boxes": GOOD_BOXES, "size": (9, 9)},
    "detectors.hog_svm.fit": {
        "scenes": [SCENE, SCENE],
        "num_classes": 2,
        "rng": np.random.default_rng(0),
        "preset": SMALL,
        "proposals": [GOOD_BOXES, GOOD_BOXES[:0]],
        "kernels": vectorized,
        "progress": None,
    },
    "evaluation.average_precision.area_ap": CURVE,
    "evaluation.average_precision.coco_ap": CURVE,
    "evaluation.average_precision.eleven_point_ap": {**CURVE, "variant": "arange"},
    "evaluation.average_precision.integrate": CURVE,
    "evaluation.average_precision.step_ap": CURVE,
    "evaluation.average_precision.voc_ap": {**CURVE, "use_07_metric": True, "variant": "arange"},
    "evaluation.average_precision.yolov5_ap": CURVE,
    "evaluation.course_listing.compute_map": {
        "det_boxes": [{"a": np.hstack([GOOD_BOXES, GOOD_SCORES[:, None]])}],
        "gt_boxes": [{"a": GOOD_BOXES}],
        "iou_threshold": 0.5,
        "method": "area",
    },
    "evaluation.matching.match_detections": {
        "boxes": GOOD_BOXES,
        "scores": GOOD_SCORES,
        "images": np.array([0, 1, 0]),
        "gt_boxes": GOOD_BOXES,
        "gt_images": np.array([0, 1, 0]),
        "iou_threshold": 0.5,
        "difficult": np.array([False, True, False]),
    },
    "evaluation.mean_average_precision.evaluate_detections": {
        "detections": [Detections(GOOD_BOXES, GOOD_SCORES, [0, 1, 0])],
        **TRUTH,
        "num_classes": 2,
        "iou_threshold": 0.5,
        "difficult": [np.array([False, True, False])],
    },
    "evaluation.mean_average_precision.mean_over_classes": {"average_precision": GOOD_SCORES},
    "evaluation.over_thresholds.evaluate_over_thresholds": {
        "detections": [Detections(GOOD_BOXES, GOOD_SCORES, [0, 1, 0])],
        **TRUTH,
        "num_classes": 2,
        "iou_thresholds": np.array([0.5, 0.75]),
        "difficult": [np.array([False, True, False])],
    },
    "evaluation.precision_recall.f1_score": {"precision": 0.5, "recall": 0.5},
    "evaluation.precision_recall.precision_at": {
        "true_positives": 3,
        "false_positives": 1,
        "empty_precision": 1.0,
    },
    "evaluation.precision_recall.precision_recall_curve": {
        "scores": GOOD_SCORES,
        "true_positive": np.array([True, False, True]),
        "positives": 2,
    },
    "evaluation.precision_recall.recall_at": {"true_positives": 3, "positives": 4},
    "matching.assignment.linear_sum_assignment": {"cost": GOOD_BOXES, "maximize": False},
    "matching.assignment.shortest_augmenting_path": {"cost": GOOD_BOXES},
    "matching.kuhn_munkres.kuhn_munkres": {"cost": GOOD_BOXES},
    "matching.line_cover.line_cover": {"zeros": np.eye(3, dtype=bool), "column_of": np.arange(3)},
    "matching.line_cover.maximum_matching": {"allowed": np.eye(3, dtype=bool)},
    "matching.best_ground_truth.best_ground_truth": {"proposals": GOOD_BOXES, "gt_boxes": GOOD_BOXES},
    "matching.rcnn_labels.fine_tuning_labels": {**NEAR, "foreground_from": 0.5},
    "matching.rcnn_labels.regression_pairs": {**NEAR, "overlap_above": 0.6},
    "matching.rcnn_labels.svm_box_labels": {**OBJECTS, "num_classes": 2, "negative_below": 0.3},
    "matching.rcnn_labels.svm_labels": {**NEAR, "num_classes": 2, "negative_below": 0.3},
}

CALLS |= LOSS_CALLS

# What is public and has no row: a module, or one function of it.


def function_of(name):
    """The function of that row."""
    module, _, last = name.rpartition(".")
    return getattr(importlib.import_module(f"refdet.{module}") if module else refdet, last)


def public_functions():
    """``package.module.function`` of every function that a module of refdet defines and does not hide."""
    for found in pkgutil.walk_packages(refdet.__path__, "refdet."):
        parts = found.name.split(".")[1:]
        if any(part.startswith("_") for part in parts) or parts[0] in ("cli", "kernels"):
            continue  # commands, and modules that need a compiler or a device
        for name, value in vars(importlib.import_module(found.name)).items():
            own = inspect.isfunction(value) and value.__module__ == found.name
            if own and not name.startswith(("_", "check_")):
                yield ".".join([*parts, name]), value
