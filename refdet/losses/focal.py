"""Focal loss: binary cross-entropy in which what is already right counts less (LOSS-23).

    L = a_t m^g B        a_t = y a + (1 - y)(1 - a)        m = 1 - p_t = y s(-z) + (1 - y) s(z)

with B the binary cross-entropy of logit z and target y. Its gradient, with r = s(z) s(-z) / m:

    dL/dz = a_t m^g (g (1 - 2 y) r B  +  (1 - y) s(z) - y s(-z))

since dm/dz = (1 - 2 y) s(z) s(-z), and d(m^g)/dz = g m^g / m * dm/dz. For y = 1, m is s(-z) and r is s(z); for
y = 0 the reverse. Written so, it is finite for every g: m^(g - 1), which autograd takes, is infinite for g < 1
where m is 0, and infinity times 0 is NaN.

Source: T.-Y. Lin et al., Focal Loss for Dense Object Detection, ICCV 2017, equation (5).
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


def check_focal(inputs, targets, alpha=0.25, gamma=1.5, reduction="none", *, weights=None):
    """Logits, targets from 0 to 1, for alpha the balance a_t of each; for the weights how the terms are weighed."""
    inputs, targets = loss_checks.pair(inputs, targets, least=0, most=1)
    balance = np.ones_like(targets)
    if alpha is not None:
        alpha = loss_checks.number(alpha, "alpha", inputs.dtype, most=1)
        balance = targets * alpha + (1 - targets) * (1 - alpha)
    gamma = loss_checks.number(gamma, "gamma", inputs.dtype)
    scale = loss_checks.weighing(weights, reduction, inputs.shape, inputs.dtype)
    return inputs, targets, balance, gamma, reduction, scale


@stepwise(check=check_focal)
def sigmoid_focal_loss(
    inputs: Array,
    targets: Array,
    alpha: float | None = 0.25,
    gamma: float = 1.5,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
) -> Steps[Floats]:
    """Binary cross-entropy times (1 - p_t)^gamma, p_t being the probability of the right answer.

    Parameters
    ----------
    inputs : (...) array
        Logits; up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (...) array
        0 for no, 1 for yes, or how much of a yes.
    alpha : float in [0, 1], or None
        What a "yes" counts; a "no" counts 1 - alpha. None: both count 1.
    gamma : float, 0 or more
        How fast the loss of what is right fades: 1.5 in YOLOv5, 2 in the paper and in torchvision. 0: not at all.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py. The paper divides the sum by the number of positive anchors.
    weights : array, optional
        What each term counts, 0 or more; broadcasts to the inputs.

    Returns
    -------
    loss : () or (...) float array, dtype of `inputs`
        Finite; 0 of no terms.

    Raises
    ------
    ValueError, TypeError
        As `binary_cross_entropy_with_logits`; alpha outside 0 to 1, gamma below 0.

    Notes
    -----
    LOSS-23. With alpha None and gamma 0 it is `binary_cross_entropy_with_logits`.

    entropy. Binary cross-entropy of each.
    wrong.   The probability of the wrong answer, 1 - p_t.
    focus.   Entropy, less of it the less wrong the answer is, and balanced.
    reduce.  Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    Probability 3/4 of the right answer: ln(4/3) / 4^1.5, a quarter of it for a "yes", three quarters for a "no":

    >>> sigmoid_focal_loss([np.log(3), -np.log(3)], [1, 0]).round(6)
    array([0.00899, 0.02697])
    """
    entropy = targets * softplus(-inputs) + (1 - targets) * softplus(inputs)
    yield "entropy: binary cross-entropy is {entropy}"
    wrong = targets * sigmoid(-inputs) + (1 - targets) * sigmoid(inputs)
    yield "wrong: the probability of the wrong answer is {wrong}"
    losses = alpha * wrong**gamma * entropy
    yield "focus: balanced by {alpha}, times that to the power of {gamma}, {losses}"
    return (yield from weighed(losses, weights))


def sigmoid_focal_loss_backward(
    grad: Array | float,
    inputs: Array,
    targets: Array,
    alpha: float | None = 0.25,
    gamma: float = 1.5,
    reduction: Reduction = "none",
    *,
    weights: Array | float | None = None,
) -> Floats:
    """Gradient of `sigmoid_focal_loss` by the logits: a_t m^g (g (1 - 2 y) r B + (1 - y) s(z) - y s(-z)).

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `sigmoid_focal_loss`.
    inputs : (...) array

    Returns
    -------
    grad_inputs : (...) float array, dtype of `inputs`
        Finite for every gamma.

    Examples
    --------
    With gamma 0 and alpha None it is s(z) - y:

    >>> sigmoid_focal_loss_backward([1, 1], [0, np.log(3)], [1, 0], None, 0)
    array([-0.5 ,  0.75])
    """
    inputs, targets, balance, gamma, _, scale = check_focal(
        inputs, targets, alpha, gamma, reduction, weights=weights
    )
    yes, no = sigmoid(inputs), sigmoid(-inputs)
    entropy = targets * softplus(-inputs) + (1 - targets) * softplus(inputs)
    wrong = targets * no + (1 - targets) * yes
    ratio = np.divide(yes * no, wrong, out=np.zeros_like(wrong), where=wrong > 0)
    slopes = gamma * (1 - 2 * targets) * ratio * entropy + (1 - targets) * yes - targets * no
    return spread(grad, balance * wrong**gamma * slopes, *scale)
