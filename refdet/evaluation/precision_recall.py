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

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise


def precision_at(true_positives: int, false_positives: int, *, empty_precision: float = np.nan) -> float:
    """TP / (TP + FP); `empty_precision` without detections.

    Examples
    --------
    >>> precision_at(3, 1), precision_at(0, 0, empty_precision=1.0)
    (0.75, 1.0)
    """
    right = checks.whole_number(true_positives, "true_positives", 0)
    wrong = checks.whole_number(false_positives, "false_positives", 0)
    empty = _number_or_nan(empty_precision, "empty_precision")
    return right / (right + wrong) if right + wrong else empty


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
        raise ValueError(
            f"true_positives: {checks.shown(found)} came; wanted at most {checks.shown(positives)}, the objects"
        )
    return found / positives if positives else float("nan")


def f1_score(precision: float, recall: float) -> float:
    """Harmonic mean 2 P R / (P + R); 0 if both are 0, NaN if one is.

    Examples
    --------
    >>> round(f1_score(0.75, 0.6), 6)
    0.666667
    """
    precision, recall = _number_or_nan(precision, "precision"), _number_or_nan(recall, "recall")
    for name, value in (("precision", precision), ("recall", recall)):
        if value < 0 or value > 1:
            raise ValueError(f"{name}: {value} came; wanted 0 to 1")
    return 2 * precision * recall / (precision + recall) if precision + recall != 0 else 0.0


def _number_or_nan(value, name):
    """`value` as a float; NaN says that there is none."""
    is_nan = isinstance(value, (float, np.floating)) and value != value
    return float("nan") if is_nan else checks.real_number(value, name)


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


def check_precision_recall_curve(scores, true_positive, positives):
    """One flag per score, and at least as many objects as right detections."""
    scores = checks.real_array(scores, "scores")
    scores = checks.scores(scores, "scores", scores.size)
    flags = object_checks.flags(true_positive, "true_positive", len(scores), "one per score")
    positives = checks.whole_number(positives, "positives", 0, below=2**63)
    if flags.sum() > positives:
        raise ValueError(f"positives: {positives} came; wanted at least {flags.sum()}, the right detections")
    return scores, flags, positives


@stepwise(check=check_precision_recall_curve)
def precision_recall_curve(scores: Array, true_positive: Array, positives: int) -> Steps[PrecisionRecall]:
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
    sort.   Order the detections from best to worst score, stably.
    count.  How many are right, and how many wrong, so far.
    divide. Precision by the detections so far, recall by the objects.

    EVAL-4; the curve of EVAL-5 is `recall` to the right and `precision` up. ERR-81: the scores are the
    detections', not the ground truth's. ERR-82: the example stands in for the notes' lost figure.

    Examples
    --------
    Five persons; the third detection is wrong:

    >>> table = precision_recall_curve([0.91, 0.83, 0.77, 0.72], np.array([True, True, False, True]), 5)
    >>> table.precision.round(6), table.recall
    (array([1.      , 1.      , 0.666667, 0.75    ]), array([0.2, 0.4, 0.4, 0.6]))
    """
    order = np.argsort(-scores, kind="stable")
    yield "sort: {order} is best to worst"
    right = np.cumsum(true_positive[order], dtype=np.int64)
    wrong = np.arange(1, len(order) + 1) - right
    yield "count: so far {right} are right and {wrong} wrong"
    precision = right / (right + wrong)
    recall = right / positives if positives else np.full(len(order), np.nan)
    yield "divide: precision is {precision}, recall of {positives} objects {recall}"
    return PrecisionRecall(scores[order], right, wrong, precision, recall, positives)
