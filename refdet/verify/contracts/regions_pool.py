"""Judges of RoI max pooling and of its gradient (ROI-2 to ROI-5).

The cells of each bin follow from the corners; its largest cell is looked up, not compared with anybody's answer. Where
rounding leaves open whether a row of cells belongs to a bin, the bin with it and the bin without it are both right.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from refdet.roi_rule import Roi
from refdet.verify.answers import array_like, parts
from refdet.verify.bounded import WIDTH, plain
from refdet.verify.contract import Case, Lines, Terms
from refdet.verify.region_places import exact, half_away, numbers, scale_number, whole

Ranges = list[tuple[int, int]]
INDICES: set[np.dtype[Any]] = {np.dtype(np.int32), np.dtype(np.int64)}


def judge_pool(case: Case, pooled: Any, terms: Terms) -> Lines:
    """The promises of pooled values."""
    a = case.arguments
    yield from array_like(pooled, _shape(a), {a["input"].dtype})
    yield from _bins_right(a, pooled, None, terms)


def judge_with_argmax(case: Case, answer: Any, terms: Terms) -> Lines:
    """The promises of pooled values and of the cells that they came from."""
    a = case.arguments
    yield from parts(answer, 2, "the pooled values and their cells")
    yield from array_like(answer[0], _shape(a), {a["input"].dtype}, "pooled")
    yield from array_like(answer[1], _shape(a), INDICES, "argmax")
    yield from _bins_right(a, answer[0], answer[1], terms)


def _shape(a):
    return len(a["boxes"]), a["input"].shape[1], *a["output_size"]


def _bins_right(a, pooled, argmax, terms):
    rule, boxes, size = terms.convention.part("roi"), a["boxes"], a["output_size"]
    given = a["spatial_scale"], rule, a["input"].dtype, terms.band
    rows = bins(boxes[:, [2, 4]], size[0], a["input"].shape[2], *given)
    columns = bins(boxes[:, [1, 3]], size[1], a["input"].shape[3], *given)
    for k, (row_bins, column_bins) in enumerate(zip(rows, columns, strict=True)):
        cells = a["input"][int(boxes[k, 0])]
        for i, j in np.ndindex(*size):
            came = pooled[k, :, i, j], None if argmax is None else argmax[k, :, i, j]
            areas = list(product(row_bins[i], column_bins[j]))
            right = np.zeros(len(cells), bool)
            for area in areas:
                right |= _is_largest(cells, area, *came, terms.free_ties)
            if not right.all():
                c = int(right.argmin())
                yield f"bin ({i}, {j}) of RoI {k}, channel {c}: {_told(cells[c], areas[0], came, c)}", False


def _is_largest(cells, area, value, index, free):
    """Of each channel: whether it is the largest cell of that area, the first of equal ones unless they are free."""
    (top, bottom), (left, right) = area
    inside = cells[:, top:bottom, left:right].reshape(len(cells), max(bottom - top, 0) * max(right - left, 0))
    if not inside.shape[1]:
        return (value == 0) & (index == -1 if index is not None else True)
    largest = inside.max(axis=1)
    if index is None:
        return value == largest
    y, x = np.divmod(inside.argmax(axis=1), right - left)
    if not free:
        return (value == largest) & (index == (top + y) * cells.shape[2] + left + x)
    y, x = np.divmod(index, cells.shape[2])
    within = (y >= top) & (y < bottom) & (x >= left) & (x < right)
    at = cells[np.arange(len(cells)), np.where(within, y, 0), np.where(within, x, 0)]
    return (value == largest) & within & (at == largest)


def _told(cells, area, came, c):
    """What is wanted and what came, in words."""
    (top, bottom), (left, right) = area
    value, index = came
    told = f"{value[c]:.9g}" + ("" if index is None else f" from cell {index[c]}")
    if top >= bottom or left >= right:
        return f"no cell of the map, so 0{'' if index is None else ' and -1'} is wanted; {told} came"
    inside = cells[top:bottom, left:right]
    y, x = np.divmod(int(inside.argmax()), right - left)
    wanted = f"{inside[y, x]:.9g}" + (
        "" if index is None else f" from cell {(top + y) * cells.shape[1] + left + x}"
    )
    return f"rows {top} to {bottom - 1}, columns {left} to {right - 1} hold {wanted}; {told} came"


def bins(
    corners: Any, count: int, limit: int, scale: float, rule: Roi, dtype: np.dtype[Any], band: bool
) -> list[list[Ranges]]:
    """Of each RoI and bin along an axis: the ranges of cells, clipped to the map, that it may cover."""
    first, last = (numbers(corners[:, side], dtype, band) for side in (0, 1))
    factor = scale_number(scale, dtype, band)
    if rule.edges == "continuous":
        return _continuous(first, last, factor, exact(corners, scale, count, dtype), count, limit)
    begins = whole(half_away, first * factor, exact(corners[:, :1], scale, 1, dtype))
    ends = whole(half_away, last * factor, exact(corners[:, 1:], scale, 1, dtype))
    return [
        _rounded(list(span), count, limit, rule, dtype, band) for span in zip(*begins, *ends, strict=True)
    ]


def _continuous(first, last, factor, sure, count, limit):
    """Bins of corners that are not rounded."""
    begin = first * factor
    size = (last + 1) * factor - begin
    p = np.arange(count, dtype=plain(begin).dtype)
    begin, step, sure = begin[:, None], size[:, None] / p.dtype.type(count), sure[:, None]
    low, high = whole(np.floor, p * step + begin, sure), whole(np.ceil, (p + 1) * step + begin, sure)
    edges = np.stack([*low, *high], axis=-1)  # (K, count, 4)
    filled = plain(size) > 0
    return [
        [_between(edge, limit) if some else [(0, 0)] for edge in of_roi.tolist()]
        for of_roi, some in zip(edges, filled, strict=True)
    ]


def _rounded(span, count, limit, rule, dtype, band):
    """Bins of one RoI, whose first and last cell lie between two numbers each."""
    found: list[set[tuple[int, int]]] = [set() for _ in range(count)]
    first_low, first_high, last_low, last_high = map(int, span)
    for first, last in product(range(first_low, first_high + 1), range(last_low, last_high + 1)):
        size = max(last - first + 1, 1)
        for p, edge in enumerate(_cut(size, count, rule, dtype, band)):
            found[p].update(_between([first + cell for cell in edge], limit))
    return [sorted(ranges) for ranges in found]


def _cut(size, count, rule, dtype, band):
    """Of each bin of so many cells: the first and last that its begin may be, and its end."""
    if rule.edges == "integer":
        return [(p * size // count,) * 2 + (-(-(p + 1) * size // count),) * 2 for p in range(count)]
    sure = not count & (count - 1) and size * count < 2 ** (np.finfo(dtype).nmant + 1)
    step = numbers([float(size)], dtype, band) / dtype.type(count)
    p = np.arange(count, dtype=dtype)
    low, high = whole(np.floor, p * step, sure | (p == 0)), whole(np.ceil, (p + 1) * step, sure)
    return np.stack([*low, *high], axis=1).tolist()


def _between(edge, limit):
    """The ranges whose begin and end lie between two numbers each, on the map."""
    clipped = [min(max(cell, 0), limit) for cell in edge]
    return list(product(range(clipped[0], clipped[1] + 1), range(clipped[2], clipped[3] + 1)))


def judge_pool_backward(case: Case, answer: Any, terms: Terms) -> Lines:
    """Each cell holds the sum of what was sent to it, whose additions may come in any order."""
    a = case.arguments
    grad, argmax, shape = a["grad_output"], a["argmax"], a["input_shape"]
    yield from array_like(answer, shape, {grad.dtype})
    sums, sizes, counts = (np.zeros(shape).reshape(*shape[:2], -1) for _ in range(3))
    k, c, *_ = taken = np.nonzero(argmax >= 0)
    places = a["boxes"][k, 0].astype(np.int64), c, argmax[taken]
    sent = grad[taken].astype(np.float64)
    for table, amounts in ((sums, sent), (sizes, np.abs(sent)), (counts, 1.0)):
        np.add.at(table, places, amounts)
    # n numbers take n - 1 additions, each off by half a unit of a sum that the sizes bound.
    unit = np.finfo(grad.dtype).eps / 2
    bound = WIDTH * unit * np.maximum(counts - 1, 0) * sizes
    yield from cells_near(answer, sums.reshape(shape), bound.reshape(shape))


def cells_near(answer: Any, wanted: Any, bound: Any) -> Lines:
    """The promise of each cell of a gradient."""
    wrong = ~(np.abs(answer - wanted) <= bound)
    if wrong.any():
        n, c, y, x = place = tuple(int(i) for i in np.argwhere(wrong)[0])
        yield (
            f"the gradient of cell ({y}, {x}) of image {n}, channel {c} is {wanted[place]:.9g}, "
            f"give or take {bound[place]:.3g}; {answer[place]:.9g} came",
            False,
        )
