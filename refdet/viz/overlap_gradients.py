"""Gradients of overlaps as pictures: on each edge of a box an arrow, the way that raises the number (IOU-6)."""

from __future__ import annotations

import numpy as np

from refdet.viz.overlaps import FIRST, SECOND

SLOPES = {
    "shared": ("d_inter", "shared area"),
    "union": ("d_union", "covered area"),
    "divide": ("d_iou", "IoU"),
    "enclose": ("d_enclosing", "enclosing area"),
    "subtract": ("d_giou", "GIoU"),
    "span": ("d_diagonal", "diagonal\u00b2"),
    "distance": ("d_diou", "DIoU"),
    "aspect": ("d_v", "v"),
    "weigh": ("d_ciou", "CIoU"),
    "sum": ("gradient", "the loss"),
    "scale": ("gradient", "the loss"),
}
"""Of each step the slopes that it has found, and of what."""

CORNERS = "x1", "y1", "x2", "y2"
ARROW = "#8F3D6E"
LONGEST = 0.25  # of the view's longer side


def draw(ax, step, pair=(0, 0)):
    """Draw one pair of boxes at a step of the gradient of an overlap, with an arrow on each edge that counts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        From the trace of `box_iou_backward`, `generalized_box_iou_backward`, `distance_box_iou_backward`,
        `complete_box_iou_backward` or of one of their aligned forms.
    pair : (int, int), or int
        Which box, by its row, and beside which other one; its place in an aligned form.

    Raises
    ------
    ValueError
        A step of another algorithm; a pair that the step has not.

    Notes
    -----
    IOU-6. The box whose corners move is blue, the other orange and dashed. On each of its edges stands
    an arrow the way in which the edge has to move for the number to rise, as long as its slope, the largest of the
    step the longest, and the slope; no arrow where it is 0. All four stand below. Boxes that are not finite are not
    drawn.
    """
    seen = step.variables
    if step.name not in SLOPES or SLOPES[step.name][0] not in seen or not {"a", "b"} <= set(seen):
        wanted = "wanted a step of the gradient of an overlap"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")
    a, b, slopes = _one(step, pair)
    name = SLOPES[step.name][1]
    numbers = ", ".join(f"{corner} {slope + 0.0:.3g}" for corner, slope in zip(CORNERS, slopes, strict=True))
    ax.set_xlabel(f"slopes of {name} by\n{numbers}", fontsize=8, loc="left")
    ax.set(xticks=[], yticks=[], aspect="equal")
    if not np.isfinite([a, b]).all():
        return
    low, high = np.minimum(a, b), np.maximum(a, b)
    span = max((np.maximum(high[2:], high[:2]) - np.minimum(low[:2], low[2:])).max(), 1e-6)
    _view(ax, low, high, span)
    _outline(ax, b, "other", edgecolor=SECOND, linewidth=2.0, linestyle="--")
    _outline(ax, a, "moving", edgecolor=FIRST, linewidth=2.4)
    if np.isfinite(slopes).all() and slopes.any():
        _arrows(ax, a, slopes, LONGEST * span / np.abs(slopes).max())


def _one(step, pair):
    """The corners of both boxes, the moving one first, and the slopes by them."""
    seen = step.variables
    a, b, slopes = seen["a"], seen["b"], seen[SLOPES[step.name][0]]
    if step.name == "sum" and seen["name"] == "boxes2":
        a, b = b, a
    shape = np.broadcast_shapes(a.shape, b.shape)[:-1]
    place = tuple(np.atleast_1d(pair).tolist())[: len(shape)]
    if len(place) < len(shape) or any(not 0 <= i < n for i, n in zip(place, shape, strict=True)):
        raise ValueError(f"pair: {pair} came; wanted a place in {shape}")
    first, second = (np.broadcast_to(boxes, (*shape, 4))[place] for boxes in (a, b))
    if step.name == "sum":
        return first, second, slopes[place[0 if seen["name"] == "boxes1" else 1]]
    return first, second, np.broadcast_to(slopes, (*shape, 4))[place]


def _arrows(ax, box, slopes, scale):
    x1, y1, x2, y2 = box
    across, down = (x2 - x1) / 3, (y2 - y1) / 3
    starts = (x1, y1 + down), (x1 + across, y1), (x2, y1 + 2 * down), (x1 + 2 * across, y2)
    for i, (start, slope) in enumerate(zip(starts, slopes, strict=True)):
        if not slope:
            continue
        way = np.array([slope * scale, 0.0] if i % 2 == 0 else [0.0, slope * scale])
        style = {"arrowstyle": "-|>", "color": ARROW, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", start + way, start, arrowprops=style, zorder=5, gid=CORNERS[i])
        _number(ax, start + way, slope, i)


def _number(ax, tip, slope, edge):
    """The slope beside its arrow's head."""
    ahead = np.sign(slope)
    if edge % 2 == 0:
        place, shift = {"ha": "center", "va": "bottom"}, (4 * ahead, 4)
    else:
        place, shift = {"ha": "left", "va": "center"}, (4, -3 * ahead)
    ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.3}
    ax.annotate(
        f"{slope:.3g}",
        tip,
        shift,
        textcoords="offset points",
        fontsize=7,
        color=ARROW,
        zorder=6,
        bbox=ground,
        **place,
    )


def _outline(ax, box, gid, **style):
    from matplotlib.patches import Rectangle

    x1, y1, x2, y2 = box
    ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, gid=gid, **style))


def _view(ax, low, high, span):
    """Both boxes, and room for the longest arrow on each side; y runs down."""
    margin = (LONGEST + 0.1) * span
    left, top = np.minimum(low[:2], low[2:]) - margin
    right, bottom = np.maximum(high[2:], high[:2]) + margin
    ax.set(xlim=(left, right), ylim=(bottom, top))
