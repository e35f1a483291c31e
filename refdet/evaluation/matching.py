"""Which detections are right: each, best score first, claims a ground-truth box of its image (EVAL-1, EVAL-3).

A detection that claims a free box overlapping it enough is a true positive; a second one on the same box
is a duplicate and, like one that claims nothing, a false positive. Boxes nobody claims are the misses.

Letters: D detections, G ground-truth boxes, of one class, over all images.
Source: M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2; pycocotools, cocoeval.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import box_iou
from refdet.stepwise import Steps, stepwise


@dataclass(frozen=True, eq=False)
class Matching:
    """The outcome for every detection, best score first."""

    order: NDArray[np.int64]
    """(D,) int64 index of each detection as it was given."""
    ground_truth: NDArray[np.int64]
    """(D,) int64 box that it claimed, -1 for none."""
    true_positive: NDArray[np.bool_]
    """(D,) bool; the others are false positives, unless ignored."""
    ignored: NDArray[np.bool_]
    """(D,) bool, neither right nor wrong: on a difficult box."""
    positives: int
    """Ground-truth boxes that count: those that are not difficult."""


def check_match_detections(
    boxes, scores, images, gt_boxes, gt_images, iou_threshold=0.5, *, difficult=None, convention=REFDET
):
    """Boxes in float64, images and flags of the right lengths."""
    checks.convention(convention)
    convention.part("average_precision")
    boxes = checks.boxes(boxes, "boxes", convention.overlap).astype(np.float64)
    gt_boxes = checks.boxes(gt_boxes, "gt_boxes", convention.overlap).astype(np.float64)
    scores = checks.scores(scores, "scores", len(boxes))
    images = checks.whole_numbers(images, "images", (len(boxes),), "one image index per box")
    gt_images = checks.whole_numbers(gt_images, "gt_images", (len(gt_boxes),), "one image index per box")
    threshold = checks.threshold(iou_threshold, "iou_threshold")
    difficult = np.zeros(len(gt_boxes), bool) if difficult is None else difficult
    difficult = object_checks.flags(difficult, "difficult", len(gt_boxes), "one per ground-truth box")
    return boxes, scores, images, gt_boxes, gt_images, threshold, difficult, convention


@stepwise(check=check_match_detections)
def match_detections(
    boxes: Array,
    scores: Array,
    images: Array,
    gt_boxes: Array,
    gt_images: Array,
    iou_threshold: float = 0.5,
    *,
    difficult: Any = None,
    convention: Convention = REFDET,
) -> Steps[Matching]:
    """Match the detections of one class to its ground truth, best score first, in all images at once.

    A detection is right if its IoU with the box that it overlaps most is at least the threshold and no
    better detection claimed that box.

    Parameters
    ----------
    boxes : (D, 4) array
        Detected corners x1, y1, x2, y2 in pixels.
    scores : (D,) array
        Higher goes first; of equal scores the lower index.
    images : (D,) integer array
        Image of each detection; any integers.
    gt_boxes : (G, 4) array
    gt_images : (G,) integer array
    iou_threshold : float in [0, 1]
        Compared with overlaps in float64. At 0 every box of the image is near enough.
    difficult : (G,) bool array, optional
        Boxes that need not be found: they do not count, and whatever claims one is ignored.
    convention : Convention
        `average_precision`: whether equality is enough, and whether a detection whose best box is taken
        may fall back to a free one (COCO) or not (VOC). See docs/conventions.md, "Average precision".

    Returns
    -------
    matching : Matching

    Raises
    ------
    ValueError, TypeError
        Wrong shapes or dtypes, non-finite values, a threshold outside [0, 1]; a convention whose system
        does not evaluate.

    Notes
    -----
    sort.      Order the detections from best to worst score, stably.
    miss.      No box of the image overlaps it enough: a false positive.
    ignore.    It claims a difficult box: neither right nor wrong.
    duplicate. The box that it claims is taken: a false positive.
    hit.       It takes its box: a true positive.

    EVAL-3; ERR-84: at equality the course notes' listing matches, as COCO does; VOC's Python port does
    not (``convention=FAST_RCNN``).

    References
    ----------
    M. Everingham et al., The PASCAL Visual Object Classes (VOC) Challenge, IJCV 2010, section 4.2.

    Examples
    --------
    The second detection overlaps the same box, the third is in another image:

    >>> boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 3], [0, 0, 4, 4]])
    >>> matching = match_detections(boxes, [0.9, 0.8, 0.7], [0, 0, 1], [[0, 0, 4, 4]], [0])
    >>> matching.true_positive, matching.ground_truth
    (array([ True, False, False]), array([ 0,  0, -1]))
    """
    rule, count = convention.average_precision, len(boxes)
    order = np.argsort(-scores, kind="stable")
    claimed, taken = np.full(count, -1), np.zeros(len(gt_boxes), bool)
    true_positive, ignored = np.zeros(count, bool), np.zeros(count, bool)
    yield "sort: {order} is best to worst"
    for rank, i in enumerate(order):
        rivals = np.flatnonzero(gt_images == images[i])
        overlap = box_iou(boxes[i : i + 1], gt_boxes[rivals], convention=convention)[0]
        choice = _choice(rule, overlap, taken[rivals], difficult[rivals], iou_threshold)
        if choice < 0:
            yield "miss: detection {i} overlaps no box enough"
            continue
        g = claimed[rank] = rivals[choice]
        if difficult[g]:
            ignored[rank] = True
            yield "ignore: detection {i} is on the difficult box {g}"
        elif taken[g]:
            yield "duplicate: detection {i} comes too late for box {g}"
        else:
            true_positive[rank] = taken[g] = True
            yield "hit: detection {i} takes box {g}"
    return Matching(order, claimed, true_positive, ignored, int((~difficult).sum()))


def _choice(rule, overlap, taken, difficult, threshold):
    """Which of the image's boxes a detection claims: its place, or -1."""
    near = rule.matches(overlap, threshold)
    # COCO looks among the free boxes first, then among the difficult ones; VOC among all.
    everything = np.ones(len(overlap), bool)
    for group in [~taken & ~difficult, difficult] if rule.reassign else [everything]:
        places = np.flatnonzero(near & group)
        if len(places):
            best = places[overlap[places] == overlap[places].max()]
            return best[0] if rule.ties == "first" else best[-1]
    return -1
