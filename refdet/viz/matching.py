"""A step of `match_detections` as a picture: the objects of one image, and what became of each detection on it."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.viz import nms

# Drawn in this order, so that what matters lies on top. Objects are grey to black, detections coloured.
STYLES: dict[str, dict[str, Any]] = {
    "difficult": {"color": "#6D6D6D", "linestyle": ":", "linewidth": 2.0},
    "object": {"color": "#222222", "linestyle": "-", "linewidth": 2.2},
    "waiting": {"color": "#0072B2", "linestyle": (0, (1, 1)), "linewidth": 1.1},
    "ignored": {"color": "#7A5C00", "linestyle": "-.", "linewidth": 1.4},
    "miss": {"color": "#C25400", "linestyle": "--", "linewidth": 1.4},
    "duplicate": {"color": "#8F3D6E", "linestyle": "-.", "linewidth": 1.8},
    "hit": {"color": "#007A55", "linestyle": "-", "linewidth": 1.8},
}
NOW = 3.2
"""Line width of the detection that the step is about."""


def fates(step):
    """What became of each detection so far, D words: hit, duplicate, miss, ignored or waiting.

    Parameters
    ----------
    step : Step
        Of `refdet.evaluation.match_detections`.

    Raises
    ------
    ValueError
        A step of another algorithm.
    """
    seen = step.variables
    if not {"gt_images", "claimed", "true_positive"} <= set(seen):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of match_detections")
    words = np.full(len(seen["boxes"]), "waiting", object)
    for rank, i in enumerate(seen["order"][: seen.get("rank", -1) + 1]):
        words[i] = "miss" if seen["claimed"][rank] < 0 else "duplicate"
        words[i] = "hit" if seen["true_positive"][rank] else words[i]
        words[i] = "ignored" if seen["ignored"][rank] else words[i]
    return words.tolist()


def draw(ax, step):
    """Draw the objects and detections of the image that the step is about.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        From ``match_detections.trace(...)``; at the first one the image of the best detection, or of the first object.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    EVAL-1, EVAL-3. Objects are black, difficult ones grey and dotted. Hits are green, duplicates purple, misses orange
    and dashed, ignored detections brown, those to come blue and dotted; the detection of the step is thick. A label
    shows number, score, what became of it, and the object that it claimed; one without a free place is left out.
    """
    words, seen = np.array(fates(step), object), step.variables
    now = seen.get("i", seen["order"][0] if len(seen["order"]) else None)
    image = seen["gt_images"][:1] if now is None else seen["images"][now]
    found, known = np.flatnonzero(seen["images"] == image), np.flatnonzero(seen["gt_images"] == image)
    claimed = dict(zip(seen["order"], seen["claimed"], strict=True))
    texts = [f"object {g}" for g in known]
    for i in found:
        of = f" {claimed[i]}" if words[i] in ("hit", "duplicate", "ignored") else ""
        texts.append(f"{i}: {seen['scores'][i]:.2f} {words[i]}{of}")
    kinds = [*np.where(seen["difficult"][known], "difficult", "object"), *words[found]]
    styles = dict(STYLES)
    if now is not None and "i" in seen:
        kinds[len(known) + int(np.flatnonzero(found == now)[0])] = "now"
        styles["now"] = {**STYLES[words[now]], "linewidth": NOW}
    ranks = np.concatenate(
        [np.full(len(known), -np.inf), seen["scores"][found]]
    )  # detections choose places first
    boxes = np.concatenate([seen["gt_boxes"][known], seen["boxes"][found]])
    nms.draw_boxes(ax, boxes, ranks, texts, kinds, styles)
    ax.set_xlabel(
        f"image {int(np.ravel(image)[0])}" if np.size(image) else "no image", fontsize=8, loc="left"
    )
