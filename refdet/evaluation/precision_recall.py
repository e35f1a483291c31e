"""Precision and recall, at one threshold and as the threshold falls (EVAL-2, EVAL-4, EVAL-5).

Precision: the share of detections that are right. Recall: the share of objects that were found. What was
missed are objects, not the background (ERR-85).

Letters: TP true positives, FP false positives, D detections.
Source: M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array


def precision_at(true_positives: int, false_positives: int, *, empty_precision: float = np.nan) -> float:
    """TP / (TP + FP); `empty_precision` without detections.

    Examples
    --------
    >>> precision_at(3, 1), precision_at(0, 0, empty_precision=1.0)
    (0.75, 1.0)
    """
    right = checks.whole_number(true_positives, "true_positives", 0)
    wrong = checks.whole_number(false_positives, "false_positives", 0)
    return right / (right + wrong) if right + wrong else float(empty_precision)


def recall_at(true_positives: int, positives: int) -> float:
    """TP / all objects; NaN without objects.

    Examples
    --------
    >>> recall_at(3, 5)
    0.6
    """
    found = checks.whole_number(true_positives, "true_positives", 0)
    positives = checks.whole_number(positives, "positives", 0)
    if found > positives:
        raise ValueError(f"true_positives: {found} came; wanted at most {positives}, the objects")
    return found / positives if positives else float("nan")


def f1_score(precision: float, recall: float) -> float:
    """Harmonic mean 2 P R / (P + R); 0 if both are 0, NaN if one is.

    Examples
    --------
    >>> round(f1_score(0.75, 0.6), 6)
    0.666667
    """
    precision, recall = float(precision), float(recall)
    return 2 * precision * recall / (precision + recall) if precision + recall != 0 else 0.0


@dataclass(frozen=True, eq=False)
class PrecisionRecall:
    """The cumulative table: row d tells what holds if the best d + 1 detections are kept."""

    scores: NDArray[np.floating]
    """(D,) descending."""
    true_positives: NDArray[np.int64]
    """(D,) int64, so far."""
    false_positives: NDArray[np.int64]
    """(D,) int64, so far."""
    precision: NDArray[np.float64]
    """(D,) float64."""
    recall: NDArray[np.float64]
    """(D,) float64; NaN without objects."""
    positives: int
    """Objects in all."""

    def __len__(self) -> int:
        return len(self.scores)


def precision_recall_curve(scores: Array, true_positive: Array, positives: int) -> PrecisionRecall:
    """Precision and recall after each detection, best score first.

    Parameters
    ----------
    scores : (D,) array
        Sorted here, stably.
    true_positive : (D,) bool array
        Which detections are right; ignored ones are left out beforehand.
    positives : int
        Number of ground-truth objects.

    Returns
    -------
    table : PrecisionRecall

    Raises
    ------
    ValueError, TypeError
        Different lengths, a dtype that is not bool, more right detections than objects.

    Notes
    -----
    EVAL-4; the curve of EVAL-5 is `recall` to the right and `precision` up. ERR-81: the scores are the
    detections', not the ground truth's. ERR-82: the example stands in for the notes' lost figure.

    Examples
    --------
    Five persons; the third detection is wrong:

    >>> table = precision_recall_curve([0.91, 0.83, 0.77, 0.72], np.array([True, True, False, True]), 5)
    >>> table.precision.round(6), table.recall
    (array([1.      , 1.      , 0.666667, 0.75    ]), array([0.2, 0.4, 0.4, 0.6]))
    """
    flags = np.asarray(true_positive)
    if flags.dtype != bool and flags.size:
        raise TypeError(f"true_positive: dtype is {flags.dtype}; wanted bool")
    if flags.ndim != 1:
        raise ValueError(f"true_positive: shape is {flags.shape}; wanted (D,)")
    scores = checks.scores(scores, "scores", len(flags))
    positives = checks.whole_number(positives, "positives", 0)
    if flags.sum() > positives:
        raise ValueError(f"positives: {positives} came; wanted at least {flags.sum()}, the right detections")
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(flags[order], dtype=np.int64)
    wrong = np.arange(1, len(flags) + 1) - right
    recall = right / positives if positives else np.full(len(flags), np.nan)
    return PrecisionRecall(scores[order], right, wrong, right / (right + wrong), recall, positives)
