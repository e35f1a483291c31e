"""Boxes that decide: on a small lattice they touch, tie, coincide, have no area and meet thresholds exactly.

Of boxes drawn uniformly next to none does, and six libraries that disagree on most lattice cases agree on all of them.
Whole numbers times a power of two stay exact in float16, float32 and float64, and so do their areas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.overlap_rule import Overlap

Floats = NDArray[np.floating[Any]]

EDGE_COUNTS = (0, 1, 2, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025)
"""Numbers of boxes around the sizes of blocks and warps."""

DYADIC = (0.25, 0.5, 0.75)
"""Thresholds that lattice boxes meet exactly."""

LAYOUTS = ("strided", "backwards", "offset")
"""Arrays that are not contiguous, run backwards, or begin in the middle of another."""


def boxes(rng: np.random.Generator, count: int, dtype: Any, reach: int = 8, flat: bool = True) -> Floats:
    """(N, 4) boxes on {0..reach}, x1 <= x2 and y1 <= y2; those without area only if `flat`."""
    corners = np.sort(rng.integers(0, reach + 1, (count, 2, 2)), axis=1)
    if not flat:
        corners[:, 1] += corners[:, 0] == corners[:, 1]
    return corners.reshape(count, 4).astype(dtype)


def exact_boxes(
    rng: np.random.Generator, count: int, dtype: Any, plus_one: int = 0, flat: bool = True
) -> Floats:
    """Lattice boxes at another place and scale, which changes nothing: every number on the way stays exact."""
    reach = int(rng.choice([2, 4, 8]))
    drawn = boxes(rng, count, np.float64, reach, flat)
    if dtype == np.float16:
        return drawn.astype(dtype)  # areas up to 64, sums and differences of which float16 holds
    scale = 1.0 if plus_one else float(rng.choice([1.0, 1.0, 2.0**-6, 64.0]))
    shift = float(rng.choice([0, 0, -3, 1000])) * scale
    return (drawn * scale + shift).astype(dtype)


def rounded_boxes(rng: np.random.Generator, count: int, dtype: Any) -> Floats:
    """Boxes whose overlaps are rounded: tenths, thirds, far from the origin, or any."""
    kind = rng.integers(4)
    if kind == 0:
        return (boxes(rng, count, np.float64) * 0.1).astype(dtype)
    if kind == 1:
        return (boxes(rng, count, np.float64) / 3 + 10).astype(dtype)
    if kind == 2:
        return (boxes(rng, count, np.float64, flat=False) + 1e4 + 0.3).astype(dtype)
    corners = np.sort(rng.uniform(0, 10, (count, 2, 2)), axis=1)
    return corners.reshape(count, 4).astype(dtype)


def scores(rng: np.random.Generator, count: int, dtype: Any, levels: int | None = None) -> Floats:
    """(N,) scores in any order: all different, or on so many levels that many are equal."""
    if levels is None:
        return (rng.permutation(count) / max(count, 1)).astype(dtype)
    return (rng.integers(0, levels, count) / 8).astype(dtype)


def near_scores(rng: np.random.Generator, count: int, dtype: Any) -> Floats:
    """(N,) scores in any order, each one unit in the last place above the one before."""
    return (1 + rng.permutation(count) * float(np.finfo(dtype).eps)).astype(dtype)


def pairs_at(threshold: float, plus_one: int = 0) -> Iterator[Floats]:
    """Pairs of boxes around one centre whose IoU is that of `DYADIC`, and one a little over and under."""
    inner = {0.25: [1, 1, 3, 3], 0.5: [1, 0, 3, 4], 0.75: [0, 0.5, 4, 3.5]}[threshold]
    scale = 2 if plus_one else 1  # whole numbers of pixels, the last one inclusive
    for step in (0.0, 0.5, -0.5):
        pair = np.array([[0, 0, 4, 4], inner], np.float64)
        pair[1, 1] += step  # the second box loses or gains a strip
        pair[1, 1] = max(pair[1, 1], 0.0)
        pair *= scale
        pair[:, 2:] -= plus_one
        yield pair


def pairs_near(threshold: float, plus_one: int = 0) -> Iterator[Floats]:
    """Pairs whose IoU is the fraction of small whole numbers nearest to a threshold that no precision holds."""
    share = Fraction(threshold).limit_denominator(10)
    for size in (share.denominator, 2 * share.denominator):
        part = size * share.numerator // share.denominator
        pair = np.array([[0, 0, size, size], [0, 0, size, part]], np.float64)
        pair[:, 2:] -= plus_one
        yield pair


def clusters(rng: np.random.Generator, count: int, dtype: Any) -> Floats:
    """Boxes in groups that lie apart, their members all over the list: who suppresses whom crosses every block."""
    groups = max(count // 16, 1)
    side = int(np.ceil(np.sqrt(groups)))
    group = rng.integers(0, groups, count)
    corner = np.stack([group % side, group // side], axis=1) * 8.0
    reach = 4 if dtype == np.float16 else 8
    return (boxes(rng, count, np.float64, reach, flat=False) + np.tile(corner * 2, 2)).astype(dtype)


def is_exact(values: Any, dtype: Any, overlap: Overlap, threshold: float) -> bool:
    """True if IoU is on the right side of that threshold in any correct arithmetic of that precision.

    Coordinates are whole multiples of a power of two; areas and their sums are whole numbers that the precision
    holds; and of two different fractions with denominators so small the difference outgrows every rounding.
    """
    exact = np.asarray(getattr(values, "value", values), np.float64)
    special = overlap.division == "distance" or overlap.union_eps or overlap.inverted == "height"
    if special or threshold not in (0.0, *DYADIC, 1.0):
        return False
    if not exact.size:
        return True
    digits = np.finfo(dtype).nmant + 1
    unit = 2.0 ** np.floor(np.log2(_unit(exact)))
    if overlap.plus_one:
        unit = min(unit, 1.0)
    whole = exact / unit
    side = np.abs(whole[:, 2:] - whole[:, :2]).max() + overlap.plus_one / unit
    return bool(
        (whole == np.rint(whole)).all() and np.abs(whole).max() < 2**digits and 64 * side**2 <= 2**digits
    )


def _unit(values: Floats) -> float:
    """The largest power of two that divides all of them; 1 if all are 0."""
    nonzero = np.abs(values[values != 0])
    if not nonzero.size:
        return 1.0
    mantissa, exponent = np.frexp(nonzero)
    whole = (mantissa * 2.0**53).astype(np.int64)
    lowest = np.log2((whole & -whole).astype(np.float64)) - 53 + exponent
    return float(2.0 ** lowest.min())


def in_order(*names: str, first: int = 0) -> Callable[[dict[str, Any]], bool]:
    """A domain: x1 <= x2 and y1 <= y2 in these arrays, whose boxes begin at that column."""

    def domain(arguments: dict[str, Any]) -> bool:
        return all(
            bool((arguments[name][:, first : first + 2] <= arguments[name][:, first + 2 : first + 4]).all())
            for name in names
        )

    return domain
