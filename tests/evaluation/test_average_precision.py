"""EVAL-6 to EVAL-10; ERR-80, ERR-83, ERR-91."""

import dataclasses
import operator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet import COCO, FAST_RCNN, REFDET, TORCHVISION, evaluation
from refdet.evaluation import area_ap, coco_ap, eleven_point_ap, integrate, step_ap, voc_ap, yolov5_ap

RULES = [step_ap, area_ap, eleven_point_ap, coco_ap, yolov5_ap]


def curve(flags, positives):
    """Recall and precision of hits (T) and false positives (F), best first."""
    right = np.cumsum([flag == "T" for flag in flags])
    return right / positives, right / np.arange(1, len(flags) + 1)


# By hand


@pytest.mark.parametrize(
    ("flags", "positives", "expected"),
    [
        ("TTTT", 5, [0.8, 0.8, 0.818182, 0.801980, 0.9]),
        ("TTFT", 5, [0.55, 0.55, 0.590909, 0.554455, 0.69875]),
        ("TFTFFF", 2, [0.833333, 0.833333, 0.848485, 0.834983, 0.828333]),
        ("TTF", 2, [1, 1, 1, 1, 0.995]),
        ("TTFFFF", 2, [1, 1, 1, 1, 0.995]),
        ("TFTTF", 4, [0.604167, 0.625, 0.613636, 0.628713, 0.698]),
    ],
)
def test_worked_examples(flags, positives, expected):
    """EVAL-10, five columns: step, area, 11 points, 101 points, YOLOv5."""
    assert [round(rule(*curve(flags, positives)), 6) for rule in RULES] == expected


def test_a_recall_of_exactly_a_level_reaches_it():
    """ERR-83: np.arange puts 0.3, 0.6 and 0.7 one bit too high; .522727 and .272727 then."""
    recall, precision = curve("TTFT", 5)
    wrong = [precision[recall >= level].max(initial=0) for level in np.arange(0, 1.0001, 0.1)]
    assert round(float(np.mean(wrong)), 6) == 0.522727
    assert round(eleven_point_ap(recall, precision), 6) == 0.590909
    assert round(eleven_point_ap(*curve("TTT", 10)), 6) == 0.363636


@pytest.mark.parametrize(("hits", "positives"), [(k, n) for n in (10, 20, 30, 70) for k in range(1, n + 1)])
def test_eleven_points_with_any_number_of_objects(hits, positives):
    """Precision 1 up to recall k / n: as many levels as j / 10 <= k / n, counted in whole numbers."""
    levels = sum(Fraction(j, 10) <= Fraction(hits, positives) for j in range(11))
    assert eleven_point_ap(*curve("T" * hits, positives)) == levels / 11


def test_the_levels_of_coco_are_those_of_pycocotools():
    """7 of 20 is 0.35 exactly; pycocotools' own level is one bit above, so 35 levels are reached, not 36."""
    assert round(coco_ap(*curve("T" * 7, 20)) * 101, 9) == 35
    assert round(coco_ap(*curve("T" * 6, 20)) * 101, 9) == 31


def test_the_arange_variant_is_the_trap_itself():
    """ERR-83: also by `voc_ap` and `compute_map`."""
    for flags, positives, expected in (("TTFT", 5, 0.522727), ("TTT", 10, 0.272727)):
        points = curve(flags, positives)
        assert round(eleven_point_ap(*points, variant="arange"), 6) == expected
        assert voc_ap(*points, True, variant="arange") == eleven_point_ap(*points, "arange")
        assert voc_ap(*points, variant="arange") == area_ap(*points)
    rows = [[20 * i, 0, 20 * i + 10, 10] for i in range(10)]
    found = [{"a": [[*row, 0.9] for row in rows[:3]]}]
    values = [evaluation.compute_map(found, [{"a": rows}], 0.5, method)[0] for method in ("interp", "arange")]
    assert [round(value, 6) for value in values] == [0.363636, 0.272727]


def test_eleven_points_may_be_higher_or_lower_than_the_area():
    """ERR-91."""
    higher, lower = curve("TTTT", 5), curve("TFTTF", 4)
    assert eleven_point_ap(*higher) > area_ap(*higher) and eleven_point_ap(*lower) < area_ap(*lower)


def test_the_step_sum_is_neither_the_area_nor_coco():
    """ERR-80: no envelope."""
    values = [rule(*curve("TFTTF", 4)) for rule in (step_ap, area_ap, coco_ap)]
    assert len({round(v, 3) for v in values}) == 3


@pytest.mark.parametrize("rule", RULES)
def test_without_detections_0_and_without_objects_nan(rule):
    assert rule([], []) == 0.0
    assert np.isnan(rule([np.nan, np.nan], [0.0, 0.0]))


def test_voc_ap_has_the_signature_of_the_python_port():
    recall, precision = curve("TFTTF", 4)
    assert evaluation.voc_ap(recall, precision) == area_ap(recall, precision)
    assert voc_ap(recall, precision, use_07_metric=True) == eleven_point_ap(recall, precision)


def test_the_convention_names_the_integration():
    recall, precision = curve("TFTTF", 4)
    assert integrate(recall, precision) == integrate(recall, precision, convention=FAST_RCNN) == 0.625
    assert integrate(recall, precision, convention=COCO) == coco_ap(recall, precision)
    rule = dataclasses.replace(REFDET.average_precision, integration="11point")
    old = dataclasses.replace(REFDET, average_precision=rule)
    assert integrate(recall, precision, convention=old) == eleven_point_ap(recall, precision)
    with pytest.raises(ValueError, match="TORCHVISION has no rule"):
        integrate(recall, precision, convention=TORCHVISION)


# Properties

FLAGS = st.text("TF", min_size=1, max_size=14)


def by_definition(rule, flags, positives):
    """From the detections above each threshold alone, in fractions; P(r) is the best precision at recall r or more."""
    cuts = [(flags[: d + 1].count("T"), d + 1) for d in range(len(flags))]
    if rule is step_ap:  # the precision at each threshold that finds one object more
        return sum(Fraction(right, kept) for right, kept in cuts if flags[kept - 1] == "T") / positives

    def best(level, exact=Fraction):
        reaching = [Fraction(right, kept) for right, kept in cuts if exact(right, positives) >= level]
        return max(reaching, default=Fraction(0))

    if (
        rule is area_ap
    ):  # the integral of a function that is constant between the recalls of j and of j + 1 objects
        return sum(best(Fraction(j, positives)) for j in range(1, positives + 1)) / positives
    if rule is eleven_point_ap:
        return sum(best(Fraction(j, 10)) for j in range(11)) / 11
    if rule is coco_ap:  # levels and recalls are pycocotools' own doubles
        return sum(best(level, operator.truediv) for level in np.linspace(0, 1, 101)) / 101
    return _trapezoids([(Fraction(right, positives), Fraction(right, kept)) for right, kept in cuts])


def _trapezoids(points):
    """YOLOv5: the best precision from each point on, straight lines between, 101 levels.

    Where several points have one recall, the line that comes goes to the first of them, the one that leaves starts at
    the last, and a level at that recall reads the last.
    """
    points = [(Fraction(0), Fraction(1)), *points, (Fraction(1), Fraction(0))]
    joined = [(recall, max(p for _, p in points[i:])) for i, (recall, _) in enumerate(points)]

    def read(level):
        before = max(i for i, (recall, _) in enumerate(joined) if recall <= level)
        if before == len(joined) - 1:
            return joined[-1][1]
        (left, high), (right, low) = joined[before : before + 2]
        return high + (low - high) * (level - left) / (right - left)

    heights = [read(Fraction(j, 100)) for j in range(101)]
    return sum(a + b for a, b in zip(heights, heights[1:], strict=False)) / 200


@pytest.mark.parametrize("rule", RULES)
@given(first=st.integers(0, 8), then=FLAGS, objects=st.sampled_from([1, 7, 10, 20]))
def test_every_integration_is_its_definition_over_all_thresholds(rule, first, then, objects):
    flags = "T" * first + then
    positives = max(flags.count("T"), objects)
    expected = by_definition(rule, flags, positives)
    assert close(rule(*curve(flags, positives)), float(expected), "float64 sums")


@given(FLAGS, st.integers(0, 4))
def test_all_lie_between_0_and_1_and_the_envelope_only_raises(flags, missed):
    recall, precision = curve(flags, max(flags.count("T") + missed, 1))
    assert all(0 <= rule(recall, precision) <= 1 + 1e-12 for rule in RULES)
    assert step_ap(recall, precision) <= area_ap(recall, precision) + 1e-12


@given(FLAGS, st.integers(0, 4))
def test_a_false_positive_at_the_end_changes_nothing_but_yolov5(flags, missed):
    positives = max(flags.count("T") + missed, 1)
    for rule in (step_ap, area_ap, eleven_point_ap, coco_ap):
        assert close(rule(*curve(flags + "F", positives)), rule(*curve(flags, positives)), "float64 sums")


# Paths agree


def by_formula(rule, recall, precision):
    """The integrations in one expression each, in the same order of operations."""
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    height = np.append(envelope, 0.0)
    if rule in (step_ap, area_ap):
        return (np.diff(recall, prepend=0) * (precision if rule is step_ap else envelope)).sum()
    if rule in (eleven_point_ap, coco_ap):
        levels = np.arange(11) / 10 - 1e-12 if rule is eleven_point_ap else np.linspace(0, 1, 101)
        return height[np.searchsorted(recall, levels)].mean()
    joined = np.maximum.accumulate(np.concatenate([[1], precision, [0]])[::-1])[::-1]
    drawn = np.interp(np.linspace(0, 1, 101), np.concatenate([[0], recall, [1]]), joined)
    return ((drawn[1:] + drawn[:-1]) / 2).sum() / 100


@pytest.mark.parametrize("rule", RULES)
@given(flags=FLAGS, missed=st.integers(0, 4))
def test_the_steps_end_in_the_number_of_the_formula_bit_for_bit(rule, flags, missed):
    points = curve(flags, max(flags.count("T") + missed, 1))
    trace = rule.trace(*points)
    assert type(trace.result) is float and trace.result == rule(*points) == by_formula(rule, *points)
    assert trace[-1].ap == trace.result and all("{" not in step.note for step in trace)


def test_captions_that_can_be_read():
    points = curve("TTFT", 5)
    assert [step.note for step in area_ap.trace(*points)] == [
        "the best precision from each place on is [1, 1, 0.75, 0.75]",
        "recall rises by [0.2, 0.2, 0, 0.2]",
        "rises times envelope make 0.55",
    ]
    assert eleven_point_ap.trace(*points)[2].note == (
        "at the first recall that reaches each level it is [1, 1, 1, 1, 1, 0.75, 0.75, 0, 0, 0, 0]"
    )
    assert [step.name for step in yolov5_ap.trace([], [])] == ["empty"]


@pytest.mark.oracle
@given(FLAGS)
def test_step_sum_is_scikit_learn_s(flags):
    metrics = pytest.importorskip("sklearn.metrics")
    if "T" not in flags:
        return
    truth, scores = [flag == "T" for flag in flags], -np.arange(len(flags), dtype=float)
    expected = metrics.average_precision_score(truth, scores)
    assert close(step_ap(*curve(flags, flags.count("T"))), expected, "float64 sums")


# Bad input


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("recall", "precision", "words"),
    [
        ([0.5], [0.5, 0.4], "precision: shape"),
        ([[0.5]], [[0.5]], "precision: shape"),
        ([1.5], [0.5], "recall: row 0 is 1.5"),
        ([0.5], [-0.1], "precision: row 0 is -0.1"),
        ([0.5], [np.nan], "precision: row 0 is nan"),
        ([0.5, 0.4], [1, 1], "recall: it falls after row 0"),
    ],
)
def test_bad_curves_are_named(rule, recall, precision, words):
    with pytest.raises(ValueError, match=words):
        rule(recall, precision)


def test_another_variant_is_refused():
    for function in (eleven_point_ap, voc_ap):
        with pytest.raises(ValueError, match="variant: 'linspace' came; wanted one of exact, arange"):
            function([0.5], [1.0], variant="linspace")
