"""A step of R-CNN's box transform as a picture: the proposal, where its deltas move it, how they stretch it."""

from __future__ import annotations

import numpy as np

from refdet.viz.label_places import label_places
from refdet.viz.nms import LETTER, LINE, tag, view_of

STYLES = {
    "box": {"color": "#007A55", "linestyle": "-", "linewidth": 2.2},
    "proposal": {"color": "#767676", "linestyle": "--", "linewidth": 2.2},
    "moved": {"color": "#C25400", "linestyle": ":", "linewidth": 2.2},
}
WRITTEN = 4  # classes whose numbers are written


def draw(ax, step, row=0):
    """Draw one proposal and its box at a step of `refdet.encode_rcnn` or `refdet.decode_rcnn`, with its numbers.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        The proposal is grey and dashed, the box green; it is there from the start in encoding, and from `move` on
        in decoding. From the shift or the move on an arrow leads from the proposal's centre to the box's, and the
        proposal moved along it is orange and dotted; from the stretch or the move on green arrows lead from its
        corners to those of the box. Of several classes all boxes are drawn.
    row : int
        Which proposal.

    Raises
    ------
    ValueError
        A step of another algorithm; a row that is not there.

    Notes
    -----
    ENC-1, ENC-2. Tags name the rectangles, and the class of a box where there are several; a tag that finds no free
    place is left out. dx, dy, dw and dh stand below as the step has them: multiplied by the weights in encoding,
    without them in decoding; of many classes those of the first ones. A box that is not finite is not drawn.
    """
    if step.function not in ("encode_rcnn", "decode_rcnn"):
        raise ValueError(
            f"step: {step.function}.{step.name} came; wanted a step of encode_rcnn or decode_rcnn"
        )
    if not 0 <= row < len(step.proposals):
        raise ValueError(f"row: {row} came; wanted 0 to {len(step.proposals) - 1}")
    ax.set_xlabel("\n".join(_numbers(step, row)), fontsize=8, loc="left")
    ax.set(xticks=[], yticks=[], aspect="equal")
    proposal = step.proposals[row]
    with np.errstate(over="ignore", invalid="ignore"):
        boxes = _boxes(step, row)
        start, size = (proposal[:2] + proposal[2:]) / 2, proposal[2:] - proposal[:2]
        ends = (boxes[:, :2] + boxes[:, 2:]) / 2
        moved = np.concatenate([ends - size / 2, ends + size / 2], axis=1)
    left, top, right, bottom = view = view_of(np.concatenate([proposal[None], boxes, moved]))
    ax.set(xlim=(left, right), ylim=(bottom, top))
    several = len(boxes) > 1
    named = [("proposal", "proposal", proposal)]
    for k, (box, there) in enumerate(zip(boxes, moved, strict=True)):
        named.append(("box", f"box {k}" if several else "box", box))
        if step.name != "measure":
            named.append(("moved", "" if several else "moved", there))
            _arrow(ax, start, ends[k], "moved", "shift")
        if step.name not in ("measure", "shift"):
            _arrow(ax, there[:2], box[:2], "box", "stretch")
            _arrow(ax, there[2:], box[2:], "box", "stretch")
    _draw_named(ax, [one for one in named if np.isfinite(one[2]).all()], view)


def _draw_named(ax, named, view):
    """Every rectangle in its style, and its tag where there is room; the first one chooses first."""
    from matplotlib.patches import Rectangle

    span = max(view[2] - view[0], view[3] - view[1])
    widths = [(len(text) + 1) * LETTER * span if text else 0 for _, text, _ in named]
    rectangles = [box for _, _, box in named]
    places = label_places(rectangles, -np.arange(len(named)), widths, LINE * span, view)
    for (kind, text, box), place in zip(named, places, strict=True):
        order = 2 + list(STYLES).index(kind)  # solid below broken, so that equal ones are both seen
        rectangle = Rectangle(box[:2], *(box[2:] - box[:2]), fill=False, gid=kind, zorder=order)
        ax.add_patch(rectangle)
        rectangle.set(**STYLES[kind])
        if text and np.isfinite(place).all():
            tag(ax, place, text, STYLES[kind]["color"], len(STYLES) + 3)


def _arrow(ax, start, end, kind, gid):
    if np.isfinite([start, end]).all() and (start != end).any():
        style = {"arrowstyle": "->", "color": STYLES[kind]["color"], "linewidth": 1.5}
        ax.annotate("", end, start, arrowprops=style, gid=gid)


def _boxes(step, row):
    """The boxes that the step knows of, one per class: (K, 4)."""
    seen = step.variables
    if step.function == "encode_rcnn":
        return seen["boxes"][row][None]
    if "size" not in seen:
        return np.zeros((0, 4))
    half = seen["size"][row] / 2
    return np.concatenate([seen["centre"][row] - half, seen["centre"][row] + half], axis=1)


def _numbers(step, row):
    """Lines: the proposal, and of each class what the step knows of box and deltas."""
    seen, rule = step.variables, step.rule
    centre, size = rule.centre_and_size(seen["proposals"])
    lines = [_measured("proposal", centre[row], size[row])]
    if step.function == "encode_rcnn":
        lines.append(_measured("box", seen["centre"][row], seen["size"][row]))
        return lines + _deltas("", *(seen[name][row] for name in ("shift", "stretch") if name in seen))
    offsets = seen["offsets"][row]
    names = [f"{k}: " for k in range(len(offsets))] if len(offsets) > 1 else [""]
    for k, name in enumerate(names[:WRITTEN]):
        stretch = seen["stretch"][row, k] if "stretch" in seen else offsets[k, 2:]
        lines += _deltas(name, offsets[k, :2], stretch)
        if "size" in seen:
            lines.append(_measured(f"{name}box", seen["centre"][row, k], seen["size"][row, k]))
    more = len(names) - WRITTEN
    return lines + ([f"and {more} more classes" if more > 1 else "and one more class"] if more > 0 else [])


def _measured(name, centre, size):
    return f"{name} {size[0]:.6g} x {size[1]:.6g} around {centre[0]:.6g}, {centre[1]:.6g}"


def _deltas(name, shift=(), stretch=()):
    pairs = (("dx {:.6g}, dy {:.6g}", shift), ("dw {:.6g}, dh {:.6g}", stretch))
    return [name + text.format(*pair) for text, pair in pairs if len(pair)]
