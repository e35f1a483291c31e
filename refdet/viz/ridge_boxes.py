"""A step of `fit_ridge_boxes` as a picture: the proposal, the object it should have been, where the fit moves it."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.boxes.rcnn import decode_rcnn
from refdet.ops.box_iou import box_iou
from refdet.viz.nms import draw_boxes

STYLES: dict[str, dict[str, Any]] = {
    "object": {"color": "#007A55", "linestyle": "-", "linewidth": 2.6},
    "proposal": {"color": "#767676", "linestyle": "--", "linewidth": 2.0},
    "refined": {"color": "#C25400", "linestyle": ":", "linewidth": 2.6},
}
PROPOSAL = np.array([[-0.5, -0.5, 0.5, 0.5]])
"""All that deltas know of a proposal: its centre is their origin, its sides are their unit."""


def draw(ax, step, row=0):
    """Draw one example of the class at a step of `refdet.classical.ridge_boxes.fit_ridge_boxes`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        The proposal is grey and dashed, its object green, where the target is; at `solve` the refined box is orange
        and dotted.
    row : int
        Which of the examples of the class.

    Raises
    ------
    ValueError
        A step of another algorithm; a row that is not there.

    Notes
    -----
    RCNN-7. Everything is drawn in sizes of the proposal, a square therefore: the fit sees features and deltas, no
    pixels. Below stand the target and, at `solve`, what the four regressors answer to the features that they learned
    from, and the IoU with the object before and after. A box that is not finite is not drawn.
    """
    if step.function != "fit_ridge_boxes":
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of fit_ridge_boxes")
    if not 0 <= row < len(step.members):
        raise ValueError(f"row: {row} came; wanted 0 to {len(step.members) - 1}")
    deltas = {"proposal": np.zeros(4), "object": step.targets[step.members[row]]}
    lines = [f"class {step.label}, target {_numbers(deltas['object'])}"]
    if step.name == "solve":
        answer = step.examples[row] @ step.solution
        deltas["refined"] = answer @ step.spread[step.label] + step.mean[step.label]
        lines.append(f"predicted {_numbers(deltas['refined'])}")
    boxes = np.concatenate([_box(delta) for delta in deltas.values()])
    if step.name == "solve" and np.isfinite(boxes).all():
        before, truth, after = boxes[:, None]
        lines.append(f"IoU {box_iou(before, truth)[0, 0]:.3f}, then {box_iou(after, truth)[0, 0]:.3f}")
    draw_boxes(ax, boxes, -np.arange(len(boxes)), list(deltas), list(deltas), STYLES)
    ax.set_xlabel("\n".join(lines), fontsize=8, loc="left")


def _box(delta):
    """Where the delta takes the proposal, (1, 4); not a number where that is beyond all numbers."""
    with np.errstate(over="ignore", invalid="ignore"):
        box = decode_rcnn(delta[None], PROPOSAL)
        reach = np.abs(box).max()
    return box if reach < 1e6 else np.full((1, 4), np.nan)


def _numbers(delta):
    return ", ".join(f"{value:.4g}" for value in delta)
