"""A step of `mine_hard_negatives` over two features as a picture: what the machine knows, and what it gets wrong."""

from __future__ import annotations

import numpy as np

from refdet.viz import linear_svm

WINDOW, HARD = "#767676", "#C25400"
PANEL = "mining"  # the mark of axes that show a step of the mining


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

    The limits hold all that the step knows of: of a list of images all windows, so they stay the same from step to step
    and only training moves the machine; of images that come one by one, those at hand. A training inside knows its
    examples alone: it keeps the limits of the last step of the mining in the same figure, if they hold them.
    """
    if step.function == "fit_linear_svm":
        linear_svm.draw(ax, step, machine, _last_view(ax, step.features))
        return
    if step.function != "mine_hard_negatives":
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of mine_hard_negatives")
    windows, examples = step.features, step.examples
    if examples.shape[1] != 2:
        raise ValueError(f"step: its machine has {examples.shape[1]} features; wanted 2, which can be drawn")
    view = linear_svm.view_around(_known(step))
    ax.set(xlim=view[0], ylim=view[1], aspect="equal", xticks=[], yticks=[], gid=PANEL)
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


def _known(step):
    """Every example and window that the step knows of, (N, 2)."""
    images = step.images if isinstance(step.images, list) else []
    return np.concatenate(
        [step.positives, step.examples, step.features, *(pair[0] for pair in step.waiting + images)]
    )


def _last_view(ax, points):
    """The limits of the last panel of the mining before this one; None if there is none or a point lies outside."""
    panels = ax.figure.axes
    before = [panel for panel in panels[: panels.index(ax)] if panel.get_gid() == PANEL]
    if not before:
        return None
    view = np.array([before[-1].get_xlim(), before[-1].get_ylim()])
    inside = (points >= view[:, 0]) & (points <= view[:, 1])
    return tuple(map(tuple, view.tolist())) if inside.all() else None
