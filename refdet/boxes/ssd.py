"""The box transform of SSD: R-CNN's, divided by variances; and the two corner codes of its Caffe layers (ENC-4).

Variances bring the four targets to about the same spread, so that one loss fits all of them.

Letters: N boxes; P the prior (default box), G the object.
Source: W. Liu et al., SSD, ECCV 2016, section 2.2; its code adds the variances.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.boxes import coder_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.stepwise import Steps, stepwise

CODES = ("center_size", "corner", "corner_size")
VARIANCES = (0.1, 0.1, 0.2, 0.2)


def check_encode_ssd(boxes, priors, variances=VARIANCES, code="center_size", *, convention=REFDET):
    """Boxes and priors in their common precision, as many of one as of the other; the variances in it too."""
    checks.convention(convention)
    rule = convention.part("coder")
    boxes = checks.corners(boxes, "boxes", rule.finite)
    priors = checks.corners(priors, "priors", rule.finite)
    if len(boxes) != len(priors):
        raise ValueError(f"priors: {len(priors)} boxes came; wanted {len(boxes)}, as many as boxes")
    object_checks.option(code, "code", CODES)
    if rule.sizes == "reject" and code == "center_size":
        coder_checks.reject_without_size(boxes, "boxes", rule.plus_one)
    if rule.sizes != "propagate" and code != "corner":
        coder_checks.reject_without_size(priors, "priors", rule.plus_one)
    dtype = np.result_type(boxes, priors)
    variances = coder_checks.factors(variances, "variances", len(boxes), dtype)
    return boxes.astype(dtype, copy=False), priors.astype(dtype, copy=False), variances, code, convention


@stepwise(check=check_encode_ssd)
def encode_ssd(
    boxes: Array,
    priors: Array,
    variances: Any = VARIANCES,
    code: str = "center_size",
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """What takes each prior to its box, divided by variances.

    Parameters
    ----------
    boxes : (N, 4) array
        The objects: corners x1, y1, x2, y2, in pixels or as parts of the image's sides.
    priors : (N, 4) array
        The prior that each object was matched with: corners in the same unit. Of priors that are centre and
        size make corners with `box_convert`.
    variances : (4,) or (N, 4) array
        One for each of the four numbers, for all priors or prior by prior. Ones where the loss scales.
    code : {"center_size", "corner", "corner_size"}
        Caffe's CodeType: centre and size as R-CNN has them; differences of corners; these in sizes of the prior.
    convention : Convention
        Widths, order of the arithmetic, boxes without a size; see docs/conventions.md, "Coders".

    Returns
    -------
    deltas : (N, 4) float array, dtype of `boxes` and `priors`

    Raises
    ------
    ValueError, TypeError
        As `encode_rcnn`; another code. "corner" needs no sizes, "corner_size" those of priors alone.

    Notes
    -----
    compare. As center_size, (G - P) / size of P for centres, log(size of G / size of P); as corner, G - P of both
             corners; as corner_size, the same over the size of P.
    scale.   Divide by the variances.

    ENC-4. The notes take the targets to be Faster R-CNN's; the code divides by variances (ERR-24), and
    (0.1, 0.1, 0.2, 0.2) is its default. Multiplying by (10, 10, 5, 5), as torchvision does, is the same but for
    rounding.

    References
    ----------
    W. Liu et al., SSD: Single Shot MultiBox Detector, ECCV 2016; weiliu89/caffe, src/caffe/util/bbox_util.cpp.

    Examples
    --------
    The object (110, 96, 60, 72) seen from the prior (100, 100, 50, 80), both as centre and size:

    >>> from refdet import box_convert
    >>> prior = box_convert([[100, 100, 50, 80]], "cxcywh", "xyxy")
    >>> encode_ssd(box_convert([[110, 96, 60, 72]], "cxcywh", "xyxy"), prior).round(6)
    array([[ 2.      , -0.5     ,  0.911608, -0.526803]])
    """
    rule = convention.coder
    weights, variances = rule.factors(variances=variances)  # one of the two is ones
    prior_centre, prior_size = rule.centre_and_size(priors)  # (N, 2) each
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if code == "center_size":
            centre, size = rule.centre_and_size(boxes)
            move = np.concatenate([centre - prior_centre, np.log(size / prior_size)], axis=1)
            unit = np.concatenate([prior_size, np.ones_like(prior_size)], axis=1)  # (N, 4)
        else:
            move = boxes - priors
            unit = np.tile(prior_size, 2) if code == "corner_size" else np.ones_like(priors)
    yield "compare: boxes differ from priors by {move} in units of {unit}"
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        deltas = weights * move / unit / variances
    yield "scale: over the variances that is {deltas}"
    return deltas


def check_decode_ssd(deltas, priors, variances=VARIANCES, code="center_size", *, convention=REFDET):
    """Deltas and priors in their common precision, one row of deltas per prior; the variances in it too."""
    checks.convention(convention)
    rule = convention.part("coder")
    priors = checks.corners(priors, "priors", rule.finite)
    deltas = coder_checks.deltas(deltas, "deltas", len(priors), rule.finite)
    object_checks.option(code, "code", CODES)
    dtype = np.result_type(deltas, priors)
    variances = coder_checks.factors(variances, "variances", len(deltas), dtype)
    return deltas.astype(dtype, copy=False), priors.astype(dtype, copy=False), variances, code, convention


@stepwise(check=check_decode_ssd)
def decode_ssd(
    deltas: Array,
    priors: Array,
    variances: Any = VARIANCES,
    code: str = "center_size",
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """The boxes that deltas make of their priors; one box per class where each class has its deltas.

    Parameters
    ----------
    deltas : (N, 4) or (N, 4 K) array
        Four numbers as the network gave them; of K classes one after another.
    priors : (N, 4) array
        Corners x1, y1, x2, y2; the boxes come in the same unit.
    variances, code, convention
        As for `encode_ssd`.

    Returns
    -------
    boxes : (N, 4) or (N, 4 K) float array, dtype of `deltas` and `priors`
        Corners, not clipped; infinite or NaN where the exponential overflows.

    Raises
    ------
    ValueError, TypeError
        As `encode_ssd`, but priors need no size.

    Notes
    -----
    unscale. Multiply by the variances.
    apply.   As center_size, move the centre and stretch the size, no further than the convention's bound if it has
             one; else move both corners.

    ENC-4.

    Examples
    --------
    >>> decode_ssd([[1, 1, 0, 0]], [[0, 0, 0.4, 0.2]]).round(9)
    array([[0.04, 0.02, 0.44, 0.22]])
    >>> decode_ssd([[1, 1, 0, 0]], [[0, 0, 0.4, 0.2]], code="corner").round(9)
    array([[0.1, 0.1, 0.4, 0.2]])
    """
    rule = convention.coder
    weights, variances = rule.factors(variances=variances)
    with np.errstate(over="ignore", invalid="ignore"):
        per_class = deltas.reshape(len(deltas), deltas.shape[1] // 4, 4)
        offsets = variances[..., None, :] * (per_class / weights[..., None, :])  # (N, K, 4)
    yield "unscale: times the variances that is {offsets}"
    prior_centre, prior_size = rule.centre_and_size(priors)  # (N, 2) each
    with np.errstate(over="ignore", invalid="ignore"):
        if code == "center_size":
            centre = offsets[..., :2] * prior_size[:, None] + prior_centre[:, None]  # (N, K, 2)
            size = np.exp(rule.clamped(offsets[..., 2:])) * prior_size[:, None]
            boxes = rule.corners(centre, size)
        else:
            unit = np.tile(prior_size, 2) if code == "corner_size" else np.ones_like(priors)
            boxes = priors[:, None] + offsets * unit[:, None]  # (N, 1, 4) with (N, K, 4)
    boxes = boxes.reshape(deltas.shape)
    yield "apply: the boxes are {boxes}"
    return boxes
