"""Costs to assign, and the least sum by trying everything."""

import itertools

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

WORKERS = np.array([[10, 7, 8, 2], [6, 4, 5, 3], [7, 6, 9, 5], [8, 5, 6, 4]])
COSTS = hnp.arrays(np.float64, st.tuples(st.integers(0, 5), st.integers(0, 5)), elements=st.integers(-9, 9))


def cheapest(cost):
    """The least sum, from all assignments there are."""
    cost = cost if cost.shape[0] <= cost.shape[1] else cost.T
    rows = np.arange(len(cost))
    return min(cost[rows, list(p)].sum() for p in itertools.permutations(range(cost.shape[1]), len(cost)))


def is_assignment(rows, cols, shape):
    return (
        len(rows) == len(cols) == min(shape)
        and (np.diff(rows) > 0).all()
        and len(set(cols.tolist())) == len(cols)
        and all(0 <= r < shape[0] and 0 <= c < shape[1] for r, c in zip(rows, cols, strict=True))
    )
