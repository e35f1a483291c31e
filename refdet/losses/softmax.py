"""Softmax and its logarithm, with their gradients (LOSS-1).

Letters: N rows, K classes. z logits, m the largest of a row, p probabilities.
Source: J. Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs, 1990.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks

Floats = NDArray[np.floating]


def log_softmax(logits: Array) -> Floats:
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

    Examples
    --------
    >>> log_softmax([[0, np.log(3)], [0, 10000]]).round(6)
    array([[-1.386294e+00, -2.876820e-01],
           [-1.000000e+04,  0.000000e+00]])
    """
    logits = loss_checks.logits(logits)
    below = logits - logits.max(axis=1, keepdims=True, initial=-np.inf)  # (N, K), at most 0
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))


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


def softmax(logits: Array) -> Floats:
    """Probabilities p = exp(z - m) / sum exp(z - m).

    Arguments and errors are those of `log_softmax`.

    Examples
    --------
    >>> softmax([[0, np.log(3)], [0, 10000]])
    array([[0.25, 0.75],
           [0.  , 1.  ]])
    """
    return np.exp(log_softmax(logits))


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
