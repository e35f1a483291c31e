"""The VOC devkit, whose Octave files build_sources.py copied."""

from __future__ import annotations

import os
import subprocess
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from .built_libraries import VARIABLE
from .system import System, built

SHIM = Path(__file__).parent / "shims" / "voc.m"


def voc(questions):
    """(11-point AP, area, recall, precision) for each (minoverlap, truths, detections), asked of VOCevaldet.m."""
    lines = []
    for threshold, truths, detections in questions:
        lines.append(f"{threshold!r} {len(truths)} {len(detections)}")
        lines += [" ".join(map(repr, row)) for row in (*truths, *detections)]
    with tempfile.TemporaryDirectory() as folder:
        asked, told = Path(folder, "questions"), Path(folder, "answers")
        asked.write_text("\n".join(lines) + "\n")
        command = ["octave-cli", "--norc", "--quiet", str(SHIM)]
        environment = os.environ | {"VOC_QUESTIONS": str(asked), "VOC_ANSWERS": str(told)}
        subprocess.run(
            command, cwd=built(VARIABLE, "voc"), env=environment, check=True, stderr=subprocess.DEVNULL
        )
        numbers = iter(told.read_text().split())
    for _ in questions:
        points, area, count = float(next(numbers)), float(next(numbers)), int(next(numbers))
        curve = np.array([[float(next(numbers)), float(next(numbers))] for _ in range(count)]).reshape(-1, 2)
        yield points, area, curve[:, 0], curve[:, 1]


def voc_box_iou(first, second):
    """The largest minoverlap at which the detection is right, found by halving; 0 where none is.

    The search begins around the quotient of exact areas, which decides nothing: if it is wrong, from 0 to 2.
    """
    pairs = [([(1, *a, 0)], [(1, *b, 0.5)]) for a in first.tolist() for b in second.tolist()]

    def right(thresholds):
        questions = [(float(t), *pair) for t, pair in zip(thresholds, pairs, strict=True)]
        return np.array([recall[0] == 1 for _, _, recall, _ in voc(questions)])

    guess = np.array([inclusive_overlap(pair[0][0][1:5], pair[1][0][1:5]) for pair in pairs])
    low, high = guess * (1 - 2.0**-48), np.maximum(guess * (1 + 2.0**-48), 5e-324)
    low, high = np.where(right(low), low, 0.0), np.where(right(high), 2.0, high)
    # Above 0 the doubles are ordered as their bits are.
    low, high = low.view(np.int64), high.view(np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        found = right(middle.view(np.float64))
        low, high = np.where(found, middle, low), np.where(found, high, middle)
    return low.view(np.float64).reshape(len(first), len(second))


def inclusive_overlap(a, b):
    """Intersection over union of two boxes whose corners are pixels, as a fraction rounded once."""
    a, b = (list(map(Fraction, box)) for box in (a, b))
    width, height = (min(a[i + 2], b[i + 2]) - max(a[i], b[i]) + 1 for i in (0, 1))
    if width <= 0 or height <= 0:
        return 0.0
    areas = sum((box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (a, b))
    return float(width * height / (areas - width * height))


SYSTEMS = {
    "voc": System(
        (),
        {"box_iou": voc_box_iou},
        {"VOCevaldet.m": "npinto/VOCdevkit b0890ec", "VOCap.m": "VOC2011 devkit"},
        (VARIABLE, "voc"),
        "octave-cli",
    ),
}
