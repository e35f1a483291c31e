"""Contracts of the gradients of the overlaps, of every box with every other and of box i with box i (IOU-6, IOU-7).

Each lies between the slopes of the overlap's definition to either side, times `grad`, added up over the other boxes:
one number where the overlap is smooth, and where corners are equal or boxes touch whatever is between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from refdet.conventions import Convention
from refdet.ops import overlap_gradients
from refdet.overlap_rule import Overlap
from refdet.verify import lattice
from refdet.verify.answers import array_like, parts, within
from refdet.verify.bounded import WIDTH, Bounded, limits
from refdet.verify.contract import Arguments, Case, Contract, Fails, Lines, Terms
from refdet.verify.contracts.overlaps import draw_aligned, draw_cases
from refdet.verify.moving import Moving
from refdet.verify.overlap_definitions import DEFINITIONS
from refdet.verify.shrink import fewer_rows, plainer_numbers, ranked_coordinates

MOST_PAIRS = 4000
"""Of boxes with boxes in one case: each is judged eight times over, for each corner up and down."""

STEPS = np.concatenate([np.eye(4), -np.eye(4)])
"""Each corner up, then each down."""


def judged(op: str, aligned: bool) -> Any:
    """The judge of the gradient of that overlap."""
    name = f"the gradient of {op}" if not aligned else f"the gradient of aligned_{op}"

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a, rule = case.arguments, terms.convention.overlap
        one, other, grad = a["boxes1"], a["boxes2"], a["grad"]
        dtype = np.dtype(np.float64) if rule.dtype == "float64" else one.dtype
        yield from parts(answer, 2, "the gradients by boxes1 and by boxes2")
        for gradient, boxes, which in ((answer[0], one, "boxes1"), (answer[1], other, "boxes2")):
            yield from array_like(gradient, boxes.shape, {boxes.dtype, dtype}, f"{name} by {which}")
        moved = (one, other) if aligned else (one[:, None], other[None])
        bounds = gradient_bounds(DEFINITIONS[op], op, *moved, grad.astype(np.float64), rule, dtype)
        for gradient, (low, high), which in zip(answer, bounds, ("boxes1", "boxes2"), strict=True):
            yield from between(gradient, low, high, f"{name} by {which}")

    return judge


def gradient_bounds(
    definition: Any,
    op: str,
    one: Any,
    other: Any,
    times: Any,
    rule: Overlap,
    dtype: np.dtype[Any],
    roundings: int = 1,
) -> Any:
    """Least and most of the gradients by both boxes, slopes times `times`, added up where boxes broadcast.

    Each product, of that many, and each addition is rounded.
    """
    first, second = np.broadcast_arrays(one, other)
    ends = _slopes(definition, op, np.stack([first, second]), np.stack([second, first]), rule, dtype)
    scaled = np.where(np.isfinite(ends), times[..., None] * ends, ends)
    for place in (0, 1):
        low, high = scaled[:, place].min(axis=0), scaled[:, place].max(axis=0)
        size, count = np.maximum(np.abs(low), np.abs(high)), 1
        if times.ndim == 2:
            count = max(times.shape[1 - place], 1)
            low, high, size = (part.sum(axis=1 - place) for part in (low, high, size))
        room = WIDTH * (count - 1 + roundings) * float(np.finfo(dtype).eps) / 2 * size
        yield low - room, high + room


def _slopes(definition, op, moved, against, rule, dtype):
    """Least and most of the slopes by the four corners, (2, ..., 4); no bound where that overlap has none."""
    steps = STEPS.reshape(8, *[1] * (moved.ndim - 1), 4)
    steps = np.broadcast_to(steps, (8, *moved.shape))
    moving = Moving(Bounded.exact(moved, dtype), Bounded.exact(steps, dtype))
    low, high = limits(definition(moving, Bounded.exact(against, dtype), rule).slope)
    undefined = ~(np.isfinite(low) & np.isfinite(high))
    undefined = undefined[:4] | undefined[4:]
    if op == "complete_box_iou":  # the aspect ratio of a box without height is set, and jumps there
        undefined |= moved[..., 3] - moved[..., 1] + rule.plus_one == 0
    low, high = np.minimum(low[:4], -high[4:]), np.maximum(high[:4], -low[4:])
    ends = np.where(undefined, -np.inf, low), np.where(undefined, np.inf, high)
    return np.stack([np.moveaxis(end, 0, -1) for end in ends])


def between(gradient: Any, low: Any, high: Any, name: str) -> Lines:
    """The promise of each number that has bounds; one computed in float64 may be rounded once more."""
    told = np.where(np.isfinite(low) & np.isfinite(high), gradient.astype(np.float64), 0.0)
    half = np.finfo(gradient.dtype).eps / 2 * np.abs(np.where(np.isfinite(told), told, 0.0))
    yield from within(told, low - half, high + half, name)


def draws(aligned: bool) -> Any:
    """The cases of the overlaps, each with a gradient by them; none of a convention whose overlap has none."""

    def drawn(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
        if convention.overlap.inverted == "sorted" or convention.overlap.division == "distance":
            return
        for case in (draw_aligned if aligned else draw_cases)(rng, convention, dtype):
            a = case.arguments
            if len(a["boxes1"]) * len(a["boxes2"]) > MOST_PAIRS and not aligned:
                continue
            shape = (len(a["boxes1"]),) if aligned else (len(a["boxes1"]), len(a["boxes2"]))
            whole = case.family != "rounded"
            grad = rng.integers(-2, 3, shape) if whole else rng.standard_normal(shape)
            yield case.with_arguments({"grad": grad.astype(dtype), **a})

    return drawn


def fewer_pairs(arguments: Arguments, fails: Fails) -> Arguments:
    """Leave out boxes of either list with their rows or columns of grad."""
    return _fewer_columns(fewer_rows("grad", "boxes1")(arguments, fails), fails)


def _fewer_columns(arguments, fails):
    def turned(a):
        return {**a, "grad": a["grad"].T}

    fewer = fewer_rows("grad", "boxes2")(turned(arguments), lambda a: fails(turned(a)))
    return arguments if len(fewer["boxes2"]) == len(arguments["boxes2"]) else turned(fewer)


def contract(op: str, says: str, aligned: bool) -> Contract:
    """The contract of one of them."""
    name = f"{'aligned_' if aligned else ''}{op}_backward"
    sizes = (
        "const real *boxes1, const real *boxes2, int64_t num_boxes1"
        if aligned
        else "const real *boxes1, int64_t num_boxes1, const real *boxes2, int64_t num_boxes2"
    )
    return Contract(
        name,
        getattr(overlap_gradients, name),
        says,
        ("overlap",),
        draws(aligned),
        judged(op, aligned),
        (
            fewer_rows("grad", "boxes1", "boxes2") if aligned else fewer_pairs,
            ranked_coordinates("boxes1", "boxes2"),
            plainer_numbers("boxes1", "boxes2", "grad"),
        ),
        {},
        lattice.in_order("boxes1", "boxes2"),
        f"void {name}(const real *grad, {sizes}, real *grad_boxes1, real *grad_boxes2)",
        lambda a: {f"grad_{boxes}": (a[boxes].shape, a[boxes].dtype) for boxes in ("boxes1", "boxes2")},
    )


CONTRACTS = tuple(
    contract(op, f"slopes of {of} by the corners of both boxes, times grad", aligned)
    for aligned in (False, True)
    for op, of in (
        ("box_iou", "IoU"),
        ("generalized_box_iou", "GIoU"),
        ("distance_box_iou", "DIoU"),
        ("complete_box_iou", "CIoU, its weight alpha held,"),
    )
)
