"""How the sides of a box, of what it shares with another and of what encloses both follow its corners (IOU-6).

What the gradients of all overlaps are made of. A slope is (..., 4), for x1, y1, x2, y2 of the first box: a side
becomes smaller with its first corner and larger with its second. Where two corners are equal, each decides
half of the larger or smaller one, as in PyTorch. A side of a box at or below its bound does not move, nor does
what two boxes share unless it is an area; so a box without width, in another one, is not told to shrink.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.overlap_rule import Overlap

Floats = NDArray[np.floating]

SIGN = np.array([-1, -1, 1, 1], np.float32)


def at_corners(sides: NDArray[Any]) -> NDArray[Any]:
    """One value for x and one for y, (..., 2), at both corners, (..., 4)."""
    return np.concatenate([sides, sides], axis=-1)


def product_slopes(sides: Floats, slopes: Floats) -> Floats:
    """Slopes of width times height, where `slopes` are those of the sides."""
    return slopes * at_corners(sides[..., ::-1])  # a width moves as much area as the box is high


def side_slopes(a: Floats, rule: Overlap) -> Floats:
    """Slopes of the sides of box a itself."""
    unbounded = a[..., 2:] - a[..., :2] + rule.plus_one
    return SIGN.astype(a.dtype) * at_corners(unbounded > rule.least_sides(a.dtype))


def shared_slopes(a: Floats, b: Floats, rule: Overlap) -> tuple[Floats, Floats]:
    """Sides of what a and b share, and their slopes; all 0 unless the boxes meet in an area."""
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]) + rule.plus_one
    meet = (sides > 0).all(axis=-1, keepdims=True)
    decides = np.concatenate([_larger(a, b)[..., :2], _larger(b, a)[..., 2:]], axis=-1)
    return sides * meet, SIGN * decides * meet


def enclosing_slopes(a: Floats, b: Floats, rule: Overlap) -> tuple[Floats, Floats]:
    """Sides of the smallest box around a and b, and their slopes."""
    sides = rule.enclosing_sides(a, b)
    unbounded = np.maximum(a[..., 2:], b[..., 2:]) - np.minimum(a[..., :2], b[..., :2]) + rule.plus_one
    decides = np.concatenate([_larger(b, a)[..., :2], _larger(a, b)[..., 2:]], axis=-1)
    return sides, SIGN * decides * at_corners(sides == unbounded)


def _larger(a, b):
    """1 where a is the larger of the two, 1/2 where they are equal, 0 elsewhere."""
    return np.heaviside(a - b, 0.5)
