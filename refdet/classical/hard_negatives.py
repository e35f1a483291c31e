"""Hard negative mining: train on the negatives that the machine still gets wrong (SMP-5, MAT-3).

Windows without an object are endless and most are easy. Go through the images once, keep the windows that
score above the margin, train again whenever enough have come together, and drop those that became easy.

Letters: P positive examples, N windows of an image, D features, K classes.
Source: P. Felzenszwalb et al., Object Detection with Discriminatively Trained Part Based Models, PAMI 2010,
section 4.4; R. Girshick et al., R-CNN, CVPR 2014, section 2.3; numbers of rcnn, rcnn_train.m.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.classical.linear_svm import LARGEST, LinearSVM, check_fit_linear_svm, check_marks, fit_linear_svm
from refdet.stepwise import Steps, stepwise


def check_mine_hard_negatives(
    positives,
    labels,
    images,
    *,
    rng,
    cost=1e-3,
    positive_weight=2.0,
    bias_scale=10.0,
    tolerance=0.05,
    hard_above=-1.0001,
    retrain_after=2000,
    easy_below=-1.2,
):
    """Positives (P, D) and their labels (P, K), the images as a walk that checks each as it comes."""
    kinds = checks.any_array(labels, "labels")
    if kinds.ndim != 2:
        raise ValueError(f"labels: shape is {kinds.shape}; wanted (P, K), a row for each of the positives")
    numbers = {"positive_weight": positive_weight, "bias_scale": bias_scale, "tolerance": tolerance}
    positives, labels, *_ = check_fit_linear_svm(
        positives, labels, cost, rng=rng, names=("positives", "labels"), **numbers
    )
    images = object_checks.iterable(images, "images", "(features, labels) pairs")
    retrain_after = checks.whole_number(retrain_after, "retrain_after", 0)
    easy_below = checks.real_number(easy_below, "easy_below")
    hard_above = checks.real_number(hard_above, "hard_above")
    if hard_above >= 0:
        raise ValueError(f"hard_above: {hard_above} came; wanted a score below 0, such as the margin's -1")
    training = (cost, positive_weight, bias_scale, tolerance)
    walk = _pairs(images, positives.shape[1], labels.shape[1])
    walk = list(walk) if isinstance(images, list) else walk
    return positives, labels, walk, rng, *training, hard_above, retrain_after, easy_below


def _pairs(images, features, classes):
    """Features (N, D) and labels (N, K) of image after image."""
    for i, pair in enumerate(images):
        name = f"images[{i}]"
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{name}: {checks.shown(pair)} came; wanted a pair of features and labels")
        values, kinds = checks.real_array(pair[0], name), check_marks(pair[1], name)
        if values.ndim != 2 or values.shape[1] != features or kinds.shape != (len(values), classes):
            raise ValueError(
                f"{name}: features of shape {values.shape} and labels of {kinds.shape} came; wanted "
                f"(N, {features}) and (N, {classes})"
            )
        checks.reject_beyond(values, name, LARGEST)
        yield values, kinds


@stepwise(check=check_mine_hard_negatives)
def mine_hard_negatives(
    positives: Array,
    labels: Array,
    images: Iterable[tuple[Array, Array]],
    *,
    rng: np.random.Generator,
    cost: float = 1e-3,
    positive_weight: float = 2.0,
    bias_scale: float = 10.0,
    tolerance: float = 0.05,
    hard_above: float = -1.0001,
    retrain_after: int = 2000,
    easy_below: float = -1.2,
) -> Steps[LinearSVM]:
    """Train one machine per class on all positives and on the hard negatives of one pass over the images.

    Parameters
    ----------
    positives : (P, D) array
        Features of the ground-truth boxes.
    labels : (P, K) array of -1, 0 and 1
        An object of one class is a negative of the others that it lies far from: `svm_box_labels`.
    images : iterable of (features, labels) pairs
        Of each image (N, D) features of its windows and (N, K) labels, from `svm_labels`; taken one by
        one, so the features need not all be in memory.
    rng : numpy.random.Generator
    cost, positive_weight, bias_scale, tolerance
        As for `fit_linear_svm`; the examples change between trainings, so a loose tolerance does.
    hard_above : float below 0
        A negative that scores more, for any class, joins the examples.
    retrain_after : int
        Train again when more than so many have joined.
    easy_below : float
        After training, negatives that score less for every class leave.

    Returns
    -------
    svm : LinearSVM
        Of the last training.

    Raises
    ------
    ValueError, TypeError
        As `fit_linear_svm`.

    Warns
    -----
    ConvergenceWarning
        As `fit_linear_svm`, of any of the trainings.

    Notes
    -----
    score. Score the windows of an image; the hard ones wait. Of the first image all negatives do.
    train. When enough wait, train on the positives and all negatives, from the last dual variables.
    evict. Drop the negatives that became easy.

    SMP-5. Differs from rcnn_train.m: a window that is hard for one class becomes a negative of every
    class that it may be one of, since all classes train together; training goes on from the last dual
    variables instead of anew.

    Examples
    --------
    One feature; the windows at 1 and 0.2 are hard, the one at -9 is not:

    >>> images = [([[-1.0], [-2]], [[-1], [-1]]), ([[-9.0], [0.2], [1]], [[-1], [-1], [-1]])]
    >>> rng = np.random.default_rng(0)
    >>> trace = mine_hard_negatives.trace([[3.0]], [[1]], images, cost=1, rng=rng, keep="hard")
    >>> trace.named("score")[1].hard
    array([1, 2])
    """
    training: dict[str, Any] = {
        "cost": cost,
        "positive_weight": positive_weight,
        "bias_scale": bias_scale,
        "tolerance": tolerance,
    }
    examples, targets, alpha, waiting, enough = positives, labels, np.zeros(labels.shape), [], 0
    svm = _blind(positives.shape[1], labels.shape[1])
    for features, kinds, is_last in _with_last(images, positives, labels):
        hard = np.flatnonzero(np.any((kinds < 0) & (svm.decision(features) > hard_above), axis=1))
        waiting.append((features[hard], kinds[hard]))
        yield "score: of the image the windows {hard} are hard"
        if not is_last and sum(len(kinds) for _, kinds in waiting) <= enough:
            continue
        examples = np.concatenate([examples, *(features for features, _ in waiting)])
        targets = np.concatenate([targets, *(kinds for _, kinds in waiting)])
        size = len(examples)
        alpha = np.concatenate([alpha, np.zeros((size - len(alpha), targets.shape[1]))])
        waiting, enough = [], retrain_after
        svm = yield from fit_linear_svm.steps(examples, targets, rng=rng, start=alpha, **training)
        yield "train: on {size} examples"
        stays = np.any((targets < 0) & (svm.decision(examples) >= easy_below), axis=1)
        stays[: len(positives)] = True
        examples, targets, alpha = examples[stays], targets[stays], svm.alpha[stays]
        yield "evict: the easy ones go, {stays} says which stay"
    return svm


def _blind(features, classes):
    """A machine that scores 0 everywhere, and so finds every negative hard."""
    nothing = np.zeros(classes)
    return LinearSVM(np.zeros((features, classes)), nothing, np.zeros((0, classes)), nothing, nothing)


def _with_last(images, positives, labels):
    """Each image's features and labels, and whether it is the last; without images, one without windows."""
    features, kinds = positives[:0], labels[:0]
    for i, (next_features, next_kinds) in enumerate(images):
        if i > 0:
            yield features, kinds, False
        features, kinds = next_features, next_kinds
    yield features, kinds, True
