"""Absolute error: L = |a - t|, dL/da = sign(a - t), and 0 at the kink (LOSS-3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, reduced, spread

Floats = NDArray[np.floating]


def check_l1_loss(inputs, targets, weights, reduction):
    """Inputs minus targets, and how the terms are weighed."""
    inputs, targets = loss_checks.pair(inputs, targets)
    return inputs - targets, loss_checks.weighing(weights, reduction, inputs.shape, inputs.dtype)


def l1_loss(
    inputs: Array, targets: Array, *, weights: Array | float | None = None, reduction: Reduction = "none"
) -> Floats:
    """Sizes of the differences.

    Parameters
    ----------
    inputs : (...) array
        What was predicted; up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (...) array
        What it should be.
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

    Examples
    --------
    >>> l1_loss([1, 5], [3, 2]), l1_loss([1, 5], [3, 2], reduction="mean").item()
    (array([2., 3.]), 2.5)
    """
    apart, scale = check_l1_loss(inputs, targets, weights, reduction)
    return reduced(np.abs(apart), *scale)


def l1_loss_backward(
    grad: Array | float,
    inputs: Array,
    targets: Array,
    *,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `l1_loss` by the inputs: the sign of the difference, as long for a small one as for a large one.

    Parameters
    ----------
    grad : () or (...) array
        By the loss. The other arguments are those of `l1_loss`.
    inputs : (...) array

    Returns
    -------
    grad_inputs : (...) float array, dtype of `inputs`

    Examples
    --------
    >>> l1_loss_backward([1, 1, 1], [1, 5, 2], [3, 2, 2])
    array([-1.,  1.,  0.])
    """
    apart, scale = check_l1_loss(inputs, targets, weights, reduction)
    return spread(grad, np.sign(apart), *scale)
