"""`compute_map`, mean average precision with the arguments of the course notes' listing (EVAL-14).

Its errors are not repeated; they stand in docs/errata.md, each with the test that refutes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET
from refdet.detections import Detections
from refdet.evaluation import average_precision as rules
from refdet.evaluation.mean_average_precision import (
    check_evaluate_detections,
    evaluated,
    joined,
    joined_ground_truth,
)
from refdet.stepwise import Steps, stepwise

Integration = Callable[[Array, Array], Steps[float]]
METHODS: dict[str, Integration] = {
    "area": rules.area_ap.steps,
    "interp": rules.eleven_point_ap.steps,
    "arange": partial(rules.eleven_point_ap.steps, variant="arange"),
    "step": rules.step_ap.steps,
    "coco101": rules.coco_ap.steps,
    "yolov5": rules.yolov5_ap.steps,
}


def check_compute_map(det_boxes, gt_boxes, iou_threshold=0.5, method="area"):
    """Per image the rows of each class, as arrays; the threshold, and a method that is known."""
    object_checks.option(method, "method", METHODS)
    det_boxes, gt_boxes = _images(det_boxes, "det_boxes", 5), _images(gt_boxes, "gt_boxes", 4)
    if len(det_boxes) != len(gt_boxes):
        raise ValueError(f"gt_boxes: {len(gt_boxes)} images came; wanted {len(det_boxes)}, as det_boxes has")
    names = _names(det_boxes, gt_boxes)
    detections, boxes, labels = _lists(det_boxes, gt_boxes, names)
    checked = check_evaluate_detections(detections, boxes, labels, len(names), iou_threshold)
    return det_boxes, gt_boxes, checked[4], method


@stepwise(check=check_compute_map)
def compute_map(
    det_boxes: Sequence[dict[Any, Any]],
    gt_boxes: Sequence[dict[Any, Any]],
    iou_threshold: float = 0.5,
    method: Literal["area", "interp", "arange", "step", "coco101", "yolov5"] = "area",
) -> Steps[tuple[float, dict[Any, float]]]:
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
    gather. Put the detections of all images into one list, and the objects into another.
    class.  Match those of one class, draw the curve and integrate it, by their own steps.
    score.  Note the average precision of the class; of one without objects there is none.
    mean.   Of the classes that have objects.

    EVAL-14. Differs from the listing: the score is the detection's (ERR-81), the levels of "interp" have a
    tolerance (ERR-83), and no class at all gives NaN instead of a ZeroDivisionError.

    Examples
    --------
    >>> compute_map([{"car": [[0, 0, 4, 4, 0.9]]}], [{"car": [[0, 0, 4, 4]]}])
    (1.0, {'car': 1.0})
    """
    names = _names(det_boxes, gt_boxes)
    detections, boxes, labels = _lists(det_boxes, gt_boxes, names)
    rows = joined(detections) | joined_ground_truth(
        boxes, labels, [np.zeros(len(part), bool) for part in boxes]
    )
    evaluation = yield from evaluated(
        **rows, classes=len(names), threshold=iou_threshold, convention=REFDET, integration=METHODS[method]
    )
    return evaluation.mean, dict(zip(names, map(float, evaluation.average_precision), strict=True))


def _images(value, name, columns):
    """A list of dictionaries from class to rows of so many finite numbers."""
    images = object_checks.sequence(value, name, "images")
    for i, image in enumerate(images):
        object_checks.instance(image, f"{name}[{i}]", dict, "a dictionary from class to rows")
    return [
        {label: _rows(rows, columns, f"{name}[{i}]", label) for label, rows in image.items()}
        for i, image in enumerate(images)
    ]


def _rows(value, columns, argument, label):
    array = checks.real_array(value, argument)
    array = array.reshape(0, columns) if array.shape == (0,) else array
    if array.ndim != 2 or array.shape[1] != columns:
        raise ValueError(
            f"{argument}: shape {array.shape} came for {checks.shown(label)}; wanted rows of {columns} numbers"
        )
    checks.reject_non_finite(array, argument, "finite numbers") if array.size else None
    return array


def _names(det_boxes, gt_boxes):
    """The classes, those of the ground truth first."""
    return list(dict.fromkeys(name for image in (*gt_boxes, *det_boxes) for name in image))


def _lists(det_boxes, gt_boxes, names):
    """Detections, boxes and labels image by image, as `evaluate_detections` takes them."""
    found, truth = (
        [_with_labels(image, names, columns) for image in images]
        for images, columns in ((det_boxes, 5), (gt_boxes, 4))
    )
    detections = [Detections(rows[:, :4], rows[:, 4], labels) for rows, labels in found]
    return detections, [boxes for boxes, _ in truth], [labels for _, labels in truth]


def _with_labels(image, names, columns):
    """The rows of all classes of one image, and their labels."""
    rows = np.concatenate([np.zeros((0, columns)), *image.values()])
    return rows, np.repeat([names.index(name) for name in image], [len(part) for part in image.values()])
