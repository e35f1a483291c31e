"""The contract of the cheapest assignment: right kernels pass, planted bugs are found."""

import itertools

import numpy as np
import pytest
from judged_kernels import first_broken, hopeless

from refdet.conventions import REFDET
from refdet.matching.assignment import linear_sum_assignment
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS

OP = "linear_sum_assignment"
BANDED = Terms(REFDET)


def in_precision(cost, maximize, dtype):
    """Shortest augmenting paths with every number in that precision."""
    cost = (-cost if maximize else cost).astype(dtype)
    if cost.shape[0] > cost.shape[1]:
        cols, rows = in_precision(cost.T, False, dtype)
        return np.sort(rows), cols[np.argsort(rows)]
    count, width = cost.shape
    u, v, row_of = np.zeros(count, dtype), np.zeros(width, dtype), np.full(width, -1)
    for start in range(count):
        far, before = np.full(width, np.inf, dtype), np.full(width, -1)
        done, row, lowest, last = np.zeros(width, bool), start, dtype(0), -1
        while True:
            way = lowest + (cost[row] - u[row] - v)
            nearer = ~done & (way < far)
            far[nearer], before[nearer] = way[nearer], last
            last = int(np.where(done, np.inf, far).argmin())
            lowest, done[last] = far[last], True
            if row_of[last] < 0:
                break
            row = row_of[last]
        for j in np.flatnonzero(done):
            v[j] += far[j] - lowest
            if row_of[j] >= 0:
                u[row_of[j]] += lowest - far[j]
        u[start] += lowest
        while before[last] >= 0:
            row_of[last] = row_of[before[last]]
            last = before[last]
        row_of[last] = start
    cols = np.argsort(np.where(row_of < 0, count, row_of))[:count]
    return np.arange(count), cols


def swaps_alone(cost, maximize):
    """No swap of two pairs saves anything, but a ring of three may."""
    count = min(cost.shape)
    rows, cols = np.arange(count), np.arange(count)
    sign = -1 if maximize else 1
    better = True
    while better:
        better = False
        for i, j in itertools.combinations(range(count), 2):
            now = cost[i, cols[i]] + cost[j, cols[j]]
            if sign * (cost[i, cols[j]] + cost[j, cols[i]]) < sign * now:
                cols[i], cols[j], better = cols[j], cols[i], True
    return rows, cols


def greedy(cost, maximize):
    """The cheapest pair of all, then the cheapest of those that are left."""
    matrix, pairs = (-cost if maximize else cost.copy()), []
    for _ in range(min(cost.shape)):
        i, j = np.unravel_index(matrix.argmin(), matrix.shape)
        pairs.append((int(i), int(j)))
        matrix[i], matrix[:, j] = np.inf, np.inf
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def right(cost, maximize=False):
    return linear_sum_assignment(cost, maximize)


def corner(cost, maximize):
    """Only the square in the corner."""
    side = min(cost.shape)
    square = cost[:side, :side]
    finite = np.where(np.isinf(square), -1e4 if maximize else 1e4, square)
    return right(finite, maximize)


def altered(change):
    """The right answer to other costs."""
    return lambda cost, maximize: right(change(cost.astype(np.float64)), maximize)


def padded(cost):
    """Costs without a last column, unless it is needed."""
    return cost[:, :-1] if cost.shape[1] > cost.shape[0] else cost


def as_half(cost):
    return (cost / 16).astype(np.float16)


PLANTED = {
    "the other direction": (
        lambda cost, maximize: right(np.where(np.isinf(cost), -cost, cost), not maximize),
        "no exchange",
    ),
    "maximize is ignored": (lambda cost, maximize: right(np.abs(cost), False), "no exchange"),
    "greedy": (greedy, "no exchange"),
    "swaps of two alone": (swaps_alone, "no exchange"),
    "each row for itself": (
        lambda cost, maximize: (np.arange(min(cost.shape)), cost[: min(cost.shape)].argmin(axis=1)),
        "no index comes twice",
    ),
    "the diagonal": (lambda cost, maximize: (np.arange(min(cost.shape)),) * 2, "no exchange"),
    "the corner's square alone": (corner, "no exchange"),
    "without the last column": (altered(padded), "no exchange"),
    "costs without sign": (altered(np.abs), "no exchange"),
    "costs rounded to whole numbers": (altered(np.trunc), "no exchange"),
    "costs in half precision": (altered(as_half), "no exchange"),
    "forbidden pairs cost nothing": (
        altered(lambda cost: np.where(np.isinf(cost), 0, cost)),
        "no forbidden pair",
    ),
    "forbidden pairs cost 10": (
        altered(lambda cost: np.where(np.isinf(cost), np.sign(cost) * 10, cost)),
        "no forbidden pair",
    ),
    "columns before rows": (lambda cost, maximize: right(cost, maximize)[::-1], "row"),
    "in the order of the columns": (
        lambda cost, maximize: np.array(sorted(np.transpose(right(cost, maximize)).tolist(), key=lambda p: p[1])),
        "rows",
    ),
    "one pair too few": (lambda cost, maximize: [part[:-1] for part in right(cost, maximize)], "pairs come back"),
    "two rows of pairs": (lambda cost, maximize: np.array(right(cost, maximize)), "no index comes twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name):
    kernel, words = PLANTED[name]
    found = [first_broken(OP, kernel, 300, dtype=dtype) for dtype in ("float32", "float64")]
    assert any(part is not None and words in part[1] for part in found), found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_reference_and_pairs_pass(dtype):
    assert first_broken(OP, right, 150, dtype=dtype) is None
    assert first_broken(OP, right, 150, dtype=dtype, seed=1, band=False) is None
    pairs = first_broken(OP, lambda cost, maximize: np.stack(right(cost, maximize), axis=1), 60, dtype=dtype)
    assert pairs is None


def test_scipy_passes():
    optimize = pytest.importorskip("scipy.optimize")
    assert (
        first_broken(OP, lambda cost, maximize: optimize.linear_sum_assignment(cost, maximize), 150) is None
    )


@pytest.mark.parametrize("seed", [0, 1])
def test_a_kernel_in_the_precision_of_the_costs_passes(seed):
    def kernel(cost, maximize):
        return in_precision(cost, maximize, cost.dtype.type)

    assert first_broken(OP, kernel, 110, seed=seed) is None


def told(cost, rows, cols, maximize=False):
    case = Case({"cost": np.array(cost, np.float32), "maximize": maximize}, "by hand")
    return broken(CONTRACTS[OP], case, (np.array(rows, np.int64), np.array(cols, np.int64)), BANDED)


def test_any_of_equally_cheap_assignments_is_right():
    assert told([[1, 1], [1, 1]], [0, 1], [0, 1]) is None
    assert told([[1, 1], [1, 1]], [0, 1], [1, 0]) is None


def test_the_words_name_the_exchange():
    assert told([[1, 2], [2, 4]], [0, 1], [0, 1]) == (
        "no exchange is cheaper; row 1 takes column 0; row 0 takes column 1: that is better"
    )
    assert "row 0 takes column that is free" in told([[1, 0]], [0], [0])
    assert "column 0 takes row that is free" in told([[1], [0]], [0], [0])
    assert "dearer" in told([[1, 0]], [0], [1], maximize=True)


def test_no_answer_takes_the_judge_down():
    case = Case({"cost": np.zeros((3, 2)), "maximize": False}, "by hand")
    for answer in hopeless(2):
        assert broken(CONTRACTS[OP], case, answer, BANDED) is not None
