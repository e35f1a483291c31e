"""A step of `graph_segmentation` as a picture: the edges by their weight, then the regions as they grow."""

from __future__ import annotations

import numpy as np

from refdet.proposals.segmentation import numbered
from refdet.viz.regions import draw_regions, shown

MOST_EDGES = 4000
"""Of more edges only every second, third, ... is drawn."""
JOINING = {"merge": "#D55E00", "small": "#8F3D6E"}


def draw(ax, step):
    """Draw a step of `refdet.proposals.segmentation.graph_segmentation`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        smooth shows the image, edges and sort the edges, dark if they are heavy, merge and small the regions in their
        mean colours and the edge that joined two of them.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    PROP-3. Pixel (0, 0) covers 0 to 1, and an edge goes from middle to middle. The joining edge is orange, in "small"
    purple.
    """
    seen = step.variables
    if not {"smooth", "min_size", "k"} <= set(seen):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of graph_segmentation")
    height, width = step.image.shape[:2]
    if "parent" in seen:
        draw_regions(ax, numbered(step.parent).reshape(height, width), step.image)
        ends = _middles(np.array([step.first[step.e], step.second[step.e]]), width)
        ax.plot(*ends.T, color=JOINING[step.name], linewidth=2.5, marker="o", markersize=4, gid="joining")
        return
    ax.imshow(shown(step.smooth), extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    if "weight" in seen:
        _draw_edges(ax, step, width)


def _draw_edges(ax, step, width):
    """Each edge as a line between two middles, the heavier the darker."""
    from matplotlib.collections import LineCollection

    some = slice(None, None, len(step.weight) // MOST_EDGES + 1)
    ends = np.stack([_middles(step.first[some], width), _middles(step.second[some], width)], axis=1)
    heaviest = max(float(step.weight.max(initial=0)), 1e-9)
    grey = 1 - step.weight[some] / heaviest  # 0 is black
    ax.add_collection(
        LineCollection(list(ends), colors=np.repeat(grey[:, None], 3, axis=1), linewidths=1.6, gid="edge")
    )


def _middles(pixels, width):
    """(N, 2) places as x and y."""
    return np.stack([pixels % width + 0.5, pixels // width + 0.5], axis=1)
