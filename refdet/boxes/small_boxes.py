"""The filter of small boxes (BOX-6)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention


@np.errstate(over="ignore", invalid="ignore")
def remove_small_boxes(
    boxes: Array, min_size: float, *, convention: Convention = REFDET
) -> NDArray[np.int64]:
    """Indices of the boxes whose width and height are both at least `min_size`.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in pixels.
    min_size : float
        Smallest side in the pixels of `boxes`; the region proposal network takes 16 times the factor
        by which the image was resized.
    convention : Convention
        Whether a width is ``x2 - x1`` or one more.

    Returns
    -------
    keep : (K,) int64 array, ascending

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, non-finite boxes, a size that is not a finite number.

    Notes
    -----
    BOX-6; py-faster-rcnn, lib/rpn/proposal_layer.py.

    Examples
    --------
    >>> remove_small_boxes(np.array([[0.0, 0, 16, 16], [0, 0, 40, 15]]), 16)
    array([0])
    """
    checks.convention(convention)
    boxes = checks.boxes(boxes, "boxes", convention.overlap)
    min_size = boxes.dtype.type(checks.real_number(min_size, "min_size"))
    sides = boxes[:, 2:] - boxes[:, :2] + convention.overlap.plus_one  # (N, 2)
    return np.flatnonzero((sides >= min_size).all(axis=1)).astype(np.int64)
