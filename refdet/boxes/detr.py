"""Boxes of DETR: centre and size as parts of the image, without anchors (ENC-9).

Parts of the unpadded image: a batch pads its images to one size, and the padding is none of the box's business.

Source: N. Carion et al., End-to-End Object Detection with Transformers, ECCV 2020, section 3.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.boxes import coder_checks
from refdet.boxes.formats import cxcywh_to_xyxy, xyxy_to_cxcywh
from refdet.boxes.logistic import logit, sigmoid
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise

FORMS = ("normalized", "logits")


def check_encode_detr(boxes, size, form="normalized"):
    """Boxes with a size, the image's size, and the form."""
    boxes = coder_checks.boxes_with_size(boxes, "boxes")
    return boxes, checks.size(size, "size"), object_checks.option(form, "form", FORMS)


@stepwise(check=check_encode_detr)
def encode_detr(boxes: Array, size: tuple[int, int], form: str = "normalized") -> Steps[NDArray[np.floating]]:
    """The target of each box: centre and size as parts of the image.

    Parameters
    ----------
    boxes : (..., 4) array
        The objects: corners x1, y1, x2, y2 in pixels of the image.
    size : (int, int)
        Height and width of the image without padding.
    form : {"normalized", "logits"}
        Parts of the image, which the loss compares; or what the box head answers before its logistic.

    Returns
    -------
    targets : (..., 4) float array
        Centre x, y and width, height. As logits, parts of 0 and less or 1 and more are -20.72 or 20.72.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, a box without width or height, a non-finite box, another form.

    Notes
    -----
    measure. Centre and size in pixels.
    divide.  By width and height of the image.
    invert.  Their logits, if these are wanted.

    ENC-9.

    Examples
    --------
    >>> encode_detr([[100, 50, 300, 150]], (200, 400))
    array([[0.5, 0.5, 0.5, 0.5]])
    """
    height, width = size
    measured = xyxy_to_cxcywh(boxes)
    yield "measure: centre and size are {measured}"
    targets = measured / np.array([width, height, width, height], boxes.dtype)
    yield "divide: of the image that is {targets}"
    if form == "logits":
        targets = logit(targets)
        yield "invert: the logits are {targets}"
    return targets


def check_decode_detr(outputs, size, form="normalized"):
    """Outputs, which lie in [0, 1] unless they are logits, the image's size, and the form."""
    outputs = coder_checks.vectors(outputs, "outputs", 4, "centre x, y, width, height")
    object_checks.option(form, "form", FORMS)
    fits = ((outputs >= 0) & (outputs <= 1)).all(axis=-1)
    if form == "normalized" and not fits.all():
        raise ValueError(
            f"outputs: {checks.first_row(outputs, fits)}; wanted parts of the image from 0 to 1, or form='logits' "
            "for what comes before the logistic"
        )
    return outputs, checks.size(size, "size"), form


@stepwise(check=check_decode_detr)
def decode_detr(
    outputs: Array, size: tuple[int, int], form: str = "normalized"
) -> Steps[NDArray[np.floating]]:
    """The boxes that DETR's box head means, in pixels.

    Parameters
    ----------
    outputs : (..., 4) array
        Centre x, y and width, height as parts of the image, DETR's ``pred_boxes``; with ``form="logits"`` what the
        last layer gave.
    size : (int, int)
        Height and width of the image without padding.
    form : {"normalized", "logits"}
        After or before the logistic.

    Returns
    -------
    boxes : (..., 4) float array
        Corners x1, y1, x2, y2 in pixels of the image, not clipped.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, NaN, infinity, a part outside [0, 1], another form.

    Notes
    -----
    activate. The logistic, if logits came.
    corners.  Centre less and plus half a size.
    scale.    Times width and height of the image.

    ENC-9.

    Examples
    --------
    >>> decode_detr([[0.5, 0.5, 0.5, 0.5]], (200, 400))
    array([[100.,  50., 300., 150.]])
    >>> decode_detr([[0, 0, 0, 0]], (200, 400), form="logits")
    array([[100.,  50., 300., 150.]])
    """
    height, width = size
    if form == "logits":
        outputs = sigmoid(outputs)
        yield "activate: of the image, centre and size are {outputs}"
    parts = cxcywh_to_xyxy(outputs)
    yield "corners: of the image, corners are {parts}"
    boxes = parts * np.array([width, height, width, height], outputs.dtype)
    yield "scale: the boxes are {boxes}"
    return boxes
