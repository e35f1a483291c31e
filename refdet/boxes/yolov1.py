"""Boxes of YOLOv1: centre within a cell, square roots of the sides (ENC-5).

Square roots, because a deviation of a few pixels matters more in a small box than in a large one; and the network
predicts the roots themselves, so that no root of a negative number is ever taken.

Letters: S the cells along a side. Source: J. Redmon et al., You Only Look Once, CVPR 2016, section 2;
darknet, src/detection_layer.c.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes import coder_checks
from refdet.boxes.formats import cxcywh_to_xyxy, xyxy_to_cxcywh
from refdet.boxes.grid import grid_cell
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


def check_encode_yolov1(boxes, size, grid=7):
    """Boxes with a size and their centre in the image, the image's size, rows and columns of the grid."""
    boxes = coder_checks.boxes_with_size(boxes, "boxes")
    height, width = checks.size(size, "size")
    centres = xyxy_to_cxcywh(boxes)[..., :2]
    fits = ((centres >= 0) & (centres <= [width, height])).all(axis=-1)
    if not fits.all():
        raise ValueError(
            f"boxes: {checks.first_row(boxes, fits)}; wanted a centre within the image of {width} x {height} pixels"
        )
    return boxes, (height, width), checks.size(grid, "grid")


@stepwise(check=check_encode_yolov1)
def encode_yolov1(
    boxes: Array, size: tuple[int, int], grid: Any = 7
) -> Steps[tuple[NDArray[np.floating], NDArray[np.int64]]]:
    """The target of each box: its centre within its cell and the roots of its sides; and that cell.

    Parameters
    ----------
    boxes : (..., 4) array
        The objects: corners x1, y1, x2, y2 in pixels of the image.
    size : (int, int)
        Height and width of the image.
    grid : int or (int, int)
        Rows and columns of cells; 7 in the paper.

    Returns
    -------
    targets : (..., 4) float array
        x, y in the cell, 0 to 1; the square roots of width and height as parts of the image's.
    cells : (..., 2) int64 array
        Column and row of the cell that is responsible.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, a box without width or height or with its centre outside the image, a non-finite box.

    Notes
    -----
    measure. Centre and size as parts of the image.
    locate.  The centre in cells: x times columns, y times rows.
    floor.   Its whole part is the cell; a centre on the image's right or bottom edge is in the last one.
    root.    Square roots of the size.

    ENC-5. x and y are offsets of the box's centre, not of the image's (ERR-25).

    Examples
    --------
    >>> targets, cells = encode_yolov1([[88, 188, 312, 412]], (448, 448))
    >>> targets.round(6), cells
    (array([[0.125   , 0.6875  , 0.707107, 0.707107]]), array([[3, 4]]))
    """
    height, width = size
    parts = xyxy_to_cxcywh(boxes) / np.array([width, height, width, height], boxes.dtype)
    yield "measure: of the image, centre and size are {parts}"
    cells, offsets = yield from grid_cell.steps(parts[..., :2], grid)
    roots = np.sqrt(parts[..., 2:])
    yield "root: the roots of the sizes are {roots}"
    return np.concatenate([offsets, roots], axis=-1), cells


def check_decode_yolov1(outputs, cells, size, grid=7):
    """Outputs, a cell of the grid for each, the image's size, rows and columns of the grid."""
    outputs = coder_checks.vectors(outputs, "outputs", 4, "x, y, root of w, root of h")
    cells = coder_checks.cells_of(cells, outputs.shape[:-1])
    size, (rows, columns) = checks.size(size, "size"), checks.size(grid, "grid")
    fits = ((cells >= 0) & (cells < [columns, rows])).all(axis=-1)
    if not fits.all():
        raise ValueError(
            f"cells: {checks.first_row(cells, fits)}; wanted column, row in {columns} columns, {rows} rows"
        )
    return outputs, cells, size, (rows, columns)


@stepwise(check=check_decode_yolov1)
def decode_yolov1(
    outputs: Array, cells: Array, size: tuple[int, int], grid: Any = 7
) -> Steps[NDArray[np.floating]]:
    """The boxes that a YOLOv1 network means by its outputs.

    Parameters
    ----------
    outputs : (..., 4) array
        x, y in the cell, and the square roots of width and height as parts of the image's.
    cells : (..., 2) integer array, or what broadcasts to it
        Column and row of each output's cell; of a whole map (S, S, B, 4) they are
        ``every_cell(S)[:, :, None]``.
    size : (int, int)
        Height and width of the image in pixels.
    grid : int or (int, int)
        Rows and columns of cells.

    Returns
    -------
    boxes : (..., 4) float array
        Corners x1, y1, x2, y2 in pixels of the image, not clipped. A negative root counts as its opposite.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, a cell outside the grid, NaN or infinity.

    Notes
    -----
    place.   Centre: column plus x over columns, row plus y over rows.
    square.  Size: the roots squared.
    corners. Corners in pixels.

    ENC-5.

    Examples
    --------
    >>> decode_yolov1([[0.125, 0.6875, 0.5**0.5, 0.5**0.5]], [[3, 4]], (448, 448)).round(6)
    array([[ 88., 188., 312., 412.]])
    """
    (height, width), (rows, columns) = size, grid
    with np.errstate(over="ignore"):
        centre = (cells.astype(outputs.dtype) + outputs[..., :2]) / np.array([columns, rows], outputs.dtype)
    yield "place: of the image, centres are {centre}"
    with np.errstate(over="ignore"):
        extent = outputs[..., 2:] ** 2
    yield "square: of the image, sizes are {extent}"
    parts = cxcywh_to_xyxy(np.concatenate([centre, extent], axis=-1))
    with np.errstate(over="ignore"):
        boxes = parts * np.array([width, height, width, height], outputs.dtype)
    yield "corners: the boxes are {boxes}"
    return boxes
