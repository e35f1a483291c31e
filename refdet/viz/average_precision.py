"""Steps of the table of precision and recall, and of the numbers made of its curve, as pictures (EVAL-4 to EVAL-10)."""

from __future__ import annotations

import numpy as np

CURVE, LIFTED, RIGHT, WRONG = "#0072B2", "#C25400", "#007A55", "#C25400"
INTEGRATIONS = ("step_ap", "area_ap", "eleven_point_ap", "coco_ap", "yolov5_ap")


def draw(ax, step):
    """Draw a step of `precision_recall_curve` or of an integration.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of `precision_recall_curve`, `step_ap`, `area_ap`, `eleven_point_ap`, `coco_ap` or `yolov5_ap`.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    EVAL-4 to EVAL-10. The table is drawn as bars, best detection first: scores, right ones green and wrong ones orange;
    then how many there are so far; then the curve. Of an integration the curve is blue, the envelope orange; rises are
    strips, levels grey lines with the height that was read on them, and what counts is filled.
    """
    if step.function == "precision_recall_curve":
        _table(ax, step)
    elif step.function in INTEGRATIONS:
        _integration(ax, step)
    else:
        wanted = "wanted a step of precision_recall_curve or of an average precision"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")


def _table(ax, step):
    from matplotlib.ticker import MaxNLocator

    seen = step.variables
    if step.name == "divide":
        _curve(ax, seen["recall"], seen["precision"])
        return
    order = seen["order"]
    places = np.arange(len(order))
    if step.name == "sort":
        colours = np.where(seen["true_positive"][order], RIGHT, WRONG).tolist()
        ax.bar(places, seen["scores"][order], color=colours, gid="score")
        label = "score"
    else:
        ax.bar(places, seen["right"], color=RIGHT, gid="right", label="right")
        ax.bar(
            places, seen["wrong"], bottom=seen["right"], color=WRONG, hatch="//", gid="wrong", label="wrong"
        )
        ax.axhline(seen["positives"], color="#555555", linestyle=":", gid="objects")
        ax.legend(fontsize=7, frameon=False, loc="upper left")
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
        label = "so far"
    ax.set_xticks(places, order.tolist(), fontsize=7)
    ax.tick_params(axis="y", labelsize=7)
    ax.set_xlabel("detection, best first", fontsize=8)
    ax.set_ylabel(label, fontsize=8)


def _integration(ax, step):
    seen = step.variables
    recall, precision = seen["recall"], seen["precision"]
    _curve(ax, recall, precision)
    if np.isnan(recall).any():
        return
    height = seen.get("envelope", precision)
    if "envelope" in seen:
        straight = step.function == "yolov5_ap"
        corners = (recall, height) if straight else _steps(recall, height)
        ax.plot(*corners, "--", color=LIFTED, linewidth=1.6, gid="envelope")
    if "rise" in seen:
        fill = 0.35 if "ap" in seen else 0
        style = {"align": "edge", "facecolor": CURVE, "edgecolor": CURVE, "linewidth": 0.7}
        left = recall - seen["rise"]
        _strips(ax, left, seen["rise"], height if fill else np.ones(len(recall)), style, fill)
    if "levels" in seen:
        ax.vlines(seen["levels"], 0, 1, color="#bbbbbb", linewidth=0.6, zorder=1, gid="levels")
    if "heights" in seen:
        ax.plot(
            seen["levels"],
            seen["heights"],
            ".",
            color=RIGHT,
            markersize=7 if len(seen["levels"]) < 20 else 4,
            gid="read",
        )
    if "ap" in seen and "heights" in seen and step.name == "sum":
        ax.fill_between(seen["levels"], seen["heights"], color=CURVE, alpha=0.35, gid="area")
    if step.name == "mean":
        ax.axhline(seen["ap"], color="#222222", linewidth=1.2, gid="mean")
    if "ap" in seen:
        words = f"average precision {seen['ap']:.6g}"
        ax.text(0.03, 0.03, words, transform=ax.transAxes, fontsize=8, gid="ap")


def _strips(ax, left, widths, heights, style, fill):
    for x, width, height in zip(left, widths, heights, strict=True):
        if width > 0:
            (bar,) = ax.bar(x, height, width, gid="rise", **{**style, "alpha": fill or 1, "fill": bool(fill)})
            bar.set_zorder(1)


def _steps(recall, height):
    """Corners of a curve that keeps the height of each place back to the place before."""
    x = np.repeat(np.concatenate([[0], recall]), 2)[1:-1]
    return x, np.repeat(height, 2)


def _curve(ax, recall, precision):
    style = {"color": CURVE, "marker": "o", "markersize": 4, "linewidth": 1.2, "gid": "curve"}
    ax.plot(recall, precision, **style)
    ax.set(xlim=(-0.03, 1.03), ylim=(0, 1.05))
    ax.set_xlabel("recall", fontsize=8)
    ax.set_ylabel("precision", fontsize=8)
    ax.tick_params(labelsize=7)
