"""R-CNN's box regressors: ridge regression in closed form, one for each class and coordinate (RCNN-7, LOSS-6).

A proposal that scores well is often a little off: an edge is missed, it is too large, its aspect is wrong. What its
features show of the object says in which direction. The targets are the deltas of `encode_rcnn`, linear in the
features; the squared length of the weights is paid for, because a class has few examples and thousands of features.

Letters: N examples, D features, K classes; F (N, D) features, Y (N, 4) targets, L lower triangle.
Source: R. Girshick et al., R-CNN, CVPR 2014, Appendix C; rcnn, rcnn_train_bbox_regressor.m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.boxes.rcnn import decode_rcnn
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.stepwise import Steps, stepwise

# Products of three numbers of this size are finite in float64, and so are sums of many.
LARGEST = 1e30
SMALLEST = 1e-30
# Added to the variances of whitened targets, so that one of 0 can be divided by.
VARIANCE = 1e-3


@dataclass(frozen=True, eq=False)
class RidgeBoxes:
    """Regressors of K classes: class k predicts ``(features @ weights[k] + bias[k]) @ spread[k] + mean[k]``."""

    weights: NDArray[np.float64]
    """(K, D, 4); 0 for a class without examples."""
    bias: NDArray[np.float64]
    """(K, 4)."""
    mean: NDArray[np.float64]
    """(K, 4) of the targets; 0 where they were not whitened."""
    spread: NDArray[np.float64]
    """(K, 4, 4) symmetric root of the targets' covariance; the identity where they were not whitened."""

    def predict(self, features: Array, labels: Array) -> NDArray[np.floating]:
        """The deltas of each proposal for its class.

        Parameters
        ----------
        features : (N, D) array
        labels : (N,) integer array
            Whose regressor to ask, 0 to K - 1.

        Returns
        -------
        deltas : (N, 4) float array, dtype of `features`
            dx, dy, dw, dh; 0 for a class that had no examples.

        Raises
        ------
        ValueError, TypeError
            Another number of features, a class that is not there, numbers that are not finite.
        """
        features = _features(features, self.weights.shape[1])
        labels = _labels(labels, len(features), len(self.weights))
        deltas = np.zeros((len(features), 4))
        for label in np.unique(labels):
            own = labels == label
            answers = features[own] @ self.weights[label] + self.bias[label]
            deltas[own] = answers @ self.spread[label] + self.mean[label]
        with np.errstate(over="ignore"):
            return deltas.astype(features.dtype)

    def refine(
        self, boxes: Array, features: Array, labels: Array, *, convention: Convention = REFDET
    ) -> NDArray[np.floating]:
        """The proposals moved to where the regressor of their class sees the object.

        Parameters
        ----------
        boxes : (N, 4) array
            Proposals: corners in continuous pixels.
        features : (N, D) array
            Of the proposals as they are: R-CNN refines once, it does not look again.
        labels : (N,) integer array
        convention : Convention
            `coder`; the one that made the targets.

        Returns
        -------
        refined : (N, 4) float array, dtype of `boxes` and `features` together
            Not clipped to the image.

        Raises
        ------
        ValueError, TypeError
            As `predict` and `decode_rcnn`.
        """
        return decode_rcnn(self.predict(features, labels), boxes, convention=convention)


def check_fit_ridge_boxes(features, labels, targets, num_classes, *, ridge=1000.0, bias=True, whiten=True):
    """Features (N, D) and targets (N, 4) in float64, a class for each, two flags."""
    num_classes = checks.whole_number(num_classes, "num_classes", 0, below=2**31)
    features = _features(features).astype(np.float64)
    labels = _labels(labels, len(features), num_classes)
    targets = checks.real_array(targets, "targets").astype(np.float64)
    targets = targets.reshape(0, 4) if targets.shape == (0,) else targets
    if targets.shape != (len(features), 4):
        raise ValueError(f"targets: shape is {targets.shape}; wanted ({len(features)}, 4), dx, dy, dw, dh")
    checks.reject_beyond(targets, "targets", LARGEST)
    ridge = checks.real_number(ridge, "ridge")
    if not SMALLEST <= ridge <= LARGEST:
        raise ValueError(f"ridge: {ridge} came; wanted a number from {SMALLEST} to {LARGEST}")
    bias, whiten = object_checks.flag(bias, "bias"), object_checks.flag(whiten, "whiten")
    return features, labels, targets, num_classes, ridge, bias, whiten


@stepwise(check=check_fit_ridge_boxes)
def fit_ridge_boxes(
    features: Array,
    labels: Array,
    targets: Array,
    num_classes: int,
    *,
    ridge: float = 1000.0,
    bias: bool = True,
    whiten: bool = True,
) -> Steps[RidgeBoxes]:
    """The weights w of every class and coordinate for which |t - F w|^2 + lambda |w|^2 is least.

    Parameters
    ----------
    features : (N, D) array
        A proposal per row, those of `regression_pairs`; computed in float64. R-CNN takes pool5 features, scaled to a
        mean length of 20.
    labels : (N,) integer array
        The class of each, 0 to `num_classes` - 1: only its regressors learn from it.
    targets : (N, 4) array
        The deltas that would be right, of `encode_rcnn`.
    num_classes : int
        K.
    ridge : float from 1e-30 to 1e30
        lambda; 1000 in R-CNN.
    bias : bool
        Append a feature of ones, whose weight is the bias; it is paid for like the others. In R-CNN's code, not in its
        paper.
    whiten : bool
        Learn targets of mean 0 and covariance one (nearly: 0.001 is added to the variances), and turn the answers
        back. Then the four coordinates weigh alike, and a large ridge leaves the mean instead of nothing. In
        R-CNN's code, not in its paper.

    Returns
    -------
    regressors : RidgeBoxes

    Raises
    ------
    ValueError, TypeError
        Wrong shapes, numbers that are not finite or beyond 1e30, a class that is not there; a ridge so small beside
        the features that rounding hides it, where these depend on each other.

    Notes
    -----
    whiten. Subtract the mean of the targets and multiply by the inverse root of their covariance.
    gram.   F'F + lambda I and F'Y, of the examples of one class.
    factor. L L' = F'F + lambda I, by Cholesky: it is symmetric and positive.
    solve.  L z = F'Y from above, then L' w = z from below; the four coordinates at once.

    LOSS-6, RCNN-7; the course notes name neither the threshold of the pairs nor lambda, pool5 or the classes (ERR-12).
    The paper writes the inverse of F'F + lambda I; nothing is inverted here. Each class has the steps anew.

    References
    ----------
    A. E. Hoerl, R. W. Kennard, Ridge Regression: Biased Estimation for Nonorthogonal Problems, Technometrics 1970.

    Examples
    --------
    Two examples with one feature: w = F't / (F'F + lambda) = (2 * 1 + 4 * 1) / (4 + 16 + 4) for dx, and twice that
    for dw:

    >>> targets = [[1, 0, 2, 0], [1, 0, 2, 0]]
    >>> fitted = fit_ridge_boxes([[2.0], [4.0]], [0, 0], targets, 1, ridge=4, bias=False, whiten=False)
    >>> fitted.weights.round(9)
    array([[[0.25, 0.  , 0.5 , 0.  ]]])

    A proposal with feature 4 moves by its own width, and grows:

    >>> fitted.refine([[0, 0, 2, 2]], [[4.0]], [0]).round(6)
    array([[-4.389056,  0.      , 10.389056,  2.      ]])
    """
    columns = features.shape[1]
    weights, biases = np.zeros((num_classes, columns, 4)), np.zeros((num_classes, 4))
    mean, spread = np.zeros((num_classes, 4)), np.tile(np.eye(4), (num_classes, 1, 1))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        examples, wanted = features[members], targets[members]
        if bias:
            examples = np.column_stack([examples, np.ones(len(members))])
        if whiten:
            mean[label] = wanted.mean(axis=0)
            spread[label], unspread = _roots(wanted - mean[label])
            wanted = (wanted - mean[label]) @ unspread
            yield "whiten: of class {label} the targets are {wanted}"
        gram = examples.T @ examples + ridge * np.eye(examples.shape[1])
        moment = examples.T @ wanted  # (D, 4)
        yield "gram: F'F + {ridge} I is {gram}, F'Y is {moment}"
        lower = _cholesky(gram, ridge)
        yield "factor: its lower triangle is {lower}"
        solution = _from_below(lower.T, _from_above(lower, moment))
        weights[label], biases[label] = solution[:columns], solution[columns:].sum(axis=0)
        yield "solve: the weights of class {label} are {solution}"
    return RidgeBoxes(weights, biases, mean, spread)


def _roots(centred):
    """The symmetric root of the covariance of targets (N, 4), and the inverse of that root."""
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    roots = np.sqrt(np.maximum(variances, 0) + VARIANCE)
    return directions * roots @ directions.T, directions / roots @ directions.T


def _cholesky(gram, ridge):
    try:
        return np.linalg.cholesky(gram)
    except np.linalg.LinAlgError:
        raise ValueError(
            f"ridge: {ridge} came, nothing beside features whose squares sum to {gram.max():.3g}; wanted a larger one"
        ) from None


def _from_above(lower, right):
    """The z for which lower z = right."""
    solution = np.zeros_like(right)
    for i, row in enumerate(lower):
        solution[i] = (right[i] - row[:i] @ solution[:i]) / row[i]
    return solution


def _from_below(upper, right):
    """The w for which upper w = right."""
    return _from_above(upper[::-1, ::-1], right[::-1])[::-1]


def _features(value, columns=None):
    """`value` as (N, D) numbers that can be multiplied."""
    array = checks.real_array(value, "features")
    if array.shape == (0,):
        array = array.reshape(0, columns or 0)
    if array.ndim != 2 or (columns is not None and array.shape[1] != columns):
        raise ValueError(
            f"features: shape is {array.shape}; wanted (N, {'D' if columns is None else columns})"
        )
    checks.reject_beyond(array, "features", LARGEST)
    return array


def _labels(value, count, num_classes):
    """`value` as (count,) classes below `num_classes`."""
    labels = checks.whole_numbers(value, "labels", (count,), "one class per row of features")
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(f"labels: row {row} is {labels[row]}; wanted 0 to {num_classes - 1}")
    return labels
