"""The C++ kernels: the references' signatures, checks and bits, at the speed of one or more cores.

Importing this raises ImportError, with the reason, where the extension module was not built. The
interpreter lock is released while a kernel runs: do not write to its arguments from another thread.
Letters: as in the references. Sources: csrc/*.cpp.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.cpp_arrays import core as _core
from refdet.kernels.cpp_arrays import delivered as _delivered
from refdet.kernels.cpp_arrays import direct as _direct
from refdet.kernels.cpp_arrays import plain as _plain
from refdet.kernels.cpp_arrays import threads_of as _threads
from refdet.kernels.cpp_rois import roi_align as roi_align
from refdet.kernels.cpp_rois import roi_align_backward as roi_align_backward
from refdet.kernels.cpp_rois import roi_align_backward_plain as roi_align_backward_plain
from refdet.kernels.cpp_rois import roi_align_plain as roi_align_plain
from refdet.kernels.cpp_rois import roi_pool as roi_pool
from refdet.kernels.cpp_rois import roi_pool_backward as roi_pool_backward
from refdet.kernels.cpp_rois import roi_pool_with_argmax as roi_pool_with_argmax
from refdet.kernels.cpp_rois import roi_pool_with_argmax_plain as roi_pool_with_argmax_plain
from refdet.ops.box_iou import check_box_iou
from refdet.ops.diou_nms import check_diou_nms
from refdet.ops.nms import check_batched_nms, check_nms
from refdet.ops.overlaps import check_complete, check_overlaps
from refdet.ops.soft_nms import check_soft_nms

_INVERTED = {"empty": 0, "signed": 1, "height": 2, "sorted": 0}  # these three as in csrc/scalar.cuh and
_DIVISIONS = ("guarded", "ieee", "distance", "floored")
_KINDS = {"giou": 1, "diou": 2, "ciou": 3}  # csrc/overlap.cuh


def box_iou(boxes1, boxes2, *, out=None, convention=REFDET, threads=1):
    """`refdet.box_iou` on up to `threads` cores; small inputs take one."""
    return _box_iou(_core.box_iou, boxes1, boxes2, out, convention, threads)


def box_iou_plain(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.box_iou`, step by step as the reference."""
    return _box_iou(_core.box_iou_plain, boxes1, boxes2, out, convention, 1)


def _box_iou(kernel, boxes1, boxes2, out, convention, threads):
    boxes1, boxes2, out, convention = check_box_iou(boxes1, boxes2, out=out, convention=convention)
    threads = _threads(threads)
    result = _direct(out)
    kernel(_plain(boxes1), _plain(boxes2), **_overlap(convention), threads=threads, out=result)
    return _delivered(result, out)


def generalized_box_iou(boxes1, boxes2, *, out=None, convention=REFDET, threads=1):
    """`refdet.generalized_box_iou` on up to `threads` cores."""
    return _overlaps(_core.overlaps, "giou", check_overlaps, boxes1, boxes2, out, convention, threads)


def generalized_box_iou_plain(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.generalized_box_iou`, step by step as the reference."""
    return _overlaps(_core.overlaps_plain, "giou", check_overlaps, boxes1, boxes2, out, convention)


def distance_box_iou(boxes1, boxes2, *, out=None, convention=REFDET, threads=1):
    """`refdet.distance_box_iou` on up to `threads` cores."""
    return _overlaps(_core.overlaps, "diou", check_overlaps, boxes1, boxes2, out, convention, threads)


def distance_box_iou_plain(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.distance_box_iou`, step by step as the reference."""
    return _overlaps(_core.overlaps_plain, "diou", check_overlaps, boxes1, boxes2, out, convention)


def complete_box_iou(boxes1, boxes2, *, out=None, alpha_gate=None, convention=REFDET, threads=1):
    """`refdet.complete_box_iou` on up to `threads` cores; the arc tangent is the C library's."""
    check = partial(check_complete, alpha_gate=alpha_gate)
    return _overlaps(_core.overlaps, "ciou", check, boxes1, boxes2, out, convention, threads)


def complete_box_iou_plain(boxes1, boxes2, *, out=None, alpha_gate=None, convention=REFDET):
    """`refdet.complete_box_iou`, step by step as the reference."""
    check = partial(check_complete, alpha_gate=alpha_gate)
    return _overlaps(_core.overlaps_plain, "ciou", check, boxes1, boxes2, out, convention)


def _overlaps(kernel, kind, check, boxes1, boxes2, out, convention, threads=1):
    boxes1, boxes2, out, *gate, convention = check(boxes1, boxes2, out=out, convention=convention)
    rule, result = convention.overlap, _direct(out)
    kernel(
        _plain(boxes1),
        _plain(boxes2),
        **_overlap(convention),
        giou_eps=rule.giou_eps,
        diou_eps=rule.diou_eps,
        ciou_eps=rule.ciou_eps,
        beta=rule.beta,
        alpha_gate=float(gate[0]) if gate else 0.0,
        kind=_KINDS[kind],
        threads=_threads(threads),
        out=result,
    )
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


def diou_nms(boxes, scores, threshold, beta=None, *, convention=REFDET):
    """`refdet.diou_nms`."""
    return _diou_nms(_core.diou_nms, boxes, scores, threshold, beta, convention)


def diou_nms_plain(boxes, scores, threshold, beta=None, *, convention=REFDET):
    """`refdet.diou_nms`, step by step as the reference."""
    return _diou_nms(_core.diou_nms_plain, boxes, scores, threshold, beta, convention)


def _diou_nms(kernel, boxes, scores, threshold, beta, convention):
    boxes, scores, threshold, beta, convention = check_diou_nms(
        boxes, scores, threshold, beta, convention=convention
    )
    rule = convention.suppression
    keep = np.empty(len(boxes), np.int64)
    kept = kernel(
        _plain(boxes),
        _plain(scores, np.float64),
        **_overlap(convention),
        diou_eps=convention.overlap.diou_eps,
        beta=beta,
        threshold=float(threshold),
        inclusive=rule.inclusive,
        ties_last=rule.ties == "last",
        keep=keep,
    )
    return keep[:kept].copy()


def soft_nms(
    boxes,
    scores,
    iou_threshold=0.3,
    sigma=0.5,
    score_threshold=1e-3,
    method="linear",
    *,
    convention=REFDET,
):
    """`refdet.soft_nms`."""
    numbers = iou_threshold, sigma, score_threshold, method
    return _soft_nms(_core.soft_nms, boxes, scores, numbers, convention)


def soft_nms_plain(
    boxes,
    scores,
    iou_threshold=0.3,
    sigma=0.5,
    score_threshold=1e-3,
    method="linear",
    *,
    convention=REFDET,
):
    """`refdet.soft_nms`, step by step as the reference."""
    numbers = iou_threshold, sigma, score_threshold, method
    return _soft_nms(_core.soft_nms_plain, boxes, scores, numbers, convention)


def _soft_nms(kernel, boxes, scores, numbers, convention):
    boxes, scores, threshold, sigma, least, method, convention = check_soft_nms(
        boxes, scores, *numbers, convention=convention
    )
    rule = convention.suppression
    new_scores, keep = np.array(scores, order="C"), np.empty(len(boxes), np.int64)
    kept = kernel(
        _plain(boxes),
        new_scores,
        **_overlap(convention),
        threshold=float(threshold),
        inclusive=rule.soft_inclusive,
        ties_last=rule.ties == "last",
        swaps=rule.soft_order == "swap",
        gaussian=method == "gaussian",
        sigma=float(sigma),
        score_threshold=float(least),
        keep=keep,
    )
    keep = keep[:kept].copy()
    return keep, new_scores[keep]


def _overlap(convention):
    """conventions.Overlap as the kernels know it; corners were sorted and widened by the check."""
    rule = convention.overlap
    return {
        "plus_one": rule.plus_one,
        "inverted": _INVERTED[rule.inverted],
        "division": _DIVISIONS.index(rule.division),
        "union_eps": rule.union_eps,
    }
