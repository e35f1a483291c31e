"""The smallest inputs on which two conventions give two answers: what ``refdet profiles diff`` shows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from refdet.conventions import Convention
from refdet.verify.child import same_bits
from refdet.verify.contract import Arguments, Case, Contract
from refdet.verify.shrink import shrunk


@dataclass(frozen=True)
class Difference:
    """A case, and what each of the two makes of it."""

    case: Case
    answers: tuple[Any, Any]


def differences(
    contract: Contract,
    one: Convention,
    other: Convention,
    *,
    most: int = 3,
    max_examples: int = 400,
    dtype: str = "float32",
    seed: int = 0,
    seconds: float = 20.0,
) -> Iterator[Difference]:
    """Cases of either convention, made small, on which the reference gives other bits under the other.

    Parameters
    ----------
    contract : Contract
        Of the operation.
    one, other : Convention
        Both have the operation.
    most : int
        How many different cases are wanted; one for each family of cases, so that causes differ too.
    max_examples : int
        Cases of each convention that are tried.
    dtype : str
        Precision of the arrays.
    seed : int
        Of what is drawn.
    seconds : float
        How long one case is made smaller.

    Yields
    ------
    difference : Difference
        None where both agree on all that was tried.
    """

    def differ(arguments: Arguments) -> bool:
        try:
            return contract.domain(arguments) and not same_bits(*_answers(contract, arguments, one, other))
        except (ValueError, TypeError):  # one of them refuses such arguments
            return False

    seen: set[str] = set()
    for convention in (one, other):
        cases = contract.cases(np.random.default_rng(seed), convention, np.dtype(dtype))
        for case in itertools.islice(cases, max_examples):
            if case.layout != "contiguous" or case.family in seen or not differ(case.arguments):
                continue
            seen.add(case.family)
            small = shrunk(case.arguments, differ, contract.shrink, seconds)
            if repr(small) in seen:
                continue
            seen.add(repr(small))
            yield Difference(case.with_arguments(small), _answers(contract, small, one, other))
            most -= 1
            if not most:
                return


def _answers(contract, arguments, one, other):
    with np.errstate(all="ignore"):
        return tuple(
            contract.reference(**arguments, **contract.under(convention)) for convention in (one, other)
        )
