"""How near two numbers of a certificate have to be."""

from __future__ import annotations

from typing import Any

import numpy as np

LIMITS = {
    "rounding": 1e-10,  # another order of some thousand operations of float64, at most a digit lost at each
    "objective": 1e-7,  # sums over all examples, among them differences of nearly equal ones
    "slope": 2e-4,  # of a step of a millionth: half a millionth of the curvature, and rounding over the step
}
"""The limits, relative to the largest number that takes part."""

OF_FLOAT32 = 2e-5
"""The least limit where the result is float32: a hundred times its rounding."""


def near(value: Any, wanted: Any, limit: str = "rounding", size: Any = 0.0) -> bool:
    """True if all numbers are as wanted, up to a limit of the largest of them or of `size`.

    >>> near([1.0, 2.0], [1.0, 2.0 + 1e-11]), near([1.0], [1.001]), near([1.0], [1.0, 1.0])
    (True, False, False)
    """
    value, wanted = np.asarray(value), np.asarray(wanted, np.float64)
    if value.shape != wanted.shape:
        return False
    bound = LIMITS[limit] if value.dtype != np.float32 else max(LIMITS[limit], OF_FLOAT32)
    reach = max(float(np.abs(wanted).max(initial=0.0)), float(np.max(np.abs(size), initial=0.0)))
    return bool((np.abs(value - wanted) <= bound * reach).all())


def at_most(value: Any, bound: Any, limit: str = "rounding", size: Any = 0.0) -> bool:
    """True if no number is over its bound, by more than a limit of the largest of them or of `size`."""
    over = np.maximum(np.asarray(value, np.float64) - np.asarray(bound, np.float64), 0.0)
    reach = max(float(np.abs(value).max(initial=0.0)) if np.size(value) else 0.0, float(np.max(np.abs(size))))
    return bool((over <= LIMITS[limit] * reach).all())


def between(value: Any, one: Any, other: Any, limit: str = "slope", size: Any = 0.0) -> bool:
    """True if each number lies between two others, up to a limit of the largest of them or of `size`."""
    one, other = np.asarray(one), np.asarray(other)
    reach = max(float(np.abs([one, other]).max(initial=0.0)), float(np.max(np.abs(size), initial=0.0)))
    slack = LIMITS[limit] * reach
    return bool(((value >= np.minimum(one, other) - slack) & (value <= np.maximum(one, other) + slack)).all())
