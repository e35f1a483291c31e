"""Precision over recall, a line per class or per run (EVAL-5)."""

from __future__ import annotations

import numpy as np

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("-", "--", ":")


def precision_recall(ax, curves):
    """Draw precision over recall, a step line per curve.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curves : dict of name to (recall, precision)
        Two sequences of equal length each, recall ascending.

    Raises
    ------
    ValueError
        A curve whose two sequences differ in length.
    """
    for i, (name, (recall, precision)) in enumerate(curves.items()):
        if len(recall) != len(precision):
            raise ValueError(f"curves: {name!r} has {len(recall)} recalls and {len(precision)} precisions")
        # One dash per round of colours, so that every line can be told apart.
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]
        ax.plot(np.asarray(recall), np.asarray(precision), dash, color=colour, label=str(name), linewidth=1.6)
    ax.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel="recall", ylabel="precision", aspect="equal")
    ax.grid(color="#dddddd", linewidth=0.6)
    if curves:
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, borderaxespad=0)
