"""CIoU loss of box i and box i: L = 1 - IoU + rho^2 / c^2 + alpha v, dL/dbox = -dCIoU/dbox (IOU-5).

All three penalties are added to 1 - IoU, so taken off IoU, and v is a square (ERR-36). alpha is a constant for the
gradient (C-11). The gradient of the overlap itself is derived in refdet/ops/overlap_slopes.py (IOU-6).

Source: Z. Zheng et al., Distance-IoU Loss, AAAI 2020.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.ops.overlap_gradients import AspectGradient, aligned_complete_box_iou_backward
from refdet.ops.overlaps import aligned_complete_box_iou, check_aligned_complete
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Gradients = tuple[Floats, Floats]


def check_complete_box_iou_loss(
    boxes1, boxes2, reduction="none", *, alpha_gate=None, weights=None, convention=REFDET
):
    """Boxes in their common precision; for the weights how the pairs are weighed."""
    first, second, *_ = check_aligned_complete(boxes1, boxes2, alpha_gate=alpha_gate, convention=convention)
    scale = loss_checks.weighing(weights, reduction, (len(first),), first.dtype)
    return first, second, reduction, alpha_gate, scale, convention


@stepwise(check=check_complete_box_iou_loss, quiet=True)
def complete_box_iou_loss(
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    alpha_gate: float | None = None,
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Steps[Floats]:
    """1 - CIoU of box i in `boxes1` with box i in `boxes2`: as `distance_box_iou_loss`, and aspect ratios count.

    Parameters
    ----------
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array
        Corners x1, y1, x2, y2, predicted and wanted.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.
    alpha_gate : float in [0, 1], optional
        The aspect ratio counts only from this IoU on: 0.5 in the journal version of the paper.
    weights : array, optional
        What each pair counts, 0 or more: (N,), or one number.
    convention : Convention
        As for `complete_box_iou`. torchvision's loss adds 1e-7 to union, squared diagonal and alpha's denominator
        (docs/losses/overlaps.md).

    Returns
    -------
    loss : () or (N,) float array, dtype of `boxes1` and `boxes2` together
        0 of no boxes.

    Raises
    ------
    ValueError, TypeError
        As `aligned_complete_box_iou`; weights below 0 or of another shape.

    Notes
    -----
    turn.   After the steps of the overlap, 1 less it.
    reduce. Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    >>> complete_box_iou_loss([[0, 0, 2, 1]], [[0, 0, 1, 2]]).round(6)
    array([0.762918])
    """
    overlap = yield from aligned_complete_box_iou.steps(
        boxes1, boxes2, alpha_gate=alpha_gate, convention=convention
    )
    losses = 1 - overlap
    yield "turn: 1 less that is {losses}"
    return (yield from weighed(losses, weights))


@np.errstate(over="ignore", invalid="ignore")
def complete_box_iou_loss_backward(
    grad: Array | float,
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    alpha_gate: float | None = None,
    aspect_gradient: AspectGradient = "exact",
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Gradients:
    """Gradient of `complete_box_iou_loss` by the corners of both sets of boxes, alpha taken as a constant (C-11).

    Parameters
    ----------
    grad : () or (N,) array
        By the loss. The other arguments are those of `complete_box_iou_loss`.
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array
    aspect_gradient : {"exact", "stable"}
        With or without 1 / (w^2 + h^2); see `complete_box_iou_backward`.

    Returns
    -------
    grad_boxes1 : (N, 4) float array, dtype of `boxes1` and `boxes2` together
    grad_boxes2 : (N, 4) float array, dtype of `boxes1` and `boxes2` together

    Examples
    --------
    >>> first, _ = complete_box_iou_loss_backward([1], [[0, 0, 2, 1]], [[0, 0, 1, 2]])
    >>> first.round(6)
    array([[ 0.168256, -0.004915,  0.163341, -0.326682]])
    """
    overlap = aligned_complete_box_iou(boxes1, boxes2, alpha_gate=alpha_gate, convention=convention)
    scale = loss_checks.weighing(weights, reduction, overlap.shape, overlap.dtype)
    return aligned_complete_box_iou_backward(
        spread(grad, -np.ones_like(overlap), *scale),
        boxes1,
        boxes2,
        alpha_gate=alpha_gate,
        aspect_gradient=aspect_gradient,
        convention=convention,
    )
