"""Detections are matched, and curves integrated, as pycocotools (COCO) and voc_eval.py (FAST_RCNN) do it."""

import dataclasses

import numpy as np
import pytest
from tolerances import close

from refdet.detections import Detections
from refdet.evaluation.average_precision import eleven_point_ap, integrate
from refdet.evaluation.matching import match_detections
from refdet.evaluation.over_thresholds import evaluate_over_thresholds
from refdet.evaluation.precision_recall import precision_recall_curve
from refdet.profiles import COCO, FAST_RCNN

from . import recordings
from .average_precision import data_sets

SETS = data_sets()
THEIRS = {name: recordings.load_text(f"{name}_average_precision.json") for name in ("coco", "fast_rcnn")}
# A crowd is matched by another overlap, inter / area of the detection, which no convention has.
WITHOUT_CROWD = [name for name, (truths, _) in SETS.items() if not any(row[-1] for row in truths)]
THRESHOLDS = np.linspace(0.5, 0.95, 10)


def matched(truths, detections, category, threshold, convention):
    """refdet's matching of one category, and the row of each detection and ground truth in the data set."""
    found = [i for i, row in enumerate(detections) if row[1] == category]
    known = [i for i, row in enumerate(truths) if row[1] == category]
    boxes = np.array([detections[i][2:6] for i in found], float).reshape(-1, 4)
    matching = match_detections(
        boxes,
        np.array([detections[i][6] for i in found], float),
        np.array([detections[i][0] for i in found], int),
        np.array([truths[i][2:6] for i in known], float).reshape(-1, 4),
        np.array([truths[i][0] for i in known], int),
        threshold,
        difficult=np.array([truths[i][6] for i in known], bool),
        convention=convention,
    )
    return matching, np.array(found, int), np.array(known, int)


def taken(name, convention):
    """The annotation that each detection takes at each threshold, 0 for none, as pycocotools numbers them."""
    truths, detections = SETS[name]
    table = np.zeros((10, len(detections)), int)
    for t, threshold in enumerate(THRESHOLDS):
        for category in (1, 2):
            matching, found, known = matched(truths, detections, category, threshold, convention)
            right = matching.true_positive
            table[t, found[matching.order[right]]] = known[matching.ground_truth[right]] + 1
    return table.tolist()


def curve(name, convention, category=1, threshold=0.5):
    """The curve of one category, and which detections count, best first."""
    matching, _, _ = matched(*SETS[name], category, threshold, convention)
    counted = ~matching.ignored
    scores = np.arange(len(counted), 0, -1.0)[counted]
    return precision_recall_curve(scores, matching.true_positive[counted], matching.positives), counted


@pytest.mark.parametrize("name", WITHOUT_CROWD)
def test_coco_takes_the_annotations_that_pycocotools_takes(name):
    assert taken(name, COCO) == THEIRS["coco"][name]["matches"]


@pytest.mark.parametrize("name", WITHOUT_CROWD)
def test_coco_integrates_as_pycocotools_bit_for_bit_on_its_own_precision(name):
    for t, threshold in enumerate(THRESHOLDS):
        for category in (1, 2):
            table, _ = curve(name, COCO, category, threshold)
            # pycocotools guards its division by the spacing of 1, which takes a bit from tp / (tp + fp).
            precision = table.true_positives / (table.false_positives + table.true_positives + np.spacing(1))
            known = table.positives > 0
            ap = integrate(table.recall, precision, convention=COCO) if known else -1.0
            assert ap == THEIRS["coco"][name]["ap"][t][category - 1]


def test_the_guard_of_pycocotools_is_the_only_difference_in_precision():
    table, _ = curve("half", COCO)
    assert integrate(table.recall, table.precision, convention=COCO) == 1.0
    assert THEIRS["coco"]["half"]["ap"][0][0] == 1 - 2.0**-53


@pytest.mark.parametrize("name", THEIRS["fast_rcnn"])
def test_fast_rcnn_draws_the_curve_that_voc_eval_draws(name):
    table, counted = curve(name, FAST_RCNN)
    theirs = {key: np.array(THEIRS["fast_rcnn"][name][key])[counted] for key in ("recall", "precision")}
    assert table.recall.tolist() == theirs["recall"].tolist()
    assert table.precision.tolist() == theirs["precision"].tolist()


@pytest.mark.parametrize("name", THEIRS["fast_rcnn"])
def test_fast_rcnn_integrates_as_voc_eval_but_for_the_order_of_the_sum(name):
    table, _ = curve(name, FAST_RCNN)
    ap = integrate(table.recall, table.precision, convention=FAST_RCNN)
    # voc_eval sums the steps alone, refdet a term for each detection; each addition rounds once, below 1.
    assert abs(ap - THEIRS["fast_rcnn"][name]["area"]) <= len(table) * 2.0**-53


def test_voc_eval_puts_the_level_three_tenths_one_bit_too_high():
    table, _ = curve("three_tenths", FAST_RCNN)
    assert round(THEIRS["fast_rcnn"]["three_tenths"]["11point"] * 11, 12) == 3
    assert round(eleven_point_ap(table.recall, table.precision) * 11, 12) == 4


@pytest.mark.parametrize("name", THEIRS["fast_rcnn"])
def test_the_arange_variant_is_voc_eval_s_eleven_points(name):
    table, _ = curve(name, FAST_RCNN)
    ap = eleven_point_ap(table.recall, table.precision, variant="arange")
    assert close(ap, THEIRS["fast_rcnn"][name]["11point"], "float64 sums")


@pytest.mark.parametrize("name", WITHOUT_CROWD)
def test_the_mean_over_ten_thresholds_is_the_first_number_of_pycocotools(name):
    truths, detections = SETS[name]
    found, known, labels = [], [], []
    for image in (1, 2, 3, 4):
        rows = np.array([row[1:] for row in detections if row[0] == image], float).reshape(-1, 6)
        found.append(Detections(rows[:, 1:5], rows[:, 5], rows[:, 0].astype(int) - 1))
        rows = np.array([row[1:] for row in truths if row[0] == image], float).reshape(-1, 6)
        known.append(rows[:, 1:5])
        labels.append(rows[:, 0].astype(int) - 1)
    result = evaluate_over_thresholds(found, known, labels, 2, convention=COCO)
    means = [result.mean, result.at(0.5).mean, result.at(0.75).mean]
    assert close(means, THEIRS["coco"][name]["stats"][:3], "float64 sums")


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("strict", True, "half"),
        ("reassign", False, "taken"),
        ("ties", "first", "tie_first_wanted"),
    ],
)
def test_every_matching_rule_of_coco_is_pinned_by_a_data_set(field, value, name):
    rule = dataclasses.replace(COCO.average_precision, **{field: value})
    other = dataclasses.replace(COCO, average_precision=rule)
    assert taken(name, other) != THEIRS["coco"][name]["matches"]


@pytest.mark.parametrize(
    ("field", "value", "name"),
    [
        ("strict", False, "half_inclusive"),
        ("reassign", True, "taken"),
        ("ties", "last", "tie_last_wanted"),
    ],
)
def test_every_matching_rule_of_fast_rcnn_is_pinned_by_a_data_set(field, value, name):
    rule = dataclasses.replace(FAST_RCNN.average_precision, **{field: value})
    table, _ = curve(name, dataclasses.replace(FAST_RCNN, average_precision=rule))
    assert table.recall.tolist() != THEIRS["fast_rcnn"][name]["recall"]


@pytest.mark.parametrize("convention", [COCO, FAST_RCNN])
def test_the_integration_is_pinned_by_a_quarter_of_the_recall(convention):
    theirs = {COCO: THEIRS["coco"]["quarter"]["ap"][0][0], FAST_RCNN: THEIRS["fast_rcnn"]["quarter"]["area"]}
    own = convention.average_precision.integration
    table, _ = curve("quarter", convention)
    for integration in ("area", "11point", "101point"):
        rule = dataclasses.replace(convention.average_precision, integration=integration)
        other = dataclasses.replace(convention, average_precision=rule)
        near = close(
            integrate(table.recall, table.precision, convention=other), theirs[convention], "float64 sums"
        )
        assert near == (integration == own)
