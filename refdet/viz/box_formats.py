"""`box_convert` and its gradient as pictures: the numbers of each format where they are, and the matrix (BOX-2)."""

from __future__ import annotations

import numpy as np

from refdet.viz.nms import tag

NAMES = {
    "xyxy": ("x1", "y1", "x2", "y2"),
    "xywh": ("x", "y", "w", "h"),
    "cxcywh": ("cx", "cy", "w", "h"),
}
READ, CORNERS, WRITTEN = "#0072B2", "#C25400", "#008562"
"""Colours of the format that came, of the corners, and of the format that goes."""


def draw(ax, step, row=0):
    """Draw a box with the numbers of its formats, at a step of `box_convert`; or the matrix of `box_convert_backward`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
    row : int
        Which box, of all of them in one row.

    Raises
    ------
    ValueError
        A step of another algorithm; a row that is not there.

    Notes
    -----
    BOX-2, IOU-6. A corner or a centre is a dot with its two numbers, a side an arrow with its length. The format that
    is read is blue, the corners are orange, the format that is written is green. The matrix has a row for each number
    of the format that came and a column for each of the other; in the last step the gradient stands over its
    columns, and what its products with a row add up to, the gradient by that number, behind it.
    """
    if step.function not in ("box_convert", "box_convert_backward"):
        wanted = "wanted a step of box_convert or box_convert_backward"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")
    values = step.boxes if step.function == "box_convert" else step.grad
    count = values.size // 4
    if not 0 <= row < max(count, 1):
        raise ValueError(f"row: {row} came; wanted 0 to {count - 1}")
    if step.function == "box_convert":
        ax.set(xticks=[], yticks=[], aspect="equal")
        if count:
            _box(ax, step, row)
    else:
        _matrix(ax, step, row if count else None)


def _box(ax, step, row):
    box = step.boxes.reshape(-1, 4)[row]
    corners = step.corners.reshape(-1, 4)[row]
    marks = [(step.in_fmt, box, READ)] if step.name == "corners" else []
    marks.append(("xyxy", corners, CORNERS))
    if step.name == "write":
        marks.append((step.out_fmt, step.converted.reshape(-1, 4)[row], WRITTEN))
    lines = {fmt: f"{fmt}: {', '.join(f'{value:.6g}' for value in numbers)}" for fmt, numbers, _ in marks}
    ax.set_xlabel("\n".join(lines.values()), fontsize=8, loc="left")
    if not np.isfinite(corners).all():
        return
    _view(ax, corners)
    _outline(ax, corners)
    shown = dict((fmt, (numbers, color)) for fmt, numbers, color in marks)  # of one format the later colour
    for fmt, (numbers, color) in shown.items():
        _marks(ax, fmt, numbers, corners, color)


def _view(ax, corners):
    """The box and a margin for its numbers; y runs down."""
    (x1, x2), (y1, y2) = np.sort(corners[::2]), np.sort(corners[1::2])
    side = max(x2 - x1, y2 - y1, 1e-6)
    ax.set(xlim=(x1 - 0.45 * side, x2 + 0.62 * side), ylim=(y2 + 0.28 * side, y1 - 0.2 * side))


def _outline(ax, corners):
    from matplotlib.patches import Rectangle

    size = corners[2:] - corners[:2]
    ax.add_patch(Rectangle(corners[:2], *size, fill=False, edgecolor="#444444", linewidth=1.8, gid="box"))


def _marks(ax, fmt, numbers, corners, color):
    """The dots and arrows of a format."""
    texts = [f"{name} {value:.4g}" for name, value in zip(NAMES[fmt], numbers, strict=True)]
    x1, y1, x2, y2 = corners
    points = {"xyxy": [(x1, y1), (x2, y2)], "xywh": [(x1, y1)], "cxcywh": [((x1 + x2) / 2, (y1 + y2) / 2)]}[
        fmt
    ]
    for i, point in enumerate(points):
        ax.plot(*point, "o", color=color, markersize=5, zorder=4, gid=fmt)
        above = 0.14 * max(abs(x2 - x1), abs(y2 - y1)) if fmt == "xywh" else 0  # clear of x1, y1
        tag(ax, (point[0], point[1] - above), f"{texts[2 * i]}, {texts[2 * i + 1]}", color, 5)
    if fmt != "xyxy":
        span = max(abs(x2 - x1), abs(y2 - y1), 1e-6)
        _length(ax, (x1, y2 + 0.1 * span), (x2, y2 + 0.1 * span), texts[2], color)
        _length(ax, (x1 - 0.1 * span, y1), (x1 - 0.1 * span, y2), texts[3], color)


def _length(ax, start, end, text, color):
    arrow = {"arrowstyle": "<->", "color": color, "linewidth": 1.4, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", start, end, arrowprops=arrow, gid="length")
    middle = np.mean([start, end], axis=0)
    place = {"ha": "center", "va": "top"} if start[1] == end[1] else {"ha": "right", "va": "center"}
    shift = (0, -3) if start[1] == end[1] else (-4, 0)
    ax.annotate(text, middle, shift, textcoords="offset points", color=color, fontsize=7, **place)


def _matrix(ax, step, row):
    ax.imshow(step.matrix, cmap="RdBu_r", vmin=-2, vmax=2, gid="matrix")
    for (i, j), value in np.ndenumerate(step.matrix):
        ax.text(j, i, f"{value:.3g}", ha="center", va="center", fontsize=8, gid="entry")
    columns, lines = list(NAMES[step.out_fmt]), NAMES[step.in_fmt]
    if step.name == "transpose" and row is not None:
        grad, found = (part.reshape(-1, 4)[row] for part in (step.grad, step.grad_boxes))
        columns = [f"{name}\n{value:.4g}" for name, value in zip(columns, grad, strict=True)]
        for i, value in enumerate(found):
            ax.text(3.65, i, f"= {value:.4g}", va="center", fontsize=8, color=WRITTEN, gid="gradient")
    ax.xaxis.tick_top()
    ax.set_xticks(range(4), columns, fontsize=8, color=CORNERS)
    ax.set_yticks(range(4), lines, fontsize=8, color=READ)
    ax.tick_params(length=0)
    ax.set_xlabel(f"rows {step.in_fmt}, columns {step.out_fmt}", fontsize=8, loc="left")
    ax.set(xlim=(-0.5, 4.9), ylim=(3.5, -0.5), aspect="equal")
    for side in ax.spines.values():
        side.set_visible(False)
