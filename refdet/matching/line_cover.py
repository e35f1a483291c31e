"""The fewest lines that cover all zeros of a matrix: a maximum matching, and what Koenig's theorem makes of it.

Zeros that stand pairwise in other rows and columns are independent; no line covers two of them. So as many
lines are needed as there are independent zeros, and Koenig showed that no more are (step 3 of HUN-2).

Letters: R rows, C columns.
Source: D. Koenig, Graphen und Matrizen, 1931; H. W. Kuhn, The Hungarian Method for the Assignment Problem, 1955.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks

Bools = NDArray[np.bool_]


def maximum_matching(allowed: Bools) -> NDArray[np.int64]:
    """As many independent entries as there are: the column of each row, -1 for none.

    Row after row, an alternating path is sought to a free column: along it every row gives its column up for
    another one. A row that finds none never will (Berge).

    Parameters
    ----------
    allowed : (R, C) bool array
        Where a row and a column may be matched.

    Returns
    -------
    column_of : (R,) int64 array

    Raises
    ------
    ValueError, TypeError
        Another shape or dtype.

    Examples
    --------
    Row 0 gives up column 0, which is all that row 1 may have:

    >>> maximum_matching(np.array([[True, True], [True, False]]))
    array([1, 0])
    """
    allowed = _bools(allowed, "allowed")
    column_of, row_of = np.full(allowed.shape[0], -1), np.full(allowed.shape[1], -1)
    for row in range(len(allowed)):
        previous = _reached(allowed, row_of, [row])[1]
        ends = np.flatnonzero((previous >= 0) & (row_of < 0))
        if len(ends):
            _augment(int(ends[0]), previous, column_of, row_of)
    return column_of.astype(np.int64)


def line_cover(zeros: Bools, column_of: NDArray[np.int64]) -> tuple[Bools, Bools]:
    """Rows and columns that cover all zeros, as many as the maximum matching has pairs.

    From the rows without a partner, walk along zeros to columns and along the matching back to rows. What is
    covered: the rows that are not reached and the columns that are.

    Parameters
    ----------
    zeros : (R, C) bool array
    column_of : (R,) int64 array
        A maximum matching on the zeros, from `maximum_matching`.

    Returns
    -------
    rows : (R,) bool array
    columns : (C,) bool array

    Raises
    ------
    ValueError, TypeError
        Another shape or dtype; columns that are no maximum matching on the zeros.

    Examples
    --------
    The illustration of HUN-4: rows A and D and column T1, three lines.

    >>> zeros = np.array([[8, 4, 6, 0], [0, 3, 5, 2], [0, 7, 1, 7], [2, 0, 0, 1]]) == 0
    >>> line_cover(zeros, maximum_matching(zeros))
    (array([ True, False, False,  True]), array([ True, False, False, False]))
    """
    zeros = _bools(zeros, "zeros")
    column_of = checks.whole_numbers(column_of, "column_of", (len(zeros),), "a column of each row, or -1")
    matched = np.flatnonzero(column_of >= 0)
    row_of = np.full(zeros.shape[1], -1)
    if (column_of >= zeros.shape[1]).any() or not zeros[matched, column_of[matched]].all():
        raise ValueError("column_of: a pair stands on no zero; wanted a matching on the zeros")
    row_of[column_of[matched]] = matched
    rows, previous = _reached(zeros, row_of, np.flatnonzero(column_of < 0))
    columns = previous >= 0
    if np.count_nonzero(row_of >= 0) < len(matched) or (columns & (row_of < 0)).any():
        raise ValueError("column_of: it is no maximum matching; wanted that of maximum_matching")
    return ~rows, columns


def _reached(allowed, row_of, starts):
    """Rows that alternating paths from `starts` reach, and of each column the row before it, -1 if not reached."""
    reached, previous = np.zeros(allowed.shape[0], bool), np.full(allowed.shape[1], -1)
    reached[starts] = True
    waiting = list(starts)
    while waiting:
        row = waiting.pop(0)
        found = np.flatnonzero(allowed[row] & (previous < 0))
        previous[found] = row
        follow = row_of[found]
        follow = follow[follow >= 0]
        reached[follow] = True
        waiting += follow.tolist()
    return reached, previous


def _augment(column, previous, column_of, row_of):
    """Every row on the path to this free column gives up its own column for the next one."""
    while column >= 0:
        row = previous[column]
        row_of[column] = row
        column, column_of[row] = column_of[row], column


def _bools(value, name):
    array = checks.any_array(value, name)
    if array.dtype != bool:
        raise TypeError(f"{name}: dtype is {array.dtype}; wanted bool")
    if array.ndim != 2:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (R, C)")
    return array
