"""The captions of steps, ``"text with {locals}"``, filled in so that they can be read at a glance."""

from __future__ import annotations

import string
from typing import Any

import numpy as np

SHOWN = 12  # values of an array that a caption lists


def filled(caption, variables, rows=None):
    """The caption with the variables in it.

    An array is written without its axes of length one and without padding, of a long list the first and last values, of
    a large table the range and the shape; nothing at all is "none". ``{i:row}`` is ``rows[i]``, where there are rows.
    """
    return _Caption(rows).vformat(caption, (), variables)


def names(caption):
    """The variables that a caption names."""
    return {name for _, name, _, _ in string.Formatter().parse(caption) if name}


class _Caption(string.Formatter):
    """Arrays as above, floats to six digits; a missing name lists those there are."""

    def __init__(self, rows):
        self.rows = rows

    def get_value(self, key, args, kwargs):
        if key not in kwargs:
            raise KeyError(f"caption names {key!r}; the step has {', '.join(sorted(kwargs))}")
        return kwargs[key]

    def format_field(self, value, format_spec):
        if format_spec == "row":
            value, format_spec = value if self.rows is None else self.rows[value], ""
        if isinstance(value, np.ndarray) and value.ndim != 1:
            value = value.squeeze()[()]
        if isinstance(value, np.ndarray) and value.ndim:
            return _range(value) if value.ndim > 1 and value.size > SHOWN else _listed(value)
        if isinstance(value, (float, np.floating)) and not format_spec:
            return f"{value:.6g}"
        return super().format_field(value, format_spec)


def _listed(array):
    if not array.size:
        return "none"
    style: Any = {"float_kind": lambda x: f"{x:.4g}" if abs(x) < 1 else f"{x:.6g}"}
    text = np.array2string(
        array, threshold=SHOWN, edgeitems=4, separator=", ", max_line_width=10**6, formatter=style
    )
    return " ".join(text.split()).replace("[ ", "[")


def _range(table):
    known = table[np.isfinite(table)] + 0  # also of truth values
    ends = f"{known.min():.6g} to {known.max():.6g}" if known.size else "nothing finite"
    odd = f", {table.size - known.size} not finite" if 0 < known.size < table.size else ""
    return f"{ends} ({' x '.join(map(str, table.shape))}{odd})"
