"""A trace as a row of pictures, one per step."""

from __future__ import annotations

import textwrap

from refdet.checks import whole_number

PANEL = 2.6  # inches, the longer side of a picture
GAP = 0.16  # inches between a picture's caption and whatever lies beside or over it
COLUMNS = 4
CAPTION = 34  # characters that fit above a panel


def filmstrip(trace, draw, steps=None):
    """One panel per step, with the step's name and its note above it.

    Parameters
    ----------
    trace : Trace
        From ``f.trace(...)``.
    draw : callable
        ``draw(ax, step)``, such as `refdet.viz.nms.draw`.
    steps : sequence of int, optional
        Which steps, by their number; all of them if None.

    Returns
    -------
    figure : matplotlib.figure.Figure
        Save it with ``figure.savefig("steps.png")``.

    Raises
    ------
    ValueError
        No steps to show; a number beyond the trace.

    Examples
    --------
    >>> from refdet import nms, viz
    >>> trace = nms.trace([[0, 0, 10, 10], [1, 1, 11, 11]], [0.9, 0.8], 0.5)
    >>> figure = filmstrip(trace, viz.nms.draw)
    >>> len(figure.axes)
    3
    """
    from matplotlib.figure import Figure

    numbers = (
        range(len(trace)) if steps is None else [whole_number(step, "steps", -len(trace)) for step in steps]
    )
    if not len(numbers):
        raise ValueError(f"steps: none came; wanted some of the {len(trace)} steps of {trace.function}")
    beyond = [number for number in numbers if number >= len(trace)]
    if beyond:
        raise ValueError(f"steps: {beyond[0]} came; wanted numbers below {len(trace)}, the steps there are")
    figure = Figure(figsize=(PANEL, PANEL), dpi=120)
    for number in numbers:
        ax = figure.add_axes((0, 0, 1, 1), label=str(len(figure.axes)), anchor="NW")
        ax.set_title(_title(number, trace[number]), fontsize=8, loc="left")
        draw(ax, trace[number])
    _lay_out(figure, min(len(numbers), COLUMNS))
    return figure


def _title(number, step):
    # Matplotlib would read $...$ as mathematics.
    text = f"{number} {step.name}: {step.note}".replace("$", r"\$")
    return "\n".join(textwrap.wrap(text, CAPTION))


def _lay_out(figure, columns):
    """Put the panels into rows, each as high as its highest picture, caption and text below it need.

    Matplotlib's own layouts share one height among all rows: captions of many lines run into the row above.
    """
    panels, needs = figure.axes, []
    for ax in panels:
        height = _height(ax)
        ax.set_position((0, 0, 1, height / PANEL))  # of a figure that is one panel large
        needs.append((height, *_beside(ax, height)))
    heights, *sides = (list(column) for column in zip(*needs, strict=True))
    left, right = (max(side) + GAP / 2 for side in sides[:2])
    width = left + PANEL + right
    rows = [range(first, min(first + columns, len(panels))) for first in range(0, len(panels), columns)]
    spaces = [[max(side[i] for i in row) for side in (sides[2], heights, sides[3])] for row in rows]
    size = columns * width, sum(map(sum, spaces)) + GAP * (len(rows) + 1)
    figure.set_size_inches(size)
    top = size[1]
    for row, (over, high, under) in zip(rows, spaces, strict=True):
        top -= GAP + over
        for place, i in enumerate(row):
            corner = place * width + left, top - heights[i]
            panels[i].set_position(
                (corner[0] / size[0], corner[1] / size[1], PANEL / size[0], heights[i] / size[1])
            )
        top -= high + under


def _height(ax):
    """Inches that the picture takes of a panel: less than its width where an equal aspect makes it flat."""
    if ax.get_aspect() == "auto":
        return PANEL
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    return PANEL * min(1, ax.get_aspect() * abs(top - bottom) / abs(right - left))


def _beside(ax, height):
    """Inches that captions, numbers and ticks need left and right of the panel, over and under it."""
    whole, dpi = ax.get_tightbbox(), ax.figure.dpi
    ends = -whole.x0 / dpi, whole.x1 / dpi - PANEL, whole.y1 / dpi - height, -whole.y0 / dpi
    return [max(0.0, end) for end in ends]
