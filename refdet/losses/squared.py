"""Squared error: L = (a - t)^2, dL/da = 2 (a - t); with the factor 1/2, a - t (LOSS-3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import object_checks
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, reduced, spread

Floats = NDArray[np.floating]


def check_squared_error(inputs, targets, half, weights, reduction):
    """Inputs minus targets, the factor, and how the terms are weighed."""
    inputs, targets = loss_checks.pair(inputs, targets)
    factor = 0.5 if object_checks.flag(half, "half") else 1.0
    return inputs - targets, factor, loss_checks.weighing(weights, reduction, inputs.shape, inputs.dtype)


def squared_error(
    inputs: Array,
    targets: Array,
    *,
    half: bool = False,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Squares of the differences; their "sum" is the SSE, also called L2.

    Parameters
    ----------
    inputs : (...) array
        What was predicted; up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (...) array
        What it should be.
    half : bool
        Half of that, so that the gradient is the difference itself.
    weights : array, optional
        What each term counts, 0 or more; broadcasts to the inputs.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py.

    Returns
    -------
    loss : () or (...) float array, dtype of `inputs`
        0 of no terms.

    Raises
    ------
    ValueError, TypeError
        Different shapes; numbers that are not finite or larger than above.

    Notes
    -----
    LOSS-3. Never negative: a difference without its square is, and has no least value (ERR-27).

    Examples
    --------
    >>> squared_error([1, 5], [3, 2]), squared_error([1, 5], [3, 2], half=True, reduction="sum").item()
    (array([4., 9.]), 6.5)
    """
    apart, factor, scale = check_squared_error(inputs, targets, half, weights, reduction)
    return reduced(factor * apart**2, *scale)


def squared_error_backward(
    grad: Array | float,
    inputs: Array,
    targets: Array,
    *,
    half: bool = False,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `squared_error` by the inputs, 2 (a - t) or a - t; by the targets it is the opposite.

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `squared_error`.
    inputs : (...) array

    Returns
    -------
    grad_inputs : (...) float array, dtype of `inputs`

    Examples
    --------
    >>> squared_error_backward(1, [1, 5], [3, 2], reduction="sum")
    array([-4.,  6.])
    """
    apart, factor, scale = check_squared_error(inputs, targets, half, weights, reduction)
    return spread(grad, 2 * factor * apart, *scale)
