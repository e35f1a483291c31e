"""Certificates of assignments: prices under all costs whose sum is the cost found, so that none is cheaper (HUN-1)."""

from __future__ import annotations

import numpy as np

from refdet.cli.certificates.nearness import at_most, near
from refdet.matching.assignment import shortest_augmenting_path


def priced(a, result):
    """The prices come with the result."""
    yield from _proven(_costs(a), result[:2], result[2:])


def unpriced(a, result):
    """The prices are those of `shortest_augmenting_path`; whether they prove anything is seen here."""
    costs = -_costs(a) if getattr(a, "maximize", False) else _costs(a)
    yield from _proven(costs, result, shortest_augmenting_path(costs)[2:])


def _costs(a):
    costs = np.asarray(a.cost, np.float64)
    return costs.reshape(0, 0) if costs.size == 0 and costs.ndim < 2 else costs


def _proven(costs, pairs, prices):
    (rows, cols), (u, v) = pairs, prices
    known = np.isfinite(costs)
    size = np.abs(costs[known]).max(initial=0.0) * max(costs.shape, default=1)
    yield (
        "as many pairs as there can be, no row and no column twice",
        len(rows) == len(cols) == min(costs.shape)
        and (len(set(rows.tolist())) == len(rows) and len(set(cols.tolist())) == len(cols)),
    )
    yield "the rows in order", bool((np.diff(rows) > 0).all())
    yield (
        "no price of a row and a column together is over its cost",
        at_most((u[:, None] + v)[known], costs[known], size=size),
    )
    longer = v if costs.shape[0] <= costs.shape[1] else u
    yield (
        "what is left over may cost nothing: no price of the longer side is over 0",
        at_most(longer, 0 * longer, size=size),
    )
    paid = float(costs[rows, cols].sum())
    yield (
        "the pairs cost what all prices come to: none is cheaper",
        near(paid, float(u.sum() + v.sum()), size=size),
    )


CERTIFICATES = {
    "kuhn_munkres": unpriced,
    "linear_sum_assignment": unpriced,
    "shortest_augmenting_path": priced,
}
