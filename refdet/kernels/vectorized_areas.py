"""Shared areas of boxes given as four coordinate planes: what fast suppression and overlaps begin with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def shared_area(a: Floats, b: Floats, plus_one: int) -> Floats:
    """Shared area of boxes (4, ...) that broadcast, in the reference's order; in memory of its own."""
    width = np.minimum(a[2], b[2])
    width -= np.maximum(a[0], b[0])
    height = np.minimum(a[3], b[3])
    height -= np.maximum(a[1], b[1])
    if plus_one:
        width += plus_one
        height += plus_one
    np.maximum(width, 0, out=width)
    np.maximum(height, 0, out=height)
    width *= height
    return width
