"""Which ground-truth box a proposal belongs to: the one that it overlaps most (MAT-1).

Letters: P proposals of one image, G ground-truth boxes in it.
Source: R. Girshick et al., R-CNN, CVPR 2014, section 2.3; rcnn, rcnn_make_window_file.m.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import box_iou
from refdet.stepwise import Steps, stepwise

# Less is no overlap: a proposal that touches an object by so little belongs to the background.
NOTHING = 1e-5


def check_best_ground_truth(proposals, gt_boxes, *, convention=REFDET):
    """The boxes in the convention's precision and order of corners."""
    checks.convention(convention)
    rule = convention.part("overlap")
    return checks.boxes(proposals, "proposals", rule), checks.boxes(gt_boxes, "gt_boxes", rule), convention


@stepwise(check=check_best_ground_truth)
def best_ground_truth(
    proposals: Array, gt_boxes: Array, *, convention: Convention = REFDET
) -> Steps[tuple[NDArray[np.int64], NDArray[np.floating]]]:
    """The ground-truth box that each proposal overlaps most.

    Parameters
    ----------
    proposals : (P, 4) array
    gt_boxes : (G, 4) array
        Corners x1, y1, x2, y2 in continuous pixels; none is legal.
    convention : Convention
        `overlap`: rcnn counts pixels, as under FAST_RCNN.

    Returns
    -------
    matches : (P,) int64 array
        Row of `gt_boxes`, the lower one of two that overlap it equally; -1 for the background.
    overlaps : (P,) float32 or float64 array
        IoU with it; 0 for the background.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, non-finite boxes unless the convention lets them in.

    Notes
    -----
    overlap.    IoU of every proposal with every ground-truth box.
    best.       The largest of each row.
    background. Below 1e-5 it is nothing.

    MAT-1. The IoU decides, not the size of the object (ERR-8). Differs from rcnn_make_window_file.m: there, of two
    equal overlaps, the lower class wins. A pair that the convention cannot compare, NaN, counts as 0.

    Examples
    --------
    A human, and a dog in front of him; the first proposal is tight on the dog:

    >>> human, dog = [0, 0, 100, 200], [30, 100, 80, 160]
    >>> matches, overlaps = best_ground_truth([[25, 95, 85, 165], [0, 0, 100, 180]], [human, dog])
    >>> matches, overlaps.round(6)
    (array([1, 0]), array([0.714286, 0.9     ]))
    """
    iou = box_iou(proposals, gt_boxes, convention=convention)  # (P, G)
    iou[np.isnan(iou)] = 0
    yield "overlap: IoU of each proposal with each ground-truth box is {iou}"
    matches = iou.argmax(axis=1) if len(gt_boxes) else np.full(len(proposals), -1)
    overlaps = iou.max(axis=1, initial=0)
    yield "best: the proposals lie best on {matches}, by {overlaps}"
    nothing = overlaps < NOTHING
    matches[nothing], overlaps[nothing] = -1, 0
    yield "background: where that is next to nothing it is -1, {matches}"
    return matches.astype(np.int64), overlaps
