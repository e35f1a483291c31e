"""Intersection over union of boxes, pairwise and aligned (IOU-1, IOU-7).

The overlap of two boxes is the area they share over the area they cover together. The order of the
operations is part of the definition: the kernels repeat it, so that every bit agrees.

Letters: N and M boxes; w, h width and height. Twins: csrc/box_iou.cpp, csrc/box_iou.cu.
Source: P. Jaccard, 1901; M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.stepwise import Steps, stepwise


def check_box_iou(boxes1, boxes2, *, out=None, convention=REFDET, xp=np):
    """The boxes in their common precision, and the array that receives the result."""
    checks.convention(convention)
    rule = convention.overlap
    first, second = checks.boxes(boxes1, "boxes1", rule, xp=xp), checks.boxes(boxes2, "boxes2", rule, xp=xp)
    dtype = np.result_type(first, second)
    out = checks.output(out, "out", (len(first), len(second)), dtype, (boxes1, boxes2), xp=xp)
    return first.astype(dtype, copy=False), second.astype(dtype, copy=False), out, convention


def intersection_over_union(boxes1, boxes2, rule) -> Steps[tuple[NDArray[np.floating], ...]]:
    """IoU, shared area and sum of areas of boxes (..., 4) that broadcast: the body of all forms."""
    area1, area2 = rule.area(boxes1), rule.area(boxes2)  # (...)
    yield "area: of the first boxes {area1}, of the second {area2}"
    top_left = np.maximum(boxes1[..., :2], boxes2[..., :2])  # (N, 1, 2) with (1, M, 2) -> (N, M, 2)
    bottom_right = np.minimum(boxes1[..., 2:], boxes2[..., 2:])
    sides = np.maximum(bottom_right - top_left + rule.plus_one, 0)  # (..., 2), 0 where the boxes lie apart
    inter = sides[..., 0] * sides[..., 1]
    yield "intersect: the pairs share {inter}"
    total = area1 + area2  # (N, 1) with (1, M) -> (N, M)
    iou = rule.ratio(inter, total)
    yield "divide: over all that they cover, that is IoU {iou}"
    return iou, inter, total


@stepwise(check=check_box_iou, quiet=True)
def box_iou(
    boxes1: Array,
    boxes2: Array,
    *,
    out: NDArray[np.floating] | None = None,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """Intersection over union of every box in `boxes1` with every box in `boxes2`; 0 where both are empty.

    Parameters
    ----------
    boxes1 : (N, 4) array
    boxes2 : (M, 4) array
        Corners x1, y1, x2, y2 in continuous pixels. float32 and float64 keep their precision (of two,
        the wider); float16 is computed in float32, integers in float64.
    out : (N, M) array of the result's dtype, optional
        Receives the result; must not overlap an input.
    convention : Convention
        Widths, inverted boxes, division and precision; see docs/conventions.md, "Overlap".

    Returns
    -------
    iou : (N, M) float array in [0, 1]
        0 for boxes that only touch, and for a box without area.

    Raises
    ------
    ValueError
        Wrong shape; a non-finite box, or one whose area overflows (not under TORCHVISION).
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    area.      Area of each box; an inverted one has none.
    intersect. Sides of the shared rectangle, 0 where the boxes lie apart.
    divide.    Shared area over the sum of the areas minus the shared area.

    IOU-1. Differs from torchvision: two boxes without area have IoU 0, not NaN. Nothing is added to the
    union, and areas are added: the notes' listing has both wrong (ERR-2, ERR-3).
    Twins: csrc/box_iou.cpp, csrc/box_iou.cu.

    References
    ----------
    M. Everingham et al., The PASCAL Visual Object Classes (VOC) Challenge, IJCV 2010, section 4.2.

    Examples
    --------
    Two squares of area 4 share 1 of the 7 that they cover:

    >>> box_iou(np.array([[0, 0, 2, 2]]), np.array([[1, 1, 3, 3], [2, 0, 4, 2]])).round(6)
    array([[0.142857, 0.      ]])
    """
    pairs = boxes1[:, None], boxes2[None]  # (N, 1, 4), (1, M, 4)
    out[...], _, _ = yield from intersection_over_union(*pairs, convention.overlap)
    return out


def check_aligned_box_iou(boxes1, boxes2, *, convention=REFDET):
    """The boxes in their common precision; as many of one as of the other."""
    checks.convention(convention)
    first = checks.boxes(boxes1, "boxes1", convention.overlap)
    second = checks.boxes(boxes2, "boxes2", convention.overlap)
    if len(first) != len(second):
        raise ValueError(f"boxes2: {len(second)} boxes came; wanted {len(first)}, as many as boxes1")
    dtype = np.result_type(first, second)
    return first.astype(dtype, copy=False), second.astype(dtype, copy=False), convention


@stepwise(check=check_aligned_box_iou, quiet=True)
def aligned_box_iou(
    boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[NDArray[np.floating]]:
    """Intersection over union of box i in `boxes1` with box i in `boxes2`.

    Parameters
    ----------
    boxes1, boxes2 : (N, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    convention : Convention
        As for `box_iou`.

    Returns
    -------
    iou : (N,) float array in [0, 1]
        The diagonal of ``box_iou(boxes1, boxes2)``, bit for bit.

    Raises
    ------
    ValueError, TypeError
        As `box_iou`, and if the two differ in length.

    Notes
    -----
    IOU-7.

    Examples
    --------
    >>> aligned_box_iou(np.array([[0.0, 0, 4, 2]]), np.array([[1.0, 0, 3, 4]])).round(6)
    array([0.333333])
    """
    iou, _, _ = yield from intersection_over_union(boxes1, boxes2, convention.overlap)
    return iou
