"""Area of boxes (BOX-3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention


@np.errstate(over="ignore", invalid="ignore")
def box_area(boxes: Array, *, convention: Convention = REFDET) -> NDArray[np.floating]:
    """Area of each box, in square pixels; an inverted box has area 0.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in pixels; integers are computed in float64.
    convention : Convention
        Whether a width is ``x2 - x1`` or one more, and what an inverted box is.

    Returns
    -------
    area : (N,) float array

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype; non-finite or overflowing boxes (not under TORCHVISION).

    Notes
    -----
    BOX-3. Differs from torchvision: an inverted box has area 0, not a signed product
    (``convention=TORCHVISION``).

    Examples
    --------
    >>> box_area(np.array([[0.0, 0, 2, 2], [3, 3, 1, 5]]))
    array([4., 0.])
    """
    checks.convention(convention)
    return convention.overlap.area(checks.boxes(boxes, "boxes", convention.overlap))
