"""The logistic function, which bounds what a network may answer, its inverse and its integral."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array

FARTHEST = float(np.log(1e-9 / (1 - 1e-9)))
"""logit(1e-9) = -20.72: `logit` stays between this and its opposite, as ENC-6 wants."""


@np.errstate(over="ignore")
def sigmoid(x: Array) -> NDArray[np.floating]:
    """1 / (1 + exp(-x)), which lies in [0, 1].

    Parameters
    ----------
    x : array
        Any real numbers; NaN stays NaN.

    Returns
    -------
    p : float array of that shape
        Rounds to 1 above 17 in float32, above 37 in float64; 0 far below.

    Raises
    ------
    TypeError
        A dtype that is not real numbers.

    Examples
    --------
    >>> sigmoid(np.array([-4.0, 0, 4])).round(6)
    array([0.017986, 0.5     , 0.982014])
    """
    x = checks.real_array(x, "x")
    return 1 / (1 + np.exp(-x))


@np.errstate(divide="ignore")
def logit(p: Array) -> NDArray[np.floating]:
    """log(p / (1 - p)), kept within -20.72 and 20.72, the logits of 1e-9 and 1 - 1e-9.

    Parameters
    ----------
    p : array
        Any real numbers; those below 0 and above 1 count as 0 and 1. NaN stays NaN.

    Returns
    -------
    x : float array of that shape

    Raises
    ------
    TypeError
        A dtype that is not real numbers.

    Examples
    --------
    >>> logit(np.array([0, 0.5, 0.98201379, 1])).round(6)
    array([-20.723266,   0.      ,   4.      ,  20.723266])
    """
    p = np.clip(checks.real_array(p, "p"), 0, 1)
    bound = p.dtype.type(FARTHEST)
    return np.clip(np.log(p / (1 - p)), bound, -bound)


def softplus(x: Array) -> NDArray[np.floating]:
    """log(1 + exp(x)), which is -log(sigmoid(-x)): never below 0 or x.

    Parameters
    ----------
    x : array
        Any real numbers; NaN stays NaN.

    Returns
    -------
    y : float array of that shape
        Only exp(-|x|) is taken, so that it does not overflow.

    Raises
    ------
    TypeError
        A dtype that is not real numbers.

    Examples
    --------
    >>> softplus(np.array([-10000, 0, 10000])).round(6)
    array([0.00000e+00, 6.93147e-01, 1.00000e+04])
    """
    x = checks.real_array(x, "x")
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
