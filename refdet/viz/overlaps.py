"""A pair of boxes at a step of an overlap, as a picture: what they share, what encloses them, their centres."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from refdet.conventions import REFDET
from refdet.ops import box_iou, overlaps

FIRST, SECOND, SHARED, ENCLOSING, ANGLE = "#0072B2", "#C25400", "#008562", "#666666", "#8F3D6E"
NUMBERS = {
    "area1": "area of the first",
    "area2": "area of the second",
    "inter": "shared",
    "union": "covered",
    "iou": "IoU",
    "enclosing": "enclosing",
    "empty": "of it empty",
    "giou": "GIoU",
    "diagonal": "diagonal\u00b2",
    "distance": "centres\u00b2",
    "diou": "DIoU",
    "v": "v",
    "alpha": "alpha",
    "ciou": "CIoU",
}
"""What is written below the boxes, as far as the step has come; the newest number is the last."""

ALIGNED = {
    "intersection_over_union": box_iou.aligned_box_iou,
    "generalized_iou": overlaps.aligned_generalized_box_iou,
    "distance_iou": overlaps.aligned_distance_box_iou,
    "complete_iou": overlaps.aligned_complete_box_iou,
}
"""The body of a step, and the function that runs it for one pair."""


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
    Where the step has come to them: the enclosing box, grey and dotted; for GIoU hatched what neither box covers
    of it; for DIoU its diagonal and the line between the centres. For CIoU, in place of what is shared, the
    diagonals of both boxes, and at the first box's corner, purple, the angle between them, which v measures; of
    that sector alpha is filled. Numbers of earlier steps stay. Boxes that are not finite are not drawn.
    """
    seen = step.variables
    if not {"boxes1", "boxes2", "rule"} <= set(seen):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of an overlap of boxes")
    a, b = (_one(boxes, pair, seen) for boxes in (seen["boxes1"], seen["boxes2"]))
    known = _so_far(step, a, b)
    lines = [f"{text} {known[name]:.6g}" for name, text in NUMBERS.items() if name in known]
    ax.set_xlabel("\n".join(lines), fontsize=8, loc="left")
    ax.set(xticks=[], yticks=[], aspect="equal")
    if not np.isfinite([a, b]).all():
        return
    low, high = np.minimum(a, b)[:2], np.maximum(a, b)[2:]
    _outline(ax, a, "first", edgecolor=FIRST, linewidth=2.4)
    _outline(ax, b, "second", edgecolor=SECOND, linewidth=2.4, linestyle="--")
    shared = np.concatenate([np.maximum(a, b)[:2], np.minimum(a, b)[2:]])
    if "inter" in known and "v" not in known and (shared[2:] > shared[:2]).all():
        _outline(ax, shared, "shared", facecolor=SHARED, alpha=0.35, fill=True, edgecolor="none")
    if {"enclosing", "diagonal"} & set(known):
        _outline(ax, [*low, *high], "enclosing", edgecolor=ENCLOSING, linewidth=1.6, linestyle=":", zorder=1)
    if "giou" in known:
        _shade_empty(ax, [*low, *high], (a, b))
    if step.function == "distance_iou" and "diagonal" in known:
        ax.plot(*zip(low, high, strict=True), color=ENCLOSING, linewidth=0.9, linestyle=":", gid="diagonal")
    if step.function == "distance_iou" and "distance" in known:
        centres = [(box[:2] + box[2:]) / 2 for box in (a, b)]
        ax.plot(*zip(*centres, strict=True), "o-", color="black", linewidth=1.4, markersize=4, gid="centres")
    if "v" in known:
        _compare_aspects(ax, a, b, seen["rule"], known.get("alpha", 0))
    _view(ax, low, high)


def _so_far(step, a, b):
    """Every number of the pair up to the step, those of finished bodies too: the pair's own run, repeated."""
    rule, gate = step.rule, step.variables.get("alpha_gate", -np.inf)
    gated: dict[str, Any] = {"alpha_gate": float(gate)} if gate >= 0 else {}
    convention = dataclasses.replace(REFDET, overlap=rule)
    known: dict[str, Any] = {}
    for run in ALIGNED[step.function].trace(a[None], b[None], convention=convention, **gated):
        known |= run.variables
        if run.name == step.name:
            break
    if "iou" in known:
        known["union"] = rule.union(known["inter"], known["total"])
    if "giou" in known:
        known["empty"] = known["enclosing"] - known["union"]
    return {name: known[name].item() for name in NUMBERS if name in known}


def _shade_empty(ax, enclosing, boxes):
    """The enclosing box hatched, and both boxes blank on it."""
    style = {"facecolor": "#EEEEEE", "edgecolor": "#AAAAAA", "hatch": "////", "linewidth": 0}
    _outline(ax, enclosing, "empty", fill=True, zorder=0.2, **style)
    for box in boxes:
        _outline(ax, box, "covered", fill=True, zorder=0.3, color=ax.get_facecolor(), linewidth=0)


def _compare_aspects(ax, a, b, rule, alpha):
    """Both diagonals, and from the first box's corner the sector between their directions, filled by alpha."""
    from matplotlib.patches import Wedge

    if not ((a[2:] >= a[:2]).all() and (b[2:] >= b[:2]).all()):
        return  # an inverted box has no aspect to see
    for box, color, line in ((a, FIRST, "-"), (b, SECOND, "--")):
        ax.plot(box[::2], box[1::2], color=color, linewidth=1.0, linestyle=line, gid="aspect")
    angles = 90 - np.degrees([rule.angle(box) for box in (a, b)])  # from level, downwards
    radius = float(np.hypot(*(a[2:] - a[:2]))) / 2
    if not np.isfinite([*angles, alpha]).all() or radius == 0:
        return
    end = a[:2] + radius * np.array([np.cos(np.radians(angles[1])), np.sin(np.radians(angles[1]))])
    ax.plot(*zip(a[:2], end, strict=True), color=SECOND, linewidth=1.0, linestyle="--", gid="parallel")
    for name, part, opacity in (("angle", 1, 0.25), ("weight", alpha, 1)):
        if part > 0:
            wedge = Wedge(a[:2], radius * part**0.5, min(angles), max(angles), gid=name)
            wedge.set(facecolor=ANGLE, alpha=opacity, linewidth=0)
            ax.add_patch(wedge)


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


def _place(pair, shape):
    place = tuple(np.atleast_1d(pair).tolist())[: len(shape)]
    if len(place) < len(shape) or any(not 0 <= i < n for i, n in zip(place, shape, strict=True)):
        raise ValueError(f"pair: {pair} came; wanted a place in {shape}")
    return place
