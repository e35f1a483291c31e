"""Certificates of the labels of proposals: each against all objects, one by one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from refdet.cli.certificates.encoding import in_sizes_of
from refdet.cli.certificates.nearness import near
from refdet.matching.best_ground_truth import NOTHING
from refdet.ops.box_iou import box_iou


def _table(a, proposals=None):
    """IoU of each proposal with each object, as lists; undefined ones are 0."""
    proposals = a.proposals if proposals is None else proposals
    return np.nan_to_num(box_iou(proposals, a.gt_boxes, convention=a.convention)).tolist()


def best_ground_truth(a, result):
    """MAT-1."""
    matches, overlaps = result[0].tolist(), result[1]
    table = _table(a)
    yield (
        "the first of the largest overlaps, or -1 where all are next to nothing",
        matches == [row.index(max(row)) if row and max(row) >= NOTHING else -1 for row in table],
    )
    yield (
        "the overlap is that with its object",
        near(
            overlaps, [row[match] if match >= 0 else 0.0 for row, match in zip(table, matches, strict=True)]
        ),
    )


def fine_tuning_labels(a, labels):
    """MAT-2."""
    wanted = []
    for row in _table(a):
        near_enough = row and max(row) >= max(a.foreground_from, NOTHING)
        wanted.append(int(a.gt_labels[row.index(max(row))]) + 1 if near_enough else 0)
    yield (
        "one more than the class of the object that it overlaps most, from the threshold on; else 0",
        labels.tolist() == wanted,
    )


def svm_labels(a, labels):
    """MAT-3."""
    yield "0 beside an object of the class, else -1", labels.tolist() == _marks(a, _table(a))


def svm_box_labels(a, labels):
    """MAT-3, of the objects themselves."""
    wanted = _marks(a, _table(a, a.gt_boxes))
    for row, label in zip(wanted, a.gt_labels, strict=True):
        row[int(label)] = 1.0
    yield "1 for the own class; else 0 beside an object of the class, -1 apart", labels.tolist() == wanted


def _marks(a, table):
    classes = np.asarray(a.gt_labels, np.int64).tolist()
    return [
        [
            0.0 if any(o >= a.negative_below for o, c in zip(row, classes, strict=True) if c == k) else -1.0
            for k in range(a.num_classes)
        ]
        for row in table
    ]


def regression_pairs(a, result):
    """MAT-4."""
    table, found = _table(a), dict(zip(result.proposals.tolist(), result.ground_truth.tolist(), strict=True))
    near_ones = [
        i for i, row in enumerate(table) if row and max(row) > a.overlap_above and max(row) >= NOTHING
    ]
    sized = a.convention.coder.sizes == "propagate" or all(
        box[2] > box[0] and box[3] > box[1]
        for boxes in (a.proposals, a.gt_boxes)
        for box in np.asarray(boxes).tolist()
    )
    yield (
        "every proposal over the threshold, in order",
        result.proposals.tolist() == near_ones if sized else None,
    )
    yield (
        "each with the object that it overlaps most",
        all(table[i][g] == max(table[i]) for i, g in found.items()),
    )
    yield "which has that class", result.labels.tolist() == [int(a.gt_labels[g]) for g in found.values()]
    proposals, objects = (np.asarray(part, float).reshape(-1, 4) for part in (a.proposals, a.gt_boxes))
    holds = in_sizes_of(
        a, result.targets, objects[result.ground_truth], proposals[result.proposals], read=True
    )
    yield "moved by its targets a proposal is the object", holds


def sample(a, taken):
    """SMP-7: how many of each pool, in its order; the tickets are drawn anew from the seed."""
    pools = [np.asarray(pool).tolist() for pool in (a.pos, a.neg)]
    quota = min(round(a.pos_fraction * a.total), len(pools[0]))
    sizes = quota, min(a.total - quota, len(pools[1]))
    yield (
        "positives up to their share, negatives in the other places, as many as there are",
        tuple(map(len, taken)) == sizes,
    )
    for name, pool, rows in zip(("positives", "negatives"), pools, taken, strict=True):
        chosen = set(rows.tolist())
        yield (
            f"the {name} are of their pool and in its order, none twice",
            rows.tolist() == [number for number in pool if number in chosen],
        )
        tickets = dict(zip(pool, a.rng.random(len(pool)).tolist(), strict=True))
        left = min((ticket for number, ticket in tickets.items() if number not in chosen), default=1.0)
        yield f"no ticket of the other {name} is lower", all(tickets[number] <= left for number in chosen)


def fine_tuning_batch(a, rows):
    """SMP-1: the pools are those of the labels."""
    labels = np.asarray(a.labels)
    pools = SimpleNamespace(
        pos=np.flatnonzero(labels > 0),
        neg=np.flatnonzero(labels == 0),
        total=a.total,
        pos_fraction=a.pos_fraction,
        rng=a.rng,
    )
    objects = int((labels[rows] > 0).sum())
    yield from sample(pools, (rows[:objects], rows[objects:]))


CERTIFICATES = {
    "best_ground_truth": best_ground_truth,
    "fine_tuning_labels": fine_tuning_labels,
    "svm_labels": svm_labels,
    "svm_box_labels": svm_box_labels,
    "regression_pairs": regression_pairs,
    "sample": sample,
    "fine_tuning_batch": fine_tuning_batch,
}
