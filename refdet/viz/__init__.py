"""Pictures with matplotlib: of steps and of results.

``draw(ax, step)`` shows a step of the trace of

- ``nms``: `nms`, `diou_nms` and their batched forms
- ``soft_nms``: `soft_nms`, `batched_soft_nms`
- ``overlaps``: `box_iou`, `generalized_box_iou`, `distance_box_iou`, `complete_box_iou`, `overlap` and their
  aligned forms
- ``coders``: `encode_rcnn`, `decode_rcnn`
- ``grid_coders``: `encode_ssd`, `decode_ssd`, `grid_cell`, `encode_yolov1`, `decode_yolov1`, `encode_yolov3`,
  `decode_yolov3`, `encode_yolov5`, `decode_yolov5`, `encode_detr`, `decode_detr`, `letterbox`, `letterbox_boxes`,
  `unletterbox_boxes`
- ``delta_normalization``: `delta_statistics`, `normalize_deltas`, `denormalize_deltas`
- ``roi_pool``: `roi_pool`, `roi_pool_with_argmax`, `roi_pool_backward`
- ``roi_align``: `roi_align`, `roi_align_backward`
- ``losses``: `rcnn_svm_loss`, `rcnn_ridge_loss`, and what a total does itself
- ``totals``: `localizer_loss`, `fast_rcnn_loss`, `rpn_loss`, `faster_rcnn_loss`, and what they are made of,
  `log_softmax`, `cross_entropy`, `binary_cross_entropy_with_logits`, `smooth_l1_loss`
- ``terms``: `log_softmax`, `softmax`, `smooth_labels`, `cross_entropy`, `binary_cross_entropy_with_logits`,
  `sigmoid_focal_loss`, `quality_focal_loss`, `smooth_l1_loss`, `hinge_loss`, `box_iou_loss`,
  `generalized_box_iou_loss`, `distance_box_iou_loss`, `complete_box_iou_loss`, `localizer_loss_backward`,
  `fast_rcnn_loss_backward`, `rpn_loss_backward`, `rcnn_svm_loss_backward`, and what ``overlaps`` draws: `box_iou`,
  `generalized_box_iou`, `distance_box_iou`, `complete_box_iou`, `aligned_box_iou`, `aligned_generalized_box_iou`,
  `aligned_distance_box_iou`, `aligned_complete_box_iou`, `overlap`, `aligned_overlap`
- ``matching``: `match_detections`
- ``average_precision``: `precision_recall_curve`, `step_ap`, `area_ap`, `eleven_point_ap`, `coco_ap`, `yolov5_ap`,
  `voc_ap`, `integrate`
- ``evaluation``: `evaluate_detections`, `compute_map`, `evaluate_over_thresholds`, and what they are made of,
  `match_detections`, `precision_recall_curve`, `step_ap`, `area_ap`, `eleven_point_ap`, `coco_ap`, `yolov5_ap`,
  `voc_ap`, `integrate`
- ``assignment``: `kuhn_munkres`, `shortest_augmenting_path`, `linear_sum_assignment`
- ``segmentation``: `graph_segmentation`
- ``selective_search``: `selective_search`, `hierarchical_grouping`
- ``warping``: `warp_proposal`
- ``rcnn_labels``: `best_ground_truth`, `fine_tuning_labels`, `svm_labels`, `svm_box_labels`, `regression_pairs` with
  its `encode_rcnn`
- ``sampling``: `sample`, `fine_tuning_batch`
- ``linear_svm``: `fit_linear_svm`
- ``hard_negatives``: `mine_hard_negatives`, and its `fit_linear_svm`
- ``ridge_boxes``: `fit_ridge_boxes`
- ``box_formats``: `box_convert`, `box_convert_backward`
- ``overlap_gradients``: `box_iou_backward`, `generalized_box_iou_backward`, `distance_box_iou_backward`,
  `complete_box_iou_backward` and their aligned forms
- ``candidates``: `select_candidates`, `labels_above`, `best_label_above`, `class_specific_scores`

and `filmstrip` puts the steps side by side. Every algorithm with a trace has a picture. ``detections``,
``curves`` and ``regions`` draw results, ``losses`` the families of losses over their input too.

Matplotlib (extra ``viz``) is imported by the functions that need it, and only its object-oriented part: no
window system, no global figure, no backend is chosen.
"""

from refdet.viz import (
    assignment,
    average_precision,
    box_formats,
    candidates,
    coders,
    curves,
    delta_normalization,
    detections,
    evaluation,
    grid_coders,
    hard_negatives,
    linear_svm,
    losses,
    matching,
    nms,
    overlap_gradients,
    overlaps,
    rcnn_labels,
    regions,
    ridge_boxes,
    roi_align,
    roi_pool,
    sampling,
    segmentation,
    selective_search,
    soft_nms,
    terms,
    totals,
    warping,
)
from refdet.viz.film import filmstrip

__all__ = [
    "assignment",
    "average_precision",
    "box_formats",
    "candidates",
    "coders",
    "curves",
    "delta_normalization",
    "detections",
    "evaluation",
    "filmstrip",
    "grid_coders",
    "hard_negatives",
    "linear_svm",
    "losses",
    "matching",
    "nms",
    "overlap_gradients",
    "overlaps",
    "regions",
    "rcnn_labels",
    "ridge_boxes",
    "roi_align",
    "roi_pool",
    "sampling",
    "segmentation",
    "selective_search",
    "soft_nms",
    "terms",
    "totals",
    "warping",
]
