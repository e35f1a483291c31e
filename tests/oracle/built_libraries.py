"""Systems in C, C++ and CUDA that build_sources.py compiled: both darknets, Caffe SSD, torchvision's CUDA kernels.

The CUDA kernels run on the CPU, one thread after the other, and round as the source says: nvcc may fuse a
product and a sum into one rounding, which these answers do not show.
"""

from __future__ import annotations

import ctypes
from functools import cache
from unittest import mock

import numpy as np

from .system import System, built, cxcywh

VARIABLE = "REFDET_SOURCES"
DIOU_NMS = 2  # of darknet's NMS_KIND


@cache
def library(system, name=None):
    return ctypes.CDLL(str(built(VARIABLE, system) / f"{name or system}.so"))


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def measured(system, first, second, *kind, form=np.asarray):
    """Overlaps of all pairs, in float32 as these systems compute."""
    first, second = (np.ascontiguousarray(form(boxes), np.float32) for boxes in (first, second))
    out = np.empty((len(first), len(second)), np.float32)
    library(system).measure(*kind, pointer(first), len(first), pointer(second), len(second), pointer(out))
    return out


# darknet: boxes are centre and size; scores of 0 drop out, and one probability per class orders the boxes


def darknet_overlap(system, kind):
    return lambda first, second: measured(system, first, second, kind, form=cxcywh)


def darknet_sort(system, kind=-1):
    """`nms` by do_nms_sort, or by diounms_sort of that kind and exponent."""

    def nms(boxes, scores, threshold, beta=1.0):
        return suppressed(system, kind, boxes, scores[:, None], threshold, beta)

    return nms


def darknet_batched(system):
    """`batched_nms` of three classes; the boxes come class by class and are put in order of score."""

    def batched_nms(boxes, scores, labels, threshold):
        keep = np.sort(
            suppressed(system, -1, boxes, scores[:, None] * (labels[:, None] == np.arange(3)), threshold)
        )
        return keep[np.argsort(-scores[keep], kind="stable")]

    return batched_nms


def suppressed(system, kind, boxes, probabilities, threshold, beta=1.0):
    boxes = np.ascontiguousarray(cxcywh(boxes), np.float32)
    probabilities, keep = probabilities.astype(np.float32, order="C"), np.empty(len(boxes), np.int32)
    sizes = len(boxes), probabilities.shape[1], ctypes.c_float(threshold), ctypes.c_float(beta)
    kept = library(system).suppress(kind, pointer(boxes), pointer(probabilities), *sizes, pointer(keep))
    return keep[:kept].astype(np.int64)


# The SSD branch of Caffe


def caffe_ssd_box_iou(first, second):
    return measured("caffe_ssd", first, second)


def caffe_ssd_nms(boxes, scores, threshold):
    boxes, scores = (np.ascontiguousarray(array, np.float32) for array in (boxes, scores))
    keep = np.empty(len(boxes), np.int32)
    kept = library("caffe_ssd").suppress(
        pointer(boxes), pointer(scores), len(boxes), ctypes.c_float(threshold), pointer(keep)
    )
    return keep[:kept].astype(np.int64)


def caffe_ssd_average_precision(right, positives, version):
    """Of detections, best first; the version is 0 for 11point, 1 for MaxIntegral, 2 for Integral."""
    function = library("caffe_ssd").average_precision
    function.restype = ctypes.c_float
    right = np.ascontiguousarray(right, np.int32)
    return function(pointer(right), len(right), int(positives), version)


def caffe_ssd_coded(decode):
    """encode_ssd or decode_ssd of boxes in corners, the code CENTER_SIZE."""

    def code(boxes, priors, variances):
        boxes, priors, variances = (np.ascontiguousarray(a, np.float32) for a in (boxes, priors, variances))
        out = np.empty(boxes.shape, np.float32)
        arrays = map(pointer, (priors, boxes))
        library("caffe_ssd").code(decode, *arrays, len(boxes), pointer(variances), pointer(out))
        return out

    return code


# torchvision's CUDA kernels


def torchvision_cuda_nms(boxes, scores, threshold):
    """The kernel takes sorted boxes, as `nms_kernel` sorts them: torch.sort, stable and descending."""
    order = np.argsort(-scores, kind="stable")
    boxes, keep = np.ascontiguousarray(boxes[order]), np.empty(len(boxes), np.int32)
    nms = getattr(library("torchvision_cuda"), "nms_float" if boxes.dtype == np.float32 else "nms_double")
    kept = nms(pointer(boxes), len(boxes), ctypes.c_double(threshold), pointer(keep))
    return order[keep[:kept]].astype(np.int64)


def torchvision_cuda_batched_nms(boxes, scores, labels, threshold):
    """torchvision's own coordinate trick or loop over classes, chosen as for CUDA tensors, with the kernel above."""
    import torch
    from torchvision.ops import boxes as ops

    def nms(boxes, scores, threshold):
        return torch.tensor(torchvision_cuda_nms(boxes.numpy(), scores.numpy(), threshold))

    form = ops._batched_nms_vanilla if boxes.size > 100_000 else ops._batched_nms_coordinate_trick
    with mock.patch.object(ops, "nms", nms):
        return form(*(torch.tensor(part) for part in (boxes, scores, labels)), threshold).numpy()


def torchvision_overlap(name):
    """box_iou and its kin are PyTorch operations, the same on every device."""

    def overlap(first, second):
        import torch
        import torchvision

        return getattr(torchvision.ops, name)(torch.tensor(first), torch.tensor(second)).numpy()

    return overlap


def pooled_by(system, name, filled):
    """RoI pooling by a kernel whose output is filled with zeros first, and its argmax with `filled`."""

    def roi_pool_with_argmax(cells, rois, output, scale):
        kind = "float" if cells.dtype == np.float32 else "double"
        out = np.zeros((len(rois), cells.shape[1], *output), cells.dtype)
        argmax = np.full(out.shape, filled, np.int32)
        arrays = [np.ascontiguousarray(array) for array in (cells, np.array(cells.shape, np.int32), rois)]
        getattr(library(system, name), f"roi_pool_{kind}")(
            *map(pointer, arrays), len(rois), *output, ctypes.c_double(scale), pointer(out), pointer(argmax)
        )
        return out, argmax.astype(np.int64)

    return roi_pool_with_argmax


def torchvision_cuda_roi_align(cells, rois, output, scale, ratio, aligned):
    kind = "float" if cells.dtype == np.float32 else "double"
    out = np.zeros((len(rois), cells.shape[1], *output), cells.dtype)
    arrays = [np.ascontiguousarray(array) for array in (cells, np.array(cells.shape, np.int32), rois)]
    getattr(library("torchvision_cuda"), f"roi_align_{kind}")(
        *map(pointer, arrays),
        len(rois),
        *output,
        ctypes.c_double(scale),
        ratio or 0,
        int(bool(aligned)),
        pointer(out),
    )
    return out


def of(name, ops, sources, packages=()):
    return System(packages, ops, sources, (VARIABLE, name))


SYSTEMS = {
    "darknet": of(
        "darknet",
        {
            "box_iou": darknet_overlap("darknet", 0),
            "nms": darknet_sort("darknet"),
            "batched_nms": darknet_batched("darknet"),
        },
        {"box.c": "pjreddie/darknet 61c9d02"},
    ),
    "darknet_ab": of(
        "darknet_ab",
        {
            "box_iou": darknet_overlap("darknet_ab", 0),
            "nms": darknet_sort("darknet_ab"),
            "batched_nms": darknet_batched("darknet_ab"),
            "generalized_box_iou": darknet_overlap("darknet_ab", 1),
            "distance_box_iou": darknet_overlap("darknet_ab", 2),
            "complete_box_iou": darknet_overlap("darknet_ab", 3),
            "diou_nms": darknet_sort("darknet_ab", DIOU_NMS),
        },
        {"box.c": "AlexeyAB/darknet, as in SpongeBab/darknet 8233a17"},
    ),
    "caffe_ssd": of(
        "caffe_ssd",
        {
            "box_iou": caffe_ssd_box_iou,
            "nms": caffe_ssd_nms,
            "encode_ssd": caffe_ssd_coded(0),
            "decode_ssd": caffe_ssd_coded(1),
        },
        {"bbox_util.cpp": "weiliu89/caffe 0d455ff, branch ssd"},
    ),
    "torchvision_cuda": of(
        "torchvision_cuda",
        {
            "box_iou": torchvision_overlap("box_iou"),
            "generalized_box_iou": torchvision_overlap("generalized_box_iou"),
            "distance_box_iou": torchvision_overlap("distance_box_iou"),
            "complete_box_iou": torchvision_overlap("complete_box_iou"),
            "nms": torchvision_cuda_nms,
            "batched_nms": torchvision_cuda_batched_nms,
            "roi_pool_with_argmax": pooled_by("torchvision_cuda", None, -1),
            "roi_align": torchvision_cuda_roi_align,
        },
        {"nms_kernel.cu, roi_pool_kernel.cu, roi_align_kernel.cu": "pytorch/vision 0.14.1"},
        ("torch", "torchvision"),
    ),
}
