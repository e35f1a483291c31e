"""Scores on their way to suppression as pictures: bars, the threshold, and who is over it (NMS-4, NMS-5)."""

from __future__ import annotations

import numpy as np

STYLES = {
    "out": {"color": "#C4C4C4"},
    "factor": {"color": "#9CC3DE", "hatch": "//"},
    "probability": {"color": "#0072B2"},
    "below": {"color": "#C25400", "hatch": ".."},
    "stays": {"color": "#008562"},
}
"""What becomes of a bar, or what it stands for."""

WORDS = {
    "out": "out",
    "factor": "objectness",
    "probability": "probability",
    "below": "best, but too low",
    "stays": "stays",
}
THRESHOLD = "#222222"
NUMBERED = 16  # bars whose numbers are written


def draw(ax, step):
    """Draw the scores at a step of `select_candidates`, `labels_above`, `best_label_above`, `class_specific_scores`.

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
    NMS-4, NMS-5. A bar for each score, green if it stays, grey if it is out; those of a box with several classes stand
    together. The threshold is a dashed line. Bars are sorted from the step on that sorts. The best label of a box that
    is not over the threshold is orange. Of class-specific scores the objectness of each box stands before the
    probabilities of its classes, then their products.
    """
    drawn = {
        "select_candidates": _selected,
        "labels_above": _labelled,
        "best_label_above": _labelled,
        "class_specific_scores": _multiplied,
    }
    if step.function not in drawn:
        wanted = "wanted a step of candidates, labels or class-specific scores"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")
    drawn[step.function](ax, step)
    ax.axhline(0, color="#888888", linewidth=0.7, zorder=1)
    ax.tick_params(labelsize=7)
    ax.use_sticky_edges = False
    ax.margins(y=0.2)
    if ax.dataLim.y0 >= 0:
        ax.set_ylim(bottom=0)
    _legend(ax)


def _legend(ax):
    """Over the bars, each word once."""
    known = dict(zip(*ax.get_legend_handles_labels()[::-1], strict=True))
    if known:
        ax.legend(known.values(), known.keys(), fontsize=6, frameon=False, loc="upper right", ncols=2)


def _selected(ax, step):
    scores, keep = step.scores, step.keep
    rest = np.setdiff1d(np.arange(len(scores)), keep)
    rest = rest[np.argsort(-scores[rest], kind="stable")]
    order = np.concatenate([keep, rest]) if step.name != "filter" else np.arange(len(scores))
    _bars(ax, range(len(order)), scores[order], np.where(np.isin(order, keep), "stays", "out"))
    _name(ax, np.arange(len(order)), order)
    if step.score_threshold is not None:
        _line(ax, step.score_threshold)


def _labelled(ax, step):
    scores, shown = step.scores, step.variables
    fates = np.full(scores.shape, "out", object)
    if step.function == "labels_above":
        fates[shown["over"]] = "stays"
    elif len(scores):
        rows = np.arange(len(scores))
        fates[rows, shown["best"]] = np.where(shown["highest"] > step.score_threshold, "stays", "below")
        if step.name == "choose":
            fates[rows, shown["best"]] = "stays"
    _groups(ax, scores, fates, WORDS | {"stays": "best label"} if step.name == "choose" else WORDS)
    if step.name != "choose":
        _line(ax, step.score_threshold)


def _multiplied(ax, step):
    probs = np.broadcast_to(step.of_boxes, (*step.objectness.shape, step.of_boxes.shape[-1]))
    probs, objectness = probs.reshape(-1, probs.shape[-1]), step.objectness.reshape(-1, 1)
    values = probs if step.name == "share" else step.scores.reshape(probs.shape)
    fates = np.full(values.shape, "probability" if step.name == "share" else "stays", object)
    factors = np.full(objectness.shape, "factor", object)
    words = WORDS | {"stays": "their product"}
    _groups(ax, np.hstack([objectness, values]), np.hstack([factors, fates]), words, ["o"])


def _groups(ax, values, fates, words=WORDS, before=()):
    """The bars of each box side by side, with the numbers of their classes below."""
    rows, columns = values.shape
    lefts = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    _bars(ax, lefts, values.reshape(-1), fates.reshape(-1), words)
    names = [*before, *range(columns - len(before))]
    _name(ax, lefts, names * rows)
    if 0 < values.size <= NUMBERED:
        for row in range(rows):
            place = row * (columns + 1) + (columns - 1) / 2
            ax.annotate(
                f"box {row}",
                (place, 0),
                (0, -16),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=7,
                annotation_clip=False,
            )


def _bars(ax, lefts, values, fates, words=WORDS):
    for fate in STYLES:
        own = [i for i, word in enumerate(fates) if word == fate]
        if own:
            style = {**STYLES[fate], "label": words[fate], "gid": fate, "edgecolor": "white"}
            drawn = ax.bar([lefts[i] for i in own], [values[i] for i in own], 0.8, **style)
            if len(values) <= NUMBERED:
                ax.bar_label(
                    drawn, [f"{values[i]:.3g}" for i in own], fontsize=6 if len(values) <= 6 else 5, padding=1
                )


def _name(ax, places, names):
    few = len(places) <= NUMBERED
    ax.set_xticks(places if few else [], [str(name) for name in names] if few else [])


def _line(ax, threshold):
    ax.axhline(threshold, color=THRESHOLD, linewidth=1.2, linestyle="--", label="threshold", gid="threshold")
