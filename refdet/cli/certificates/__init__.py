"""Certificates for ``refdet steps NAME --verify``: what any result has to satisfy, whatever the arguments.

A certificate is a function of the arguments, as attributes of `a`, and the result; it yields words and whether they
hold, or None where they say nothing here. It goes another way than the algorithm: exact fractions, a definition in
plain loops, a round trip, a bound that proves the optimum, a small step beside the gradient. How near numbers have to
be stands in `nearness.LIMITS`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from refdet.cli.certificates import (
    assignment,
    classical,
    encoding,
    evaluation,
    labels,
    losses,
    overlap_gradients,
    overlaps,
    proposals,
    regions,
    suppression,
)
from refdet.rule import Rule

Certificate = Callable[[SimpleNamespace, Any], Iterator[tuple[str, bool | None]]]

CERTIFICATES: dict[str, Certificate] = {
    name: certificate
    for chapter in (
        overlaps,
        overlap_gradients,
        suppression,
        proposals,
        regions,
        encoding,
        labels,
        assignment,
        classical,
        losses,
        evaluation,
    )
    for name, certificate in chapter.CERTIFICATES.items()
}

UNBOUNDED = {"linear_sum_assignment", "shortest_augmenting_path", *evaluation.CERTIFICATES}
"""Whose certificates know what infinity or NaN mean: a forbidden pair, a class without objects."""

MOST = 1e100
"""Squares of larger numbers cannot be computed anew."""

TWO_POOLS = {"sample"}
"""Where the first argument may be empty and there is a result all the same."""


def certified(
    name: str, function: Any, arguments: dict[str, Any], result: Any
) -> Iterator[tuple[str, bool | None]]:
    """Words and whether they hold of this result of these arguments; None where nothing can be said.

    A result of another form than that of the algorithm is said to be wrong too.
    """
    bound = inspect.signature(function).bind(**arguments)
    bound.apply_defaults()
    if name not in UNBOUNDED and not (_finite(bound.arguments) and _finite(result)):
        yield f"a number is not finite, or over {MOST:g}: there is no certificate", None
        return
    first = next(iter(bound.arguments.values()))
    if name not in TWO_POOLS and _is_empty(first) and _numbers(result) == 0:
        yield "of nothing comes nothing", True
        return
    try:
        with np.errstate(all="ignore"):
            lines = list(CERTIFICATES[name](SimpleNamespace(**bound.arguments), result))
    except OverflowError:
        yield "the numbers are too large to be computed anew", None
    except (LookupError, ValueError, ZeroDivisionError) as error:
        yield f"the result fits the arguments ({error})", False
    else:
        yield from ((words, None if holds is None else bool(holds)) for words, holds in lines)


def _is_empty(value):
    """Whether it is an array or a list without a number."""
    return isinstance(value, (np.ndarray, list, tuple)) and _numbers(value) == 0


def _numbers(value):
    """How many numbers a result has, however deep they lie."""
    if isinstance(value, dict):
        return sum(map(_numbers, value.values()))
    if is_dataclass(value):
        return sum(_numbers(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, (list, tuple)):
        return sum(map(_numbers, value))
    return value.size if isinstance(value, np.ndarray) else 1


def _finite(value):
    """Whether all floats in it are of that size, however deep they lie; a rule or a convention counts as finite."""
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if is_dataclass(value) and not isinstance(value, (Rule, type)):
        return all(_finite(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, (list, tuple)):
        return all(map(_finite, value))
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
        return bool((np.abs(value) <= MOST).all())
    return not isinstance(value, float) or abs(value) <= MOST
