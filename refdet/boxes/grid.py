"""Which cell of a grid holds a point, and where in the cell it lies (BOX-7).

A YOLO network answers cell by cell, and the cell with the centre of an object is responsible for it.

Source: J. Redmon et al., You Only Look Once, CVPR 2016, section 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes import coder_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


def check_grid_cell(centres, grid):
    """Centres in [0, 1], and rows and columns of the grid."""
    centres = coder_checks.vectors(centres, "centres", 2, "x, y as parts of the image's sides")
    fits = ((centres >= 0) & (centres <= 1)).all(axis=-1)
    if not fits.all():
        raise ValueError(f"centres: {checks.first_row(centres, fits)}; wanted x and y from 0 to 1")
    return centres, checks.size(grid, "grid")


@stepwise(check=check_grid_cell)
def grid_cell(centres: Array, grid: Any) -> Steps[tuple[NDArray[np.int64], NDArray[np.floating]]]:
    """The cell of a grid that each centre falls in, and its place within the cell.

    Parameters
    ----------
    centres : (..., 2) array
        x and y as parts of the image's width and height, 0 to 1.
    grid : int or (int, int)
        Rows and columns; one number means a square.

    Returns
    -------
    cells : (..., 2) int64 array
        Column and row.
    offsets : (..., 2) float array
        x and y within the cell: 0 is its left or top edge, 1 its right or bottom one.

    Raises
    ------
    ValueError, TypeError
        A centre outside the image, a grid that is not one or two whole numbers above 0.

    Notes
    -----
    locate. The centre in cells: x times columns, y times rows.
    floor.  Its whole part is the cell; a centre on the image's right or bottom edge is in the last one.

    BOX-7. Offsets are those of the box's centre in its cell (ERR-25), in [0, 1); 1 on the image's last edge alone.

    Examples
    --------
    The point (200, 300) of a 448 x 448 image with 7 x 7 cells of 64 pixels lies in column 3, row 4:

    >>> grid_cell(np.array([[200, 300]]) / 448, 7)
    (array([[3, 4]]), array([[0.125 , 0.6875]]))
    """
    rows, columns = grid
    in_cells = centres * np.array([columns, rows], centres.dtype)  # (..., 2)
    yield "locate: in cells the centres are {in_cells}"
    cells = np.minimum(np.floor(in_cells).astype(np.int64), [columns - 1, rows - 1])
    yield "floor: columns and rows are {cells}"
    return cells, in_cells - cells.astype(centres.dtype)


def every_cell(grid: Any) -> NDArray[np.int64]:
    """Column and row of every cell of a grid: what the decoders of YOLO take for a whole map.

    Parameters
    ----------
    grid : int or (int, int)
        Rows and columns; one number means a square.

    Returns
    -------
    cells : (rows, columns, 2) int64 array

    Raises
    ------
    ValueError, TypeError
        As `grid_cell`; more cells than memory holds.

    Examples
    --------
    >>> every_cell((1, 3)).tolist()
    [[[0, 0], [1, 0], [2, 0]]]
    """
    rows, columns = checks.size(grid, "grid")
    try:
        cells = np.empty((rows, columns, 2), np.int64)
    except (ValueError, MemoryError):
        raise ValueError(
            f"grid: {rows} x {columns} cells came; wanted so many that they fit in memory"
        ) from None
    cells[..., 0], cells[..., 1] = np.arange(columns), np.arange(rows)[:, None]
    return cells
