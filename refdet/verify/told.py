"""A report as text: verdict, what was tried, and of a counterexample everything that one needs to see the fault."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from refdet.verify.contract import Case, Contract
from refdet.verify.drawing import in_letters
from refdet.verify.loading import is_library
from refdet.verify.run import Report

STEPS = 30
"""Steps of the reference that are listed."""

MANY = 5
"""Rows that are alike, from which on one of them and their number stand for all."""


def lines(report: Report, contract: Contract) -> list[str]:
    """The report for a terminal."""
    tried = ", ".join(f"{count} {family}" for family, count in report.families.items())
    profile = report.plan.convention.name.lower()
    head = f"{report.verdict}  {report.op} of {report.target}, profile {profile}"
    told = [head, f"  {sum(report.families.values())} cases in {report.seconds:.1f} s: {tried or 'none'}"]
    if report.boundary:
        told.append(
            f"  {report.boundary} answers are right only because rounding may decide; --strict refuses them"
        )
    if report.words and report.counterexample is None:
        told.append(f"  {report.words}")
    if report.counterexample is not None:
        told += counterexample(report, contract)
    if report.printed.strip():
        told.append(f"  the kernel printed: {' '.join(report.printed.split())[:200]}")
    return told


def counterexample(report: Report, contract: Contract) -> list[str]:
    """What is wrong, the arguments as code, both answers, a drawing, and the reference's steps."""
    found = report.counterexample
    assert found is not None
    told = [f"  {found.words}"]
    told += [f"  {line}" for line in follows(report, contract)]
    if report.verdict == "ERROR" and is_library(report.target):
        told.append(f"  it was called as {contract.c_signature}")
    told += ["", f"  smallest case found ({size(found.first)} numbers first, now {size(found.case)}):", ""]
    told += [f"    {line}" for line in code(found.case)]
    told += ["", f"  kernel     {shown(found.answer)}"]
    told += [f"  reference  {shown(reference(report, contract))}"]
    picture = in_letters(boxes(found.case))
    if picture:
        told += ["", *(f"    {line}" for line in picture)]
    steps = trace(report, contract)
    if steps:
        told += ["", "  step by step, as it should be:", *(f"    {line}" for line in steps)]
    if found.trace:
        told += ["", *(f"    {line}" for line in found.trace.rstrip().splitlines())]
    return told


def follows(report: Report, contract: Contract) -> list[str]:
    """Which profile the kernel follows, if any, where profiles differ."""
    if report.verdict != "FAIL" or not contract.parts:
        return []
    if not report.follows:
        return ["it follows no other profile either"]
    return [
        f"it follows {' and '.join(report.follows)} instead: a convention, or --profile {report.follows[0]}"
    ]


def code(case: Case) -> list[str]:
    """Python that makes the arguments."""
    made = ["import numpy as np"]
    for name, value in case.arguments.items():
        made.append(f"{name} = {_literal(value)}")
    if case.layout != "contiguous":
        made.append(f"# the arrays were {case.layout} in memory")
    return made


def _literal(value):
    if not isinstance(value, np.ndarray):
        return repr(value)
    if not value.size:
        return f"np.zeros({value.shape}, np.{value.dtype})"
    return f"np.array({_rows(value) if value.ndim else _numbers(value)}, np.{value.dtype})"


def _rows(array):
    """The rows, of those that are alike side by side one and how many: [[0, 0, 4, 4]] * 64 + [[0, 0, 1, 1]]."""
    runs, plain = [], []
    for _, alike in itertools.groupby(array, lambda row: row.tobytes()):
        rows = list(alike)
        if len(rows) < MANY:
            plain += rows
            continue
        runs += [_numbers(np.array(plain))] * bool(plain) + [f"{_numbers(np.array(rows[:1]))} * {len(rows)}"]
        plain = []
    return " + ".join([*runs, _numbers(np.array(plain))] if plain else runs)


def _numbers(array):
    text = np.array2string(
        array, separator=", ", threshold=10**9, max_line_width=10**9, floatmode="unique", formatter=_PLAIN
    )
    return " ".join(text.split())


def _number(value):
    if not np.isfinite(value):
        return f"{'-' if value < 0 else ''}np.{abs(value)}"
    if value == 0 and np.signbit(value):
        return "-0.0"
    return str(int(value)) if value == int(value) and abs(float(value)) < 1e15 else str(value)


_PLAIN: Any = {"float_kind": _number}


def shown(answer: Any) -> str:
    """An answer in a line."""
    if isinstance(answer, tuple):
        return "; ".join(map(shown, answer))
    if isinstance(answer, np.ndarray):
        text = np.array2string(answer, threshold=40, max_line_width=10**9, separator=", ")
        return f"{' '.join(text.split())}, {answer.dtype}"
    return "no answer" if answer is None else repr(answer)


def size(case: Case) -> int:
    """How many numbers the arrays of a case have."""
    return sum(value.size for value in case.arguments.values() if isinstance(value, np.ndarray))


def reference(report: Report, contract: Contract) -> Any:
    """The reference's answer to the counterexample."""
    found = report.counterexample
    assert found is not None
    with np.errstate(all="ignore"):
        return contract.reference(**found.case.arguments, **contract.under(report.plan.convention))


def trace(report: Report, contract: Contract) -> list[str]:
    """The reference's steps on the counterexample, at most `STEPS`."""
    found = report.counterexample
    if found is None or not hasattr(contract.reference, "trace"):
        return []
    with np.errstate(all="ignore"):
        steps = list(
            contract.reference.trace(**found.case.arguments, **contract.under(report.plan.convention))
        )
    told = [f"{step.name:<10}{step.note}" for step in steps[:STEPS]]
    return told + [f"... {len(steps) - STEPS} more"] * (len(steps) > STEPS)


def boxes(case: Case) -> Any:
    """The boxes of a case, both lists together; none if it has no such argument."""
    parts = [case.arguments[name][:, -4:] for name in ("boxes", "boxes1", "boxes2") if name in case.arguments]
    return np.concatenate(parts) if parts else np.zeros((0, 4))
