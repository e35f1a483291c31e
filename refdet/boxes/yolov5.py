"""Boxes of YOLOv5: centre within a cell and a half, size up to four times the anchor's (ENC-8).

Both come from a logistic: doubled, the centre reaches the neighbouring cells, so that these can be responsible
too; doubled and squared, the size is bounded, so that no exponential runs away.

Letters: t the network's outputs, c the cell, a the anchor, s the logistic of t.
Source: ultralytics/yolov5, models/yolo.py (Detect.forward), utils/loss.py; no paper.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.boxes import coder_checks
from refdet.boxes.formats import cxcywh_to_xyxy, xyxy_to_cxcywh
from refdet.boxes.logistic import logit, sigmoid
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


def check_encode_yolov5(boxes, cells, anchors, stride):
    """Boxes with a size, and cells and anchors of the same shape; the stride in their dtype."""
    return coder_checks.on_grid(coder_checks.boxes_with_size(boxes, "boxes"), cells, anchors, stride)


@stepwise(check=check_encode_yolov5)
def encode_yolov5(boxes: Array, cells: Array, anchors: Array, stride: float) -> Steps[NDArray[np.floating]]:
    """The outputs that mean these boxes, for a YOLOv5 network.

    Parameters
    ----------
    boxes : (..., 4) array
        The objects: corners x1, y1, x2, y2 in pixels of the network's input.
    cells : (..., 2) integer array, or what broadcasts to it
        Column and row of the cell that is responsible for each, its own or a neighbour.
    anchors : (..., 2) array, or what broadcasts to it
        Width and height of the anchor that is responsible, in the same pixels.
    stride : float
        Pixels per cell: 8, 16 or 32.

    Returns
    -------
    outputs : (..., 4) float array
        tx, ty, tw, th. A centre outside -0.5 to 1.5 cells, or a side of 4 anchors and more, has none: it gets the
        nearest, -20.72 or 20.72, the logits of 1e-9 and 1 - 1e-9.

    Raises
    ------
    ValueError, TypeError
        Shapes that do not broadcast, a box or an anchor without size, a stride that is not above 0, NaN, infinity.

    Notes
    -----
    measure. Centre and size of the boxes.
    offset.  How far the centre lies from the cell's corner, in cells.
    invert.  Outputs tx = logit((offset + 0.5) / 2), tw = logit(sqrt(w / a) / 2).

    ENC-8.

    Examples
    --------
    A box in the middle of cell (2, 1), as large as its anchor, is 0 throughout:

    >>> encode_yolov5([[10, 2, 30, 22]], [[2, 1]], [[20, 20]], 8)
    array([[0., 0., 0., 0.]])
    """
    measured = xyxy_to_cxcywh(boxes)
    yield "measure: centre and size are {measured}"
    offset = measured[..., :2] / stride - cells.astype(boxes.dtype)
    yield "offset: centres lie {offset} cells from their cells"
    with np.errstate(over="ignore"):
        shares = np.concatenate([(offset + 0.5) / 2, np.sqrt(measured[..., 2:] / anchors) / 2], axis=-1)
    outputs = logit(shares)
    yield "invert: the outputs are {outputs}"
    return outputs


def check_decode_yolov5(outputs, cells, anchors, stride):
    """Outputs, and cells and anchors of the same shape; the stride in their dtype."""
    outputs = coder_checks.vectors(outputs, "outputs", 4, "tx, ty, tw, th")
    return coder_checks.on_grid(outputs, cells, anchors, stride)


@stepwise(check=check_decode_yolov5)
def decode_yolov5(outputs: Array, cells: Array, anchors: Array, stride: float) -> Steps[NDArray[np.floating]]:
    """The boxes that a YOLOv5 network means by its outputs.

    Parameters
    ----------
    outputs : (..., 4) array
        tx, ty, tw, th as the last convolution gave them; of a whole map (A, rows, columns, 4).
    cells : (..., 2) integer array, or what broadcasts to it
        Column and row of each output's cell: ``every_cell((rows, columns))``.
    anchors : (..., 2) array, or what broadcasts to it
        Width and height in pixels of the network's input: ``anchors[:, None, None]``.
    stride : float
        Pixels per cell: 8, 16 or 32.

    Returns
    -------
    boxes : (..., 4) float array
        Corners x1, y1, x2, y2 in pixels of the network's input, not clipped.

    Raises
    ------
    ValueError, TypeError
        As `encode_yolov5`.

    Notes
    -----
    activate. The logistic of all four.
    place.    Centre: cell + 2 s - 0.5, times stride; in (-0.5, 1.5) of the cell.
    stretch.  Size: a (2 s)^2; in (0, 4) anchors.
    corners.  Centre less and plus half a size.

    ENC-8. The centre is YOLOv4's with scale_x_y 2 (ENC-7); darknet's ``new_coords`` has the same sizes.

    Examples
    --------
    >>> decode_yolov5([[0, 0, 0, 0]], [[2, 1]], [[20, 20]], 8)
    array([[10.,  2., 30., 22.]])
    """
    share = sigmoid(outputs)
    yield "activate: the logistic is {share}"
    with np.errstate(over="ignore"):
        centre = (cells.astype(outputs.dtype) + (2 * share[..., :2] - 0.5)) * stride
    yield "place: centres are {centre}"
    with np.errstate(over="ignore"):
        size = (2 * share[..., 2:]) ** 2 * anchors
    yield "stretch: sizes are {size}"
    boxes = cxcywh_to_xyxy(np.concatenate([centre, size], axis=-1))
    yield "corners: the boxes are {boxes}"
    return boxes
