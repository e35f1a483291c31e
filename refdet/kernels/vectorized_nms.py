"""Fast NumPy for suppression; `refdet.kernels.vectorized` hands it out.

Which box goes is always decided by the convention's own arithmetic; what is fast is not to ask it about pairs
that lie too far apart, or differ too much in size, to overlap by more than the threshold (csrc/size_grid.h
has the argument). Letters: N boxes, best first; P pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import REFDET, Convention
from refdet.kernels.vectorized_areas import shared_area
from refdet.ops.nms import check_batched_nms, check_nms

_FEW = 128  # boxes of which all pairs are computed
_CHUNK = 64  # boxes settled at once
_BLOCK = 2**14  # pairs of a block: its buffers stay in the second-level cache
_PAIRS = 2**20  # pairs listed at once
_GRID = 2**15  # boxes settled at once by a grid: all pairs that suppress are listed
_PATIENCE = 750  # a look-up in the grid costs as much as so many overlaps of a block, over the threshold
_MARGIN = 1e-3  # for all roundings together
_LEAST_THRESHOLD = 1 / 64  # below it the sizes that matter are too many


def nms(boxes, scores, iou_threshold, *, convention=REFDET):
    """`refdet.nms`, in chunks while they suppress many, then by all pairs that a grid finds."""
    boxes, scores, threshold, convention = check_nms(boxes, scores, iou_threshold, convention=convention)
    return _suppressed(boxes, scores, threshold, convention, None)


def batched_nms(boxes, scores, idxs, iou_threshold, *, convention=REFDET):
    """`refdet.batched_nms`, all classes at once."""
    boxes, scores, idxs, threshold, convention = check_batched_nms(
        boxes, scores, idxs, iou_threshold, convention=convention
    )
    moved = convention.suppression.moved_apart(boxes, idxs)
    if moved is not None:
        return nms(moved, scores, threshold, convention=convention)
    return _suppressed(boxes, scores, threshold, convention, idxs)


class _Boxes(NamedTuple):
    """Boxes to be settled, best first, on coordinate planes."""

    rank: NDArray[np.int64]  # (N,)
    planes: NDArray[np.floating]  # (4, N)
    area: NDArray[np.floating]  # (N,)
    classes: NDArray[np.int64] | None  # (N,)

    def take(self, which: Any) -> _Boxes:
        """Those boxes: a slice, or flags."""
        if not isinstance(which, slice):
            which = np.flatnonzero(which)
        classes = None if self.classes is None else self.classes[which]
        return _Boxes(self.rank[which], self.planes[:, which], self.area[which], classes)


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _suppressed(boxes, scores, threshold, convention, classes):
    order = convention.suppression.by_score(scores)
    boxes, classes = boxes[order], classes if classes is None else classes[order]
    rule = _Rule(convention, float(threshold))
    planes, area = np.ascontiguousarray(boxes.T), convention.overlap.area(boxes)
    rest, kept = _Boxes(np.arange(len(order)), planes, area, classes), [order[:0]]
    few = len(order) <= _FEW
    if not few:
        idle, loose = rule.kinds(rest)
        rule.bounded = not loose.any()
        kept.append(rest.rank[idle])
        rest = rest.take(~idle)
    while len(rest.rank):
        chunk = _FEW if few else _CHUNK
        head, tail = rest.take(slice(chunk)), rest.take(slice(chunk, None))
        head = head.take(_settled(rule.matrix(head)))
        kept.append(head.rank)
        before, rest = len(rest.rank), tail.take(rule.untouched(head, tail))
        gone = before - len(rest.rank)
        if rule.bounded and len(head.rank) * len(rest.rank) * rule.low > _PATIENCE * gone:
            kept += _by_grid(rule, rest)
            break
    return order[np.sort(np.concatenate(kept))].astype(np.int64)


def _settled(over):
    """Which boxes stay, by greedy choice, where over[i, j] lets i suppress j; a row is a whole number."""
    gone, stays = 0, []
    for i, row in enumerate(np.packbits(over, axis=1, bitorder="little")):
        stays.append(not gone >> i & 1)
        if stays[i]:
            gone |= int.from_bytes(row.tobytes(), "little")
    return np.array(stays, bool)


def _walked(count, leader, follower):
    """The same where each leader, in their order, lets its follower be suppressed."""
    stays = bytearray(b"\1") * count
    for i, j in zip(leader.tolist(), follower.tolist(), strict=True):
        if stays[i]:
            stays[j] = 0
    return np.frombuffer(stays, bool)


def _by_grid(rule, rest):
    """Ranks of the boxes that stay: of the best ones all pairs, then of the others those with what was kept."""
    while len(rest.rank):
        head, tail = rest.take(slice(_GRID)), rest.take(slice(_GRID, None))
        head = head.take(_walked(len(head.rank), *_near(rule, head)))
        yield head.rank
        alive = np.ones(len(tail.rank), bool)
        for i, j in _neighbours(tail, head, rule):
            alive[i[rule.over(tail, i, head, j)]] = False
        rest = tail.take(alive)


@dataclass
class _Rule:
    """What decides about a pair of boxes, and what leaves out pairs without asking."""

    convention: Convention
    threshold: float
    bounded: bool = False
    """Whether the bounds on size and place hold for all boxes."""

    def __post_init__(self):
        self.low = self.threshold * (1 - _MARGIN)

    def sides(self, boxes):
        """Width and height of each box, in float64."""
        x1, y1, x2, y2 = boxes.planes
        plus_one = boxes.planes.dtype.type(self.convention.overlap.plus_one)
        return (x2 - x1 + plus_one).astype(np.float64), (y2 - y1 + plus_one).astype(np.float64)

    def kinds(self, boxes):
        """Boxes whose overlap with any other is 0 or NaN, and boxes for which the bounds on size and place fail."""
        overlap, real = self.convention.overlap, np.finfo(boxes.area.dtype)
        w, h = self.sides(boxes)
        idle = np.zeros(len(w), bool)
        if self.threshold < _LEAST_THRESHOLD:
            return idle, ~idle
        tiny = float(real.tiny) * 1e6
        if overlap.division == "distance":
            tiny = 1e-15  # below it two boxes are the same, wherever they lie
        else:
            idle = ~((w > 0) & (h > 0) & (boxes.area <= real.max))
        least, most = np.minimum(w, h), np.maximum(w, h)
        bounded = (least >= overlap.plus_one) & (least > 1e-270) & (most < 1e270) & (boxes.area > tiny)
        return idle, ~(idle | bounded)

    def matrix(self, boxes):
        """Whether box i suppresses box j, (N, N)."""
        inter = self._shared(boxes.planes[:, :, None], boxes.planes)  # (N, 1) with (N,) -> (N, N)
        over = self._decides(inter, boxes.area[:, None] + boxes.area)
        return over if boxes.classes is None else over & (boxes.classes[:, None] == boxes.classes)

    def untouched(self, first, second):
        """True for each box of `second` that none of `first` suppresses."""
        alive = np.ones(len(second.rank), bool)
        width = max(1, _BLOCK // len(first.rank))
        for start in range(0, len(second.rank), width):
            part = second.take(slice(start, start + width))
            inter = self._shared(first.planes[:, :, None], part.planes)  # (N, 1) with (M,) -> (N, M)
            likely = self._likely(inter, part.area)
            row, column = np.divmod(np.flatnonzero(likely), inter.shape[1])
            over = self._decides(inter[row, column], first.area[row] + part.area[column])
            if first.classes is not None:
                over &= first.classes[row] == part.classes[column]
            alive[start + column[over]] = False
        return alive

    def _likely(self, inter, area):
        """False where a shared area is too small for boxes to suppress others of that area."""
        if self.bounded:
            return inter > area * self.low
        apart = self.convention.overlap.division == "distance" or self.threshold == 0
        return np.full(inter.shape, True) if apart else inter > 0

    def over(self, first, i, second, j):
        """Whether one box suppresses the other, pair by pair."""
        inter = self._shared(first.planes[:, i], second.planes[:, j])
        over = self._decides(inter, first.area[i] + second.area[j])
        return over if first.classes is None else over & (first.classes[i] == second.classes[j])

    def _shared(self, a, b):
        return shared_area(a, b, self.convention.overlap.plus_one)

    def _decides(self, inter, total):
        ratio = self.convention.overlap.ratio(inter, total)
        return self.convention.suppression.suppresses(ratio, self.threshold)


def _near(rule, boxes):
    """Pairs (leader, follower) of which the first suppresses the second if it stays, by leader; from a grid."""
    found = [np.zeros((2, 0), np.intp)]
    for i, j in _neighbours(boxes, boxes, rule):
        over = rule.over(boxes, i, boxes, j)
        found.append(np.sort([i[over], j[over]], axis=0))
    leader, follower = np.concatenate(found, axis=1)
    order = np.argsort(leader, kind="stable")
    return leader[order], follower[order]


def _neighbours(asking, boxes, rule) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Every pair (i, j) of `asking` and `boxes` that may overlap enough; some pairs at a time.

    Among the same boxes, each pair once, the narrower first. Boxes stand in rows: of one class, of a height from
    2^l to 2^(l+1), of a top within 2^l; by x within a row.
    """
    alone, low = asking is boxes, rule.low
    keys, by_key, in_order, bits = _rows(boxes, rule)
    stride = len(in_order) + 1
    (x, y), (w, h) = asking.planes[:2].astype(np.float64), rule.sides(asking)
    begin = np.searchsorted(in_order, x - w * ((1 - low) / low), "left")
    # x' - x < (w - low w') / (1 + low), where w' is w or more; in general, low w or more.
    end = np.searchsorted(in_order, x + w * ((1 - low) / (1 + low if alone else 1)), "right")
    level = np.frexp(h)[1] - 1
    lowest, highest = np.frexp(low * h)[1] - 1, np.frexp(h / low)[1] - 1
    steps = math.ceil(math.log2(1 / low)) + 1
    for step in range(-steps, steps + 1):
        other = level + step
        which = np.flatnonzero((lowest <= other) & (other <= highest))
        size = np.ldexp(1.0, other[which])
        own = h[which]
        narrow, wide = np.maximum(size, low * own), np.minimum(2 * size, own / low)
        above, below = (wide - low * own) / (1 + low), (own - low * narrow) / (1 + low)
        top = np.floor(_scaled(y[which] - above, other[which]))
        bottom = np.floor(_scaled(y[which] + below, other[which]))
        while len(which):
            classes = None if asking.classes is None else asking.classes[which]
            base = _row(other[which], top, classes, bits) * stride
            first = np.searchsorted(keys, base + begin[which], "left")
            last = np.searchsorted(keys, base + end[which], "left")
            for i, place in _ranges(which, first, last):
                j = by_key[place]
                once = (w[i] < w[j]) | (w[i] == w[j]) & (i < j) if alone else slice(None)
                yield i[once], j[once]
            more = top < bottom
            which, top, bottom = which[more], top[more] + 1, bottom[more]


def _rows(boxes, rule):
    """Keys of the boxes in order, whose they are, all x in order, and the bits of a row's number."""
    (x, y), (_, h) = boxes.planes[:2].astype(np.float64), rule.sides(boxes)
    in_order, level = np.sort(x), np.frexp(h)[1] - 1
    stride = len(x) + 1
    bits = 63 - stride.bit_length()
    row = _row(level, np.floor(_scaled(y, level)), boxes.classes, bits)
    key = row * stride + np.searchsorted(in_order, x, "left")
    by_key = np.argsort(key, kind="stable")
    return key[by_key], by_key, in_order, bits


def _scaled(place, level):
    """In units of 2^level, where whole numbers of int64 can tell."""
    return np.clip(np.ldexp(place, -level), -(2.0**53), 2.0**53)


def _row(level, top, classes, bits):
    """A number below 2^bits for each row; two rows seldom share theirs."""
    mixed = top.astype(np.int64).view(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    mixed += level.astype(np.int64).view(np.uint64) * np.uint64(0xC2B2AE3D27D4EB4F)
    if classes is not None:
        mixed += classes.view(np.uint64) * np.uint64(0x165667B19E3779F9)
    mixed = (mixed ^ (mixed >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    return (mixed >> np.uint64(64 - bits)).astype(np.int64)


def _ranges(which, first, last) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Every place from first to last, with the box that asks; about `_PAIRS` at a time."""
    filled = last > first
    which, first, count = which[filled], first[filled], (last - first)[filled]
    ends = np.cumsum(count)
    begin = 0
    while begin < len(which):
        done = ends[begin] - count[begin]
        part = slice(begin, np.searchsorted(ends, max(done + _PAIRS, ends[begin]), "right"))
        offset = first[part] - (ends[part] - count[part] - done)
        places = np.arange(ends[part.stop - 1] - done) + np.repeat(offset, count[part])
        yield np.repeat(which[part], count[part]), places
        begin = part.stop
