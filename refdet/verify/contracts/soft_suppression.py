"""Contract of soft suppression: the best box lowers the scores of what it overlaps (NMS-5).

The picks of an answer are replayed. What is left of each score is known within what rounding leaves: an interval,
which each pick multiplies by the interval of a weight. An overlap that may lie on either side of the threshold leaves
both scores open. An answer is right if each pick may be the best of its queue, each score lies in its interval, and
what was never picked may have fallen below the least score. Where every number is exact an interval is one number.

Source: N. Bodla et al., Soft-NMS: Improving Object Detection With One Line of Code, ICCV 2017, Figure 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import Convention
from refdet.ops.soft_nms import soft_nms
from refdet.verify import lattice
from refdet.verify.answers import array_like, indices, parts
from refdet.verify.bounded import WIDTH, Bounded, limits
from refdet.verify.contract import Arguments, Case, Contract, Lines, Terms
from refdet.verify.overlap_definitions import box_iou
from refdet.verify.shrink import fewer_rows, one_of, plainer_numbers, ranked, ranked_coordinates

FEW_BITS = 2.0**20
"""Multiples of 1 over this, of size 1 or less, are products that any precision holds."""

ROWS_AT_ONCE = 64


@dataclass
class Scores:
    """What is left of each score."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    nominal: NDArray[Any]
    """By the plain arithmetic of the arrays' own precision."""

    def decided(self, band: bool) -> tuple[NDArray[Any], NDArray[Any]]:
        """The limits that comparisons go by."""
        return (self.low, self.high) if band else (self.nominal, self.nominal)


def judge(case: Case, answer: Any, terms: Terms) -> Lines:
    """The promises of indices and lowered scores."""
    a = case.arguments
    yield from parts(answer, 2, "keep, new_scores")
    keep, new_scores = answer
    yield from indices(keep, len(a["boxes"]), "keep")
    yield from array_like(new_scores, keep.shape, {a["scores"].dtype}, "new_scores")
    least = float(a["scores"].dtype.type(a["score_threshold"]))
    scores = Scores(a["scores"].astype(np.float64), a["scores"].astype(np.float64), a["scores"].copy())
    queue = Queue(a, least, terms)
    for start in range(0, len(keep), ROWS_AT_ONCE):
        rows = keep[start : start + ROWS_AT_ONCE]
        weights = Weights(a, rows, terms)
        for place, i in enumerate(rows):
            yield from queue.picked(int(i), scores)
            yield from _as_low(new_scores[start + place], int(i), scores)
            weights.lower(scores, place, queue.waiting)
            queue.drop(scores)
    low, _ = scores.decided(terms.band)
    left = np.flatnonzero(queue.waiting & ((low >= least) | queue.must_begin))[:1]
    yield (
        f"a box goes only if less than {least:.9g} is left of its score; {left.tolist()} has more",
        not len(left),
    )


def _as_low(came, i, scores):
    low, high = scores.low[i], scores.high[i]
    yield (
        f"the score of box {i} is lowered to {low:.9g}{f' to {high:.9g}' if high > low else ''}; {came:.9g} came",
        bool(low <= came <= high),
    )


class Queue:
    """Boxes that wait to be picked, and the order among equal scores."""

    def __init__(self, a: Arguments, least: float, terms: Terms) -> None:
        self.rule, self.least, self.terms = terms.convention.part("suppression"), least, terms
        self.swaps = self.rule.soft_order == "swap"
        self.must_begin = self.swaps and len(a["boxes"]) > 0
        """One box is picked, however low it is."""
        self.waiting = np.ones(len(a["boxes"]), bool)
        self.order: NDArray[np.int64] | None = np.arange(len(a["boxes"]))
        """None where rounding may have decided who was dropped, on which the order of a swapped queue depends."""

    def picked(self, i: int, scores: Scores) -> Lines:
        """Promises of a pick."""
        low, high = scores.decided(self.terms.band)
        may = bool(high[i] >= self.least) or self.must_begin
        yield f"a box with less than {self.least:.9g} left is not picked; {i} has {high[i]:.9g}", may
        here = self.waiting & ((low >= self.least) | self.must_begin)
        here[i] = False
        better = np.flatnonzero(here & (low > high[i]))[:1]
        yield (
            f"the best score is picked next; {i} has {high[i]:.9g}, {better.tolist()} has more",
            not len(better),
        )
        if low[i] == high[i] and self.order is not None and not self.terms.free_ties:
            ties = here & (low == low[i]) & (high == low[i])
            ties[i] = True
            turn = self.order[ties[self.order]]
            first = int(turn[0] if self.rule.ties == "first" else turn[-1])
            yield (
                f"of equal scores the {self.rule.ties} in the queue is picked; {i} came before {first}",
                first == i,
            )
        self.must_begin = False
        self.waiting[i] = False
        if self.swaps and self.order is not None:
            self.order[self.order == i] = self.order[0]
            self.order = self.order[1:]

    def drop(self, scores: Scores) -> None:
        """Follow a swapped queue: the last takes the place of one that goes."""
        if not self.swaps or self.order is None:
            return
        low, high = scores.decided(self.terms.band)
        queue = self.order.tolist()
        if ((low < self.least) & (high >= self.least))[queue].any():
            self.order = None
            return
        place = 0
        while place < len(queue):
            if high[queue[place]] >= self.least:
                place += 1
                continue
            last = queue.pop()
            if place < len(queue):
                queue[place] = last
        self.order = np.array(queue, np.int64)


class Weights:
    """What these picks multiply the scores of all boxes by."""

    def __init__(self, a: Arguments, rows: NDArray[Any], terms: Terms) -> None:
        overlap, rule = terms.convention.overlap, terms.convention.part("suppression")
        dtype = a["scores"].dtype
        held = np.dtype(np.float64) if overlap.dtype == "float64" else a["boxes"].dtype
        at = float(rule.rounded(a["iou_threshold"], held))
        plain = box_iou(a["boxes"].astype(held)[rows][:, None], a["boxes"].astype(held)[None], overlap)
        bounded = Bounded.exact(a["boxes"], held)
        value = box_iou(bounded[rows][:, None], bounded[None], overlap)
        # An overlap enters the scores in their precision.
        self.value = Bounded(
            value.value, value.error + np.finfo(dtype).eps / 2 * np.abs(value.value), np.finfo(dtype).eps / 2
        )
        whole = lattice.is_exact(a["boxes"], held, overlap, 0.5)
        known = (value.value == 0) | (whole & _whole(value.value * 1024))
        self.value.error[known] = 0.0
        low, high = limits(value)
        low, high = np.where(known, value.value, low), np.where(known, value.value, high)
        if lattice.is_exact(a["boxes"], held, overlap, at):
            low = high = value.value
        slack = np.where(low == high, 0.0, at * float(np.finfo(held).eps))
        if a["method"] == "gaussian":
            self.sure = self.maybe = self.nominally = np.ones(plain.shape, bool)
        else:
            over = np.greater_equal if rule.soft_inclusive else np.greater
            self.sure, self.maybe = over(low, at + slack), over(high, at - slack)
            self.nominally = over(plain.astype(np.float64), at)
        if not terms.band:
            self.sure = self.maybe = self.nominally
        plain = plain.astype(dtype)
        if a["method"] == "linear":
            self.weight, self.nominal = 1 - self.value, 1 - plain
        else:  # the exponential is taken in float64 and rounded once
            sigma = dtype.type(a["sigma"])
            self.weight = np.exp(-(self.value * self.value) / sigma)
            self.nominal = np.exp((-(plain * plain) / sigma).astype(np.float64)).astype(dtype)

    def lower(self, scores: Scores, place: int, waiting: NDArray[np.bool_]) -> None:
        """The pick at that place lowers the scores of those that wait."""
        weight = self.weight[place]
        exact = _whole(weight.value * 1024) & (self.value.error[place] == 0)
        low, high = limits(weight)
        low, high = np.maximum(np.where(exact, weight.value, low), 0), np.where(exact, weight.value, high)
        low, high = _product(scores.low, low, -weight.unit), _product(scores.high, high, weight.unit)
        low, high = np.minimum(low, high), np.maximum(low, high)
        sure, maybe = self.sure[place], self.maybe[place]
        scores.low = np.where(waiting & maybe, np.where(sure, low, np.minimum(low, scores.low)), scores.low)
        scores.high = np.where(
            waiting & maybe, np.where(sure, high, np.maximum(high, scores.high)), scores.high
        )
        lowered = scores.nominal * self.nominal[place]
        scores.nominal = np.where(waiting & self.nominally[place], lowered, scores.nominal)


def _whole(numbers):
    return numbers == np.rint(numbers)


def _product(score, weight, unit):
    """Rounded outwards, but not where both numbers are short."""
    product = score * weight
    short = _whole(product * FEW_BITS) & (np.abs(product) <= 1) & _whole(score * FEW_BITS)
    short &= _whole(weight * 1024)
    room = WIDTH * (unit * np.abs(product) + np.sign(unit) * 1e-45)
    return np.where(short, product, product + room)


def draw_cases(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Pairs at the threshold, scores at the least one, none and one, ties, every block size, then any."""
    rule = convention.overlap
    for threshold in lattice.DYADIC:
        for pair in lattice.pairs_at(threshold, rule.plus_one):
            for scores in ([0.5, 0.25], [0.25, 0.5], [0.5, 0.5], [0.125, 0.0625]):
                for least in (0.0, 0.125):
                    yield Case(_given(pair, np.array(scores), dtype, threshold, least=least), "exact pairs")
    for count in (0, 1):
        for method in METHODS:
            yield Case(_lattice(rng, count, dtype, rule, 0.5, method=method), "few")
    for _ in range(40):
        given = _lattice(rng, 7, dtype, rule, float(rng.choice(EXACT)), levels=3, least=_least(rng))
        yield Case(given, "ties")
    for layout in lattice.LAYOUTS:
        for method in METHODS:
            given = _lattice(rng, 12, dtype, rule, 0.25, method=method)
            yield Case(given, f"{layout} arrays", layout)
    for count in lattice.EDGE_COUNTS[2:]:
        boxes, method = lattice.clusters(rng, count, dtype), str(rng.choice(METHODS))
        given = _given(
            boxes, lattice.scores(rng, count, dtype), dtype, 0.25, method=method, least=_least(rng)
        )
        yield Case(given, "blocks")
        if count <= 129:
            same = np.repeat(np.array([[0.0, 0, 4, 4]]), count, axis=0)
            yield Case(_given(same, np.ones(count), dtype, 0.5, least=0.0), "all the same")
    while True:
        count, levels, method = (
            int(rng.integers(2, 25)),
            rng.choice([0, 3, 8]) or None,
            str(rng.choice(METHODS)),
        )
        options = {"method": method, "least": _least(rng), "sigma": float(rng.choice([0.5, 0.1, 1.0]))}
        given = _lattice(rng, count, dtype, rule, float(rng.choice(EXACT)), levels, **options)
        yield Case(given, "lattice")
        boxes = lattice.rounded_boxes(rng, count, dtype)
        if rule.division == "ieee":
            boxes[:, 2:] += 0.5  # without an area 0 is divided by 0
        drawn = lattice.scores(rng, count, dtype, levels)
        yield Case(_given(boxes, drawn, dtype, float(rng.choice(ROUNDED)), **options), "rounded")


METHODS = ("linear", "gaussian")

EXACT = (0.0, *lattice.DYADIC, 1.0)

ROUNDED = (0.1, 0.3, 1 / 3, 0.6)
"""Thresholds that no precision holds exactly."""


def _least(rng):
    return float(rng.choice([0.0, 0.125, 1e-3, 0.05]))


def _lattice(rng, count, dtype, rule, threshold, levels=None, **options):
    boxes = lattice.exact_boxes(rng, count, dtype, rule.plus_one, flat=rule.division != "ieee")
    return _given(boxes, lattice.scores(rng, count, dtype, levels), dtype, threshold, **options)


def _given(boxes, scores, dtype, threshold, sigma=0.25, least=1e-3, method="linear"):
    return {
        "boxes": boxes.astype(dtype),
        "scores": scores.astype(dtype),
        "iou_threshold": threshold,
        "sigma": sigma,
        "score_threshold": least,
        "method": method,
    }


def halved(_: np.random.Generator, a: Arguments) -> Any:
    """Scores in another unit, and the least one with them."""
    given = {**a, "scores": a["scores"] / 2, "score_threshold": a["score_threshold"] / 2}
    return given, lambda answer: (answer[0], answer[1] / 2)


CONTRACTS = (
    Contract(
        "soft_nms",
        soft_nms,
        "the best box lowers the scores of what it overlaps, of what is left the best does, until little is left",
        ("overlap", "suppression"),
        draw_cases,
        judge,
        (
            fewer_rows("boxes", "scores"),
            one_of("method", "linear"),
            one_of("iou_threshold", 0.5, 0.25, 0.75),
            one_of("score_threshold", 0.0, 0.125),
            one_of("sigma", 0.5, 1.0),
            ranked_coordinates("boxes"),
            plainer_numbers("boxes"),
            ranked("scores"),
        ),
        {"who is picked does not depend on the unit of the scores": halved},
        lattice.in_order("boxes"),
        "int64_t soft_nms(const real *boxes, const real *scores, int64_t num_boxes, double iou_threshold, "
        "double sigma, double score_threshold, const char *method, int64_t *keep, real *new_scores)",
        lambda a: {
            "keep": (a["scores"].shape, np.int64),
            "new_scores": (a["scores"].shape, a["scores"].dtype),
        },
    ),
)
