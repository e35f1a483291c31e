"""Greedy non-maximum suppression, of one class and of several (NMS-1, NMS-3).

A detector fires several times on one object. Take the best box, drop every other that overlaps it by
more than the threshold, and go on with the best of the rest.

Letters: N boxes, K kept. Twins: csrc/nms.cpp, csrc/nms.cu.
Source: A. Neubeck and L. Van Gool, Efficient Non-Maximum Suppression, ICPR 2006;
R. Girshick et al., R-CNN, CVPR 2014, section 2.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import intersection_over_union
from refdet.stepwise import Steps, drained, stepwise


def check_nms(boxes, scores, iou_threshold, *, convention=REFDET, xp=np):
    """Boxes and scores as float arrays, the threshold in the precision that it is compared in."""
    checks.convention(convention)
    rule, overlap = convention.part("suppression"), convention.overlap
    boxes = checks.boxes(boxes, "boxes", overlap, xp=xp)
    scores = checks.scores(scores, "scores", len(boxes), finite=overlap.finite, xp=xp)
    threshold = rule.rounded(checks.threshold(iou_threshold, "iou_threshold"), boxes.dtype)
    return boxes, scores, threshold, convention


@stepwise(check=check_nms, quiet=True)
def nms(
    boxes: Array, scores: Array, iou_threshold: float, *, convention: Convention = REFDET
) -> Steps[NDArray[np.int64]]:
    """Indices of the boxes that survive greedy non-maximum suppression, best score first.

    A box goes if its IoU with a better, kept box is greater than the threshold; at equality it stays.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    scores : (N,) array
        Higher is better; of equal scores the lower index goes first. Integers are cast to float64.
    iou_threshold : float in [0, 1]
        Largest overlap that two kept boxes may have; rounded once to the dtype of `boxes`.
    convention : Convention
        Strictness, ties and the overlap; see docs/conventions.md, "Suppression".

    Returns
    -------
    keep : (K,) int64 array

    Raises
    ------
    ValueError
        Wrong shape; non-finite boxes or scores (not under TORCHVISION); a threshold outside [0, 1];
        a convention whose system has no suppression.
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    sort.     Order the boxes from best to worst score, stably.
    pick.     Keep the best box that is still alive.
    suppress. Drop every box alive whose overlap with it is over the threshold.

    NMS-1; five boxes by hand: NMS-9; cost: NMS-8. At equality the sources keep a box, though one listing
    does not (ERR-4); suppression knows boxes, not objects (ERR-5). A box without area is never suppressed
    and suppresses none. Thresholds of the papers: 0.3 (R-CNN), 0.7 (RPN), 0.45 (SSD, YOLO).

    Twins: csrc/nms.cpp, csrc/nms.cu.

    References
    ----------
    A. Neubeck, L. Van Gool, Efficient Non-Maximum Suppression, ICPR 2006.

    Examples
    --------
    The second box has IoU 81/119 = 0.68 with the first:

    >>> boxes = np.array([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]])
    >>> nms(boxes, np.array([0.9, 0.8, 0.7]), 0.5)
    array([0, 2])
    >>> print(nms.trace(boxes, np.array([0.9, 0.8, 0.7]), 0.5))
       0  sort: [0, 1, 2] is best to worst
       1  pick: box 0 is the best still alive
       2  suppress: boxes over 0.5 with box 0 go
       3  pick: box 2 is the best still alive
       4  suppress: boxes over 0.5 with box 2 go
    """
    rule = convention.suppression
    order, alive, keep = rule.by_score(scores), np.ones(len(boxes), bool), []
    yield "sort: {order:row} is best to worst"
    for i in order:
        if not alive[i]:
            continue
        keep.append(i)
        alive[i] = False
        yield "pick: box {i:row} is the best still alive"
        rest = np.flatnonzero(alive)
        overlap, _, _ = drained(intersection_over_union(boxes[i], boxes[rest], convention.overlap))
        alive[rest[rule.suppresses(overlap, iou_threshold)]] = False
        yield "suppress: boxes over {iou_threshold} with box {i:row} go"
    return np.array(keep, np.int64)


def check_batched_nms(boxes, scores, idxs, iou_threshold, *, convention=REFDET, xp=np):
    """As `check_nms`, and the class of each box as int64."""
    boxes, scores, threshold, _ = check_nms(boxes, scores, iou_threshold, convention=convention, xp=xp)
    idxs = checks.whole_numbers(idxs, "idxs", (len(boxes),), "one class index per box", xp=xp)
    moved = convention.suppression.moved_apart(boxes, idxs)
    if moved is not None and convention.overlap.finite == "reject" and not bool(xp.isfinite(moved).all()):
        raise ValueError(
            f"idxs: {idxs[~xp.isfinite(moved).all(axis=1)][0]} came; its boxes, shifted aside, overflow"
        )
    return boxes, scores, idxs, threshold, convention


@stepwise(check=check_batched_nms, quiet=True)
def batched_nms(
    boxes: Array, scores: Array, idxs: Array, iou_threshold: float, *, convention: Convention = REFDET
) -> Steps[NDArray[np.int64]]:
    """Indices of the boxes that survive suppression within their own class, best score first.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    scores : (N,) array
        Higher is better; of equal scores the lower index goes first.
    idxs : (N,) integer array
        Class of each box (or image and class in one number); any integers. Boxes of different classes
        never suppress each other.
    iou_threshold : float in [0, 1]
        As for `nms`.
    convention : Convention
        As for `nms`. TORCHVISION (small inputs) and OPENCV shift the classes apart and run once, which
        differs where coordinates are negative or large, or boxes have no area.

    Returns
    -------
    keep : (K,) int64 array

    Raises
    ------
    ValueError, TypeError
        As `nms`; `idxs` of another length or not of integers.

    Notes
    -----
    class. Suppress within one class, as `nms` does.
    merge. Sort what all classes kept by score.

    NMS-3. Class-agnostic suppression is `nms` itself. Twins: csrc/nms.cpp, csrc/nms.cu.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]])
    >>> batched_nms(boxes, np.array([0.7, 0.9, 0.8]), np.array([1, 2, 1]), 0.5)
    array([1, 2])
    """
    rule = convention.suppression
    moved = rule.moved_apart(boxes, idxs)
    if moved is not None:
        yield "shift: the classes are moved apart, and suppressed as if they were one"
        return (yield from nms.steps(moved, scores, iou_threshold, convention=convention))
    kept = np.zeros(len(boxes), bool)
    for label in np.unique(idxs):
        members = np.flatnonzero(idxs == label)
        winners = yield from nms.steps(boxes[members], scores[members], iou_threshold, convention=convention)
        kept[members[winners]] = True
        yield "class: of class {label} the boxes {members} took part"
    keep = np.flatnonzero(kept)
    keep = keep[rule.by_score(scores[keep])].astype(np.int64)
    yield "merge: {keep} are left, best to worst"
    return keep
