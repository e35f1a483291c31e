"""Softmax and its logarithm, with their gradients (LOSS-1).

Letters: N rows, K classes. z logits, m the largest of a row, p probabilities.
Source: J. Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_log_softmax(logits):
    """Logits whose exponentials of differences are finite."""
    return (loss_checks.logits(logits),)


@stepwise(check=check_log_softmax)
def log_softmax(logits: Array) -> Steps[Floats]:
    """Logarithms of the probabilities: ln p = z - m - ln sum exp(z - m).

    Parameters
    ----------
    logits : (N, K) array
        Up to 4.3e9 in size in float32, 1.2e77 in float64.

    Returns
    -------
    log_probs : (N, K) float array
        Finite, however far the logits lie apart: only differences from the largest are exponentiated.

    Raises
    ------
    ValueError, TypeError
        Another shape; NaN, infinity or larger numbers.

    Notes
    -----
    shift.    Less the largest logit of the row, so that no exponential overflows.
    sum.      Add up the exponentials.
    subtract. Less the logarithm of that sum.

    Examples
    --------
    >>> log_softmax([[0, np.log(3)], [0, 10000]]).round(6)
    array([[-1.386294e+00, -2.876820e-01],
           [-1.000000e+04,  0.000000e+00]])
    """
    below = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)  # (N, K), at most 0
    yield "shift: less the largest of each row the logits are {below}"
    total = np.exp(below).sum(axis=1, keepdims=True)  # (N, 1), from 1 to K
    yield "sum: the exponentials of a row add up to {total}"
    log_probs = below - np.log(total)
    yield "subtract: less its logarithm, ln p is {log_probs}"
    return log_probs


def log_softmax_backward(grad: Array, logits: Array) -> Floats:
    """Gradient of `log_softmax`: g - p sum g, since d ln p_i / d z_j = [i = j] - p_j.

    Parameters
    ----------
    grad : (N, K) array
        By the logarithms.
    logits : (N, K) array

    Returns
    -------
    grad_logits : (N, K) float array, dtype of `logits`
    """
    grad, probs = _with_probs(grad, logits)
    return grad - probs * grad.sum(axis=1, keepdims=True)


@stepwise(check=check_log_softmax)
def softmax(logits: Array) -> Steps[Floats]:
    """Probabilities p = exp(z - m) / sum exp(z - m).

    Arguments and errors are those of `log_softmax`.

    Notes
    -----
    exponentiate. After the steps of `log_softmax`, the probabilities themselves.

    Examples
    --------
    >>> softmax([[0, np.log(3)], [0, 10000]])
    array([[0.25, 0.75],
           [0.  , 1.  ]])
    """
    log_probs = yield from log_softmax.steps(logits)
    probs = np.exp(log_probs)
    yield "exponentiate: p is {probs}"
    return probs


def softmax_backward(grad: Array, logits: Array) -> Floats:
    """Gradient of `softmax`: p (g - sum p g), since d p_i / d z_j = p_i ([i = j] - p_j).

    Parameters
    ----------
    grad : (N, K) array
        By the probabilities.
    logits : (N, K) array

    Returns
    -------
    grad_logits : (N, K) float array, dtype of `logits`
    """
    grad, probs = _with_probs(grad, logits)
    return probs * (grad - (probs * grad).sum(axis=1, keepdims=True))


def _with_probs(grad, logits):
    probs = softmax(logits)
    grad = loss_checks.numbers(grad, "grad", probs.dtype)
    return loss_checks.shaped(grad, "grad", probs.shape, "that of the logits"), probs
