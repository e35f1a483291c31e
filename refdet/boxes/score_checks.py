"""Checks of scores and of their threshold, for candidates.py and class_scores.py; as refdet/checks.py."""

from __future__ import annotations

import numpy as np

from refdet import checks


def finite(value, name):
    """`value` as an array of finite numbers."""
    array = checks.real_array(value, name)
    if array.ndim:
        checks.reject_non_finite(array, name, "finite numbers")
    return array


def threshold(value, scores):
    """The threshold in the precision of the scores."""
    with np.errstate(over="ignore"):
        return scores.dtype.type(checks.real_number(value, "score_threshold"))
