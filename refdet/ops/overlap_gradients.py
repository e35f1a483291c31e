"""Gradients of IoU, GIoU, DIoU and CIoU with respect to both boxes, pairwise and aligned (IOU-6).

Each function takes the gradient of a loss by the overlaps and gives it by the corners: the slopes of each overlap,
derived in overlap_slopes.py, times that gradient, added up over all overlaps in which a box takes part.

Letters: N and M boxes. By centre and size: ``box_convert_backward(grad_boxes, "cxcywh", "xyxy")``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops import overlap_gradient_checks as checks
from refdet.ops.overlap_slopes import ciou_slopes, diou_slopes, giou_slopes, iou_slopes
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Gradients = tuple[Floats, Floats]
AspectGradient = Literal["exact", "stable"]


def all_pairs(_slopes, grad, boxes1, boxes2, *given) -> Steps[Gradients]:
    """Both gradients of an overlap whose slopes are `_slopes(a, b, *given)`, of every box with every box."""
    a, b, gradients = boxes1[:, None], boxes2[None], {}  # (N, 1, 4), (1, M, 4)
    for name, first, second, others in (("boxes1", a, b, 1), ("boxes2", b, a, 0)):
        slopes = yield from _slopes(first, second, *given)  # (N, M, 4)
        gradient = (grad[..., None] * slopes).sum(axis=others)
        yield "sum: by the corners of {name} the gradient, slopes times grad over the other boxes, is {gradient}"
        gradients[name] = gradient
    return gradients["boxes1"], gradients["boxes2"]


def row_by_row(_slopes, grad, boxes1, boxes2, *given) -> Steps[Gradients]:
    """As `all_pairs`, of box i with box i."""
    gradients = {}
    for name, a, b in (("boxes1", boxes1, boxes2), ("boxes2", boxes2, boxes1)):
        slopes = yield from _slopes(a, b, *given)  # (N, 4)
        gradient = grad[..., None] * slopes
        yield "scale: by the corners of {name} the gradient, slopes times grad, is {gradient}"
        gradients[name] = gradient
    return gradients["boxes1"], gradients["boxes2"]


@stepwise(check=checks.check_box_iou_backward, quiet=True)
def box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Gradients]:
    """Gradient of `box_iou` with respect to both sets of boxes (IOU-6); 0 for boxes apart.

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

    Notes
    -----
    sum. The slopes times `grad`, over all boxes of the other set.

    After the steps of `iou_slopes`: shared, union, divide. All of them come twice, for `boxes1` and for `boxes2`.

    Examples
    --------
    Two squares of side 2 share 2 of 6. A right edge of the first moved by 1 would share 2 more, of as much:

    >>> first, second = box_iou_backward([[1]], [[0, 0, 2, 2]], [[1, 0, 3, 2]])
    >>> first.round(6)
    array([[0.111111, 0.      , 0.333333, 0.      ]])
    """
    return (yield from all_pairs(iou_slopes, grad, boxes1, boxes2, convention.overlap))


@stepwise(check=checks.check_overlaps_backward, quiet=True)
def generalized_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Gradients]:
    """Gradient of `generalized_box_iou`; boxes apart are drawn to each other by the enclosing area.

    Arguments, results and errors are those of `box_iou_backward` and `generalized_box_iou` (IOU-3, IOU-6).

    Steps: of `box_iou_backward`, and of `giou_slopes` before the sum, enclose and subtract.
    """
    return (yield from all_pairs(giou_slopes, grad, boxes1, boxes2, convention.overlap))


@stepwise(check=checks.check_overlaps_backward, quiet=True)
def distance_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Gradients]:
    """Gradient of `distance_box_iou`, with the convention's `beta`.

    Arguments, results and errors are those of `box_iou_backward` and `distance_box_iou` (IOU-4, IOU-6).

    Steps: of `box_iou_backward`, and of `diou_slopes` before the sum, span and distance.
    """
    return (yield from all_pairs(diou_slopes, grad, boxes1, boxes2, convention.overlap))


@stepwise(check=checks.check_complete_backward, quiet=True)
def complete_box_iou_backward(
    grad: Array,
    boxes1: Array,
    boxes2: Array,
    *,
    alpha_gate: float | None = None,
    aspect_gradient: AspectGradient = "exact",
    convention: Convention = REFDET,
) -> Steps[Gradients]:
    """Gradient of `complete_box_iou`, its weight alpha taken as a constant (C-11).

    Arguments, results and errors are those of `box_iou_backward` and `complete_box_iou` (IOU-5, IOU-6), and:

    aspect_gradient : {"exact", "stable"}
        dv/dw = 8/pi^2 (atan(w2/h2) - atan(w/h)) * -h / (w^2 + h^2) and dv/dh, the same with +w; or, "stable",
        without 1 / (w^2 + h^2), which the paper leaves out because it is large for small boxes.

    Steps: of `distance_box_iou_backward`, and of `ciou_slopes` before the sum, aspect and weigh.
    """
    given = convention.overlap, alpha_gate, aspect_gradient
    return (yield from all_pairs(ciou_slopes, grad, boxes1, boxes2, *given))


@stepwise(check=checks.check_aligned_box_iou_backward, quiet=True)
def aligned_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Gradients]:
    """Gradient of `aligned_box_iou`: as `box_iou_backward`, with `grad` (N,) and a box for each.

    Notes
    -----
    scale. In place of the sum: the slopes times `grad`, box by box.
    """
    return (yield from row_by_row(iou_slopes, grad, boxes1, boxes2, convention.overlap))


@stepwise(check=checks.check_aligned_overlaps_backward, quiet=True)
def aligned_generalized_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Gradients]:
    """Gradient of `aligned_generalized_box_iou`: as `generalized_box_iou_backward`, with `grad` (N,)."""
    return (yield from row_by_row(giou_slopes, grad, boxes1, boxes2, convention.overlap))


@stepwise(check=checks.check_aligned_overlaps_backward, quiet=True)
def aligned_distance_box_iou_backward(
    grad: Array, boxes1: Array, boxes2: Array, *, convention: Convention = REFDET
) -> Steps[Gradients]:
    """Gradient of `aligned_distance_box_iou`: as `distance_box_iou_backward`, with `grad` (N,)."""
    return (yield from row_by_row(diou_slopes, grad, boxes1, boxes2, convention.overlap))


@stepwise(check=checks.check_aligned_complete_backward, quiet=True)
def aligned_complete_box_iou_backward(
    grad: Array,
    boxes1: Array,
    boxes2: Array,
    *,
    alpha_gate: float | None = None,
    aspect_gradient: AspectGradient = "exact",
    convention: Convention = REFDET,
) -> Steps[Gradients]:
    """Gradient of `aligned_complete_box_iou`: as `complete_box_iou_backward`, with `grad` (N,)."""
    given = convention.overlap, alpha_gate, aspect_gradient
    return (yield from row_by_row(ciou_slopes, grad, boxes1, boxes2, *given))
