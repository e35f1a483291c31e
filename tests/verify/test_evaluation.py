"""The contracts of precision and recall and of average precision: right kernels pass, planted bugs are found."""

import numpy as np
import pytest
from judged_kernels import first_broken, hopeless

from refdet.conventions import REFDET
from refdet.evaluation import coco_ap, eleven_point_ap, precision_recall_curve, step_ap, voc_ap, yolov5_ap
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS, evaluation

APS = {"step_ap": step_ap, "voc_ap": voc_ap, "coco_ap": coco_ap, "yolov5_ap": yolov5_ap}
LEVELS = np.linspace(0, 1, 101)


def port(recall, precision, use_07_metric=False):
    """As Python's port of the evaluator has it, its levels included."""
    if use_07_metric:
        ap = 0.0
        for level in np.arange(0.0, 1.1, 0.1):
            reached = recall >= level
            ap += (precision[reached].max() if reached.any() else 0) / 11
        return ap
    recall, height = np.concatenate([[0], recall, [1]]), np.concatenate([[0], precision, [0]])
    for i in range(len(height) - 1, 0, -1):
        height[i - 1] = max(height[i - 1], height[i])
    rises = np.flatnonzero(recall[1:] != recall[:-1])
    return np.sum((recall[rises + 1] - recall[rises]) * height[rises + 1])


def read(recall, precision, levels, over=np.greater_equal, wanted=None):
    """The mean height at these levels."""
    heights = [precision[over(recall, level)].max(initial=0) for level in levels]
    return sum(heights) / (wanted or len(levels))


def in_single(recall, precision, use_07_metric):
    """Everything in the precision of the curve, one term after the other."""
    kind, height, ap = recall.dtype.type, recall.dtype.type(0), recall.dtype.type(0)
    if use_07_metric:
        return kind(read(recall, precision, (np.arange(11) / 10).astype(recall.dtype)))
    for i in range(len(recall) - 1, -1, -1):
        height = max(height, precision[i])
        ap += (recall[i] - (recall[i - 1] if i else kind(0))) * height
    return ap


def lines(recall, precision, ends=(0.0, 1.0), starts=1.0, envelope=True, levels=LEVELS):
    """As YOLOv5 has it, in the precision of the curve."""
    recall = np.concatenate([[0], recall, ends[1:]]).astype(recall.dtype)
    heights = np.concatenate([[starts], precision, ends[:1]]).astype(precision.dtype)
    heights = np.maximum.accumulate(heights[::-1])[::-1] if envelope else heights
    read = np.interp(levels, recall, heights)
    return ((read[1:] + read[:-1]) / 2 * np.diff(levels)).sum()


def ranks(scores):
    return np.argsort(-scores, kind="stable")


def curve(order=ranks, right=np.cumsum, divided=None):
    """Precision and recall with one thing in another way."""

    def kernel(scores, true_positive, positives):
        flags = true_positive[order(scores)]
        found, count = right(flags), np.arange(1, len(flags) + 1)
        precision = found / count if divided is None else divided(found, count)
        return precision, found / positives

    return kernel


def table(change):
    def kernel(scores, true_positive, positives):
        precision, recall = curve()(scores, true_positive, positives)
        return change(precision, recall)

    return kernel


CURVES = {
    "lowest score first": (curve(order=np.argsort), "is"),
    "not sorted": (curve(order=lambda scores: np.arange(len(scores))), "is"),
    "ties backwards": (curve(order=lambda scores: np.argsort(scores, kind="stable")[::-1]), "is"),
    "counts the wrong ones": (curve(right=lambda flags: np.cumsum(~flags)), "is"),
    "one behind": (curve(right=lambda flags: np.cumsum(flags) - flags), "is"),
    "counts in 8 bits": (curve(right=lambda flags: np.cumsum(flags, dtype=np.int8).astype(int)), "is"),
    "divides by one more": (curve(divided=lambda found, count: found / (count + 1)), "precision of"),
    "divides by all": (curve(divided=lambda found, count: found / len(count)), "precision of"),
    "a small number below": (curve(divided=lambda found, count: found / (count + 1e-4)), "precision of"),
    "envelope": (table(lambda p, r: (np.maximum.accumulate(p[::-1])[::-1], r)), "precision of"),
    "half precision": (table(lambda p, r: (p.astype(np.float16).astype(np.float64), r)), "precision of"),
    "recall of the found": (table(lambda p, r: (p, r / r.max(initial=1e-9))), "recall of"),
    "recall first": (table(lambda p, r: (r, p)), "is"),
    "zeros": (table(lambda p, r: (p * 0, r * 0)), "is"),
    "without the last": (table(lambda p, r: (p[:-1], r[:-1])), "has the shape"),
    "begins at 0": (table(lambda p, r: (np.append(1, p), np.append(0, r))), "has the shape"),
    "precision alone": (table(lambda p, r: p), "2 results"),
}  # fmt: skip


@pytest.mark.parametrize("name", CURVES)
def test_a_planted_curve_is_found(name):
    kernel, words = CURVES[name]
    found = first_broken("precision_recall_curve", kernel, 100)
    assert found is not None and words in found[1], found


def area_of(change):
    return lambda r, p, points: voc_ap(r, p, True) if points else float(change(r, p))


def trapezoids(recall, precision):
    heights = np.append(precision[:1], precision)
    return (np.diff(recall, prepend=0) * (heights[1:] + heights[:-1]) / 2).sum()


def above(recall, level):
    return recall > level


PLANTED = {
    "voc_ap": {
        "no envelope": lambda r, p, points: voc_ap(r, p, True) if points else step_ap(r, p),
        "trapezoids": area_of(trapezoids),
        "the area alone": lambda r, p, points: voc_ap(r, p),
        "11 points alone": lambda r, p, points: voc_ap(r, p, True),
        "101 points": lambda r, p, points: coco_ap(r, p),
        "without the first rise": area_of(lambda r, p: voc_ap(r, p) - (r[:1] * p.max(initial=0)).sum()),
        "without the last detection": lambda r, p, points: voc_ap(r[:-1], p[:-1], points),
        "envelope from the front": area_of(
            lambda r, p: (np.diff(r, prepend=0) * np.maximum.accumulate(p)).sum()
        ),
        "down to recall 1": area_of(lambda r, p: voc_ap(np.append(r, 1), np.append(p, p[-1:].sum()))),
        "10 points": lambda r, p, points: read(r, p, np.arange(10) / 10) if points else voc_ap(r, p),
        "divides by 10": lambda r, p, points: read(r, p, np.arange(11) / 10, wanted=10) if points else voc_ap(r, p),
        "above the level": lambda r, p, points: read(r, p, np.arange(11) / 10, above) if points else voc_ap(r, p),
        "percent": lambda r, p, points: 100 * voc_ap(r, p, points),
        "half precision": lambda r, p, points: np.float16(voc_ap(r, p, points)),
        "zero": lambda r, p, points: 0.0,
        "the curve": lambda r, p, points: p,
    },
    "step_ap": {
        "envelope": lambda r, p: voc_ap(r, p),
        "mean precision": lambda r, p: p.mean() if len(p) else 0.0,
        "precision where it rises": lambda r, p: p[np.diff(r, prepend=0) > 0].sum() / max(len(p), 1),
        "trapezoids": trapezoids,
        "precision before": lambda r, p: (np.diff(r, prepend=0) * np.append(1, p)[: len(p)]).sum(),
        "without the first": lambda r, p: (np.diff(r) * p[1:]).sum(),
        "swapped": lambda r, p: (np.diff(p, prepend=0) * r).sum(),
        "over the last recall": lambda r, p: step_ap(r, p) / max(r.max(initial=0), 1e-9),
        "without the last": lambda r, p: step_ap(r[:-1], p[:-1]),
    },
    "coco_ap": {
        "area": lambda r, p: voc_ap(r, p),
        "11 points": lambda r, p: voc_ap(r, p, True),
        "100 points": lambda r, p: read(r, p, LEVELS[:-1]),
        "100 points, without 0": lambda r, p: read(r, p, LEVELS[1:]),
        "divides by 100": lambda r, p: read(r, p, LEVELS, wanted=100),
        "above the level": lambda r, p: read(r, p, LEVELS, above),
        "no envelope": lambda r, p: np.append(p, 0)[np.searchsorted(r, LEVELS)].mean(),
        "the place before": lambda r, p: np.append(p, 0)[np.maximum(np.searchsorted(r, LEVELS) - 1, 0)].mean(),
        "straight lines": lambda r, p: np.interp(LEVELS, np.append(r, 1), np.append(p, 0)).mean(),
        "half precision": lambda r, p: np.float16(coco_ap(r, p)),
    },
    "yolov5_ap": {
        "area": lambda r, p: voc_ap(r, p),
        "101 points": lambda r, p: coco_ap(r, p),
        "no envelope": lambda r, p: lines(r, p, envelope=False),
        "begins with the first precision": lambda r, p: lines(r, p, starts=0.0),
        "ends level": lambda r, p: lines(r, p, ends=(p[-1], 1.0)),
        "11 levels": lambda r, p: lines(r, p, levels=LEVELS[::10]),
        "without the last line": lambda r, p: lines(r, p, levels=LEVELS[:-1]),
        "the mean of the heights": lambda r, p: lines(r, p) * 100 / 101,
        "without the last detection": lambda r, p: yolov5_ap(r[:-1], p[:-1]),
    },
}  # fmt: skip


@pytest.mark.parametrize(("op", "name"), [(op, name) for op, kernels in PLANTED.items() for name in kernels])
def test_a_planted_average_precision_is_found(op, name):
    kernel = PLANTED[op][name]
    found = first_broken(op, lambda **a: kernel(*a.values()), 100)
    assert found is not None and ("lies from" in found[1] or "number" in found[1]), found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_right_kernels_pass(dtype):
    for op, kernel in APS.items():
        for band in (True, False):
            assert first_broken(op, kernel, 150, dtype=dtype, band=band) is None
    for kernel in (precision_recall_curve, curve()):
        assert first_broken("precision_recall_curve", kernel, 150, dtype=dtype) is None
        assert first_broken("precision_recall_curve", kernel, 60, dtype=dtype, seed=1, band=False) is None
    assert first_broken("yolov5_ap", lines, 150, dtype=dtype) is None
    for kernel in (port, in_single):
        assert first_broken("voc_ap", kernel, 150, dtype=dtype) is None


def test_levels_that_rounding_moved_pass_as_open_and_fail_strictly():
    assert "lies from" in first_broken("voc_ap", port, 60, dtype="float64", band=False)[1]


def test_scikit_learn_passes():
    metrics = pytest.importorskip("sklearn.metrics")

    def kernel(scores, true_positive, positives):
        if len(set(scores.tolist())) < len(scores) or not true_positive.any():
            return curve()(scores, true_positive, positives)
        precision, recall, _ = metrics.precision_recall_curve(true_positive, scores, drop_intermediate=False)
        return precision[:-1][::-1], recall[:-1][::-1] * (true_positive.sum() / positives)

    assert first_broken("precision_recall_curve", kernel, 100) is None


def told(answer, points=True, **terms):
    a = {"recall": np.array([0.2, 0.3]), "precision": np.array([1.0, 0.5]), "use_07_metric": points}
    return broken(CONTRACTS["voc_ap"], Case(a, "by hand"), answer, Terms(REFDET, **terms))


def test_a_level_that_a_recall_equals_is_open_but_for_the_definition():
    reached, missed = 3.5 / 11, 3 / 11
    assert eleven_point_ap([0.2, 0.3], [1, 0.5]) == reached
    assert told(reached) is None and told(missed) is None
    assert told(reached, band=False) is None
    assert (
        told(missed, band=False)
        == "the average precision lies from 0.318181818 to 0.318181818; 0.272727273 came"
    )
    assert "lies from 0.25 to 0.25" in told(missed, points=False)


def test_equal_scores_may_be_free():
    a = {"scores": np.ones(2), "true_positive": np.array([True, False]), "positives": 1}
    answer, case = (np.array([0.0, 0.5]), np.array([0.0, 1.0])), Case(a, "by hand")
    contract = CONTRACTS["precision_recall_curve"]
    assert broken(contract, case, answer, Terms(REFDET, free_ties=True)) is None
    assert broken(contract, case, answer, Terms(REFDET)) == (
        "precision of the best 1 is 1: 1 are right, of 1 objects; 0 came"
    )


@pytest.mark.parametrize("contract", evaluation.CONTRACTS, ids=lambda contract: contract.op)
def test_no_answer_takes_the_judge_down(contract):
    case = next(contract.cases(np.random.default_rng(0), REFDET, np.dtype("float32")))
    wrong = [*hopeless(2), np.zeros((2, 2)), "0.5", True, float("nan"), float("inf"), 10**400, 1j]
    for answer in wrong:
        assert broken(contract, case, answer, Terms(REFDET)) is not None, answer
