"""Object detection, from IoU to DETR, in NumPy that one can read, step through and trust."""

from refdet.boxes.area import box_area
from refdet.boxes.clip import clip_boxes_to_image
from refdet.boxes.formats import box_convert, box_convert_backward
from refdet.boxes.small_boxes import remove_small_boxes
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import aligned_box_iou, box_iou
from refdet.ops.diou_nms import batched_diou_nms, diou_nms
from refdet.ops.nms import batched_nms, nms
from refdet.ops.overlap_gradients import (
    aligned_box_iou_backward,
    aligned_complete_box_iou_backward,
    aligned_distance_box_iou_backward,
    aligned_generalized_box_iou_backward,
    box_iou_backward,
    complete_box_iou_backward,
    distance_box_iou_backward,
    generalized_box_iou_backward,
)
from refdet.ops.overlap_kinds import aligned_overlap, overlap
from refdet.ops.overlaps import (
    aligned_complete_box_iou,
    aligned_distance_box_iou,
    aligned_generalized_box_iou,
    complete_box_iou,
    distance_box_iou,
    generalized_box_iou,
)
from refdet.ops.roi_pool import roi_pool, roi_pool_backward, roi_pool_with_argmax
from refdet.profiles import COCO, FAST_RCNN, ONNX, OPENCV, TORCHVISION

__version__ = "0.1.0"

__all__ = [
    # conventions
    "COCO",
    "FAST_RCNN",
    "ONNX",
    "OPENCV",
    "REFDET",
    "TORCHVISION",
    "Convention",
    # boxes
    "box_area",
    "box_convert",
    "box_convert_backward",
    "clip_boxes_to_image",
    "remove_small_boxes",
    # overlaps
    "aligned_box_iou",
    "aligned_complete_box_iou",
    "aligned_distance_box_iou",
    "aligned_generalized_box_iou",
    "aligned_overlap",
    "box_iou",
    "complete_box_iou",
    "distance_box_iou",
    "generalized_box_iou",
    "overlap",
    # their gradients
    "aligned_box_iou_backward",
    "aligned_complete_box_iou_backward",
    "aligned_distance_box_iou_backward",
    "aligned_generalized_box_iou_backward",
    "box_iou_backward",
    "complete_box_iou_backward",
    "distance_box_iou_backward",
    "generalized_box_iou_backward",
    # suppression
    "batched_diou_nms",
    "batched_nms",
    "diou_nms",
    "nms",
    # regions of interest
    "roi_pool",
    "roi_pool_backward",
    "roi_pool_with_argmax",
]
