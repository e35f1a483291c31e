"""A step of the drawing of a batch as a picture: the tickets of both pools, and which candidates they bring in."""

from __future__ import annotations

from typing import Any

import numpy as np

FUNCTIONS = ("sample", "fine_tuning_batch")
# Name of a pool -> where it lies, from below, and how its candidates look. What was not taken is hollow.
POOLS: dict[str, dict[str, Any]] = {
    "pos": {"word": "positive", "floor": 1.35, "color": "#0072B2", "marker": "o"},
    "neg": {"word": "negative", "floor": 0.0, "color": "#C25400", "marker": "s"},
}
WRITTEN = 14  # candidates of a pool whose numbers are written
LARGE, SMALL = 40.0, 3.0  # square points of a mark, in a pool of few and of many


def draw(ax, step):
    """Draw both pools at a step of `sample` or `fine_tuning_batch`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of each pool the candidates stand side by side, as high as their tickets, and at half height as long as, or
        again when, the step knows no tickets. Positives are blue discs and stand above, negatives orange squares; they
        are filled once they are taken.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    SMP-1, SMP-7. Under a dashed line lie the tickets that were low enough. Of up to 14 candidates the numbers are
    written, above those that were not taken and below those that were.
    """
    if step.function not in FUNCTIONS:
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of {', '.join(FUNCTIONS)}")
    ax.set(xlim=(-0.04, 1.04), ylim=(-0.25, 2.6), xticks=[], yticks=[])
    told = []
    for pool, style in POOLS.items():
        numbers, taken = step.variables[pool], step.variables.get(f"{pool}_taken", np.zeros(0, np.int64))
        inside = np.isin(numbers, taken)
        _draw_pool(ax, numbers, step.variables.get(f"{pool}_tickets"), inside, style)
        told.append(f"{len(taken)} of {len(numbers)} {style['word']}")
    ax.set_xlabel(f"taken: {', '.join(told)}", fontsize=8, loc="left")


def _draw_pool(ax, numbers, tickets, inside, style):
    """One pool: a mark for each candidate, and the line between the tickets."""
    across = (np.arange(len(numbers)) + 0.5) / max(len(numbers), 1)
    height = style["floor"] + (np.full(len(numbers), 0.5) if tickets is None else tickets)
    size = float(np.clip(1500 / max(len(numbers), 1), SMALL, LARGE))
    looks = {"marker": style["marker"], "s": size, "linewidths": 1.2 * (size / LARGE) ** 0.5, "zorder": 2}
    for mark, rows, fill in (("left", ~inside, "white"), ("taken", inside, style["color"])):
        gid, edge = f"{style['word']} {mark}", style["color"]
        ax.scatter(across[rows], height[rows], facecolors=fill, edgecolors=edge, gid=gid, **looks)
    if tickets is not None and inside.any() and not inside.all():
        line = style["floor"] + (tickets[inside].max() + tickets[~inside].min()) / 2
        ax.axhline(line, color=style["color"], linestyle="--", linewidth=1, gid="line", zorder=1)
    beside = {"textcoords": "offset points", "ha": "center", "va": "center", "fontsize": 7, "zorder": 3}
    for i, number in enumerate(numbers if len(numbers) <= WRITTEN else ()):
        place = (0, -9 if inside[i] else 9)
        ax.annotate(str(number), (across[i], height[i]), place, color=style["color"], **beside)
