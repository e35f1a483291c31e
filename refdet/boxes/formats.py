"""The three ways to write a box, and the way from each to xyxy and back (BOX-2).

xyxy: two corners. xywh: top-left corner and size. cxcywh: centre and size. x runs to the right and y
down; any unit. Conversions name both ends; `box_convert` is their front.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


@np.errstate(over="ignore", invalid="ignore")
def xywh_to_xyxy(boxes: Array) -> NDArray[np.floating]:
    """Top-left corner and size to two corners, (..., 4)."""
    x, y, w, h = _columns(boxes)
    return np.stack([x, y, x + w, y + h], axis=-1)


@np.errstate(over="ignore", invalid="ignore")
def xyxy_to_xywh(boxes: Array) -> NDArray[np.floating]:
    """Two corners to the first of them and the size, (..., 4)."""
    x1, y1, x2, y2 = _columns(boxes)
    return np.stack([x1, y1, x2 - x1, y2 - y1], axis=-1)


@np.errstate(over="ignore", invalid="ignore")
def cxcywh_to_xyxy(boxes: Array) -> NDArray[np.floating]:
    """Centre and size to two corners, (..., 4)."""
    cx, cy, w, h = _columns(boxes)
    return np.stack([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], axis=-1)


@np.errstate(over="ignore", invalid="ignore")
def xyxy_to_cxcywh(boxes: Array) -> NDArray[np.floating]:
    """Two corners to centre and size, (..., 4)."""
    x1, y1, x2, y2 = _columns(boxes)
    return np.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], axis=-1)


_TO_XYXY = {
    "xyxy": lambda boxes: np.stack(_columns(boxes), axis=-1),
    "xywh": xywh_to_xyxy,
    "cxcywh": cxcywh_to_xyxy,
}
_FROM_XYXY = {"xyxy": lambda boxes: boxes, "xywh": xyxy_to_xywh, "cxcywh": xyxy_to_cxcywh}


def check_box_convert(boxes, in_fmt, out_fmt):
    """The boxes as (..., 4), and two formats that there are."""
    _check_formats(in_fmt, out_fmt)
    return _rows_of_four(boxes, "boxes"), in_fmt, out_fmt


@stepwise(check=check_box_convert)
def box_convert(boxes: Array, in_fmt: str, out_fmt: str) -> Steps[NDArray[np.floating]]:
    """Boxes in another format.

    Parameters
    ----------
    boxes : (..., 4) array
        Boxes in `in_fmt`; float16 becomes float32, integers float64.
    in_fmt, out_fmt : {"xyxy", "xywh", "cxcywh"}
        Two corners; top-left corner and size; centre and size.

    Returns
    -------
    converted : (..., 4) float array
        Negative sizes and non-finite values pass through.

    Raises
    ------
    ValueError, TypeError
        An unknown format, a last axis that is not 4, a dtype that is not real.

    Notes
    -----
    corners. First to x1, y1, x2, y2, whatever they are.
    write.   Then in the other format.

    BOX-2. A round trip of values below 2^20 is exact to 1e-12 of the value in float64.

    Examples
    --------
    >>> box_convert(np.array([[150.0, 200, 100, 150]]), "cxcywh", "xyxy")
    array([[100., 125., 200., 275.]])
    >>> box_convert(np.array([[150.0, 200, 100, 150]]), "xywh", "xyxy")
    array([[150., 200., 250., 350.]])
    """
    corners = _TO_XYXY[in_fmt](boxes)
    yield "corners: read as {in_fmt}, the boxes have the corners {corners}"
    converted = _FROM_XYXY[out_fmt](corners)
    yield "write: as {out_fmt} they are {converted}"
    return converted


def check_box_convert_backward(grad, in_fmt, out_fmt):
    """The gradient as (..., 4), and two formats that there are."""
    _check_formats(in_fmt, out_fmt)
    return _rows_of_four(grad, "grad"), in_fmt, out_fmt


@stepwise(check=check_box_convert_backward, quiet=True)
def box_convert_backward(grad: Array, in_fmt: str, out_fmt: str) -> Steps[NDArray[np.floating]]:
    """Gradient of `box_convert`: by the boxes in `in_fmt`, given that by the converted boxes.

    Parameters
    ----------
    grad : (..., 4) array
        Gradient of a loss with respect to the boxes in `out_fmt`.
    in_fmt, out_fmt : {"xyxy", "xywh", "cxcywh"}
        As for `box_convert`.

    Returns
    -------
    grad_boxes : (..., 4) float array

    Raises
    ------
    ValueError, TypeError
        As `box_convert`.

    Notes
    -----
    matrix.    The conversions are linear, a box times a matrix whose rows are the converted unit vectors.
    transpose. The gradient is multiplied with the transposed one.

    IOU-6. From corners to centre and size that is, along x,
    d/dcx = d/dx1 + d/dx2 and d/dw = (d/dx2 - d/dx1) / 2.

    Examples
    --------
    >>> box_convert_backward(np.array([[1.0, 0, 3, 0]]), "cxcywh", "xyxy")
    array([[4., 0., 1., 0.]])
    """
    matrix = box_convert(np.eye(4, dtype=grad.dtype), in_fmt, out_fmt)
    yield "matrix: from {in_fmt} to {out_fmt} a box is multiplied with {matrix}"
    grad_boxes = grad @ matrix.T
    yield "transpose: the gradient, times the transposed one, is {grad_boxes}"
    return grad_boxes


def _check_formats(in_fmt, out_fmt):
    for name, fmt in (("in_fmt", in_fmt), ("out_fmt", out_fmt)):
        object_checks.option(fmt, name, _TO_XYXY)


def _columns(boxes):
    return np.moveaxis(_rows_of_four(boxes, "boxes"), -1, 0)


def _rows_of_four(value, name):
    array = checks.real_array(value, name)
    if array.shape == (0,):
        array = array.reshape(0, 4)
    if array.ndim == 0 or array.shape[-1] != 4:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (..., 4)")
    return array
