"""Linear support vector machines by dual coordinate descent, one for each class (RCNN-5, LOSS-6).

An example that is on the right side of the margin costs nothing; the dual has one variable per example,
and for a linear machine one of them can be set to its best value in the time of one dot product. The
gap between the primal and the dual objective bounds what is still to be won.

Letters: N examples, D features, K classes, W (D, K) weights.
Source: C.-J. Hsieh et al., A Dual Coordinate Descent Method for Large-scale Linear SVM, ICML 2008,
algorithms 1 and 3.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise

# Products of five numbers of this size are finite.
LARGEST = 1e30
# Along a flatter direction a dual variable goes to its bound, 1e60 at most: an example of zeros without a bias.
FLATTEST = 1e-61


class ConvergenceWarning(UserWarning):
    """The sweeps ran out before the gap was as small as asked."""


@dataclass(frozen=True, eq=False)
class LinearSVM:
    """K machines side by side; ``features @ weights + bias`` is positive where a class is seen."""

    weights: NDArray[np.floating]
    """(D, K), dtype of the features."""
    bias: NDArray[np.floating]
    """(K,), dtype of the features."""
    alpha: NDArray[np.float64]
    """(N, K) float64 dual variables; 0 for an example that the machine does not rest on."""
    primal: NDArray[np.float64]
    """(K,) regulariser plus losses."""
    dual: NDArray[np.float64]
    """(K,) lower bound of the primal's minimum."""

    @property
    def gap(self) -> NDArray[np.float64]:
        """(K,) share of the primal that may still be won: the optimum lies at most that far below it."""
        return _gap(self.primal, self.dual)

    def decision(self, features: Array) -> NDArray[np.floating]:
        """Signed distance from the plane in units of the margin: (..., D) to (..., K)."""
        return features @ self.weights + self.bias


def check_fit_linear_svm(
    features,
    labels,
    cost=1.0,
    *,
    rng,
    positive_weight=1.0,
    bias_scale=1.0,
    loss="hinge",
    tolerance=1e-3,
    max_epochs=1000,
    start=None,
    names=("features", "labels"),
):
    """Features, labels and start as float arrays (N, D), (N, K) and (N, K), numbers in their ranges."""
    features = checks.real_array(features, names[0])
    if features.ndim != 2:
        raise ValueError(f"{names[0]}: shape is {features.shape}; wanted two axes, one row per example")
    checks.reject_beyond(features, names[0], LARGEST)
    labels = check_marks(labels, names[1])
    labels = labels[:, None] if labels.ndim == 1 else labels
    if labels.ndim != 2 or len(labels) != len(features):
        raise ValueError(f"{names[1]}: shape is {labels.shape}; wanted ({len(features)}, K)")
    object_checks.generator(rng, "rng")
    object_checks.option(loss, "loss", ("hinge", "squared_hinge"))
    cost, positive_weight, tolerance = (
        _above_zero(value, name)
        for value, name in ((cost, "cost"), (positive_weight, "positive_weight"), (tolerance, "tolerance"))
    )
    bias_scale = checks.real_number(bias_scale, "bias_scale")
    if abs(bias_scale) > LARGEST:
        raise ValueError(f"bias_scale: {bias_scale} came; wanted a number up to {LARGEST}")
    max_epochs = checks.whole_number(max_epochs, "max_epochs", 0)
    start = np.zeros(labels.shape) if start is None else checks.real_array(start, "start").astype(np.float64)
    if start.shape != labels.shape or not (start >= 0).all() or start[labels == 0].any():
        raise ValueError(f"start: wanted {labels.shape} dual variables, 0 or more, and 0 where a label is 0")
    return features, labels, cost, rng, positive_weight, bias_scale, loss, tolerance, max_epochs, start


@stepwise(check=check_fit_linear_svm)
def fit_linear_svm(
    features: Array,
    labels: Array,
    cost: float = 1.0,
    *,
    rng: np.random.Generator,
    positive_weight: float = 1.0,
    bias_scale: float = 1.0,
    loss: Literal["hinge", "squared_hinge"] = "hinge",
    tolerance: float = 1e-3,
    max_epochs: int = 1000,
    start: Any = None,
) -> Steps[LinearSVM]:
    """Train a linear machine for each column of labels, to a relative duality gap.

    Minimises 0.5 |w|^2 + 0.5 (b / B)^2 + sum of C_i max(0, 1 - y_i (w x_i + b)), or of its squares, where C_i
    is `cost`, times `positive_weight` for positive examples, and B is `bias_scale`.

    Parameters
    ----------
    features : (N, D) array
        One example per row; computed in float64.
    labels : (N,) or (N, K) array of -1, 0 and 1
        1 for a positive and -1 for a negative example of the class; 0 takes no part in that class.
    cost : float above 0
        Price of a violated margin, C.
    rng : numpy.random.Generator
        Order of the examples in each sweep.
    positive_weight : float above 0
        How much dearer positive examples are; 2 in R-CNN.
    bias_scale : float
        The bias is the weight of one more feature of this constant value, as in LIBLINEAR, so it is
        regularised, the less the larger the value; 10 in R-CNN, and 0 means no bias.
    loss : {"hinge", "squared_hinge"}
    tolerance : float above 0
        A class is done when its gap is at most this share of its primal objective, which then lies within the same
        share of the optimum.
    max_epochs : int
        Sweeps at most; the result's `gap` tells how far each class came.
    start : (N, K) array, optional
        Dual variables to start from, such as those of an earlier training on part of the examples.

    Returns
    -------
    svm : LinearSVM

    Raises
    ------
    ValueError, TypeError
        Wrong shapes or labels, non-finite features, numbers out of range.

    Warns
    -----
    ConvergenceWarning
        A gap is above `tolerance` after `max_epochs` sweeps. Long features and a high cost need many: scale the
        features, as R-CNN does to a mean length of 20, or lower the cost.

    Notes
    -----
    measure. Primal and dual objective of every class at the present dual variables.
    sweep.   In random order, give each dual variable that is not at rest its best value within 0 and C_i.

    LOSS-6 is this with cost 0.001, positive_weight 2 and bias_scale 10. Differs from the paper: all
    classes share one sweep; instead of shrinking, the exact gradient at the start of a sweep says which
    examples are at rest; the gap, not the gradient, ends it.

    References
    ----------
    C.-J. Hsieh, K.-W. Chang, C.-J. Lin, S. S. Keerthi, S. Sundararajan, ICML 2008.

    Examples
    --------
    Two points, at 1 and -1 on a line, no bias: both lie on the margin at w = 1, and |w|^2 / 2 is all there is to pay.

    >>> rng = np.random.default_rng(0)
    >>> svm = fit_linear_svm([[1.0], [-1.0]], [1, -1], 10, bias_scale=0, tolerance=1e-9, rng=rng)
    >>> svm.weights, svm.primal, svm.dual
    (array([[1.]]), array([0.5]), array([0.5]))
    """
    examples = np.column_stack([features, np.full(len(features), bias_scale)])  # (N, D + 1), float64
    prices = cost * np.where(labels > 0, positive_weight, 1.0) * (labels != 0)  # (N, K), C_i
    upper, softness = _box(prices, loss)
    curvature = np.maximum((examples**2).sum(axis=1)[:, None] + softness, FLATTEST)  # (N, 1) with (N, K)
    alpha, epoch = np.minimum(start, upper), 0
    while True:
        weights = examples.T @ (alpha * labels)  # (D + 1, K)
        margin = labels * (examples @ weights)  # (N, K)
        primal, dual = _objectives(weights, margin, alpha, prices, softness, loss)
        yield "measure: before sweep {epoch} the primal is {primal}, the dual {dual}"
        unfinished = _gap(primal, dual) > tolerance
        if not unfinished.any() or epoch == max_epochs:
            break
        slope = margin - 1 + softness * alpha  # (N, K), of the dual that is to fall
        at_rest = (slope == 0) | ((alpha <= 0) & (slope > 0)) | ((alpha >= upper) & (slope < 0))
        restless = np.flatnonzero(~at_rest[:, unfinished].all(axis=1))
        for i in rng.permutation(restless):
            slope = labels[i] * (examples[i] @ weights) - 1 + softness[i] * alpha[i]  # (K,)
            best = np.minimum(np.maximum(alpha[i] - slope / curvature[i], 0), upper[i])
            weights += examples[i, :, None] * ((best - alpha[i]) * labels[i])  # (D + 1, 1) with (K,)
            alpha[i] = best
        epoch += 1
        yield "sweep: {restless} were not at rest"
    if unfinished.any():
        _warn(primal, dual, tolerance, max_epochs)
    bias = bias_scale * weights[-1]
    return LinearSVM(weights[:-1].astype(features.dtype), bias.astype(features.dtype), alpha, primal, dual)


def _box(prices, loss):
    """Upper bounds of the dual variables, and what the squared loss adds to the diagonal."""
    softness = np.zeros_like(prices)
    if loss == "hinge":
        return prices, softness
    takes_part = prices > 0
    return np.where(takes_part, np.inf, 0.0), np.divide(0.5, prices, out=softness, where=takes_part)


def _objectives(weights, margin, alpha, prices, softness, loss):
    """Primal and dual objective, (K,) each."""
    regulariser = 0.5 * (weights**2).sum(axis=0)
    violation = np.maximum(0, 1 - margin)
    losses = violation if loss == "hinge" else violation**2
    primal = regulariser + (prices * losses).sum(axis=0)
    return primal, alpha.sum(axis=0) - regulariser - 0.5 * (softness * alpha**2).sum(axis=0)


def _gap(primal, dual):
    """Relative duality gap; a primal of 0, of a class without examples, is at its optimum."""
    return np.divide(primal - dual, primal, out=np.zeros_like(primal), where=primal > 0)


def _warn(primal, dual, tolerance, max_epochs):
    gap = _gap(primal, dual)
    warnings.warn(
        f"fit_linear_svm: after {max_epochs} sweeps class {gap.argmax()} has a gap of {gap.max():.2g}; wanted "
        f"{tolerance:g} (scale the features, lower the cost, or raise max_epochs)",
        ConvergenceWarning,
        stacklevel=2,
    )


def check_marks(value, name):
    """`value` as float64 labels of -1, 0 and 1."""
    array = checks.real_array(value, name).astype(np.float64)
    if not np.isin(array, (-1, 0, 1)).all():
        raise ValueError(f"{name}: wanted 1 for positive, -1 for negative, 0 for no part")
    return array


def _above_zero(value, name):
    number = checks.real_number(value, name)
    if not 0 < number <= LARGEST:
        raise ValueError(f"{name}: {number} came; wanted a number above 0, up to {LARGEST}")
    return number
