"""The box transform of the R-CNN family: what a proposal lacks to be the object (ENC-1, ENC-2).

A regressor cannot learn pixels, because the same move means little to a large box and much to a small one. So
moves are measured in sizes of the proposal, and sizes as logarithms of their ratio.

Letters: N boxes, K classes; P the proposal (an RPN's anchor), G the object; x, y centres; w, h sizes.
Source: R. Girshick et al., R-CNN, CVPR 2014, Appendix C; S. Ren et al., Faster R-CNN, NIPS 2015, section 3.1.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes import coder_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.stepwise import Steps, stepwise


def check_encode_rcnn(boxes, proposals, weights=None, *, convention=REFDET):
    """Boxes and proposals in their common precision, as many of one as of the other; the weights in it too."""
    checks.convention(convention)
    rule = convention.part("coder")
    boxes = checks.corners(boxes, "boxes", rule.finite)
    proposals = checks.corners(proposals, "proposals", rule.finite)
    if len(boxes) != len(proposals):
        raise ValueError(f"proposals: {len(proposals)} boxes came; wanted {len(boxes)}, as many as boxes")
    if rule.sizes == "reject":
        coder_checks.reject_without_size(boxes, "boxes", rule.plus_one)
    if rule.sizes != "propagate":
        coder_checks.reject_without_size(proposals, "proposals", rule.plus_one)
    dtype = np.result_type(boxes, proposals)
    weights = rule.weights if weights is None else weights
    weights = coder_checks.factors(weights, "weights", len(boxes), dtype)
    return boxes.astype(dtype, copy=False), proposals.astype(dtype, copy=False), weights, convention


@stepwise(check=check_encode_rcnn)
def encode_rcnn(
    boxes: Array, proposals: Array, weights: Any = None, *, convention: Convention = REFDET
) -> Steps[NDArray[np.floating]]:
    """What takes each proposal to its box: dx, dy in sizes of the proposal, dw, dh as logarithms.

    Parameters
    ----------
    boxes : (N, 4) array
        The objects: corners x1, y1, x2, y2 in continuous pixels.
    proposals : (N, 4) array
        The proposal, or anchor, that each object was matched with; corners in the same pixels.
    weights : (4,) or (N, 4) array, optional
        What dx, dy, dw, dh are multiplied by. The convention's by default: ones, and under TORCHVISION
        (10, 10, 5, 5), which its second stage and its SSD use; its RPN has ones.
    convention : Convention
        Widths, order of the arithmetic, boxes without a size; see docs/conventions.md, "Coders".

    Returns
    -------
    deltas : (N, 4) float array, dtype of `boxes` and `proposals`
        dx, dy, dw, dh: the target of the regressor.

    Raises
    ------
    ValueError
        Wrong shape, different lengths, weights that are not above 0; a box without width or height (not under
        TORCHVISION and FAST_RCNN, where it becomes infinite or NaN); a non-finite box (not under TORCHVISION).
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    measure. Centre and size of boxes and proposals.
    shift.   The centre moves by dx = (Gx - Px) / Pw, dy = (Gy - Py) / Ph.
    stretch. The size grows by dw = log(Gw / Pw), dh = log(Gh / Ph).

    ENC-1. Normalised targets: `normalize_deltas` (ENC-3). The direction is from P to G. The formulas that
    the notes lost are these (ERR-15).

    Examples
    --------
    The object (110, 96, 60, 72) seen from the proposal (100, 100, 50, 80), both as centre and size:

    >>> from refdet import box_convert
    >>> proposal = box_convert([[100, 100, 50, 80]], "cxcywh", "xyxy")
    >>> encode_rcnn(box_convert([[110, 96, 60, 72]], "cxcywh", "xyxy"), proposal).round(6)
    array([[ 0.2     , -0.05    ,  0.182322, -0.105361]])
    """
    rule = convention.coder
    weights, variances = rule.factors(weights=weights)  # one of the two is ones
    centre, size = rule.centre_and_size(boxes)  # (N, 2) each
    proposal_centre, proposal_size = rule.centre_and_size(proposals)
    yield "measure: centres of the proposals are {proposal_centre}, sizes {proposal_size}"
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        shift = weights[..., :2] * (centre - proposal_centre) / proposal_size / variances[..., :2]
    yield "shift: dx and dy, to the centres in sizes of the proposals, are {shift}"
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        stretch = weights[..., 2:] * np.log(size / proposal_size) / variances[..., 2:]
    yield "stretch: dw and dh, logarithms of the ratios of sizes, are {stretch}"
    return np.concatenate([shift, stretch], axis=1)


def check_decode_rcnn(deltas, proposals, weights=None, *, convention=REFDET):
    """Deltas and proposals in their common precision, one row of deltas per proposal; the weights in it too."""
    checks.convention(convention)
    rule = convention.part("coder")
    proposals = checks.corners(proposals, "proposals", rule.finite)
    deltas = coder_checks.deltas(deltas, "deltas", len(proposals), rule.finite)
    dtype = np.result_type(deltas, proposals)
    weights = rule.weights if weights is None else weights
    weights = coder_checks.factors(weights, "weights", len(deltas), dtype)
    return deltas.astype(dtype, copy=False), proposals.astype(dtype, copy=False), weights, convention


@stepwise(check=check_decode_rcnn)
def decode_rcnn(
    deltas: Array, proposals: Array, weights: Any = None, *, convention: Convention = REFDET
) -> Steps[NDArray[np.floating]]:
    """The boxes that deltas make of their proposals; one box per class where each class has its deltas.

    Parameters
    ----------
    deltas : (N, 4) or (N, 4 K) array
        dx, dy, dw, dh as the regressor gave them; of K classes one after another.
    proposals : (N, 4) array
        The proposals, or anchors, that the deltas were predicted for: corners in continuous pixels.
    weights : (4,) or (N, 4) array, optional
        What the targets were multiplied by; the convention's by default.
    convention : Convention
        Widths, the bound of dw and dh, and how corners are made; see docs/conventions.md, "Coders".

    Returns
    -------
    boxes : (N, 4) or (N, 4 K) float array, dtype of `deltas` and `proposals`
        Corners x1, y1, x2, y2. Not clipped to the image. Infinite or NaN where the exponential overflows, which
        a bound prevents (TORCHVISION: log(1000 / 16)). A proposal without a size stays without one.

    Raises
    ------
    ValueError, TypeError
        As `encode_rcnn`, but proposals need no size.

    Notes
    -----
    unscale. The deltas without their weights.
    clamp.   No dw and dh greater than the bound, if there is one.
    move.    Centre and size: Gx = Px + Pw dx, Gy = Py + Ph dy; Gw = Pw exp(dw), Gh = Ph exp(dh).
    corners. Centre less and plus half a size.

    ENC-2. Under FAST_RCNN a width is one more than x2 - x1 and nothing is taken off again, so that deltas of
    0 turn [0, 0, 7, 7] into [0, 0, 8, 8].

    Examples
    --------
    Two classes, of which the first moves the box by its width and the second doubles it:

    >>> decode_rcnn([[1, 0, 0, 0, 0, 0, np.log(2), np.log(2)]], [[0, 0, 4, 2]]).round(9)
    array([[ 4.,  0.,  8.,  2., -2., -1.,  6.,  3.]])
    """
    rule = convention.coder
    weights, variances = rule.factors(weights=weights)
    with np.errstate(over="ignore", invalid="ignore"):
        per_class = deltas.reshape(len(deltas), deltas.shape[1] // 4, 4)
        offsets = variances[..., None, :] * (per_class / weights[..., None, :])  # (N, K, 4)
    yield "unscale: dx, dy, dw and dh are {offsets}"
    shift, stretch = offsets[..., :2], rule.clamped(offsets[..., 2:])
    yield "clamp: dw and dh are {stretch}"
    proposal_centre, proposal_size = rule.centre_and_size(proposals)  # (N, 2) each
    with np.errstate(over="ignore", invalid="ignore"):
        centre = shift * proposal_size[:, None] + proposal_centre[:, None]  # (N, K, 2)
        size = np.exp(stretch) * proposal_size[:, None]
    yield "move: centres are {centre}, sizes {size}"
    boxes = rule.corners(centre, size).reshape(deltas.shape)
    yield "corners: the boxes are {boxes}"
    return boxes
