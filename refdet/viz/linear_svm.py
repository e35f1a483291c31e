"""A step of `fit_linear_svm` over two features as a picture: the examples, the line between them, and its margins."""

from __future__ import annotations

from typing import Any

import numpy as np

# A positive, a negative, and an example that takes no part: colour and mark both tell them apart.
MARKS: dict[int, dict[str, Any]] = {
    1: {"color": "#0072B2", "marker": "o"},
    -1: {"color": "#C25400", "marker": "s"},
    0: {"color": "#999999", "marker": "x"},
}
LINES: dict[int, dict[str, Any]] = {
    -1: {"color": MARKS[-1]["color"], "linestyle": "--", "linewidth": 1.2},
    0: {"color": "black", "linestyle": "-", "linewidth": 1.6},
    1: {"color": MARKS[1]["color"], "linestyle": "--", "linewidth": 1.2},
}
SMALL, LARGE = 14.0, 110.0  # square points, of a mark whose dual variable is 0 or the largest
WRITTEN = 12  # examples whose dual variables are written


def draw(ax, step, machine=0, view=None):
    """Draw one machine at a step of `refdet.classical.linear_svm.fit_linear_svm` over two features.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Positives are blue discs, negatives orange squares, those that take no part grey crosses. A mark is hollow while
        its dual variable is 0, filled and the larger the larger that is. The line where the score is 0 is black, the
        margins at 1 and -1 are dashed in the colour of those that should lie beyond.
    machine : int
        Which column of the labels.
    view : pair of pairs of float, optional
        Limits of x and of y; by default a square around all examples.

    Raises
    ------
    ValueError
        A step of another algorithm; a machine that is not there; another number of features.

    Notes
    -----
    RCNN-5. Of up to 12 examples the dual variables are written. Below stand the primal and the dual objective, as last
    measured, and after a sweep how many examples it went through. Without weights there are no lines.
    """
    if step.function != "fit_linear_svm":
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of fit_linear_svm")
    points, labels = step.features, step.labels
    if points.shape[1] != 2:
        raise ValueError(f"step: its machine has {points.shape[1]} features; wanted 2, which can be drawn")
    if not 0 <= machine < labels.shape[1]:
        raise ValueError(f"machine: {machine} came; wanted 0 to {labels.shape[1] - 1}")
    alpha, marks = step.alpha[:, machine], labels[:, machine]
    view = view_around(points) if view is None else view
    ax.set(xlim=view[0], ylim=view[1], aspect="equal", xticks=[], yticks=[])
    largest = alpha.max(initial=0)
    for mark, style in MARKS.items():
        for i in np.flatnonzero(marks == mark):
            draw_point(ax, points[i], alpha[i], largest, style, written=len(points) <= WRITTEN)
    weights, bias = step.weights[:2, machine], step.bias_scale * step.weights[2, machine]
    for score, style in LINES.items():
        ends = line_across(weights, bias - score, view)
        if ends is not None:
            ax.plot(*ends, gid=f"score {score}", zorder=1, **style)
    lines = [f"primal {step.primal[machine]:.6g}, dual {step.dual[machine]:.6g}"]
    if step.name == "sweep":
        lines = [f"before: {lines[0]}", f"swept {len(step.restless)} of {len(points)}"]
    ax.set_xlabel("\n".join(lines), fontsize=8, loc="left")


def draw_point(ax, point, alpha, largest, style, written):
    """One mark, and what its dual variable is."""
    share = alpha / largest if largest > 0 else 0.0
    fill = {"facecolors": style["color"] if share > 0 or style["marker"] == "x" else "none"}
    edge = {} if style["marker"] == "x" else {"edgecolors": style["color"]}
    size = SMALL + (LARGE - SMALL) * share
    gid = "resting on" if share > 0 else "beside"
    ax.scatter(*point, s=size, marker=style["marker"], linewidths=1.2, zorder=2, gid=gid, **fill, **edge)
    if written and share > 0:
        beside = {"xytext": (6, 4), "textcoords": "offset points", "fontsize": 7, "zorder": 3}
        ax.annotate(f"{alpha:.3g}", point, color=style["color"], gid="alpha", **beside)


def view_around(points):
    """The limits of x and y: a square around all examples, with a margin."""
    if not len(points):
        return (-1.0, 1.0), (-1.0, 1.0)
    low, high = points.min(axis=0), points.max(axis=0)
    reach = 0.62 * max((high - low).max(), 1e-6)
    middle = (low + high) / 2
    return tuple((float(m - reach), float(m + reach)) for m in middle)


def line_across(weights, bias, view):
    """Ends (x, x), (y, y) of the line w p + b = 0 across the view, or None if it does not cross it."""
    steep = abs(weights[0]) > abs(weights[1])
    along, across = (1, 0) if steep else (0, 1)  # the axis that the line runs along
    if weights[across] == 0:
        return None
    low, high = view[across]
    with np.errstate(over="ignore", invalid="ignore"):
        start, end = view[along]
        ends = [-(weights[along] * place + bias) / weights[across] for place in (start, end)]
    if not np.isfinite(ends).all() or max(ends) < low or min(ends) > high:
        return None
    pair = [(start, end), tuple(ends)]
    return pair[::-1] if steep else pair
