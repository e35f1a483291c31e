"""Certificates of R-CNN's classical stages: the gradient is 0, the gap between primal and dual is closed."""

from __future__ import annotations

import numpy as np

from refdet.classical.ridge_boxes import VARIANCE
from refdet.cli.certificates.nearness import LIMITS, at_most, near


def ridge_boxes(a, found):
    """RCNN-7: at the least value of |t - F w|^2 + ridge |w|^2 the gradient is 0."""
    features, targets = np.asarray(a.features, np.float64), np.asarray(a.targets, np.float64).reshape(-1, 4)
    labels, slopes, roots, means, empty = np.asarray(a.labels, np.int64), True, True, True, True
    for k in range(a.num_classes):
        own, weights, spread = labels == k, found.weights[k], found.spread[k]
        wanted = targets[own]
        if not own.any():
            empty &= not weights.any() and not found.bias[k].any()
        centre = (
            np.array([sum(column) / len(column) for column in wanted.T])
            if a.whiten and own.any()
            else np.zeros(4)
        )
        covariance = (
            (wanted - centre).T @ (wanted - centre) / len(wanted) + VARIANCE * np.eye(4)
            if a.whiten and own.any()
            else np.eye(4)
        )
        means &= near(found.mean[k], centre, size=np.abs(wanted).max(initial=0.0))
        roots &= near(spread @ spread, covariance) and near(spread, spread.T)
        rows, whole = features[own], weights
        if a.bias:
            rows, whole = np.column_stack([rows, np.ones(len(rows))]), np.vstack([weights, found.bias[k]])
        else:
            empty &= not found.bias[k].any()
        answers = np.linalg.solve(spread, (wanted - centre).T).T
        pull, weight = rows.T @ answers, a.ridge * whole
        reach = np.abs(rows).T @ (np.abs(rows) @ np.abs(whole))
        slopes &= near(weight + rows.T @ (rows @ whole), pull, "objective", size=reach)
    yield "of every weight the gradient of squared errors plus ridge is 0", slopes
    yield "the mean is that of the targets of the class, or 0", means
    yield "the spread is symmetric, its square their covariance, or 1", roots
    yield "nothing is learnt without examples, and no bias where none is wanted", empty


def linear_svm(a, found):
    """RCNN-5: both objectives anew from their definitions; between them lies the optimum."""
    features, labels = np.asarray(a.features, np.float64), np.asarray(a.labels, np.float64)
    labels = labels[:, None] if labels.ndim == 1 else labels
    prices = a.cost * np.where(labels > 0, a.positive_weight, 1.0) * (labels != 0)
    alpha, squared = found.alpha, a.loss == "squared_hinge"
    upper = np.where(prices > 0, np.inf, 0.0) if squared else prices
    yield "each dual variable lies between 0 and its price", bool(((alpha >= 0) & (alpha <= upper)).all())
    whole = np.vstack([features.T, np.full((1, len(features)), a.bias_scale)]) @ (alpha * labels)
    size = np.abs(features).max(initial=0.0) * np.abs(alpha).sum(initial=0.0)
    yield "the weights are the sum of alpha y x", near(found.weights, whole[:-1], size=size)
    yield (
        "and the bias that of alpha y, times the squared scale",
        near(found.bias, a.bias_scale * whole[-1], size=size * a.bias_scale**2),
    )
    lack = np.maximum(0, 1 - labels * (features @ whole[:-1] + a.bias_scale * whole[-1]))
    length = np.array([sum(w * w for w in column) / 2 for column in whole.T])
    primal = length + (prices * lack ** (1 + squared)).sum(axis=0)
    pairs = np.divide(alpha**2, 4 * prices, out=np.zeros_like(alpha), where=squared & (prices > 0))
    dual = alpha.sum(axis=0) - length - pairs.sum(axis=0)
    yield "half the squared length plus the losses is the primal", near(found.primal, primal, "objective")
    yield (
        "the sum of alpha less half the squared length is the dual",
        near(found.dual, dual, "objective", size=primal),
    )
    yield from _gap(found, a.tolerance)


def _gap(found, tolerance):
    yield "the dual is not over the primal", at_most(found.dual, found.primal, "objective")
    slack = LIMITS["objective"] * np.abs(found.primal)
    is_open = (found.primal - found.dual > tolerance * found.primal + slack).any()
    words = "the gap between them is within the tolerance"
    yield (words + ": the sweeps ended before", None) if is_open else (words, True)


def hard_negatives(a, found):
    """SMP-5: which negatives were kept is not in the result; the dual holds for all, and so does the length."""
    yield "without a scale there is no bias", bool(a.bias_scale) or not found.bias.any()
    scaled = found.bias / a.bias_scale if a.bias_scale else 0 * found.bias
    length = (np.asarray(found.weights, np.float64) ** 2).sum(axis=0) / 2 + scaled**2 / 2
    words = "the sum of alpha less half the squared length is the dual"
    yield words, near(found.dual, found.alpha.sum(axis=0) - length, "objective", size=found.primal)
    yield from _gap(found, a.tolerance)
    prices = a.cost * max(1.0, a.positive_weight)
    yield (
        "each dual variable lies between 0 and the highest price",
        bool(((found.alpha >= 0) & (found.alpha <= prices)).all()),
    )
    positives, marks = np.asarray(a.positives, np.float64), np.asarray(a.labels, np.float64)
    margin = marks * (positives @ found.weights + found.bias)
    own, price = (
        found.alpha[: len(marks)],
        a.cost * np.where(marks > 0, a.positive_weight, 1.0) * (marks != 0),
    )
    share = price * np.maximum(0, 1 - margin) + own * (
        margin - 1
    )  # of the gap; that of no example is below 0
    yield (
        "the positives have a part in the gap, and not more than all of it",
        bool((share >= -1e-9).all())
        and at_most(share.sum(axis=0), found.primal - found.dual, "objective", size=found.primal),
    )
    if not isinstance(a.images, (list, tuple)):
        yield "with all negatives the primal is not less: the images were walked through once", None
        return
    features = np.concatenate(
        [np.asarray(a.positives, np.float64), *(np.asarray(f, float) for f, _ in a.images)]
    )
    labels = np.concatenate([np.asarray(a.labels, np.float64), *(np.asarray(k, float) for _, k in a.images)])
    lack = np.maximum(0, 1 - labels * (features @ found.weights + found.bias)) * (labels != 0)
    losses = a.cost * np.where(labels > 0, a.positive_weight, 1.0) * lack
    positives = losses[: len(a.positives)].sum(axis=0)
    yield (
        "the primal holds the length and what the positives lack",
        at_most(length + positives, found.primal, "objective"),
    )
    yield (
        "with all negatives the primal is not less",
        at_most(found.primal, length + losses.sum(axis=0), "objective"),
    )


CERTIFICATES = {
    "fit_ridge_boxes": ridge_boxes,
    "fit_linear_svm": linear_svm,
    "mine_hard_negatives": hard_negatives,
}
