"""Checks of the arguments of overlap_gradients.py: those of the overlap itself, then the gradient of the loss."""

from __future__ import annotations

import numpy as np

from refdet import checks
from refdet.conventions import REFDET
from refdet.ops.box_iou import check_aligned_box_iou, check_box_iou
from refdet.ops.overlaps import (
    check_aligned_complete,
    check_aligned_overlaps,
    check_complete,
    check_overlaps,
)


def check_box_iou_backward(grad, boxes1, boxes2, *, convention=REFDET):
    """The gradient by the overlaps, (N, M), and the boxes, all in their common precision."""
    boxes1, boxes2, out, convention = check_box_iou(boxes1, boxes2, convention=convention)
    return _by_overlap(grad, out.shape, boxes1.dtype, convention), boxes1, boxes2, convention


def check_overlaps_backward(grad, boxes1, boxes2, *, convention=REFDET):
    """As `check_box_iou_backward`, and no two boxes too far apart."""
    boxes1, boxes2, out, convention = check_overlaps(boxes1, boxes2, convention=convention)
    return _by_overlap(grad, out.shape, boxes1.dtype, convention), boxes1, boxes2, convention


def check_complete_backward(
    grad, boxes1, boxes2, *, alpha_gate=None, aspect_gradient="exact", convention=REFDET
):
    """As `check_overlaps_backward`; the gate in the boxes' precision; the exponent of the distance term is 1."""
    boxes1, boxes2, out, gate, convention = check_complete(
        boxes1, boxes2, alpha_gate=alpha_gate, convention=convention
    )
    aspect = _aspect(aspect_gradient)
    return _by_overlap(grad, out.shape, boxes1.dtype, convention), boxes1, boxes2, gate, aspect, convention


def check_aligned_box_iou_backward(grad, boxes1, boxes2, *, convention=REFDET):
    """As `check_box_iou_backward`, for box i and box i: the gradient is (N,)."""
    boxes1, boxes2, convention = check_aligned_box_iou(boxes1, boxes2, convention=convention)
    return _by_overlap(grad, (len(boxes1),), boxes1.dtype, convention), boxes1, boxes2, convention


def check_aligned_overlaps_backward(grad, boxes1, boxes2, *, convention=REFDET):
    """As `check_overlaps_backward`, for box i and box i."""
    boxes1, boxes2, convention = check_aligned_overlaps(boxes1, boxes2, convention=convention)
    return _by_overlap(grad, (len(boxes1),), boxes1.dtype, convention), boxes1, boxes2, convention


def check_aligned_complete_backward(
    grad, boxes1, boxes2, *, alpha_gate=None, aspect_gradient="exact", convention=REFDET
):
    """As `check_complete_backward`, for box i and box i."""
    boxes1, boxes2, gate, convention = check_aligned_complete(
        boxes1, boxes2, alpha_gate=alpha_gate, convention=convention
    )
    aspect = _aspect(aspect_gradient)
    return (
        _by_overlap(grad, (len(boxes1),), boxes1.dtype, convention),
        boxes1,
        boxes2,
        gate,
        aspect,
        convention,
    )


def _by_overlap(grad, shape, dtype, convention):
    """The gradient by the overlaps, if the overlap has one at all."""
    rule = convention.overlap
    if rule.inverted == "sorted" or rule.division == "distance":
        raise ValueError(
            "convention: it sorts the corners or rounds 1 - IoU; wanted one whose overlap has a gradient"
        )
    grad = checks.real_array(grad, "grad")
    if grad.shape != shape:
        raise ValueError(f"grad: shape is {grad.shape}; wanted {shape}, one value per overlap")
    with np.errstate(over="ignore", invalid="ignore"):
        return grad.astype(dtype)


def _aspect(value):
    if not isinstance(value, str) or value not in ("exact", "stable"):
        raise ValueError(f"aspect_gradient: {checks.shown(value)} came; wanted exact or stable")
    return value
