"""A step of R-CNN's labelling as a picture: the objects, and what each proposal is beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.viz import coders
from refdet.viz.nms import draw_boxes

STYLES: dict[str, dict[str, Any]] = {
    "background": {"color": "#999999", "linestyle": ":", "linewidth": 1.2},
    "waiting": {"color": "#555555", "linestyle": "-", "linewidth": 1.3},
    "negative": {"color": "#C25400", "linestyle": "--", "linewidth": 1.8},
    "ignored": {"color": "#8F3D6E", "linestyle": "-.", "linewidth": 1.8},
    "positive": {"color": "#0072B2", "linestyle": "-", "linewidth": 2.2},
    "object": {"color": "#007A55", "linestyle": "-", "linewidth": 3.2},
}
FUNCTIONS = ("best_ground_truth", "fine_tuning_labels", "svm_labels", "svm_box_labels", "regression_pairs")


def fates(step):
    """What each proposal is at the step: waiting, positive, negative, ignored or background.

    Parameters
    ----------
    step : Step
        Of the functions of `refdet.matching.rcnn_labels`, or of `best_ground_truth`.

    Raises
    ------
    ValueError
        A step of another algorithm.
    """
    if step.function not in FUNCTIONS:
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of {', '.join(FUNCTIONS)}")
    seen = step.variables
    if step.name == "own":
        return []
    words = np.full(len(seen["proposals"]), "waiting", object)
    if step.name == "background":
        words[seen["matches"] < 0] = "background"
    if step.name == "label":
        words[:] = np.where(seen["labels"] > 0, "positive", "background")
    if step.name == "keep":
        words[:] = "background"
        words[seen["kept"]] = "positive"
    if step.name == "class":
        words[:] = "negative"
        words[seen["near"]] = "ignored"
    return words.tolist()


def draw(ax, step):
    """Draw objects and proposals at a step of R-CNN's labelling.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of `best_ground_truth`, `fine_tuning_labels`, `svm_labels`, `svm_box_labels` or `regression_pairs`; the steps of
        `encode_rcnn`, with which the last one ends, are drawn for its first pair.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    MAT-1 to MAT-4. Objects are thick and green; in `svm_labels` they are those of the class. Proposals are grey until
    something is said of them: then positives are blue, negatives orange and dashed, those that take no part purple,
    and background is dotted. A label has the number of the box, and for a proposal its best IoU; one that finds no
    place is left out.
    """
    if step.function == "encode_rcnn":
        ax.set(xticks=[], yticks=[])
        if len(step.proposals):
            coders.draw(ax, step)
        return
    words, seen = fates(step), step.variables
    rows = np.arange(len(seen["gt_boxes"]))
    if step.name == "class":
        rows = np.flatnonzero(seen["gt_labels"] == seen["label"])
    truths, proposals = seen["gt_boxes"][rows], seen["proposals"] if words else np.zeros((0, 4))
    best = _best(step, rows)
    texts = [_object(step, row) for row in rows]
    texts += [str(p) if best is None else f"{p}: {best[p]:.2f}" for p in range(len(proposals))]
    order = np.concatenate([np.full(len(truths), 2.0), np.zeros(len(proposals)) if best is None else best])
    boxes = np.concatenate([truths, proposals])
    draw_boxes(ax, boxes, order, texts, ["object"] * len(truths) + words, STYLES)


def _best(step, rows):
    """The best IoU of each proposal, (P,), as far as the step has come to it."""
    seen = step.variables
    if "overlaps" in seen:
        return seen["overlaps"]
    return np.fmax.reduce(seen["iou"][:, rows], axis=1) if step.name == "class" else None


def _object(step, row):
    classes = step.variables.get("gt_labels")
    return f"object {row}" if classes is None else f"object {row}, class {classes[row]}"
