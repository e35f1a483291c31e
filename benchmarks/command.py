"""The command line of `python -m benchmarks`: measure, print as it goes, keep what was measured."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import shlex
import sys
from pathlib import Path

import refdet
from benchmarks import machine, memory, rounds
from benchmarks.catalogue import workloads
from benchmarks.goals import verdicts
from benchmarks.words import goal_line, memory_line, row_line

FULL = rounds.Limits()
QUICK = rounds.Limits(rounds=3, sample=0.01, call=1.0, candidate=2.0)


def main(argv=None):
    """Run; 0 unless one of refdet's implementations failed or computed something else, 130 if interrupted."""
    argv = sys.argv[1:] if argv is None else argv
    args = _arguments(argv)
    limits = dataclasses.replace(QUICK if args.quick else FULL)
    if args.rounds:
        limits = dataclasses.replace(limits, rounds=args.rounds)
    report = _header(argv, args, limits)
    try:
        _measure(args, limits, report)
    except KeyboardInterrupt:
        report["interrupted"] = True
        print("\ninterrupted; what was measured until now:")
    report["machine"]["load after"] = machine.load()
    report["goals"] = verdicts(report)
    _save(report, args.json)
    for goal in report["goals"]:
        print(goal_line(goal))
    if report["interrupted"]:
        return 130
    return 1 if any(map(_broken, _all_rows(report))) else 0


def _arguments(argv):
    known = list(dict.fromkeys(workload.op for workload in workloads()))
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="refdet and the systems that do the same, side by side in one process, on one thread.",
        epilog=f"ops: {', '.join(known)}. Example: python -m benchmarks nms --quick",
    )
    parser.add_argument("ops", nargs="*", metavar="OP", help="what to measure; everything if none is named")
    parser.add_argument("--quick", action="store_true", help="small workloads, three rounds; no memory")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds of each workload (5; with --quick 3)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the inputs (0)")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep everything there, after each workload"
    )
    args = parser.parse_args(argv)
    for op in args.ops:
        if op not in known:
            parser.error(f"{op!r} is not an op; wanted one of {', '.join(known)}")
    for name, least in (("rounds", 1), ("seed", 0)):
        value = getattr(args, name)
        if value is not None and value < least:
            parser.error(f"--{name} {value}: wanted {least} or more")
    if args.json and (args.json.is_dir() or not args.json.absolute().parent.is_dir()):
        parser.error(f"--json {args.json}: wanted a file in a folder that is there")
    return args


def _header(argv, args, limits):
    """The report before anything was measured."""
    return {
        "command": shlex.join(["python", "-m", "benchmarks", *argv]),
        "date": machine.now(),
        **machine.commit(),
        "seed": args.seed,
        "limits": dataclasses.asdict(limits),
        "interrupted": False,
        "machine": {**machine.facts(), "load before": machine.load()},
        "versions": machine.versions(),
        "missing": [],
        "goals": [],
        "memory": [],
        "workloads": [],
    }


def _measure(args, limits, report):
    """Every workload that was asked for, then the memory."""
    wanted = args.ops or list(dict.fromkeys(workload.op for workload in workloads()))
    report["missing"] = [op for op in wanted if not hasattr(refdet, op)]
    for op in report["missing"]:
        print(f"{op}: skipped, refdet has none")
    wanted = [op for op in wanted if op not in report["missing"]]
    chosen = [w for w in workloads() if w.op in wanted and (w.quick or not args.quick)]
    ladder, told = rounds.Ladder(), set()
    for place, workload in enumerate(chosen, 1):
        title = f"[{place}/{len(chosen)}] {workload.op}, {workload.name}"
        _progress(title)

        def progress(text, title=title):
            _progress(f"{title}: {text}")

        rows = rounds.run(workload, workload.prepare(args.seed), limits, ladder=ladder, progress=progress)
        report["workloads"].append({"op": workload.op, "name": workload.name, "rows": rows})
        _save(report, args.json)
        _progress("")
        _print_workload(workload, rows, told)
    for op in [] if args.quick else [op for op in memory.CASES if op in wanted]:
        for candidate in ("C++", "vectorized"):
            _progress(f"memory: {op}, {candidate}")
            report["memory"].append(memory.measure(op, candidate))
            _save(report, args.json)
            _progress("")
            print(memory_line(report["memory"][-1]), flush=True)


def _print_workload(workload, rows, told):
    """Its rows; who is absent is said once in a run."""
    print(f"\n{workload.op}, {workload.name}")
    base = rounds.baseline(rows)
    for row in rows:
        absent = row["candidate"], row.get("absent")
        if absent not in told:
            print(f"  {row['candidate']:20s} {row_line(row, base)}", flush=True)
        told |= {absent} if absent[1] else set()


def _progress(text):
    """One line on a terminal, written over and over."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:100]}", end="", file=sys.stderr, flush=True)


def _save(report, path):
    """Write the file anew, whole or not at all."""
    if path:
        beside = path.with_name(f".{path.name}.part")
        beside.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        os.replace(beside, path)


def _all_rows(report):
    return [row for workload in report["workloads"] for row in workload["rows"]] + report["memory"]


def _broken(row):
    """True if one of refdet's implementations failed or computed something else."""
    return "failed" in row and row.get("own", True)
