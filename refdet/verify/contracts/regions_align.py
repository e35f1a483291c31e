"""Judges of RoI align and of its gradient.

A pooled value is a sum over the cells of the map, each cell's weight that of a row times that of a column. A point at x
gives cell c the weight max(0, 1 - |x - c|), so that a point that is e off moves no weight by more than e: from this
comes the bound. What jumps, the number of points in a bin and where the map ends, is tried on both sides if rounding
leaves it open. The gradient is the same sum read the other way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from refdet.verify.answers import array_like
from refdet.verify.bounded import WIDTH
from refdet.verify.contract import Case, Lines, Terms
from refdet.verify.contracts.regions_pool import cells_near
from refdet.verify.region_places import exact, numbers, scale_number, settled, whole

PER_TERM = 6
"""Roundings of one of the terms that are added: three of its weight, its product, its share, and one to spare."""


@dataclass(frozen=True)
class Axis:
    """How the bins of one RoI see the cells along an axis, each table (bins, cells)."""

    points: int
    weight: Any
    """Sum of the weights of the points of a bin."""
    slack: Any
    """How far off it may be."""
    hits: Any
    """How many points have a weight there."""


def judge_align(case: Case, pooled: Any, terms: Terms) -> Lines:
    """The promises of means of points."""
    a = case.arguments
    cells, boxes = a["input"], a["boxes"]
    yield from array_like(pooled, (len(boxes), cells.shape[1], *a["output_size"]), {cells.dtype})
    unit = np.finfo(cells.dtype).eps / 2
    for k, ways in enumerate(_ways(a, a["output_size"], cells.shape[2:], cells.dtype, terms)):
        image = cells[int(boxes[k, 0])].astype(np.float64)
        wrong, told = [], []
        for down, across in ways:
            wanted, reach, most = _mean(down, across, image, lambda table: table)
            bound = reach + WIDTH * unit * (4 * down.points * across.points + PER_TERM) * most
            wrong.append(~(np.abs(pooled[k] - wanted) <= bound))
            told.append((wanted, bound, f"{down.points} x {across.points} points"))
        # All bins of a RoI have as many points.
        if all(table.any() for table in wrong):
            c, i, j = place = tuple(int(n) for n in np.argwhere(wrong[0])[0])
            wanted, bound, points = told[0]
            yield (
                f"bin ({i}, {j}) of RoI {k}, channel {c}: the mean of {points} is {wanted[place]:.9g}, "
                f"give or take {bound[place]:.3g}; {pooled[k][place]:.9g} came",
                False,
            )


def judge_align_backward(case: Case, answer: Any, terms: Terms) -> Lines:
    """Each cell holds the sum of what the points around it send."""
    a = case.arguments
    grad, shape = a["grad_output"], a["input_shape"]
    yield from array_like(answer, shape, {grad.dtype})
    low, high, size = (np.zeros(shape) for _ in range(3))
    hits = np.zeros((shape[0], 1, *shape[2:]))
    for k, ways in enumerate(_ways(a, grad.shape[2:], shape[2:], grad.dtype, terms)):
        n, sent = int(a["boxes"][k, 0]), grad[k].astype(np.float64)
        all_ways = [_mean(down, across, sent, np.transpose) for down, across in ways]
        low[n] += np.min([wanted - reach for wanted, reach, _ in all_ways], axis=0)
        high[n] += np.max([wanted + reach for wanted, reach, _ in all_ways], axis=0)
        size[n] += np.max([most for *_, most in all_ways], axis=0)
        hits[n] += np.max([np.outer(d.hits.sum(0), x.hits.sum(0)) for d, x in ways], axis=0)
    unit = np.finfo(grad.dtype).eps / 2
    bound = (high - low) / 2 + WIDTH * unit * (hits + PER_TERM) * size
    yield from cells_near(answer, (low + high) / 2, bound)


def _mean(down, across, table, turned):
    """The sum that the weights make of a table, over the number of points; how far off, and of absolute terms."""
    count = max(down.points * across.points, 1)
    rows, columns = turned(down.weight), turned(across.weight).T
    most_rows, most_columns = turned(down.weight + down.slack), turned(across.weight + across.slack).T
    size = np.abs(table)
    most = most_rows @ size @ most_columns / count
    return rows @ table @ columns / count, most - rows @ size @ columns / count, most


def _ways(a, bins, cells, dtype, terms):
    """Of each RoI: the rows and columns of points that it may have, mostly one of each."""
    down = _axes(a, (2, 4), bins[0], cells[0], dtype, terms)
    across = _axes(a, (1, 3), bins[1], cells[1], dtype, terms)
    return [list(product(*both)) for both in zip(down, across, strict=True)]


def _axes(a, columns, bins, cells, dtype, terms):
    """Of each RoI the ways to lay points along an axis."""
    corners, rule, ratio = a["boxes"][:, columns], terms.convention.part("roi"), max(a["sampling_ratio"], 0)
    begin, side = _laid(a, corners, bins, dtype, True)
    plain = (begin, side) if terms.band else _laid(a, corners, bins, dtype, False)
    if ratio:
        fewest = most = np.full(len(corners), ratio)
    else:
        sure = exact(corners, a["spatial_scale"], bins, dtype)
        fewest, most = (
            np.clip(count, 0, rule.most_samples) for count in whole(np.ceil, plain[1], sure & terms.band)
        )
    ways: list[list[Axis]] = [[] for _ in corners]
    for count in range(int(fewest.min(initial=1)), int(most.max(initial=0)) + 1):
        (which,) = np.nonzero((fewest <= count) & (count <= most))
        if not len(which):
            continue
        sure = exact(corners[which], a["spatial_scale"], bins * max(count, 1), dtype)[:, None, None]
        points = _points(begin[which], side[which], bins, count)
        decides = points if terms.band else _points(plain[0][which], plain[1][which], bins, count)
        tables = _tables(points, settled(decides, sure & terms.band), sure, cells)
        for k, *of_roi in zip(which, *tables, strict=True):
            ways[k].append(Axis(count, *of_roi))
    return ways


def _laid(a, corners, bins, dtype, band):
    """Where RoIs begin, and the side of their bins."""
    first, last = (numbers(corners[:, side], dtype, band) for side in (0, 1))
    scale, offset = scale_number(a["spatial_scale"], dtype, band), dtype.type(0.5 if a["aligned"] else 0)
    begin = first * scale - offset
    size = last * scale - offset - begin
    if not a["aligned"]:
        size = np.maximum(size, dtype.type(1))
    return begin, size / dtype.type(bins)


def _points(begin, side, bins, count):
    """Places of points, (RoIs, bins, count)."""
    kind = side.dtype if hasattr(side, "dtype") else np.dtype(np.float64)
    p, i = np.arange(bins, dtype=kind)[:, None], np.arange(count, dtype=kind) + kind.type(0.5)
    begin, side = begin[:, None, None], side[:, None, None]
    return begin + p * side + i * side / kind.type(max(count, 1))


def _tables(points, decides, sure, cells):
    """What points, and whether they lie on the map, make of the cells: the tables of an `Axis` for each RoI."""
    low, high = decides
    surely, maybe = (low >= -1) & (high <= cells), (high >= -1) & (low <= cells)
    error = np.where(sure, 0.0, WIDTH * points.error)[..., None]
    apart = np.abs(np.clip(points.value, 0, cells - 1)[..., None] - np.arange(cells))
    weight = np.maximum(1 - apart, 0)  # (RoIs, bins, points, cells)
    near = (apart <= 1 + error) & maybe[..., None]
    # Two units are for kernels that take a + (b - a) * t instead of the sum of two products.
    slack = np.minimum(error, 1) + 2 * points.unit + np.where(surely[..., None], 0, weight)
    return (np.where(near, table, 0).sum(axis=2) for table in (weight, slack, near))
