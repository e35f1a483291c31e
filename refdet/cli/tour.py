"""``refdet tour``: search a photograph, train and score a detector of handwriting, prove every kernel on its boxes."""

from __future__ import annotations

import argparse
import math
import os
import time
from pathlib import Path

from refdet.cli.input_error import InputError

EXAMPLE = """\
example:
  refdet tour --out my-tour --seed 1

It needs scikit-learn, which ships 1,797 real handwritten digits, and scikit-image, which ships a photograph:
pip install "refdet[demo]"
"""
# What the run must reach; the control is the same training with shuffled labels.
LEAST_MAP50, MOST_CONTROL = 0.80, 0.10


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "tour",
        help="train and score a detector of handwritten digits, and write a report",
        description="A detector without a network on scenes of real handwritten digits: selective search, orientation "
        "map, RoI pooling, linear SVMs, box regressors, suppression, average precision; selective search of a "
        "photograph; then every op by every kernel.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--out", metavar="DIR", default="refdet-tour", help="folder of the report (refdet-tour)"
    )
    parser.add_argument("--seed", type=_seed, default=0, help="of scenes, training and control (0)")
    parser.add_argument(
        "--check",
        action="store_true",
        help=f"exit 1 unless mAP50 >= {LEAST_MAP50} and control < {MOST_CONTROL}",
    )
    parser.set_defaults(run=run)


def run(args):
    """Run the whole tour; print the numbers and the report's path."""
    from refdet.cli import tour_photograph
    from refdet.cli.progress import Progress
    from refdet.cli.tour_kernels import compare
    from refdet.cli.tour_report import own_arrays, tour_page
    from refdet.data.photograph import load_photograph
    from refdet.detectors import hog_svm_on_digits

    start, out = time.perf_counter(), _folder(args.out)
    try:
        photograph = load_photograph()  # first, since it may be missing
        with Progress() as progress:
            outcome = hog_svm_on_digits.run(args.seed, progress=progress)
            searched = tour_photograph.search(photograph, args.seed, progress)
    except ImportError as error:
        raise InputError(str(error)) from None
    print(_numbers(outcome))
    print(tour_photograph.numbers(searched), flush=True)
    with Progress() as progress:
        rows = compare(own_arrays(outcome), progress=progress)
    print(_kernels(rows))
    path = out / "report.html"
    tour_page(outcome, searched, rows, args.seed).write(path)
    print(f"\n{time.perf_counter() - start:.0f} s in all. The report: {path.resolve()}")
    equal = all(row.equal for row in rows if not row.missing)
    fine = outcome.map50 >= LEAST_MAP50 and outcome.control_map50 < MOST_CONTROL and equal
    return 1 if args.check and not fine else 0


def _seed(text):
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} came; wanted a whole number from 0 on")
    return int(text)


def _folder(name):
    """The folder of the report, made now: a run of a minute must not fail at its end."""
    folder = Path(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {name}: {error.strerror}; wanted a folder") from None
    if not os.access(folder, os.W_OK):
        raise InputError(f"--out {name}: the folder cannot be written")
    return folder


def _numbers(outcome):
    """The measured numbers as a table of the terminal."""
    names = list(outcome.average_precision)
    lines = [f"\n{'digit':>7} {'objects':>8} " + " ".join(f"{'AP ' + name:>14}" for name in names)]
    for digit, curve in enumerate(outcome.evaluation.curves):
        values = " ".join(f"{_percent(outcome.average_precision[name][digit]):>14}" for name in names)
        lines.append(f"{digit:>7} {curve.positives:>8} {values}")
    means = " ".join(f"{_percent(outcome.mean_average_precision(name)):>14}" for name in names)
    total = sum(curve.positives for curve in outcome.evaluation.curves)
    lines.append(f"{'mean':>7} {total:>8} {means}")
    lines.append(
        f"\nmAP50 {outcome.map50:.3f} on {len(outcome.test_scenes)} test scenes; control with shuffled labels "
        f"{outcome.control_map50:.3f}"
    )
    lines.append(f"\n{'':30}{'boxes a scene':>14}{'recall':>8}{'mAP50':>8}{'mAP75':>8}")
    for name, way in outcome.comparison.items():
        lines.append(f"{name:30}{way.boxes:14,.0f}{way.recall:8.3f}{way.map50:8.3f}{way.map75:8.3f}")
    wall = sum(pair[0] for pair in outcome.seconds.values())
    spent = ", ".join(f"{stage} {pair[0]:.1f}" for stage, pair in outcome.seconds.items())
    lines.append(f"\n{wall:.0f} s: {spent}")
    return "\n".join(lines)


def _kernels(rows):
    """Op by op: who gave the reference's bits, and in how many milliseconds."""
    lines = [f"\n{'op':22}{'by':12}{'ms':>10}   sha256 of the result"]
    for row in (row for row in rows if not row.missing):
        verdict = (
            "the reference" if row.implementation == "numpy" else "equal bits" if row.equal else "DIFFERENT"
        )
        lines.append(
            f"{row.op:22}{row.implementation:12}{row.milliseconds:10.2f}   {row.sha256[:16]}  {verdict}"
        )
    for name, reason in {row.implementation: row.missing for row in rows if row.missing}.items():
        lines.append(f"not compared: {name} is not there. {' '.join(reason.split())}")
    return "\n".join(lines)


def _percent(value):
    return "-" if math.isnan(value) else f"{value:.3f}"
