"""HUN-2, HUN-3, HUN-4, HUN-5; ERR-78, ERR-79; the line cover by itself."""

import itertools

import numpy as np
import pytest
from assignments import COSTS, WORKERS, cheapest, is_assignment
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tolerances import close

from refdet.matching.kuhn_munkres import kuhn_munkres
from refdet.matching.line_cover import line_cover, maximum_matching

ILLUSTRATION = np.array([[8, 4, 6, 0], [0, 3, 5, 2], [0, 7, 1, 7], [2, 0, 0, 1]])
FLAGS = hnp.arrays(bool, st.tuples(st.integers(0, 5), st.integers(0, 5)))


# By hand


def test_the_worked_example_needs_no_shift():
    """HUN-4; ERR-79: the matrix that the notes show does not follow from the costs."""
    trace = kuhn_munkres.trace(WORKERS)
    assert [step.name for step in trace] == ["rows", "columns", "cover", "assign"]
    rows, columns, cover, _ = trace
    assert rows.matrix.tolist() == [[8, 5, 6, 0], [3, 1, 2, 0], [2, 1, 4, 0], [4, 1, 2, 0]]
    assert columns.matrix.tolist() == [[6, 4, 4, 0], [1, 0, 0, 0], [0, 0, 2, 0], [2, 0, 0, 0]]
    assert cover.lines == 4
    taken, cols = trace.result
    assert WORKERS[taken, cols].sum() == 14 + 5
    assert cols.tolist() in ([3, 1, 0, 2], [3, 2, 0, 1])


def test_the_result_of_the_notes_costs_more():
    """ERR-78."""
    assert WORKERS[[0, 1, 2, 3], [3, 0, 2, 1]].sum() == 22 > cheapest(WORKERS) == 19


def test_the_illustration_is_shifted_once():
    """HUN-4, the matrix M: rows A and D and column T1, then 1 is the smallest uncovered number."""
    trace = kuhn_munkres.trace(ILLUSTRATION)
    assert [step.name for step in trace] == [
        "rows",
        "columns",
        "cover",
        "smallest",
        "shift",
        "cover",
        "assign",
    ]
    cover, shift = trace[2], trace[4]
    assert cover.lines == 3 and cover.covered_rows.tolist() == [True, False, False, True]
    assert cover.covered_columns.tolist() == [True, False, False, False] and shift.smallest == 1
    assert shift.matrix.tolist() == [[9, 4, 6, 0], [0, 2, 4, 1], [0, 6, 0, 6], [3, 0, 0, 1]]
    assert trace.result[1].tolist() == [3, 0, 2, 1]


def test_who_gets_a_dummy_gets_nothing():
    """HUN-5; ERR-72: more rows than columns, and the other way round."""
    rows, cols = kuhn_munkres([[5.0], [1], [3]])
    assert (rows.tolist(), cols.tolist()) == ([1], [0])
    rows, cols = kuhn_munkres([[5.0, 1, 3]])
    assert (rows.tolist(), cols.tolist()) == ([0], [1])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_assign(shape):
    rows, cols = kuhn_munkres(np.zeros(shape))
    assert rows.dtype == cols.dtype == np.int64 and len(rows) == len(cols) == 0


# Properties


@given(cost=COSTS)
def test_no_assignment_is_cheaper(cost):
    rows, cols = kuhn_munkres(cost)
    assert is_assignment(rows, cols, cost.shape) and cost[rows, cols].sum() == cheapest(cost)


@given(cost=COSTS, data=st.data())
def test_a_constant_on_a_row_or_column_of_a_square_changes_the_sum_alone(cost, data):
    """HUN-3."""
    side = min(cost.shape)
    cost = cost[:side, :side]
    u, v = (data.draw(hnp.arrays(np.float64, side, elements=st.integers(-9, 9))) for _ in range(2))
    before, after = kuhn_munkres(cost), kuhn_munkres(cost + u[:, None] + v)
    assert cost[before].sum() == cost[after].sum()


@given(cost=COSTS)
def test_padding_to_a_square_changes_nothing(cost):
    """HUN-5: dummies of any one cost."""
    side = max(cost.shape)
    square = np.full((side, side), 4.0)
    square[: cost.shape[0], : cost.shape[1]] = cost
    rows, cols = kuhn_munkres(square)
    real = (rows < cost.shape[0]) & (cols < cost.shape[1])
    assert cost[rows[real], cols[real]].sum() == cheapest(cost)


@given(cost=COSTS)
def test_every_shift_leaves_no_negative_number_and_one_zero_more_than_was_covered(cost):
    trace = kuhn_munkres.trace(cost)
    for step in trace:
        assert (step.matrix >= 0).all()
    for before, after in itertools.pairwise([step for step in trace if step.name == "cover"]):
        lost = after.matrix[before.column_of >= 0, before.column_of[before.column_of >= 0]]
        assert (lost == 0).all(), "an independent zero went away"


def test_costs_with_fractions_are_least_but_for_rounding():
    rng = np.random.default_rng(0)
    for _ in range(50):
        cost = rng.normal(size=rng.integers(1, 6, 2))
        rows, cols = kuhn_munkres(cost)
        assert close(cost[rows, cols].sum(), cheapest(cost), "float64 sums")


@given(allowed=FLAGS)
def test_the_cover_covers_and_is_as_small_as_the_matching_is_large(allowed):
    """Koenig: neither could be better, since every line covers one matched pair at most."""
    column_of = maximum_matching(allowed)
    rows, columns = line_cover(allowed, column_of)
    assert (rows[:, None] | columns | ~allowed).all()
    assert rows.sum() + columns.sum() == (column_of >= 0).sum()
    matched = np.flatnonzero(column_of >= 0)
    assert allowed[matched, column_of[matched]].all() and len(set(column_of[matched])) == len(matched)


def test_a_long_path_needs_no_recursion():
    """A staircase: each row shares a column with the next, and the last one moves them all."""
    side = 3000
    allowed = np.eye(side, dtype=bool) | np.eye(side, k=1, dtype=bool)
    allowed[-1] = False
    allowed[-1, 0] = True
    assert (maximum_matching(allowed) >= 0).all()


# Bad input


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        ([[1, np.nan]], "cost: row 0 has nan"),
        ([[1, 2], [np.inf, 2]], "cost: row 1 has inf"),
        ([1, 2], r"cost: shape is \(2,\); wanted \(N, M\)"),
        ([[1e200]], "cost: row 0 has 1e\\+200"),
    ],
)
def test_costs_that_are_none(cost, text):
    with pytest.raises(ValueError, match=text):
        kuhn_munkres(cost)


@pytest.mark.parametrize(
    ("column_of", "text"),
    [([1, 0], "on no zero"), ([0, 0], "no maximum"), ([0, -1], "no maximum"), ([2, 1], "no zero")],
)
def test_a_cover_needs_a_maximum_matching(column_of, text):
    with pytest.raises(ValueError, match=f"column_of: .*{text}"):
        line_cover(np.array([[True, False], [True, True]]), np.array(column_of))


def test_zeros_are_flags():
    with pytest.raises(TypeError, match="allowed: dtype is float64; wanted bool"):
        maximum_matching(np.zeros((2, 2)))
