"""How many times SciPy's time `linear_sum_assignment` takes in NumPy: the table of docs/matching/assignment.md.

    python -m benchmarks.assignment        a minute; writes benchmarks/results/assignment.json

Both in one process and in turn, processor time; a matrix counts with the median over its rounds. The costs are random,
whole numbers of one digit (so that most are tied), what overlaps cost (1 - IoU of predictions and objects),
DETR's, before and after training, and such that rows or columns all want the same.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from benchmarks import machine
from refdet import box_iou
from refdet.matching.assignment import linear_sum_assignment

SEEDS, ROUNDS, SECONDS = 40, 7, 0.002
"""Matrices of a kind, turns of each, and processor time of one turn at least."""
GOAL = 3.0


def random(rng, shape):
    """Independent numbers from 0 to 1."""
    return rng.random(shape)


def tied(rng, shape):
    """Whole numbers from 0 to 9."""
    return rng.integers(0, 10, shape).astype(float)


def overlaps(rng, shape):
    """1 - IoU: five of six predictions lie near an object, the others anywhere; most pairs cost 1."""
    objects = _boxes(rng.uniform(0, 400, (shape[1], 2)), rng.uniform(20, 120, (shape[1], 2)))
    near = objects[rng.integers(0, shape[1], shape[0])] + rng.normal(0, 10, (shape[0], 4))
    anywhere = _boxes(rng.uniform(0, 400, (shape[0], 2)), rng.uniform(20, 120, (shape[0], 2)))
    corners = np.where(rng.random((shape[0], 1)) < 5 / 6, near, anywhere)
    corners[:, 2:] = np.maximum(corners[:, :2] + 1, corners[:, 2:])
    return 1 - box_iou(corners, objects)


def alike(rng, shape):
    """A size of the row times a size of the column: every row has the same wishes."""
    return rng.random((shape[0], 1)) * rng.random(shape[1])


def dear_rows(rng, shape):
    """Random, and an offset of each row that is ten times as large: all columns want the same rows."""
    return (rng.random(shape) + 10 * rng.random((shape[0], 1))) * 0.8


def trained(rng, shape):
    """DETR's cost, -p + 5 L1: each object has a query near it that knows its class; most know nothing."""
    objects = rng.uniform(0.1, 0.6, (shape[1], 4))
    queries, sure = rng.uniform(0.1, 0.6, (shape[0], 4)), 0.1 * rng.random(shape)
    near = rng.permutation(shape[0])[: shape[1]]
    queries[near], sure[near, np.arange(shape[1])] = objects + rng.normal(0, 0.01, objects.shape), 0.9
    return _detr(queries, objects, sure)


def untrained(rng, shape):
    """The same at the start of training: all queries are nearly the same box and know nothing."""
    queries = 0.5 + rng.normal(0, 0.02, (shape[0], 4))
    return _detr(queries, rng.uniform(0.1, 0.6, (shape[1], 4)), np.full(shape, 0.01))


def _detr(queries, objects, sure):
    return 1 - sure + 5 * np.abs(queries[:, None] - objects).sum(axis=2) / 4


def _boxes(corner, size):
    return np.hstack([corner, corner + size])


CASES = {
    "random, 300 x 50": (random, (300, 50)),
    "one digit, 300 x 50": (tied, (300, 50)),
    "1 - IoU, 300 x 50": (overlaps, (300, 50)),
    "DETR, trained, 300 x 50": (trained, (300, 50)),
    "DETR, untrained, 300 x 50": (untrained, (300, 50)),
    "dear rows, 300 x 50": (dear_rows, (300, 50)),
    "same wishes, 300 x 50": (alike, (300, 50)),
    "random, 50 x 300": (random, (50, 300)),
    "random, 100 x 100": (random, (100, 100)),
}


def seconds(function, cost):
    """Processor time of one call."""
    calls, start = 0, time.process_time()
    while (spent := time.process_time() - start) < SECONDS:
        function(cost)
        calls += 1
    return spent / calls


def measured(kind, shape, theirs):
    """Microseconds of both and quantiles of their ratio over the seeds."""
    ours, rows = linear_sum_assignment, []
    for seed in range(SEEDS):
        cost = kind(np.random.default_rng(seed), shape)
        assert np.isclose(cost[ours(cost)].sum(), cost[theirs(cost)].sum(), rtol=1e-12, atol=1e-12)
        pairs = np.array([(seconds(ours, cost), seconds(theirs, cost)) for _ in range(ROUNDS)])
        rows.append([*np.median(pairs, axis=0), np.median(pairs[:, 0] / pairs[:, 1])])
    refdet, scipy, ratio = np.array(rows).T
    values = {
        "refdet us": 1e6 * np.median(refdet),
        "SciPy us": 1e6 * np.median(scipy),
        "ratio": np.median(ratio),
        "least": ratio.min(),
        "nine in ten at most": np.quantile(ratio, 0.9),
        "largest": ratio.max(),
    }
    return {name: round(float(value), 2) for name, value in values.items()}


def main():
    """Measure, print, write."""
    from scipy.optimize import linear_sum_assignment as theirs

    result = {
        **machine.heading("python -m benchmarks.assignment"),
        "seeds": SEEDS,
        "goal": GOAL,
        "costs": {},
    }
    for name, (kind, shape) in CASES.items():
        result["costs"][name] = measured(kind, shape, theirs)
        print(name, result["costs"][name], flush=True)
    path = Path(__file__).parent / "results" / "assignment.json"
    path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
