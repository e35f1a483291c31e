"""A step of `soft_nms` or `batched_soft_nms` as a picture: a box fades as its score is lowered."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.viz import nms

# As for nms; drawn in this order, so that what matters lies on top.
STYLES: dict[str, dict[str, Any]] = {
    "gone": nms.STYLES["gone"],
    "waiting": nms.STYLES["alive"],
    "lowered": nms.STYLES["suppressed"],
    "dropped": {"color": "#8F3D6E", "linestyle": "-.", "linewidth": 1.8},
    "kept": nms.STYLES["kept"],
    "picked": nms.STYLES["picked"],
}


def fates(step):
    """What the step makes of each box, N words: picked, kept, waiting, lowered, dropped (just now) or gone.

    Parameters
    ----------
    step : Step
        Of `refdet.soft_nms` or `refdet.batched_soft_nms`; boxes are numbered as in the step's own frame.

    Raises
    ------
    ValueError
        A step of another algorithm.
    """
    seen = step.variables
    if not {"boxes", "scores", "new_scores"} <= set(seen):
        wanted = "wanted a step of soft_nms or batched_soft_nms"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")
    words = np.full(len(seen["boxes"]), "gone", object)
    if "queue" in seen:
        words[seen["queue"]] = "waiting"
    elif step.name == "class":
        words[seen["idxs"] > seen["label"]] = "waiting"
    if step.name == "decay":
        lowering = seen["over"] if seen["method"] == "linear" else seen["overlap"] > 0
        words[seen["queue"][lowering]] = "lowered"
    if step.name == "drop":
        words[seen["dropped"]] = "dropped"
    kept = seen["keep"] if "keep" in seen else np.flatnonzero(seen.get("kept", []))
    words[np.asarray(kept, np.int64)] = "kept"
    if step.name in ("pick", "decay", "drop"):
        words[seen["i"]] = "picked"
    return words.tolist()


def draw(ax, step):
    """Draw the boxes of a step of `refdet.soft_nms` or `refdet.batched_soft_nms`, filled as strong as they score.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        From ``soft_nms.trace(...)``; a box that is not finite is not drawn.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    Picked and kept boxes are green, waiting ones blue, those that the step lowers orange and dashed, those that
    it drops purple; what went earlier is grey and dotted. Boxes have the numbers of the caller, also inside a
    class. A label shows the score, and what it was at first where two digits tell them apart. The opacity of a box
    is its score over the best one.
    """
    words = fates(step)
    boxes, scores, new_scores = step.boxes, step.scores, step.new_scores
    texts = [_text(*one) for one in zip(nms.numbers(step), new_scores, scores, strict=True)]
    best = np.max(scores, where=np.isfinite(scores), initial=0.0)
    strength = np.nan_to_num(np.clip(new_scores / best if best > 0 else 0 * new_scores, 0, 1))
    strength = np.where(np.array(words) == "gone", 0, strength)
    nms.draw_boxes(ax, boxes, new_scores, texts, words, STYLES, strength)


def _text(row, now, first):
    now, first = f"{now:.2f}", f"{first:.2f}"
    return f"{row}: {now}" if now == first else f"{row}: {now} of {first}"
