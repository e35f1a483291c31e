"""`python -m benchmarks.tables` writes docs/benchmarks.md from benchmarks/results/kernels.json.

A test compares the two, so that no number of the page is written by hand.
"""

from __future__ import annotations

import argparse
import json

from benchmarks.machine import ROOT
from benchmarks.rounds import baseline, quartiles, ratios
from benchmarks.words import memory_line, number, why_not

RESULTS = ROOT / "benchmarks" / "results" / "kernels.json"
PAGE = ROOT / "docs" / "benchmarks.md"

INTRODUCTION = """\
# Benchmarks

This page is generated: `python -m benchmarks.tables` writes it from `benchmarks/results/kernels.json`, and a
test compares the two. Measure yourself, and watch:

    python -m benchmarks                    # everything, about ten minutes
    python -m benchmarks nms --quick        # one op on small inputs, seconds

Every system that Python can import takes part; none is needed (`pip install ".[oracle,peers]"` brings all). With
`--json FILE` an interrupted run keeps what it has.

**How it is measured.** All in one process and on one thread. First the result of each candidate is compared
with the reference's, or, where the reference is too slow, with that of an implementation that gives its bits.
One of refdet's own that differs in a value is an error and is not timed, but for three: fast NumPy's RoI align
and its backward add in another order, and CIoU's arc tangent is that of another library; they may differ by the
`NEARLY` of `benchmarks/candidates.py`. A peer that differs is timed. Every difference stands below the table.
Then come rounds, in which every candidate has its turn. The time is that of the processor, on a GPU that of the
wall. The tables give the median time of a call in milliseconds and, in brackets, how many times faster than
torchvision the candidate was in the same round, the median over the rounds. Arguments are prepared before the
clock starts, in the form that each system wants; a result is a new array unless the row says `out=`. What would
take too long is left out, and listed.

**What is measured.** Inputs come from a seed (`benchmarks/inputs.py`). Boxes are *clustered*, 25 detections of
each object and a fifth of clutter; *crowded*, 60 objects however many boxes; or *sparse*, as many objects as
boxes. Suppression is at an IoU of 0.5. Pooling is into 7 x 7 bins at stride 16 with torchvision's bin edges,
RoI align takes 2 x 2 samples a bin.

**What else is measured.** `python -m benchmarks.stepwise_cost`: what the steps of a reference cost when nobody looks,
in [stepwise_cost.json](../benchmarks/results/stepwise_cost.json). `python -m benchmarks.digit_detector`: the detector,
on [its page](detectors/hog_svm.md). `python -m benchmarks.assignment`: assignment beside SciPy's, on
[its page](matching/assignment.md).

A goal is a ratio to torchvision in the same run. Ratios move by a quarter from run to run, so that seven tenths
of a goal count as reached. That of IoU moves more: torchvision takes 9 ms for 1,000 x 1,000 boxes in one process
and 25 in the next, refdet's kernels the same in all.
"""


def page(report):
    """The whole page, from what a run kept."""
    parts = [INTRODUCTION, _about(report), _goals(report), _memory(report)]
    ops = dict.fromkeys(workload["op"] for workload in report["workloads"])
    parts += [_op(op, [w for w in report["workloads"] if w["op"] == op]) for op in ops]
    return "\n".join(part for part in parts if part)


def _about(report):
    """Machine, versions, commit, command."""
    dirty = " with uncommitted changes" if report["dirty"] else ""
    said = [
        "## The run",
        "",
        f"`{report['command']}`, {report['date']}, commit {report['commit']}{dirty}, seed {report['seed']}",
    ]
    if report["interrupted"]:
        said.append("**This run was interrupted.**")
    for title in ("machine", "versions"):
        told = "; ".join(f"{name} {value}" for name, value in report[title].items())
        said += ["", f"{title.capitalize()}: {told}."]
    if report["missing"]:
        said += ["", f"Not measured, for refdet had none: {', '.join(report['missing'])}."]
    return "\n".join([*said, ""])


def _goals(report):
    """What was wanted, and what came."""
    keys = "op", "workload", "candidate", "wanted", "measured", "verdict"
    rows = [[goal[key] for key in keys] for goal in report["goals"]]
    return "\n".join(["## Goals", "", *_table(["op", "workload", "by", "goal", "measured", ""], rows), ""])


def _memory(report):
    """Peaks of memory."""
    lines = [f"- {memory_line(row).removeprefix('memory: ')}" for row in report["memory"]]
    return (
        "\n".join(
            ["## Memory", "", "Each in a process of its own, with Python and NumPy in it.", "", *lines, ""]
        )
        if lines
        else ""
    )


def _op(op, workloads):
    """One table: candidates downwards, workloads across; then what differed and what was left out."""
    names = list(dict.fromkeys(row["candidate"] for w in workloads for row in w["rows"]))
    found = [{row["candidate"]: row for row in w["rows"]} for w in workloads]
    bases = [baseline(w["rows"]) for w in workloads]
    timed = [name for name in names if any(_timed(rows, name) for rows in found)]
    rows = [
        [name, *(_cell(rows.get(name), base) for rows, base in zip(found, bases, strict=True))]
        for name in timed
    ]
    lines = [f"## {op}", "", *_table([f"ms{_against(bases)}", *(w["name"] for w in workloads)], rows), ""]
    notes = [
        f"- {row['candidate']}, {workload['name']}: {note}"
        for workload in workloads
        for row in workload["rows"]
        if (note := _note(row))
    ]
    return "\n".join([*lines, *notes, ""] if notes else lines)


def _against(bases):
    """What the numbers in brackets are ratios to."""
    names = dict.fromkeys(base["candidate"] for base in bases if base)
    return f", x {' or '.join(names)}" if names else ""


def _note(row):
    """Why there is no time, or how the result differs; empty where neither is to be said."""
    if "absent" in row:
        return ""
    return why_not(row) or ("" if row["equal"] else row["agreement"])


def _timed(rows, name):
    return bool(rows.get(name, {}).get("ms"))


def _cell(row, base):
    """Milliseconds, and the ratio to torchvision."""
    if not row or not row.get("ms"):
        return ""
    text = number(quartiles(row["ms"])[1])
    if base is None or base is row:
        return text
    return f"{text} ({number(ratios(row, base)[1])} x)"


def _table(heads, rows):
    """Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def main(argv: list[str] | None = None):
    """Write the page."""
    argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__).parse_args(argv)
    PAGE.write_text(page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
