"""Losses as pictures: what each term adds to a total, step by step; value and gradient of a family over its input."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet import losses
from refdet.viz.curves import COLOURS, DASHES

FIRST, SECOND, TOTAL = "#0072B2", "#C25400", "#555555"


def contributions(step):
    """What each term that the step knows adds to the total: name to (N,) parts, weights and divisors applied.

    Parameters
    ----------
    step : Step
        Of a total of `refdet.losses`.

    Raises
    ------
    ValueError
        A step of another algorithm.
    """
    seen = step.variables
    if step.function in ("localizer_loss", "fast_rcnn_loss", "rpn_loss"):
        parts = {"class": seen["class_losses"] / seen["count"]}
        if "box_losses" in seen:
            parts["box"] = seen["box_weight"] * seen["box_losses"] / seen.get("places", seen["count"])
        return parts
    weights = {"rcnn_svm_loss": {"hinge": "cost"}, "rcnn_ridge_loss": {"regularizer": "ridge"}}
    if step.function in weights:
        terms = [name for name in ("error", "regularizer", "hinge") if name in seen]
        factors = weights[step.function]
        return {name: np.array([seen.get(factors.get(name), 1) * seen[name]]) for name in terms}
    if step.function == "faster_rcnn_loss":
        return {
            "proposals": np.array([seen["rpn"]["total"]]),
            "detector": np.array([seen["detector"]["total"]]),
        }
    raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of a total of refdet.losses")


def draw(ax, step):
    """Draw the terms of a total as bars, each in pieces: what each row, region or anchor adds.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of `localizer_loss`, `fast_rcnn_loss`, `rpn_loss`, `faster_rcnn_loss`, `rcnn_svm_loss` or `rcnn_ridge_loss`.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    LOSS-5 to LOSS-7, LOSS-12, LOSS-13. The terms are drawn with their weights, so that their bars, laid end to end,
    are the total. Rows that add nothing have no piece; a piece is numbered by its row where it is long enough.
    """
    terms = contributions(step)
    rows = [
        (name, [(colour, parts)])
        for (name, parts), colour in zip(terms.items(), (FIRST, SECOND), strict=False)
    ]
    if step.name in ("total", "join"):
        rows.append(("total", [(colour, np.array([parts.sum()])) for _, [(colour, parts)] in rows]))
    longest = max(sum(parts.sum() for _, parts in pieces) for _, pieces in rows)
    for place, (_, pieces) in enumerate(rows):
        left = 0.0
        for colour, parts in pieces:
            for row in np.flatnonzero(parts):
                style = {"color": colour, "edgecolor": "white", "height": 0.62, "gid": rows[place][0]}
                ax.barh(place, parts[row], left=left, **style)
                if len(parts) > 1 and parts[row] > 0.06 * longest:
                    number = {"color": "white", "fontsize": 7, "ha": "center", "va": "center"}
                    ax.text(left + parts[row] / 2, place, str(row), **number)
                left += parts[row]
        beside = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(f"{left:.4g}", (left, place), fontsize=8, color=TOTAL, gid="value", **beside)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
    ax.set(ylim=(2.6, -0.6), xlim=(0, 1.25 * longest if longest > 0 else 1))
    ax.tick_params(axis="x", labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)


def _classes():
    x = np.linspace(-4, 8, 241)
    logits, zeros = np.stack([x, *[np.zeros_like(x)] * 3], axis=1), np.zeros(len(x), int)
    lines = {}
    for epsilon in (0, 0.1, 0.3):
        targets = losses.smooth_labels(np.eye(4)[zeros], epsilon)
        slopes = losses.cross_entropy_backward(np.ones_like(x), logits, targets)[:, 0]
        lines[f"cross-entropy, smoothed by {epsilon}" if epsilon else "cross-entropy"] = (
            losses.cross_entropy(logits, targets),
            slopes,
        )
    return "logit of the true one of 4 classes, the others 0", x, lines


def _binary():
    x = np.linspace(-6, 6, 241)
    ones = np.ones_like(x)

    def pair(name, *arguments, **options):
        backward = getattr(losses, f"{name}_backward")
        return getattr(losses, name)(x, *arguments, **options), backward(ones, x, *arguments, **options)

    return (
        "logit, target yes",
        x,
        {
            "binary cross-entropy": pair("binary_cross_entropy_with_logits", ones),
            "yes twice as dear": pair("binary_cross_entropy_with_logits", ones, pos_weight=2),
            "focal, gamma 1.5": pair("sigmoid_focal_loss", ones, None, 1.5),
            "focal, gamma 5": pair("sigmoid_focal_loss", ones, None, 5),
            "quality focal, target 0.8, gamma 2": pair("quality_focal_loss", 0.8 * ones, None, 2),
        },
    )


def _numbers():
    x = np.linspace(-3, 3, 241)
    given = np.ones_like(x), x, np.zeros_like(x)
    options: dict[str, dict[str, Any]] = {
        "smooth L1, sigma 3": {"sigma": 3},
        "smooth L1, beta 1": {"beta": 1},
    }
    lines = {
        "squared, half": (
            losses.squared_error(*given[1:], half=True),
            losses.squared_error_backward(*given, half=True),
        ),
        "L1": (losses.l1_loss(*given[1:]), losses.l1_loss_backward(*given)),
    }
    for name, option in options.items():
        lines[name] = (
            losses.smooth_l1_loss(*given[1:], **option),
            losses.smooth_l1_loss_backward(*given, **option),
        )
    return "difference from the target", x, lines


def _overlaps():
    x = np.linspace(-4, 4, 401)
    moving = np.stack([x - 1, 0 * x + 0.5, x + 1, 0 * x + 1.5], axis=1)  # 2 wide, 1 high
    still = np.tile([-0.5, 0.0, 0.5, 2.0], (len(x), 1))  # 1 wide, 2 high
    lines = {}
    for name, kind, options in (
        ("1 - IoU", "", {}),
        ("-ln IoU", "", {"form": "log"}),
        ("1 - GIoU", "generalized_", {}),
        ("1 - DIoU", "distance_", {}),
        ("1 - CIoU", "complete_", {}),
    ):
        value = getattr(losses, f"{kind}box_iou_loss")(moving, still, **options)
        backward = getattr(losses, f"{kind}box_iou_loss_backward")
        by_moving, _ = backward(np.ones_like(x), moving, still, **options)
        lines[name] = value, by_moving[:, 0] + by_moving[:, 2]  # of both edges: of the place
    return "distance of the centres, a box of 2 x 1 moving past one of 1 x 2", x, lines


def _hinge():
    x = np.linspace(-2, 3, 241)
    given, lines = (x, np.ones_like(x)), {}
    for name, options in (
        ("hinge", {}),
        ("hinge of a positive in R-CNN", {"positive_weight": 2}),
        ("squared hinge", {"form": "squared_hinge"}),
    ):
        slopes = losses.hinge_loss_backward(np.ones_like(x), *given, **options)
        lines[name] = losses.hinge_loss(*given, **options), slopes
    return "score of a positive example", x, lines


FAMILIES = {
    "classes": _classes,
    "binary": _binary,
    "numbers": _numbers,
    "overlaps": _overlaps,
    "hinge": _hinge,
}
TALLEST = {"overlaps": (3.2, 2.4)}
"""Where values and gradients are cut off: those of -ln IoU are."""


def draw_family(axes, name):
    """Draw the values of a family of losses on the first axes, their gradients on the second.

    Parameters
    ----------
    axes : pair of matplotlib.axes.Axes
    name : {"classes", "binary", "numbers", "overlaps", "hinge"}

    Raises
    ------
    ValueError
        Another name.
    """
    if name not in FAMILIES:
        raise ValueError(f"name: {name!r} came; wanted one of {', '.join(FAMILIES)}")
    label, x, lines = FAMILIES[name]()
    for i, (line, pair) in enumerate(lines.items()):
        for ax, y in zip(axes, pair, strict=True):
            style = {
                "color": COLOURS[i % len(COLOURS)],
                "linewidth": 3.4 - 0.6 * i,
            }  # where lines coincide, all show
            ax.plot(x, y, DASHES[i % len(DASHES)], label=line, **style)
    high, steep = TALLEST.get(name, (None, None))
    for ax, title, limit in zip(axes, ("loss", "gradient"), (high, steep), strict=True):
        ax.set_title(title, fontsize=9, loc="left")
        ax.set_xlabel(label, fontsize=8)
        ax.tick_params(labelsize=7)
        ax.grid(color="#dddddd", linewidth=0.6)
        ax.axhline(0, color="#888888", linewidth=0.7, zorder=1)
        if limit is not None:
            ax.set_ylim(-limit if title == "gradient" else -0.05 * limit, limit)
    axes[0].legend(fontsize=7, frameon=False)
