"""detectron2 and YOLOv5, whose Python files build_sources.py copied; both call torchvision."""

from __future__ import annotations

import math
import time
from functools import cache

import numpy as np

from .built_libraries import VARIABLE
from .python_sources import of_pairs, taken, tensors
from .system import System, built, cxcywh

# detectron2: suppression and RoIs are torchvision's


@cache
def detectron2():
    import torch
    import torchvision

    folder = built(VARIABLE, "detectron2")
    names = {"torch": torch, "np": np, "math": math, "_maybe_jit_unused": lambda function: function}
    names |= {"box_ops": torchvision.ops.boxes, "nms": torchvision.ops.nms}
    taken(folder / "boxes.py", {"Boxes", "pairwise_intersection", "pairwise_iou"}, names)
    taken(folder / "nms.py", {"batched_nms"}, names)
    taken(folder / "giou_loss.py", {"giou_loss"}, names)
    taken(folder / "losses.py", {"diou_loss", "ciou_loss"}, names)
    names["_DEFAULT_SCALE_CLAMP"] = math.log(1000.0 / 16)
    taken(folder / "box_regression.py", {"Box2BoxTransform"}, names)
    return names


def detectron2_box_area(boxes):
    return detectron2()["Boxes"](*tensors(boxes)).area().numpy()


def detectron2_box_iou(first, second):
    names = detectron2()
    return names["pairwise_iou"](*(names["Boxes"](boxes) for boxes in tensors(first, second))).numpy()


def detectron2_nms(boxes, scores, threshold):
    """layers/nms.py takes it from torchvision."""
    return detectron2()["nms"](*tensors(boxes, scores), threshold).numpy()


def detectron2_batched_nms(boxes, scores, labels, threshold):
    return detectron2()["batched_nms"](*tensors(boxes, scores, labels), threshold).numpy()


def detectron2_roi_pool(cells, rois, output, scale):
    """modeling/poolers.py takes RoIPool from torchvision."""
    from torchvision.ops import RoIPool

    return RoIPool(output, scale)(*tensors(cells, rois)).numpy()


def detectron2_loss(name):
    """A loss of every pair."""
    return lambda first, second: of_pairs(detectron2()[name], first, second)


def detectron2_roi_align(cells, rois, output, scale, ratio, aligned):
    """layers/roi_align.py takes it from torchvision, aligned unless told."""
    from torchvision.ops import roi_align

    return roi_align(*tensors(cells, rois), output, scale, ratio or 0, aligned is not False).numpy()


def detectron2_encode_rcnn(boxes, proposals):
    """Box2BoxTransform with the weights of the second stage."""
    return (
        detectron2()["Box2BoxTransform"]((10.0, 10.0, 5.0, 5.0))
        .get_deltas(*tensors(proposals, boxes))
        .numpy()
    )


def detectron2_decode_rcnn(deltas, proposals):
    return (
        detectron2()["Box2BoxTransform"]((10.0, 10.0, 5.0, 5.0))
        .apply_deltas(*tensors(deltas, proposals))
        .numpy()
    )


# YOLOv5


@cache
def yolov5():
    import torch
    import torchvision

    folder = built(VARIABLE, "yolov5")
    names = {"torch": torch, "torchvision": torchvision, "np": np, "math": math, "time": time}
    taken(folder / "metrics.py", {"bbox_iou", "compute_ap"}, names)
    taken(folder / "general.py", {"xywh2xyxy", "non_max_suppression"}, names)
    return names


def yolov5_overlap(**form):
    """bbox_iou of corners, of all pairs; `form` asks for GIoU, DIoU or CIoU."""

    def overlap(first, second):
        first, second = tensors(first[:, None], second[None])
        return yolov5()["bbox_iou"](first, second, xywh=False, **form)[..., 0].numpy()

    return overlap


def yolov5_nms(boxes, scores, threshold):
    return yolov5_batched_nms(boxes, scores, np.zeros(len(boxes), int), threshold)


def yolov5_batched_nms(boxes, scores, labels, threshold):
    """non_max_suppression of one image; the index of each box travels along as a mask coefficient."""
    classes = scores[:, None] * (labels[:, None] == np.arange(3))
    columns = [cxcywh(boxes), np.ones((len(boxes), 1)), classes, np.arange(len(boxes))[:, None]]
    (prediction,) = tensors(np.hstack(columns)[None].astype(boxes.dtype))
    (found,) = yolov5()["non_max_suppression"](prediction, 0.0, threshold, nm=1)
    return found[:, -1].numpy().astype(np.int64)


SYSTEMS = {
    "detectron2": System(
        ("torch", "torchvision"),
        {
            "box_area": detectron2_box_area,
            "box_iou": detectron2_box_iou,
            "nms": detectron2_nms,
            "batched_nms": detectron2_batched_nms,
            "generalized_box_iou_loss": detectron2_loss("giou_loss"),
            "distance_box_iou_loss": detectron2_loss("diou_loss"),
            "complete_box_iou_loss": detectron2_loss("ciou_loss"),
            "roi_pool": detectron2_roi_pool,
            "roi_align": detectron2_roi_align,
            "encode_rcnn": detectron2_encode_rcnn,
            "decode_rcnn": detectron2_decode_rcnn,
        },
        {"detectron2": "0.5 (package detectron2-cdo); layers/losses.py 5082f2e", "fvcore": "0.1.5"},
        (VARIABLE, "detectron2"),
    ),
    "yolov5": System(
        ("torch", "torchvision"),
        {
            "box_iou": yolov5_overlap(),
            "generalized_box_iou": yolov5_overlap(GIoU=True),
            "distance_box_iou": yolov5_overlap(DIoU=True),
            "complete_box_iou": yolov5_overlap(CIoU=True),
            "nms": yolov5_nms,
            "batched_nms": yolov5_batched_nms,
        },
        {"yolov5": "7.0 (package 7.0.14)"},
        (VARIABLE, "yolov5"),
    ),
}
