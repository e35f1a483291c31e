"""Which boxes are worth suppressing: scores of classes, the filter by score, the best k (NMS-4, NMS-5)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import Suppression


def select_candidates(
    scores: Array, score_threshold: float | None = None, top_k: int | None = None
) -> NDArray[np.int64]:
    """Indices of the scores over a threshold, best first and at most `top_k` of them.

    Parameters
    ----------
    scores : (N,) array
        Higher is better; of equal scores the lower index goes first (C-4).
    score_threshold : float, optional
        A score must be greater than this; rounded once to the dtype of the scores. No filter if None.
    top_k : int, optional
        The most to be taken; all if None.

    Returns
    -------
    keep : (K,) int64 array

    Raises
    ------
    ValueError, TypeError
        Scores of another shape, or that are not finite; a threshold that is not a finite number; a negative
        `top_k`.

    Notes
    -----
    NMS-4. Before suppression this saves time; after it, ``keep[:k]`` is enough, for suppression returns the
    best first. What the systems take:

    ============  ==============  ============  ======
    system        score over      before        after
    ============  ==============  ============  ======
    R-CNN family                                100
    RPN, training                 12000         2000
    RPN, testing                  6000          300
    SSD           0.01            400 a class   200
    YOLOv5        0.25            30000         300
    darknet       0.5 to show, 0.005 to measure
    ============  ==============  ============  ======

    All compare strictly (OpenCV, ONNX Runtime, torchvision and detectron2 too); `soft_nms` alone, as OpenCV's,
    keeps a score that equals its threshold.

    Examples
    --------
    >>> select_candidates(np.array([0.2, 0.9, 0.5, 0.9]), score_threshold=0.2, top_k=2)
    array([1, 3])
    """
    scores = _finite(scores, "scores")
    if scores.ndim != 1:
        raise ValueError(f"scores: shape is {scores.shape}; wanted (N,), one score per box")
    places = np.arange(len(scores))
    if score_threshold is not None:
        places = _over(scores, score_threshold)[0]
    order = Suppression().by_score(scores[places])
    count = None if top_k is None else checks.whole_number(top_k, "top_k", 0)
    return places[order][:count].astype(np.int64)


def class_specific_scores(objectness: Array, class_probs: Array) -> NDArray[np.floating]:
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
    NMS-5; J. Redmon et al., You Only Look Once, CVPR 2016, equation 1.

    Examples
    --------
    Two boxes of one cell share their classes:

    >>> class_specific_scores(np.array([0.5, 0.25]), np.array([0.5, 0.25, 0.25]))
    array([[0.25  , 0.125 , 0.125 ],
           [0.125 , 0.0625, 0.0625]])
    """
    objectness, class_probs = _finite(objectness, "objectness"), _finite(class_probs, "class_probs")
    shared = class_probs.ndim == objectness.ndim
    leading = objectness.shape[:-1] if shared else objectness.shape
    if objectness.ndim == 0 or class_probs.ndim == 0 or class_probs.shape[:-1] != leading:
        raise ValueError(
            f"class_probs: shape is {class_probs.shape} for an objectness of shape {objectness.shape}; wanted "
            "(..., B, K) or (..., K) for (..., B)"
        )
    with np.errstate(over="ignore"):
        return objectness[..., None] * (class_probs[..., None, :] if shared else class_probs)


def labels_above(scores: Array, score_threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
    NMS-5; YOLOv5's "multi_label". `best_label_above` gives each box one class at most.

    Examples
    --------
    >>> labels_above(np.array([[0.5, 0.4], [0.1, 0.9]]), 0.3)
    (array([0, 0, 1]), array([0, 1, 1]))
    """
    boxes, labels = _over(_table(scores), score_threshold)
    return boxes.astype(np.int64), labels.astype(np.int64)


def best_label_above(scores: Array, score_threshold: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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
    NMS-5.

    Examples
    --------
    >>> best_label_above(np.array([[0.5, 0.4], [0.1, 0.9]]), 0.3)
    (array([0, 1]), array([0, 1]))
    """
    scores = _table(scores)
    if not scores.size:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    labels = scores.argmax(axis=1)
    boxes = _over(scores[np.arange(len(scores)), labels], score_threshold)[0]
    return boxes.astype(np.int64), labels[boxes].astype(np.int64)


def _over(scores, threshold):
    """The places of the scores over a threshold in their precision, as np.nonzero gives them."""
    with np.errstate(over="ignore"):
        return np.nonzero(scores > scores.dtype.type(checks.real_number(threshold, "score_threshold")))


def _table(scores):
    scores = _finite(scores, "scores")
    if scores.ndim != 2:
        raise ValueError(f"scores: shape is {scores.shape}; wanted (N, K), a score per box and class")
    return scores


def _finite(value, name):
    array = checks.real_array(value, name)
    if array.ndim:
        checks.reject_non_finite(array, name, "finite numbers")
    return array
