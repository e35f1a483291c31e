"""The detector of digits on several seeds: what docs/detectors/hog_svm.md quotes.

    python -m benchmarks.digit_detector        seeds 0 to 2; writes benchmarks/results/digit_detector.json

A run is the whole experiment of `refdet tour`: search, train, detect, compare with windows, control with shuffled
labels. Then on the same scenes the proposals as the search finds them, not made square; regressors on windows; and the
detector without the writer whose rows stand on both sides of row 1200 (rows 1157 to 1286: the sequence of labels that
every writer filled in begins anew at 1157 and at 1287).
"""

from __future__ import annotations

import json
import statistics
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import machine
from refdet.data.scenes import digit_scenes, load_digits
from refdet.detectors.hog_preset import PRESET, WINDOWS
from refdet.detectors.hog_svm import fit
from refdet.detectors.hog_svm_on_digits import CLASSES, evaluate, run
from refdet.proposals.recall import proposal_recall

SEEDS = range(3)
APART = slice(0, 1157), slice(1287, 1797)
OVERLAPS = (0.5, 0.6, 0.7, 0.8, 0.9)


def searched_and_trained(preset, train, test, seed):
    """Measures of that preset with its regressors and without."""
    images = [s.image for s in test]
    proposals = [preset.propose(image) for image in images]
    detector = fit(train, CLASSES, rng=np.random.default_rng(seed), preset=preset)
    found = {
        "regressors": detector.detect(images, proposals=proposals),
        "no regressors": detector.without_regressors().detect(images, proposals=proposals),
    }
    recall = proposal_recall(proposals, [s.boxes for s in test], OVERLAPS)
    return {
        "proposals a scene": round(float(np.mean([len(boxes) for boxes in proposals])), 1),
        "recall by overlap": dict(zip(map(str, OVERLAPS), recall.round(4).tolist(), strict=True)),
        **{name: both(boxes, test) for name, boxes in found.items()},
    }


def both(detections, scenes):
    """Mean average precision by area at IoU 0.5 and 0.75."""
    return {f"mAP{round(100 * t)}": round(evaluate(detections, scenes, t).mean, 4) for t in (0.5, 0.75)}


def row(seed):
    """The numbers of one seed."""
    outcome = run(seed)
    train, test = outcome.train_scenes, outcome.test_scenes
    recall = proposal_recall(outcome.proposals, [s.boxes for s in test], OVERLAPS)
    rngs = np.random.default_rng(seed).spawn(2)
    apart = [digit_scenes(*load_digits(rows), rng=rng) for rows, rng in zip(APART, rngs, strict=True)]
    return {
        "seed": seed,
        **{name: round(outcome.mean_average_precision(name), 4) for name in outcome.average_precision},
        "area at IoU 0.75": round(outcome.map75, 4),
        "control": round(outcome.control_map50, 4),
        "recall by overlap": dict(zip(map(str, OVERLAPS), recall.round(4).tolist(), strict=True)),
        "by digit": outcome.average_precision["area"].round(3).tolist(),
        "the tour's comparison": {
            name: {key: round(value, 4) for key, value in vars(way).items()}
            for name, way in outcome.comparison.items()
        },
        "wall s": {stage: round(wall, 1) for stage, (wall, _) in outcome.seconds.items()},
        "processor s": {stage: round(spent, 1) for stage, (_, spent) in outcome.seconds.items()},
        "processor s in all": round(sum(spent for _, spent in outcome.seconds.values()), 1),
        "not square": searched_and_trained(replace(PRESET, square=False), train, test, seed),
        "windows": searched_and_trained(replace(WINDOWS, regress=True), train, test, seed),
        "no shared writer": searched_and_trained(PRESET, *apart, seed),
    }


def main():
    """Measure, print, write."""
    rows = []
    for seed in SEEDS:
        rows.append(row(seed))
        print(json.dumps(rows[-1]), flush=True)
    single = [key for key, value in rows[0].items() if isinstance(value, float)]
    medians = {key: round(statistics.median(r[key] for r in rows), 4) for key in single}
    print("median:", medians)
    result = {
        **machine.heading("python -m benchmarks.digit_detector"),
        "rows": rows,
        "median": medians,
    }
    path = Path(__file__).parent / "results" / "digit_detector.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
