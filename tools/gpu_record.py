"""Add a run of tools/gpu_check.py to docs/gpu_runs.md.

    python tools/gpu_record.py DIR                  DIR is what --out was

A dry run is refused, and so is a run that stands there already. The run's timings take the place of those of the run
before. When the first run with every step well is there, the README's warning has to go:
tests/tools/test_gpu_record.py says so.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from textwrap import shorten

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gpu_runs.md"
NONE_YET = "None yet. "
WELL = "all steps well"
WORDS = 160
"""Letters of a reason at most."""
TIMINGS = "\n## Timings of the last run\n"
COLUMNS = "CUDA", "torchvision", "torchvision gives", "C++", "vectorized"


def row(summary):
    """The line of the table."""
    found = {step["step"]: step for step in summary["steps"]}
    facts = found["facts"].get("result", {})
    versions = ", ".join(str(facts.get(name, "?")) for name in ("driver", "CUDA runtime", "CuPy"))
    cells = summary["date"], facts.get("device", "?"), versions, summary["commit"][:12], result(summary)
    return "| " + " | ".join(cells) + " |"


def result(summary):
    """In words: how many steps were well, and what the others lacked."""
    other = [step for step in summary["steps"] if step["status"] != "ok"]
    if not other:
        return f"{WELL} ({len(summary['steps'])})"
    reasons = (f"{step['step']}: {step['status']}, {shorten(step['why'], WORDS)}" for step in other)
    told = "; ".join(reasons).replace("|", "/")
    return f"{len(summary['steps']) - len(other)} of {len(summary['steps'])} steps well; {told}"


def timings(summary):
    """The table of medians; nothing if nothing was timed."""
    step = next((step for step in summary["steps"] if step["step"] == "timings"), {})
    results = step.get("result", {}).items()
    found = {title: rows for title, rows in results if isinstance(rows, dict) and COLUMNS[0] in rows}
    if not found:
        return ""
    head = f"{TIMINGS}\nMedians, in milliseconds. {step['result']['inside']}\n\n"
    lines = [("", *COLUMNS), ("---",) * (1 + len(COLUMNS))]
    lines += [(title, *(_cell(rows.get(name, "")) for name in COLUMNS)) for title, rows in found.items()]
    return head + "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _cell(timed):
    """The median of quartiles, or the words in their place."""
    return str(timed).replace("|", "/") if isinstance(timed, str) else f"{timed[1]:.3f}"


def add(summary, page):
    """The page with the run's line at the end of its table, and with the run's timings."""
    if summary["dry run"]:
        raise SystemExit("gpu_record: this was a dry run, which shows nothing about hardware")
    line = row(summary)
    if line in page.splitlines():
        raise SystemExit("gpu_record: this run stands in docs/gpu_runs.md already")
    table, _, before = page.replace(NONE_YET, "").partition(TIMINGS)
    timed = timings(summary) or (before and TIMINGS + before)
    return table.rstrip("\n") + "\n" + line + "\n" + timed


def main(argv=None):
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder that gpu_check.py wrote")
    args = parser.parse_args(argv)
    try:
        summary = json.loads((args.folder / "summary.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"gpu_record: {error}") from None
    PAGE.write_text(add(summary, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(row(summary))


if __name__ == "__main__":
    main()
