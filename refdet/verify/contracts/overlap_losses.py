"""Contracts of the losses of overlaps, of box i with box i, and of their gradients (IOU-2 to IOU-6).

1 less the overlap, or minus the logarithm of IoU: judged as the overlaps and as their gradients are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from refdet import losses
from refdet.conventions import Convention
from refdet.verify.answers import array_like, one_number, parts, within
from refdet.verify.bounded import Bounded, given, limits, open_ended, total
from refdet.verify.contract import Case, Contract, Lines, Terms
from refdet.verify.contracts.losses import fewer_terms
from refdet.verify.contracts.overlap_gradients import between, gradient_bounds
from refdet.verify.contracts.overlaps import draw_aligned
from refdet.verify.loss_definitions import LEAST
from refdet.verify.overlap_definitions import DEFINITIONS
from refdet.verify.shrink import one_of, plainer_numbers, ranked_coordinates

REDUCTIONS = ("none", "sum", "mean")
"""torchvision's."""


def _definition(op: str, a: Any) -> Any:
    """The loss of pairs, as a function of both boxes and a rule."""
    overlap = DEFINITIONS[op]
    if a.get("form", "linear") == "linear":
        return lambda one, other, rule: 1 - overlap(one, other, rule)

    def logarithm(one: Any, other: Any, rule: Any) -> Any:
        iou = overlap(one, other, rule)
        least: Any = given(LEAST, other.unit)
        return -np.log(np.maximum(iou, least))

    return logarithm


def judged(op: str) -> Any:
    """The judge of that loss."""

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a, dtype = case.arguments, _precision(case.arguments, terms)
        one, other = (Bounded.exact(a[name], dtype) for name in ("boxes1", "boxes2"))
        value = _definition(op, a)(one, other, terms.convention.overlap)
        if a["reduction"] == "none":
            yield from array_like(answer, value.shape, {a["boxes1"].dtype, dtype})
        else:
            value = total(value) / float(_divisor(a))
            yield from one_number(answer, {a["boxes1"].dtype, dtype})
        low, high = limits(value)
        numbers = np.asarray(answer, np.float64)
        undefined = np.isnan(value.value)
        yield (
            f"{op}_loss is NaN where the overlap is, and nowhere else a number is missing",
            bool((np.isnan(numbers) == undefined)[~open_ended(value)].all()),
        )
        told = np.where(undefined | open_ended(value), 0.0, numbers)
        half = float(np.finfo(getattr(answer, "dtype", np.float64)).eps) / 2 * np.abs(told)
        bounded = ~undefined & ~open_ended(value)
        low, high = np.where(bounded, low - half, 0.0), np.where(bounded, high + half, 0.0)
        yield from within(told, low, high, f"{op}_loss")

    return judge


def judged_backward(op: str) -> Any:
    """The judge of its gradients by both boxes."""

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a, dtype = case.arguments, _precision(case.arguments, terms)
        one, other, rule = a["boxes1"], a["boxes2"], terms.convention.overlap
        yield from parts(answer, 2, "the gradients by boxes1 and by boxes2")
        for gradient, which in zip(answer, ("boxes1", "boxes2"), strict=True):
            yield from array_like(gradient, one.shape, {one.dtype, dtype}, f"the gradient by {which}")
        times = np.broadcast_to(a["grad"].astype(np.float64) / _divisor(a), one.shape[:1])
        # The gradient times the weight, over the number of terms, times the slope: three roundings.
        bounds = gradient_bounds(_definition(op, a), op, one, other, times, rule, dtype, 3)
        for gradient, (low, high), which in zip(answer, bounds, ("boxes1", "boxes2"), strict=True):
            yield from between(gradient, low, high, f"the gradient of {op}_loss by {which}")

    return judge


def _precision(a, terms):
    wide = terms.convention.overlap.dtype == "float64"
    return np.dtype(np.float64) if wide else a["boxes1"].dtype


def _divisor(a):
    return max(len(a["boxes1"]), 1) if a["reduction"] == "mean" else 1


def draws(op: str, backward: bool) -> Any:
    """The cases of the aligned overlaps, in every reduction."""

    def drawn(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
        rule = convention.overlap
        if backward and (rule.inverted == "sorted" or rule.division == "distance"):
            return
        for place, case in enumerate(draw_aligned(rng, convention, dtype)):
            reduction = REDUCTIONS[place % 3]
            a = {**case.arguments, "reduction": reduction}
            if op == "box_iou":
                a["form"] = ("linear", "log")[int(rng.integers(2))]
            if backward:
                shape = (len(a["boxes1"]),) if reduction == "none" else ()
                grad = rng.standard_normal(shape) if case.family == "rounded" else rng.integers(-2, 3, shape)
                a = {"grad": np.asarray(grad, dtype), **a}
            yield case.with_arguments(a)

    return drawn


def contract(op: str, says: str, backward: bool) -> Contract:
    """The contract of one of them, or of its gradient."""
    name = f"{op}_loss_backward" if backward else f"{op}_loss"
    return Contract(
        name,
        getattr(losses, name),
        f"the slopes of {says} by the corners of both boxes, times grad" if backward else says,
        ("overlap",),
        draws(op, backward),
        judged_backward(op) if backward else judged(op),
        (
            fewer_terms("boxes1", "boxes2", "grad"),
            *((one_of("form", "linear"),) if op == "box_iou" else ()),
            *(() if backward else (one_of("reduction", "none", "sum"),)),
            ranked_coordinates("boxes1", "boxes2"),
            plainer_numbers("boxes1", "boxes2", *(("grad",) if backward else ())),
        ),
    )


CONTRACTS = tuple(
    contract(op, says, backward)
    for op, says in (
        ("box_iou", "1 less IoU, or its -ln"),
        ("generalized_box_iou", "1 less GIoU"),
        ("distance_box_iou", "1 less DIoU"),
        ("complete_box_iou", "1 less CIoU"),
    )
    for backward in (False, True)
)
