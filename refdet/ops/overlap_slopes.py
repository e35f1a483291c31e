"""Slopes of IoU, GIoU, DIoU and CIoU by the corners of one of the two boxes, step by step (IOU-6).

The overlaps are symmetric, so one formula, for the first box a, serves both. With I the shared area, A the area
of a, U the union, C the enclosing area, rho the distance of the centres and c the diagonal of the enclosing box:

    IoU  = I / U                 d IoU  = (dI - IoU dU) / U,                   dU = dA - dI
    GIoU = IoU - (C - U) / C     d GIoU = d IoU + (dU - U / C dC) / C
    DIoU = IoU - q^beta          d DIoU = d IoU - beta q^(beta - 1) dq,        q = rho^2 / c^2
    CIoU = DIoU - alpha v        d CIoU = d DIoU - alpha dv,                   alpha is a constant (C-11)

At a kink one of the sub-gradients is taken. The larger or smaller of two equal corners is half the one and
half the other, as in PyTorch, so that equal boxes have gradient 0. The shared area is flat unless the boxes
meet in an area; GIoU still has the gradient of C there. A side or an area at its bound does not move: neither
does one of length 0. With beta other than 1 the distance term is flat where the centres coincide.

What becomes of them: overlap_gradients.py. What they are made of: refdet/boxes/slopes.py.
Source: derived from the forward bodies; AlexeyAB darknet, src/box.c dx_box_iou, has the same structure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.boxes.slopes import at_corners, enclosing_slopes, product_slopes, shared_slopes, side_slopes
from refdet.ops.box_iou import intersection_over_union
from refdet.ops.overlaps import complete_iou
from refdet.stepwise import Steps, drained

Floats = NDArray[np.floating]


def iou_slopes(a, b, rule) -> Steps[Floats]:
    """Slopes of IoU by the corners of box a, (..., 4), for boxes a and b that broadcast.

    Notes
    -----
    shared. Slopes dI of the shared area.
    union.  Slopes dU = dA - dI of the area that both cover.
    divide. IoU has the slopes (dI - IoU dU) / U.
    """
    d_iou, _, _ = yield from iou_and_union_slopes(a, b, rule)
    return d_iou


def iou_and_union_slopes(a, b, rule) -> Steps[tuple[Floats, Floats, Floats]]:
    """As `iou_slopes`, with the union and its slopes."""
    iou, inter, total = drained(intersection_over_union(a, b, rule))
    d_inter = product_slopes(*shared_slopes(a, b, rule))
    yield "shared: the shared area I = {inter} has the slopes dI = {d_inter}"
    d_area = product_slopes(rule.sides(a), side_slopes(a, rule))
    union = rule.union(inter, total)
    d_union = (d_area - d_inter) * _unbounded(total - inter, rule.union_eps, rule)
    yield "union: the area of both U = {union} has the slopes dU = dA - dI = {d_union}"
    d_iou = rule.fraction(d_inter - iou[..., None] * d_union, union[..., None])
    yield "divide: IoU = {iou} has the slopes (dI - IoU dU) / U = {d_iou}"
    return d_iou, union, d_union


def _unbounded(area, eps, rule):
    """1 where an area is over its floor."""
    return (area > eps)[..., None] if rule.division == "floored" else True


def giou_slopes(a, b, rule) -> Steps[Floats]:
    """Slopes of GIoU, as `iou_slopes`.

    Notes
    -----
    enclose.  Slopes dC of the area of the smallest box around both.
    subtract. GIoU has the slopes dIoU + (dU - U / C dC) / C.
    """
    d_iou, union, d_union = yield from iou_and_union_slopes(a, b, rule)
    sides, d_sides = enclosing_slopes(a, b, rule)
    enclosing = rule.enclosing_area(sides)
    unbounded = _unbounded(sides[..., 0] * sides[..., 1], rule.giou_eps, rule)
    d_enclosing = product_slopes(sides, d_sides) * unbounded
    yield "enclose: the enclosing area C = {enclosing} has the slopes dC = {d_enclosing}"
    covered = rule.fraction(union, enclosing)[..., None]
    d_giou = d_iou + rule.fraction(d_union - covered * d_enclosing, enclosing[..., None])
    yield "subtract: GIoU has the slopes dIoU + (dU - U / C dC) / C = {d_giou}"
    return d_giou


def diou_slopes(a, b, rule) -> Steps[Floats]:
    """Slopes of DIoU, as `iou_slopes`.

    Notes
    -----
    span.     Slopes of the squared diagonal c^2 of the smallest box around both.
    distance. Slopes of q = rho^2 / c^2 to the power of beta; DIoU has dIoU less these.
    """
    d_iou = yield from iou_slopes(a, b, rule)
    sides, d_sides = enclosing_slopes(a, b, rule)
    diagonal = sides[..., 0] ** 2 + sides[..., 1] ** 2 + rule.diou_eps
    d_diagonal = 2 * at_corners(sides) * d_sides
    yield "span: the squared diagonal c^2 = {diagonal} has the slopes {d_diagonal}"
    apart = (a[..., :2] + a[..., 2:]) / 2 - (b[..., :2] + b[..., 2:]) / 2
    q = rule.fraction(apart[..., 0] ** 2 + apart[..., 1] ** 2, diagonal)
    d_q = rule.fraction(at_corners(apart) - q[..., None] * d_diagonal, diagonal[..., None])
    if rule.beta != 1:
        power = np.power(q, rule.beta - 1, out=np.zeros_like(q), where=q > 0)
        d_q = rule.beta * power[..., None] * d_q
    d_diou = d_iou - d_q
    yield "distance: q = {q}; beta q^(beta - 1) dq = {d_q}, and dDIoU = dIoU less that = {d_diou}"
    return d_diou


def ciou_slopes(a, b, rule, alpha_gate, aspect_gradient) -> Steps[Floats]:
    """Slopes of CIoU, as `iou_slopes`; its weight alpha is taken as a constant (C-11).

    Notes
    -----
    aspect. Slopes dv of the difference of the aspect ratios, without 1 / (w^2 + h^2) if they are "stable".
    weigh.  CIoU has the slopes dDIoU - alpha dv.
    """
    d_diou = yield from diou_slopes(a, b, rule)
    w, h = np.moveaxis(rule.aspect_sides(a), -1, 0)
    norm = w**2 + h**2 if aspect_gradient == "exact" else np.ones_like(w)
    d_angle = rule.fraction(np.stack([h, -w], axis=-1), norm[..., None])
    turn = (rule.angle(b) - rule.angle(a))[..., None]
    d_v = -8 / np.pi**2 * turn * at_corners(d_angle) * side_slopes(a, rule)
    yield "aspect: v has the slopes dv = {d_v}"
    _, alpha = drained(complete_iou(a, b, rule, alpha_gate))
    d_ciou = d_diou - alpha[..., None] * d_v
    yield "weigh: with alpha = {alpha}, CIoU has the slopes dDIoU - alpha dv = {d_ciou}"
    return d_ciou
