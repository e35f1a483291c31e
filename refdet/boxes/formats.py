"""The three ways to write a box, and the way from each to xyxy and back (BOX-2).

xyxy: two corners. xywh: top-left corner and size. cxcywh: centre and size. x runs to the right and y
down; any unit. Conversions name both ends; `box_convert` is their front.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array


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


def box_convert(boxes: Array, in_fmt: str, out_fmt: str) -> NDArray[np.floating]:
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
    BOX-2. A round trip of values below 2^20 is exact to 1e-12 of the value in float64.

    Examples
    --------
    >>> box_convert(np.array([[150.0, 200, 100, 150]]), "cxcywh", "xyxy")
    array([[100., 125., 200., 275.]])
    >>> box_convert(np.array([[150.0, 200, 100, 150]]), "xywh", "xyxy")
    array([[150., 200., 250., 350.]])
    """
    for name, fmt in (("in_fmt", in_fmt), ("out_fmt", out_fmt)):
        object_checks.option(fmt, name, _TO_XYXY)
    return _FROM_XYXY[out_fmt](_TO_XYXY[in_fmt](boxes))


def _columns(boxes):
    array = checks.real_array(boxes, "boxes")
    if array.shape == (0,):
        array = array.reshape(0, 4)
    if array.ndim == 0 or array.shape[-1] != 4:
        raise ValueError(f"boxes: shape is {array.shape}; wanted (..., 4)")
    return np.moveaxis(array, -1, 0)
