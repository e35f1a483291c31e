"""Certificates of suppression: who stays bears nobody better, who goes had somebody better that stays."""

from __future__ import annotations

import dataclasses

import numpy as np

from refdet.cli.certificates.nearness import near
from refdet.ops.box_iou import box_iou
from refdet.ops.overlaps import distance_box_iou


def class_specific_scores(a, scores):
    """NMS-5, number by number."""
    objectness, probs = np.asarray(a.objectness), np.asarray(a.class_probs)
    shared = probs.ndim == objectness.ndim
    yield "one for each box and class", scores.shape == (*objectness.shape, probs.shape[-1])
    product = [
        float(objectness[place[:-1]]) * float(probs[(*place[:-2], place[-1])] if shared else probs[place])
        for place in np.ndindex(scores.shape)
    ]
    yield (
        "each is the objectness of its box times the probability of its class",
        near(scores.reshape(-1), product),
    )


def labels_above(a, result):
    """NMS-5: all that are over, once, row by row."""
    listed = list(zip(*(part.tolist() for part in result), strict=True))
    table = np.asarray(a.scores).tolist()
    over = {(i, k) for i, row in enumerate(table) for k, score in enumerate(row) if score > a.score_threshold}
    yield "every score over the threshold is listed, and no other", set(listed) == over
    yield "once, row by row", listed == sorted(set(listed))


def best_label_above(a, result):
    """NMS-5: the first of the best labels."""
    boxes, labels = (part.tolist() for part in result)
    table = np.asarray(a.scores).tolist()
    yield (
        "no other label of a box scores more, none before it as much",
        all(table[i].index(max(table[i])) == k for i, k in zip(boxes, labels, strict=True)),
    )
    over = [i for i, row in enumerate(table) if row and max(row) > a.score_threshold]
    yield "all boxes with a score over the threshold, in order", boxes == over


def select_candidates(a, keep):
    """NMS-4: the best of what is over."""
    scores, keep = np.asarray(a.scores, np.float64), keep.tolist()
    over = [i for i, s in enumerate(scores) if a.score_threshold is None or s > a.score_threshold]
    count = len(over) if a.top_k is None else min(a.top_k, len(over))
    yield (
        "as many as there may be, all of them over the threshold",
        len(set(keep)) == len(keep) == count and set(keep) <= set(over),
    )
    rank = [(-scores[i], i) for i in keep]
    yield "best first, equal ones by their number", rank == sorted(rank)
    left = [(-scores[i], i) for i in set(over) - set(keep)]
    yield "none that was left out is better", not left or not rank or max(rank) < min(left)


def greedy(measure, *, batched):
    """The certificate of greedy suppression by an overlap; together its lines leave no other result."""

    def certificate(a, keep):
        boxes = np.asarray(a.boxes, np.float64).reshape(-1, 4)
        limit, convention = _limit(a)
        rule = convention.suppression
        same = np.ones((len(boxes), len(boxes)), bool)
        if batched:
            idxs = np.asarray(a.idxs, np.int64).reshape(-1)
            moved = rule.moved_apart(boxes, idxs)
            boxes, same = (boxes, idxs[:, None] == idxs) if moved is None else (moved, same)
        over = same & rule.suppresses(
            measure(boxes, boxes, convention=convention), rule.rounded(limit, boxes.dtype)
        )
        rank = _rank(a.scores, rule)
        yield (
            "best first, each once",
            len(set(keep.tolist())) == len(keep) and bool((np.diff(rank[keep]) > 0).all()),
        )
        yield (
            "no two that stay overlap too much",
            not (over[np.ix_(keep, keep)] & ~np.eye(len(keep), dtype=bool)).any(),
        )
        gone = np.setdiff1d(np.arange(len(boxes)), keep)
        better = rank[keep][:, None] < rank[gone]
        yield (
            "who goes overlaps a better one that stays",
            bool((over[np.ix_(keep, gone)] & better).any(axis=0).all()),
        )

    return certificate


def _limit(a):
    """The threshold, and the convention with the exponent that was asked for."""
    if getattr(a, "beta", None) is None:
        return getattr(a, "iou_threshold", getattr(a, "threshold", None)), a.convention
    overlap = dataclasses.replace(a.convention.overlap, beta=float(a.beta))
    return a.threshold, dataclasses.replace(a.convention, overlap=overlap)


def _rank(scores, rule):
    """The place of each box, best first."""
    scores = np.asarray(scores).reshape(-1)
    number = np.arange(len(scores)) if rule.ties == "first" else -np.arange(len(scores))
    rank = np.empty(len(scores), np.int64)
    rank[np.lexsort((number, -scores))] = np.arange(len(scores))
    return rank


def softened(*, batched):
    """The certificate of soft suppression: a score is lowered by all better ones of its class that stay."""

    def certificate(a, result):
        keep, lowered = result
        boxes, scores = np.asarray(a.boxes, float).reshape(-1, 4), np.asarray(a.scores, float).reshape(-1)
        classes = np.asarray(a.idxs if batched else np.zeros(len(boxes)), np.int64).reshape(-1)
        weight = _weights(a, box_iou(boxes, boxes, convention=a.convention))
        weight = np.where(classes[:, None] == classes, weight, 1.0)
        wanted = [scores[i] * np.prod(weight[keep[:place], i]) for place, i in enumerate(keep)]
        yield (
            "each once, no score over the one before",
            len(set(keep.tolist())) == len(keep) and bool((np.diff(lowered) <= 0).all()),
        )
        yield "a score is lowered by every box of its class that came before it", near(lowered, wanted)
        gone = np.setdiff1d(np.arange(len(boxes)), keep)
        ends = scores[gone] * np.prod(weight[np.ix_(keep, gone)], axis=0)
        yield "who goes is lowered below the least score", bool((ends < a.score_threshold * (1 + 1e-9)).all())

    return certificate


def _weights(a, overlap):
    """What a box multiplies the score of another with."""
    if a.method == "gaussian":
        return np.exp(-(overlap**2) / a.sigma)
    rule = a.convention.suppression
    decays = rule.decays(overlap, rule.rounded(a.iou_threshold, overlap.dtype))
    return np.where(decays, 1 - overlap, 1.0)


CERTIFICATES = {
    "class_specific_scores": class_specific_scores,
    "labels_above": labels_above,
    "best_label_above": best_label_above,
    "select_candidates": select_candidates,
    "nms": greedy(box_iou, batched=False),
    "batched_nms": greedy(box_iou, batched=True),
    "diou_nms": greedy(distance_box_iou, batched=False),
    "batched_diou_nms": greedy(distance_box_iou, batched=True),
    "soft_nms": softened(batched=False),
    "batched_soft_nms": softened(batched=True),
}
