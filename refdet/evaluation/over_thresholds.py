"""mAP@.5:.95: the mean of average precision over IoU thresholds as well as classes (EVAL-12).

One threshold of 0.5 does not ask how tight a box is; ten of them from 0.5 to 0.95 do.

Letters: T thresholds, K classes.
Source: T.-Y. Lin et al., Microsoft COCO, ECCV 2014, and pycocotools, cocoeval.py, Params.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.detections import Detections
from refdet.evaluation.mean_average_precision import (
    Evaluation,
    check_evaluate_detections,
    evaluate_detections,
    mean_over_classes,
)
from refdet.stepwise import Steps, stepwise

IOU_THRESHOLDS = tuple((50 + 5 * k) / 100 for k in range(10))
"""0.5, 0.55, ... 0.95, each the double nearest to its two digits."""


@dataclass(frozen=True, eq=False)
class EvaluationOverThresholds:
    """The evaluation at every threshold."""

    evaluations: list[Evaluation]
    """T of them, in the order of the thresholds."""

    @property
    def average_precision(self) -> NDArray[np.float64]:
        """(T, K) float64; NaN in the column of a class without objects."""
        return np.array([evaluation.average_precision for evaluation in self.evaluations])

    @property
    def mean(self) -> float:
        """Mean over thresholds and the classes that have objects; NaN if there are none."""
        return mean_over_classes(self.average_precision.reshape(-1))

    def at(self, iou_threshold: float) -> Evaluation:
        """The evaluation at the nearest threshold, no further than 1e-9: 0.55 finds 0.55 however it was computed."""
        for evaluation in self.evaluations:
            if abs(evaluation.iou_threshold - iou_threshold) <= 1e-9:
                return evaluation
        known = ", ".join(f"{evaluation.iou_threshold:g}" for evaluation in self.evaluations)
        raise ValueError(f"iou_threshold: {checks.shown(iou_threshold)} came; wanted one of {known}")


def check_evaluate_over_thresholds(
    detections,
    gt_boxes,
    gt_labels,
    num_classes,
    iou_thresholds=IOU_THRESHOLDS,
    *,
    difficult=None,
    convention=REFDET,
):
    """The thresholds as float64, one or more; the rest as `evaluate_detections` has it."""
    thresholds = checks.real_array(iou_thresholds, "iou_thresholds").astype(np.float64)
    if thresholds.ndim != 1 or not len(thresholds):
        raise ValueError(f"iou_thresholds: shape is {thresholds.shape}; wanted (T,), at least one")
    fits = (thresholds >= 0) & (thresholds <= 1)  # no NaN does
    if not fits.all():
        raise ValueError(f"iou_thresholds: {checks.first_row(thresholds, fits)}; wanted 0 to 1")
    *known, _, difficult, convention = check_evaluate_detections(
        detections, gt_boxes, gt_labels, num_classes, difficult=difficult, convention=convention
    )
    return *known, thresholds, difficult, convention


@stepwise(check=check_evaluate_over_thresholds)
def evaluate_over_thresholds(
    detections: Sequence[Detections],
    gt_boxes: Sequence[Array],
    gt_labels: Sequence[Array],
    num_classes: int,
    iou_thresholds: Sequence[float] | Array = IOU_THRESHOLDS,
    *,
    difficult: Sequence[Array] | None = None,
    convention: Convention = REFDET,
) -> Steps[EvaluationOverThresholds]:
    """Curve and average precision of every class at every threshold; its `mean` is mAP@.5:.95.

    Parameters
    ----------
    detections : sequence of Detections
        One per image.
    gt_boxes : sequence of (G, 4) arrays
    gt_labels : sequence of (G,) integer arrays
    num_classes : int
    iou_thresholds : (T,) array
        Numbers in [0, 1]; by default the ten of COCO, (50 + 5 k) / 100.
    difficult : sequence of (G,) bool arrays, optional
    convention : Convention
        Matching, overlap and integration; ``COCO`` for the 101 points.

    Returns
    -------
    evaluation : EvaluationOverThresholds

    Raises
    ------
    ValueError, TypeError
        No thresholds, or some outside [0, 1], and what `evaluate_detections` refuses.

    Notes
    -----
    threshold. At each threshold in turn evaluate, by the steps of `evaluate_detections`.
    score.     Note the average precision of every class there.
    mean.      Over thresholds and the classes that have objects.

    EVAL-12: "mAP@.5" is the mean over classes at one threshold, ``evaluate_detections(...).mean``; "mAP@.5:.95"
    or "mAP@.5:.05:.95" the mean over ten thresholds and classes.

    Examples
    --------
    A box of IoU 0.75 counts at 0.5, 0.55, ... 0.75, six of the ten:

    >>> found, image = Detections([[0, 0, 10, 7.5]], [0.9], [0]), [[0, 0, 10, 10]]
    >>> result = evaluate_over_thresholds([found], [image], [[0]], num_classes=1)
    >>> result.mean, result.at(0.75).mean, result.at(0.8).mean
    (0.6, 1.0, 0.0)
    """
    average_precision, evaluations = np.full((len(iou_thresholds), num_classes), np.nan), []
    for row, iou_threshold in enumerate(np.asarray(iou_thresholds).tolist()):
        yield "threshold: an IoU of {iou_threshold} is enough"
        evaluation = yield from evaluate_detections.steps(
            detections,
            gt_boxes,
            gt_labels,
            num_classes,
            iou_threshold,
            difficult=difficult,
            convention=convention,
        )
        evaluations.append(evaluation)
        average_precision[row] = evaluation.average_precision
        yield "score: threshold by threshold the average precision is {average_precision}"
    result = EvaluationOverThresholds(evaluations)
    mean = result.mean  # noqa: F841  (the caption names it)
    yield "mean: over thresholds and the classes that have objects it is {mean}"
    return result
