"""A step of an assignment as a table: zeros and lines of the Hungarian method, or prices and a path (HUN-1, HUN-2)."""

from __future__ import annotations

from typing import Any

import numpy as np

# A cell is in one of these styles, the last that fits.
FILLS: dict[str, dict[str, Any]] = {
    "cell": {"facecolor": "white"},
    "padding": {"facecolor": "#EEEEEE"},
    "zero": {"facecolor": "#CFE3F2"},
    "tight": {"facecolor": "#CFE3F2"},
    "taken": {"facecolor": "#007A55"},
}
LINE, NOW = "#6D6D6D", "#C25400"
WRITTEN = 12  # rows or columns whose numbers are written


def draw(ax, step):
    """Draw the table of a step of `kuhn_munkres` or `shortest_augmenting_path`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    HUN-2: zeros are blue, those that hold the assignment so far green, lines lie over covered rows and columns, the
    smallest number without a line has an orange frame, and rows or columns that pad the matrix are grey. HUN-1: the
    table shows the costs, the prices stand beside and below it. Blue cells cost what their prices say, green ones are
    assigned; the cells of the way from a row to the nearest column so far have orange frames. Where the rows are more
    than the columns the table is turned. Of more than 12 rows or columns no number is written.
    """
    if step.function == "kuhn_munkres":
        _hungarian(ax, step.variables, step.name)
    elif step.function == "shortest_augmenting_path":
        _paths(ax, step.variables, step.name)
    else:
        wanted = "wanted a step of kuhn_munkres or shortest_augmenting_path"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")


def _hungarian(ax, seen, name):
    matrix, (rows, columns) = seen["matrix"], seen["cost"].shape
    kinds = np.where(matrix == 0, "zero", "cell").astype(object)
    own = np.ix_(range(rows), range(columns))
    outside = np.ones(matrix.shape, bool)
    outside[own] = False
    kinds[outside & (matrix != 0)] = "padding"
    taken = list(enumerate(seen.get("column_of", ())))
    if name == "assign":
        taken = list(zip(seen["rows"], seen["cols"], strict=True))
    for place in taken:
        kinds[place] = "taken" if matrix[place] == 0 else kinds[place]
    _cells(ax, matrix, kinds)
    if "covered_rows" in seen and name != "assign":
        for row in np.flatnonzero(seen["covered_rows"]):
            ax.axhspan(row - 0.5, row + 0.5, color=LINE, alpha=0.4, linewidth=0, gid="line")
        for column in np.flatnonzero(seen["covered_columns"]):
            ax.axvspan(column - 0.5, column + 0.5, color=LINE, alpha=0.4, linewidth=0, gid="line")
        if name == "smallest":
            free = ~seen["covered_rows"][:, None] & ~seen["covered_columns"]
            _frames(ax, np.argwhere(free & (matrix == seen["smallest"])), "smallest")
    ax.set_xlabel("column", fontsize=8)
    ax.set_ylabel("row", fontsize=8)


def _paths(ax, seen, name):
    matrix, u, v = seen["matrix"], seen["u"], seen["v"]
    kinds = np.where(u[:, None] + v == matrix, "tight", "cell").astype(object)
    for row, column in enumerate(seen["column_of"]):
        if column >= 0:
            kinds[row, column] = "taken"
    _cells(ax, matrix, kinds)
    if name in ("scan", "raise"):
        _frames(ax, _way(seen), "way")
    if max(matrix.shape, default=0) <= WRITTEN:
        ax.set_xticks(range(len(v)), [f"{j}\n{price:.4g}" for j, price in enumerate(v)], fontsize=7)
        ax.set_yticks(range(len(u)), [f"{price:.4g}   {i}" for i, price in enumerate(u)], fontsize=7)
    sides = ("column", "row") if seen["tall"] else ("row", "column")
    ax.set_ylabel(f"price, {sides[0]}", fontsize=8)
    ax.set_xlabel(f"{sides[1]}, price", fontsize=8)


def _way(seen):
    """Cells from the nearest column back to the row that looks for one: where each row would move to, and is."""
    column, cells = seen["column"], []
    while True:
        before = seen["previous"][column]
        cells.append((before, column))
        if before == seen["row"]:
            return cells
        column = seen["column_of"][before]
        cells.append((before, column))


def _cells(ax, values, kinds):
    from matplotlib.patches import Rectangle

    written = max(values.shape, default=0) <= WRITTEN
    for (row, column), value in np.ndenumerate(values):
        kind = kinds[row, column]
        if kind == "cell" and not written:  # of a large matrix only what is tight or taken can be seen
            continue
        corner = column - 0.5, row - 0.5
        ax.add_patch(Rectangle(corner, 1, 1, edgecolor="#BBBBBB", linewidth=0.6, gid=kind, **FILLS[kind]))
        if written:
            text = f"{value:.4g}" if np.isfinite(value) else "-"
            colour = "white" if kind == "taken" else "#222222"
            ax.text(
                column, row, text, ha="center", va="center", fontsize=8, color=colour, gid="value", zorder=4
            )
    height, width = values.shape
    ax.set(xlim=(-0.5, max(width, 1) - 0.5), ylim=(max(height, 1) - 0.5, -0.5), aspect="equal")
    ticks = (range(width), range(height)) if written else ((), ())
    ax.set(xticks=ticks[0], yticks=ticks[1])
    ax.tick_params(length=0, labelsize=7)


def _frames(ax, cells, gid):
    from matplotlib.patches import Rectangle

    for row, column in cells:
        style = {"fill": False, "edgecolor": NOW, "linewidth": 2.0, "zorder": 5, "gid": gid}
        ax.add_patch(Rectangle((column - 0.44, row - 0.44), 0.88, 0.88, **style))
