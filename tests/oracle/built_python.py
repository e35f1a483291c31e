"""Systems in Python and Octave whose files build_sources.py copied: mmcv with mmdet, detectron2, YOLOv5, VOC devkit.

Their packages import much that these functions do not need, so that each function is taken out of its file.
"""

from __future__ import annotations

import __future__

import ast
import importlib.util
import math
import os
import subprocess
import tempfile
import time
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np

from .built_libraries import VARIABLE, pooled_by
from .system import System, built, cxcywh

SHIM = Path(__file__).parent / "shims" / "voc.m"


def taken(path, names, namespace):
    """Run the definitions of these names in `namespace`, without their decorators."""
    body = [node for node in ast.parse(path.read_text()).body if getattr(node, "name", None) in names]
    for node in body:
        node.decorator_list = []
    flags = __future__.annotations.compiler_flag
    exec(compile(ast.Module(body, []), str(path), "exec", flags), namespace)
    return namespace


def tensors(*arrays):
    import torch

    return [torch.tensor(array) for array in arrays]


# mmcv, its CPU kernels under its own Python; mmdet for overlaps


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
    return names


def mmcv_box_iou(first, second):
    return mmcv()["bbox_overlaps"](*tensors(first, second)).numpy()


def mmcv_nms(boxes, scores, threshold):
    return mmcv()["nms"](boxes, scores, threshold)[1].astype(np.int64)


def mmcv_batched_nms(boxes, scores, labels, threshold):
    return mmcv()["batched_nms"](*tensors(boxes, scores, labels), {"type": "nms", "iou_threshold": threshold})[1].numpy()


# detectron2, which calls torchvision for suppression and RoIs


@cache
def detectron2():
    import torch
    import torchvision

    folder = built(VARIABLE, "detectron2")
    names = {"torch": torch, "np": np, "math": math, "_maybe_jit_unused": lambda function: function}
    names |= {"box_ops": torchvision.ops.boxes, "nms": torchvision.ops.nms}
    taken(folder / "boxes.py", {"Boxes", "pairwise_intersection", "pairwise_iou"}, names)
    taken(folder / "nms.py", {"batched_nms"}, names)
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


def yolov5_box_iou(first, second):
    return yolov5_overlap(first, second)


def yolov5_overlap(first, second, **form):
    """bbox_iou of corners; `form` says GIoU, DIoU or CIoU."""
    first, second = tensors(first[:, None], second[None])
    return yolov5()["bbox_iou"](first, second, xywh=False, **form)[..., 0].numpy()


def yolov5_nms(boxes, scores, threshold):
    return yolov5_batched_nms(boxes, scores, np.zeros(len(boxes), int), threshold)


def yolov5_batched_nms(boxes, scores, labels, threshold):
    """non_max_suppression of one image; the index of each box travels along as a mask coefficient."""
    classes = scores[:, None] * (labels[:, None] == np.arange(3))
    columns = [cxcywh(boxes), np.ones((len(boxes), 1)), classes, np.arange(len(boxes))[:, None]]
    (prediction,) = tensors(np.hstack(columns)[None].astype(boxes.dtype))
    (found,) = yolov5()["non_max_suppression"](prediction, 0.0, threshold, nm=1)
    return found[:, -1].numpy().astype(np.int64)


# The VOC devkit


def voc(questions):
    """(11-point AP, area, recall, precision) for each (minoverlap, truths, detections), asked of VOCevaldet.m."""
    lines = []
    for threshold, truths, detections in questions:
        lines.append(f"{threshold!r} {len(truths)} {len(detections)}")
        lines += [" ".join(map(repr, row)) for row in (*truths, *detections)]
    with tempfile.TemporaryDirectory() as folder:
        asked, told = Path(folder, "questions"), Path(folder, "answers")
        asked.write_text("\n".join(lines) + "\n")
        command = ["octave-cli", "--norc", "--quiet", str(SHIM)]
        environment = os.environ | {"VOC_QUESTIONS": str(asked), "VOC_ANSWERS": str(told)}
        subprocess.run(
            command, cwd=built(VARIABLE, "voc"), env=environment, check=True, stderr=subprocess.DEVNULL
        )
        numbers = iter(told.read_text().split())
    for _ in questions:
        points, area, count = float(next(numbers)), float(next(numbers)), int(next(numbers))
        curve = np.array([[float(next(numbers)), float(next(numbers))] for _ in range(count)]).reshape(-1, 2)
        yield points, area, curve[:, 0], curve[:, 1]


def voc_box_iou(first, second):
    """The largest minoverlap at which the detection is right, found by halving; 0 where none is.

    The search begins around the quotient of exact areas, which decides nothing: if it is wrong, from 0 to 2.
    """
    pairs = [([(1, *a, 0)], [(1, *b, 0.5)]) for a in first.tolist() for b in second.tolist()]

    def right(thresholds):
        questions = [(float(t), *pair) for t, pair in zip(thresholds, pairs, strict=True)]
        return np.array([recall[0] == 1 for _, _, recall, _ in voc(questions)])

    guess = np.array([inclusive_overlap(pair[0][0][1:5], pair[1][0][1:5]) for pair in pairs])
    low, high = guess * (1 - 2.0**-48), np.maximum(guess * (1 + 2.0**-48), 5e-324)
    low, high = np.where(right(low), low, 0.0), np.where(right(high), 2.0, high)
    # Above 0 the doubles are ordered as their bits are.
    low, high = low.view(np.int64), high.view(np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        found = right(middle.view(np.float64))
        low, high = np.where(found, middle, low), np.where(found, high, middle)
    return low.view(np.float64).reshape(len(first), len(second))


def inclusive_overlap(a, b):
    """Intersection over union of two boxes whose corners are pixels, as a fraction rounded once."""
    a, b = (list(map(Fraction, box)) for box in (a, b))
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) + 1 for i in (0, 1))
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b))
    return float(width * height / (areas - width * height))


SYSTEMS = {
    "mmcv": System(
        ("torch",),
        {
            "box_iou": mmcv_box_iou,
            "nms": mmcv_nms,
            "batched_nms": mmcv_batched_nms,
            "roi_pool_with_argmax": pooled_by("mmcv", None, np.int32(0)),
        },
        {"mmcv": "2.2.0", "mmdet": "3.3.0"},
        (VARIABLE, "mmcv"),
    ),
    "detectron2": System(
        ("torch", "torchvision"),
        {
            "box_area": detectron2_box_area,
            "box_iou": detectron2_box_iou,
            "nms": detectron2_nms,
            "batched_nms": detectron2_batched_nms,
            "roi_pool": detectron2_roi_pool,
        },
        {"detectron2": "0.5; layers/losses.py 5082f2e", "fvcore": "0.1.5"},
        (VARIABLE, "detectron2"),
    ),
    "yolov5": System(
        ("torch", "torchvision"),
        {"box_iou": yolov5_box_iou, "nms": yolov5_nms, "batched_nms": yolov5_batched_nms},
        {"yolov5": "7.0"},
        (VARIABLE, "yolov5"),
    ),
    "voc": System(
        (),
        {"box_iou": voc_box_iou},
        {"VOCevaldet.m": "npinto/VOCdevkit b0890ec", "VOCap.m": "VOC2011 devkit"},
        (VARIABLE, "voc"),
        "octave-cli",
    ),
}
