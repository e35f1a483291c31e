"""A step of `mine_hard_negatives` over two features as a picture: what the machine knows, and what it gets wrong."""

from __future__ import annotations

import numpy as np

from refdet.viz import linear_svm

WINDOW, HARD = "#767676", "#C25400"


def draw(ax, step, machine=0):
    """Draw one machine at a step of `refdet.classical.hard_negatives.mine_hard_negatives` over two features.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Examples and lines as in `refdet.viz.linear_svm.draw`, which draws the trainings inside. The windows of the
        image are grey dots, the hard ones in an orange circle.
    machine : int
        Which column of the labels.

    Raises
    ------
    ValueError
        A step of another algorithm; another number of features.

    Notes
    -----
    SMP-5. Before the first training the machine has no line, and every negative is hard.
    """
    if step.function == "fit_linear_svm":
        linear_svm.draw(ax, step, machine)
        return
    if step.function != "mine_hard_negatives":
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of mine_hard_negatives")
    windows, examples = step.features, step.examples
    if examples.shape[1] != 2:
        raise ValueError(f"step: its machine has {examples.shape[1]} features; wanted 2, which can be drawn")
    view = linear_svm.view_around(np.concatenate([examples, windows]))
    ax.set(xlim=view[0], ylim=view[1], aspect="equal", xticks=[], yticks=[])
    ax.plot(*windows.T, ".", color=WINDOW, markersize=5, gid="window", zorder=1)
    ax.plot(*windows[step.hard].T, "o", color=HARD, fillstyle="none", markersize=14, gid="hard", zorder=3)
    alpha = (step.svm if step.name == "train" else step).alpha[:, machine]
    for example, mark, rests in zip(examples, step.targets[:, machine], alpha, strict=True):
        style = linear_svm.MARKS[int(mark)]
        linear_svm.draw_point(ax, example, rests, alpha.max(), style, written=False)
    for score, style in linear_svm.LINES.items():
        ends = linear_svm.line_across(step.svm.weights[:, machine], step.svm.bias[machine] - score, view)
        if ends is not None:
            ax.plot(*ends, gid=f"score {score}", zorder=1, **style)
    ax.set_xlabel(f"{len(examples)} examples, {len(windows)} windows", fontsize=8, loc="left")
