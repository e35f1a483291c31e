"""Non-maximum suppression by DIoU, of one class and of several (NMS-6).

Two objects that stand before one another overlap much, but their centres lie apart; two detections of one
object share a centre. So let the distance of the centres count for the lower box.

Letters: N boxes, K kept; rho distance of the centres, c diagonal of the smallest box around both. Twins:
csrc/diou_nms.cpp, csrc/diou_nms.cu.
Source: Z. Zheng et al., Distance-IoU Loss, AAAI 2020, section "Non-Maximum Suppression using DIoU".
"""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.nms import check_batched_nms, check_nms
from refdet.ops.overlaps import distance_iou
from refdet.overlap_rule import MOST
from refdet.stepwise import Steps, drained, stepwise


def check_diou_nms(boxes, scores, threshold, beta=None, *, convention=REFDET, xp=np):
    """As `check_nms`, with a threshold from -1 on; the exponent, also in the convention that comes back."""
    boxes, scores, _, convention = check_nms(boxes, scores, 0, convention=convention, xp=xp)
    if convention.overlap.finite == "reject":
        checks.reject_far(boxes, "boxes", xp=xp)
    rule, overlap = convention.suppression, convention.overlap
    limit = rule.rounded(checks.threshold(threshold, "threshold", least=-1), boxes.dtype)
    beta = overlap.beta if beta is None else checks.positive_number(beta, "beta", MOST)
    overlap = dataclasses.replace(overlap, beta=beta)
    return boxes, scores, limit, beta, dataclasses.replace(convention, overlap=overlap)


@stepwise(check=check_diou_nms, quiet=True)
def diou_nms(
    boxes: Array,
    scores: Array,
    threshold: float,
    beta: float | None = None,
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.int64]]:
    """Indices of the boxes that survive greedy suppression by DIoU, best score first.

    A box goes if IoU - (rho^2 / c^2)^beta with a better, kept box is greater than the threshold.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    scores : (N,) array
        Higher is better; of equal scores the lower index goes first. Integers are cast to float64.
    threshold : float in [-1, 1]
        Largest DIoU that two kept boxes may have; rounded once to the dtype of `boxes`. DIoU is negative for
        most boxes apart, so that a negative threshold lets boxes suppress what they do not touch.
    beta : float above 0 and up to 1e38, optional
        Exponent of the distance term; the convention's, which is 1, if None. The larger it is, the less the
        distance counts: `nms` is the limit.
    convention : Convention
        Strictness, ties and the overlap; see docs/conventions.md, "Suppression".

    Returns
    -------
    keep : (K,) int64 array

    Raises
    ------
    ValueError
        As `nms`; a threshold outside [-1, 1]; a `beta` that is not above 0; coordinates whose squared
        distance may overflow.
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    sort.     Order the boxes from best to worst score, stably.
    pick.     Keep the best box that is still alive.
    suppress. Drop every box alive whose DIoU with it is over the threshold.

    NMS-6. The course notes print a product, IoU * rho^2 / c^2 (ERR-34): that keeps all duplicates with one
    centre. AlexeyAB's darknet takes beta = 0.6 (ERR-35). With another beta than 1 a power decides, whose
    last bit differs between machines.

    Twins: csrc/diou_nms.cpp, csrc/diou_nms.cu.

    References
    ----------
    Z. Zheng, P. Wang, W. Liu, J. Li, R. Ye, D. Ren, Distance-IoU Loss: Faster and Better Learning for
    Bounding Box Regression, AAAI 2020.

    Examples
    --------
    The second box lies within the first, IoU 0.64, and shares its centre; the third has IoU 0.6 with it, less
    6.25/256.25 for the distance:

    >>> boxes = np.array([[0, 0, 10, 10], [1, 1, 9, 9], [2.5, 0, 12.5, 10]])
    >>> diou_nms(boxes, np.array([0.9, 0.8, 0.7]), 0.58)
    array([0, 2])
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
        diou, _ = drained(distance_iou(boxes[i], boxes[rest], convention.overlap))
        alive[rest[rule.suppresses(diou, threshold)]] = False
        yield "suppress: boxes whose DIoU with box {i:row} is over {threshold} go"
    return np.array(keep, np.int64)


def check_batched_diou_nms(boxes, scores, idxs, threshold, beta=None, *, convention=REFDET):
    """As `check_diou_nms`, and the class of each box as int64."""
    boxes, scores, idxs, _, convention = check_batched_nms(boxes, scores, idxs, 0, convention=convention)
    checked = check_diou_nms(boxes, scores, threshold, beta, convention=convention)
    return *checked[:2], idxs, *checked[2:]


@stepwise(check=check_batched_diou_nms, quiet=True)
def batched_diou_nms(
    boxes: Array,
    scores: Array,
    idxs: Array,
    threshold: float,
    beta: float | None = None,
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.int64]]:
    """Indices of the boxes that survive suppression by DIoU within their own class, best score first.

    Parameters
    ----------
    boxes, scores, threshold, beta, convention
        As for `diou_nms`.
    idxs : (N,) integer array
        Class of each box; boxes of different classes never suppress each other.

    Returns
    -------
    keep : (K,) int64 array

    Raises
    ------
    ValueError, TypeError
        As `diou_nms`; `idxs` of another length or not of integers.

    Notes
    -----
    class. Suppress within one class, as `diou_nms` does.
    merge. Sort what all classes kept by score.

    NMS-3, NMS-6. A convention that shifts the classes aside (`batched_nms`) does so here.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]])
    >>> batched_diou_nms(boxes, np.array([0.7, 0.9, 0.8]), np.array([1, 2, 1]), 0.5)
    array([1, 2])
    """
    rule = convention.suppression
    moved = rule.moved_apart(boxes, idxs)
    if moved is not None:
        yield "shift: the classes are moved apart, and suppressed as if they were one"
        return (yield from diou_nms.steps(moved, scores, threshold, beta, convention=convention))
    kept = np.zeros(len(boxes), bool)
    for label in np.unique(idxs):
        members = np.flatnonzero(idxs == label)
        winners = yield from diou_nms.steps(
            boxes[members], scores[members], threshold, beta, convention=convention
        )
        kept[members[winners]] = True
        yield "class: of class {label} the boxes {members} took part"
    keep = np.flatnonzero(kept)
    keep = keep[rule.by_score(scores[keep])].astype(np.int64)
    yield "merge: {keep} are left, best to worst"
    return keep
