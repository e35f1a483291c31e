"""Quality focal loss: focal loss for targets between no and yes, such as the IoU of a box (LOSS-23).

    L = a_t |d|^g B        d = s(z) - y = (1 - y) s(z) - y s(-z)        a_t = y a + (1 - y)(1 - a)

with B the binary cross-entropy of logit z and target y. What is as good as its target says has d = 0 and costs
nothing, whatever its entropy. Since dd/dz = s(z) s(-z) and dB/dz = d:

    dL/dz = a_t |d|^g (g s(z) s(-z) B / d  +  d)

which is 0 at d = 0, the least value; for g < 1 there is a cusp, for g = 1 a kink.

Source: X. Li et al., Generalized Focal Loss, NeurIPS 2020, equation (2), without a_t; YOLOv5, utils/loss.py, with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.boxes.logistic import sigmoid, softplus
from refdet.checks import Array
from refdet.losses.focal import check_focal
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


@stepwise(check=check_focal)
def quality_focal_loss(
    inputs: Array,
    targets: Array,
    alpha: float | None = 0.25,
    gamma: float = 1.5,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
) -> Steps[Floats]:
    """Binary cross-entropy times |p - y|^gamma, how far the probability is from its target.

    Parameters
    ----------
    inputs : (...) array
        Logits; up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (...) array
        0 to 1: how good each is.
    alpha : float in [0, 1], or None
        What a "yes" counts; a "no" counts 1 - alpha. None, the paper's: both count 1.
    gamma : float, 0 or more
        1.5 in YOLOv5, 2 in the paper.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.
    weights : array, optional
        What each term counts, 0 or more; broadcasts to the inputs.

    Returns
    -------
    loss : () or (...) float array, dtype of `inputs`
        Finite; 0 of no terms.

    Raises
    ------
    ValueError, TypeError
        As `sigmoid_focal_loss`.

    Notes
    -----
    LOSS-23. Of targets 0 and 1 it is `sigmoid_focal_loss`.

    entropy. Binary cross-entropy of each.
    apart.   How far the probability lies from its target.
    focus.   Entropy, less of it the nearer they are, and balanced.
    reduce.  Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    Probability 1/2: right for a target of 1/2, (1/2)^2 ln 2 for one of 1:

    >>> quality_focal_loss([0, 0], [0.5, 1], alpha=None, gamma=2).round(6)
    array([0.      , 0.173287])
    """
    entropy = targets * softplus(-inputs) + (1 - targets) * softplus(inputs)
    yield "entropy: binary cross-entropy is {entropy}"
    apart = (1 - targets) * sigmoid(inputs) - targets * sigmoid(-inputs)
    yield "apart: the probability less its target is {apart}"
    losses = alpha * np.abs(apart) ** gamma * entropy
    yield "focus: balanced by {alpha}, times its size to the power of {gamma}, {losses}"
    return (yield from weighed(losses, weights))


def quality_focal_loss_backward(
    grad: Array | float,
    inputs: Array,
    targets: Array,
    alpha: float | None = 0.25,
    gamma: float = 1.5,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
) -> Floats:
    """Gradient of `quality_focal_loss` by the logits: a_t |d|^g (g s(z) s(-z) B / d + d), and 0 at d = 0.

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `quality_focal_loss`.
    inputs : (...) array

    Returns
    -------
    grad_inputs : (...) float array, dtype of `inputs`

    Examples
    --------
    >>> quality_focal_loss_backward([1, 1], [0, 0], [0.5, 1], alpha=None, gamma=2).round(6)
    array([ 0.      , -0.298287])
    """
    inputs, targets, balance, gamma, _, scale = check_focal(
        inputs, targets, alpha, gamma, reduction, weights=weights
    )
    yes, no = sigmoid(inputs), sigmoid(-inputs)
    entropy = targets * softplus(-inputs) + (1 - targets) * softplus(inputs)
    apart = (1 - targets) * yes - targets * no
    ratio = np.divide(yes * no, apart, out=np.zeros_like(apart), where=apart != 0)
    return spread(grad, balance * np.abs(apart) ** gamma * (gamma * ratio * entropy + apart), *scale)
