"""Arguments of losses: lattice numbers that tie and meet kinks, extreme logits, sizes around blocks, every reduction.

A draw takes a generator, a shape, a dtype and a kind ("exact", "extreme" or "rounded") and gives the arguments of one
loss but weights, reduction and the gradient by it, which are the same for all and are added here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from refdet.conventions import Convention
from refdet.verify import lattice
from refdet.verify.contract import Arguments, Case

Draw = Callable[[np.random.Generator, tuple[int, ...], Any, str], Arguments]

REDUCTIONS = ("none", "sum", "mean", "weighted_mean")

KINDS = ("exact", "extreme", "rounded")

EXTREME = (0, 1e-4, 1, 5, 17, 20, 40, 88, 89, 100, 104, 710, 1e4)
"""Logits around which exponentials round to 1, fall below the smallest number, and overflow."""

IGNORED = -100
"""PyTorch's label of rows that count nothing."""


def cases(draw: Draw, rows: bool, weighted: bool, reductions: tuple[str, ...], backward: bool) -> Any:
    """The cases of one loss or of its gradient."""

    def drawn(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
        for shape, kind, family, layout, reduction in _shapes(rng, rows, reductions):
            arguments = draw(rng, shape, dtype, kind)
            terms = shape[:1] if rows else shape
            if weighted:
                arguments["weights"] = _weights(rng, terms, dtype, kind)
            if reductions:
                arguments["reduction"] = reduction
            if backward:
                by_term = terms if reduction == "none" else ()
                arguments = {"grad": _gradient(rng, by_term, dtype, kind), **arguments}
            yield Case(arguments, family, layout)

    return drawn


def _shapes(rng, rows, reductions):
    """Shape, kind, family, layout and reduction, one after the other."""
    reductions = reductions or ("none",)
    few = (1, 3) if rows else (1,)
    for reduction in reductions:
        yield few, "exact", "one", "contiguous", reduction
        for _ in range(3):
            yield (4, 3) if rows else (12,), "exact", "exact", "contiguous", reduction
            yield (12, 3) if rows else (26,), "extreme", "extreme", "contiguous", reduction
        yield (0, 3) if rows else (0,), "exact", "few", "contiguous", reduction
        for layout in lattice.LAYOUTS:
            yield (5, 7), "rounded", f"{layout} arrays", layout, reduction
    for place, count in enumerate((*lattice.EDGE_COUNTS[3:], 4097)):
        reduction = reductions[place % len(reductions)]
        yield (count, 3) if rows else (count,), "rounded", "blocks", "contiguous", reduction
        yield (3, min(count, 129)), "rounded", "blocks", "contiguous", reduction
    while True:
        axes = 2 if rows else int(rng.integers(1, 4))
        shape = tuple(int(n) for n in rng.integers(1, 7, axes))
        if rows:
            shape = (shape[0], shape[1] + 1)
        kind = KINDS[int(rng.integers(len(KINDS)))]
        family = {"exact": "lattice"}.get(kind, kind)
        yield shape, kind, family, "contiguous", reductions[int(rng.integers(len(reductions)))]


def _weights(rng, shape, dtype, kind):
    if kind == "rounded":
        return rng.uniform(0, 2, shape).astype(dtype)
    levels = [[1.0], [0.0, 1.0, 2.0], [0.0, 0.25, 1.5], [0.0]][int(rng.choice(4, p=[0.3, 0.3, 0.3, 0.1]))]
    return rng.choice(levels, shape).astype(dtype)


def _gradient(rng, shape, dtype, kind):
    number = rng.standard_normal(shape) if kind == "rounded" else rng.integers(-4, 5, shape) / 2
    return np.asarray(number, dtype)


def numbers(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Any:
    """Quarters from -2 to 2, numbers up to 1e8, or any."""
    if kind == "exact":
        return (rng.integers(-8, 9, shape) / 4).astype(dtype)
    drawn = rng.standard_normal(shape) * 2
    return (drawn * 10.0 ** rng.integers(-3, 9, shape) if kind == "extreme" else drawn).astype(dtype)


def logits(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Any:
    """Quarters, extreme ones of either sign, or any."""
    if kind != "extreme":
        return numbers(rng, shape, dtype, kind)
    return (rng.choice(EXTREME, shape) * rng.choice([-1, 1], shape)).astype(dtype)


def shares(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Any:
    """Targets from 0 to 1: mostly no and yes, or any."""
    if kind == "rounded":
        return rng.random(shape).astype(dtype)
    return rng.choice([0, 0, 1, 1, 0.5, 0.25], shape).astype(dtype)


def _labels(rng, shape, ignored=0.2):
    """A class of each row, or the one that is ignored; now and then of all."""
    labels = rng.integers(0, shape[1], shape[0])
    share = 1.0 if rng.random() < 0.05 else ignored
    return np.where(rng.random(shape[0]) < share, IGNORED, labels).astype(np.int64)


def draw_pair(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Numbers, and what they should be, now and then the same."""
    inputs, targets = numbers(rng, shape, dtype, kind), numbers(rng, shape, dtype, kind)
    same = rng.random(shape) < 0.1
    return {"inputs": inputs, "targets": np.where(same, inputs, targets)}


def draw_squared(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Whole or half squares."""
    return {**draw_pair(rng, shape, dtype, kind), "half": bool(rng.integers(2))}


def draw_smooth_l1(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Betas that lattice differences meet, 1/9 of the region proposals, and none."""
    beta = [1.0, 0.5, 0.25, 0.0] if kind == "exact" else [1.0, 1 / 9, 0.1, 3.0]
    return {**draw_pair(rng, shape, dtype, kind), "beta": float(rng.choice(beta))}


def draw_binary(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Logits, and the weight of yes for each."""
    pos_weight = rng.choice([1.0, 1.0, 2.0, 0.25, 0.0], shape).astype(dtype)
    return {
        "logits": logits(rng, shape, dtype, kind),
        "targets": shares(rng, shape, dtype, kind),
        "pos_weight": np.ones_like(pos_weight) if rng.random() < 0.4 else pos_weight,
    }


def draw_focal(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Logits, with the balance and the exponent."""
    return {
        "inputs": logits(rng, shape, dtype, kind),
        "targets": shares(rng, shape, dtype, kind),
        "alpha": float(rng.choice([0.25, 0.75, 0.1, 0.0, 1.0])),
        "gamma": float(rng.choice([2.0, 1.5, 1.0, 0.5, 0.0, 5.0])),
    }


def draw_hinge(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Scores at the margin and on both sides of it; labels that take no part."""
    return {
        "scores": numbers(rng, shape, dtype, kind),
        "labels": rng.choice([-1, 1, -1, 1, 0], shape).astype(dtype),
        "positive_weight": float(rng.choice([1.0, 2.0, 0.5, 0.1])),
        "form": str(rng.choice(["hinge", "squared_hinge"])),
    }


def draw_classes(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Logits of classes, labels and ignored rows, weights of classes."""
    weights = rng.choice([1.0, 0.5, 2.0, 0.1], shape[1]).astype(dtype)
    return {
        "logits": logits(rng, shape, dtype, kind),
        "targets": _labels(rng, shape),
        "class_weights": np.ones_like(weights) if rng.random() < 0.4 else weights,
        "ignore_index": IGNORED,
    }


def draw_probs(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """Probabilities, 0, those around the bound and 1 among them."""
    probs = rng.choice([0.0, 1e-30, 1e-12, 1e-6, 0.25, 0.5, 1.0], shape)
    if kind != "extreme":
        probs = rng.choice([0.125, 0.25, 0.5, 1.0], shape) if kind == "exact" else rng.random(shape)
    return {"probs": probs.astype(dtype), "targets": _labels(rng, shape), "ignore_index": IGNORED}


def draw_smoothing(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Arguments:
    """One class, several, or shares of them; two classes at least."""
    shape = (*shape[:-1], max(shape[-1], 2))
    return {
        "targets": shares(rng, shape, dtype, kind),
        "epsilon": float(rng.choice([0.1, 0.0, 0.5, 1.0, 0.3])),
        "form": str(rng.choice(["szegedy", "binary", "darknet_cls"])),
    }
