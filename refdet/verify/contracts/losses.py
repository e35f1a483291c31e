"""Contracts of the losses of single terms and of their gradients (LOSS-1 to LOSS-6, LOSS-23 to LOSS-25).

A loss lies within the error that rounding leaves of its definition; no number overflows, however extreme the logits.
A gradient lies between the slopes of the definition to either side: one number where the loss is smooth, and at a kink
whatever is between. The gradient by each term is its own, so that all slopes are found in one pass (`moving`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from refdet import losses
from refdet.verify import loss_cases, loss_definitions
from refdet.verify.answers import array_like, finite, one_number, within
from refdet.verify.bounded import Bounded, limits, total
from refdet.verify.contract import Arguments, Case, Contract, Fails, Lines, Pass, Relation, Terms
from refdet.verify.loss_cases import REDUCTIONS
from refdet.verify.moving import Moving
from refdet.verify.shrink import fewer_rows, one_of, plainer_numbers


@dataclass(frozen=True)
class Term:
    """A loss of single terms: and how its arguments are drawn."""

    op: str
    says: str
    draw: loss_cases.Draw
    rows: bool = False
    """One loss for each row of (N, K), not for each number."""
    weighted: bool = True
    """It takes weights; torchvision's focal loss does not."""
    reductions: tuple[str, ...] = REDUCTIONS
    shrink: tuple[Pass, ...] = ()
    relations: tuple[tuple[str, Relation], ...] = ()


def _predicted(a: Arguments) -> str:
    return next(name for name in a if name != "grad")


def judged(op: str) -> Any:
    """The judge of that loss."""
    definition = getattr(loss_definitions, op)

    def judge(case: Case, answer: Any, _: Terms) -> Lines:
        a, name = case.arguments, _predicted(case.arguments)
        value = weighed(definition(Bounded.exact(a[name], a[name].dtype), a), a)
        if value.shape == () and a.get("reduction", "none") != "none":
            yield from one_number(answer, {a[name].dtype})
        else:
            yield from array_like(answer, value.shape, {a[name].dtype})
        yield from finite(answer)
        low, high = limits(value)
        yield from within(answer, low, high, op)

    return judge


def judged_backward(op: str, rows: bool) -> Any:
    """The judge of its gradient."""
    definition = getattr(loss_definitions, op)

    def judge(case: Case, answer: Any, _: Terms) -> Lines:
        a, name = case.arguments, _predicted(case.arguments)
        z = a[name]
        yield from array_like(answer, z.shape, {z.dtype})
        yield from finite(answer)
        moving = Moving(Bounded.exact(z, z.dtype), Bounded.exact(_directions(z.shape, rows), z.dtype))
        slopes = _scaled(definition(moving, a).slope, a)
        low, high = _ends(slopes, z.shape, rows)
        yield from within(answer, low, high, f"the gradient of {op}")

    return judge


def _directions(shape, rows):
    """One step up of every number at once, and one down; of rows, which share a loss, one column at a time."""
    if not rows:
        return np.broadcast_to(np.array([1.0, -1.0]).reshape(2, *[1] * len(shape)), (2, *shape))
    columns = np.eye(shape[1])[:, None]
    steps = np.concatenate([columns, -columns])
    return np.broadcast_to(steps, (2 * shape[1], *shape))


def _ends(slopes, shape, rows):
    """Least and most of each gradient, from the slopes to both sides."""
    low, high = limits(slopes)
    if rows:
        low, high = (end.reshape(2, shape[1], shape[0]).swapaxes(1, 2) for end in (low, high))
    open_end = ~(np.isfinite(low) & np.isfinite(high))
    low, high = np.where(open_end, -np.inf, low), np.where(open_end, np.inf, high)
    return np.minimum(low[0], -high[1]), np.maximum(high[0], -low[1])


def weighed(values: Bounded, a: Arguments) -> Bounded:
    """Losses weighted, and added up or made a mean."""
    if "reduction" not in a:
        return values
    weights, divisor = _weighing(a, values.unit)
    weighted = weights * values
    return weighted if a["reduction"] == "none" else total(weighted) / divisor


def _scaled(slopes, a):
    weights, divisor = _weighing(a, slopes.unit)
    grad = Bounded(a["grad"].astype(np.float64), np.zeros(a["grad"].shape), slopes.unit)
    return grad * (weights * slopes) / divisor


def _weighing(a, unit):
    """The weight of each term, 0 if it is ignored, and what their sum is divided by."""
    predicted = a[_predicted(a)]
    wanted = a["labels"] if "labels" in a else a["targets"]
    shape = predicted.shape[: wanted.ndim]
    counted = np.broadcast_to(loss_definitions.counted(a), shape)
    weights = a.get("weights", np.ones(shape)).astype(np.float64) * counted
    by_class = Bounded(weights, np.zeros(shape), unit) * loss_definitions.masses(a)
    divisor = {"mean": float(np.count_nonzero(counted)), "weighted_mean": total(by_class)}.get(
        a["reduction"], 1.0
    )
    some = (divisor.value if isinstance(divisor, Bounded) else divisor) > 0
    return Bounded(weights, np.zeros(shape), unit), divisor if some else 1.0


def fewer_terms(*names: str) -> Pass:
    """`fewer_rows` of those of the arrays that have rows: the gradient by a sum has none."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        rows = [name for name in names if np.ndim(arguments.get(name, 0))]
        return fewer_rows(*rows)(arguments, fails)

    return step


def all_ones(name: str) -> Pass:
    """Weights of 1, unless they are whole numbers already."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        candidate = {**arguments, name: np.ones_like(arguments[name])}
        whole = (arguments[name] == np.rint(arguments[name])).all()
        return candidate if not whole and fails(candidate) else arguments

    return step


def in_one_line(*names: str) -> Pass:
    """All terms along one axis."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        arrays = {name: arguments[name] for name in names if np.ndim(arguments.get(name, 0)) > 1}
        candidate = {**arguments, **{name: array.reshape(-1) for name, array in arrays.items()}}
        return candidate if arrays and fails(candidate) else arguments

    return step


def exchanged(_: np.random.Generator, a: Arguments) -> Any:
    """What is predicted and what it should be change places, and nothing else changes."""
    return {**a, "inputs": a["targets"], "targets": a["inputs"]}, lambda answer: answer


EXCHANGED = (("the loss does not depend on which of the two is the target", exchanged),)

TERMS = (
    Term("l1_loss", "the size of the difference", loss_cases.draw_pair, relations=EXCHANGED),
    Term(
        "squared_error",
        "the square of the difference, or half of it",
        loss_cases.draw_squared,
        shrink=(one_of("half", False),),
        relations=EXCHANGED,
    ),
    Term(
        "smooth_l1_loss",
        "squared within beta of the target, absolute beyond",
        loss_cases.draw_smooth_l1,
        shrink=(one_of("beta", 1.0, 0.5),),
        relations=EXCHANGED,
    ),
    Term(
        "hinge_loss",
        "what a score lacks to its side of the margin, or its square",
        loss_cases.draw_hinge,
        shrink=(one_of("positive_weight", 1.0, 2.0), one_of("form", "hinge")),
    ),
    Term(
        "binary_cross_entropy_with_logits",
        "-ln of the probability that the logistic function gives the right answer",
        loss_cases.draw_binary,
        shrink=(all_ones("pos_weight"), plainer_numbers("pos_weight")),
    ),
    Term(
        "sigmoid_focal_loss",
        "binary cross-entropy times (1 - p_t)^gamma",
        loss_cases.draw_focal,
        weighted=False,
        reductions=REDUCTIONS[:3],
        shrink=(one_of("alpha", 0.5, 0.25), one_of("gamma", 0.0, 1.0, 2.0)),
    ),
    Term(
        "quality_focal_loss",
        "binary cross-entropy times |p - y|^gamma",
        loss_cases.draw_focal,
        weighted=False,
        reductions=REDUCTIONS[:3],
        shrink=(one_of("alpha", 0.5, 0.25), one_of("gamma", 0.0, 1.0, 2.0)),
    ),
    Term(
        "cross_entropy",
        "-ln of the probability that softmax gives the label of a row",
        loss_cases.draw_classes,
        rows=True,
        shrink=(all_ones("class_weights"), plainer_numbers("class_weights")),
    ),
    Term(
        "cross_entropy_of_probs",
        "-ln of the probability of the label of a row, kept above 1e-12",
        loss_cases.draw_probs,
        rows=True,
    ),
)


def contract(term: Term, backward: bool) -> Contract:
    """The contract of a loss, or of its gradient."""
    op = f"{term.op}_backward" if backward else term.op
    first, second = next(iter(_names(term))), "labels" if term.op == "hinge_loss" else "targets"
    arrays = (first, second, "pos_weight", "weights", "grad")
    by_loss = (plainer_numbers("grad"),) if backward else (one_of("reduction", "none", "sum"),)
    weights = (all_ones("weights"), plainer_numbers("weights")) if term.weighted else ()
    plainer = (plainer_numbers(first),) if term.rows else (plainer_numbers(first, second),)
    return Contract(
        op,
        getattr(losses, op),
        f"the slope of {term.op}, times grad" if backward else term.says,
        (),
        loss_cases.cases(term.draw, term.rows, term.weighted, term.reductions, backward),
        judged_backward(term.op, term.rows) if backward else judged(term.op),
        (
            *(() if term.rows else (in_one_line(*arrays),)),
            fewer_terms(*arrays),
            *by_loss,
            *term.shrink,
            *weights,
            *plainer,
        ),
        {} if backward else dict(term.relations),
    )


def _names(term):
    return term.draw(np.random.default_rng(0), (1, 2), np.float32, "exact")


SMOOTHING = Contract(
    "smooth_labels",
    losses.smooth_labels,
    "a little of every label given to the others",
    (),
    loss_cases.cases(loss_cases.draw_smoothing, False, False, (), False),
    judged("smooth_labels"),
    (
        fewer_rows("targets"),
        one_of("form", "szegedy"),
        one_of("epsilon", 0.5, 0.1),
        plainer_numbers("targets"),
    ),
)

CONTRACTS = (*(contract(term, backward) for term in TERMS for backward in (False, True)), SMOOTHING)
