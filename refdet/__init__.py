"""Object detection, from IoU to DETR, in NumPy that one can read, step through and trust."""

from refdet.boxes.area import box_area
from refdet.boxes.clip import clip_boxes_to_image
from refdet.boxes.formats import box_convert
from refdet.boxes.small_boxes import remove_small_boxes
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import aligned_box_iou, box_iou
from refdet.ops.nms import batched_nms, nms
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
    "clip_boxes_to_image",
    "remove_small_boxes",
    # overlaps
    "aligned_box_iou",
    "box_iou",
    # suppression
    "batched_nms",
    "batched_soft_nms",
    "nms",
    "soft_nms",
    # regions of interest
    "roi_align",
    "roi_align_backward",
    "roi_pool",
    "roi_pool_backward",
    "roi_pool_with_argmax",
]
