"""One run: cases until one fails or enough have passed; then that case made small, and what the kernel follows."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from refdet.conventions import REFDET, Convention
from refdet.profiles import PROFILES
from refdet.verify.contract import Arguments, Case, Contract, Terms, broken
from refdet.verify.shrink import shrunk
from refdet.verify.target import Refused, Skipped
from refdet.verify.trial import Target, Trial, trial

EXIT_CODES = {"PASS": 0, "PASS-BOUNDARY": 0, "FAIL": 1, "ERROR": 3, "SKIP": 4}
"""What a command returns for a verdict; 2 is a usage error."""

THOROUGH_EVERY = 8
"""So often a case is given twice, and with changed arguments."""

CASES_OF_A_PROFILE = 150
"""So many cases of each precision have to agree before a kernel is said to follow a profile."""


@dataclass(frozen=True)
class Plan:
    """What to try, and how strictly to judge."""

    convention: Convention = REFDET
    dtypes: tuple[str, ...] = ("float32", "float64")
    max_examples: int = 400
    """Cases for each precision."""
    seed: int = 0
    strict: bool = False
    """An answer that is right only because rounding may decide is wrong too."""
    free_ties: bool = False
    shrink_seconds: float = 20.0

    @property
    def terms(self) -> Terms:
        """How an answer is judged."""
        return Terms(self.convention, band=not self.strict, free_ties=self.free_ties)


@dataclass(frozen=True)
class Counterexample:
    """A case whose answer is wrong, as small as it could be made."""

    case: Case
    words: str
    """The first promise that does not hold, or what happened."""
    answer: Any
    first: Case
    """The case that was found first."""
    trace: str = ""
    """Where an exception came from."""


@dataclass
class Report:
    """What came of a run."""

    op: str
    target: str
    plan: Plan
    verdict: str = "PASS"
    words: str = ""
    """Why nothing ran, or what is wrong."""
    families: Counter[str] = field(default_factory=Counter)
    """Cases that were tried, by what they are after."""
    boundary: int = 0
    """Cases whose answer is right only because rounding may decide."""
    counterexample: Counterexample | None = None
    follows: tuple[str, ...] = ()
    """Profiles that the kernel follows instead."""
    printed: str = ""
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """For the shell."""
        return EXIT_CODES[self.verdict]


def verify(
    contract: Contract,
    target: Target,
    name: str,
    plan: Plan,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Try a kernel case by case; the first that fails is made small and ends the run.

    Parameters
    ----------
    contract : Contract
        What is promised.
    target : InProcess or InChild
        The kernel; it stays open.
    name : str
        What the report calls it.
    plan : Plan
        How much is tried, under which convention.
    progress : callable
        Called with the number of cases done and of all.

    Returns
    -------
    report : Report
        The verdict, and with FAIL or ERROR a counterexample.
    """
    report, start = Report(contract.op, name, plan), time.monotonic()
    try:
        _try_all(report, contract, target, progress)
    except Skipped as error:
        report.verdict, report.words = "SKIP", str(error)
    except Refused as error:
        report.verdict, report.words = "ERROR", str(error)
    if not report.families and report.verdict == "PASS":
        report.verdict, report.words = "SKIP", f"{plan.convention.name} promises nothing of {contract.op}"
    report.printed, report.seconds = target.printed, time.monotonic() - start
    return report


def planned(contract: Contract, plan: Plan) -> Iterator[Case]:
    """The cases of a run, the same for the same seed."""
    for dtype in plan.dtypes:
        rng = np.random.default_rng(plan.seed)
        yield from itertools.islice(contract.cases(rng, plan.convention, np.dtype(dtype)), plan.max_examples)


def _try_all(report, contract, target, progress):
    plan = report.plan
    nominal = dataclasses.replace(plan.terms, band=False)
    for number, case in enumerate(planned(contract, plan)):
        progress(number, plan.max_examples * len(plan.dtypes))
        found = trial(contract, target, case, plan.terms, thorough=number % THOROUGH_EVERY == 0)
        report.families[case.family] += 1
        if found.failed:
            report.verdict = found.verdict
            report.counterexample = smallest(contract, target, case, found, plan)
            report.words = report.counterexample.words
            if found.verdict == "FAIL":  # of one that crashes there is nothing to compare
                names = fitting(contract, target, plan)
                report.follows = tuple(name for name in names if PROFILES[name] != plan.convention)
            return
        if not plan.strict and broken(contract, case, found.outcome.answer, nominal) is not None:
            report.boundary += 1
            report.verdict = "PASS-BOUNDARY"


def smallest(contract: Contract, target: Target, case: Case, found: Trial, plan: Plan) -> Counterexample:
    """The simplest case that the shrinker finds, and what is wrong with it."""
    best = (case, found)

    def fails(arguments: Arguments) -> bool:
        nonlocal best
        candidate = case.with_arguments(arguments)
        if not legal(contract, arguments, plan.convention):
            return False
        other = trial(contract, target, candidate, plan.terms, thorough=True)
        if other.verdict == found.verdict:
            best = (candidate, other)
            return True
        return False

    first = case
    if found.verdict == "ERROR":  # it may be one that hangs; a wrong one may have to compile for every shape
        target.hurry()
    # A memory layout that is not to blame only distracts.
    plain = dataclasses.replace(case, layout="contiguous")
    if case.layout != "contiguous":
        again = trial(contract, target, plain, plan.terms)
        if again.verdict == found.verdict:
            case, best = plain, (plain, again)
    shrunk(case.arguments, fails, contract.shrink, plan.shrink_seconds)
    small, what = best
    return Counterexample(small, what.words, what.outcome.answer, first, what.outcome.trace)


def legal(contract: Contract, arguments: Arguments, convention: Convention) -> bool:
    """Whether anything is promised of these arguments, and the reference takes them."""
    if not contract.domain(arguments):
        return False
    try:
        with np.errstate(all="ignore"):
            contract.reference(**arguments, **contract.under(convention))
    except (ValueError, TypeError):
        return False
    return True


def fitting(contract: Contract, target: Target, plan: Plan) -> Iterator[str]:
    """Names of the profiles that the kernel follows where every number is judged in the arrays' own arithmetic."""
    for name, convention in PROFILES.items():
        if not contract.parts or not contract.here(convention):
            continue
        tried = dataclasses.replace(
            plan, convention=convention, strict=True, max_examples=min(CASES_OF_A_PROFILE, plan.max_examples)
        )
        cases = list(planned(contract, tried))  # none, where the system has no such operation after all
        if cases and not any(trial(contract, target, case, tried.terms, False).failed for case in cases):
            yield name
