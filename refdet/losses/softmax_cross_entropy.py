"""Cross-entropy of classes from logits: how improbable the true class was (LOSS-1).

    L_i = - sum over c of w_c q_ic ln p_ic        d L_i / d z_ic = p_ic sum over k of w_k q_ik  -  w_c q_ic

q is 1 at the true class and 0 elsewhere, or shares of the classes (LOSS-25 makes them); w are weights of classes.
Without weights the shares sum to 1 and the gradient is p - q: what was said too much.

Letters: N rows, K classes, p = softmax(z).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.reduction import Reduction, spread, weighed
from refdet.losses.softmax import log_softmax, softmax
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_cross_entropy(
    logits, targets, *, class_weights=None, ignore_index=None, weights=None, reduction="none"
):
    """Logits; for the targets the shares w q (N, K); for the weights how the rows are weighed."""
    logits = loss_checks.logits(logits)
    shares, counted = check_targets(targets, logits.shape, logits.dtype, ignore_index)
    if class_weights is not None:
        weights_of = loss_checks.numbers(class_weights, "class_weights", logits.dtype, least=0)
        shares = shares * loss_checks.shaped(
            weights_of, "class_weights", logits.shape[1:], "one weight per class"
        )
    mass = shares.sum(axis=1)
    scale = loss_checks.weighing(weights, reduction, counted.shape, logits.dtype, counted=counted, mass=mass)
    return logits, shares, class_weights, ignore_index, scale, reduction


def check_targets(targets, shape, dtype, ignore_index):
    """Shares of the classes (N, K), and which rows are not ignored; from labels (N,), or from shares."""
    if checks.any_array(targets, "targets").ndim == 2:
        if ignore_index is not None:
            raise ValueError(f"ignore_index: {ignore_index} came; wanted None where targets are shares")
        shares = loss_checks.numbers(targets, "targets", dtype, least=0, most=1)
        return loss_checks.shaped(shares, "targets", shape, "a share per class"), np.ones(shape[0], bool)
    if ignore_index is not None:
        ignore_index = checks.whole_number(ignore_index, "ignore_index", -(2**63), 2**63)
    labels = loss_checks.labels(targets, "targets", shape[0], 0, shape[1], ignore_index)
    shares, rows = np.zeros(shape, dtype), np.flatnonzero(labels != ignore_index)
    shares[rows, labels[rows]] = 1
    return shares, shares.any(axis=1)


@stepwise(check=check_cross_entropy)
def cross_entropy(
    logits: Array,
    targets: Array,
    *,
    class_weights: Array | None = None,
    ignore_index: int | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Steps[Floats]:
    """-ln of the probability that softmax gives the true class.

    Parameters
    ----------
    logits : (N, K) array
        Up to 4.3e9 in size in float32, 1.2e77 in float64.
    targets : (N,) int array of labels, or (N, K) array of shares
        The true class of each row, 0 to K - 1; or how much of each class it is, 0 to 1.
    class_weights : (K,) array, optional
        What each class counts, 0 or more.
    ignore_index : int, optional
        Rows with this label have loss 0, gradient 0, and are not counted in a mean.
    weights : array, optional
        What each row counts, 0 or more: (N,), or one number.
    reduction : {"none", "sum", "mean", "weighted_mean"}
        See reduction.py. The weight of a row in "weighted_mean" includes that of its class, as in PyTorch's "mean".

    Returns
    -------
    loss : () or (N,) float array, dtype of `logits`
        Finite; 0 of no rows.

    Raises
    ------
    ValueError, TypeError
        Another shape; numbers that are not finite or larger than above; a label that is no class.

    Notes
    -----
    LOSS-1. The logarithm is taken of the softmax as a whole, so that logits of +-10,000 neither overflow nor give
    ln 0. For probabilities: `cross_entropy_of_probs`.

    pick.   Of the logarithms, which `log_softmax` gives by its own steps, the shares of each class, added up.
    reduce. Weigh each, and add them up or take a mean, if that is asked for.

    Examples
    --------
    Probabilities 1/4 and 3/4, the second class is true; then the same with a share of 1/10 for the first:

    >>> z = np.log([[1.0, 3.0]])
    >>> cross_entropy(z, [1]).round(6), cross_entropy(z, [[0.1, 0.9]]).round(6)
    (array([0.287682]), array([0.397543]))
    """
    log_probs = yield from log_softmax.steps(logits)
    losses = (targets * -log_probs).sum(axis=1)
    yield "pick: the shares {targets} of -ln p add up to {losses}"
    return (yield from weighed(losses, weights))


def cross_entropy_backward(
    grad: Array | float,
    logits: Array,
    targets: Array,
    *,
    class_weights: Array | None = None,
    ignore_index: int | None = None,
    weights: Array | float | None = None,
    reduction: Reduction = "none",
) -> Floats:
    """Gradient of `cross_entropy` by the logits: p sum(w q) - w q, so p - q where nothing is weighted.

    Parameters
    ----------
    grad : () or (N,) array
        By the loss. The other arguments are those of `cross_entropy`.
    logits : (N, K) array

    Returns
    -------
    grad_logits : (N, K) float array, dtype of `logits`

    Notes
    -----
    With S = sum exp z_k and one true class u: L = ln S - z_u, so dL/dz_c = exp(z_c) / S - [c = u]. Each share of a
    class adds such a term.

    Examples
    --------
    >>> cross_entropy_backward([1], np.log([[1.0, 3.0]]), [1])
    array([[ 0.25, -0.25]])
    """
    logits, shares, _, _, scale, _ = check_cross_entropy(
        logits,
        targets,
        class_weights=class_weights,
        ignore_index=ignore_index,
        weights=weights,
        reduction=reduction,
    )
    return spread(grad, softmax(logits) * shares.sum(axis=1, keepdims=True) - shares, *scale)
