"""The Hungarian method on a matrix, in its seven steps (HUN-2): rows, columns, cover, stop, smallest, shift, again.

Numbers are taken off rows and columns, which changes every assignment by the same sum (HUN-3), until the zeros
that appear hold an assignment; it costs nothing more, so it is the best one. `linear_sum_assignment` finds the
same by shortest paths, and faster.

Letters: N rows, M columns, S the larger of the two.
Source: H. W. Kuhn, The Hungarian Method for the Assignment Problem, 1955; J. Munkres, Algorithms for the
Assignment and Transportation Problems, 1957; D. Koenig, 1931 (the cover).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.matching.line_cover import line_cover, maximum_matching
from refdet.stepwise import Steps, stepwise

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
LARGEST = 1e150
"""Costs up to this size: sums and differences of a few of them stay finite."""


def check_kuhn_munkres(cost):
    """Finite costs in float64."""
    cost = checks.real_array(cost, "cost").astype(np.float64)
    if cost.size == 0 and cost.ndim < 2:
        cost = cost.reshape(0, 0)
    if cost.ndim != 2:
        raise ValueError(f"cost: shape is {cost.shape}; wanted (N, M)")
    if cost.size:
        checks.reject_beyond(cost, "cost", LARGEST)
    return (cost,)


@stepwise(check=check_kuhn_munkres)
def kuhn_munkres(cost: Array) -> Steps[Pairs]:
    """The cheapest one-to-one assignment of rows to columns, by the matrix.

    Parameters
    ----------
    cost : (N, M) array
        What it costs to give column j to row i; finite, of any sign. Where one side is shorter it is padded with
        rows or columns of cost 0 (HUN-5, ERR-72): whoever gets one of those gets nothing.

    Returns
    -------
    rows : (K,) int64 array
        K is the smaller of N and M; ascending.
    cols : (K,) int64 array
        The column of each; of equally cheap assignments any one.

    Raises
    ------
    ValueError
        NaN, infinity, numbers beyond 1e150 in size, another shape.
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    rows.     Take off each row its smallest number.
    columns.  Take off each column its smallest number.
    cover.    Cover all zeros with as few lines as can be; if they are as many as rows, the zeros hold an assignment.
    smallest. Find the smallest number that no line covers.
    shift.    Take it off the numbers that no line covers, add it where two lines cross; cover again.
    assign.   Read off independent zeros.

    Every round makes a new zero and keeps the independent ones, so it ends after at most S^2 of them. Computed in
    float64: whole numbers up to 2^53 are exact; otherwise the cost is least but for rounding.

    Examples
    --------
    Four workers and four tasks (HUN-4); the notes' own result costs 22 (ERR-78), and their reduced matrix is another
    one (ERR-79):

    >>> cost = np.array([[10, 7, 8, 2], [6, 4, 5, 3], [7, 6, 9, 5], [8, 5, 6, 4]])
    >>> rows, cols = kuhn_munkres(cost)
    >>> cols, int(cost[rows, cols].sum())
    (array([3, 1, 0, 2]), 19)
    """
    size = max(cost.shape)
    matrix = np.zeros((size, size))
    matrix[: cost.shape[0], : cost.shape[1]] = cost
    matrix -= matrix.min(axis=1, keepdims=True, initial=LARGEST)
    yield "rows: less the smallest number of each row: {matrix}"
    matrix -= matrix.min(axis=0, initial=LARGEST)
    yield "columns: less the smallest number of each column: {matrix}"
    while True:
        column_of = maximum_matching(matrix == 0)
        covered_rows, covered_columns = line_cover(matrix == 0, column_of)
        lines = int(covered_rows.sum() + covered_columns.sum())
        yield "cover: {lines} lines cover all zeros of {size} rows"
        if lines == size:
            break
        smallest = matrix[~covered_rows][:, ~covered_columns].min()
        yield "smallest: {smallest} is the smallest number that no line covers"
        matrix[np.ix_(~covered_rows, ~covered_columns)] -= smallest
        matrix[np.ix_(covered_rows, covered_columns)] += smallest
        yield "shift: it is taken off where no line is, and added where two cross: {matrix}"
    rows = np.flatnonzero(column_of[: cost.shape[0]] < cost.shape[1])
    cols = column_of[rows]
    yield "assign: independent zeros give rows {rows} the columns {cols}"
    return rows, cols
