"""BOX-7: the cell of a centre. ERR-25: offsets are those of the box's centre in its cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, same_bits
from tolerances import close

from refdet import every_cell, grid_cell

# By hand


def test_the_worked_example():
    """448 x 448 pixels in 7 x 7 cells of 64: (200, 300) is 3.125 cells right and 4.6875 down."""
    cells, offsets = grid_cell(np.array([[200, 300]]) / 448, 7)
    assert cells.tolist() == [[3, 4]] and offsets.tolist() == [[0.125, 0.6875]]


def test_columns_go_with_x_and_rows_with_y():
    cells, offsets = grid_cell([[0.5, 0.5]], (2, 10))
    assert cells.tolist() == [[5, 1]] and offsets.tolist() == [[0, 0]]


def test_the_last_edge_belongs_to_the_last_cell():
    cells, offsets = grid_cell([[1, 1], [0, 1]], 7)
    assert cells.tolist() == [[6, 6], [0, 6]] and offsets.tolist() == [[1, 1], [0, 1]]


def test_every_cell_row_by_row():
    assert every_cell((2, 3)).tolist() == [[[0, 0], [1, 0], [2, 0]], [[0, 1], [1, 1], [2, 1]]]


def test_the_steps():
    trace = grid_cell.trace([[0.25, 0.75]], 2)
    assert [step.note for step in trace] == [
        "in cells the centres are [0.5, 1.5]",
        "columns and rows are [0, 1]",
    ]


# Properties


@given(data=st.data(), rows=st.integers(1, 60), columns=st.integers(1, 60), dtype=DTYPES)
def test_cell_and_offset_are_the_centre(data, rows, columns, dtype):
    count = data.draw(st.integers(0, 6))
    centres = np.array(
        data.draw(st.lists(st.integers(0, 448), min_size=2 * count, max_size=2 * count)), dtype
    )
    centres = centres.reshape(count, 2) / dtype(448)
    cells, offsets = grid_cell(centres, (rows, columns))
    assert cells.dtype == np.int64 and offsets.dtype == dtype
    assert ((cells >= 0) & (cells < [columns, rows])).all() and ((offsets >= 0) & (offsets <= 1)).all()
    assert same_bits((cells.astype(dtype) + offsets), centres * np.array([columns, rows], dtype))


def test_leading_axes_stay_and_nothing_has_no_cell():
    cells, offsets = grid_cell(np.full((2, 3, 2), 0.5), 3)
    assert cells.shape == offsets.shape == (2, 3, 2) and close(offsets, np.full((2, 3, 2), 0.5), "round trip")
    assert [part.shape for part in grid_cell([], 7)] == [(0, 2), (0, 2)]


# Bad input


def test_a_centre_outside_is_named():
    with pytest.raises(ValueError, match=r"centres: row 1 is \[0.5, 1.5\]; wanted x and y from 0 to 1"):
        grid_cell([[0.5, 0.5], [0.5, 1.5]], 7)
    with pytest.raises(ValueError, match=r"centres: row \(1, 0\) is \[-1.0, 0.0\]"):
        grid_cell([[[0, 0]], [[-1, 0]]], 7)


@pytest.mark.parametrize("grid", [0, (7,), (0, 7), 7.5, "7", None, 2**31])
def test_a_grid_is_one_or_two_whole_numbers(grid):
    for call in (lambda: grid_cell([[0, 0]], grid), lambda: every_cell(grid)):
        with pytest.raises((ValueError, TypeError), match="grid"):
            call()


def test_more_cells_than_memory_holds_are_an_error_of_one_line():
    with pytest.raises(ValueError, match="grid: 2147483647 x 2147483647 cells came"):
        every_cell(2**31 - 1)
