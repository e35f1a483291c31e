"""Mean average precision: match, draw the curve and integrate it, class by class; then take the mean (EVAL-11).

Source: M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.detections import Detections
from refdet.evaluation import average_precision as rules
from refdet.evaluation.matching import match_detections
from refdet.evaluation.precision_recall import PrecisionRecall, precision_recall_curve
from refdet.stepwise import Steps, stepwise


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Curves and average precision of every class at one IoU threshold."""

    curves: list[PrecisionRecall]
    """K cumulative tables."""
    average_precision: NDArray[np.float64]
    """(K,) float64, by the convention's integration; NaN for a class without objects."""
    iou_threshold: float

    @property
    def mean(self) -> float:
        """Mean average precision of the classes that have objects; NaN if none has."""
        return mean_over_classes(self.average_precision)

    def integrated(self, integration: Callable[[Array, Array], float]) -> NDArray[np.float64]:
        """Average precision by another integration, a function such as `eleven_point_ap`: (K,)."""
        values = [integration(c.recall, c.precision) if c.positives else np.nan for c in self.curves]
        return np.array(values, np.float64)


def mean_over_classes(average_precision: Array) -> float:
    """Mean of the values that are not NaN; NaN if there are none.

    Parameters
    ----------
    average_precision : (K,) array
        NaN marks a class without ground truth, which does not count.

    Examples
    --------
    EVAL-11, and a class without objects:

    >>> round(mean_over_classes([0.827, 0.679, np.nan, 0.982]), 6)
    0.829333
    """
    values = checks.real_array(average_precision, "average_precision")
    if values.ndim != 1:
        raise ValueError(f"average_precision: shape is {values.shape}; wanted (K,)")
    outside = (values < 0) | (values > 1)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(f"average_precision: row {row} is {values[row]}; wanted 0 to 1, or NaN")
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def check_evaluate_detections(
    detections, gt_boxes, gt_labels, num_classes, iou_threshold=0.5, *, difficult=None, convention=REFDET
):
    """Lists of one length, image by image; labels below the number of classes; a convention that evaluates."""
    checks.convention(convention)
    convention.part("average_precision")
    num_classes = checks.whole_number(num_classes, "num_classes", 0, below=2**31)
    detections = object_checks.sequence(detections, "detections", "images")
    for i, part in enumerate(detections):
        object_checks.instance(part, f"detections[{i}]", Detections, "Detections")
    threshold = checks.threshold(iou_threshold, "iou_threshold")
    truth = _ground_truth(gt_boxes, gt_labels, difficult, len(detections))
    for name, parts in (("detections", [part.labels for part in detections]), ("gt_labels", truth[1])):
        labels = np.concatenate([np.zeros(0, np.int64), *parts])
        outside = (labels < 0) | (labels >= num_classes)
        if outside.any():
            raise ValueError(f"{name}: label {int(labels[outside][0])} came; wanted 0 to {num_classes - 1}")
    return detections, truth[0], truth[1], num_classes, threshold, truth[2], convention


@stepwise(check=check_evaluate_detections)
def evaluate_detections(
    detections: Sequence[Detections],
    gt_boxes: Sequence[Array],
    gt_labels: Sequence[Array],
    num_classes: int,
    iou_threshold: float = 0.5,
    *,
    difficult: Sequence[Array] | None = None,
    convention: Convention = REFDET,
) -> Steps[Evaluation]:
    """Curve and average precision of every class over a set of images.

    Parameters
    ----------
    detections : sequence of Detections
        One per image.
    gt_boxes : sequence of (G, 4) arrays
        Ground truth image by image.
    gt_labels : sequence of (G,) integer arrays
        Classes 0 to `num_classes` - 1.
    num_classes : int
    iou_threshold : float in [0, 1]
        Overlap at which a detection counts; 0.5 gives mAP@.5 (EVAL-12), `evaluate_over_thresholds` mAP@.5:.95.
    difficult : sequence of (G,) bool arrays, optional
    convention : Convention
        Matching, overlap and integration; see `match_detections` and `integrate`.

    Returns
    -------
    evaluation : Evaluation

    Raises
    ------
    ValueError, TypeError
        Lists of different lengths, a label out of range, and what `match_detections` refuses.

    Notes
    -----
    gather. Put the detections of all images into one list, and the objects into another.
    class.  Those of one class are matched (`match_detections`), counted (`precision_recall_curve`) and integrated
            (`integrate`), each by its own steps; what is ignored is left out in between.
    score.  Note the average precision of the class; of one without objects there is none.
    mean.   Of the classes that have objects.

    EVAL-11.

    Examples
    --------
    >>> found = Detections([[0, 0, 4, 4], [9, 9, 12, 12]], [0.9, 0.8], [0, 0])
    >>> result = evaluate_detections([found], [[[0, 0, 4, 4], [20, 0, 24, 4]]], [[0, 0]], num_classes=2)
    >>> result.average_precision, result.mean
    (array([0.5, nan]), 0.5)
    """
    rows = joined(detections) | joined_ground_truth(gt_boxes, gt_labels, difficult)
    integration = partial(rules.integrate.steps, convention=convention)
    return (
        yield from evaluated(
            **rows,
            classes=num_classes,
            threshold=iou_threshold,
            convention=convention,
            integration=integration,
        )
    )


def evaluated(
    *,
    boxes,
    scores,
    labels,
    images,
    gt_boxes,
    gt_labels,
    gt_images,
    difficult,
    classes,
    threshold,
    convention,
    integration,
):
    """The steps that `evaluate_detections` and `compute_map` share, over the rows of all images."""
    curves, average_precision = [], np.full(classes, np.nan)
    yield "gather: detections of the classes {labels} with the scores {scores}, objects of the classes {gt_labels}"
    for label in range(classes):
        found, wanted = np.flatnonzero(labels == label), np.flatnonzero(gt_labels == label)
        yield "class: of class {label} are the detections {found} and the objects {wanted}"
        matching = yield from match_detections.steps(
            boxes[found],
            scores[found],
            images[found],
            gt_boxes[wanted],
            gt_images[wanted],
            threshold,
            difficult=difficult[wanted],
            convention=convention,
        )
        counted = ~matching.ignored
        ranked, right = scores[found][matching.order][counted], matching.true_positive[counted]
        curve = yield from precision_recall_curve.steps(ranked, right, matching.positives)
        curves.append(curve)
        if curve.positives:
            average_precision[label] = yield from integration(curve.recall, curve.precision)
        yield "score: class by class the average precision is {average_precision}"
    mean = mean_over_classes(average_precision)  # noqa: F841  (the caption names it)
    yield "mean: over the classes that have objects it is {mean}"
    return Evaluation(curves, average_precision, threshold)


def joined(detections):
    """Boxes, scores and labels of all images, and the image that each is from."""
    empty = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    parts = [empty, *detections]
    return {
        "boxes": np.concatenate([part.boxes for part in parts]),
        "scores": np.concatenate([part.scores for part in parts]),
        "labels": np.concatenate([part.labels for part in parts]),
        "images": np.repeat(np.arange(len(parts)) - 1, [len(part) for part in parts]),
    }


def _ground_truth(gt_boxes, gt_labels, difficult, images):
    """Boxes, labels and marks of each image."""
    gt_boxes = object_checks.sequence(gt_boxes, "gt_boxes", "images", images)
    gt_labels = object_checks.sequence(gt_labels, "gt_labels", "images", images)
    boxes = [checks.boxes(b, f"gt_boxes[{i}]", REFDET.overlap) for i, b in enumerate(gt_boxes)]
    labels = [
        checks.whole_numbers(values, f"gt_labels[{i}]", (len(boxes[i]),), "one class per box")
        for i, values in enumerate(gt_labels)
    ]
    if difficult is None:
        return boxes, labels, [np.zeros(len(b), bool) for b in boxes]
    difficult = object_checks.sequence(difficult, "difficult", "images", images)
    marks = [
        object_checks.flags(values, f"difficult[{i}]", len(boxes[i]), "one per box")
        for i, values in enumerate(difficult)
    ]
    return boxes, labels, marks


def joined_ground_truth(gt_boxes, gt_labels, difficult):
    """The same of the ground truth, and the marks."""
    return {
        "gt_boxes": np.concatenate([np.zeros((0, 4)), *gt_boxes]),
        "gt_labels": np.concatenate([np.zeros(0, np.int64), *gt_labels]),
        "gt_images": np.repeat(np.arange(len(gt_boxes)), [len(boxes) for boxes in gt_boxes]),
        "difficult": np.concatenate([np.zeros(0, bool), *difficult]),
    }
