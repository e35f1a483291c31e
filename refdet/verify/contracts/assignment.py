"""Contract of the cheapest assignment of rows to columns (HUN-1), of equally cheap ones any.

An assignment is cheapest if no exchange saves anything: rows pass their columns round in a ring, or the last of a
chain takes a column that nobody had. As a graph whose nodes are the rows, and one node for all free columns, with
what row i pays more for the column of row j as the length of its edge: there is no ring of negative length. Bellman
and Ford's distances prove that there is none; where there is one, it is what the answer is told.

Source: M. Klein, A Primal Method for Minimal Cost Flows, 1967 (no negative ring); H. W. Kuhn 1955 (the prices).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import Convention
from refdet.matching.assignment import linear_sum_assignment
from refdet.verify.answers import indices, parts
from refdet.verify.bounded import WIDTH
from refdet.verify.contract import Arguments, Case, Contract, Lines, Terms
from refdet.verify.lattice import EDGE_COUNTS, LAYOUTS
from refdet.verify.shrink import fewer_along, fewer_rows, one_of, plainer_numbers

Floats = NDArray[np.float64]


def judge(case: Case, answer: Any, terms: Terms) -> Lines:
    """The promises of rows and columns, or of an array of pairs."""
    cost, maximize = case.arguments["cost"], case.arguments["maximize"]
    if isinstance(answer, np.ndarray):
        wanted = (min(cost.shape), 2)
        yield f"pairs have the shape {wanted}; {answer.shape} came", answer.shape == wanted
        answer = tuple(answer.T)
    yield from parts(answer, 2, "rows, cols")
    rows, cols = answer
    yield from indices(rows, cost.shape[0], "rows", "a row")
    yield from indices(cols, cost.shape[1], "cols", "a column")
    count = min(cost.shape)
    yield f"{count} pairs come back; {len(rows)} rows came", len(rows) == count
    yield f"{count} pairs come back; {len(cols)} columns came", len(cols) == count
    yield "rows ascend", bool((np.diff(rows.astype(np.int64)) > 0).all())
    matrix = cost.astype(np.float64) * (-1 if maximize else 1)
    forbidden = np.flatnonzero(np.isinf(matrix[rows, cols]))[:1]
    yield (
        f"no forbidden pair is assigned; {[(int(rows[i]), int(cols[i])) for i in forbidden]} is",
        not len(forbidden),
    )
    if cost.shape[0] > cost.shape[1]:
        order = np.argsort(cols)
        matrix, own, who, whom = matrix.T, rows[order], "column", "row"
    else:
        own, who, whom = cols, "row", "column"
    ring = negative_ring(exchanges(matrix, own), leeway(cost))
    told = "; ".join(
        f"{who} {i} takes {whom} {'that is free' if j == len(own) else own[j]}"
        for i, j in ring
        if i < len(own)
    )
    yield f"no exchange is {'dearer' if maximize else 'cheaper'}; {told}: that is better", not ring


def exchanges(matrix: Floats, own: NDArray[Any]) -> Floats:
    """(N + 1, N + 1): what row i pays more for the column of row j; the last node is the free columns."""
    count = len(own)
    paid = matrix[np.arange(count), own]
    free = np.ones(matrix.shape[1], bool)
    free[own] = False
    table = np.full((count + 1, count + 1), np.inf)
    table[:count, :count] = matrix[:, own] - paid[:, None]
    table[:count, count] = matrix[:, free].min(axis=1, initial=np.inf) - paid
    table[count, :count] = 0.0  # whoever takes a free column leaves another one free
    return table


def negative_ring(length: Floats, slack: float) -> list[tuple[int, int]]:
    """The edges of a ring on which each edge is negative by more than `slack` on average; none if there is none."""
    count = len(length)
    length = length + slack
    distance, before = np.zeros(count), np.full(count, -1)
    while True:
        ways = distance[:, None] + length
        nearest = ways.argmin(axis=0)
        nearer = ways[nearest, np.arange(count)]
        changed = nearer < distance
        if not changed.any():
            return []
        distance = np.where(changed, nearer, distance)
        before = np.where(changed, nearest, before)
        ring = _ring(before.tolist())
        if ring:
            return ring


def _ring(before):
    """A ring among nodes each of which has one before it, or none (-1)."""
    seen = [0] * len(before)
    for start in range(len(before)):
        node = start
        while node >= 0 and not seen[node]:
            seen[node] = start + 1
            node = before[node]
        if node >= 0 and seen[node] == start + 1:
            ring, last = [(before[node], node)], before[node]
            while last != node:
                ring.append((before[last], last))
                last = before[last]
            return ring
    return []


def leeway(cost: NDArray[Any]) -> float:
    """What one who takes part in an exchange may save, because prices are rounded in the precision of the costs.

    With N the shorter side and C the largest size of a cost, the prices that an algorithm holds are within 3 C, for a
    free column has price 0 and may be taken by anyone; where pairs are forbidden the way to it has up to 2 N edges.
    Each price changes at most N times in each of N searches, one rounding each time, and an exchange compares two
    pairs of prices. Whole multiples of a power of two are not rounded, if the precision holds the largest price.
    """
    finite = np.abs(cost[np.isfinite(cost)].astype(np.float64))
    largest, count = float(finite.max(initial=0.0)), min(cost.shape)
    price = (3 if np.isfinite(cost).all() else 2 * count + 3) * largest
    for unit in (1.0, 0.125):
        if not (finite % unit).any() and price / unit <= 2 ** (np.finfo(cost.dtype).nmant + 1):
            return 0.0
    return WIDTH * 4 * count**2 * float(np.finfo(cost.dtype).eps) / 2 * price


def draw_cases(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Traps for the greedy, none and one, ties, every block size, forbidden pairs, then any."""
    for cost in traps():
        for maximize in (False, True):
            yield Case(_given(cost, dtype, maximize), "exact traps")
    for shape in ((0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1)):
        yield Case(_given(whole(rng, shape, 4), dtype), "few")
    for layout in LAYOUTS:
        yield Case(_given(whole(rng, (5, 7), 9), dtype), f"{layout} arrays", layout)
    for most in (1, 2, 3):
        for shape in ((4, 4), (3, 6), (6, 3)):
            yield Case(_given(whole(rng, shape, most), dtype, rng.random() < 0.5), "ties")
    for _ in range(20):
        yield Case(_given(forbidding(rng, _shape(rng), 9), dtype), "forbidden pairs")
    for count in EDGE_COUNTS[3:9]:
        yield Case(_given(whole(rng, (count, count), 50), dtype), "blocks")
        yield Case(_given(whole(rng, (count, 5), 50), dtype), "blocks")
        yield Case(_given(whole(rng, (5, count), 50), dtype), "blocks")
    yield Case(_given(whole(rng, (257, 300), 1000), dtype), "blocks")
    while True:
        shape, maximize = _shape(rng), bool(rng.random() < 0.3)
        most = int(rng.choice([1, 3, 10, 1000]))
        scale = float(rng.choice([1.0, 1.0, 0.125, 64.0]))
        far = float(rng.choice([0, 0, 5000]))  # what all pairs cost, so that they differ in the last digits
        yield Case(_given((whole(rng, shape, most, -most) + far) * scale, dtype, maximize), "whole numbers")
        if rng.random() < 0.25:
            yield Case(_given(forbidding(rng, shape, most), dtype, maximize), "forbidden pairs")
        yield Case(_given(_rounded(rng, shape), dtype, maximize), "rounded")


def traps() -> Iterator[Floats]:
    """Costs of which the cheapest pair, or each row's cheapest column, is the wrong choice."""
    yield np.array([[1.0, 2], [2, 4]])
    yield np.array([[0.0, 1], [1, 100]])
    yield np.array([[4.0, 1, 3], [2, 0, 5], [3, 2, 2]])
    yield np.array([[4.0, 1, 3], [2, 0, 5]])
    yield np.array([[4.0, 2], [1, 0], [3, 5]])
    yield np.array([[-5.0, -6], [-1, -4]])
    for count in (3, 8):  # the longest searches (R. E. Machol and M. Wien, 1976)
        yield np.outer(np.arange(1, count + 1), np.arange(1.0, count + 1))
    yield np.zeros((3, 5))


def whole(rng: np.random.Generator, shape: tuple[int, int], most: int, least: int = 0) -> Floats:
    """Whole numbers up to `most`."""
    return rng.integers(least, most + 1, shape).astype(np.float64)


def forbidding(rng: np.random.Generator, shape: tuple[int, int], most: int) -> Floats:
    """Whole numbers and forbidden pairs, which leave one assignment at least."""
    cost = np.where(rng.random(shape) < 0.5, np.inf, whole(rng, shape, most))
    count = min(shape)
    rows, cols = rng.permutation(shape[0])[:count], rng.permutation(shape[1])[:count]
    cost[rows, cols] = rng.integers(0, 2 * most + 1, count)
    return cost


def _rounded(rng, shape):
    kind = rng.integers(3)
    if kind == 0:
        return whole(rng, shape, 9) * 0.1
    if kind == 1:
        return rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6)
    return rng.random(shape)


def _shape(rng):
    return int(rng.integers(1, 13)), int(rng.integers(1, 13))


def _given(cost, dtype, maximize=False):
    if maximize:
        cost = np.where(np.isinf(cost), -cost, cost)
    return {"cost": cost.astype(dtype), "maximize": bool(maximize)}


def _results(a: Arguments) -> dict[str, tuple[tuple[int, ...], Any]]:
    pairs = ((min(a["cost"].shape),), np.int64)
    return {"rows": pairs, "cols": pairs}


CONTRACTS = (
    Contract(
        "linear_sum_assignment",
        linear_sum_assignment,
        "one-to-one, as many pairs as the shorter side, no forbidden one, and no assignment is cheaper",
        (),
        draw_cases,
        judge,
        (
            fewer_rows("cost"),
            fewer_along(1, "cost", least=0),
            one_of("maximize", False),
            plainer_numbers("cost"),
        ),
        c_signature="void linear_sum_assignment(const real *cost, int64_t num_cost, int64_t columns, int maximize, "
        "int64_t *rows, int64_t *cols)",
        c_results=_results,
    ),
)
