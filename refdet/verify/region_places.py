"""Where the corners of regions of interest (RoIs) lie on the cells of a map, and what rounding leaves open of it.

Formulas take plain numbers and bounded ones. A bound is never 0, even where no digit is lost; so a second question is
asked of each RoI: does the precision hold every number on the way, in whatever order they come? Then nothing is open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refdet.verify.bounded import Bounded, limits, plain


def numbers(values: Any, dtype: np.dtype[Any], band: bool) -> Any:
    """Numbers with their bound, or as that precision has them."""
    return Bounded.exact(values, dtype) if band else np.asarray(values).astype(dtype)


def scale_number(scale: float, dtype: np.dtype[Any], band: bool) -> Any:
    """The scale; a kernel may hold it in the precision of the map or in its own."""
    if not band:
        return dtype.type(scale)
    number = Bounded.exact(scale, dtype)
    if dtype.type(scale) != scale:
        number.error = number.error + number.unit * scale
    return number


def exact(corners: Any, scale: float, divisor: int, dtype: np.dtype[Any]) -> Any:
    """True for each row of corners that scales, moves by a half and divides without a rounding, in any order.

    All are whole multiples of the smallest power of two that any of them needs, and the precision holds so many.
    A divisor that is no power of two is never exact: a kernel may multiply by its reciprocal.
    """
    if divisor & (divisor - 1):
        return np.zeros(len(corners), bool)
    multiples = np.vectorize(_denominator, otypes=[float])(corners) * _denominator(scale) * 2 * divisor
    largest = (np.abs(corners.astype(np.float64)) + 1) * max(scale, 1.0) * 2
    return (multiples.max(axis=1) * largest.max(axis=1)) < 2.0 ** (np.finfo(dtype).nmant + 1)


def _denominator(number):
    return float(min(float(number).as_integer_ratio()[1], 2**200))


def settled(number: Any, sure: Any) -> tuple[Any, Any]:
    """The smallest and the largest that the numbers may be, one and the same where that is sure."""
    low, high = limits(number)
    return np.where(sure, plain(number), low), np.where(sure, plain(number), high)


def whole(step: Callable[[Any], Any], number: Any, sure: Any) -> tuple[Any, Any]:
    """The first and the last whole number that `step`, such as a rounding, may make of the numbers."""
    low, high = settled(number, sure)
    return step(low).astype(np.int64), step(high).astype(np.int64)


def half_away(number: Any) -> Any:
    """The nearest whole number; of two the one farther from 0."""
    size = np.abs(number)
    below = np.floor(size)
    return np.sign(number) * (below + (size - below >= 0.5))
