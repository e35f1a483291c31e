"""Scores of classes: of objectness and class probability, and the labels over a threshold (NMS-5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.boxes import score_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


def check_class_specific_scores(objectness, class_probs):
    """Finite numbers whose shapes fit each other."""
    objectness = score_checks.finite(objectness, "objectness")
    class_probs = score_checks.finite(class_probs, "class_probs")
    shared = class_probs.ndim == objectness.ndim
    leading = objectness.shape[:-1] if shared else objectness.shape
    if objectness.ndim == 0 or class_probs.ndim == 0 or class_probs.shape[:-1] != leading:
        raise ValueError(
            f"class_probs: shape is {class_probs.shape} for an objectness of shape {objectness.shape}; wanted "
            "(..., B, K) or (..., K) for (..., B)"
        )
    return objectness, class_probs


@stepwise(check=check_class_specific_scores, quiet=True)
def class_specific_scores(objectness: Array, class_probs: Array) -> Steps[NDArray[np.floating]]:
    """Score of each class: the objectness of a box times the probability of the class in an object.

    Parameters
    ----------
    objectness : (..., B) array
        How sure a detector is that there is an object, for each of B boxes.
    class_probs : (..., B, K) array, or (..., K)
        Probability of each of K classes if there is one; without the axis of boxes it is shared by the boxes
        of a cell, as in YOLOv1.

    Returns
    -------
    scores : (..., B, K) float array

    Raises
    ------
    ValueError, TypeError
        Shapes that do not fit each other; values that are not finite numbers.

    Notes
    -----
    share.    To each objectness the probabilities of its box; boxes of a cell may share them.
    multiply. Objectness times probability.

    NMS-5; J. Redmon et al., You Only Look Once, CVPR 2016, equation 1.

    Examples
    --------
    Two boxes of one cell share their classes:

    >>> class_specific_scores(np.array([0.5, 0.25]), np.array([0.5, 0.25, 0.25]))
    array([[0.25  , 0.125 , 0.125 ],
           [0.125 , 0.0625, 0.0625]])
    """
    shared = class_probs.ndim == objectness.ndim
    of_boxes = class_probs[..., None, :] if shared else class_probs  # (..., 1 or B, K)
    yield "share: the boxes have the probabilities {of_boxes}; shared by those of a cell: {shared}"
    scores = objectness[..., None] * of_boxes
    yield "multiply: times the objectness {objectness} these are the scores {scores}"
    return scores


def check_labels_above(scores, score_threshold):
    """(N, K) scores, and the threshold in their precision."""
    scores = _table(scores)
    return scores, score_checks.threshold(score_threshold, scores)


@stepwise(check=check_labels_above)
def labels_above(scores: Array, score_threshold: float) -> Steps[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Boxes and classes of all scores over the threshold: a box with several such classes comes several times.

    Parameters
    ----------
    scores : (N, K) array
        Of K classes for each of N boxes.
    score_threshold : float
        A score must be greater than this.

    Returns
    -------
    boxes, labels : (M,) int64 arrays
        Box after box, class after class.

    Raises
    ------
    ValueError, TypeError
        Scores of another shape, or that are not finite; a threshold that is not a finite number.

    Notes
    -----
    compare. Each score with the threshold.
    list.    Box and class of those over it, box after box.

    NMS-5; YOLOv5's "multi_label". `best_label_above` gives each box one class at most.

    Examples
    --------
    >>> labels_above(np.array([[0.5, 0.4], [0.1, 0.9]]), 0.3)
    (array([0, 0, 1]), array([0, 1, 1]))
    """
    over = scores > score_threshold  # (N, K)
    yield "compare: over {score_threshold} are {over}"
    boxes, labels = (places.astype(np.int64) for places in np.nonzero(over))
    yield "list: the boxes {boxes} have the labels {labels}"
    return boxes, labels


@stepwise(check=check_labels_above)
def best_label_above(
    scores: Array, score_threshold: float
) -> Steps[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Boxes whose best class scores over the threshold, and that class; the first of equal ones.

    Parameters
    ----------
    scores, score_threshold
        As for `labels_above`; at least one class.

    Returns
    -------
    boxes, labels : (M,) int64 arrays
        Boxes ascend, each comes once.

    Raises
    ------
    ValueError, TypeError
        As `labels_above`.

    Notes
    -----
    choose. The class with the largest score of each box.
    pass.   The boxes of which that score is over the threshold.

    NMS-5.

    Examples
    --------
    >>> best_label_above(np.array([[0.5, 0.4], [0.1, 0.9]]), 0.3)
    (array([0, 1]), array([0, 1]))
    """
    if not scores.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    best = scores.argmax(axis=1).astype(np.int64)
    highest = scores[np.arange(len(scores)), best]
    yield "choose: the best labels are {best}, their scores {highest}"
    boxes = np.flatnonzero(highest > score_threshold).astype(np.int64)
    labels = best[boxes]
    yield "pass: over {score_threshold} are those of the boxes {boxes}, labels {labels}"
    return boxes, labels


def _table(scores):
    scores = score_checks.finite(scores, "scores")
    if scores.ndim != 2:
        raise ValueError(f"scores: shape is {scores.shape}; wanted (N, K), a score per box and class")
    return scores
