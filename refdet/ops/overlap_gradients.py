"""Gradients of IoU, GIoU, DIoU and CIoU with respect to both boxes, pairwise and aligned (IOU-6).

Each function takes the gradient of a loss by the overlaps and gives it by the corners. The overlaps are
symmetric, so one formula, for the first box a, serves both. With I the shared area, A the area of a, U the
union, C the enclosing area, rho the distance of the centres and c the diagonal of the enclosing box:

    IoU  = I / U                 d IoU  = (dI - IoU dU) / U,                   dU = dA - dI
    GIoU = IoU - (C - U) / C     d GIoU = d IoU + (dU - U / C dC) / C
    DIoU = IoU - q^beta          d DIoU = d IoU - beta q^(beta - 1) dq,        q = rho^2 / c^2
    CIoU = DIoU - alpha v        d CIoU = d DIoU - alpha dv,                   alpha is a constant (C-11)

At a kink one of the sub-gradients is taken. The larger or smaller of two equal corners is half the one and
half the other, as in PyTorch, so that equal boxes have gradient 0. The shared area is flat unless the boxes
meet in an area; GIoU still has the gradient of C there. A side or an area at its bound does not move: neither
does one of length 0. With beta other than 1 the distance term is flat where the centres coincide.

Letters: N and M boxes. By centre and size: ``box_convert_backward(grad_boxes, "cxcywh", "xyxy")``.
Source: derived from the forward bodies; AlexeyAB darknet, src/box.c dx_box_iou, has the same structure.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes.slopes import at_corners, enclosing_slopes, product_slopes, shared_slopes, side_slopes
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import check_aligned_box_iou, check_box_iou, intersection_over_union
from refdet.ops.overlaps import (
    check_aligned_complete,
    check_aligned_overlaps,
    check_complete,
    check_overlaps,
    complete_iou,
)
from refdet.stepwise import drained

Floats = NDArray[np.floating]
Gradients = tuple[Floats, Floats]
AspectGradient = Literal["exact", "stable"]


def _iou_and_union(a, b, rule):
    """Slopes of IoU, the union, and its slopes."""
    iou, inter, total = drained(intersection_over_union(a, b, rule))
    d_inter = product_slopes(*shared_slopes(a, b, rule))
    d_area = product_slopes(rule.sides(a), side_slopes(a, rule))
    d_union = (d_area - d_inter) * _unbounded(total - inter, rule.union_eps, rule)
    union = rule.union(inter, total)
    return rule.fraction(d_inter - iou[..., None] * d_union, union[..., None]), union, d_union


def _unbounded(area, eps, rule):
    """1 where an area is over its floor."""
    return (area > eps)[..., None] if rule.division == "floored" else True


def _iou_slope(a, b, rule):
    return _iou_and_union(a, b, rule)[0]


def _giou_slope(a, b, rule):
    d_iou, union, d_union = _iou_and_union(a, b, rule)
    sides, d_sides = enclosing_slopes(a, b, rule)
    area = sides[..., 0] * sides[..., 1]
    d_area = product_slopes(sides, d_sides) * _unbounded(area, rule.giou_eps, rule)
    enclosing = rule.enclosing_area(sides)
    covered = rule.fraction(union, enclosing)[..., None]
    return d_iou + rule.fraction(d_union - covered * d_area, enclosing[..., None])


def _diou_slope(a, b, rule):
    sides, d_sides = enclosing_slopes(a, b, rule)
    diagonal = sides[..., 0] ** 2 + sides[..., 1] ** 2 + rule.diou_eps
    apart = (a[..., :2] + a[..., 2:]) / 2 - (b[..., :2] + b[..., 2:]) / 2
    share = rule.fraction(apart[..., 0] ** 2 + apart[..., 1] ** 2, diagonal)
    d_diagonal = 2 * at_corners(sides) * d_sides
    d_share = rule.fraction(at_corners(apart) - share[..., None] * d_diagonal, diagonal[..., None])
    if rule.beta != 1:
        power = np.power(share, rule.beta - 1, out=np.zeros_like(share), where=share > 0)
        d_share = rule.beta * power[..., None] * d_share
    return _iou_slope(a, b, rule) - d_share


def _ciou_slope(a, b, rule, alpha_gate, aspect_gradient):
    _, alpha = drained(complete_iou(a, b, rule, alpha_gate))
    w, h = np.moveaxis(rule.aspect_sides(a), -1, 0)
    norm = w**2 + h**2 if aspect_gradient == "exact" else np.ones_like(w)
    d_angle = rule.fraction(np.stack([h, -w], axis=-1), norm[..., None])
    turn = (rule.angle(b) - rule.angle(a))[..., None]
    d_v = -8 / np.pi**2 * turn * at_corners(d_angle) * side_slopes(a, rule)
    return _diou_slope(a, b, rule) - alpha[..., None] * d_v


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _pairwise(slope, grad, boxes1, boxes2, convention, *options):
    grad = _checked(grad, (len(boxes1), len(boxes2)), boxes1.dtype, convention.overlap)
    a, b, given = boxes1[:, None], boxes2[None], (convention.overlap, *options)  # (N, 1, 4), (1, M, 4)
    return (grad * slope(a, b, *given)).sum(axis=1), (grad * slope(b, a, *given)).sum(axis=0)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _aligned(slope, grad, a, b, convention, *options):
    grad, given = _checked(grad, (len(a),), a.dtype, convention.overlap), (convention.overlap, *options)
    return grad * slope(a, b, *given), grad * slope(b, a, *given)


def _checked(grad, shape, dtype, rule):
    """The gradient by the overlaps with an axis for the corners, if the overlap has one at all."""
    if rule.inverted == "sorted" or rule.division == "distance":
        raise ValueError(
            "convention: it sorts the corners or rounds 1 - IoU; wanted one whose overlap has a gradient"
        )
    grad = checks.real_array(grad, "grad")
    if grad.shape != shape:
        raise ValueError(f"grad: shape is {grad.shape}; wanted {shape}, one value per overlap")
    return grad.astype(dtype)[..., None]


def _aspect(value):
    if not isinstance(value, str) or value not in ("exact", "stable"):
        raise ValueError(f"aspect_gradient: {checks.shown(value)} came; wanted exact or stable")
    return value


def box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Gradients:
    """Gradient of `box_iou` with respect to both sets of boxes (IOU-6; derived above); 0 for boxes apart.

    Parameters
    ----------
    grad : (N, M) array
        Gradient of the loss with respect to the overlaps; (N,) in the aligned form.
    boxes1 : (N, 4) array
    boxes2 : (M, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    convention : Convention
        As for `box_iou`; one that sorts corners (ONNX) or rounds 1 - IoU (OPENCV) has no gradient.

    Returns
    -------
    grad_boxes1 : (N, 4) float array, dtype of `boxes1` and `boxes2` together
    grad_boxes2 : (M, 4) float array, dtype of `boxes1` and `boxes2` together

    Raises
    ------
    ValueError, TypeError
        As `box_iou`; a `grad` of another shape; a convention without gradient.

    Examples
    --------
    Two squares of side 2 share 2 of 6. A right edge of the first moved by 1 would share 2 more, of as much:

    >>> first, second = box_iou_backward([[1]], [[0, 0, 2, 2]], [[1, 0, 3, 2]])
    >>> first.round(6)
    array([[0.111111, 0.      , 0.333333, 0.      ]])
    """
    boxes1, boxes2, _, convention = check_box_iou(boxes1, boxes2, convention=convention)
    return _pairwise(_iou_slope, grad, boxes1, boxes2, convention)


def generalized_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Gradients:
    """Gradient of `generalized_box_iou`; boxes apart are drawn to each other by the enclosing area.

    Arguments, results and errors are those of `box_iou_backward` and `generalized_box_iou` (IOU-3, IOU-6).
    """
    boxes1, boxes2, _, convention = check_overlaps(boxes1, boxes2, convention=convention)
    return _pairwise(_giou_slope, grad, boxes1, boxes2, convention)


def distance_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Gradients:
    """Gradient of `distance_box_iou`, with the convention's `beta`.

    Arguments, results and errors are those of `box_iou_backward` and `distance_box_iou` (IOU-4, IOU-6).
    """
    boxes1, boxes2, _, convention = check_overlaps(boxes1, boxes2, convention=convention)
    return _pairwise(_diou_slope, grad, boxes1, boxes2, convention)


def complete_box_iou_backward(
    grad: Array,
    boxes1: Array,
    boxes2: Array,
    *,
    alpha_gate: float | None = None,
    aspect_gradient: AspectGradient = "exact",
    convention: Convention = REFDET,
) -> Gradients:
    """Gradient of `complete_box_iou`, its weight alpha taken as a constant (C-11).

    Arguments, results and errors are those of `box_iou_backward` and `complete_box_iou` (IOU-5, IOU-6), and:

    aspect_gradient : {"exact", "stable"}
        dv/dw = 8/pi^2 (atan(w2/h2) - atan(w/h)) * -h / (w^2 + h^2) and dv/dh, the same with +w; or, "stable",
        without 1 / (w^2 + h^2), which the paper leaves out because it is large for small boxes.
    """
    boxes1, boxes2, _, gate, convention = check_complete(
        boxes1, boxes2, alpha_gate=alpha_gate, convention=convention
    )
    return _pairwise(_ciou_slope, grad, boxes1, boxes2, convention, gate, _aspect(aspect_gradient))


def aligned_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Gradients:
    """Gradient of `aligned_box_iou`: as `box_iou_backward`, with `grad` (N,) and a box for each."""
    boxes1, boxes2, convention = check_aligned_box_iou(boxes1, boxes2, convention=convention)
    return _aligned(_iou_slope, grad, boxes1, boxes2, convention)


def aligned_generalized_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Gradients:
    """Gradient of `aligned_generalized_box_iou`: as `generalized_box_iou_backward`, with `grad` (N,)."""
    boxes1, boxes2, convention = check_aligned_overlaps(boxes1, boxes2, convention=convention)
    return _aligned(_giou_slope, grad, boxes1, boxes2, convention)


def aligned_distance_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Gradients:
    """Gradient of `aligned_distance_box_iou`: as `distance_box_iou_backward`, with `grad` (N,)."""
    boxes1, boxes2, convention = check_aligned_overlaps(boxes1, boxes2, convention=convention)
    return _aligned(_diou_slope, grad, boxes1, boxes2, convention)


def aligned_complete_box_iou_backward(
    grad: Array,
    boxes1: Array,
    boxes2: Array,
    *,
    alpha_gate: float | None = None,
    aspect_gradient: AspectGradient = "exact",
    convention: Convention = REFDET,
) -> Gradients:
    """Gradient of `aligned_complete_box_iou`: as `complete_box_iou_backward`, with `grad` (N,)."""
    boxes1, boxes2, gate, convention = check_aligned_complete(
        boxes1, boxes2, alpha_gate=alpha_gate, convention=convention
    )
    return _aligned(_ciou_slope, grad, boxes1, boxes2, convention, gate, _aspect(aspect_gradient))
