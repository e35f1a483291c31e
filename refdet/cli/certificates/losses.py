"""Certificates of losses: each term by its formula in plain floats; small steps cost what the gradient says."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from refdet import losses
from refdet.cli.certificates.nearness import LIMITS, between, near
from refdet.cli.certificates.overlap_gradients import kinks
from refdet.cli.certificates.overlaps import exact, is_plain, rows
from refdet.losses import softmax as soft
from refdet.losses.iou import LEAST

STEP = 1e-6
"""Of the largest number, or of 1 if all are 0; of the longest side of boxes."""


def _cost(z):
    """-ln of the logistic of z."""
    return math.log1p(math.exp(-abs(z))) + max(-z, 0.0)


def _entropy(z, y):
    return y * _cost(z) + (1 - y) * _cost(-z)


def _balance(y, a):
    return 1.0 if a.alpha is None else y * a.alpha + (1 - y) * (1 - a.alpha)


def _focal(z, y, a):
    wrong = y * math.exp(-_cost(-z)) + (1 - y) * math.exp(-_cost(z))
    return _balance(y, a) * wrong**a.gamma * _entropy(z, y)


def _quality(z, y, a):
    return _balance(y, a) * abs(math.exp(-_cost(z)) - y) ** a.gamma * _entropy(z, y)


def _smooth_l1(x, t, a):
    beta = 1 / a.sigma**2 if a.sigma is not None else 1.0 if a.beta is None else a.beta
    far = abs(x - t)
    return far**2 / 2 / beta if far < beta else far - beta / 2


def _hinge(z, y, a):
    price = a.positive_weight if y > 0 else abs(y)
    return price * max(0.0, 1 - y * z) ** (2 if a.form == "squared_hinge" else 1)


FORMULAS = {
    "sigmoid_focal_loss": ("inputs", "targets", _focal),
    "quality_focal_loss": ("inputs", "targets", _quality),
    "smooth_l1_loss": ("inputs", "targets", _smooth_l1),
    "hinge_loss": ("scores", "labels", _hinge),
}
BOXES = {
    "box_iou_loss": "iou",
    "generalized_box_iou_loss": "giou",
    "distance_box_iou_loss": "diou",
    "complete_box_iou_loss": "ciou",
}


def _terms(name, a):
    """The terms, which of them count, and the mass of each; None where the formula needs another convention."""
    if name in BOXES:
        return _box_terms(BOXES[name], a) if is_plain(a.convention.overlap) else None
    if name == "cross_entropy":
        return _class_terms(a)
    if name == "binary_cross_entropy_with_logits":
        z, y = np.asarray(a.logits, float), np.asarray(a.targets, float)
        yes = np.broadcast_to(1.0 if a.pos_weight is None else a.pos_weight, z.shape)
        values = [
            w * t * _cost(x) + (1 - t) * _cost(-x) for x, t, w in zip(z.flat, y.flat, yes.flat, strict=True)
        ]
        return np.reshape(values, z.shape), np.ones(z.shape), np.ones(z.shape)
    first, second, formula = FORMULAS[name]
    x, y = (np.asarray(getattr(a, part), float) for part in (first, second))
    terms = np.reshape([formula(*pair, a) for pair in zip(x.flat, y.flat, strict=True)], x.shape)
    return terms, y != 0 if name == "hinge_loss" else np.ones(x.shape), np.ones(x.shape)


def _box_terms(kind, a):
    """IOU-2 to IOU-5: 1 less the overlap, or the logarithm of one over it."""
    rule = dataclasses.replace(a.convention.overlap, beta=1.0) if kind == "ciou" else a.convention.overlap
    pairs = zip(rows(a.boxes1), rows(a.boxes2), strict=True)
    values = [exact(kind, pair, rule, getattr(a, "alpha_gate", None)) for pair in pairs]
    is_log = getattr(a, "form", "linear") == "log"
    terms = np.array([-math.log(max(value, LEAST)) if is_log else 1 - value for value in values])
    return terms, np.ones(len(terms)), np.ones(len(terms))


def _class_terms(a):
    """LOSS-1: of each row the shares times ln of the sum of exponentials, less the logit."""
    logits, targets = np.asarray(a.logits, float).tolist(), np.asarray(a.targets).tolist()
    terms, counted, mass = [], [], []
    for z, target in zip(logits, targets, strict=True):
        shares = (
            list(target)
            if isinstance(target, list)
            else [float(k == target and target != a.ignore_index) for k in range(len(z))]
        )
        counted.append(isinstance(target, list) or target != a.ignore_index)
        shares = (
            shares
            if a.class_weights is None
            else [s * w for s, w in zip(shares, a.class_weights, strict=True)]
        )
        top = max(z)
        total = top + math.log(math.fsum(math.exp(v - top) for v in z))
        terms.append(math.fsum(s * (total - v) for s, v in zip(shares, z, strict=True)))
        mass.append(math.fsum(shares))
    return np.array(terms), np.array(counted), np.array(mass)


def _reduced(found, a):
    """What the reduction makes of the terms."""
    terms, counted, mass = found
    weights = np.broadcast_to(1.0 if a.weights is None else a.weights, terms.shape) * counted
    if a.reduction == "none":
        return terms * weights
    by = {"sum": 1, "mean": np.count_nonzero(counted), "weighted_mean": (weights * mass).sum()}[a.reduction]
    return (terms * weights).sum() / (by or 1)


def leaf(name, *moved):
    """The certificate of a single loss."""

    def certificate(a, result):
        found = _terms(name, a)
        if found is None:
            yield "by the formula: this convention adds to the boxes or bounds them", None
        else:
            yield "by the formula, term by term in plain floats", near(result, _reduced(found, a), size=1e-3)
            yield "no term is below 0", bool((np.asarray(result) >= -1e-12).all())
        if _has_slopes(name, a):
            yield from _slopes(name, a, result, moved)
        else:
            yield (
                "a small step back and forth costs what the gradient says: not where it has no one slope",
                None,
            )

    return certificate


def _has_slopes(name, a):
    """Whether the gradient is that of the loss: CIoU's takes alpha for a constant (C-11), boxes that touch have two."""
    if name not in BOXES:
        return True
    rule = a.convention.overlap
    smooth = rule.inverted != "sorted" and rule.division != "distance" and name != "complete_box_iou_loss"
    boxes = [np.reshape(rows(part), (-1, 4)) for part in (a.boxes1, a.boxes2)]
    reach = 10 * STEP * _longest(boxes)
    return smooth and not kinks(boxes, rule.plus_one, reach, aligned=True).any()


def _longest(boxes):
    """The longest side."""
    return max(float(np.abs(part[:, 2:] - part[:, :2]).max(initial=0.0)) for part in boxes)


def _slopes(name, a, result, moved):
    """Whether a small step of all that moves changes the loss by the gradient, and only a little."""
    home = soft if "softmax" in name else losses
    shape = np.shape(result) if not isinstance(result, dict) else ()
    grad = 0.5 + np.random.default_rng(21).random(shape) if shape else 1.0  # above 0: convex stays convex
    slopes = getattr(home, name + "_backward")(grad, **vars(a))

    def loss(value):
        return float(np.sum(grad * (value["total"] if isinstance(value, dict) else value)))

    reach = _longest([np.asarray(getattr(a, part)) for part in moved]) if name in BOXES else None
    before, middle, after = yield from _steps(
        lambda **given: loss(getattr(home, name)(**given)), vars(a), slopes, moved, reach
    )
    moves = abs(after - middle) + abs(middle - before)
    yield (
        "and lies about the result",
        near(loss(result), (before + after) / 2, "slope", size=moves / LIMITS["slope"] + STEP),
    )


def _steps(loss, given, slopes, moved, reach=None):
    """Say whether the slopes are those of the loss, and return it before, at and after the place."""
    starts = [np.asarray(given[part], np.float64) for part in moved]
    ways = [_way(np.random.default_rng(i), np.shape(part)) for i, part in enumerate(starts)]
    reach = max(float(np.abs(part).max(initial=0.0)) for part in starts) if reach is None else reach
    step = STEP * (reach or 1.0)
    before, middle, after = (
        loss(
            **given | {part: x + sign * step * way for part, x, way in zip(moved, starts, ways, strict=True)}
        )
        for sign in (-1, 0, 1)
    )
    slopes = slopes if isinstance(slopes, tuple) else (slopes,)
    parts = [slope * way for slope, way in zip(slopes, ways, strict=False)]
    size = sum(np.abs(part).sum() for part in parts) + abs(middle) * 1e-14 / step / LIMITS["slope"]
    yield (
        "a small step back and forth costs what the gradient says",
        between(sum(map(np.sum, parts)), (middle - before) / step, (after - middle) / step, size=size),
    )
    return before, middle, after


def _way(rng, shape):
    """A direction that no number takes a small part in, so that a wrong slope of any is seen."""
    return rng.choice([-1.0, 1.0], shape) * (0.5 + rng.random(shape))


def gradient(name, *moved):
    """The certificate of the gradient of a total; all of these are smooth."""

    def certificate(a, result):
        given = {part: value for part, value in vars(a).items() if part != "grad"}

        def loss(**given):
            return float(a.grad) * float(getattr(losses, name)(**given)["total"])

        shapes = [np.shape(getattr(a, part)) for part in moved]
        yield "as many slopes as numbers that move", [part.shape for part in result] == shapes
        for part, slopes in zip(moved, result, strict=True):
            yield from _steps(loss, given, slopes, [part])

    return certificate


def svm_gradient(a, result):
    """LOSS-6 in plain loops: who stands within the margin pulls; on the margin nobody does."""
    features = np.asarray(a.features, float).tolist()
    labels = np.asarray(a.labels, float).reshape(len(features), -1).T.tolist()
    weights, bias = np.asarray(a.weights, float).T.tolist(), np.asarray(a.bias, float).ravel().tolist()
    slopes: list[list[float]] = []
    for w, b, marks in zip(weights, bias, labels, strict=True):
        slope = [*w, b / a.bias_scale**2]
        for x, y in zip(features, marks, strict=True):
            if y * (math.fsum(u * v for u, v in zip(w, x, strict=True)) + b) < 1:
                price = a.cost * (a.positive_weight if y > 0 else abs(y)) * y
                slope = [s - price * v for s, v in zip(slope, [*x, 1.0], strict=True)]
        slopes.append([float(a.grad) * s for s in slope])
    both = np.reshape(slopes, (len(weights), -1)).T
    size = np.abs(both).max(initial=0.0)
    yield "the weights less the features that pull", near(result[0], both[:-1], size=size)
    yield "the bias less the pulls", near(result[1], both[-1], size=size)


def rows_of_softmax(name):
    """LOSS-1: probabilities whose ratios are those of the exponentials."""

    def certificate(a, result):
        logits = np.asarray(a.logits, np.float64)
        logits = logits.reshape(0, 0) if logits.size == 0 and logits.ndim < 2 else logits
        probs = np.exp(result) if name == "log_softmax" else result
        yield (
            "the probabilities of a row add up to 1",
            near([math.fsum(row) for row in probs.tolist()], np.ones(len(probs))),
        )
        if name == "log_softmax":
            yield (
                "they differ as the logits do",
                near(
                    result - result.max(axis=1, keepdims=True, initial=-np.inf) if result.size else result,
                    logits - logits.max(axis=1, keepdims=True, initial=-np.inf) if logits.size else logits,
                ),
            )
        else:
            top = logits.max(axis=1, keepdims=True, initial=-np.inf)
            wanted = np.exp(logits - top) * probs.max(axis=1, keepdims=True, initial=0.0)
            yield "their ratios are the exponentials of what the logits differ by", near(probs, wanted)
        yield from _slopes(name, a, result, ("logits",))

    return certificate


def smooth_labels(a, result):
    """LOSS-25: what the shares of two classes differ by, and what they come to."""
    targets, classes = np.asarray(a.targets, np.float64), result.shape[-1]
    taken = a.epsilon * (1 + 1 / (classes - 1)) if a.form == "darknet_cls" else a.epsilon
    yield (
        "two classes differ by so much less",
        near(result - result[..., :1], (targets - targets[..., :1]) * (1 - taken), size=1),
    )
    total = targets.sum(axis=-1)
    given = {"szegedy": a.epsilon, "binary": a.epsilon * classes / 2}.get(a.form)
    wanted = (1 - a.epsilon) * total + (
        a.epsilon * (classes - total) / (classes - 1) if given is None else given
    )
    yield "and the sum of a row is what is kept and what is given", near(result.sum(axis=-1), wanted, size=1)


PARTS = {
    "localizer_loss": lambda a: {"class": 1, "box": a.box_weight},
    "fast_rcnn_loss": lambda a: {"class": 1, "box": a.box_weight},
    "rpn_loss": lambda a: {"class": 1, "box": _box_weight(a.box_weight, a)},
    "faster_rcnn_loss": lambda a: {
        "rpn_class": 1,
        "rpn_box": _box_weight(a.rpn_box_weight, a),
        "class": 1,
        "box": a.box_weight,
    },
    "rcnn_svm_loss": lambda a: {"regularizer": 1, "hinge": a.cost},
    "rcnn_ridge_loss": lambda a: {"error": 1, "regularizer": a.ridge},
}


def _box_weight(given, a):
    return {"paper": 10, "code": 1}[a.variant] if given is None else given


def total(name, *moved):
    """The certificate of a loss of several parts."""

    def certificate(a, result):
        weighed = [float(weight) * float(result[part]) for part, weight in PARTS[name](a).items()]
        yield "the parts, weighed, are the total", near(float(result["total"]), math.fsum(weighed))
        yield "no part is below 0", all(float(value) >= -1e-12 for value in result.values())
        yield from _slopes(name, a, result, moved)

    return certificate


CERTIFICATES = {
    "log_softmax": rows_of_softmax("log_softmax"),
    "softmax": rows_of_softmax("softmax"),
    "smooth_labels": smooth_labels,
    "cross_entropy": leaf("cross_entropy", "logits"),
    "binary_cross_entropy_with_logits": leaf("binary_cross_entropy_with_logits", "logits"),
    **{name: leaf(name, first) for name, (first, _, _) in FORMULAS.items()},
    **{name: leaf(name, "boxes1", "boxes2") for name in BOXES},
    "localizer_loss": total("localizer_loss", "logits", "boxes"),
    "fast_rcnn_loss": total("fast_rcnn_loss", "logits", "deltas"),
    "rpn_loss": total("rpn_loss", "logits", "deltas"),
    "faster_rcnn_loss": total("faster_rcnn_loss", "rpn_logits", "rpn_deltas", "logits", "deltas"),
    "rcnn_svm_loss": total("rcnn_svm_loss", "weights", "bias"),
    "rcnn_ridge_loss": total("rcnn_ridge_loss", "weights"),
    "localizer_loss_backward": gradient("localizer_loss", "logits", "boxes"),
    "fast_rcnn_loss_backward": gradient("fast_rcnn_loss", "logits", "deltas"),
    "rpn_loss_backward": gradient("rpn_loss", "logits", "deltas"),
    "rcnn_svm_loss_backward": svm_gradient,
}
