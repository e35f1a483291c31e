"""The detector of digits on several seeds: what docs/detectors/hog_svm.md quotes.

    python benchmarks/digit_detector.py           seeds 0 to 7; writes benchmarks/results/digit_detector.json

A run is the whole experiment of `refdet tour`: train, detect, control with shuffled labels. Then the same without
the writer whose rows stand on both sides of row 1200 (rows 1157 to 1286: the sequence of labels that every writer
filled in begins anew at 1157 and at 1287).
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

from refdet.detectors.hog_svm_on_digits import evaluate, run
from refdet.evaluation.mean_average_precision import evaluate_detections

SEEDS = range(8)
APART = {"train_rows": slice(0, 1157), "test_rows": slice(1287, 1797)}


def at_three_quarters(outcome):
    """Mean average precision at IoU 0.75, by area."""
    truths = [s.boxes for s in outcome.test_scenes], [s.labels for s in outcome.test_scenes]
    return evaluate_detections(outcome.detections, *truths, 10, 0.75).mean


def row(seed):
    """The numbers of one seed."""
    outcome, apart = run(seed), run(seed, **APART)
    assert evaluate(outcome.detections, outcome.test_scenes).mean == outcome.map50
    return {
        "seed": seed,
        **{name: round(outcome.mean_average_precision(name), 4) for name in outcome.average_precision},
        "area at IoU 0.75": round(at_three_quarters(outcome), 4),
        "control": round(outcome.control_map50, 4),
        "recall of the windows": round(outcome.recall, 4),
        "area, no shared writer": round(apart.map50, 4),
        "wall s": round(sum(wall for wall, _ in outcome.seconds.values()), 1),
        "processor s": round(sum(spent for _, spent in outcome.seconds.values()), 1),
    }


def main():
    """Measure, print, write."""
    rows = []
    for seed in SEEDS:
        rows.append(row(seed))
        print(rows[-1], flush=True)
    medians = {key: round(statistics.median(r[key] for r in rows[:3]), 4) for key in rows[0] if key != "seed"}
    print("median of the first three seeds:", medians)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    machine = f"{platform.machine()}, Python {platform.python_version()}, numpy {np.__version__}"
    result = {"command": " ".join(["python", *sys.argv]), "commit": commit, "machine": machine}
    result |= {"rows": rows, "median of seeds 0 to 2": medians}
    path = Path(__file__).parent / "results" / "digit_detector.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
