"""The drawing of an assignment: zeros, lines and the smallest number; prices, ways and who has which column."""

import numpy as np
import pytest
from assignments import COSTS
from hypothesis import given

from refdet import nms
from refdet.matching.assignment import shortest_augmenting_path
from refdet.matching.kuhn_munkres import kuhn_munkres
from refdet.viz import assignment as drawing

COST = [[8, 4, 6, 0], [0, 3, 5, 2], [0, 7, 1, 7], [2, 0, 0, 1]]


def cells(ax, gid):
    """(row, column) of the rectangles with that mark."""
    found = [patch for patch in ax.patches if patch.get_gid() == gid]
    return [(round(p.get_y() + p.get_height() / 2), round(p.get_x() + p.get_width() / 2)) for p in found]


def values(ax):
    return [text.get_text() for text in ax.texts if text.get_gid() == "value"]


# By hand


def test_zeros_lines_and_the_smallest_number(ax):
    trace = kuhn_munkres.trace(COST)
    drawing.draw(ax, trace[0])
    assert cells(ax, "zero") == [(0, 3), (1, 0), (2, 0), (3, 1), (3, 2)] and cells(ax, "line") == []
    assert values(ax) == [str(number) for row in COST for number in row]
    ax.clear()
    drawing.draw(ax, trace.named("smallest")[0])
    assert cells(ax, "taken") == [(0, 3), (1, 0), (3, 1)] and cells(ax, "smallest") == [(2, 2)]
    lines = [patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches]
    sides = [np.sort(box.get_points(), axis=0).tolist() for box in lines]
    sides = [np.round(s, 3).tolist() for p, s in zip(ax.patches, sides, strict=True) if p.get_gid() == "line"]
    assert sides == [[[-0.5, -0.5], [3.5, 0.5]], [[-0.5, 2.5], [3.5, 3.5]], [[-0.5, -0.5], [0.5, 3.5]]]
    ax.clear()
    drawing.draw(ax, trace[-1])
    assert cells(ax, "taken") == [(0, 3), (1, 0), (2, 2), (3, 1)] and cells(ax, "line") == []


def test_what_pads_the_matrix_is_grey(ax):
    trace = kuhn_munkres.trace([[1, 2], [4, 1], [0, 0]])
    drawing.draw(ax, trace[0])
    assert len(ax.patches) == 9 and values(ax)[:3] == ["1", "2", "0"]
    drawing.draw(ax, kuhn_munkres.trace([[5, 1, 4], [2, 2, 2]])[1])
    assert set(cells(ax, "padding")) <= {(2, 0), (2, 1), (2, 2)}


def test_the_way_to_the_nearest_column_and_the_prices(ax):
    trace = shortest_augmenting_path.trace([[1, 2], [1, 4]])
    drawing.draw(ax, trace[0])
    assert cells(ax, "taken") == [(0, 0)] and cells(ax, "tight") == [(1, 0)]
    ways = []
    for step in trace.named("scan"):
        ax.clear()
        drawing.draw(ax, step)
        ways.append(cells(ax, "way"))
    assert ways == [[(1, 0)], [(0, 1), (0, 0), (1, 0)]]
    ax.clear()
    drawing.draw(ax, trace.named("augment")[0])
    assert cells(ax, "taken") == [(0, 1), (1, 0)] and cells(ax, "way") == []
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2   0", "2   1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0\n-1", "1\n0"]


def test_more_rows_than_columns_are_turned_and_forbidden_pairs_are_dashes(ax):
    drawing.draw(ax, shortest_augmenting_path.trace([[1, np.inf], [2, 2], [0, 1]])[0])
    assert values(ax) == ["1", "2", "0", "-", "2", "1"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("row, price", "price, column")


def test_of_large_tables_only_what_is_tight_or_taken_is_drawn(ax):
    cost = np.random.default_rng(0).random((13, 13))
    for function in (kuhn_munkres, shortest_augmenting_path):
        ax.clear()
        drawing.draw(ax, function.trace(cost)[0])
        assert values(ax) == [] and len(ax.patches) == 13  # of each row the cheapest


# Properties


@given(cost=COSTS)
def test_the_last_picture_shows_the_result(cost):
    axes = pytest.importorskip("matplotlib.figure").Figure().add_subplot()
    trace = kuhn_munkres.trace(cost)
    drawing.draw(axes, trace[-1])
    assert set(zip(*map(np.ndarray.tolist, trace.result), strict=True)) == set(cells(axes, "taken"))
    trace = shortest_augmenting_path.trace(cost)
    axes.clear()
    drawing.draw(axes, trace[-1])
    rows, cols = trace.result[:2]
    turned = (cols, rows) if cost.shape[0] > cost.shape[1] else (rows, cols)
    assert set(zip(*map(np.ndarray.tolist, turned), strict=True)) == set(cells(axes, "taken"))


# Bad input


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of kuhn_munkres or shortest"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [0.5], 0.5)[0])
