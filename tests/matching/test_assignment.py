"""HUN-1, HUN-3, HUN-5: the cheapest assignment, and the prices that prove it."""

import numpy as np
import pytest
from assignments import COSTS, WORKERS, cheapest, is_assignment
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tolerances import close

from refdet.matching.assignment import linear_sum_assignment, shortest_augmenting_path
from refdet.matching.kuhn_munkres import kuhn_munkres

SHAPES = st.tuples(st.integers(0, 5), st.integers(0, 5))
FORBIDDING = hnp.arrays(np.float64, SHAPES, elements=st.sampled_from([0, 1, 2, 7, -3, np.inf]))


def proves(cost, rows, cols, u, v):
    """True if the prices leave no room for a cheaper assignment."""
    longer = v if cost.shape[1] >= cost.shape[0] else u
    taken = cols if longer is v else rows
    without = np.setdiff1d(np.arange(len(longer)), taken)
    return (
        (u[:, None] + v <= cost).all()
        and (u[rows] + v[cols] == cost[rows, cols]).all()
        and (longer <= 0).all()
        and (longer[without] == 0).all()
    )


# By hand


def test_the_worked_example():
    """HUN-4; ERR-78."""
    rows, cols = linear_sum_assignment(WORKERS)
    assert WORKERS[rows, cols].sum() == 19 and cols.tolist() in ([3, 1, 0, 2], [3, 2, 0, 1])


def test_one_row_gives_its_column_up():
    """Both like column 0; the second would pay 5 more elsewhere, the first only 1."""
    trace = shortest_augmenting_path.trace([[1.0, 2], [1, 6]])
    assert [step.name for step in trace] == ["start", "scan", "scan", "raise", "augment"]
    assert trace[0].column_of.tolist() == [0, -1]
    assert (trace[1].column, trace[1].lowest, trace[2].column, trace[2].lowest) == (0, 0, 1, 1)
    rows, cols, u, v = trace.result
    assert cols.tolist() == [1, 0] and u.tolist() == [2, 2] and v.tolist() == [-1, 0]


def test_the_largest_sum():
    rows, cols = linear_sum_assignment([[4, 1, 3], [2, 0, 5]], maximize=True)
    assert cols.tolist() == [0, 2]
    trace = linear_sum_assignment.trace([[4, 1, 3], [2, 0, 5]], maximize=True)
    assert trace[0].function == "shortest_augmenting_path" and trace[0].cost.tolist() == [
        [-4, -1, -3],
        [-2, 0, -5],
    ]
    assert [part.tolist() for part in trace.result] == [[0, 1], [0, 2]]


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_assign(shape):
    rows, cols = linear_sum_assignment(np.zeros(shape))
    assert rows.dtype == cols.dtype == np.int64 and len(rows) == len(cols) == 0


def test_lists_without_numbers_are_nothing():
    assert [part.tolist() for part in linear_sum_assignment([])] == [[], []]


# Properties


@given(cost=COSTS)
def test_the_prices_prove_that_no_assignment_is_cheaper(cost):
    rows, cols, u, v = shortest_augmenting_path(cost)
    assert is_assignment(rows, cols, cost.shape) and proves(cost, rows, cols, u, v)
    assert u.sum() + v.sum() == cost[rows, cols].sum() == cheapest(cost)


@given(cost=COSTS)
def test_both_methods_cost_the_same(cost):
    assert cost[kuhn_munkres(cost)].sum() == cost[linear_sum_assignment(cost)].sum()


@given(cost=COSTS)
def test_the_largest_sum_is_the_least_of_the_negated(cost):
    assert cost[linear_sum_assignment(cost, maximize=True)].sum() == -cheapest(-cost)


@given(cost=COSTS)
def test_the_other_way_round(cost):
    rows, cols = linear_sum_assignment(cost.T)
    assert cost[cols, rows].sum() == cheapest(cost)


@given(cost=FORBIDDING)
def test_forbidden_pairs_are_avoided_or_it_is_said_that_they_cannot_be(cost):
    least = cheapest(cost)
    if least < np.inf:
        rows, cols, u, v = shortest_augmenting_path(cost)
        assert cost[rows, cols].sum() == least and proves(cost, rows, cols, u, v)
    else:
        with pytest.raises(ValueError, match="cost: every assignment has a forbidden pair"):
            linear_sum_assignment(cost)


@pytest.mark.parametrize("shape", [(60, 60), (60, 90), (90, 60)])
def test_larger_ones_are_proved_by_their_prices(shape):
    rng = np.random.default_rng(0)
    for most in (1, 3, 1000):
        cost = rng.integers(0, most + 1, shape).astype(float)
        rows, cols, u, v = shortest_augmenting_path(cost)
        assert is_assignment(rows, cols, shape) and proves(cost, rows, cols, u, v)


@given(
    shape=st.tuples(*[st.integers(1, 12)] * 2),
    seed=st.integers(0, 2**16),
    forbidden=st.sampled_from([0, 0.2]),
)
def test_costs_with_fractions_are_proved_but_for_rounding(shape, seed, forbidden):
    """Feasible prices, equal to the cost of each pair that is assigned, and 0 for whoever goes without."""
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random(shape) < forbidden, np.inf, rng.normal(size=shape))
    try:
        rows, cols, u, v = shortest_augmenting_path(cost)
    except ValueError:
        assert np.isinf(cost).any()
        return
    assert close(np.maximum(u[:, None] + v - cost, 0), np.zeros(cost.shape), "float64 sums")
    assert close(u[rows] + v[cols], cost[rows, cols], "float64 sums")
    longer, taken = (v, cols) if cost.shape[1] >= cost.shape[0] else (u, rows)
    assert (longer <= 0).all() and not np.delete(longer, taken).any()


def scans(cost):
    return sum(step.name == "scan" for step in shortest_augmenting_path.trace(cost, keep=["column"]))


def test_all_alike_nobody_searches():
    assert scans(np.zeros((40, 40))) == scans(np.ones((30, 40))) == 0


def test_ties_end_every_search_at_once():
    """One column costs 0, the others 1. The second row finds that taken and goes on, to any other."""
    assert scans(np.tile(np.arange(40) > 0, (40, 1)).astype(float)) == 2 + 38


def test_ten_thousand_rectangles_cost_what_they_cost_in_scipy():
    """HUN-5: random, tied, negative and forbidden costs; the dearest too."""
    optimize = pytest.importorskip("scipy.optimize")
    rng = np.random.default_rng(0)
    for case in range(10_000):
        shape = rng.integers(1, 13, 2)
        cost = rng.random(shape) if case % 2 else rng.integers(-3, 4, shape).astype(float)
        dearest = bool(case % 3 == 0)
        if case % 5 == 0:
            cost[rng.random(shape) < 0.1] = -np.inf if dearest else np.inf
        try:
            expected = cost[optimize.linear_sum_assignment(cost, dearest)].sum()
        except ValueError:
            with pytest.raises(ValueError, match="forbidden"):
                linear_sum_assignment(cost, dearest)
            continue
        rows, cols = linear_sum_assignment(cost, dearest)
        assert is_assignment(rows, cols, shape) and close(cost[rows, cols].sum(), expected, "float64 sums"), (
            case
        )


# Bad input


@pytest.mark.parametrize(
    ("cost", "maximize", "text"),
    [
        ([[1, np.nan]], False, "cost: row 0 has nan"),
        ([[1, -np.inf]], False, "cost: row 0 has -inf"),
        ([[1, np.inf]], True, "cost: row 0 has inf"),
        ([[1, 2]] * 2 + [[3]], False, "cost: not an array"),
        ([1, 2], False, r"cost: shape is \(2,\); wanted \(N, M\)"),
        ([[np.inf]], False, "every assignment has a forbidden pair"),
        ([[-np.inf]], True, "every assignment has a forbidden pair"),
    ],
)
def test_costs_that_are_none(cost, maximize, text):
    with pytest.raises(ValueError, match=text):
        linear_sum_assignment(cost, maximize)


def test_maximize_is_a_flag():
    with pytest.raises(TypeError, match="maximize: 'yes' came; wanted True or False"):
        linear_sum_assignment([[1.0]], "yes")
