"""R-CNN's box regressors as a loss of their weights: ridge regression (LOSS-6).

    L = |t - F w|^2 + lambda |w|^2          dL/dw = -2 F' (t - F w) + 2 lambda w

F are the features of the proposals, a row each, t the deltas that would be right; a column of w for each of them. It
is least where (F'F + lambda I) w = F't.

Letters: N examples, D features, M targets.
Source: R. Girshick et al., R-CNN, CVPR 2014, Appendix C; rcnn, rcnn_train_bbox_regressor.m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_rcnn_ridge_loss(weights, features, targets, *, ridge=1000.0):
    """Everything in the common precision of weights and features, in shapes that fit."""
    dtype = np.result_type(loss_checks.table(weights, "weights"), loss_checks.table(features, "features"))
    bounds = loss_checks.product_bounds(dtype)
    weights = loss_checks.table(weights, "weights", dtype=dtype, **bounds)
    features = loss_checks.table(features, "features", len(weights), dtype=dtype, **bounds)
    targets = loss_checks.numbers(targets, "targets", dtype, **bounds)
    shape = (len(features), weights.shape[1])
    targets = loss_checks.shaped(
        targets, "targets", shape, "a row per example, a column per column of weights"
    )
    return weights, features, targets, loss_checks.number(ridge, "ridge", dtype, most=bounds["most"])


@stepwise(check=check_rcnn_ridge_loss)
def rcnn_ridge_loss(
    weights: Array, features: Array, targets: Array, *, ridge: float = 1000.0
) -> Steps[dict[str, np.floating]]:
    """Squared errors of the predicted deltas plus the squared length of the weights.

    Parameters
    ----------
    weights : (D, M) array
        A regressor per column; these, features and targets up to 1.7e7 in size in float32, 6.3e57 in float64.
    features : (N, D) array
        A proposal per row; pool5 features in R-CNN. A column of ones makes a bias, which is regularised too.
    targets : (N, M) array
        What each regressor should answer: the four deltas of `encode_rcnn`.
    ridge : float, 0 or more
        lambda, 1000 in R-CNN.

    Returns
    -------
    terms : dict of "error", "regularizer" and "total"
        Numbers of the dtype of weights and features together; total = error + ridge * regularizer.

    Raises
    ------
    ValueError, TypeError
        Shapes that don't fit; numbers that are not finite or larger than above.

    Notes
    -----
    error.      The sum of the squared differences.
    regularize. The squared length of the weights.
    total.      Their sum, the length times lambda.

    LOSS-6.

    Examples
    --------
    >>> terms = rcnn_ridge_loss([[0.5]], [[2.0], [4.0]], [[1.0], [1.0]], ridge=4)
    >>> print({name: value.item() for name, value in terms.items()})
    {'error': 1.0, 'regularizer': 0.25, 'total': 2.0}
    """
    errors = targets - features @ weights  # (N, M)
    error = (errors**2).sum()
    yield "error: the squared differences from the targets, {error}"
    regularizer = (weights**2).sum()
    yield "regularize: the squared length of the weights, {regularizer}"
    total = error + ridge * regularizer
    yield "total: error plus {ridge} times length, {total}"
    return {"error": error, "regularizer": regularizer, "total": total}


def rcnn_ridge_loss_backward(
    grad: Array | float, weights: Array, features: Array, targets: Array, *, ridge: float = 1000.0
) -> Floats:
    """Gradient of `rcnn_ridge_loss`'s total by the weights: 2 lambda w - 2 F' (t - F w).

    Parameters
    ----------
    grad : () array
        By the total. The other arguments are those of `rcnn_ridge_loss`.
    weights : (D, M) array

    Returns
    -------
    grad_weights : (D, M) float array, dtype of `weights` and `features` together

    Examples
    --------
    At w = F't / (F'F + lambda) = 6 / 24 nothing pulls:

    >>> rcnn_ridge_loss_backward(1, [[0.25]], [[2.0], [4.0]], [[1.0], [1.0]], ridge=4)
    array([[0.]])
    """
    weights, features, targets, ridge = check_rcnn_ridge_loss(weights, features, targets, ridge=ridge)
    grad = loss_checks.total_gradient(grad, weights.dtype)
    return grad * 2 * (ridge * weights - features.T @ (targets - features @ weights))
