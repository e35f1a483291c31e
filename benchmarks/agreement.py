"""Whether two implementations computed the same, and if not, how much differs."""

from __future__ import annotations

import numpy as np


def compare(result, expected):
    """{"equal": in every value, "agreement": what to print} of two tuples of arrays.

    What only one of the two returns, such as an argmax, is not compared.
    """
    parts = [_part(a, b) for a, b in zip(result, expected, strict=False)]
    told = [text for text in parts if text]
    return {"equal": not told, "agreement": "; ".join(told) or "equal"}


def _part(result, expected):
    """What differs between two arrays; nothing if they are the same."""
    if result.ndim == 1 and result.dtype.kind in "iu":
        return _kept(result, expected)
    if result.shape != expected.shape:
        return f"shape {result.shape} instead of {expected.shape}"
    if np.array_equal(result, expected):
        return ""
    with np.errstate(invalid="ignore"):
        apart = np.abs(result.astype(np.float64) - expected)
    apart[np.isnan(result) & np.isnan(expected)] = 0
    if np.isnan(apart).any():
        return f"NaN in {np.isnan(apart).sum():,} of {apart.size:,} places of one alone"
    count = np.count_nonzero(apart)
    return f"{count:,} of {apart.size:,} differ, by {apart.max():.1g} at most" if count else ""


def _kept(result, expected):
    """What differs between two lists of boxes that were kept."""
    if np.array_equal(result, expected):
        return ""
    more, less = len(np.setdiff1d(result, expected)), len(np.setdiff1d(expected, result))
    if more or less or len(result) != len(expected):
        return f"{more:,} boxes more and {less:,} less than the {len(expected):,} expected"
    return "the same boxes in another order"
