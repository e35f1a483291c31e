"""A trace as a row of pictures, one per step."""

from __future__ import annotations

import math
import textwrap

from refdet.checks import whole_number

PANEL = 2.6  # inches
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
    columns = min(len(numbers), COLUMNS)
    rows = math.ceil(len(numbers) / columns)
    titles = [_title(number, trace[number]) for number in numbers]
    lines = max(title.count("\n") for title in titles) + 1
    figure = Figure(figsize=(columns * PANEL, rows * (PANEL + 0.16 * lines)), layout="compressed", dpi=120)
    for place, (number, title) in enumerate(zip(numbers, titles, strict=True), start=1):
        ax = figure.add_subplot(rows, columns, place)
        ax.set_title(title, fontsize=8, loc="left")
        draw(ax, trace[number])
    return figure


def _title(number, step):
    # Matplotlib would read $...$ as mathematics.
    text = f"{number} {step.name}: {step.note}".replace("$", r"\$")
    return "\n".join(textwrap.wrap(text, CAPTION))
