"""Hinge loss: what an example lacks to be on the right side of the margin (LOSS-6).

    L = c max(0, 1 - y z)          dL/dz = -c y where y z < 1, else 0
    L = c max(0, 1 - y z)^2        dL/dz = -2 c y max(0, 1 - y z)                 ("squared_hinge")

with y = 1 or -1, and c dearer for a positive example. At y z = 1 the slope is 0.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import object_checks
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Form = Literal["hinge", "squared_hinge"]


def check_marks(value, name, shape, dtype):
    """`value` as numbers -1, 0 and 1 of that shape and dtype."""
    marks = loss_checks.shaped(loss_checks.numbers(value, name, dtype), name, shape, "one per score")
    if not np.isin(marks, (-1, 0, 1)).all():
        raise ValueError(f"{name}: wanted 1 for positive, -1 for negative, 0 for no part")
    return marks


def check_hinge_loss(scores, labels, *, positive_weight=1.0, form="hinge", weights=None, reduction="none"):
    """Scores and labels, for the positive weight what each costs; for the weights how the terms are weighed."""
    scores = loss_checks.numbers(scores, "scores")
    labels = check_marks(labels, "labels", scores.shape, scores.dtype)
    most = loss_checks.largest(scores.dtype) ** 0.5
    positive_weight = loss_checks.number(positive_weight, "positive_weight", scores.dtype, most=most)
    object_checks.option(form, "form", ("hinge", "squared_hinge"))
    cost = np.where(labels > 0, positive_weight, np.abs(labels))
    scale = loss_checks.weighing(weights, reduction, scores.shape, scores.dtype, counted=labels != 0)
    return scores, labels, cost, form, scale, reduction


@stepwise(check=check_hinge_loss)
def hinge_loss(
    scores: Array,
    labels: Array,
    *,
    positive_weight: float = 1.0,
    form: Form = "hinge",
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Steps[Floats]:
    """max(0, 1 - y z), or its square.

    Parameters
    ----------
    scores : (...) array
        Signed distance from the plane in units of the margin; up to 4.3e9 in size in float32, 1.2e77 in float64.
    labels : (...) array
        1 for a positive example, -1 for a negative one; 0 takes no part, and is not counted in a mean.
    positive_weight : float, 0 or more
        How much dearer positive examples are; 2 in R-CNN.
    form : {"hinge", "squared_hinge"}
        The names are those of `fit_linear_svm`.
    weights : array, optional
        What each term counts, 0 or more; broadcasts to the scores.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.

    Returns
    -------
    loss : () or (...) float array, dtype of `scores`
        0 of no terms.

    Raises
    ------
    ValueError, TypeError
        Different shapes; numbers that are not finite or larger than above; labels other than -1, 0 and 1.

    Notes
    -----
    LOSS-6. `rcnn_svm_loss` adds the regulariser.

    lack.   What each lacks to the right side of its margin: max(0, 1 - y z).
    price.  That, or its square, times its price; 0 where the label is.
    reduce. Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    >>> hinge_loss([0.25, 0.25, 2, -3], [1, -1, 1, 0], positive_weight=2)
    array([1.5 , 1.25, 0.  , 0.  ])
    """
    lack = np.maximum(0, 1 - labels * scores)
    yield "lack: to the margin each lacks {lack}"
    losses = positive_weight * (lack if form == "hinge" else lack**2)
    yield "price: by form {form}, at {positive_weight} each, {losses}"
    return (yield from weighed(losses, weights))


def hinge_loss_backward(
    grad: Array | float,
    scores: Array,
    labels: Array,
    *,
    positive_weight: float = 1.0,
    form: Form = "hinge",
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `hinge_loss` by the scores: -c y within the margin, or -2 c y max(0, 1 - y z).

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `hinge_loss`.
    scores : (...) array

    Returns
    -------
    grad_scores : (...) float array, dtype of `scores`

    Examples
    --------
    >>> hinge_loss_backward([1, 1, 1, 1], [0.25, 0.25, 2, -3], [1, -1, 1, 0], positive_weight=2)
    array([-2.,  1., -0., -0.])
    """
    scores, labels, cost, form, scale, _ = check_hinge_loss(
        scores, labels, positive_weight=positive_weight, form=form, weights=weights, reduction=reduction
    )
    lack = np.maximum(0, 1 - labels * scores)
    slopes = -labels * cost * (lack > 0 if form == "hinge" else 2 * lack)
    return spread(grad, slopes, *scale)
