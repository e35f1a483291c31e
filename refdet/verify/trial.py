"""One case put to a kernel, and everything that is asked of what comes back."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from refdet.verify.child import same_bits
from refdet.verify.contract import Case, Contract, Terms, broken
from refdet.verify.target import InChild, InProcess, Outcome

Target = InProcess | InChild


@dataclass(frozen=True)
class Trial:
    """What came of a case."""

    outcome: Outcome
    verdict: str = "PASS"
    """PASS, FAIL for a wrong answer, or ERROR where none came."""
    words: str = ""
    """The first promise that is broken, or what happened."""

    @property
    def failed(self) -> bool:
        """Whether it is a counterexample."""
        return self.verdict != "PASS"


def trial(contract: Contract, target: Target, case: Case, terms: Terms, thorough: bool = True) -> Trial:
    """Call the kernel with a case and judge it; `thorough` calls again, with the same and with changed arguments."""
    outcome = target.call(case, twice=thorough)
    if outcome.error is not None:
        return Trial(outcome, "ERROR", outcome.error)
    if outcome.changed:
        return Trial(outcome, "FAIL", f"arguments stay as they are; {', '.join(outcome.changed)} did not")
    words = broken(contract, case, outcome.answer, terms)
    if words is not None:
        return Trial(outcome, "FAIL", words)
    if not outcome.steady:
        return Trial(outcome, "FAIL", "the same arguments give the same bits; a second call gave others")
    return _related(contract, target, case, outcome) if thorough else Trial(outcome)


def _related(contract, target, case, outcome):
    """The relations of a contract, on cases whose every number is exact."""
    for words, relation in contract.relations.items():
        rng = np.random.default_rng(zlib.crc32(words.encode()))
        related = relation(rng, case.arguments)
        if related is None:
            continue
        changed, expected = related
        other = target.call(case.with_arguments(changed))
        if other.error is not None:
            return Trial(other, "ERROR", f"{other.error}, with other arguments, where {words}")
        if not same_bits(_contiguous(expected(outcome.answer)), other.answer):
            return Trial(other, "FAIL", f"{words}; here it does")
    return Trial(outcome)


def _contiguous(answer: Any) -> Any:
    return tuple(map(_contiguous, answer)) if isinstance(answer, tuple) else np.ascontiguousarray(answer)
