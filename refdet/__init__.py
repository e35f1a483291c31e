"""Object detection, from IoU to DETR, in NumPy that one can read, step through and trust."""

from refdet.boxes.area import box_area
from refdet.boxes.candidates import select_candidates
from refdet.boxes.class_scores import best_label_above, class_specific_scores, labels_above
from refdet.boxes.clip import clip_boxes_to_image
from refdet.boxes.delta_normalization import delta_statistics, denormalize_deltas, normalize_deltas
from refdet.boxes.detr import decode_detr, encode_detr
from refdet.boxes.formats import box_convert, box_convert_backward
from refdet.boxes.grid import every_cell, grid_cell
from refdet.boxes.letterbox import letterbox, letterbox_boxes, unletterbox_boxes
from refdet.boxes.rcnn import decode_rcnn, encode_rcnn
from refdet.boxes.small_boxes import remove_small_boxes
from refdet.boxes.ssd import decode_ssd, encode_ssd
from refdet.boxes.yolov1 import decode_yolov1, encode_yolov1
from refdet.boxes.yolov3 import decode_yolov3, encode_yolov3
from refdet.boxes.yolov5 import decode_yolov5, encode_yolov5
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
from refdet.ops.roi_align import roi_align, roi_align_backward
from refdet.ops.roi_pool import roi_pool, roi_pool_backward, roi_pool_with_argmax
from refdet.ops.soft_nms import batched_soft_nms, soft_nms
from refdet.profiles import (
    CAFFE_SSD,
    COCO,
    DARKNET,
    DARKNET_AB,
    DETECTRON2,
    FAST_RCNN,
    MMCV,
    ONNX,
    OPENCV,
    TORCHVISION,
    TORCHVISION_CUDA,
    VOC,
    YOLOV5,
)

__version__ = "0.1.0"

__all__ = [
    # conventions
    "CAFFE_SSD",
    "COCO",
    "DARKNET",
    "DARKNET_AB",
    "DETECTRON2",
    "FAST_RCNN",
    "MMCV",
    "ONNX",
    "OPENCV",
    "REFDET",
    "TORCHVISION",
    "TORCHVISION_CUDA",
    "VOC",
    "YOLOV5",
    "Convention",
    # boxes
    "box_area",
    "box_convert",
    "box_convert_backward",
    "clip_boxes_to_image",
    "remove_small_boxes",
    # encoding and decoding
    "decode_detr",
    "decode_rcnn",
    "decode_ssd",
    "decode_yolov1",
    "decode_yolov3",
    "decode_yolov5",
    "delta_statistics",
    "denormalize_deltas",
    "encode_detr",
    "encode_rcnn",
    "encode_ssd",
    "encode_yolov1",
    "encode_yolov3",
    "encode_yolov5",
    "every_cell",
    "grid_cell",
    "letterbox",
    "letterbox_boxes",
    "normalize_deltas",
    "unletterbox_boxes",
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
    # scores before suppression
    "best_label_above",
    "class_specific_scores",
    "labels_above",
    "select_candidates",
    # suppression
    "batched_diou_nms",
    "batched_nms",
    "batched_soft_nms",
    "diou_nms",
    "nms",
    "soft_nms",
    # regions of interest
    "roi_align",
    "roi_align_backward",
    "roi_pool",
    "roi_pool_backward",
    "roi_pool_with_argmax",
]
