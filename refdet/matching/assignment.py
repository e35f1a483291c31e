"""Linear assignment by shortest augmenting paths (HUN-1), with the prices that prove it the cheapest.

Each row has a price u, each column a price v of 0 or less, and u[i] + v[j] <= cost[i, j] everywhere. Whoever is
assigned pays the price exactly, and a column without a row costs 0. Then no other assignment can cost less: its
cost is at least the sum of its rows' and columns' prices, which is at least the sum of all prices (duality).

Letters: N rows, M columns.
Source: H. W. Kuhn 1955 (the prices); R. Jonker, A. Volgenant, A Shortest Augmenting Path Algorithm for Dense and
Sparse Linear Assignment Problems, 1987; D. F. Crouse, On Implementing 2D Rectangular Assignment Algorithms, 2016.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.matching.kuhn_munkres import LARGEST, Pairs
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.float64]


def check_cost(cost, forbidden=np.inf):
    """Costs (N, M) in float64, no NaN, and infinite only where a pair is forbidden."""
    cost = checks.real_array(cost, "cost").astype(np.float64, copy=False)
    if cost.size == 0 and cost.ndim < 2:
        cost = cost.reshape(0, 0)
    if cost.ndim != 2:
        raise ValueError(f"cost: shape is {cost.shape}; wanted (N, M)")
    if cost.size and not np.abs(cost).max() <= LARGEST:  # nearly always it is
        checks.reject_beyond(np.where(cost == forbidden, 0, cost), "cost", LARGEST)
    return (cost,)


def check_linear_sum_assignment(cost, maximize=False):
    """Costs to be made small, and the switch; without it they are checked where the search begins."""
    if not isinstance(maximize, (bool, np.bool_)):
        raise TypeError(f"maximize: {checks.shown(maximize)} came; wanted True or False")
    return -check_cost(cost, -np.inf)[0] if maximize else cost, maximize


@stepwise(check=check_linear_sum_assignment, quiet=True)
def linear_sum_assignment(cost: Array, maximize: bool = False) -> Steps[Pairs]:
    """The cheapest one-to-one assignment of rows to columns, or the dearest.

    Parameters
    ----------
    cost : (N, M) array
        What it costs to give column j to row i, of any sign; +inf forbids a pair (-inf, if `maximize`).
    maximize : bool
        Look for the largest sum.

    Returns
    -------
    rows : (K,) int64 array
        K is the smaller of N and M; ascending.
    cols : (K,) int64 array
        The column of each; of equally cheap assignments any one.

    Raises
    ------
    ValueError
        NaN, the other infinity, numbers beyond 1e150 in size; no assignment without a forbidden pair.
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    HUN-1. As ``scipy.optimize.linear_sum_assignment``; of several best assignments it may return another one.
    Its steps are those of `shortest_augmenting_path`, which returns the proof too.

    Examples
    --------
    >>> linear_sum_assignment(np.array([[4, 1, 3], [2, 0, 5]]))
    (array([0, 1]), array([1, 0]))
    """
    rows, cols, _, _ = yield from shortest_augmenting_path.steps(cost)
    return rows, cols


@stepwise(check=check_cost, quiet=True)
def shortest_augmenting_path(
    cost: Array,
) -> Steps[tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats]]:
    """The cheapest one-to-one assignment, and prices that prove it.

    Parameters
    ----------
    cost : (N, M) array
        As for `linear_sum_assignment`.

    Returns
    -------
    rows : (K,) int64 array
    cols : (K,) int64 array
        As `linear_sum_assignment`.
    u : (N,) float64 array
        Prices of the rows.
    v : (M,) float64 array
        Prices of the columns. ``u[:, None] + v <= cost``, with equality for each pair that is assigned; on the
        longer side no price is above 0, and who goes without has price 0. So the prices add up to the cost.

    Raises
    ------
    ValueError, TypeError
        As `linear_sum_assignment`.

    Notes
    -----
    start. Let each row take the cheapest column, or another that is as cheap; of several rows the first gets it.
    scan.  From a row without a column, look for the cheapest way to a free one: the next nearest column is reached;
           if it is taken, the way goes on from its row.
    raise. Change the prices so that the whole way costs nothing more.
    augment. Along the way every row takes the next column.

    Of columns that are equally near, a free one ends the search: ties do not make it long.

    Examples
    --------
    >>> rows, cols, u, v = shortest_augmenting_path([[4.0, 1, 3], [2, 0, 5]])
    >>> u, v, float(u.sum() + v.sum())
    (array([3., 2.]), array([ 0., -2.,  0.]), 3.0)
    """
    tall = cost.shape[0] > cost.shape[1]
    matrix = cost.T.copy() if tall else cost  # from here on no more rows than columns
    count, width = matrix.shape
    u, v, previous = np.zeros(count), np.zeros(width), np.zeros(width, np.int64)
    column_of, row_of = _first_come(matrix, u)
    yield "start: row after row takes its cheapest column, or none: {column_of}"
    for row in (column_of < 0).nonzero()[0]:
        near = matrix[row] - u[row] - v
        previous[:] = row
        prices = v.copy()  # that of a reached column keeps it out
        reached, ways = [], []  # columns, and how far each is
        while True:
            column = _nearest(near, row_of)
            lowest = near[column]
            if not lowest < np.inf:
                raise ValueError("cost: every assignment has a forbidden pair, +inf; wanted one without")
            yield "scan: column {column} is {lowest} away from row {row}"
            if row_of[column] < 0:
                break
            reached.append(column)
            ways.append(lowest)
            _go_on(row_of[column], column, lowest, matrix, u, prices, near, previous)
        u[row] += lowest
        for taken, way in zip(reached, ways, strict=True):
            u[row_of[taken]] += lowest - way
            v[taken] -= lowest - way
        yield "raise: the prices of rows are {u}, those of columns {v}"
        while column != -1:
            before = previous[column]
            row_of[column] = before
            column, column_of[before] = (-1 if before == row else column_of[before]), column
        yield "augment: the columns of the rows are {column_of}"
    rows, cols = (np.sort(column_of), np.argsort(column_of)) if tall else (np.arange(count), column_of)
    return rows, cols, *((v, u) if tall else (u, v))


def _first_come(matrix, u):
    """The cheapest column of each row unless an earlier row has it: column of each row and row of each column.

    What it costs becomes the row's price.
    """
    count, width = matrix.shape
    rows, row_of = np.arange(count), np.full(width, -1)
    if not count:
        return rows, row_of
    best = matrix.argmin(axis=1)
    u[:] = matrix[rows, best]
    row_of[best[::-1]] = rows[::-1]  # of rows with the same column the first is written last
    lost = u == np.inf  # rows of forbidden pairs alone; the search will say so
    row_of[best[lost]], u[lost] = -1, 0
    column_of = np.where(row_of[best] == rows, best, -1)
    late = (column_of < 0).nonzero()[0]
    as_cheap = (matrix[late] == u[late, None]) & (row_of < 0)
    for row, free in zip(late, as_cheap, strict=True):
        column = free.argmax()
        if free[column]:
            column_of[row], row_of[column], as_cheap[:, column] = column, row, False
    return column_of, row_of


def _nearest(near, row_of):
    """The nearest column; of several the first free one, if there is one."""
    column = int(near.argmin())
    if row_of[column] < 0:
        return column
    ties = (near == near[column]).nonzero()[0]
    return int(ties[row_of[ties].argmin()])


def _go_on(row, column, lowest, matrix, u, prices, near, previous):
    """From that column's row on: what is nearer by this way. The column itself is never near again."""
    near[column], prices[column] = np.inf, -np.inf
    by_here = matrix[row] - prices
    by_here += lowest - u[row]
    previous[by_here < near] = row
    np.minimum(near, by_here, out=near)
