"""How the losses of single terms become one number, and its gradient that of each term.

    "none"           w_i l_i, one per term
    "sum"            sum of w_i l_i
    "mean"           the same over the number of terms that are not ignored
    "weighted_mean"  the same over the sum of the w_i (LOSS-24; what PyTorch's cross_entropy calls "mean")

Of no terms at all, or of weights that are all 0, each of them is 0 (C-7).
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses.loss_checks import gradient
from refdet.stepwise import Steps

Floats = NDArray[np.floating]
Reduction = Literal["none", "sum", "mean", "weighted_mean"]


def reduced(losses: Floats, weights: Floats, divisor: np.floating, reduction: Reduction) -> Floats:
    """The losses weighted and, unless the reduction is "none", summed and divided."""
    weighted = weights * losses
    total = weighted if reduction == "none" else weighted.sum() / divisor
    return total.astype(weights.dtype)


def weighed(losses: Floats, scale: Any) -> Steps[Floats]:
    """The last step of every loss: `reduced`, by what `loss_checks.weighing` made of weights and reduction."""
    weights, divisor, reduction = scale
    loss = reduced(losses, weights, divisor, reduction)
    yield "reduce: weighed by {weights}, reduction {reduction}, {loss}"
    return loss


def spread(
    grad: Array | float, slopes: Floats, weights: Floats, divisor: np.floating, reduction: Reduction
) -> Floats:
    """The gradient by what each loss was computed from, `slopes` being its own; of one axis more where it is a row."""
    by_loss = gradient(grad, weights, reduction)
    if slopes.ndim > weights.ndim:
        by_loss, weights = by_loss[..., None], weights[..., None]
    return (by_loss * (weights * slopes / divisor)).astype(weights.dtype)
