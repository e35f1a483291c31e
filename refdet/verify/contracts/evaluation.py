"""Contracts of precision and recall, and of the average precisions that are made of them (EVAL-4, EVAL-6 to EVAL-10).

Sums are taken in exact fractions, and an answer may be off by what its roundings leave. Where a curve is read at
levels such as 3/10, which no precision holds, rounding may decide whether a recall reaches one: the answer lies between
what the sums are if it does and if it does not. Levels that are halves and quarters leave nothing open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import Convention
from refdet.evaluation.average_precision import coco_ap, step_ap, voc_ap, yolov5_ap
from refdet.evaluation.precision_recall import precision_recall_curve
from refdet.verify import lattice
from refdet.verify.answers import array_like, number, parts
from refdet.verify.bounded import WIDTH
from refdet.verify.contract import Arguments, Case, Contract, Lines, Terms
from refdet.verify.shrink import fewer_rows, one_of, plainer_numbers, ranked

SHORT_OF_LEVEL = 1e-12
"""By so much a recall may miss a tenth (EVAL-8): it is a rounded quotient."""


def judge_curve(case: Case, answer: Any, terms: Terms) -> Lines:
    """The promises of precision and recall after each detection: two arrays, or an object that has them."""
    a = case.arguments
    if hasattr(answer, "precision") and hasattr(answer, "recall"):
        answer = (answer.precision, answer.recall)
    yield from parts(answer, 2, "precision, recall")
    kinds = {a["scores"].dtype, np.dtype(np.float64)}
    for values, name in zip(answer, ("precision", "recall"), strict=True):
        yield from array_like(values, a["scores"].shape, kinds, name)
    order = np.lexsort((np.arange(len(a["scores"])), -a["scores"]))
    right = np.cumsum(a["true_positive"][order])
    # Among equal scores, where they are free, only the last one's row is the same in any order.
    judged = np.ones(len(order), bool)
    if terms.free_ties and len(order):
        judged[:-1] = np.diff(a["scores"][order]) != 0
    wanted = (right / np.arange(1, len(order) + 1), right / a["positives"])
    for values, exact, name in zip(answer, wanted, ("precision", "recall"), strict=True):
        wrong = judged & ~(np.abs(values - exact) <= WIDTH * _unit(a["scores"]) * exact)
        for row in np.flatnonzero(wrong)[:1]:
            yield (
                f"{name} of the best {row + 1} is {exact[row]:.9g}: {right[row]} are right, of {a['positives']} "
                f"objects; {values[row]:.9g} came",
                False,
            )


def judged(op: str) -> Callable[[Case, Any, Terms], Lines]:
    """The judge of that average precision."""

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a = case.arguments
        yield from number(answer)
        came = float(np.ravel(answer)[0])
        recall, precision = (a[name].astype(np.float64) for name in ("recall", "precision"))
        unit = _unit(a["recall"])
        if op == "coco_ap":
            least, most = _read(recall, precision, np.linspace(0, 1, 101), 0.0, unit, terms.band)
        elif op == "yolov5_ap":
            least, most = _lines(recall, precision, unit, terms.band)
        elif op == "voc_ap" and a["use_07_metric"]:
            least, most = _read(recall, precision, np.arange(11) / 10, SHORT_OF_LEVEL, unit, terms.band)
        else:
            heights = precision if op == "step_ap" else envelope(precision)
            least = most = _area(recall.tolist(), heights.tolist())
        # Each term has a difference and a product, and enters a sum of terms none of which is below 0.
        roundings = max(len(recall), 101) + 3
        room = WIDTH * roundings * unit
        low, high = float(least) * (1 - room), float(most) * (1 + room)
        if op == "yolov5_ap":  # a height between two others is off by four roundings of 1, the largest
            low, high = low - 4 * WIDTH * unit, high + 4 * WIDTH * unit
        yield f"the average precision lies from {low:.9g} to {high:.9g}; {came:.9g} came", low <= came <= high

    return judge


def _area(recall, heights):
    """Rises times heights, added up exactly."""
    before = [0.0, *recall][: len(recall)]
    terms = zip(before, recall, heights, strict=True)
    return sum(((Fraction(r) - Fraction(b)) * Fraction(h) for b, r, h in terms), Fraction(0))


def envelope(precision: NDArray[np.float64]) -> NDArray[np.float64]:
    """At each place the best precision from there on."""
    return np.array([precision[place:].max() for place in range(len(precision))])


def _read(recall, precision, levels, short, unit, band):
    """Least and most of the mean height at these levels."""
    best = [*map(Fraction, envelope(precision).tolist()), Fraction(0)]
    sums = []
    for sign in (1, -1):
        total = Fraction(0)
        for level in levels:
            open_to = WIDTH * unit * level if band and level * 4 % 1 else 0.0
            reached = recall >= level - short + sign * (open_to + short * (open_to > 0))
            total += best[int(reached.argmax()) if reached.any() else len(recall)]
        sums.append(total / len(levels))
    return sums


def _lines(recall, precision, unit, band):
    """Least and most of the area under straight lines between (0, 1), the envelope and (1, 0), by 101 levels."""
    ends = np.concatenate([[0.0], recall, [1.0]])
    heights = envelope(np.concatenate([[1.0], precision, [0.0]]))
    levels = np.linspace(0, 1, 101)
    if not band:
        least = most = np.interp(levels, ends, heights)
    else:
        least, most = np.array([_heights(ends, heights, level, unit) for level in levels]).T
    sums = ((part[1:] + part[:-1]).sum() / 200 for part in (least, most))
    return [Fraction(float(total)) for total in sums]


def _heights(ends, heights, level, unit):
    """Lowest and highest at a level: where the lines fall steeply, rounding decides how far down it meets them."""
    off = WIDTH * unit * level
    before = np.searchsorted(ends, level - off, side="left")
    after = np.searchsorted(ends, level + off, side="right")
    met = heights[before:after]
    between = np.interp([max(level - off, 0.0), min(level + off, 1.0)], ends, heights)
    return min([*met, *between]), max([*met, *between])


def _unit(array):
    return float(np.finfo(array.dtype).eps) / 2


def draw_flags(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Right and wrong detections: by hand, none and one, ties, sizes around blocks, then any."""
    for flags in ([1, 1, 0, 1], [0, 0, 1], [0], [1], [0, 1, 0, 1, 0]):
        for positives in (5, 4):
            yield Case(
                _flags(np.linspace(0.9, 0.1, len(flags)), np.array(flags), positives, dtype), "by hand"
            )
            yield Case(
                _flags(np.linspace(0.1, 0.9, len(flags)), np.array(flags), positives, dtype), "by hand"
            )
    yield Case(_drawn(rng, 0, dtype), "few")
    for layout in lattice.LAYOUTS:
        yield Case(_drawn(rng, 9, dtype), f"{layout} arrays", layout)
    for levels in (1, 2, 3):
        yield Case(_drawn(rng, 12, dtype, levels), "ties")
    for count in (*lattice.EDGE_COUNTS[2:], 4097):
        yield Case(_drawn(rng, count, dtype), "blocks")
    while True:
        yield Case(_drawn(rng, int(rng.integers(1, 30)), dtype, rng.choice([0, 3, 8]) or None), "any")


def _drawn(rng, count, dtype, levels=None):
    flags = rng.random(count) < rng.choice([0.2, 0.5, 0.9])
    positives = int(flags.sum() + rng.integers(0, 5)) or 1
    return _flags(lattice.scores(rng, count, dtype, levels), flags, positives, dtype)


def _flags(scores, flags, positives, dtype):
    return {"scores": scores.astype(dtype), "true_positive": flags.astype(bool), "positives": positives}


def draw_curves(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Curves: recalls at levels, none and one, of detections, and any that rise."""
    for positives in (10, 4, 20, 100, 5):
        for flags in (np.ones(positives), np.arange(positives * 2) % 2, np.arange(positives * 2) % 3 == 0):
            yield Case(_curve(flags[: positives * 2], positives, dtype), "levels")
    for recall, precision in (
        ([], []),
        ([0], [0]),
        ([1], [1]),
        ([0.5], [1]),
        ([0.5, 1], [0.5, 1]),
        ([0.25], [0.5]),
    ):
        yield Case(_given(recall, precision, dtype), "few")
    for layout in lattice.LAYOUTS:
        yield Case(_curve(rng.random(9) < 0.5, 10, dtype), f"{layout} arrays", layout)
    for count in lattice.EDGE_COUNTS[2:]:
        yield Case(_curve(rng.random(count) < 0.5, count, dtype), "blocks")
    while True:
        flags = rng.random(int(rng.integers(1, 40))) < rng.choice([0.3, 0.5, 0.8])
        yield Case(_curve(flags, int(flags.sum() + rng.integers(0, 6)) or 1, dtype), "detections")
        rises = _given(np.sort(rng.random(len(flags))), rng.random(len(flags)), dtype)
        yield Case(rises, "any that rises")


def _curve(flags, positives, dtype):
    """The curve of these right and wrong detections, best first."""
    right = np.minimum(np.cumsum(flags), positives)
    return _given(right / positives, right / np.arange(1, len(right) + 1), dtype)


def _given(recall, precision, dtype):
    return {"recall": np.array(recall, dtype), "precision": np.array(precision, dtype)}


def draw_some(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """The same, but for curves of nothing, whose lines systems draw or do not draw."""
    return (case for case in draw_curves(rng, convention, dtype) if len(case.arguments["recall"]))


def draw_voc(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """The same, the 11 points every other time."""
    for case in draw_curves(rng, convention, dtype):
        for points in (False, True):
            yield case.with_arguments({**case.arguments, "use_07_metric": points})


def rising(a: Arguments) -> bool:
    """A domain: recall never falls."""
    return bool((np.diff(a["recall"]) >= 0).all())


def rising_somewhere(a: Arguments) -> bool:
    """A domain: the same, of a detection at least."""
    return bool(len(a["recall"])) and rising(a)


def contract(op: str, reference: Any, says: str, draw: Any = draw_curves, extra: str = "") -> Contract:
    """The contract of one average precision."""
    simpler = (one_of("use_07_metric", False),) if extra else ()
    return Contract(
        op,
        reference,
        says,
        (),
        draw,
        judged(op),
        (fewer_rows("recall", "precision"), *simpler, plainer_numbers("precision", "recall")),
        {},
        rising if draw is not draw_some else rising_somewhere,
        f"void {op}(const real *recall, const real *precision, int64_t num_recall, {extra}real *ap)",
        lambda a: {"ap": ((1,), a["recall"].dtype)},
    )


CONTRACTS = (
    Contract(
        "precision_recall_curve",
        precision_recall_curve,
        "best score first, of equal ones the first: the share that is right, and the share of objects found, so far",
        (),
        draw_flags,
        judge_curve,
        (fewer_rows("scores", "true_positive"), one_of("positives", 1, 2, 4), ranked("scores")),
        {},
        lambda a: a["positives"] > 0,
        "void precision_recall_curve(const real *scores, const bool *true_positive, int64_t num_scores, "
        "int64_t positives, real *precision, real *recall)",
        lambda a: {name: (a["scores"].shape, a["scores"].dtype) for name in ("precision", "recall")},
    ),
    contract("step_ap", step_ap, "each rise of recall times the precision there, added up"),
    contract(
        "voc_ap",
        voc_ap,
        "the area under the envelope, or its mean height at 11 recalls",
        draw_voc,
        "int use_07_metric, ",
    ),
    contract("coco_ap", coco_ap, "the mean height of the envelope at 101 recalls"),
    contract(
        "yolov5_ap", yolov5_ap, "the area under lines through the envelope, read at 101 recalls", draw_some
    ),
)
