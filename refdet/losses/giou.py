"""GIoU loss of box i and box i: L = 1 - GIoU, dL/dbox = -dGIoU/dbox (IOU-3).

Boxes apart are drawn to each other by the box around both, which 1 - IoU leaves alone. The gradient of the overlap
itself is derived in refdet/ops/overlap_slopes.py (IOU-6).

Source: H. Rezatofighi et al., Generalized Intersection over Union, CVPR 2019, Algorithm 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.ops.overlap_gradients import aligned_generalized_box_iou_backward
from refdet.ops.overlaps import aligned_generalized_box_iou, check_aligned_overlaps
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Gradients = tuple[Floats, Floats]


def check_generalized_box_iou_loss(boxes1, boxes2, reduction="none", *, weights=None, convention=REFDET):
    """Boxes in their common precision; for the weights how the pairs are weighed."""
    first, second, convention = check_aligned_overlaps(boxes1, boxes2, convention=convention)
    scale = loss_checks.weighing(weights, reduction, (len(first),), first.dtype)
    return first, second, reduction, scale, convention


@stepwise(check=check_generalized_box_iou_loss, quiet=True)
def generalized_box_iou_loss(
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Steps[Floats]:
    """1 - GIoU of box i in `boxes1` with box i in `boxes2`: 0 for equal boxes, towards 2 the farther they lie apart.

    Parameters
    ----------
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array
        Corners x1, y1, x2, y2, predicted and wanted.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.
    weights : array, optional
        What each pair counts, 0 or more: (N,), or one number.
    convention : Convention
        As for `generalized_box_iou`. torchvision's loss adds 1e-7 to union and enclosing area
        (docs/losses/overlaps.md).

    Returns
    -------
    loss : () or (N,) float array, dtype of `boxes1` and `boxes2` together
        0 of no boxes.

    Raises
    ------
    ValueError, TypeError
        As `aligned_generalized_box_iou`; weights below 0 or of another shape.

    Notes
    -----
    turn.   After the steps of the overlap, 1 less it.
    reduce. Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    Two unit squares in opposite corners of a square of 9 cover 2 of it: GIoU = 0 - 7/9.

    >>> generalized_box_iou_loss([[0, 0, 1, 1]], [[2, 2, 3, 3]]).round(6)
    array([1.777778])
    """
    overlap = yield from aligned_generalized_box_iou.steps(boxes1, boxes2, convention=convention)
    losses = 1 - overlap
    yield "turn: 1 less that is {losses}"
    return (yield from weighed(losses, weights))


@np.errstate(over="ignore", invalid="ignore")
def generalized_box_iou_loss_backward(
    grad: Array | float,
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Gradients:
    """Gradient of `generalized_box_iou_loss` by the corners of both sets of boxes.

    Parameters
    ----------
    grad : () or (N,) array
        By the loss. The other arguments are those of `generalized_box_iou_loss`.
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array

    Returns
    -------
    grad_boxes1 : (N, 4) float array, dtype of `boxes1` and `boxes2` together
    grad_boxes2 : (N, 4) float array, dtype of `boxes1` and `boxes2` together

    Examples
    --------
    >>> first, _ = generalized_box_iou_loss_backward([1], [[0, 0, 1, 1]], [[2, 0, 3, 1]])
    >>> first[0, [0, 2]].round(6)  # left and right edge
    array([ 0.111111, -0.333333])
    """
    overlap = aligned_generalized_box_iou(boxes1, boxes2, convention=convention)
    scale = loss_checks.weighing(weights, reduction, overlap.shape, overlap.dtype)
    by_overlap = spread(grad, -np.ones_like(overlap), *scale)
    return aligned_generalized_box_iou_backward(by_overlap, boxes1, boxes2, convention=convention)
