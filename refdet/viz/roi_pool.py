"""A step of `roi_pool` as a picture: the region on the cells, its bins, and the cells that were taken."""

from __future__ import annotations

import numpy as np

WRITTEN = 16  # cells along a side up to which their values are written


def draw(ax, step, channel=0):
    """Draw one channel of the map at a step of `refdet.roi_pool` or `refdet.roi_pool_with_argmax`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        project shows the cells of the RoI, cut its bins, take the largest cell of each. Of
        `refdet.roi_pool_backward`, scatter shows those cells and the gradient that they have then.
    channel : int
        Which channel of the map.

    Raises
    ------
    ValueError
        A step of another algorithm; a channel that the map has not.

    Notes
    -----
    ROI-5. Bins are half-open ranges of cells; neighbours may share a row or a column, so their outlines
    may cross.
    """
    seen = step.variables
    if step.function not in (
        "roi_pool_with_argmax",
        "roi_pool_backward",
    ):  # roi_pool has the steps of the first
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of roi_pool")
    cells = _cells(seen["grad_input" if step.name == "scatter" else "input"], step.image, channel)
    _draw_cells(ax, cells)
    if step.name == "scatter":
        _draw_taken(ax, step.argmax[step.k, channel], cells.shape[1])
        return
    corner, size = (step.x1, step.y1), (step.columns_covered, step.rows_covered)
    _outline(ax, corner, *size, edgecolor="#D55E00", linewidth=3, linestyle="--", gid="roi")
    if step.name == "project":
        return
    for top, bottom in step.rows:
        for left, right in step.columns:
            _outline(ax, (left, top), right - left, bottom - top, edgecolor="#009E73", linewidth=2, gid="bin")
    if step.name == "take":
        _draw_taken(ax, step.argmax[step.k, channel], cells.shape[1])


def _cells(maps, image, channel):
    """One channel of one image."""
    if not 0 <= channel < maps.shape[1]:
        raise ValueError(f"channel: {channel} came; wanted 0 to {maps.shape[1] - 1}")
    return maps[int(image), channel]


def _draw_taken(ax, argmax, width):
    y, x = np.divmod(argmax[argmax >= 0], width)
    for place in zip(x, y, strict=True):
        _outline(ax, place, 1, 1, edgecolor="#CC79A7", linewidth=3, gid="taken")


def _outline(ax, corner, width, height, **style):
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle(corner, width, height, fill=False, **style))


def _draw_cells(ax, cells):
    height, width = cells.shape
    ax.imshow(cells, cmap="Greys", extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xticks=[], yticks=[], xlim=(-0.3, width + 0.3), ylim=(height + 0.3, -0.3))
    if max(height, width) > WRITTEN:
        return
    low, high = np.nanmin(cells), np.nanmax(cells)
    for (y, x), value in np.ndenumerate(cells):
        dark = high > low and (value - low) / (high - low) > 0.5
        colour = "white" if dark else "black"
        ax.text(x + 0.5, y + 0.5, f"{value:.3g}", ha="center", va="center", fontsize=7, color=colour)
