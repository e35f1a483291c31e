"""Everything about the CUDA kernels that only a machine with a GPU can show, in one run of at most ten minutes.

    python tools/gpu_check.py --out DIR             on a machine with a device and CuPy; needs no network
    python tools/gpu_check.py --out DIR --dry-run   the same steps through the emulator, on small inputs

Writes DIR/summary.json, anew after every step, and DIR/log.txt with all that the steps printed. Each step is a
process, and is ended when it has used up its share of the time and what the steps before it left. Ends with 0 only if
every step ran and was well: what a machine lacks is NOT RUN, which is no success. The extension modules are built
where a developer builds them, in the source tree. `python tools/gpu_record.py DIR` then adds the run to
docs/gpu_runs.md.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from gpu_steps import NOT_RUN, RESULT

ROOT = Path(__file__).resolve().parents[1]
BUDGET = 580
"""Seconds for all steps together."""
LARGE = {
    "mask": 20,
    "refused": 20,
    "wide mask": 20,
    "soft": 10,
    "wide overlaps": 15,
    "wide pool": 10,
    "wide backward": 15,
    "grid": 10,
    "streams": 10,
    "second device": 5,
}
SANITIZERS = "memcheck", "racecheck", "initcheck", "synccheck"


@dataclass(frozen=True)
class Step:
    """A process, and how much of the time is kept for it; with what the steps before leave it may take more."""

    name: str
    command: tuple[str, ...]
    share: float


def steps(dry_run):
    """What is run, the most telling first, should the time not suffice for all."""
    rows = [
        ("facts", ["facts"], 15),
        ("build", ["build"], 70),
        ("replay of recorded hashes", ["replay"], 40),
        ("tests on the device", ["tests", "device"], 110),
        *((f"large: {case}", ["large", case], share) for case, share in LARGE.items()),
        ("timings", ["timings"], 80),
        *((f"compute-sanitizer {tool}", ["sanitize", tool], 20) for tool in SANITIZERS),
    ]
    if not dry_run:  # every test run shows this one, without a device
        rows.append(("tests of C++ and the emulator here", ["tests", "host"], 50))
    flag = ["--dry-run"] if dry_run else []
    return [
        Step(name, (sys.executable, "-m", f"gpu_steps.{module}", *arguments, *flag), share)
        for name, (module, *arguments), share in rows
    ]


def check(chosen, folder, about, budget=BUDGET):
    """Run the steps and keep the summary; True if all of them ran and were well."""
    summary = {
        **about,
        "ok": False,
        "steps": [{"step": s.name, "status": "NOT RUN", "why": "not reached"} for s in chosen],
    }
    _save(summary, folder)
    end, whole = time.monotonic() + budget, sum(step.share for step in chosen)
    with open(folder / "log.txt", "w", encoding="utf-8") as log:
        for place, step in enumerate(chosen):
            row = summary["steps"][place]
            kept = budget * sum(later.share for later in chosen[place + 1 :]) / whole
            limit = end - time.monotonic() - kept
            print(f"[{place + 1}/{len(chosen)}] {step.name} ...", end=" ", flush=True)
            if limit <= 0:
                row["why"] = f"none of the {budget} s was left"
            else:
                row |= run(step, limit, log)
                if row["status"] == "ok":
                    del row["why"]
            print(f"{row['status']}, {row.get('seconds', 0)} s", row.get("why", ""), flush=True)
            summary["ok"] = all(r["status"] == "ok" for r in summary["steps"])
            _save(summary, folder)
    return summary["ok"]


def run(step, limit, log):
    """{"status", "why", "seconds", "result"} of one step."""
    print(f"\n=== {step.name}", file=log, flush=True)
    before, start = log.tell(), time.monotonic()
    paths = os.pathsep.join([str(ROOT / "tools"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    tools = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PYTHONPATH": paths, "PATH": tools, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        step.command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
    )
    try:
        code = process.wait(limit)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        _end(process)
    return _judged(code, limit, _printed(log, before)) | {"seconds": round(time.monotonic() - start, 1)}


def _end(process):
    """Whatever the step started goes with it; a process that the driver holds is not waited for."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(10)


def _printed(log, before):
    """The lines that the step wrote."""
    with open(log.name, encoding="utf-8", errors="replace") as file:
        file.seek(before)
        return [line.rstrip() for line in file if line.strip()]


def _judged(code, limit, lines):
    """Status, reason and result, from how the step ended and what it printed last."""
    results = [line for line in lines if line.startswith(RESULT)]
    said = [line for line in lines if not line.startswith(RESULT)] or ["it printed nothing"]
    kept = {"result": json.loads(results[-1].removeprefix(RESULT))} if results else {}
    if code is None:
        return {"status": "FAILED", "why": f"no end within {limit:.0f} s; last line: {said[-1]}"} | kept
    if code == NOT_RUN:
        return {"status": "NOT RUN", "why": said[-1]} | kept
    if code < 0:
        return {
            "status": "FAILED",
            "why": f"ended by {signal.Signals(-code).name}; last line: {said[-1]}",
        } | kept
    if code:
        return {"status": "FAILED", "why": said[-1]} | kept
    if not kept:
        return {"status": "FAILED", "why": f"ended without a result; last line: {said[-1]}"}
    return {"status": "ok", "why": ""} | kept


def _save(summary, folder):
    """Write the summary anew, whole or not at all."""
    part = folder / ".summary.part"
    part.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
    os.replace(part, folder / "summary.json")


def about(dry_run, commit):
    """Date, commit, and a hash of the sources that were checked, which tells even where git is missing."""
    sources = sorted([*(ROOT / "csrc").rglob("*.cu*"), *(ROOT / "refdet").rglob("*.py")])
    text = b"".join(path.relative_to(ROOT).as_posix().encode() + path.read_bytes() for path in sources)
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "dry run": dry_run,
        "commit": commit or _commit(),
        "sources": hashlib.sha256(text).hexdigest(),
        "command": " ".join(["python", *sys.argv]),
    }


def _commit():
    """What git says, with a + if files were changed since; "unknown" without git."""
    try:
        said = [
            subprocess.run(
                ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
            ).stdout.strip()
            for words in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said[0] + ("+" if said[1] else "")


def main(argv=None):
    """Run all steps; 0 if all of them ran and were well."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the two files")
    parser.add_argument("--dry-run", action="store_true", help="through the emulator, on small inputs")
    parser.add_argument("--commit", help="what is checked, where git does not know")
    parser.add_argument(
        "--budget", type=float, default=BUDGET, metavar="S", help=f"seconds for all steps ({BUDGET})"
    )
    args = parser.parse_args(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    ok = check(steps(args.dry_run), args.out, about(args.dry_run, args.commit), args.budget)
    print(f"{'all steps ran and were well' if ok else 'NOT all well'}: {args.out / 'summary.json'}")
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
