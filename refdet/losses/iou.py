"""IoU losses of box i and box i: 1 - IoU, or -ln IoU (IOU-2).

    linear  L = 1 - IoU                   dL/dbox = -dIoU/dbox
    log     L = -ln max(IoU, 1e-12)       dL/dbox = -dIoU/dbox / IoU, or 0 where IoU <= 1e-12

Boxes apart have IoU 0 wherever they are, so that neither form moves them: why there is GIoU. The gradient of the
overlap itself is derived in refdet/ops/overlap_slopes.py (IOU-6).

Source: J. Yu et al., UnitBox, ACM Multimedia 2016, which has the logarithm.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.ops.box_iou import aligned_box_iou, check_aligned_box_iou
from refdet.ops.overlap_gradients import aligned_box_iou_backward
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Gradients = tuple[Floats, Floats]
Form = Literal["linear", "log"]

LEAST = 1e-12


def check_box_iou_loss(boxes1, boxes2, reduction="none", *, form="linear", weights=None, convention=REFDET):
    """Boxes in their common precision; for the weights how the pairs are weighed."""
    object_checks.option(form, "form", ("linear", "log"))
    first, second, convention = check_aligned_box_iou(boxes1, boxes2, convention=convention)
    scale = loss_checks.weighing(weights, reduction, (len(first),), first.dtype)
    return first, second, reduction, form, scale, convention


@stepwise(check=check_box_iou_loss, quiet=True)
def box_iou_loss(
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    form: Form = "linear",
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Steps[Floats]:
    """1 - IoU of box i in `boxes1` with box i in `boxes2`, or its logarithmic form.

    Parameters
    ----------
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array
        Corners x1, y1, x2, y2, predicted and wanted.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.
    form : {"linear", "log"}
        1 - IoU, at most 1; or -ln IoU, UnitBox's, at most 27.6, that of 1e-12.
    weights : array, optional
        What each pair counts, 0 or more: (N,), or one number.
    convention : Convention
        As for `box_iou`, and what is added to the union: 1e-7 in torchvision's losses (docs/losses/overlaps.md).

    Returns
    -------
    loss : () or (N,) float array, dtype of `boxes1` and `boxes2` together
        0 of no boxes.

    Raises
    ------
    ValueError, TypeError
        As `aligned_box_iou`; weights below 0 or of another shape.

    Notes
    -----
    turn.   After the steps of the overlap, 1 less it, or minus its logarithm.
    reduce. Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    Two squares of side 2 that share 2 of 6, and two apart:

    >>> first, second = [[0, 0, 2, 2], [0, 0, 1, 1]], [[1, 0, 3, 2], [2, 2, 3, 3]]
    >>> box_iou_loss(first, second).round(6), box_iou_loss(first, second, form="log").round(6)
    (array([0.666667, 1.      ]), array([ 1.098612, 27.631021]))
    """
    overlap = yield from aligned_box_iou.steps(boxes1, boxes2, convention=convention)
    losses = 1 - overlap if form == "linear" else -np.log(np.maximum(overlap, overlap.dtype.type(LEAST)))
    yield "turn: in its {form} form that costs {losses}"
    return (yield from weighed(losses, weights))


@np.errstate(over="ignore", invalid="ignore")
def box_iou_loss_backward(
    grad: Array | float,
    boxes1: Array,
    boxes2: Array,
    reduction: Reduction = "none",
    *,
    form: Form = "linear",
    weights: Array | float | None = None,
    convention: Convention = REFDET,
) -> Gradients:
    """Gradient of `box_iou_loss` by the corners of both sets of boxes; 0 for boxes apart.

    Parameters
    ----------
    grad : () or (N,) array
        By the loss. The other arguments are those of `box_iou_loss`.
    boxes1 : (N, 4) array
    boxes2 : (N, 4) array

    Returns
    -------
    grad_boxes1 : (N, 4) float array, dtype of `boxes1` and `boxes2` together
    grad_boxes2 : (N, 4) float array, dtype of `boxes1` and `boxes2` together

    Examples
    --------
    >>> first, _ = box_iou_loss_backward([1], [[0, 0, 2, 2]], [[1, 0, 3, 2]])
    >>> first[0, [0, 2]].round(6)  # left and right edge
    array([-0.111111, -0.333333])
    """
    object_checks.option(form, "form", ("linear", "log"))
    overlap = aligned_box_iou(boxes1, boxes2, convention=convention)
    slopes = -np.ones_like(overlap)
    if form == "log":
        apart = overlap <= LEAST
        slopes = np.where(apart, 0, slopes / np.where(apart, 1, overlap))
    scale = loss_checks.weighing(weights, reduction, overlap.shape, overlap.dtype)
    return aligned_box_iou_backward(spread(grad, slopes, *scale), boxes1, boxes2, convention=convention)
