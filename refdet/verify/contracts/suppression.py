"""Contracts of greedy suppression: `nms`, `diou_nms` and their batched forms (NMS-1, NMS-3, NMS-6).

An answer is right if the boxes stand best first, no kept one overlaps a better kept one over the threshold, and every
dropped one overlaps a better kept one over it. By induction over the order these three leave one answer, or, where
rounding may decide, all that some rounding allows. It takes one row of overlaps for each kept box.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import Convention
from refdet.ops.diou_nms import batched_diou_nms, diou_nms
from refdet.ops.nms import batched_nms, nms
from refdet.verify import lattice
from refdet.verify.answers import indices
from refdet.verify.bounded import Bounded, limits
from refdet.verify.contract import Arguments, Case, Contract, Lines, Terms
from refdet.verify.overlap_definitions import box_iou, distance_box_iou
from refdet.verify.shrink import fewer_rows, one_of, plainer_numbers, ranked, ranked_coordinates

ROUNDED = (0.1, 0.3, 1 / 3, 0.6, 0.7, 0.9)
"""Thresholds that no precision holds exactly."""

EXACT = (0.0, *lattice.DYADIC, 1.0)

ROWS_AT_ONCE = 64


def judge(case: Case, keep: Any, terms: Terms) -> Lines:
    """The promises of an index list."""
    a = case.arguments
    yield from indices(keep, len(a["boxes"]))
    ties = terms.convention.part("suppression").ties
    better = _places(a["scores"], ties, terms.free_ties)
    steps = np.diff(better[keep])
    ordered = (steps >= 0 if terms.free_ties else steps > 0).all()
    yield (
        f"best score first, of equal ones the {ties} index first",
        bool(ordered),
    )
    kept = np.zeros(len(better), bool)
    kept[keep] = True
    covered = np.zeros(len(better), bool)
    for start in range(0, len(keep), ROWS_AT_ONCE):
        rows = keep[start : start + ROWS_AT_ONCE]
        over, maybe = _over(a, rows, terms)
        after = better[rows][:, None] <= better if terms.free_ties else better[rows][:, None] < better
        after[np.arange(len(rows)), rows] = False
        both = over & after & kept
        if both.any():
            i, j = np.argwhere(both)[0]
            yield f"no two that stay overlap over the threshold; {rows[i]} and {j} do", False
        covered |= (maybe & after).any(axis=0)
    lost = np.flatnonzero(~kept & ~covered)
    yield (
        f"a box goes only if it overlaps a better one that stays; {lost[:5].tolist()} does not",
        not len(lost),
    )


def _places(scores, ties, free):
    """The place of each box, best first; with free ties those of one score share a place."""
    number = np.arange(len(scores)) * (1 if ties == "first" else -1)
    places = np.empty(len(scores), np.int64)
    places[np.lexsort((number, -scores.astype(np.float64)))] = np.arange(len(scores))
    if not free:
        return places
    return np.unique(-scores.astype(np.float64), return_inverse=True)[1]


def _over(a, rows, terms):
    """Of these boxes with all: surely over the threshold, and perhaps."""
    convention, suppression = terms.convention, terms.convention.suppression
    overlap = convention.overlap
    if a.get("beta") is not None:
        overlap = dataclasses.replace(overlap, beta=float(a["beta"]))
    limit = a["threshold"] if "threshold" in a else a["iou_threshold"]
    measure = distance_box_iou if "threshold" in a else box_iou
    dtype = np.dtype(np.float64) if overlap.dtype == "float64" else a["boxes"].dtype
    at = float(suppression.rounded(limit, dtype))
    boxes, same = _moved(a, rows, suppression, dtype, terms.band)
    exact = measure is box_iou and lattice.is_exact(boxes, dtype, overlap, at)
    if exact:
        boxes = np.asarray(getattr(boxes, "value", boxes), np.float64)
    value = measure(boxes[rows][:, None], boxes[None], overlap)
    low, high = limits(value)
    slack = at * float(np.finfo(dtype).eps) if terms.band and not exact else 0.0
    if suppression.inclusive:
        return same & (low >= at + slack), same & (high >= at - slack)
    return same & (low > at + slack), same & (high > at - slack)


def _moved(a, rows, suppression, dtype, band):
    """The boxes, classes shifted aside if the convention does so; and what may suppress what."""
    boxes = Bounded.exact(a["boxes"], dtype) if band else a["boxes"].astype(dtype)
    if "idxs" not in a:
        return boxes, np.True_
    offset = suppression.class_offset(a["boxes"])
    if offset is None:
        return boxes, a["idxs"][rows][:, None] == a["idxs"]
    return boxes + a["idxs"].astype(dtype)[:, None] * dtype.type(offset), np.True_


def draw_cases(
    rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any], limit: str = "iou_threshold"
) -> Iterator[Case]:
    """Pairs at the threshold, none and one, ties, every block size, then any."""
    for threshold in lattice.DYADIC:
        for pair in lattice.pairs_at(threshold, convention.overlap.plus_one):
            for order in ([0.5, 0.25], [0.25, 0.5], [0.5, 0.5]):
                given = {"boxes": pair.astype(dtype), "scores": np.array(order, dtype), limit: threshold}
                yield Case(given, "exact pairs")
    for threshold in ROUNDED:
        for pair in lattice.pairs_near(threshold, convention.overlap.plus_one):
            given = {"boxes": pair.astype(dtype), "scores": np.array([0.5, 0.25], dtype), limit: threshold}
            yield Case(given, "decimal thresholds")
    for count in (0, 1):
        yield Case(_drawn(rng, count, dtype, convention, 0.5, limit), "few")
    for _ in range(60):
        yield Case(_drawn(rng, 6, dtype, convention, float(rng.choice(EXACT)), limit, levels=2), "ties")
    for count in (2, 5):
        given = _drawn(rng, count, dtype, convention, 0.5, limit)
        yield Case(given | {"scores": lattice.near_scores(rng, count, dtype)}, "near scores")
    for layout in lattice.LAYOUTS:
        yield Case(_drawn(rng, 12, dtype, convention, 0.5, limit), f"{layout} arrays", layout)
    for count in (*lattice.EDGE_COUNTS[2:], 4097):
        clusters = lattice.clusters(rng, count, dtype)
        yield Case({"boxes": clusters, "scores": _block_scores(rng, count, dtype), limit: 0.5}, "blocks")
        if count <= 129:
            same = np.repeat(np.array([[0, 0, 4, 4]], dtype), count, axis=0)
            yield Case({"boxes": same, "scores": np.ones(count, dtype), limit: 0.5}, "all the same")
    while True:
        kind = rng.random()
        if kind < 0.6:
            family, thresholds = ("lattice", EXACT) if kind < 0.4 else ("decimal thresholds", ROUNDED)
            threshold = float(rng.choice(thresholds))
            given = _drawn(rng, _count(rng), dtype, convention, threshold, limit, levels=_levels(rng))
            yield Case(given, family)
        else:
            boxes = lattice.rounded_boxes(rng, _count(rng), dtype)
            given = {
                "boxes": boxes,
                "scores": lattice.scores(rng, len(boxes), dtype, _levels(rng)),
                limit: float(rng.choice(ROUNDED)),
            }
            yield Case(given, "rounded")


def _drawn(rng, count, dtype, convention, threshold, limit, levels=None):
    # The union of boxes without area is 0, by which systems divide in their own ways, all of them defined.
    boxes = lattice.exact_boxes(rng, count, dtype, convention.overlap.plus_one)
    return {"boxes": boxes, "scores": lattice.scores(rng, count, dtype, levels), limit: threshold}


def _block_scores(rng, count, dtype):
    """Different ones, so that only the blocks are tried; float16 has no thousand different ones to spare."""
    return lattice.scores(rng, count, dtype, None if dtype != np.float16 else 8)


def _count(rng):
    return int(rng.integers(2, 25))


def _levels(rng):
    return None if rng.random() < 0.5 else 3


def draw_batched(
    rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any], limit: str = "iou_threshold"
) -> Iterator[Case]:
    """The same with a class for each box."""
    for case in draw_cases(rng, convention, dtype, limit):
        if case.family == "exact pairs":
            yield case.with_arguments(with_classes(case.arguments, np.zeros(2, np.int64)))
        yield case.with_arguments(with_classes(case.arguments, classes(rng, len(case.arguments["boxes"]))))


def classes(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """One class, two, few, or numbers with gaps."""
    few = [[0], [0, 1], [0, 1, 2], [1, 7, 90]][int(rng.integers(4))]
    return rng.choice(few, count).astype(np.int64)


def with_classes(a: Arguments, idxs: NDArray[np.int64]) -> Arguments:
    """The classes after the scores, where kernels take them."""
    front = {"boxes": a["boxes"], "scores": a["scores"], "idxs": idxs}
    return front | {name: value for name, value in a.items() if name not in front}


def draw_diou(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """The same; DIoU goes down to -1, so a threshold below 0 would suppress boxes apart."""
    yield from draw_cases(rng, convention, dtype, "threshold")


def draw_batched_diou(
    rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]
) -> Iterator[Case]:
    """The same with a class for each box."""
    yield from draw_batched(rng, convention, dtype, "threshold")


PLAIN = (ranked_coordinates("boxes"), plainer_numbers("boxes"), ranked("scores"))


def contract(op: str, reference: Any, says: str, draw: Any, extra: str = "") -> Contract:
    """The contract of one of them; `extra` is the declaration of a further argument in C."""
    limit = "threshold" if "diou" in op else "iou_threshold"
    more = (plainer_numbers("idxs"),) if extra else ()
    rows = ("boxes", "scores", "idxs") if extra else ("boxes", "scores")
    return Contract(
        op,
        reference,
        says,
        ("overlap", "suppression"),
        draw,
        judge,
        (fewer_rows(*rows), one_of(limit, 0.5, 0.25, 0.75), *PLAIN, *more),
        {},
        lattice.in_order("boxes"),
        f"int64_t {op}(const real *boxes, const real *scores, {extra}int64_t num_boxes, double {limit}, int64_t *keep)",
        lambda a: {"keep": ((len(a["boxes"]),), np.int64)},
    )


CONTRACTS = (
    contract(
        "nms", nms, "the best of all boxes, of those that do not overlap it the best, and so on", draw_cases
    ),
    contract(
        "batched_nms",
        batched_nms,
        "as nms, each class for itself; or all together, classes shifted aside, where the profile does so",
        draw_batched,
        "const int64_t *idxs, ",
    ),
    contract("diou_nms", diou_nms, "as nms, by IoU less the distance of the centres", draw_diou),
    contract(
        "batched_diou_nms",
        batched_diou_nms,
        "as diou_nms, each class for itself; or all together, classes shifted aside, where the profile does so",
        draw_batched_diou,
        "const int64_t *idxs, ",
    ),
)
