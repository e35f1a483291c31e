"""One call of every algorithm with steps, by the name of its schema in tests/schemas. Add a row for yours."""

import numpy as np
from calls import function_of
from loss_calls import LOSS_CALLS

import refdet
from refdet import evaluation
from refdet.classical.hard_negatives import mine_hard_negatives
from refdet.classical.linear_svm import fit_linear_svm
from refdet.classical.ridge_boxes import fit_ridge_boxes
from refdet.detections import Detections
from refdet.evaluation import average_precision, precision_recall
from refdet.evaluation.matching import match_detections
from refdet.matching import rcnn_labels, sampling
from refdet.matching.assignment import linear_sum_assignment, shortest_augmenting_path
from refdet.matching.best_ground_truth import best_ground_truth
from refdet.matching.kuhn_munkres import kuhn_munkres
from refdet.proposals.grouping import hierarchical_grouping
from refdet.proposals.region_features import measure_regions
from refdet.proposals.segmentation import graph_segmentation
from refdet.proposals.selective_search import selective_search
from refdet.proposals.warping import warp_proposal

TWO = (
    np.array([[0, 0, 4, 4], [1, 0, 5, 4], [9, 9, 12, 12]], np.float32),
    np.array([0.9, 0.8, 0.7], np.float32),
)
POINTS = np.array([[2.0, 1], [1, 2], [-1, -2], [-2, -1]])
MAP = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)

TRACES = {
    "nms": lambda: refdet.nms.trace(*TWO, 0.5),
    "batched_nms": lambda: refdet.batched_nms.trace(*TWO, [0, 0, 1], 0.5),
    "batched_nms_torchvision": lambda: refdet.batched_nms.trace(
        *TWO, [0, 0, 1], 0.5, convention=refdet.TORCHVISION
    ),
    "soft_nms": lambda: refdet.soft_nms.trace(*TWO),
    "batched_soft_nms": lambda: refdet.batched_soft_nms.trace(*TWO, [0, 0, 1], method="gaussian"),
    "box_iou": lambda: refdet.box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_box_iou": lambda: refdet.aligned_box_iou.trace(TWO[0], TWO[0]),
    "generalized_box_iou": lambda: refdet.generalized_box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_generalized_box_iou": lambda: refdet.aligned_generalized_box_iou.trace(TWO[0], TWO[0]),
    "distance_box_iou": lambda: refdet.distance_box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_distance_box_iou": lambda: refdet.aligned_distance_box_iou.trace(TWO[0], TWO[0]),
    "complete_box_iou": lambda: refdet.complete_box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_complete_box_iou": lambda: refdet.aligned_complete_box_iou.trace(TWO[0], TWO[0]),
    "diou_nms": lambda: refdet.diou_nms.trace(*TWO, 0.5),
    "batched_diou_nms": lambda: refdet.batched_diou_nms.trace(*TWO, [0, 0, 1], 0.5),
    "batched_diou_nms_torchvision": lambda: refdet.batched_diou_nms.trace(
        *TWO, [0, 0, 1], 0.5, convention=refdet.TORCHVISION
    ),
    "roi_pool": lambda: refdet.roi_pool.trace(MAP, [[0, 0, 0, 3, 3]], (2, 2)),
    "roi_align": lambda: refdet.roi_align.trace(MAP, [[0, 0, 0, 4, 4]], (2, 2)),
    "roi_pool_backward": lambda: refdet.roi_pool_backward.trace(
        MAP[..., :2, :2], [[[[5, 7], [13, -1]]]], [[0, 0, 0, 3, 3]], MAP.shape
    ),
    "roi_align_backward": lambda: refdet.roi_align_backward.trace(
        MAP[..., :2, :2], [[0, 0, 0, 4, 4]], MAP.shape
    ),
    "match_detections": lambda: match_detections.trace(
        [[0, 0, 4, 4], [0, 0, 4, 3], [9, 9, 12, 12], [20, 0, 24, 4]],
        [0.9, 0.8, 0.7, 0.6],
        [0, 0, 0, 0],
        [[0, 0, 4, 4], [9, 9, 12, 12]],
        [0, 0],
        difficult=np.array([False, True]),
    ),
    "precision_recall_curve": lambda: precision_recall.precision_recall_curve.trace(
        [0.9, 0.8], np.array([True, False]), 2
    ),
    "fit_linear_svm": lambda: fit_linear_svm.trace(
        POINTS, np.array([[1], [1], [-1], [-1]]), rng=np.random.default_rng(0)
    ),
    "mine_hard_negatives": lambda: mine_hard_negatives.trace(
        POINTS[:2],
        np.ones((2, 1)),
        [(POINTS[2:], -np.ones((2, 1)))] * 2,
        rng=np.random.default_rng(0),
        retrain_after=0,
    ),
    "fit_ridge_boxes": lambda: fit_ridge_boxes.trace(POINTS, [0, 0, 1, 1], POINTS[:, [0, 1, 0, 1]], 2),
}
LABELLED = ([[0, 0, 4, 4], [0, 0, 4, 3], [9, 9, 12, 12]], [[0, 0, 4, 4]], [1])
TRACES |= {
    "best_ground_truth": lambda: best_ground_truth.trace(*LABELLED[:2]),
    "fine_tuning_labels": lambda: rcnn_labels.fine_tuning_labels.trace(*LABELLED),
    "svm_labels": lambda: rcnn_labels.svm_labels.trace(*LABELLED, 2),
    "svm_box_labels": lambda: rcnn_labels.svm_box_labels.trace(*LABELLED[1:], 2),
    "regression_pairs": lambda: rcnn_labels.regression_pairs.trace(*LABELLED),
    "sample": lambda: sampling.sample.trace([0, 1], [2, 3, 4], 3, 0.5, np.random.default_rng(0)),
    "fine_tuning_batch": lambda: sampling.fine_tuning_batch.trace(
        [0, 2, 0, 1], rng=np.random.default_rng(0), total=3
    ),
}
TRACES |= {
    "hierarchical_grouping": lambda: hierarchical_grouping.trace(
        measure_regions([[0, 0, 1], [2, 2, 1]], [[0, 0, 9], [5, 5, 9]])
    ),
    "selective_search": lambda: selective_search.trace(
        np.array([[0, 0, 99], [50, 50, 99]]), rng=np.random.default_rng(0), ks=[2], width=None, min_side=1
    ),
    "warp_proposal": lambda: warp_proposal.trace([[1, 2], [3, 4]], [0, 0, 1, 2], 4, padding=1),
    "graph_segmentation": lambda: graph_segmentation.trace([[0, 0, 9], [0, 1, 9]], 8, sigma=0, min_size=3),
}
ONE, ANCHOR = [[1, 1, 5, 4]], [[0, 0, 4, 4]]
ON_GRID = ([[0, 0]], [[4, 3]], 8)
FITTED = refdet.letterbox((4, 8), (8, 8))
TRACES |= {
    "encode_rcnn": lambda: refdet.encode_rcnn.trace(ONE, ANCHOR),
    "decode_rcnn": lambda: refdet.decode_rcnn.trace(ONE, ANCHOR),
    "encode_ssd": lambda: refdet.encode_ssd.trace(ONE, ANCHOR),
    "decode_ssd": lambda: refdet.decode_ssd.trace(ONE, ANCHOR),
    "normalize_deltas": lambda: refdet.normalize_deltas.trace(ONE),
    "denormalize_deltas": lambda: refdet.denormalize_deltas.trace(ONE),
    "delta_statistics": lambda: refdet.delta_statistics.trace(ONE, [0], 1),
    "grid_cell": lambda: refdet.grid_cell.trace([[0.2, 0.7]], 7),
    "encode_yolov1": lambda: refdet.encode_yolov1.trace(ONE, (8, 8)),
    "decode_yolov1": lambda: refdet.decode_yolov1.trace([[0.5, 0.5, 1, 1]], [[0, 0]], (8, 8)),
    "encode_yolov3": lambda: refdet.encode_yolov3.trace(ONE, *ON_GRID),
    "decode_yolov3": lambda: refdet.decode_yolov3.trace([[0, 0, 0, 0]], *ON_GRID),
    "encode_yolov5": lambda: refdet.encode_yolov5.trace(ONE, *ON_GRID),
    "decode_yolov5": lambda: refdet.decode_yolov5.trace([[0, 0, 0, 0]], *ON_GRID),
    "encode_detr": lambda: refdet.encode_detr.trace(ONE, (8, 8), "logits"),
    "decode_detr": lambda: refdet.decode_detr.trace([[0, 0, 0, 0]], (8, 8), "logits"),
    "kuhn_munkres": lambda: kuhn_munkres.trace([[8, 4, 6, 0], [0, 3, 5, 2], [0, 7, 1, 7], [2, 0, 0, 1]]),
    "letterbox": lambda: refdet.letterbox.trace((4, 8), (8, 8)),
    "shortest_augmenting_path": lambda: shortest_augmenting_path.trace([[1.0, 2], [1, 6]]),
    "linear_sum_assignment": lambda: linear_sum_assignment.trace([[1.0, 2], [1, 6]]),
    "letterbox_boxes": lambda: refdet.letterbox_boxes.trace(ONE, FITTED),
    "unletterbox_boxes": lambda: refdet.unletterbox_boxes.trace(ONE, FITTED),
}
TRACES |= {
    f"{form}{kind}box_iou_backward": lambda form=form, kind=kind: getattr(
        refdet, f"{form}{kind}box_iou_backward"
    ).trace([0.5] if form else [[0.5]], ONE, ANCHOR)
    for form in ("", "aligned_")
    for kind in ("", "generalized_", "distance_", "complete_")
}
TRACES |= {
    "overlap": lambda: refdet.overlap.trace(ONE, ANCHOR, "giou"),
    "aligned_overlap": lambda: refdet.aligned_overlap.trace(ONE, ANCHOR, "diou"),
    "box_convert": lambda: refdet.box_convert.trace(ONE, "xyxy", "cxcywh"),
    "box_convert_backward": lambda: refdet.box_convert_backward.trace(ONE, "xyxy", "cxcywh"),
    "select_candidates": lambda: refdet.select_candidates.trace(TWO[1], 0.75, 1),
    "class_specific_scores": lambda: refdet.class_specific_scores.trace(TWO[1], [0.5, 0.25]),
    "labels_above": lambda: refdet.labels_above.trace(TWO[1][:, None], 0.75),
    "best_label_above": lambda: refdet.best_label_above.trace(TWO[1][:, None], 0.75),
}
TRACES |= {
    name: lambda name=name: getattr(average_precision, name).trace([0.5, 0.5], [1, 0.5])
    for name in ("step_ap", "area_ap", "eleven_point_ap", "coco_ap", "yolov5_ap", "voc_ap", "integrate")
}
FOUND = Detections(*TWO, [0, 1, 0])
TRUTH = [[0, 0, 4, 4], [9, 9, 12, 12]]
TRACES |= {
    "evaluate_detections": lambda: evaluation.evaluate_detections.trace([FOUND], [TRUTH], [[0, 0]], 2),
    "evaluate_over_thresholds": lambda: evaluation.evaluate_over_thresholds.trace(
        [FOUND], [TRUTH], [[0, 0]], 2, [0.5, 0.75]
    ),
    "compute_map": lambda: evaluation.compute_map.trace([{"a": [[0, 0, 4, 4, 0.9]]}], [{"a": TRUTH}]),
}
TRACES |= {
    name.rpartition(".")[2]: lambda name=name: function_of(name).trace(**LOSS_CALLS[name])
    for name in LOSS_CALLS
    if hasattr(function_of(name), "trace")
}
