"""What an operation promises, how it is tried, and what is said of an answer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from refdet.conventions import Convention

Arguments = dict[str, Any]
Lines = Iterator[tuple[str, bool]]
Fails = Callable[[Arguments], bool]
Pass = Callable[[Arguments, Fails], Arguments]
Relation = Callable[[np.random.Generator, Arguments], tuple[Arguments, Callable[[Any], Any]] | None]
"""Other arguments, and what becomes of the answer; None where the relation says nothing of these arguments."""


@dataclass(frozen=True)
class Case:
    """Arguments by their names, as NumPy arrays and plain numbers, and where they come from."""

    arguments: Arguments
    family: str
    """What the case is after: "exact", "ties", "blocks", ..."""
    layout: str = "contiguous"
    """How the arrays lie in memory: "contiguous", "strided", "backwards" or "offset"."""

    def with_arguments(self, arguments: Arguments) -> Case:
        """The case with other arguments."""
        return replace(self, arguments=arguments)


@dataclass(frozen=True)
class Terms:
    """How an answer is judged."""

    convention: Convention
    band: bool = True
    """Leave open what rounding may decide; without it the arithmetic in the arrays' own precision decides."""
    free_ties: bool = False
    """Boxes of one score may come in any order."""


@dataclass(frozen=True)
class Contract:
    """One operation: its reference, cases to try, and the promises that an answer keeps or breaks."""

    op: str
    reference: Callable[..., Any]
    says: str
    """What it promises, in a line."""
    parts: tuple[str, ...]
    """The parts of a convention that it reads; a profile without them has no such operation."""
    cases: Callable[[np.random.Generator, Convention, np.dtype[Any]], Iterator[Case]]
    """Cases without end, those that find most first."""
    judge: Callable[[Case, Any, Terms], Lines]
    """Promise by promise: the words, and whether the answer keeps it. It stops at the first that is broken."""
    shrink: tuple[Pass, ...]
    """How arguments become simpler: fewer rows first, then plainer numbers."""
    relations: dict[str, Relation] = field(default_factory=dict)
    domain: Callable[[Arguments], bool] = lambda _: True
    """Whether anything is promised of these arguments; the reference may take more."""
    c_signature: str = ""
    """Declaration of the C function that a shared library offers; see c_library.py."""
    c_results: Callable[[Arguments], dict[str, tuple[tuple[int, ...], Any]]] = lambda _: {}
    """Shape and precision of each array that the C function writes."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of what a kernel is called with, in this order."""
        parameters = inspect.signature(self.reference).parameters.values()
        return tuple(part.name for part in parameters if part.kind is not part.KEYWORD_ONLY)

    def under(self, convention: Convention) -> dict[str, Any]:
        """The keyword arguments by which the reference follows a convention; none, if it reads none."""
        reads = "convention" in inspect.signature(self.reference).parameters
        return {"convention": convention} if reads else {}

    def here(self, convention: Convention) -> bool:
        """Whether the system has the operation."""
        return all(getattr(convention, part) is not None for part in self.parts)


def broken(contract: Contract, case: Case, answer: Any, terms: Terms) -> str | None:
    """The first promise that an answer breaks, in words; None if it keeps all."""
    with np.errstate(all="ignore"):
        return next((words for words, kept in contract.judge(case, answer, terms) if not kept), None)
