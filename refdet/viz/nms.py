"""A step of `nms`, `diou_nms` or their batched forms as a picture: which box is picked, which go, which live on.

Colour and line style both tell the fates apart (colours: M. Okabe and K. Ito, Color Universal Design, 2008;
two are darkened, so that white text on them reads).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.viz.label_places import label_places

# Drawn in this order, so that what matters lies on top.
STYLES: dict[str, dict[str, Any]] = {
    "gone": {"color": "#999999", "linestyle": ":", "linewidth": 1.0},
    "alive": {"color": "#0072B2", "linestyle": "-", "linewidth": 1.3},
    "suppressed": {"color": "#C25400", "linestyle": "--", "linewidth": 1.8},
    "kept": {"color": "#008562", "linestyle": "-", "linewidth": 1.8},
    "picked": {"color": "#007A55", "linestyle": "-", "linewidth": 3.2},
}

FONT, PAD = 7, 1.2  # points
LETTER, LINE = 0.025, 0.074  # of a label, as parts of a filmstrip's panel
FILL = 0.45  # opacity of a box at full strength


def fates(step):
    """What the step makes of each box, N words: picked, kept, alive, suppressed (just now) or gone.

    Parameters
    ----------
    step : Step
        Of `refdet.nms`, `refdet.diou_nms` or their batched forms; boxes are numbered as in the step's own frame.

    Raises
    ------
    ValueError
        A step of another algorithm.
    """
    seen = step.variables
    if not {"boxes", "scores"} <= set(seen) or not {"alive", "idxs"} & set(seen):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of nms or batched_nms")
    words = np.where(_alive(step), "alive", "gone").astype(object)
    if step.name == "suppress":
        words[[b for b in seen["rest"] if not seen["alive"][b]]] = "suppressed"
    kept = seen["keep"] if "keep" in seen else np.flatnonzero(seen.get("kept", []))
    words[np.asarray(kept, np.int64)] = "kept"
    if step.name in ("pick", "suppress"):
        words[seen["i"]] = "picked"
    return words.tolist()


def _alive(step):
    """Which boxes may still be picked; in the outer frame of `batched_nms`, those of the classes to come."""
    seen = step.variables
    if "alive" in seen:
        return seen["alive"]
    if step.name == "class":
        return seen["idxs"] > seen["label"]
    return np.full(len(seen["boxes"]), step.name == "shift")


def numbers(step):
    """What the caller calls each box of the step: inside a class, its rows of all the boxes."""
    return list(range(len(step.boxes))) if step.callers_rows is None else step.callers_rows.tolist()


def draw(ax, step):
    """Draw the boxes of a step of `refdet.nms`, `refdet.diou_nms` or their batched forms, with numbers and scores.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        From ``nms.trace(...)``; a box that is not finite is not drawn.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    NMS-1, NMS-3. Picked and kept boxes are green, those suppressed in this step orange and dashed, those
    gone earlier grey and dotted, those still alive blue. Inside a class only its boxes are drawn; they have the
    numbers of the caller. A label that finds no free place is left out.
    """
    words = fates(step)
    texts = [f"{row}: {score:.2f}" for row, score in zip(numbers(step), step.scores, strict=True)]
    draw_boxes(ax, step.boxes, step.scores, texts, words, STYLES)


def draw_boxes(ax, boxes, scores, texts, words, styles, strength=None):
    """Draw each box in the style of its word, the last style on top, and its text where there is room.

    The best score has the first choice of a place. With a `strength` from 0 to 1 a box is filled, and fades.
    """
    from matplotlib.patches import Rectangle

    left, top, right, bottom = view = view_of(boxes)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    letter = LETTER * max(right - left, bottom - top)
    widths = [(len(text) + 1) * letter for text in texts]
    places = label_places(boxes, scores, widths, LINE * max(right - left, bottom - top), view)
    for order, (fate, style) in enumerate(styles.items(), start=2):
        for b in (b for b in range(len(boxes)) if words[b] == fate and np.isfinite(boxes[b]).all()):
            x1, y1, x2, y2 = boxes[b]
            corner = (x1, y1), x2 - x1, y2 - y1
            ax.add_patch(Rectangle(*corner, fill=False, zorder=order, gid=fate, **style))
            if strength is not None:
                fill = {"facecolor": style["color"], "alpha": FILL * strength[b], "linewidth": 0}
                ax.add_patch(Rectangle(*corner, zorder=1, gid="strength", **fill))
            if fate != "gone" and np.isfinite(places[b]).all():
                tag(ax, places[b], texts[b], style["color"], len(styles) + 2)


def tag(ax, place, text, color, order):
    """White on a filled tag: an edge behind the text would read as a minus sign or a one."""
    ground = {"facecolor": color, "edgecolor": "none", "pad": PAD}
    inside = {"xytext": (PAD, -PAD), "textcoords": "offset points", "ha": "left", "va": "top"}
    ax.annotate(text, place, color="white", fontsize=FONT, zorder=order, bbox=ground, **inside)


def view_of(boxes):
    """Corners of what is shown: all finite boxes and a margin."""
    shown = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(shown):
        return 0.0, 0.0, 1.0, 1.0
    low, high = shown.reshape(-1, 2).min(axis=0), shown.reshape(-1, 2).max(axis=0)
    margin = max(0.06 * (high - low).max(), 1e-6)
    return *(low - margin), *(high + margin)
