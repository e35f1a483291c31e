"""Precision over recall (EVAL-5), and recall over proposals or overlap (PROP-4); a line per class or per run."""

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
    _draw_lines(ax, curves, ("recalls", "precisions"))
    ax.set(xlim=(0, 1.01), ylim=(0, 1.03), xlabel="recall", ylabel="precision", aspect="equal")


def proposal_recall(ax, curves, over="proposals"):
    """Draw recall over the number of proposals, or over the least overlap that counts.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    curves : dict of name to (values, recall)
        Numbers of proposals or overlaps, ascending, and what `refdet.proposals.recall.proposal_recall` gives for them.
    over : {"proposals", "overlap"}
        Proposals stand on a logarithmic scale.

    Raises
    ------
    ValueError
        A curve whose two sequences differ in length; something else to draw over.

    Notes
    -----
    PROP-4.
    """
    if over not in ("proposals", "overlap"):
        raise ValueError(f"over: {over!r} came; wanted 'proposals' or 'overlap'")
    _draw_lines(ax, curves, (over, "recalls"))
    if over == "proposals":
        ax.set(xscale="log", xlabel="proposals of an image")
    else:
        ax.set(xlim=(0.5, 1), xlabel="least IoU")
    ax.set(ylim=(0, 1.03), ylabel="recall")


def _draw_lines(ax, curves, names):
    """A line per curve, and their names beside the axes; `names` of x and y are for the error."""
    for i, (name, (x, y)) in enumerate(curves.items()):
        if len(x) != len(y):
            raise ValueError(f"curves: {name!r} has {len(x)} {names[0]} and {len(y)} {names[1]}")
        # One dash per round of colours, so that every line can be told apart.
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]
        ax.plot(np.asarray(x), np.asarray(y), dash, color=colour, label=str(name), linewidth=1.6)
    ax.grid(color="#dddddd", linewidth=0.6)
    if curves:
        ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, borderaxespad=0)
