"""Mean average precision: match, draw the curve and integrate it, class by class; then take the mean (EVAL-11).

Source: M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.detections import Detections
from refdet.evaluation import average_precision as rules
from refdet.evaluation.matching import match_detections
from refdet.evaluation.precision_recall import PrecisionRecall, precision_recall_curve

METHODS: dict[str, Callable[[Array, Array], float]] = {
    "area": rules.area_ap,
    "interp": rules.eleven_point_ap,
    "arange": partial(rules.eleven_point_ap, variant="arange"),
    "step": rules.step_ap,
    "coco101": rules.coco_ap,
    "yolov5": rules.yolov5_ap,
}


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
        return _integrated(self.curves, integration)


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


def evaluate_detections(
    detections: Sequence[Detections],
    gt_boxes: Sequence[Array],
    gt_labels: Sequence[Array],
    num_classes: int,
    iou_threshold: float = 0.5,
    *,
    difficult: Sequence[Array] | None = None,
    convention: Convention = REFDET,
) -> Evaluation:
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

    Examples
    --------
    >>> found = Detections([[0, 0, 4, 4], [9, 9, 12, 12]], [0.9, 0.8], [0, 0])
    >>> result = evaluate_detections([found], [[[0, 0, 4, 4], [20, 0, 24, 4]]], [[0, 0]], num_classes=2)
    >>> result.average_precision, result.mean
    (array([0.5, nan]), 0.5)
    """
    checks.convention(convention)
    num_classes = checks.whole_number(num_classes, "num_classes", 0, below=2**31)
    detections = object_checks.sequence(detections, "detections", "images")
    for i, part in enumerate(detections):
        object_checks.instance(part, f"detections[{i}]", Detections, "Detections")
    threshold = checks.threshold(iou_threshold, "iou_threshold")
    found = _flat_detections(detections)
    known = _flat_ground_truth(gt_boxes, gt_labels, difficult, len(detections))
    for name, labels in (("detections", found["labels"]), ("gt_labels", known["labels"])):
        outside = (labels < 0) | (labels >= num_classes)
        if outside.any():
            raise ValueError(f"{name}: label {int(labels[outside][0])} came; wanted 0 to {num_classes - 1}")
    curves = []
    for label in range(num_classes):
        of_class, wanted = found["labels"] == label, known["labels"] == label
        scores = found["scores"][of_class]
        matching = match_detections(
            found["boxes"][of_class],
            scores,
            found["images"][of_class],
            known["boxes"][wanted],
            known["images"][wanted],
            threshold,
            difficult=known["difficult"][wanted],
            convention=convention,
        )
        counted = ~matching.ignored
        ranked = scores[matching.order][counted]
        curves.append(precision_recall_curve(ranked, matching.true_positive[counted], matching.positives))
    by_convention = _integrated(curves, partial(rules.integrate, convention=convention))
    return Evaluation(curves, by_convention, threshold)


def compute_map(
    det_boxes: Sequence[dict[Any, Any]],
    gt_boxes: Sequence[dict[Any, Any]],
    iou_threshold: float = 0.5,
    method: Literal["area", "interp", "arange", "step", "coco101", "yolov5"] = "area",
) -> tuple[float, dict[Any, float]]:
    """Mean average precision of the course notes' listing: nested lists in, the mean and each class out.

    Parameters
    ----------
    det_boxes : sequence of dicts
        Per image: class -> rows of x1, y1, x2, y2, score.
    gt_boxes : sequence of dicts
        Per image: class -> rows of x1, y1, x2, y2.
    iou_threshold : float
    method : {"area", "interp", "arange", "step", "coco101", "yolov5"}
        The integration, the first one by default (C-9); "interp" is the 11 points, "arange" the same at the
        listing's own levels (ERR-83).

    Returns
    -------
    mean : float
        NaN if no class has ground truth.
    per_class : dict
        Class -> average precision; NaN for one that is detected and has no ground truth.

    Raises
    ------
    ValueError
        An unknown method, lists of different lengths, wrong boxes.

    Notes
    -----
    EVAL-14. Differs from the listing: the score is the detection's (ERR-81), the levels of "interp" have a
    tolerance (ERR-83), and no class at all gives NaN instead of a ZeroDivisionError.

    Examples
    --------
    >>> compute_map([{"car": [[0, 0, 4, 4, 0.9]]}], [{"car": [[0, 0, 4, 4]]}])
    (1.0, {'car': 1.0})
    """
    object_checks.option(method, "method", METHODS)
    det_boxes, gt_boxes = _images(det_boxes, "det_boxes"), _images(gt_boxes, "gt_boxes")
    names = list(dict.fromkeys(name for image in (*gt_boxes, *det_boxes) for name in image))
    rows = [_by_class(image, names, 5, f"det_boxes[{i}]") for i, image in enumerate(det_boxes)]
    known = [_by_class(image, names, 4, f"gt_boxes[{i}]") for i, image in enumerate(gt_boxes)]
    if len(rows) != len(known):
        raise ValueError(f"gt_boxes: {len(known)} images came; wanted {len(rows)}, as det_boxes has")
    evaluation = evaluate_detections(
        [Detections(boxes[:, :4], boxes[:, 4], labels) for boxes, labels in rows],
        [boxes for boxes, _ in known],
        [labels for _, labels in known],
        len(names),
        iou_threshold,
    )
    per_class = evaluation.integrated(METHODS[method])
    return mean_over_classes(per_class), dict(zip(names, map(float, per_class), strict=True))


def _images(value, name):
    """A list of dictionaries."""
    images = object_checks.sequence(value, name, "images")
    for i, image in enumerate(images):
        object_checks.instance(image, f"{name}[{i}]", dict, "a dictionary from class to rows")
    return images


def _by_class(image, names, columns, argument):
    """The rows of all classes of one image, and their labels."""
    rows, labels = [np.zeros((0, columns))], [np.zeros(0, np.int64)]
    for name, values in image.items():
        array = checks.real_array(values, argument)
        array = array.reshape(0, columns) if array.shape == (0,) else array
        if array.ndim != 2 or array.shape[1] != columns:
            raise ValueError(
                f"{argument}: shape {array.shape} came for {checks.shown(name)}; wanted rows of {columns} numbers"
            )
        checks.reject_non_finite(array, argument, "finite numbers") if array.size else None
        rows.append(array)
        labels.append(np.full(len(array), names.index(name)))
    return np.concatenate(rows), np.concatenate(labels)


def _integrated(curves, integration):
    values = [integration(c.recall, c.precision) if c.positives else np.nan for c in curves]
    return np.array(values, np.float64)


def _flat_detections(detections):
    """Rows of all images, with the image that each is from."""
    empty = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))
    parts = [empty, *detections]
    return {
        "boxes": np.concatenate([part.boxes for part in parts]),
        "scores": np.concatenate([part.scores for part in parts]),
        "labels": np.concatenate([part.labels for part in parts]),
        "images": np.repeat(np.arange(len(parts)) - 1, [len(part) for part in parts]),
    }


def _flat_ground_truth(gt_boxes, gt_labels, difficult, images):
    """The same for the ground truth."""
    gt_boxes = object_checks.sequence(gt_boxes, "gt_boxes", "images", images)
    gt_labels = object_checks.sequence(gt_labels, "gt_labels", "images", images)
    boxes = [checks.boxes(b, f"gt_boxes[{i}]", REFDET.overlap) for i, b in enumerate(gt_boxes)]
    labels = [
        checks.whole_numbers(values, f"gt_labels[{i}]", (len(boxes[i]),), "one class per box")
        for i, values in enumerate(gt_labels)
    ]
    if difficult is None:
        marks = [np.zeros(len(b), bool) for b in boxes]
    else:
        difficult = object_checks.sequence(difficult, "difficult", "images", images)
        marks = [
            object_checks.flags(values, f"difficult[{i}]", len(boxes[i]), "one per box")
            for i, values in enumerate(difficult)
        ]
    return {
        "boxes": np.concatenate([np.zeros((0, 4)), *boxes]),
        "labels": np.concatenate([np.zeros(0, np.int64), *labels]),
        "images": np.repeat(np.arange(images), [len(b) for b in boxes]),
        "difficult": np.concatenate([np.zeros(0, bool), *marks]),
    }
