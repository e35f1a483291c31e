"""Binary cross-entropy from logits: each number says yes or no by itself (LOSS-2).

    L = w y softplus(-z) + (1 - y) softplus(z)        dL/dz = (1 - y) s(z) - w y s(-z)

with s(z) = 1 / (1 + exp(-z)), softplus(z) = ln(1 + exp(z)) = max(z, 0) + ln(1 + exp(-|z|)), and w the weight of
"yes". For w = 1 that is max(z, 0) - z y + ln(1 + exp(-|z|)), with the gradient s(z) - y. z is the logit: what the
course notes write as BCE(sigma(p), y).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.boxes.logistic import sigmoid, softplus
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_binary_cross_entropy(logits, targets, *, pos_weight=None, weights=None, reduction="none"):
    """Logits, targets from 0 to 1, the weight of "yes" of each; for the weights how the terms are weighed."""
    logits, targets = loss_checks.pair(logits, targets, "logits", least=0, most=1)
    pos_weight = 1 if pos_weight is None else pos_weight
    pos_weight = loss_checks.spread_over(pos_weight, "pos_weight", logits.shape, logits.dtype)
    scale = loss_checks.weighing(weights, reduction, logits.shape, logits.dtype)
    return logits, targets, pos_weight, scale, reduction


@stepwise(check=check_binary_cross_entropy)
def binary_cross_entropy_with_logits(
    logits: Array,
    targets: Array,
    *,
    pos_weight: Array | float | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Steps[Floats]:
    """-ln of the probability that the logistic function gives the right answer.

    Parameters
    ----------
    logits : (...) array
        Up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (...) array
        0 for no, 1 for yes, or how much of a yes.
    pos_weight : array, optional
        How much dearer a "yes" is, 0 or more: one number, or such as broadcast to the logits, (K,) for K classes.
    weights : array, optional
        What each term counts, 0 or more; broadcasts to the logits.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.

    Returns
    -------
    loss : () or (...) float array, dtype of `logits`
        Finite; 0 of no terms.

    Raises
    ------
    ValueError, TypeError
        Different shapes; numbers that are not finite or larger than above; targets outside 0 to 1.

    Notes
    -----
    LOSS-2. Both terms are 0 or more, and only exponentials of numbers below 0 are taken: logits of +-10,000 cost
    10,000 where they are wrong, 0 where they are right.

    answers. -ln of the probability of "yes" and of "no".
    mix.     As much of each as the target has, "yes" with its weight.
    reduce.  Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    At z = 0 both answers are as probable: ln 2. At ln 3, "yes" has 3/4:

    >>> binary_cross_entropy_with_logits([0, np.log(3), -10000], [1, 1, 0]).round(6)
    array([0.693147, 0.287682, 0.      ])
    """
    yes, no = softplus(-logits), softplus(logits)
    yield "answers: -ln of the probability of yes is {yes}, of no {no}"
    losses = pos_weight * targets * yes + (1 - targets) * no
    yield "mix: with the targets {targets} that is {losses}"
    return (yield from weighed(losses, weights))


def binary_cross_entropy_with_logits_backward(
    grad: Array | float,
    logits: Array,
    targets: Array,
    *,
    pos_weight: Array | float | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `binary_cross_entropy_with_logits` by the logits: (1 - y) s(z) - w y s(-z), so s(z) - y for w = 1.

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `binary_cross_entropy_with_logits`.
    logits : (...) array

    Returns
    -------
    grad_logits : (...) float array, dtype of `logits`

    Notes
    -----
    The slope of softplus(z) is s(z). Written with s(-z) and not 1 - s(z), a gradient of 1e-18 is not rounded to 0.

    Examples
    --------
    >>> binary_cross_entropy_with_logits_backward([1, 1], [0, np.log(3)], [1, 1])
    array([-0.5 , -0.25])
    """
    logits, targets, pos_weight, scale, _ = check_binary_cross_entropy(
        logits, targets, pos_weight=pos_weight, weights=weights, reduction=reduction
    )
    slopes = (1 - targets) * sigmoid(logits) - pos_weight * targets * sigmoid(-logits)
    return spread(grad, slopes, *scale)
