"""GIoU, DIoU and CIoU of boxes, pairwise and aligned (IOU-3 to IOU-5, IOU-7).

IoU is 0 for boxes apart, however far. GIoU also looks at the smallest box around both (BOX-8), DIoU at how
far their centres lie apart (BOX-9), CIoU at their aspect ratios too. Each kind has one body, for boxes that
broadcast; the order of its operations is part of the definition: the kernels repeat it.

Letters: N and M boxes. Twins: csrc/overlaps.cpp, csrc/overlaps.cu. Gradients: overlap_gradients.py.
Source: H. Rezatofighi et al., Generalized Intersection over Union, CVPR 2019, Algorithm 1;
Z. Zheng et al., Distance-IoU Loss, AAAI 2020.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import check_aligned_box_iou, check_box_iou, intersection_over_union
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_overlaps(boxes1, boxes2, *, out=None, convention=REFDET, xp=np):
    """As `check_box_iou`; and no two boxes so far apart that their squared distance overflows."""
    return _near(check_box_iou(boxes1, boxes2, out=out, convention=convention, xp=xp), xp)


def check_aligned_overlaps(boxes1, boxes2, *, convention=REFDET):
    """As `check_aligned_box_iou`; and no two boxes so far apart that their squared distance overflows."""
    return _near(check_aligned_box_iou(boxes1, boxes2, convention=convention), np)


def _near(checked, xp):
    if checked[-1].overlap.finite == "reject":
        checks.reject_far(checked[0], "boxes1", xp=xp)
        checks.reject_far(checked[1], "boxes2", xp=xp)
    return checked


def check_complete(boxes1, boxes2, *, out=None, alpha_gate=None, convention=REFDET, xp=np):
    """As `check_overlaps`; the gate in the boxes' precision; the exponent of the distance term is 1."""
    boxes1, boxes2, out, convention = check_overlaps(boxes1, boxes2, out=out, convention=convention, xp=xp)
    return boxes1, boxes2, out, _gate(alpha_gate, boxes1.dtype), _linear(convention)


def check_aligned_complete(boxes1, boxes2, *, alpha_gate=None, convention=REFDET):
    """As `check_complete`, for box i and box i."""
    boxes1, boxes2, convention = check_aligned_overlaps(boxes1, boxes2, convention=convention)
    return boxes1, boxes2, _gate(alpha_gate, boxes1.dtype), _linear(convention)


def _gate(value, dtype):
    return dtype.type(-np.inf if value is None else checks.threshold(value, "alpha_gate"))


def _linear(convention):
    return dataclasses.replace(convention, overlap=dataclasses.replace(convention.overlap, beta=1.0))


def generalized_iou(boxes1, boxes2, rule) -> Steps[Floats]:
    """GIoU of boxes (..., 4) that broadcast."""
    iou, inter, total = yield from intersection_over_union(boxes1, boxes2, rule)
    union = rule.union(inter, total)
    enclosing = rule.enclosing_area(rule.enclosing_sides(boxes1, boxes2))
    yield "enclose: the smallest box around each pair has the area {enclosing}"
    giou = iou - rule.fraction(enclosing - union, enclosing)
    yield "subtract: IoU less the share of it that neither box covers is GIoU {giou}"
    return giou


def distance_iou(boxes1, boxes2, rule) -> Steps[tuple[Floats, Floats]]:
    """DIoU and IoU of boxes (..., 4) that broadcast."""
    iou, _, _ = yield from intersection_over_union(boxes1, boxes2, rule)
    sides = rule.enclosing_sides(boxes1, boxes2)
    diagonal = sides[..., 0] ** 2 + sides[..., 1] ** 2 + rule.diou_eps
    yield "span: the smallest box around each pair has the squared diagonal {diagonal}"
    apart = (boxes1[..., :2] + boxes1[..., 2:]) / 2 - (boxes2[..., :2] + boxes2[..., 2:]) / 2
    distance = apart[..., 0] ** 2 + apart[..., 1] ** 2
    diou = iou - rule.distance_term(distance, diagonal)
    yield "distance: the centres lie {distance} apart, squared; IoU less its share in the diagonal is DIoU {diou}"
    return diou, iou


def complete_iou(boxes1, boxes2, rule, alpha_gate) -> Steps[tuple[Floats, Floats]]:
    """CIoU of boxes (..., 4) that broadcast, and the weights alpha."""
    diou, iou = yield from distance_iou(boxes1, boxes2, rule)
    v = 4 / np.pi**2 * (rule.angle(boxes2) - rule.angle(boxes1)) ** 2
    yield "aspect: the aspect ratios differ by v = {v}"
    alpha = rule.fraction(v, 1 - iou + v + rule.ciou_eps)
    alpha[iou < alpha_gate] = 0
    ciou = diou - alpha * v
    yield "weigh: v has the weight alpha = {alpha}; DIoU less alpha v is CIoU {ciou}"
    return ciou, alpha


@stepwise(check=check_overlaps, quiet=True)
def generalized_box_iou(
    boxes1: Array, boxes2: Array, *, out: Floats | None = None, convention: Convention = REFDET
) -> Steps[Floats]:
    """Generalized IoU of every box in `boxes1` with every box in `boxes2`; IoU if nothing is enclosed.

    Parameters
    ----------
    boxes1 : (N, 4) array
    boxes2 : (M, 4) array
        Corners x1, y1, x2, y2 in continuous pixels; precision as for `box_iou`.
    out : (N, M) array of the result's dtype, optional
        Receives the result; must not overlap an input.
    convention : Convention
        As for `box_iou`, and what is added to the enclosing area; see docs/conventions.md, "Overlap".

    Returns
    -------
    giou : (N, M) float array in [-1, 1]
        Negative for boxes apart, the more the farther; -1 only where two boxes without area lie apart.

    Raises
    ------
    ValueError, TypeError
        As `box_iou`; coordinates whose squared distance may overflow.

    Notes
    -----
    enclose.  Area of the smallest box around both.
    subtract. From IoU the share of that area which neither box covers.

    IOU-3, after the steps of `box_iou`. GIoU = IoU - (C - U) / C.

    Examples
    --------
    Two unit squares in opposite corners of a square of 9 cover 2 of it:

    >>> generalized_box_iou([[0, 0, 1, 1]], [[2, 2, 3, 3]]).round(6)
    array([[-0.777778]])
    """
    out[...] = yield from generalized_iou(
        boxes1[:, None], boxes2[None], convention.overlap
    )  # (N, 1, 4), (1, M, 4)
    return out


@stepwise(check=check_overlaps, quiet=True)
def distance_box_iou(
    boxes1: Array, boxes2: Array, *, out: Floats | None = None, convention: Convention = REFDET
) -> Steps[Floats]:
    """Distance IoU of every box in `boxes1` with every box in `boxes2`; IoU where two points coincide.

    Parameters, errors and precision are those of `generalized_box_iou`; `convention` says what is added to
    the squared diagonal, and the exponent `beta` of the distance term (0.6 in AlexeyAB's darknet, ERR-35).

    Returns
    -------
    diou : (N, M) float array in [-1, 1]
        Below IoU unless the centres coincide.

    Notes
    -----
    span.     Squared diagonal of the smallest box around both.
    distance. From IoU the squared distance of the centres, as a share of it.

    IOU-4, after the steps of `box_iou`. DIoU = IoU - (rho^2 / c^2)^beta.

    Examples
    --------
    >>> distance_box_iou([[0, 0, 2, 2]], [[1, 1, 3, 3]]).round(6)  # 1/7 - 2/18
    array([[0.031746]])
    """
    out[...], _ = yield from distance_iou(boxes1[:, None], boxes2[None], convention.overlap)
    return out


@stepwise(check=check_complete, quiet=True)
def complete_box_iou(
    boxes1: Array,
    boxes2: Array,
    *,
    out: Floats | None = None,
    alpha_gate: float | None = None,
    convention: Convention = REFDET,
) -> Steps[Floats]:
    """Complete IoU of every box in `boxes1` with every box in `boxes2`; DIoU where the aspect ratios agree.

    Parameters, errors and precision are those of `generalized_box_iou`, and:

    alpha_gate : float in [0, 1], optional
        The aspect ratio counts only from this IoU on: 0.5 in the journal version of the paper.

    Returns
    -------
    ciou : (N, M) float array

    Notes
    -----
    aspect. Compare the aspect ratios: v = 4 / pi^2 (atan(w2 / h2) - atan(w1 / h1))^2.
    weigh.  Take v off with the weight alpha = v / ((1 - IoU) + v).

    IOU-5, after the steps of `distance_box_iou`; the exponent of its distance term is 1 here, also in
    AlexeyAB's darknet. A box without height is taken to be 1e-7 wider and higher, so that a point has the
    aspect ratio 1; under TORCHVISION it has none, NaN. The arc tangent is the machine's: last bits differ.

    Examples
    --------
    >>> complete_box_iou([[0, 0, 2, 1]], [[0, 0, 1, 2]]).round(6)
    array([[0.237082]])
    """
    out[...], _ = yield from complete_iou(boxes1[:, None], boxes2[None], convention.overlap, alpha_gate)
    return out


@stepwise(check=check_aligned_overlaps, quiet=True)
def aligned_generalized_box_iou(
    boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Floats]:
    """GIoU of box i in `boxes1` with box i in `boxes2`: the diagonal of `generalized_box_iou` (IOU-7), (N,)."""
    return (yield from generalized_iou(boxes1, boxes2, convention.overlap))


@stepwise(check=check_aligned_overlaps, quiet=True)
def aligned_distance_box_iou(
    boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Floats]:
    """DIoU of box i in `boxes1` with box i in `boxes2`: the diagonal of `distance_box_iou` (IOU-7), (N,)."""
    diou, _ = yield from distance_iou(boxes1, boxes2, convention.overlap)
    return diou


@stepwise(check=check_aligned_complete, quiet=True)
def aligned_complete_box_iou(
    boxes1: Array, boxes2: Array, *, alpha_gate: float | None = None, convention: Convention = REFDET
) -> Steps[Floats]:
    """CIoU of box i in `boxes1` with box i in `boxes2`: the diagonal of `complete_box_iou` (IOU-7), (N,)."""
    ciou, _ = yield from complete_iou(boxes1, boxes2, convention.overlap, alpha_gate)
    return ciou
