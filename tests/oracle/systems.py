"""The real systems by name: those that are packages, and py-faster-rcnn with Caffe, which build_fast_rcnn.py builds.

system.py says what a system is; those that build_sources.py builds stand in built_libraries.py,
built_mmcv.py, built_python.py and built_voc.py.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from pathlib import Path

import numpy as np

from . import built_libraries, built_mmcv, built_python, built_voc
from .built_libraries import torchvision_overlap
from .soft_nms import opencv_soft_nms
from .system import System, xywh

# torchvision, its CPU kernels


def torchvision_box_area(boxes):
    import torch
    import torchvision

    return torchvision.ops.box_area(torch.tensor(boxes)).numpy()


def torchvision_nms(boxes, scores, threshold):
    import torch
    import torchvision

    return torchvision.ops.nms(torch.tensor(boxes), torch.tensor(scores), threshold).numpy()


def torchvision_batched_nms(boxes, scores, labels, threshold):
    import torch
    import torchvision

    tensors = (torch.tensor(part) for part in (boxes, scores, labels))
    return torchvision.ops.batched_nms(*tensors, threshold).numpy()


def torchvision_roi_pool_with_argmax(cells, rois, output, scale):
    """The pooled values and the argmax."""
    import torch
    import torchvision

    assert torchvision.ops.roi_pool
    pooled, argmax = torch.ops.torchvision.roi_pool(torch.tensor(cells), torch.tensor(rois), scale, *output)
    return pooled.numpy(), argmax.numpy().astype(np.int64)


def torchvision_roi_pool_backward(cells, rois, output, scale, grad):
    import torch
    import torchvision

    tensor = torch.tensor(cells, requires_grad=True)
    torchvision.ops.roi_pool(tensor, torch.tensor(rois), output, scale).backward(torch.tensor(grad))
    return tensor.grad.numpy()


def torchvision_roi_align(cells, rois, output, scale, ratio, aligned):
    import torch
    import torchvision

    tensors = torch.tensor(cells), torch.tensor(rois)
    return torchvision.ops.roi_align(*tensors, output, scale, ratio or -1, bool(aligned)).numpy()


# py-faster-rcnn and Caffe, built by build_fast_rcnn.py


def built(name):
    """An extension module from the folder that REFDET_FAST_RCNN names."""
    path = next(Path(os.environ["REFDET_FAST_RCNN"]).glob(f"{name}.[sp][oy]"))
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def fast_rcnn_box_iou(boxes1, boxes2):
    return built("bbox").bbox_overlaps(boxes1, boxes2)


def fast_rcnn_nms(boxes, scores, threshold):
    """LookupError where NumPy does not sort up to 16 scores stably, by insertion, as it did in 2015."""
    if len(scores) <= 16 and not np.array_equal(scores.argsort(), scores.argsort(kind="stable")):
        raise LookupError("NumPy sorts with vector instructions; record.py says how to switch them off")
    dets = np.hstack([boxes, scores[:, None]])
    return np.array(built("cpu_nms").cpu_nms(dets, threshold), np.int64)


def fast_rcnn_roi_pool_with_argmax(cells, rois, output, scale):
    """The pooled values and the argmax; Caffe keeps the scale in a float."""
    library = ctypes.CDLL(str(Path(os.environ["REFDET_FAST_RCNN"]) / "roi_pooling.so"))
    layer = library.pool_float if cells.dtype == np.float32 else library.pool_double
    pooled = np.empty((len(rois), cells.shape[1], *output), cells.dtype)
    argmax = np.empty(pooled.shape, np.int32)
    arrays = [np.ascontiguousarray(array) for array in (cells, np.array(cells.shape, np.int32), rois)]
    start = [ctypes.c_void_p(array.ctypes.data) for array in (*arrays, pooled, argmax)]
    layer(*start[:3], len(rois), *output, ctypes.c_float(scale), *start[3:])
    return pooled, argmax.astype(np.int64)


# onnxruntime


def session(op, inputs, outputs, opset, **attributes):
    import onnx
    import onnxruntime

    if (op, str(attributes)) not in SESSIONS:
        node = onnx.helper.make_node(op, [n for n, *_ in inputs], [n for n, *_ in outputs], **attributes)
        values = [[onnx.helper.make_tensor_value_info(*row) for row in part] for part in (inputs, outputs)]
        graph = onnx.helper.make_graph([node], op, *values)
        opsets = [onnx.helper.make_opsetid("", opset)]
        model = onnx.helper.make_model(graph, opset_imports=opsets, ir_version=8)
        SESSIONS[op, str(attributes)] = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    return SESSIONS[op, str(attributes)]


SESSIONS: dict = {}


def onnx_selected(boxes, class_scores, threshold, score_threshold):
    """Rows of (image, class, box) that NonMaxSuppression keeps; its boxes are y1, x1, y2, x2."""
    real, whole = 1, 7  # onnx.TensorProto.FLOAT and INT64
    inputs = [("boxes", real, [1, None, 4]), ("scores", real, [1, None, None]), ("most", whole, [1])]
    inputs += [("threshold", real, [1]), ("score_threshold", real, [1])]
    run = session("NonMaxSuppression", inputs, [("selected", whole, [None, 3])], 11).run
    feed = {"boxes": boxes[None, :, [1, 0, 3, 2]], "scores": class_scores[None]}
    feed |= {"most": np.array([len(boxes)]), "threshold": np.array([threshold], np.float32)}
    return run(None, feed | {"score_threshold": np.array([score_threshold], np.float32)})[0]


def onnx_nms(boxes, scores, threshold):
    return onnx_selected(boxes, scores[None], threshold, -1)[:, 2].astype(np.int64)


def onnx_batched_nms(boxes, scores, labels, threshold):
    """Each box takes part in its own class alone; the rows, class by class, are put in order of score."""
    class_scores = np.where(labels == np.arange(3)[:, None], scores, np.float32(-2))
    keep = np.sort(onnx_selected(boxes, class_scores, threshold, -1)[:, 2]).astype(np.int64)
    return keep[np.argsort(-scores[keep], kind="stable")]


def onnx_roi_pool(cells, rois, output, scale):
    inputs = [("cells", 1, [None] * 4), ("rois", 1, [None, 5])]
    run = session(
        "MaxRoiPool", inputs, [("pooled", 1, None)], 11, pooled_shape=output, spatial_scale=scale
    ).run
    return run(None, {"cells": cells, "rois": rois})[0]


def onnx_roi_align(cells, rois, output, scale, ratio, aligned):
    """RoiAlign of opset 16, whose default is half_pixel."""
    inputs = [("cells", 1, [None] * 4), ("rois", 1, [None, 4]), ("images", 7, [None])]
    mode = "output_half_pixel" if aligned is False else "half_pixel"
    sizes = {"output_height": output[0], "output_width": output[1], "sampling_ratio": ratio or 0}
    options = {"spatial_scale": scale, "coordinate_transformation_mode": mode, "mode": "avg"}
    run = session("RoiAlign", inputs, [("pooled", 1, None)], 16, **sizes, **options).run
    corners = np.ascontiguousarray(rois[:, 1:])
    return run(None, {"cells": cells, "rois": corners, "images": rois[:, 0].astype(np.int64)})[0]


# OpenCV


def opencv_nms(boxes, scores, threshold):
    import cv2

    return np.array(cv2.dnn.NMSBoxes(xywh(boxes), scores, 0.0, threshold), np.int64).reshape(-1)


def opencv_batched_nms(boxes, scores, labels, threshold):
    import cv2

    keep = cv2.dnn.NMSBoxesBatched(xywh(boxes), scores, labels.astype(np.int32), 0.0, threshold)
    return np.array(keep, np.int64).reshape(-1)


def read_off(nms, dtype):
    """`box_iou` of a system that shows only what it suppresses: the smallest float threshold that keeps both.

    Between 0 and 1 the floats are ordered as their bits are, so that thirty halvings find it.
    """

    def overlap(a, b):
        low, high = -1, int(np.float32(1).view(np.int32))
        scores = np.array([1, 0.5], np.float32)
        while high - low > 1:
            middle = (low + high) // 2
            threshold = np.array(middle, np.int32).view(np.float32)
            kept = len(nms(np.stack([a, b]), scores, float(threshold))) == 2
            low, high = (low, middle) if kept else (middle, high)
        return np.array(high, np.int32).view(np.float32)

    def box_iou(boxes1, boxes2):
        return np.array([[overlap(a, b) for b in boxes2] for a in boxes1]).astype(dtype)

    return box_iou


# pycocotools


def coco_box_iou(boxes1, boxes2):
    from pycocotools import mask

    return mask.iou(xywh(boxes1), xywh(boxes2), [0] * len(boxes2))


SYSTEMS = {
    "torchvision": System(
        ("torch", "torchvision"),
        {
            "box_area": torchvision_box_area,
            "box_iou": torchvision_overlap("box_iou"),
            "generalized_box_iou": torchvision_overlap("generalized_box_iou"),
            "distance_box_iou": torchvision_overlap("distance_box_iou"),
            "complete_box_iou": torchvision_overlap("complete_box_iou"),
            "nms": torchvision_nms,
            "batched_nms": torchvision_batched_nms,
            "roi_pool_with_argmax": torchvision_roi_pool_with_argmax,
            "roi_pool_backward": torchvision_roi_pool_backward,
            "roi_align": torchvision_roi_align,
        },
    ),
    "onnx": System(
        ("onnxruntime",),
        {
            "box_iou": read_off(onnx_nms, np.float32),
            "nms": onnx_nms,
            "batched_nms": onnx_batched_nms,
            "roi_pool": onnx_roi_pool,
            "roi_align": onnx_roi_align,
        },
    ),
    "opencv": System(
        ("opencv-contrib-python-headless",),
        {
            "box_iou": read_off(opencv_nms, np.float64),
            "nms": opencv_nms,
            "batched_nms": opencv_batched_nms,
            "soft_nms": opencv_soft_nms,
        },
    ),
    "coco": System(("pycocotools",), {"box_iou": coco_box_iou}),
    "fast_rcnn": System(
        (),
        {
            "box_iou": fast_rcnn_box_iou,
            "nms": fast_rcnn_nms,
            "roi_pool_with_argmax": fast_rcnn_roi_pool_with_argmax,
        },
        {
            "bbox.pyx": "rbgirshick/py-faster-rcnn 0c8afa4",
            "cpu_nms.pyx": "rbgirshick/py-faster-rcnn 0c8afa4 (utils/nms.pyx)",
            "voc_eval.py": "rbgirshick/py-faster-rcnn 45e0da9",
            "roi_pooling_layer.cpp": "rbgirshick/caffe-fast-rcnn 4c85442",
        },
        ("REFDET_FAST_RCNN", ""),
    ),
    **built_libraries.SYSTEMS,
    **built_mmcv.SYSTEMS,
    **built_python.SYSTEMS,
    **built_voc.SYSTEMS,
}
