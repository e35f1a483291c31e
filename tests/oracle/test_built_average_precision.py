"""Detections are matched, and curves integrated, as the VOC devkit, mmdet, Caffe SSD and YOLOv5 do it."""

import dataclasses

import numpy as np
import pytest
from tolerances import close

from refdet.evaluation.average_precision import area_ap, eleven_point_ap, integrate, step_ap, yolov5_ap
from refdet.profiles import CAFFE_SSD, MMCV, VOC

from . import recordings
from .built_average_precision import curves
from .test_average_precision import curve

SYSTEMS = {VOC: "voc", MMCV: "mmcv"}
THEIRS = {
    name: recordings.load_text(f"{name}_average_precision.json")
    for name in ("voc", "mmcv", "caffe_ssd", "yolov5")
}
CURVES = curves()
EVERY = [(convention, name) for convention, system in SYSTEMS.items() for name in THEIRS[system]]


def table(name):
    """Recall and precision of a curve."""
    right, positives = CURVES[name]
    hits = np.cumsum(right)
    return hits / positives, hits / np.arange(1, len(right) + 1)


@pytest.mark.parametrize(("convention", "name"), EVERY)
def test_the_curve_is_the_systems_own(convention, name):
    ours, counted = curve(name, convention)
    theirs = {
        key: np.array(THEIRS[SYSTEMS[convention]][name][key])[counted] for key in ("recall", "precision")
    }
    assert ours.recall.tolist() == theirs["recall"].tolist()
    # mmdet keeps precision in float32.
    kept = np.float32 if convention is MMCV else np.float64
    assert ours.precision.astype(kept).tolist() == theirs["precision"].tolist()


@pytest.mark.parametrize(("convention", "name"), EVERY)
def test_the_area_is_the_systems_own(convention, name):
    ours, _ = curve(name, convention)
    tolerance = "float32 average precision" if convention is MMCV else "float64 sums"
    theirs = THEIRS[SYSTEMS[convention]][name]["area"]
    assert close(integrate(ours.recall, ours.precision, convention=convention), theirs, tolerance)


@pytest.mark.parametrize(("convention", "name"), EVERY)
def test_eleven_points_are_the_systems_own_but_for_the_levels(convention, name):
    ours, _ = curve(name, convention)
    tolerance = "float32 average precision" if convention is MMCV else "float64 sums"
    theirs = THEIRS[SYSTEMS[convention]][name]["11point"]
    # Octave's 0:0.1:1 and numpy.arange put the levels 0.3, 0.6 and 0.7 one bit above k / 10.
    levels = [np.append(ours.precision[ours.recall >= k * 0.1], 0).max() for k in range(11)]
    assert close(np.mean(levels), theirs, tolerance)
    agrees = close(eleven_point_ap(ours.recall, ours.precision), theirs, tolerance)
    assert agrees == (not np.isin([0.3, 0.6, 0.7], ours.recall).any())


@pytest.mark.parametrize("convention", [VOC, MMCV])
@pytest.mark.parametrize(
    ("field", "value", "name"),
    [("strict", True, "half"), ("reassign", True, "taken"), ("ties", "last", "tie_last_wanted")],
)
def test_every_matching_rule_is_pinned_by_a_data_set(convention, field, value, name):
    if convention is VOC and field == "strict":
        name = "half_inclusive"
    rule = dataclasses.replace(convention.average_precision, **{field: value})
    ours, _ = curve(name, dataclasses.replace(convention, average_precision=rule))
    assert ours.recall.tolist() != THEIRS[SYSTEMS[convention]][name]["recall"]


@pytest.mark.parametrize("name", CURVES)
def test_caffe_ssd_integrates_in_float32(name):
    theirs = THEIRS["caffe_ssd"][name]
    ours = {"11point": integrate(*table(name), convention=CAFFE_SSD)}
    ours |= {"MaxIntegral": area_ap(*table(name)), "Integral": step_ap(*table(name))}
    differ = [key for key in ours if not close(ours[key], theirs[key], "float32 average precision")]
    # Recall is a float there: 7 / 10 and 9 / 10 do not reach the levels 0.7 and 0.9, which are doubles.
    assert differ == (["11point"] if name == "seven_tenths" else [])


@pytest.mark.parametrize("name", CURVES)
def test_yolov5_integrates_trapezoids(name):
    assert close(yolov5_ap(*table(name)), THEIRS["yolov5"][name]["ap"], "float64 sums")


@pytest.mark.parametrize("convention", [VOC, MMCV, CAFFE_SSD])
def test_the_integration_is_pinned_by_a_quarter_of_the_recall(convention):
    theirs = {
        VOC: THEIRS["voc"]["quarter"]["area"],
        MMCV: THEIRS["mmcv"]["quarter"]["area"],
        CAFFE_SSD: THEIRS["caffe_ssd"]["quarter"]["11point"],
    }
    for integration in ("area", "11point", "101point"):
        rule = dataclasses.replace(convention.average_precision, integration=integration)
        other = dataclasses.replace(convention, average_precision=rule)
        near = close(
            integrate(*table("quarter"), convention=other), theirs[convention], "float32 average precision"
        )
        assert near == (integration == convention.average_precision.integration)
