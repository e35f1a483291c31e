"""DIoU loss of box i and box i: L = 1 - IoU + rho^2 / c^2, dL/dbox = -dDIoU/dbox (IOU-4).

The centres are drawn to each other at once, where GIoU first widens a box until the two meet. The gradient of the
overlap itself is derived in refdet/ops/overlap_slopes.py (IOU-6).

Source: Z. Zheng et al., Distance-IoU Loss, AAAI 2020.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.ops.overlap_gradients import aligned_distance_box_iou_backward
from refdet.ops.overlaps import aligned_distance_box_iou, check_aligned_overlaps
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Gradients = tuple[Floats, Floats]


def check_distance_box_iou_loss(boxes1, boxes2, reduction="none", *, weights=None, convention=REFDET):
    """Boxes in their common precision; for the weights how the pairs are weighed."""
    first, second, convention = check_aligned_overlaps(boxes1, boxes2, convention=convention)
    scale = loss_checks.weighing(weights, reduction, (len(first),), first.dtype)
    return first, second, reduction, scale, convention


@stepwise(check=check_distance_box_iou_loss, quiet=True)
def distance_box_iou_loss(
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Steps[Floats]:
    """1 - DIoU of box i in `boxes1` with box i in `boxes2`: 0 for equal boxes, towards 2 the farther they lie apart.

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
        As for `distance_box_iou`, with its exponent `beta`. torchvision's loss adds 1e-7 to union and squared diagonal
        (docs/losses/overlaps.md); AlexeyAB's darknet trains with beta 1, whatever its overlap has (ERR-35).

    Returns
    -------
    loss : () or (N,) float array, dtype of `boxes1` and `boxes2` together
        0 of no boxes.

    Raises
    ------
    ValueError, TypeError
        As `aligned_distance_box_iou`; weights below 0 or of another shape.

    Notes
    -----
    turn.   After the steps of the overlap, 1 less it.
    reduce. Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    >>> distance_box_iou_loss([[0, 0, 2, 2]], [[1, 1, 3, 3]]).round(6)  # 1 - 1/7 + 2/18
    array([0.968254])
    """
    overlap = yield from aligned_distance_box_iou.steps(boxes1, boxes2, convention=convention)
    losses = 1 - overlap
    yield "turn: 1 less that is {losses}"
    return (yield from weighed(losses, weights))


@np.errstate(over="ignore", invalid="ignore")
def distance_box_iou_loss_backward(
    grad: Array | float,
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Gradients:
    """Gradient of `distance_box_iou_loss` by the corners of both sets of boxes.

    Parameters
    ----------
    grad : () or (N,) array
        By the loss. The other arguments are those of `distance_box_iou_loss`.
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array

    Returns
    -------
    grad_boxes1 : (N, 4) float array, dtype of `boxes1` and `boxes2` together
    grad_boxes2 : (N, 4) float array, dtype of `boxes1` and `boxes2` together

    Examples
    --------
    >>> first, _ = distance_box_iou_loss_backward([1], [[0, 0, 1, 1]], [[2, 0, 3, 1]])
    >>> first.round(6)
    array([[ 0.04,  0.04, -0.2 , -0.04]])
    """
    overlap = aligned_distance_box_iou(boxes1, boxes2, convention=convention)
    scale = loss_checks.weighing(weights, reduction, overlap.shape, overlap.dtype)
    by_overlap = spread(grad, -np.ones_like(overlap), *scale)
    return aligned_distance_box_iou_backward(by_overlap, boxes1, boxes2, convention=convention)
