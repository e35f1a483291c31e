"""A step of R-CNN's box transform as a picture: the proposal, where its deltas move it, and how they stretch it."""

from __future__ import annotations

import numpy as np

GREY, ORANGE, GREEN = "#767676", "#C25400", "#007A55"
MARGIN = 0.12


def draw(ax, step, row=0):
    """Draw one proposal and its box at a step of `refdet.encode_rcnn` or `refdet.decode_rcnn`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        The proposal is grey and dashed. From the shift on an arrow leads to the new centre, and the moved proposal
        is orange and dotted; then comes the box, green. Of several classes all boxes are drawn.
    row : int
        Which proposal.

    Raises
    ------
    ValueError
        A step of another algorithm; a row that is not there.

    Notes
    -----
    ENC-1, ENC-2. dx and dy are written beside the arrow, dw and dh at the box, without weights.
    """
    if step.function not in ("encode_rcnn", "decode_rcnn"):
        raise ValueError(
            f"step: {step.function}.{step.name} came; wanted a step of encode_rcnn or decode_rcnn"
        )
    if not 0 <= row < len(step.proposals):
        raise ValueError(f"row: {row} came; wanted 0 to {len(step.proposals) - 1}")
    proposal = step.proposals[row]
    start, size = (proposal[:2] + proposal[2:]) / 2, proposal[2:] - proposal[:2]
    _rectangle(ax, proposal, "proposal", GREY, "--")
    shown = [proposal]
    for box in _boxes(step, row):
        centre = (box[:2] + box[2:]) / 2
        moved = np.concatenate([centre - size / 2, centre + size / 2])
        shown += [box, moved]
        if step.name == "measure":
            continue
        _rectangle(ax, moved, "moved", ORANGE, ":")
        arrow = {"arrowstyle": "->", "color": ORANGE, "linewidth": 1.5}
        ax.annotate("", centre, start, arrowprops=arrow, gid="shift")
        with np.errstate(divide="ignore", invalid="ignore"):
            (dx, dy), (dw, dh) = (centre - start) / size, np.log((box[2:] - box[:2]) / size)
        _text(ax, centre, f"dx {dx:.3g}, dy {dy:.3g}", ORANGE)
        if step.name != "shift":
            _rectangle(ax, box, "box", GREEN, "-")
            _text(ax, box[:2], f"dw {dw:.3g}, dh {dh:.3g}", GREEN)
    _frame(ax, np.array(shown))


def _boxes(step, row):
    """The boxes that the step knows of, (K, 4); those that are not finite are left out."""
    seen = step.variables
    boxes = np.zeros((0, 4))
    if step.function == "encode_rcnn":
        boxes = seen["boxes"][row][None]
    elif "size" in seen:
        half = seen["size"][row] / 2
        boxes = np.concatenate([seen["centre"][row] - half, seen["centre"][row] + half], axis=1)
    return boxes[np.isfinite(boxes).all(axis=1)]


def _rectangle(ax, box, mark, color, line):
    from matplotlib.patches import Rectangle

    style = {"edgecolor": color, "linestyle": line, "linewidth": 2, "fill": False, "gid": mark}
    ax.add_patch(Rectangle(box[:2], *(box[2:] - box[:2]), **style))


def _text(ax, place, text, color):
    """White on a filled tag, down and right of its place."""
    tag = {"facecolor": color, "edgecolor": "none", "pad": 1.2}
    ax.annotate(
        text, place, xytext=(3, -3), textcoords="offset points", color="white", fontsize=7, va="top", bbox=tag
    )


def _frame(ax, boxes):
    """Show all boxes and a margin, y down."""
    low, high = boxes.reshape(-1, 2).min(axis=0), boxes.reshape(-1, 2).max(axis=0)
    margin = MARGIN * max(*(high - low), 1e-6)
    (left, top), (right, bottom) = low - margin, high + margin
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
