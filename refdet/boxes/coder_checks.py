"""Checks that several coders share: boxes with a size, factors, and what lies on the cells of a grid.

Boxes, deltas and outputs of a network may have leading axes, such as (images, anchors, rows, columns, 4);
cells and anchors are broadcast against them.
"""

from __future__ import annotations

import numpy as np

from refdet import checks

DELTAS = "wanted (N, 4 K), four numbers for each of K classes"


def vectors(value, name, length, meaning):
    """`value` as finite numbers whose last axis has that length, (..., length)."""
    array = checks.real_array(value, name)
    if array.shape == (0,):
        array = array.reshape(0, length)
    if array.ndim == 0 or array.shape[-1] != length:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (..., {length}), {meaning}")
    if array.size:
        checks.reject_non_finite(array, name, f"finite numbers, {meaning}")
    return array


def boxes_with_size(value, name):
    """`value` as (..., 4) xyxy boxes whose width and height are above 0."""
    array = vectors(value, name, 4, "x1, y1, x2, y2")
    checks.reject_overflow(array, name, np)
    reject_without_size(array, name)
    return array


def reject_without_size(array, name, plus_one=0):
    """ValueError that names the first box whose width or height is not above 0."""
    fits = (array[..., 2:] - array[..., :2] + plus_one > 0).all(axis=-1)
    if not fits.all():
        raise ValueError(f"{name}: {checks.first_row(array, fits)}; wanted a width and a height above 0")


def factors(value, name, count, dtype):
    """`value` as four factors, (4,) for all rows or (count, 4), that can be multiplied and divided by."""
    array = checks.real_array(value, name)
    if array.shape not in ((4,), (count, 4)):
        raise ValueError(f"{name}: shape is {array.shape}; wanted (4,), or ({count}, 4), one row per box")
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        array = array.astype(dtype)
        fits = (array > 0) & np.isfinite(array) & np.isfinite(1 / array)
    if not fits.all():
        raise ValueError(f"{name}: {array[~fits][0]} came; wanted numbers above 0, neither tiny nor infinite")
    return array


def deltas(value, name, count, finite):
    """`value` as (count, 4 K) numbers."""
    array = checks.real_array(value, name)
    if array.shape == (0,):
        array = array.reshape(0, 4)
    if array.ndim != 2 or array.shape[1] % 4 or len(array) != count:
        raise ValueError(f"{name}: shape is {array.shape}; {DELTAS}, N = {count}")
    if finite == "reject" and array.size:
        checks.reject_non_finite(array, name, "finite numbers")
    return array


def on_grid(values, cells, anchors, stride):
    """Cells and anchors in the shape of `values`, (..., 4), all in one dtype, and the stride as a number of it."""
    cells = cells_of(cells, values.shape[:-1])
    anchors = broadcast(vectors(anchors, "anchors", 2, "width, height"), "anchors", values.shape[:-1])
    if not (anchors > 0).all():
        raise ValueError(f"anchors: {anchors[~(anchors > 0)][0]} came; wanted widths and heights above 0")
    dtype = np.result_type(values, anchors)
    stride = above_zero(stride, "stride", dtype)
    return values.astype(dtype, copy=False), cells, anchors.astype(dtype, copy=False), stride


def above_zero(value, name, dtype):
    """`value` as a number of that dtype, above 0 and finite there."""
    number = checks.real_number(value, name)
    with np.errstate(over="ignore"):
        rounded = dtype.type(number)
    if not (rounded > 0 and np.isfinite(rounded)):
        raise ValueError(f"{name}: {number} came; wanted a finite number above 0 in {dtype}")
    return rounded


def cells_of(value, shape):
    """`value` as int64 cells, column and row, broadcast to ``(*shape, 2)``."""
    array = checks.whole_numbers(value, "cells", None, "column, row")
    if array.shape == (0,):
        array = array.reshape(0, 2)
    if array.ndim == 0 or array.shape[-1] != 2:
        raise ValueError(f"cells: shape is {array.shape}; wanted (..., 2), column, row")
    return broadcast(array, "cells", shape)


def broadcast(array, name, shape):
    """`array` with its leading axes broadcast to `shape`."""
    wanted = (*shape, array.shape[-1])
    try:
        return np.broadcast_to(array, wanted)
    except ValueError:
        raise ValueError(f"{name}: shape is {array.shape}; wanted one that broadcasts to {wanted}") from None
