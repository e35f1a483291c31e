"""Steps of a total as pictures: those of its terms as the terms are drawn, its own as what each row adds."""

from __future__ import annotations

from refdet.viz import losses, terms

TOTALS = ("localizer_loss", "fast_rcnn_loss", "rpn_loss", "faster_rcnn_loss")
TERMS = (
    "log_softmax",
    "cross_entropy",
    "binary_cross_entropy_with_logits",
    "smooth_l1_loss",
    "weighed",
)


def draw(ax, step):
    """Draw a step of a total, of whatever depth.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of `localizer_loss`, `fast_rcnn_loss`, `rpn_loss` or `faster_rcnn_loss`, drawn as `refdet.viz.losses.draw` has
        it; what they take from their terms is drawn as `refdet.viz.terms.draw` has it.

    Raises
    ------
    ValueError
        A step of another algorithm.
    """
    if step.function in TOTALS:
        losses.draw(ax, step)
    elif step.function in TERMS:
        terms.draw(ax, step)
    else:
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of {', '.join(TOTALS)}")
