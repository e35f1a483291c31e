"""Whether two implementations computed the same, and if not, how much differs."""

from __future__ import annotations

import numpy as np


def compare(result, expected):
    """{"equal": in every value, "agreement": what to print, "apart": how far} of two tuples of arrays.

    What only one of the two returns, such as an argmax, is not compared. `apart` is the largest difference over
    the largest value, or over 1 if that is more; infinity where something other than rounding differs.
    """
    parts = [_part(a, b) for a, b in zip(result, expected, strict=False)]
    told = [text for text, _ in parts if text]
    apart = max((apart for _, apart in parts), default=0)
    return {"equal": not told, "agreement": "; ".join(told) or "equal", "apart": apart}


def _part(result, expected):
    """What differs between two arrays, nothing if they are the same; and how far they are apart."""
    if result.ndim == 1 and result.dtype.kind in "iu":
        return (told := _kept(result, expected)), np.inf if told else 0
    if result.shape != expected.shape:
        return f"shape {result.shape} instead of {expected.shape}", np.inf
    if np.array_equal(result, expected):
        return "", 0
    with np.errstate(invalid="ignore"):
        apart = np.abs(result.astype(np.float64) - expected)
    apart[np.isnan(result) & np.isnan(expected)] = 0
    if np.isnan(apart).any():
        return f"NaN in {np.isnan(apart).sum():,} of {apart.size:,} places of one alone", np.inf
    count = np.count_nonzero(apart)
    if not count:
        return "", 0
    largest = max(1, float(np.abs(expected[np.isfinite(expected)]).max(initial=0)))
    told = f"{count:,} of {apart.size:,} differ, by {apart.max():.1g} at most"
    return told, float(apart.max()) / largest


def _kept(result, expected):
    """What differs between two lists of boxes that were kept."""
    if np.array_equal(result, expected):
        return ""
    more, less = len(np.setdiff1d(result, expected)), len(np.setdiff1d(expected, result))
    if more or less or len(result) != len(expected):
        return f"{more:,} boxes more and {less:,} less than the {len(expected):,} expected"
    return "the same boxes in another order"
