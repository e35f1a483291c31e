"""Steps of a single loss as pictures: bars of what the step has computed, a group for each term."""

from __future__ import annotations

import numpy as np

from refdet.viz import overlaps
from refdet.viz.curves import COLOURS

# Of each step its bars: words and the variable that is drawn.
SHOWN = {
    "log_softmax": {
        "shift": {"less the largest": "below"},
        "sum": {"sum of exponentials": "total"},
        "subtract": {"ln p": "log_probs"},
    },
    "softmax": {"exponentiate": {"p": "probs"}},
    "smooth_labels": {"keep": {"kept": "kept"}, "give": {"kept": "kept", "smoothed": "smoothed"}},
    "cross_entropy": {"pick": {"loss": "losses"}},
    "binary_cross_entropy_with_logits": {
        "answers": {"-ln of yes": "yes", "-ln of no": "no"},
        "mix": {"loss": "losses"},
    },
    "sigmoid_focal_loss": {
        "entropy": {"cross-entropy": "entropy"},
        "wrong": {"cross-entropy": "entropy", "wrong": "wrong"},
        "focus": {"cross-entropy": "entropy", "wrong": "wrong", "loss": "losses"},
    },
    "quality_focal_loss": {
        "entropy": {"cross-entropy": "entropy"},
        "apart": {"cross-entropy": "entropy", "apart": "apart"},
        "focus": {"cross-entropy": "entropy", "apart": "apart", "loss": "losses"},
    },
    "smooth_l1_loss": {
        "difference": {"difference": "far"},
        "split": {"within beta": "near", "beyond": "beyond"},
        "add": {"difference": "far", "loss": "losses"},
    },
    "hinge_loss": {"lack": {"lacks": "lack"}, "price": {"lacks": "lack", "loss": "losses"}},
    **{
        f"{kind}box_iou_loss": {"turn": {"overlap": "overlap", "loss": "losses"}}
        for kind in ("", "generalized_", "distance_", "complete_")
    },
    "localizer_loss_backward": {"logits": {"slope": "by_logits"}, "boxes": {"slope": "by_boxes"}},
    "fast_rcnn_loss_backward": {"logits": {"slope": "by_logits"}, "deltas": {"slope": "by_deltas"}},
    "rpn_loss_backward": {"logits": {"slope": "by_logits"}, "deltas": {"slope": "by_deltas"}},
    "rcnn_svm_loss_backward": {
        "violate": {"lacks something": "violated"},
        "pull": {"pull": "pull"},
        "weights": {"weight": "weights", "slope": "by_weights"},
        "bias": {"bias": "bias", "slope": "by_bias"},
    },
    "weighed": {"reduce": {"loss": "losses"}},
}
NUMBERED = 12  # bars whose numbers are written
REDUCED = "#222222"


def draw(ax, step):
    """Draw a step of a single loss, of softmax, of label smoothing, or of the gradient of a total.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Steps of an overlap are drawn as `refdet.viz.overlaps.draw` does.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    LOSS-1, LOSS-2, LOSS-4, LOSS-6, LOSS-23, LOSS-25, IOU-2 to IOU-5. A group of bars for each term, row by row, one bar
    for each number that the step has of it. In the last step bars are weighed, and a line shows their sum or mean.
    """
    if step.function not in SHOWN:
        overlaps.draw(ax, step)
        return
    shown = {words: np.ravel(step.variables[name]) for words, name in SHOWN[step.function][step.name].items()}
    if step.name == "reduce":
        shown["loss"] = shown["loss"] * np.ravel(step.weights)
    bars(ax, shown)
    if step.name == "reduce" and np.ndim(step.loss) == 0:
        ax.axhline(step.loss, color=REDUCED, linewidth=1.4, label=step.reduction, gid="reduced")
        ax.legend(fontsize=6, frameon=False)


def bars(ax, shown, label="term"):
    """Draw a group of bars for each number, one for each of the named arrays (N,)."""
    count, width = max(map(len, shown.values())), 0.8 / len(shown)
    for place, (words, values) in enumerate(shown.items()):
        left = np.arange(len(values)) + (place - (len(shown) - 1) / 2) * width
        style = {"color": COLOURS[place], "label": words, "gid": words, "hatch": ("", "//", "..")[place]}
        drawn = ax.bar(left, values, width, edgecolor="white", **style)
        if count * len(shown) <= NUMBERED:
            ax.bar_label(drawn, [f"{value:.3g}" for value in values], fontsize=6, padding=1)
    ax.axhline(0, color="#888888", linewidth=0.7, zorder=1)
    ax.set_xticks(range(count) if count <= NUMBERED else [])
    ax.use_sticky_edges = False  # room for numbers on both sides of 0
    ax.margins(y=0.15)
    ax.tick_params(labelsize=7)
    ax.set_xlabel(label, fontsize=8)
    if count:
        ax.legend(fontsize=6, frameon=False)
