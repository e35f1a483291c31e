"""Cross-entropy of classes from probabilities, which are kept above 1e-12 (LOSS-1).

    L_i = - sum over c of q_ic ln max(p_ic, 1e-12)        d L_i / d p_ic = -q_ic / p_ic, or 0 where p_ic <= 1e-12

For what is given as probabilities alone: a tree of softmaxes, or another program's answers. From logits,
`cross_entropy` needs no bound.

Letters: N rows, K classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, reduced, spread
from refdet.losses.softmax_cross_entropy import check_targets

Floats = NDArray[np.floating]

LEAST = 1e-12


def check_cross_entropy_of_probs(probs, targets, ignore_index, weights, reduction):
    """Probabilities, shares of the classes (N, K), and how the rows are weighed."""
    probs = loss_checks.table(probs, "probs", least=0, most=1)
    shares, counted = check_targets(targets, probs.shape, probs.dtype, ignore_index)
    scale = loss_checks.weighing(weights, reduction, counted.shape, probs.dtype, counted=counted)
    return probs, shares, scale


def cross_entropy_of_probs(
    probs: Array,
    targets: Array,
    *,
    ignore_index: int | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """-ln of the probability of the true class, 27.6 at most.

    Parameters
    ----------
    probs : (N, K) array
        0 to 1; rows need not sum to 1.
    targets : (N,) int array of labels, or (N, K) array of shares
        As for `cross_entropy`, and so are `ignore_index`, `weights` and `reduction`.

    Returns
    -------
    loss : () or (N,) float array, dtype of `probs`

    Raises
    ------
    ValueError, TypeError
        As `cross_entropy`; a probability outside 0 to 1.

    Examples
    --------
    >>> cross_entropy_of_probs([[0.25, 0.75], [1, 0]], [1, 1]).round(6)
    array([ 0.287682, 27.631021])
    """
    probs, shares, scale = check_cross_entropy_of_probs(probs, targets, ignore_index, weights, reduction)
    return reduced((shares * -np.log(np.maximum(probs, probs.dtype.type(LEAST)))).sum(axis=1), *scale)


def cross_entropy_of_probs_backward(
    grad: Array | float,
    probs: Array,
    targets: Array,
    *,
    ignore_index: int | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `cross_entropy_of_probs` by the probabilities: -q / p; 0 at the bound and below it.

    Parameters
    ----------
    grad : () or (N,) array
        By the loss. The other arguments are those of `cross_entropy_of_probs`.
    probs : (N, K) array

    Returns
    -------
    grad_probs : (N, K) float array, dtype of `probs`

    Examples
    --------
    >>> cross_entropy_of_probs_backward([1], [[0.25, 0.75]], [1]).round(6)
    array([[ 0.      , -1.333333]])
    """
    probs, shares, scale = check_cross_entropy_of_probs(probs, targets, ignore_index, weights, reduction)
    free = probs > probs.dtype.type(LEAST)
    slopes = np.divide(shares, probs, out=np.zeros_like(probs), where=free)
    return spread(grad, 0 - slopes, *scale)
