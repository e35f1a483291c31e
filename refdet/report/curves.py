"""Lines over two axes from 0 to 1, as SVG: precision over recall, recall over the IoU threshold."""

from __future__ import annotations

import numpy as np

from refdet.report.markup import element, svg

LEFT, TOP, SIDE, BELOW, RIGHT = 48, 10, 316, 50, 14
COLOURS = 7  # classes .line-0 to .line-6 of style.css; then the dashes change
ENTRY, ROW, LETTERS = 182, 20, 18  # of the legend, two entries a row


def draw(curves, *, x="recall", y="precision"):
    """One line per curve, with a legend.

    Parameters
    ----------
    curves : dict of name to (xs, ys)
        Two sequences of equal length each, values in [0, 1], `xs` ascending.
    x, y : str
        Names of the axes.

    Returns
    -------
    svg : Markup

    Raises
    ------
    ValueError
        A curve whose sequences differ in length or leave [0, 1].

    Notes
    -----
    EVAL-5. NaN (a precision that is not defined) is left out of the line.
    """
    drawn = [_axes(x, y)]
    for i, (name, (xs, ys)) in enumerate(curves.items()):
        style = f"line line-{i % COLOURS} dash-{i // COLOURS % 3}"
        drawn.append(_line(name, np.asarray(xs, float), np.asarray(ys, float), style))
        drawn.append(_legend_entry(str(name), i, style))
    height = TOP + SIDE + BELOW + ROW * ((len(curves) + 1) // 2)
    title = f"{y} over {x}: {', '.join(map(str, curves))}"
    return svg(LEFT + SIDE + RIGHT, height, *drawn, title=title, class_="chart")


def _axes(x, y):
    lines = []
    for k in range(6):
        value = k / 5
        across, up = LEFT + SIDE * value, TOP + SIDE * (1 - value)
        lines.append(element("line", x1=LEFT, y1=up, x2=LEFT + SIDE, y2=up, class_="grid"))
        lines.append(element("line", x1=across, y1=TOP, x2=across, y2=TOP + SIDE, class_="grid"))
        lines.append(element("text", f"{value:.1f}", x=LEFT - 8, y=up + 4, text_anchor="end"))
        lines.append(element("text", f"{value:.1f}", x=across, y=TOP + SIDE + 18, text_anchor="middle"))
    middle = TOP + SIDE / 2
    lines.append(element("text", x, x=LEFT + SIDE / 2, y=TOP + SIDE + 38, text_anchor="middle"))
    turn = f"rotate(-90 14 {middle:g})"
    lines.append(element("text", y, x=14, y=middle, text_anchor="middle", transform=turn))
    return element("g", *lines)


def _legend_entry(name, i, style):
    left, middle = 8 + ENTRY * (i % 2), TOP + SIDE + BELOW + ROW * (i // 2) + ROW // 2
    short = name if len(name) <= LETTERS else name[: LETTERS - 3] + "..."
    return element(
        "g",
        element("line", x1=left, y1=middle, x2=left + 28, y2=middle, class_=style),
        element("text", short, x=left + 36, y=middle + 4),
    )


def _line(name, xs, ys, style):
    if xs.shape != ys.shape or xs.ndim != 1:
        raise ValueError(f"curves: {name!r} has {xs.shape} and {ys.shape} values; wanted equally many")
    seen = np.isfinite(xs) & np.isfinite(ys)
    xs, ys = xs[seen], ys[seen]
    if len(xs) and not (0 <= min(xs.min(), ys.min()) and max(xs.max(), ys.max()) <= 1):
        raise ValueError(f"curves: {name!r} leaves the range 0 to 1")
    places = zip(LEFT + SIDE * xs, TOP + SIDE * (1 - ys), strict=True)
    points = " ".join(f"{u:.6g},{v:.6g}" for u, v in places)
    return element("polyline", element("title", name), points=points, class_=style)
