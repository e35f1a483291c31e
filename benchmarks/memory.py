"""The most memory that a process held while it did one thing, each in a process of its own.

`python -m benchmarks.memory OP CANDIDATE` is that process.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks import inputs
from benchmarks.candidates import OWN, Absent, own
from benchmarks.machine import ROOT

LIMIT = 60
"""Seconds that the process may take."""

CASES = {
    "box_iou": ("20,000 x 20,000", lambda: inputs.pairs(20_000, 20_000, np.float32, 0)),
    "nms": ("clustered 1,000,000", lambda: (*inputs.scored(inputs.clustered, 10**6, np.float32, 0), 0.5)),
}
"""What is done, in float32."""


def measure(op, candidate):
    """One row: bytes before and at the peak, or why there are none."""
    row = {"op": op, "workload": CASES[op][0], "candidate": candidate}
    command = [sys.executable, "-m", "benchmarks.memory", op, candidate]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return row | {"skipped": f"not done within {LIMIT} s"}
    if done.returncode:
        return row | {"failed": (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1]}
    return row | json.loads(done.stdout)


def peak():
    """Most bytes of memory that this process has held."""
    # Not getrusage alone: a process inherits that figure from the one that started it.
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main():
    """Do it and print the row."""
    op, name = sys.argv[1:]
    given = CASES[op][1]()
    candidate = own(op, *given, names={name: OWN[name]})[0]
    if isinstance(candidate, Absent):
        raise SystemExit(candidate.reason)
    before, start = peak(), time.process_time()
    candidate.call()
    print(json.dumps({"before": before, "peak": peak(), "seconds": round(time.process_time() - start, 1)}))


if __name__ == "__main__":
    main()
