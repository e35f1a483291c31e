"""A step of `roi_align` as a picture: the region on the cells, its bins, points and means."""

from __future__ import annotations

import numpy as np

from refdet.ops.roi_align import _around, _on_map
from refdet.viz.roi_pool import _cells, _draw_cells, _outline

MIDDLE = 0.5
"""Where the picture of a cell has its middle: a place p of the map stands at p + 1/2."""


def draw(ax, step, channel=0):
    """Draw one channel of the map at a step of `refdet.roi_align` or of its gradient at one of `roi_align_backward`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        project shows the RoI, sample its bins and points (those off the map hollow), interpolate the cells around
        the points, average the mean of each bin. Of `refdet.roi_align_backward`, scatter shows the cells around the
        points and the gradient that they have then.
    channel : int
        Which channel of the map.

    Raises
    ------
    ValueError
        A step of another algorithm; a channel that the map has not.

    Notes
    -----
    Cells are squares whose middle carries their value; a point takes its share of the four nearest middles. The
    region is not rounded to cells: its outline crosses them.
    """
    seen = step.variables
    if step.function not in ("roi_align", "roi_align_backward"):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of roi_align")
    cells = _cells(seen["grad_input" if step.name == "scatter" else "input"], step.image, channel)
    _draw_cells(ax, cells)
    # Up to one cell off the map a point counts.
    ax.set(xlim=(-1.3, cells.shape[1] + 1.3), ylim=(cells.shape[0] + 1.3, -1.3))
    rows, columns = step.output_size
    left, top, (width, height) = step.x + MIDDLE, step.y + MIDDLE, step.bin_size
    _outline(
        ax,
        (left, top),
        columns * width,
        rows * height,
        edgecolor="#D55E00",
        linewidth=3,
        linestyle="--",
        gid="roi",
    )
    if step.name == "project":
        return
    for i, j in np.ndindex(rows, columns):
        corner = left + j * width, top + i * height
        _outline(ax, corner, width, height, edgecolor="#009E73", linewidth=2, gid="bin")
    if step.name == "average":
        _write_means(ax, step.out[step.k, channel], (left, top), (width, height))
        return
    if step.name in ("interpolate", "scatter"):
        for row, column in sorted(_taken(step.ys, step.xs, cells.shape)):
            _outline(ax, (column, row), 1, 1, edgecolor="#CC79A7", linewidth=3, gid="taken")
    _draw_points(ax, step.ys.ravel(), step.xs.ravel(), cells.shape)


def _taken(ys, xs, shape):
    """Row and column of every cell that a point takes a share of."""
    points = (point for down in ys for across in xs for point in _around(down, across, shape))
    return {(int(row), int(column)) for point in points for weight, row, column in point if weight}


def _draw_points(ax, ys, xs, shape):
    """Each point of the grid; hollow if it lies off the map."""
    y, x = (part.ravel() for part in np.meshgrid(ys, xs, indexing="ij"))
    inside = _on_map(y, shape[0]) & _on_map(x, shape[1])
    for some, fill, gid in ((inside, "#F0E442", "point"), (~inside, "none", "point off the map")):
        ax.scatter(x[some] + MIDDLE, y[some] + MIDDLE, s=30, c=fill, edgecolors="black", zorder=3, gid=gid)


def _write_means(ax, means, corner, size):
    """The mean of each bin in its middle."""
    for (i, j), mean in np.ndenumerate(means):
        place = corner[0] + (j + 0.5) * size[0], corner[1] + (i + 0.5) * size[1]
        style = {"facecolor": "white", "edgecolor": "#009E73", "pad": 2}
        ax.text(
            *place, f"{mean:.4g}", ha="center", va="center", fontsize=10, bbox=style, gid="mean", zorder=4
        )
