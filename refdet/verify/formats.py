"""A report as JSON, as JUnit's XML, and as one page of HTML."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

import numpy as np

from refdet.report.page import Page
from refdet.verify import case_file, drawing, told
from refdet.verify.contract import Contract
from refdet.verify.run import Report


def to_json(report: Report, contract: Contract) -> str:
    """Everything, for programs; version 1."""
    found = report.counterexample
    return (
        json.dumps(
            {
                "refdet_verify": 1,
                "op": report.op,
                "target": report.target,
                "profile": report.plan.convention.name.lower(),
                "seed": report.plan.seed,
                "verdict": report.verdict,
                "exit_code": report.exit_code,
                "words": report.words,
                "cases": dict(report.families),
                "boundary": report.boundary,
                "follows": list(report.follows),
                "printed": report.printed,
                "seconds": round(report.seconds, 3),
                "counterexample": None if found is None else _counterexample(report, contract),
            },
            indent=1,
        )
        + "\n"
    )


def _counterexample(report: Report, contract: Contract) -> dict[str, Any]:
    found = report.counterexample
    assert found is not None
    case = json.loads(
        case_file.to_json(report.op, report.plan.convention.name.lower(), found.case, found.words)
    )
    answers = {"kernel": found.answer, "reference": told.reference(report, contract)}
    return {"case": case, **{name: _plain(answer) for name, answer in answers.items()}}


def _plain(answer: Any) -> Any:
    if isinstance(answer, tuple):
        return [_plain(part) for part in answer]
    if isinstance(answer, (np.ndarray, np.generic)):
        return answer.tolist()
    return answer if answer is None or isinstance(answer, (bool, int, float, str)) else repr(answer)


def to_junit(report: Report, contract: Contract) -> str:
    """One test case for systems that collect test results."""
    counts = {"failures": "FAIL", "errors": "ERROR", "skipped": "SKIP"}
    totals = {name: str(int(report.verdict == verdict)) for name, verdict in counts.items()}
    about = {"name": "refdet verify", "tests": "1", "time": f"{report.seconds:.3f}"}
    suite = ElementTree.Element("testsuite", about | totals)
    name = f"{report.target} [{report.plan.convention.name.lower()}]"
    case = ElementTree.SubElement(
        suite, "testcase", classname=f"refdet.{report.op}", name=name, time=f"{report.seconds:.3f}"
    )
    kind = {"FAIL": "failure", "ERROR": "error", "SKIP": "skipped"}.get(report.verdict)
    if kind:
        part = ElementTree.SubElement(case, kind, message=_legal(report.words))
        part.text = _legal("\n".join(told.lines(report, contract)))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _legal(text: str) -> str:
    """The text without what XML cannot hold."""
    return "".join(letter if letter in "\n\t" or letter >= " " else "\ufffd" for letter in text)


def to_page(report: Report, contract: Contract) -> Page:
    """The page, with the boxes drawn and the steps of the reference to click through."""
    page = Page(f"{report.verdict}: {report.op} of {report.target}")
    page.text(
        f"Profile {report.plan.convention.name}, seed {report.plan.seed}, {report.seconds:.1f} seconds."
    )
    page.table(["cases", "tried"], [[family, count] for family, count in report.families.items()])
    if report.boundary:
        page.text(f"{report.boundary} answers are right only because rounding may decide.")
    found = report.counterexample
    if found is None:
        page.text(report.words or "No case failed.")
        return page
    page.heading("What is wrong")
    page.text(found.words)
    for line in told.follows(report, contract):
        page.text(line)
    page.heading("The smallest case found")
    page.code("\n".join(told.code(found.case)))
    wanted = told.reference(report, contract)
    page.table(["", "answer"], [["kernel", told.shown(found.answer)], ["reference", told.shown(wanted)]])
    words = _fates(report, wanted)
    picture = drawing.in_svg(told.boxes(found.case), words)
    if picture is not None:
        legend = ", ".join(dict.fromkeys(drawing.FATES[word][2] for word in words))
        page.svg(picture, f"The boxes: {legend}.")
    if hasattr(contract.reference, "trace"):
        page.heading("Step by step, as it should be")
        with np.errstate(all="ignore"):
            steps = contract.reference.trace(**found.case.arguments, **contract.under(report.plan.convention))
        view = "boxes" if report.op in ("nms", "diou_nms", "batched_nms", "soft_nms") else "source"
        if len(steps):
            page.player(steps, view)
    page.heading("To run it again")
    page.code(case_file.to_json(report.op, report.plan.convention.name.lower(), found.case, found.words))
    return page


def _fates(report: Report, wanted: Any) -> list[str]:
    """What becomes of each box that is drawn."""
    found = report.counterexample
    assert found is not None
    arguments = found.case.arguments
    if "boxes1" in arguments:
        return ["given"] * len(arguments["boxes1"]) + ["second"] * len(arguments["boxes2"])
    count = len(told.boxes(found.case))
    kept, right = (part[0] if isinstance(part, tuple) else part for part in (found.answer, wanted))
    indices = isinstance(kept, np.ndarray) and kept.ndim == 1 and kept.dtype.kind in "iu"
    return drawing.fates(count, kept, right) if indices and "scores" in arguments else ["given"] * count
