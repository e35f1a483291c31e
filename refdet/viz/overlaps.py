"""A pair of boxes at a step of an overlap, as a picture: what they share, what encloses them, their centres."""

from __future__ import annotations

import numpy as np

FIRST, SECOND, SHARED, ENCLOSING = "#0072B2", "#C25400", "#008562", "#666666"
NUMBERS = {
    "area1": "area of the first",
    "area2": "area of the second",
    "inter": "shared",
    "union": "covered",
    "enclosing": "enclosing",
    "diagonal": "diagonal\u00b2",
    "distance": "centres\u00b2",
    "v": "v",
    "alpha": "alpha",
    "iou": "IoU",
    "giou": "GIoU",
    "diou": "DIoU",
    "ciou": "CIoU",
}
"""What is written beside the boxes, so far as the step has come to it."""


def draw(ax, step, pair=(0, 0)):
    """Draw one pair of boxes at a step of `refdet.box_iou` or of its relatives, with its numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        From the trace of `box_iou`, `generalized_box_iou`, `distance_box_iou`, `complete_box_iou`, or of one of
        their aligned forms.
    pair : (int, int), or int
        Row and column of the pair in the matrix; its place in an aligned form.

    Raises
    ------
    ValueError
        A step of another algorithm; a pair that the step has not.

    Notes
    -----
    IOU-1, IOU-3 to IOU-5. The first box is blue, the second orange and dashed; what they share is filled green.
    Where the step has come to them: the enclosing box, grey and dotted, its diagonal, and the line between
    the centres. Boxes that are not finite are not drawn.
    """
    seen = step.variables
    if not {"boxes1", "boxes2", "rule"} <= set(seen):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of an overlap of boxes")
    a, b = (_one(boxes, pair, seen) for boxes in (seen["boxes1"], seen["boxes2"]))
    lines = [f"{text} {_at(seen[name], pair, seen):.6g}" for name, text in NUMBERS.items() if name in seen]
    ax.set_xlabel("\n".join(lines), fontsize=8, loc="left")
    ax.set(xticks=[], yticks=[], aspect="equal")
    if not np.isfinite([a, b]).all():
        return
    low, high = np.minimum(a, b)[:2], np.maximum(a, b)[2:]
    _outline(ax, a, "first", edgecolor=FIRST, linewidth=2.4)
    _outline(ax, b, "second", edgecolor=SECOND, linewidth=2.4, linestyle="--")
    shared = np.concatenate([np.maximum(a, b)[:2], np.minimum(a, b)[2:]])
    if step.name != "area" and (shared[2:] > shared[:2]).all():
        _outline(ax, shared, "shared", facecolor=SHARED, alpha=0.35, fill=True, edgecolor="none")
    if {"enclosing", "diagonal"} & set(seen) or step.name in ("aspect", "weigh"):
        _outline(ax, [*low, *high], "enclosing", edgecolor=ENCLOSING, linewidth=1.6, linestyle=":", zorder=1)
    if "diagonal" in seen:
        ax.plot(*zip(low, high, strict=True), color=ENCLOSING, linewidth=0.9, linestyle=":", gid="diagonal")
    if "distance" in seen:
        centres = [(box[:2] + box[2:]) / 2 for box in (a, b)]
        ax.plot(*zip(*centres, strict=True), "o-", color="black", linewidth=1.4, markersize=4, gid="centres")
    _view(ax, low, high)


def _outline(ax, box, gid, *, fill=False, **style):
    from matplotlib.patches import Rectangle

    x1, y1, x2, y2 = box
    ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=fill, gid=gid, **style))


def _view(ax, low, high):
    """All of both boxes and a margin; y runs down."""
    margin = max(0.06 * (high - low).max(), 1e-6)
    (left, top), (right, bottom) = low - margin, high + margin
    ax.set(xlim=(left, right), ylim=(bottom, top))


def _one(boxes, pair, seen):
    """The corners of one box of the pair."""
    shape = np.broadcast_shapes(seen["boxes1"].shape, seen["boxes2"].shape)
    return np.broadcast_to(boxes, shape)[_place(pair, shape[:-1])]


def _at(values, pair, seen):
    """The number of the pair."""
    shape = np.broadcast_shapes(seen["boxes1"].shape, seen["boxes2"].shape)[:-1]
    return np.broadcast_to(values, shape)[_place(pair, shape)]


def _place(pair, shape):
    place = tuple(np.atleast_1d(pair).tolist())[: len(shape)]
    if len(place) < len(shape) or any(not 0 <= i < n for i, n in zip(place, shape, strict=True)):
        raise ValueError(f"pair: {pair} came; wanted a place in {shape}")
    return place
