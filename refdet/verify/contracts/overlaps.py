"""Contracts of the four overlaps of every box with every other, and of box i with box i (IOU-1, IOU-3 to IOU-5, IOU-7).

Each number has to lie within the error that rounding leaves, and boxes that do not meet have IoU 0 exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from refdet.conventions import Convention
from refdet.ops import overlaps
from refdet.ops.box_iou import aligned_box_iou, box_iou
from refdet.overlap_rule import Overlap
from refdet.verify import lattice
from refdet.verify.answers import array_like
from refdet.verify.bounded import Bounded, limits, open_ended, plain
from refdet.verify.contract import Arguments, Case, Contract, Lines, Terms
from refdet.verify.overlap_definitions import DEFINITIONS
from refdet.verify.shrink import fewer_rows, plainer_numbers, ranked_coordinates

ROWS_AT_ONCE = 64


def judged(op: str) -> Any:
    """The judge of that overlap."""

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a, rule = case.arguments, terms.convention.overlap
        shape = (len(a["boxes1"]), len(a["boxes2"]))
        dtype = np.dtype(np.float64) if rule.dtype == "float64" else a["boxes1"].dtype
        yield from array_like(answer, shape, {a["boxes1"].dtype, dtype})
        one, other = (
            Bounded.exact(a[name], dtype) if terms.band else a[name].astype(dtype)
            for name in ("boxes1", "boxes2")
        )
        for start in range(0, len(one), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            value = DEFINITIONS[op](one[rows][:, None], other[None], rule)
            yield from _near(answer[rows], value, op, start)

    return judge


def judged_aligned(op: str) -> Any:
    """The judge of that overlap of box i with box i."""

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a, rule = case.arguments, terms.convention.overlap
        dtype = np.dtype(np.float64) if rule.dtype == "float64" else a["boxes1"].dtype
        yield from array_like(answer, (len(a["boxes1"]),), {a["boxes1"].dtype, dtype})
        one, other = (
            Bounded.exact(a[name], dtype) if terms.band else a[name].astype(dtype)
            for name in ("boxes1", "boxes2")
        )
        value = DEFINITIONS[op](one[:, None], other[:, None], rule)
        yield from _near(answer[:, None], value, f"aligned_{op}", 0, aligned=True)

    return judge


def _near(answer, value, op, start, aligned=False):
    low, high = limits(value)
    # What is computed in float64 is rounded once more where float32 comes out.
    half = np.finfo(answer.dtype).eps / 2 * np.abs(answer.astype(np.float64))
    undefined = np.isnan(plain(value))
    right = np.where(undefined, np.isnan(answer), (answer >= low - half) & (answer <= high + half))
    wrong = ~(right | open_ended(value))
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        yield (
            f"{op} of box {start + i} and box {i if aligned else j} lies from {low[i, j]:.9g} to {high[i, j]:.9g}; "
            f"{answer[i, j]:.9g} came",
            False,
        )


def draw_cases(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Pairs at the quarters, none and one, boxes without area, sizes around blocks, then any."""
    plus_one = convention.overlap.plus_one
    for threshold in lattice.DYADIC:
        for pair in lattice.pairs_at(threshold, plus_one):
            yield Case({"boxes1": pair[:1].astype(dtype), "boxes2": pair[1:].astype(dtype)}, "exact pairs")
    for counts in ((0, 0), (0, 2), (2, 0), (1, 1)):
        yield Case(_drawn(rng, counts, dtype, plus_one), "few")
    for layout in lattice.LAYOUTS:
        yield Case(_drawn(rng, (5, 7), dtype, plus_one), f"{layout} arrays", layout)
    for count in lattice.EDGE_COUNTS[2:]:
        yield Case(_drawn(rng, (3, count), dtype, plus_one), "blocks")
        yield Case(_drawn(rng, (count, 3), dtype, plus_one), "blocks")
    yield Case(_drawn(rng, (129, 257), dtype, plus_one), "blocks")
    yield Case(_drawn(rng, (4097, 2), dtype, plus_one), "blocks")
    yield Case(_drawn(rng, (2, 4097), dtype, plus_one), "blocks")
    while True:
        counts = (int(rng.integers(1, 12)), int(rng.integers(1, 12)))
        yield Case(_drawn(rng, counts, dtype, plus_one), "lattice")
        one, other = (lattice.rounded_boxes(rng, n, dtype) for n in counts)
        yield Case({"boxes1": one, "boxes2": other}, "rounded")


def _drawn(rng, counts, dtype, plus_one):
    both = lattice.exact_boxes(rng, sum(counts), dtype, plus_one)
    return {"boxes1": both[: counts[0]], "boxes2": both[counts[0] :]}


def draw_aligned(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """The same boxes, as many of the one as of the other: the shorter list again and again."""
    for case in draw_cases(rng, convention, dtype):
        one, other = case.arguments["boxes1"], case.arguments["boxes2"]
        most = max(len(one), len(other)) if min(len(one), len(other)) else 0
        pairs = np.arange(most)
        one, other = (boxes[pairs % max(len(boxes), 1)] for boxes in (one, other))
        yield case.with_arguments({"boxes1": one, "boxes2": other})


def swapped(_: np.random.Generator, a: Arguments) -> Any:
    """Both lists change places: the answer is transposed, to the bit where every number is exact."""
    together = np.concatenate([a["boxes1"], a["boxes2"]])
    if not lattice.is_exact(together, together.dtype, Overlap(plus_one=1), 0.5):
        return None
    return {"boxes1": a["boxes2"], "boxes2": a["boxes1"]}, lambda answer: answer.T


def contract(op: str, reference: Any, says: str) -> Contract:
    """The contract of one of them."""
    return Contract(
        op,
        reference,
        says,
        ("overlap",),
        draw_cases,
        judged(op),
        (
            fewer_rows("boxes1"),
            fewer_rows("boxes2"),
            ranked_coordinates("boxes1", "boxes2"),
            plainer_numbers("boxes1", "boxes2"),
        ),
        {"the overlap of two boxes does not depend on which comes first": swapped},
        lattice.in_order("boxes1", "boxes2"),
        f"void {op}(const real *boxes1, int64_t num_boxes1, const real *boxes2, int64_t num_boxes2, real *overlaps)",
        lambda a: {"overlaps": ((len(a["boxes1"]), len(a["boxes2"])), a["boxes1"].dtype)},
    )


def unchanged(rng: np.random.Generator, a: Arguments) -> Any:
    """Both lists change places: the answer stays, to the bit where every number is exact."""
    related = swapped(rng, a)
    return None if related is None else (related[0], lambda answer: answer)


def aligned_contract(op: str, reference: Any, says: str) -> Contract:
    """The contract of one of them, of box i with box i."""
    return Contract(
        f"aligned_{op}",
        reference,
        f"of box i with box i, {says}",
        ("overlap",),
        draw_aligned,
        judged_aligned(op),
        (
            fewer_rows("boxes1", "boxes2"),
            ranked_coordinates("boxes1", "boxes2"),
            plainer_numbers("boxes1", "boxes2"),
        ),
        {"the overlap of two boxes does not depend on which comes first": unchanged},
        lattice.in_order("boxes1", "boxes2"),
        f"void aligned_{op}(const real *boxes1, const real *boxes2, int64_t num_boxes1, real *overlaps)",
        lambda a: {"overlaps": ((len(a["boxes1"]),), a["boxes1"].dtype)},
    )


SAYS = {
    "box_iou": "area of the intersection over area of the union",
    "generalized_box_iou": "IoU less the empty share of the enclosing box",
    "distance_box_iou": "IoU less the distance of the centres",
    "complete_box_iou": "DIoU less the difference of the aspect ratios",
}

CONTRACTS = (
    *(contract(op, getattr(overlaps, op, box_iou), says) for op, says in SAYS.items()),
    *(
        aligned_contract(op, getattr(overlaps, f"aligned_{op}", aligned_box_iou), says)
        for op, says in SAYS.items()
    ),
)
