"""Which boxes are worth suppressing: the filter by score, and the best k (NMS-4). Scores: class_scores.py."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes import score_checks
from refdet.checks import Array
from refdet.conventions import Suppression
from refdet.stepwise import Steps, stepwise


def check_select_candidates(scores, score_threshold=None, top_k=None):
    """(N,) scores, the threshold in their precision, and a number of boxes."""
    scores = score_checks.finite(scores, "scores")
    if scores.ndim != 1:
        raise ValueError(f"scores: shape is {scores.shape}; wanted (N,), one score per box")
    threshold = None if score_threshold is None else score_checks.threshold(score_threshold, scores)
    return scores, threshold, None if top_k is None else checks.whole_number(top_k, "top_k", 0)


@stepwise(check=check_select_candidates)
def select_candidates(
    scores: Array, score_threshold: float | None = None, top_k: int | None = None
) -> Steps[NDArray[np.int64]]:
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
    filter. The boxes whose scores are over the threshold, if there is one.
    sort.   Best score first.
    limit.  No more than `top_k`, if it is given.

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
    keep = np.arange(len(scores), dtype=np.int64)
    if score_threshold is not None:
        keep = keep[scores > score_threshold]
        yield "filter: over {score_threshold} are the scores of {keep}"
    keep = keep[Suppression().by_score(scores[keep])]
    yield "sort: {keep} is best to worst"
    if top_k is not None:
        keep = keep[:top_k].copy()
        yield "limit: of these the first {top_k} are {keep}"
    return keep
