"""Fast NumPy for soft suppression; `refdet.kernels.vectorized` hands it out.

What may still be picked lies side by side in memory: one row per coordinate, the area, and the score. A box
that was picked or dropped has the score -inf until the rows are packed.
"""

from __future__ import annotations

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.vectorized_areas import shared_area
from refdet.ops import soft_nms as definition
from refdet.ops.soft_nms import check_batched_soft_nms, check_soft_nms

_PICKS = 64  # between two packings


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def soft_nms(
    boxes,
    scores,
    iou_threshold=0.3,
    sigma=0.5,
    score_threshold=1e-3,
    method="linear",
    *,
    convention=REFDET,
):
    """`refdet.soft_nms` on coordinate planes; the reference itself where a convention moves boxes in the queue."""
    arguments = boxes, scores, iou_threshold, sigma, score_threshold, method
    boxes, scores, threshold, sigma, least, method, _ = check_soft_nms(*arguments, convention=convention)
    rule, overlap = convention.suppression, convention.overlap
    if rule.soft_order == "swap":
        return definition.soft_nms(*arguments, convention=convention)
    scores, keep = scores.copy(), []
    index = rule.queue(scores < least)
    planes, left = np.ascontiguousarray(boxes[index].T), scores[index]
    area = overlap.area(boxes[index])
    while len(index):
        place = rule.best(left)
        if left[place] == -np.inf:
            break
        i = index[place]
        keep.append(i)
        scores[i], left[place] = left[place], -np.inf
        inter = shared_area(boxes[i], planes, overlap.plus_one)
        near = inter > 0 if overlap.division == "guarded" else left >= 0  # elsewhere the overlap is 0
        near = np.flatnonzero(near & (left >= 0))
        ratio = overlap.ratio(inter[near], area[place] + area[near])
        lowered = _decayed(left[near], ratio, rule.decays(ratio, threshold), sigma, method)
        left[near] = np.where(lowered < least, -np.inf, lowered)
        if len(keep) % _PICKS == 0:
            still = left != -np.inf
            index, planes, left, area = index[still], planes[:, still], left[still], area[still]
    return np.array(keep, np.int64), scores[keep]


def _decayed(scores, overlap, over, sigma, method):
    overlap = overlap.astype(scores.dtype)
    if method == "linear":
        return np.where(over, scores * (1 - overlap), scores)
    return scores * np.exp((-(overlap * overlap) / sigma).astype(np.float64)).astype(scores.dtype)


def batched_soft_nms(
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
    """`refdet.batched_soft_nms`, each class by `soft_nms` above."""
    boxes, scores, idxs, *numbers, convention = check_batched_soft_nms(
        boxes, scores, idxs, iou_threshold, sigma, score_threshold, method, convention=convention
    )
    lowered, kept = scores.copy(), np.zeros(len(boxes), bool)
    for label in np.unique(idxs):
        members = np.flatnonzero(idxs == label)
        winners, left = soft_nms(boxes[members], scores[members], *numbers, convention=convention)
        kept[members[winners]] = True
        lowered[members[winners]] = left
    keep = np.flatnonzero(kept)
    keep = keep[convention.suppression.by_score(lowered[keep])].astype(np.int64)
    return keep, lowered[keep]
