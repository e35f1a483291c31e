"""Smooth L1: squared near the target, absolute far from it (LOSS-4).

With x = a - t and beta = 1 / sigma^2:

    L = 0.5 x^2 / beta  if |x| < beta,  else |x| - beta / 2        dL/da = x / beta, or sign(x)

Value and slope meet at |x| = beta. Far away an outlier pulls no harder than any other; near the target the pull
fades, so that a step of constant length does not jump across it.

Source: R. Girshick, Fast R-CNN, ICCV 2015, equation (3), where sigma is 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_smooth_l1_loss(inputs, targets, beta=None, *, sigma=None, weights=None, reduction="none"):
    """Inputs and targets, for beta where the two parts meet; for the weights how the terms are weighed."""
    inputs, targets = loss_checks.pair(inputs, targets)
    beta = check_beta(beta, sigma, inputs.dtype)
    scale = loss_checks.weighing(weights, reduction, inputs.shape, inputs.dtype)
    return inputs, targets, beta, sigma, scale, reduction


def check_beta(beta, sigma, dtype, prefix=""):
    """Beta as a number of that dtype, from sigma if that is given; 1 if neither is."""
    if sigma is None:
        return loss_checks.number(1.0 if beta is None else beta, "beta", dtype)
    if beta is not None:
        came = f"{checks.shown(sigma)} came with beta {checks.shown(beta)}"
        raise ValueError(f"sigma: {came}; wanted one of them, beta = 1 / sigma^2")
    reach = loss_checks.largest(dtype) ** 0.5
    sigma = loss_checks.number(sigma, prefix + "sigma", dtype, least=1 / reach, most=reach)
    return dtype.type(1 / float(sigma) ** 2)


@stepwise(check=check_smooth_l1_loss)
def smooth_l1_loss(
    inputs: Array,
    targets: Array,
    beta: float | None = None,
    *,
    sigma: float | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Steps[Floats]:
    """0.5 x^2 / beta within beta of the target, |x| - beta / 2 beyond.

    Parameters
    ----------
    inputs : (...) array
        What was predicted; up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (...) array
        What it should be.
    beta : float, optional
        Where the two parts meet, 0 or more; 1 by default, as in Fast R-CNN and SSD. 0 is `l1_loss`.
    sigma : float above 0, optional
        Instead of beta, which is 1 / sigma^2: the form of py-faster-rcnn, whose region proposals have 3.
    weights : array, optional
        What each term counts, 0 or more; broadcasts to the inputs.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py. The R-CNN family divides the sum by the number of regions, not of coordinates.

    Returns
    -------
    loss : () or (...) float array, dtype of `inputs`
        0 of no terms.

    Raises
    ------
    ValueError, TypeError
        Different shapes; numbers that are not finite or larger than above; both beta and sigma.

    Notes
    -----
    LOSS-4. By sigma: 0.5 (sigma x)^2 if |x| < 1 / sigma^2, else |x| - 0.5 / sigma^2.

    difference. How far off each is, |x|.
    split.      What of it lies within beta, and what beyond.
    add.        Half the square of the one over beta, plus the other: |x| - beta / 2 where it is beyond.
    reduce.     Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    >>> smooth_l1_loss([0, 0.5, -1, 2], [0, 0, 0, 0])
    array([0.   , 0.125, 0.5  , 1.5  ])
    >>> smooth_l1_loss([0.5, 2], [0, 0], sigma=3).round(6)
    array([0.444444, 1.944444])
    """
    far = np.abs(inputs - targets)
    yield "difference: from the targets it is {far}"
    near, beyond = _split(far, beta)
    yield "split: up to {beta} of it, {near}, is squared, and {beyond} is not"
    losses = _over(near, beta) * near / 2 + beyond
    yield "add: half the square over {beta}, and the rest, make {losses}"
    return (yield from weighed(losses, weights))


def smooth_l1_loss_backward(
    grad: Array | float,
    inputs: Array,
    targets: Array,
    beta: float | None = None,
    *,
    sigma: float | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `smooth_l1_loss` by the inputs: x / beta, kept within -1 and 1.

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `smooth_l1_loss`.
    inputs : (...) array

    Returns
    -------
    grad_inputs : (...) float array, dtype of `inputs`

    Examples
    --------
    >>> smooth_l1_loss_backward([1, 1, 1, 1], [0, 0.5, -1, 2], [0, 0, 0, 0])
    array([ 0. ,  0.5, -1. ,  1. ])
    """
    inputs, targets, beta, _, scale, _ = check_smooth_l1_loss(
        inputs, targets, beta, sigma=sigma, weights=weights, reduction=reduction
    )
    apart = inputs - targets
    return spread(grad, np.sign(apart) * _over(np.minimum(np.abs(apart), beta), beta), *scale)


def _split(far, beta):
    """What of the difference is paid by the square, all of it or beta, and the rest."""
    near = np.minimum(far, beta)
    return near, far - near


def _over(near, beta):
    """`near` over beta, which it does not exceed; 1 where beta is 0."""
    return near / beta if beta > 0 else np.ones_like(near)
