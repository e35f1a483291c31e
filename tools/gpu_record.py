"""Add a run of tools/gpu_check.py to docs/gpu_runs.md.

    python tools/gpu_record.py DIR                  DIR is what --out was

A dry run is refused, and so is a run that stands there already. When the first run with every step well is
there, the README's warning has to go: tests/tools/test_gpu_record.py says so.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "gpu_runs.md"
NONE_YET = "None yet. "
WELL = "all steps well"


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
    told = "; ".join(f"{step['step']}: {step['status']}, {step['why']}" for step in other).replace("|", "/")
    return f"{len(summary['steps']) - len(other)} of {len(summary['steps'])} steps well; {told}"


def add(summary, page):
    """The page with the run's line at its end."""
    if summary["dry run"]:
        raise SystemExit("gpu_record: this was a dry run, which shows nothing about hardware")
    line = row(summary)
    if line in page.splitlines():
        raise SystemExit("gpu_record: this run stands in docs/gpu_runs.md already")
    return page.replace(NONE_YET, "").rstrip("\n") + "\n" + line + "\n"


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
