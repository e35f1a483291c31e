"""Proposal recall: the share of objects that some proposal covers (PROP-4).

A detector cannot find what its proposals miss, so this is the ceiling of its recall.

Source: J. Hosang et al., What Makes for Effective Detection Proposals?, PAMI 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import box_iou


def proposal_recall(
    proposals: Sequence[Array],
    gt_boxes: Sequence[Array],
    iou_threshold: Any = 0.5,
    *,
    top: Any = None,
    convention: Convention = REFDET,
) -> Any:
    """Share of the ground-truth boxes that a proposal of the same image overlaps by the threshold or more.

    Parameters
    ----------
    proposals : sequence of (P, 4) arrays
        Candidate boxes image by image, best first.
    gt_boxes : sequence of (G, 4) arrays
        Ground truth image by image.
    iou_threshold : float, or sequence of T floats
        Least IoU that counts; a sequence gives a curve.
    top : int, or sequence of T ints, optional
        How many proposals of each image take part, all by default; a sequence gives a curve.
    convention : Convention
        The overlap.

    Returns
    -------
    recall : float, or (T,) float64 array
        NaN if there is no ground truth.

    Raises
    ------
    ValueError, TypeError
        Lists of different lengths, wrong boxes, a threshold outside [0, 1], `top` below 0, two sequences.

    Notes
    -----
    PROP-4.

    Examples
    --------
    The window covers one of the two objects by 0.5, and the other not at all:

    >>> windows = [np.array([[0, 0, 4, 4]])]
    >>> objects = [np.array([[0, 0, 4, 2], [5, 5, 9, 9]])]
    >>> proposal_recall(windows, objects), proposal_recall(windows, objects, [0.4, 0.6])
    (0.5, array([0.5, 0. ]))
    """
    over_thresholds, over_top = _is_list(iou_threshold), _is_list(top)
    if over_thresholds and over_top:
        raise ValueError("top: a sequence came beside a sequence of thresholds; wanted one curve at a time")
    given = _values(iou_threshold, "iou_threshold", over_thresholds)
    thresholds = [checks.threshold(value, "iou_threshold") for value in given]
    recall = []
    for count in _values(top, "top", over_top):
        best = best_overlaps(proposals, gt_boxes, top=count, convention=convention)
        recall += [(best >= value).mean() if len(best) else np.nan for value in thresholds]
    return np.array(recall, np.float64) if over_thresholds or over_top else float(recall[0])


def _is_list(value):
    """True for a sequence of numbers, which asks for a curve."""
    return isinstance(value, (list, tuple, range)) or (isinstance(value, np.ndarray) and value.ndim == 1)


def _values(value, name, is_list):
    return object_checks.sequence(value, name, "numbers") if is_list else [value]


def best_overlaps(
    proposals: Sequence[Array],
    gt_boxes: Sequence[Array],
    *,
    top: int | None = None,
    convention: Convention = REFDET,
) -> NDArray[np.float64]:
    """Of every ground-truth box, image after image, the IoU of its best proposal: (G,) float64; 0 if none.

    Parameters
    ----------
    proposals, gt_boxes, top, convention
        As for `proposal_recall`.
    """
    checks.convention(convention)
    gt_boxes = _boxes_of_images(gt_boxes, "gt_boxes", None, convention)
    proposals = _boxes_of_images(proposals, "proposals", len(gt_boxes), convention)
    if top is not None:
        top = checks.whole_number(top, "top", 0)
    best = [np.zeros(0)]
    for candidates, boxes in zip(proposals, gt_boxes, strict=True):
        overlap = box_iou(boxes, candidates, convention=convention)[:, :top]
        best.append(overlap.max(axis=1, initial=0.0).astype(np.float64))
    return np.concatenate(best)


def _boxes_of_images(value, name, count, convention):
    """Boxes image by image, as many images as there must be."""
    images = object_checks.sequence(value, name, "images", count)
    return [checks.boxes(boxes, f"{name}[{i}]", convention.overlap) for i, boxes in enumerate(images)]
