"""Clipping boxes to the image (BOX-4)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention


def clip_boxes_to_image(
    boxes: Array, size: tuple[int, int], *, convention: Convention = REFDET
) -> NDArray[np.floating]:
    """Move every corner that lies outside the image to its border.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in pixels.
    size : (int, int)
        Height and width of the image.
    convention : Convention
        Continuous corners reach the width itself; inclusive pixels end at width - 1.

    Returns
    -------
    clipped : (N, 4) float array
        A box wholly outside has area 0.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, non-finite boxes, a size that is not two whole numbers above 0.

    Notes
    -----
    BOX-4.

    Examples
    --------
    >>> clip_boxes_to_image(np.array([[-5.0, 2, 30, 12]]), (10, 20))
    array([[ 0.,  2., 20., 10.]])
    """
    checks.convention(convention)
    boxes = checks.boxes(boxes, "boxes", convention.overlap)
    height, width = checks.size(size, "size")
    farthest = np.array([width, height, width, height], boxes.dtype) - convention.overlap.plus_one
    return np.clip(boxes, 0, farthest)
