"""Steps of a whole evaluation as pictures: classes, thresholds, and the steps inside (EVAL-11, EVAL-12)."""

from __future__ import annotations

import numpy as np

from refdet.viz import average_precision, matching
from refdet.viz.curves import COLOURS, DASHES

BAR, NOW, MEAN = "#0072B2", "#C25400", "#222222"


def draw(ax, step):
    """Draw a step of an evaluation, of whatever depth.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of `evaluate_detections`, `compute_map` or `evaluate_over_thresholds`. What they take from `match_detections` is
        drawn as `refdet.viz.matching.draw` has it, curves and integrations as `refdet.viz.average_precision.draw`.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    EVAL-11, EVAL-12. Each class has a bar, as long as its average precision, once that is known; the class in hand is
    orange. Over thresholds each class has a line. The mean is black. A class without objects has neither.
    """
    if step.function == "match_detections":
        matching.draw(ax, step)
    elif step.function == "precision_recall_curve" or step.function in average_precision.INTEGRATIONS:
        average_precision.draw(ax, step)
    elif step.function == "evaluate_over_thresholds":
        _thresholds(ax, step)
    elif step.function == "evaluated":
        _classes(ax, step)
    else:
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of an evaluation")


def _classes(ax, step):
    seen = step.variables
    values, names = seen["average_precision"], []
    for label, value in enumerate(values):
        found, objects = (int((seen[name] == label).sum()) for name in ("labels", "gt_labels"))
        names.append(f"class {label}\n{found} found\n{objects} there")
        in_hand = step.name in ("class", "score") and label == seen["label"]
        colour = NOW if in_hand else BAR
        if in_hand:
            ax.axhspan(label - 0.45, label + 0.45, color=NOW, alpha=0.12, gid="now")
        if np.isfinite(value):
            ax.barh(label, value, height=0.6, color=colour, gid="ap")
            beside = {"color": "white"} if value > 0.2 else {"color": MEAN, "x": value + 0.02}
            ax.text(
                **{"x": 0.02, "y": label, "s": f"{value:.4g}", "va": "center"} | beside,
                fontsize=8,
                gid="value",
            )
        elif objects == 0 and "label" in seen and label < seen["label"] + (step.name != "class"):
            ax.text(0.02, label, "no objects", color=MEAN, va="center", fontsize=8, gid="none")
    ax.set_yticks(range(len(values)), names, fontsize=7)
    ax.set(xlim=(0, 1), ylim=(max(len(values), 1) - 0.5, -0.5))
    ax.set_xlabel("average precision", fontsize=8)
    ax.tick_params(axis="x", labelsize=7)
    if step.name == "mean" and np.isfinite(seen["mean"]):
        ax.axvline(seen["mean"], color=MEAN, linewidth=1.4, gid="mean")


def _thresholds(ax, step):
    seen = step.variables
    at, table = np.asarray(seen["iou_thresholds"]), seen["average_precision"]
    for label, values in enumerate(table.T):
        style = {"color": COLOURS[label % len(COLOURS)], "marker": "o", "markersize": 4}
        if np.isfinite(values).any():
            line = DASHES[label % len(DASHES)]
            ax.plot(at, values, line, label=f"class {label}", linewidth=1.3, gid="class", **style)
    if step.name != "mean":
        ax.axvline(seen["iou_threshold"], color=NOW, linewidth=1.2, gid="now")
    elif np.isfinite(seen["mean"]):
        ax.axhline(seen["mean"], color=MEAN, linewidth=1.4, label="mean", gid="mean")
    ax.set(xlim=(min(at) - 0.03, max(at) + 0.03), ylim=(-0.03, 1.03))
    ax.set_xlabel("IoU that is enough", fontsize=8)
    ax.set_ylabel("average precision", fontsize=8)
    ax.tick_params(labelsize=7)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(fontsize=7, frameon=False, loc="lower left")
