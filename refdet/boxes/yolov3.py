"""Boxes of YOLOv2, v3 and v4: centre near a cell by a logistic, size by an exponential of the anchor's (ENC-6, ENC-7).

The logistic keeps a prediction at its cell, which made training stable. It never reaches the cell's edges, where
some centres lie; so YOLOv4 stretches it a little, and later makes sizes a bounded square too.

Letters: t the network's outputs, c the cell, a the anchor (YOLOv2: prior).
Source: J. Redmon and A. Farhadi, YOLO9000, CVPR 2017, section 2, and YOLOv3, 2018, section 2.1; A. Bochkovskiy et
al., YOLOv4, 2020; AlexeyAB/darknet, src/yolo_layer.c.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import object_checks
from refdet.boxes import coder_checks
from refdet.boxes.formats import cxcywh_to_xyxy, xyxy_to_cxcywh
from refdet.boxes.logistic import logit, sigmoid
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise

FORMS = ("exp", "new_coords")
LARGEST_EXPONENT = 20


def check_encode_yolov3(boxes, cells, anchors, stride, scale_x_y=1.0, form="exp"):
    """Boxes with a size, and cells and anchors of the same shape; the stride and the factor in their dtype."""
    boxes = coder_checks.boxes_with_size(boxes, "boxes")
    boxes, cells, anchors, stride = coder_checks.on_grid(boxes, cells, anchors, stride)
    scale_x_y = coder_checks.above_zero(scale_x_y, "scale_x_y", boxes.dtype)
    return boxes, cells, anchors, stride, scale_x_y, object_checks.option(form, "form", FORMS)


@stepwise(check=check_encode_yolov3)
def encode_yolov3(
    boxes: Array, cells: Array, anchors: Array, stride: float, scale_x_y: float = 1.0, form: str = "exp"
) -> Steps[NDArray[np.floating]]:
    """The outputs that mean these boxes, for a YOLOv2, v3 or v4 network.

    Parameters
    ----------
    boxes : (..., 4) array
        The objects: corners x1, y1, x2, y2 in pixels of the network's input.
    cells : (..., 2) integer array, or what broadcasts to it
        Column and row of the cell that is responsible for each (`grid_cell`).
    anchors : (..., 2) array, or what broadcasts to it
        Width and height of the anchor that is responsible, in the same pixels.
    stride : float
        Pixels per cell. With a stride of 1 everything is in cells, as YOLOv2 gives its priors.
    scale_x_y : float
        How far the logistic is stretched; 1 in YOLOv2 and v3, 1.2, 1.1 and 1.05 at strides 8, 16 and 32 in YOLOv4.
    form : {"exp", "new_coords"}
        Sizes by an exponential; or as darknet's ``new_coords=1``, by the square of an output that has passed the
        logistic already (Scaled-YOLOv4, scale_x_y 2).

    Returns
    -------
    outputs : (..., 4) float array
        tx, ty, tw, th. Where the logistic does not reach, or only at infinity, the nearest: -20.72 or 20.72, the
        logits of 1e-9 and 1 - 1e-9. With ``form="new_coords"`` all four are in [0, 1].

    Raises
    ------
    ValueError, TypeError
        Shapes that do not broadcast, a box or an anchor without size, a stride that is not above 0, NaN, infinity.

    Notes
    -----
    measure. Centre and size of the boxes.
    offset.  How far the centre lies from the cell's corner, in cells.
    invert.  Outputs tx = logit((offset + (s - 1) / 2) / s) with s = scale_x_y; tw = log(w / a), or sqrt(w / 4 a).

    ENC-6, ENC-7. The notes take the sizes to be YOLOv1's, which they are not (ERR-26).

    Examples
    --------
    In cells of a 13 x 13 grid:

    >>> from refdet import box_convert
    >>> box = box_convert([[6.549834, 4.425557, 3.528534, 3.282652]], "cxcywh", "xyxy")
    >>> encode_yolov3(box, [[6, 4]], [[3.19275, 4.00944]], 1).round(5)
    array([[ 0.2, -0.3,  0.1, -0.2]])
    """
    measured = xyxy_to_cxcywh(boxes)
    yield "measure: centre and size are {measured}"
    offset = measured[..., :2] / stride - cells.astype(boxes.dtype)
    yield "offset: centres lie {offset} cells from their cells"
    with np.errstate(over="ignore", divide="ignore"):
        share = np.clip((offset + (scale_x_y - 1) / 2) / scale_x_y, 0, 1)
        ratio = measured[..., 2:] / anchors
        sizes = np.log(ratio) if form == "exp" else np.minimum(np.sqrt(ratio / 4), 1)
    outputs = np.concatenate([logit(share) if form == "exp" else share, sizes], axis=-1)
    yield "invert: the outputs are {outputs}"
    return outputs


def check_decode_yolov3(outputs, cells, anchors, stride, scale_x_y=1.0, form="exp"):
    """Outputs, and cells and anchors of the same shape; the stride and the factor in their dtype."""
    outputs = coder_checks.vectors(outputs, "outputs", 4, "tx, ty, tw, th")
    outputs, cells, anchors, stride = coder_checks.on_grid(outputs, cells, anchors, stride)
    scale_x_y = coder_checks.above_zero(scale_x_y, "scale_x_y", outputs.dtype)
    return outputs, cells, anchors, stride, scale_x_y, object_checks.option(form, "form", FORMS)


@stepwise(check=check_decode_yolov3)
def decode_yolov3(
    outputs: Array, cells: Array, anchors: Array, stride: float, scale_x_y: float = 1.0, form: str = "exp"
) -> Steps[NDArray[np.floating]]:
    """The boxes that a YOLOv2, v3 or v4 network means by its outputs.

    Parameters
    ----------
    outputs : (..., 4) array
        tx, ty, tw, th as the last convolution gave them; of a whole map (A, rows, columns, 4).
    cells : (..., 2) integer array, or what broadcasts to it
        Column and row of each output's cell: ``every_cell((rows, columns))``.
    anchors : (..., 2) array, or what broadcasts to it
        Width and height in pixels of the network's input: ``anchors[:, None, None]``.
    stride, scale_x_y, form
        As for `encode_yolov3`.

    Returns
    -------
    boxes : (..., 4) float array
        Corners x1, y1, x2, y2 in pixels of the network's input, not clipped.

    Raises
    ------
    ValueError, TypeError
        As `encode_yolov3`.

    Notes
    -----
    activate. The logistic of tx, ty; of ``form="new_coords"`` it came before.
    place.    Centre: cell + s * logistic - (s - 1) / 2, times stride; in (-(s - 1) / 2, 1 + (s - 1) / 2) of the cell.
    stretch.  Size: a * exp(tw), where tw counts no more than 20; or 4 a tw^2.
    corners.  Centre less and plus half a size.

    ENC-6, ENC-7.

    Examples
    --------
    >>> from refdet import box_convert
    >>> boxes = decode_yolov3([[0.2, -0.3, 0.1, -0.2]], [[6, 4]], [[3.19275, 4.00944]], 1)
    >>> box_convert(boxes, "xyxy", "cxcywh").round(6)
    array([[6.549834, 4.425557, 3.528534, 3.282652]])
    """
    share = sigmoid(outputs[..., :2]) if form == "exp" else outputs[..., :2]
    yield "activate: of x and y there is {share}"
    with np.errstate(over="ignore"):
        centre = (cells.astype(outputs.dtype) + (scale_x_y * share - (scale_x_y - 1) / 2)) * stride
    yield "place: centres are {centre}"
    with np.errstate(over="ignore"):
        if form == "exp":
            size = np.exp(np.minimum(outputs[..., 2:], LARGEST_EXPONENT)) * anchors
        else:
            size = 4 * outputs[..., 2:] ** 2 * anchors
    yield "stretch: sizes are {size}"
    boxes = cxcywh_to_xyxy(np.concatenate([centre, size], axis=-1))
    yield "corners: the boxes are {boxes}"
    return boxes
