"""Soft non-maximum suppression: lower the scores of overlapping boxes instead of dropping them.

Greedy suppression loses the second of two objects that overlap much. Here the best box only lowers the scores
of the others, the more they overlap it, and a box goes when little is left of its score.

Letters: N boxes, K kept; o overlap, t its threshold, sigma the width of the Gaussian.
Twins: csrc/soft_nms.cpp, csrc/soft_nms.cu.
Source: N. Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV 2017, Figure 2.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.box_iou import intersection_over_union
from refdet.ops.nms import check_nms
from refdet.stepwise import Steps, drained, stepwise

Method = Literal["linear", "gaussian"]
Kept = tuple[NDArray[np.int64], NDArray[np.floating]]


def check_soft_nms(
    boxes,
    scores,
    iou_threshold=0.3,
    sigma=0.5,
    score_threshold=1e-3,
    method="linear",
    *,
    convention=REFDET,
    xp=np,
):
    """As `check_nms`; sigma and the least score in the precision of the scores."""
    boxes, scores, threshold, _ = check_nms(boxes, scores, iou_threshold, convention=convention, xp=xp)
    least = _rounded(score_threshold, "score_threshold", scores.dtype)
    width = _rounded(sigma, "sigma", scores.dtype)
    if width == 0:
        raise ValueError(f"sigma: {checks.shown(sigma)} came; wanted a number above 0 in {scores.dtype}")
    if not isinstance(method, str) or method not in ("linear", "gaussian"):
        raise ValueError(f"method: {checks.shown(method)} came; wanted 'linear' or 'gaussian'")
    return boxes, scores, threshold, width, least, method, convention


def _rounded(value, name, dtype):
    """A number from 0 on, as a scalar of that precision."""
    number = checks.real_number(value, name)
    with np.errstate(over="ignore"):
        rounded = dtype.type(number)
    if not 0 <= rounded < np.inf:
        raise ValueError(f"{name}: {number} came; wanted a number from 0 on that fits {dtype}")
    return rounded


@stepwise(check=check_soft_nms, quiet=True)
def soft_nms(
    boxes: Array,
    scores: Array,
    iou_threshold: float = 0.3,
    sigma: float = 0.5,
    score_threshold: float = 1e-3,
    method: Method = "linear",
    *,
    convention: Convention = REFDET,
) -> Steps[Kept]:
    """Indices and lowered scores of the boxes that survive soft suppression, best lowered score first.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    scores : (N,) array
        Higher is better; of equal scores the lower index goes first. Their dtype is the precision in which
        scores are lowered: float32 or float64; float16 is cast to float32, integers to float64.
    iou_threshold : float in [0, 1]
        Only an overlap greater than this lowers a score ("linear"; "gaussian" has no threshold). Rounded once
        to the dtype of `boxes`.
    sigma : float above 0
        Width of the Gaussian ("gaussian" alone).
    score_threshold : float of at least 0
        A box with a score below this goes; one that equals it stays. Rounded once, as `sigma`, to the dtype
        of the scores.
    method : {"linear", "gaussian"}
        A picked box multiplies the score of another by ``1 - o`` where o is over the threshold, or by
        ``exp(-o^2 / sigma)``.
    convention : Convention
        Strictness, ties, the overlap, and the order of the queue; see docs/conventions.md, "Suppression".

    Returns
    -------
    keep : (K,) int64 array
        In the order in which the boxes were picked; the first k are what a limit of k boxes would give.
    new_scores : (K,) float array, dtype of `scores`
        The scores of the kept boxes, as low as they were when they were picked; they never rise.

    Raises
    ------
    ValueError
        As `nms`; `sigma` that is 0 or below, or a negative `score_threshold`; another method.
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    queue. Queue the boxes whose score is not below the least one.
    pick.  Take the best box out of the queue, and keep it with its present score.
    decay. Lower the score of every box in the queue by its overlap with the picked one.
    drop.  Let go of the boxes whose score is now below the least one.

    Hard suppression (`nms`) is the weight 0 in place of ``1 - o``; boxes that would go stay with less. The
    linear form is discontinuous at the threshold, the Gaussian one is not (Bodla et al., section 3). Scores are
    taken as they are at every pick: a box can be overtaken by one that was worse.

    The exponential is taken in float64 and rounded once to the precision of the scores, so that a float32
    score does not depend on the machine's float32 exponential; the last bits of a float64 one do.

    Twins: csrc/soft_nms.cpp, csrc/soft_nms.cu.

    References
    ----------
    N. Bodla, B. Singh, R. Chellappa, L. S. Davis, Soft-NMS: Improving Object Detection With One Line of Code,
    ICCV 2017.

    Examples
    --------
    The second box has IoU 1/2 with the first: its score is halved, and the third overtakes it.

    >>> boxes = np.array([[0, 0, 4, 2], [0, 0, 4, 1], [9, 9, 12, 12]])
    >>> keep, new_scores = soft_nms(boxes, np.array([0.9, 0.8, 0.7]))
    >>> keep, new_scores
    (array([0, 2, 1]), array([0.9, 0.7, 0.4]))
    >>> keep, new_scores = soft_nms(boxes, np.array([0.9, 0.8, 0.7]), method="gaussian")  # 0.8 exp(-1/4 / 1/2)
    >>> new_scores.round(6)
    array([0.9     , 0.7     , 0.485225])
    """
    rule = convention.suppression
    new_scores, keep = scores.copy(), []
    queue = rule.queue(new_scores < score_threshold)
    yield "queue: boxes that may be picked: {queue:row}"
    while len(queue):
        place = rule.best(new_scores[queue])
        i = queue[place]
        keep.append(i)
        queue = rule.without_picked(queue, place)
        yield "pick: box {i:row} is the best in the queue"
        overlap, _, _ = drained(intersection_over_union(boxes[i], boxes[queue], convention.overlap))
        over = rule.decays(overlap, iou_threshold)
        lowered = _decayed(new_scores[queue], overlap, over, sigma, method)
        new_scores[queue] = lowered
        yield "decay: box {i:row} lowers what overlaps it; the scores of {queue:row} are now {lowered}"
        low = new_scores[queue] < score_threshold
        dropped, queue = queue[low], rule.without_dropped(queue, low)  # noqa: F841  (the caption names it)
        yield "drop: boxes with less than {score_threshold} go: {dropped:row}"
    return np.array(keep, np.int64), new_scores[keep]


def _decayed(scores, overlap, over, sigma, method):
    """Scores times their weight; every operation in the precision of the scores, the exponential in float64."""
    o = overlap.astype(scores.dtype)
    if method == "linear":
        return np.where(over, scores * (1 - o), scores)
    exponent = -(o * o) / sigma
    return scores * np.exp(exponent.astype(np.float64)).astype(scores.dtype)


def check_batched_soft_nms(
    boxes,
    scores,
    idxs,
    iou_threshold=0.3,
    sigma=0.5,
    score_threshold=1e-3,
    method="linear",
    *,
    convention=REFDET,
):
    """As `check_soft_nms`, and the class of each box as int64."""
    numbers = iou_threshold, sigma, score_threshold, method
    boxes, scores, *rest = check_soft_nms(boxes, scores, *numbers, convention=convention)
    idxs = checks.whole_numbers(idxs, "idxs", (len(boxes),), "one class index per box")
    return boxes, scores, idxs, *rest


@stepwise(check=check_batched_soft_nms, quiet=True)
def batched_soft_nms(
    boxes: Array,
    scores: Array,
    idxs: Array,
    iou_threshold: float = 0.3,
    sigma: float = 0.5,
    score_threshold: float = 1e-3,
    method: Method = "linear",
    *,
    convention: Convention = REFDET,
) -> Steps[Kept]:
    """Indices and lowered scores of the boxes that survive soft suppression within their own class.

    Parameters
    ----------
    boxes, scores, iou_threshold, sigma, score_threshold, method, convention
        As for `soft_nms`. Every convention takes class by class here; none shifts the classes aside.
    idxs : (N,) integer array
        Class of each box (or image and class in one number); boxes of different classes never lower each
        other's scores.

    Returns
    -------
    keep : (K,) int64 array
        Best lowered score first; of equal ones the lower index, whatever the class.
    new_scores : (K,) float array, dtype of `scores`
        The lowered scores of the kept boxes.

    Raises
    ------
    ValueError, TypeError
        As `soft_nms`; `idxs` of another length or not of integers.

    Notes
    -----
    class. Suppress within one class, as `soft_nms` does.
    merge. Sort what all classes kept by their lowered scores.

    Examples
    --------
    >>> boxes = np.array([[0, 0, 4, 2], [0, 0, 4, 1], [0, 0, 4, 1]])
    >>> batched_soft_nms(boxes, np.array([0.9, 0.8, 0.7]), np.array([1, 1, 2]))
    (array([0, 2, 1]), array([0.9, 0.7, 0.4]))
    """
    rule, numbers = convention.suppression, (iou_threshold, sigma, score_threshold, method)
    new_scores, kept = scores.copy(), np.zeros(len(boxes), bool)
    for label in np.unique(idxs):
        members = np.flatnonzero(idxs == label)
        winners, lowered = yield from soft_nms.steps(
            boxes[members], scores[members], *numbers, convention=convention
        )
        kept[members[winners]] = True
        new_scores[members[winners]] = lowered
        yield "class: of class {label} the boxes {members} took part"
    keep = np.flatnonzero(kept)
    keep = keep[rule.by_score(new_scores[keep])].astype(np.int64)
    yield "merge: {keep} are left, best to worst"
    return keep, new_scores[keep]
