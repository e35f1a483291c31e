"""R-CNN's support vector machines as a loss of their weights (LOSS-6).

    L = 0.5 |w|^2 + 0.5 (b / B)^2 + C sum of c_i max(0, 1 - y_i z_i),    z_i = w x_i + b,  c_i = 2 for positives, else 1
    dL/dw = w - C sum over the violated of c_i y_i x_i        dL/db = b / B^2 - C sum over the violated of c_i y_i

one machine per class, side by side and added. `fit_linear_svm` finds the least of it by its dual problem.

Letters: N examples, D features, K classes. Source: R. Girshick et al., R-CNN, CVPR 2014; rcnn, rcnn_train.m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.hinge import check_marks
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_rcnn_svm_loss(weights, bias, features, labels, *, cost=1e-3, positive_weight=2.0, bias_scale=10.0):
    """Everything in the common precision of weights and features, in shapes that fit."""
    dtype = np.result_type(loss_checks.table(weights, "weights"), loss_checks.table(features, "features"))
    bounds = loss_checks.product_bounds(dtype)
    weights = loss_checks.table(weights, "weights", dtype=dtype, **bounds)
    features = loss_checks.table(features, "features", len(weights), dtype=dtype, **bounds)
    bias = loss_checks.numbers(bias, "bias", dtype, **bounds)
    bias = loss_checks.shaped(bias, "bias", weights.shape[1:], "one number per class")
    labels = check_marks(labels, "labels", (len(features), weights.shape[1]), dtype)
    most = bounds["most"]
    return (
        *(weights, bias, features, labels),
        loss_checks.number(cost, "cost", dtype, most=most),
        loss_checks.number(positive_weight, "positive_weight", dtype, most=most),
        loss_checks.number(bias_scale, "bias_scale", dtype, least=1 / most, most=most),
    )


@stepwise(check=check_rcnn_svm_loss)
def rcnn_svm_loss(
    weights: Array,
    bias: Array,
    features: Array,
    labels: Array,
    *,
    cost: float = 1e-3,
    positive_weight: float = 2.0,
    bias_scale: float = 10.0,
) -> Steps[dict[str, np.floating]]:
    """Length of the weights plus what is paid for examples within the margin.

    Parameters
    ----------
    weights : (D, K) array
        A machine per column; these and the features up to 1.7e7 in size in float32, 6.3e57 in float64.
    bias : (K,) array
    features : (N, D) array
        An example per row.
    labels : (N, K) array
        1 for a positive and -1 for a negative example of the class, 0 for one that takes no part.
    cost : float, 0 or more
        C.
    positive_weight : float, 0 or more
        How much dearer positive examples are.
    bias_scale : float above 0
        B: the larger, the less the bias is regularised.

    Returns
    -------
    terms : dict of "regularizer", "hinge" and "total"
        Numbers of the dtype of weights and features together; total = regularizer + cost * hinge.

    Raises
    ------
    ValueError, TypeError
        Shapes that don't fit; numbers that are not finite or larger than above; labels other than -1, 0 and 1.

    Notes
    -----
    regularize. Half the squared lengths of the weights and of b / B.
    hinge.      The sum of what each example lacks to its margin, twice that of a positive one.
    total.      Their sum, the hinge times C.

    LOSS-6, with its C = 0.001 and B = 10 by default.

    Examples
    --------
    Two examples on a line, at 2 and -1; the second lacks 1/2 to the margin of w = 1/2, b = 0:

    >>> terms = rcnn_svm_loss([[0.5]], [0.0], [[2.0], [-1.0]], [[1], [-1]], cost=10)
    >>> print({name: value.item() for name, value in terms.items()})
    {'regularizer': 0.125, 'hinge': 0.5, 'total': 5.125}
    """
    regularizer = (weights**2 / 2).sum() + ((bias / bias_scale) ** 2 / 2).sum()
    yield "regularize: half the squared lengths of weights and bias, {regularizer}"
    lack = np.maximum(0, 1 - labels * (features @ weights + bias))  # (N, K)
    hinge = (np.where(labels > 0, positive_weight, np.abs(labels)) * lack).sum()
    yield "hinge: what the examples lack to their margins, positive ones dearer, {hinge}"
    total = regularizer + cost * hinge
    yield "total: regularizer plus {cost} times hinge, {total}"
    return {"regularizer": regularizer, "hinge": hinge, "total": total}


@stepwise(check=loss_checks.of_gradient(check_rcnn_svm_loss))
def rcnn_svm_loss_backward(
    grad: Array | float,
    weights: Array,
    bias: Array,
    features: Array,
    labels: Array,
    *,
    cost: float = 1e-3,
    positive_weight: float = 2.0,
    bias_scale: float = 10.0,
) -> Steps[tuple[Floats, Floats]]:
    """Gradient of `rcnn_svm_loss`'s total by weights and bias, as above; an example at its margin adds nothing.

    Parameters
    ----------
    grad : () array
        By the total. The other arguments are those of `rcnn_svm_loss`.
    weights : (D, K) array
    bias : (K,) array

    Returns
    -------
    grad_weights : (D, K) float array, dtype of `weights` and `features` together
    grad_bias : (K,) float array, dtype of `weights` and `features` together

    Notes
    -----
    violate. Which examples lack something to their margin.
    pull.    What each of these weighs, with its sign.
    weights. The weights, less C times the features that pull.
    bias.    The bias over B squared, less C times the pulls.

    Examples
    --------
    >>> rcnn_svm_loss_backward(1, [[0.5]], [0.0], [[2.0], [-1.0]], [[1], [-1]], cost=10)
    (array([[-9.5]]), array([10.]))
    """
    violated = labels * (features @ weights + bias) < 1
    yield "violate: score times label is below 1 as {violated} says"
    pull = np.where(labels > 0, positive_weight, np.abs(labels)) * labels * violated  # (N, K), c y
    yield "pull: these pull with {pull}"
    by_weights = grad * (weights - cost * (features.T @ pull))
    yield "weights: less {cost} times the features that pull they have {by_weights}"
    by_bias = grad * (bias / bias_scale**2 - cost * pull.sum(axis=0))
    yield "bias: less {cost} times the pulls it has {by_bias}"
    return by_weights, by_bias
