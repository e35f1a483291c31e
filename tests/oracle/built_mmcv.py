"""mmcv, its CPU kernels under its own Python, and mmdet, as build_sources.py built and copied them."""

from __future__ import annotations

import importlib.util
import math
from functools import cache

import numpy as np

from .built_libraries import VARIABLE, pooled_by
from .python_sources import of_pairs, taken, tensors
from .system import System, built


@cache
def mmcv():
    """A namespace with what runs of mmcv and mmdet."""
    import torch

    folder = built(VARIABLE, "mmcv")
    spec = importlib.util.spec_from_file_location("mmcv_cpu", next(folder.glob("mmcv_cpu.*")))
    kernels = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kernels)
    names = {"torch": torch, "np": np, "math": math, "Tensor": torch.Tensor, "ext_module": kernels}
    taken(folder / "nms.py", {"NMSop", "SoftNMSop", "nms", "soft_nms", "batched_nms"}, names)
    taken(folder / "bbox_overlaps.py", {"fp16_clamp", "bbox_overlaps"}, names)
    taken(folder / "iou_loss.py", {"diou_loss", "ciou_loss"}, names)
    taken(folder / "delta_xywh_bbox_coder.py", {"bbox2delta", "delta2bbox"}, names)
    return names


def mmcv_box_iou(first, second):
    return mmcv()["bbox_overlaps"](*tensors(first, second)).numpy()


def mmcv_nms(boxes, scores, threshold):
    return mmcv()["nms"](boxes, scores, threshold)[1].astype(np.int64)


def mmcv_batched_nms(boxes, scores, labels, threshold):
    return mmcv()["batched_nms"](
        *tensors(boxes, scores, labels), {"type": "nms", "iou_threshold": threshold}
    )[1].numpy()


def mmcv_soft_nms(boxes, scores, threshold, sigma, least, method):
    dets, keep = mmcv()["soft_nms"](boxes, scores, threshold, sigma, least, method)
    return keep.astype(np.int64), dets[:, 4]


def mmcv_generalized_box_iou(first, second):
    return mmcv()["bbox_overlaps"](*tensors(first, second), mode="giou").numpy()


def mmcv_loss(name):
    """A loss of every pair."""
    return lambda first, second: of_pairs(mmcv()[name], first, second)


def mmcv_roi_pool(*arguments):
    return pooled_by("mmcv", None, 0)(*arguments)[0]


def mmcv_roi_align(cells, rois, output, scale, ratio, aligned):
    """The kernel of RoIAlign, pool_mode "avg", aligned unless told."""
    import torch

    out = torch.zeros(len(rois), cells.shape[1], *output, dtype=tensors(cells)[0].dtype)
    unused = torch.zeros(0, dtype=out.dtype), torch.zeros(0, dtype=out.dtype)
    numbers = (*output, scale, ratio or 0, 1, aligned is not False)
    mmcv()["ext_module"].roi_align_forward(*tensors(cells, rois), out, *unused, *numbers)
    return out.numpy()


def mmcv_encode_rcnn(boxes, proposals):
    return mmcv()["bbox2delta"](*tensors(proposals, boxes)).numpy()


def mmcv_decode_rcnn(deltas, proposals):
    return mmcv()["delta2bbox"](*tensors(proposals, deltas)).numpy()


SYSTEMS = {
    "mmcv": System(
        ("torch",),
        {
            "box_iou": mmcv_box_iou,
            "nms": mmcv_nms,
            "batched_nms": mmcv_batched_nms,
            "soft_nms": mmcv_soft_nms,
            "generalized_box_iou": mmcv_generalized_box_iou,
            "distance_box_iou_loss": mmcv_loss("diou_loss"),
            "gated_complete_box_iou_loss": mmcv_loss("ciou_loss"),
            "roi_pool": mmcv_roi_pool,
            "roi_pool_with_argmax": pooled_by("mmcv", None, 0),
            "roi_align": mmcv_roi_align,
            "encode_rcnn": mmcv_encode_rcnn,
            "decode_rcnn": mmcv_decode_rcnn,
        },
        {"mmcv": "2.2.0", "mmdet": "3.3.0"},
        (VARIABLE, "mmcv"),
    ),
}
