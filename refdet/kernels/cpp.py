"""The C++ kernels: the references' signatures, checks and bits, at the speed of one or more cores.

Importing this raises ImportError, with the reason, where the extension module was not built. The
interpreter lock is released while a kernel runs: do not write to its arguments from another thread.
Letters: as in the references. Sources: csrc/box_iou.cpp, csrc/nms.cpp, csrc/roi_pool.cpp.
"""

from __future__ import annotations

import numpy as np

from refdet import checks
from refdet.conventions import REFDET
from refdet.kernels import load_extension
from refdet.ops.box_iou import check_box_iou
from refdet.ops.nms import check_batched_nms, check_nms
from refdet.ops.roi_pool import check_roi_pool, check_roi_pool_backward

_core = load_extension("_core")

_DIVISIONS = ("guarded", "ieee", "distance")  # as in csrc/scalar.cuh
_MOST_THREADS = 256


def box_iou(boxes1, boxes2, *, out=None, convention=REFDET, threads=1):
    """`refdet.box_iou` on up to `threads` cores; small inputs take one."""
    return _box_iou(_core.box_iou, boxes1, boxes2, out, convention, threads)


def box_iou_plain(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.box_iou`, step by step as the reference."""
    return _box_iou(_core.box_iou_plain, boxes1, boxes2, out, convention, 1)


def _box_iou(kernel, boxes1, boxes2, out, convention, threads):
    boxes1, boxes2, out = check_box_iou(boxes1, boxes2, out=out, convention=convention)
    threads = _threads(threads)
    result = _direct(out)
    kernel(_plain(boxes1), _plain(boxes2), **_overlap(convention), threads=threads, out=result)
    return _delivered(result, out)


def nms(boxes, scores, iou_threshold, *, convention=REFDET):
    """`refdet.nms`."""
    return _nms(_core.nms, boxes, scores, iou_threshold, convention)


def nms_plain(boxes, scores, iou_threshold, *, convention=REFDET):
    """`refdet.nms`, step by step as the reference."""
    return _nms(_core.nms_plain, boxes, scores, iou_threshold, convention)


def batched_nms(boxes, scores, idxs, iou_threshold, *, convention=REFDET):
    """`refdet.batched_nms`, each class on its own unless the convention moves them apart."""
    return _batched_nms(_core.nms, boxes, scores, idxs, iou_threshold, convention)


def batched_nms_plain(boxes, scores, idxs, iou_threshold, *, convention=REFDET):
    """`refdet.batched_nms`, step by step as the reference."""
    return _batched_nms(_core.nms_plain, boxes, scores, idxs, iou_threshold, convention)


def _nms(kernel, boxes, scores, iou_threshold, convention):
    checked = check_nms(boxes, scores, iou_threshold, convention=convention)
    return _suppressed(kernel, *checked)


def _batched_nms(kernel, boxes, scores, idxs, iou_threshold, convention):
    boxes, scores, idxs, threshold, convention = check_batched_nms(
        boxes, scores, idxs, iou_threshold, convention=convention
    )
    moved = convention.suppression.moved_apart(boxes, idxs)
    if moved is not None:
        return _nms(kernel, moved, scores, threshold, convention)
    return _suppressed(kernel, boxes, scores, threshold, convention, _plain(idxs))


def _suppressed(kernel, boxes, scores, threshold, convention, idxs=None):
    rule = convention.suppression
    keep = np.empty(len(boxes), np.int64)
    kept = kernel(
        _plain(boxes),
        _plain(scores, np.float64),  # exact, so the order is the same
        **_overlap(convention),
        threshold=float(threshold),
        inclusive=rule.inclusive,
        ties_last=rule.ties == "last",
        keep=keep,
        idxs=idxs,
    )
    return keep[:kept].copy()


def roi_pool(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET, threads=1):
    """`refdet.roi_pool` on up to `threads` cores; small inputs take one."""
    arguments = input, boxes, output_size, spatial_scale, out, convention
    return _roi_pool(_core.roi_pool, *arguments, threads, want_argmax=False)[0]


def roi_pool_with_argmax(
    input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET, threads=1
):
    """`refdet.roi_pool_with_argmax` on up to `threads` cores; small inputs take one."""
    arguments = input, boxes, output_size, spatial_scale, out, convention
    return _roi_pool(_core.roi_pool, *arguments, threads, want_argmax=True)


def roi_pool_with_argmax_plain(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
    """`refdet.roi_pool_with_argmax`, step by step as the reference."""
    arguments = input, boxes, output_size, spatial_scale, out, convention
    return _roi_pool(_core.roi_pool_plain, *arguments, 1, want_argmax=True)


def _roi_pool(kernel, input, boxes, output_size, spatial_scale, out, convention, threads, *, want_argmax):
    input, rois, _, scale, out, convention = check_roi_pool(
        input, boxes, output_size, spatial_scale, out=out, convention=convention
    )
    rule = convention.roi
    threads = _threads(threads)
    result, argmax = _direct(out), np.empty(out.shape, np.int64) if want_argmax else None
    kernel(
        _plain(input),
        _plain(rois),
        scale=float(scale),
        float_edges=rule.edges == "float",
        lowest=rule.lowest,
        threads=threads,
        out=result,
        argmax=argmax,
    )
    return _delivered(result, out), argmax


def roi_pool_backward(grad_output, argmax, boxes, input_shape):
    """`refdet.roi_pool_backward`."""
    grad_output, argmax, images, shape = check_roi_pool_backward(grad_output, argmax, boxes, input_shape)
    grad_input = np.zeros(shape, grad_output.dtype)
    _core.roi_pool_backward(_plain(grad_output), _plain(argmax), _plain(images), grad_input)
    return grad_input


def _overlap(convention):
    """conventions.Overlap as the kernels know it; corners were sorted and widened by the check."""
    rule = convention.overlap
    return {
        "plus_one": rule.plus_one,
        "signed_area": rule.inverted == "signed",
        "division": _DIVISIONS.index(rule.division),
    }


def _threads(value):
    return min(checks.whole_number(value, "threads", 1), _MOST_THREADS)


def _plain(array, dtype=None):
    """The array itself if a pointer can walk over it, a copy otherwise."""
    return np.require(array, dtype, ["C", "ALIGNED"])


def _direct(out):
    """`out` if a kernel can write to it, an array in its place otherwise."""
    return out if out.flags.c_contiguous and out.flags.aligned else np.empty(out.shape, out.dtype)


def _delivered(result, out):
    if result is not out:
        out[...] = result
    return out
