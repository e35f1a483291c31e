"""Suppression as it goes wrong: each function is `nms` with one fault that was reported of some kernel, or a right one.

The faults are those of issue trackers and of docs/verify.md: comparisons, widths, ties, blocks, precision, indices.
"""

import inspect
import itertools

import numpy as np


def overlaps(one, others, plus_one=0, whole="union"):
    """IoU of one box with others, in their own precision."""
    low, high = np.maximum(one[:2], others[:, :2]), np.minimum(one[2:], others[:, 2:])
    sides = np.maximum(high - low + others.dtype.type(plus_one), 0)
    inter = sides[:, 0] * sides[:, 1]
    areas = np.prod(others[:, 2:] - others[:, :2] + others.dtype.type(plus_one), axis=1)
    area = np.prod(one[2:] - one[:2] + others.dtype.type(plus_one))
    total = np.minimum(area, areas) if whole == "smaller" else area + areas - inter
    return np.divide(inter, total, out=np.zeros_like(inter), where=inter > 0)


def greedy(boxes, scores, threshold, *, order=None, over=np.greater, seen=None, chain=False, **options):
    """Kept indices; the keywords plant faults."""
    order = np.argsort(-scores, kind="stable") if order is None else order
    alive, keep = np.ones(len(boxes), bool), []
    for place, i in enumerate(order):
        if alive[i]:
            keep.append(i)
        elif not chain:
            continue
        rest = order[place + 1 :]
        rest = rest if seen is None else rest[seen(place, np.arange(place + 1, len(order)))]
        alive[rest[over(overlaps(boxes[i], boxes[rest], **options), boxes.dtype.type(threshold))]] = False
    return np.array(keep, np.int64)


def right(boxes, scores, threshold):
    return greedy(boxes, scores, threshold)


def inclusive(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, over=np.greater_equal)


def plus_one(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, plus_one=1)


def over_smaller(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, whole="smaller")


def ties_last(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, order=np.lexsort((-np.arange(len(scores)), -scores)))


def ascending(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, order=np.argsort(scores, kind="stable"))


def unsorted(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, order=np.arange(len(scores)))


def sorted_places(boxes, scores, threshold):
    order = np.argsort(-scores, kind="stable")
    return np.argsort(order)[greedy(boxes, scores, threshold)]


def in_index_order(boxes, scores, threshold):
    return np.sort(greedy(boxes, scores, threshold))


def first_block_only(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, seen=lambda i, j: j < 64)


def same_block_only(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, seen=lambda i, j: i // 64 == j // 64)


def block_edge_missed(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, seen=lambda i, j: j % 64 != 63)


def no_last_box(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, seen=lambda i, j: j != len(scores) - 1)


def neighbour_missed(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, seen=lambda i, j: j != i + 1)


def at_most_1024(boxes, scores, threshold):
    return greedy(boxes[:1024], scores[:1024], threshold)


def dropped_ones_suppress(boxes, scores, threshold):
    return greedy(boxes, scores, threshold, chain=True)


def loose(boxes, scores, threshold):
    return greedy(boxes, scores, threshold - 1e-5)


def in_half_precision(boxes, scores, threshold):
    with np.errstate(all="ignore"):
        return greedy(boxes.astype(np.float16), scores, threshold)


def whole_coordinates(boxes, scores, threshold):
    return greedy(np.floor(boxes), scores, threshold)


def scores_in_half_precision(boxes, scores, threshold):
    return greedy(boxes, scores.astype(np.float16), threshold)


def strides_ignored(boxes, scores, threshold):
    if boxes.base is not None and len(boxes) > 1:  # as a kernel that takes the address alone
        room = np.lib.stride_tricks.as_strided(boxes, boxes.shape, (4 * boxes.itemsize, boxes.itemsize))
        return greedy(room.copy(), scores, threshold)
    return greedy(boxes, scores, threshold)


def all_kept(boxes, scores, threshold):
    return np.argsort(-scores, kind="stable")


def nothing_kept(boxes, scores, threshold):
    return np.zeros(0, np.int64)


def mask(boxes, scores, threshold):
    return np.isin(np.arange(len(boxes)), greedy(boxes, scores, threshold))


def floats(boxes, scores, threshold):
    return greedy(boxes, scores, threshold).astype(np.float64)


def padded(boxes, scores, threshold):
    keep = greedy(boxes, scores, threshold)
    return np.concatenate([keep, np.full(len(boxes) - len(keep), -1)])


def twice(boxes, scores, threshold):
    return np.repeat(greedy(boxes, scores, threshold), 2)


def as_list(boxes, scores, threshold):
    return greedy(boxes, scores, threshold).tolist()


def writes_scores(boxes, scores, threshold):
    keep = greedy(boxes, scores, threshold)
    scores[:] = -1
    return keep


calls = itertools.count()


def odd_one_out(boxes, scores, threshold):
    """Not the same twice, as a race is: every other call swaps the first two."""
    keep = greedy(boxes, scores, threshold)
    return keep[[1, 0, *range(2, len(keep))]] if next(calls) % 2 and len(keep) > 1 else keep


WRONG = {
    name: function
    for name, function in list(globals().items())
    if inspect.isfunction(function) and name not in ("overlaps", "greedy", "right")
}
