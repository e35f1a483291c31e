"""EVAL-11, EVAL-12, EVAL-14: the trace of an evaluation is made of the traces of its parts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits, scored_boxes

from refdet import COCO, FAST_RCNN, REFDET
from refdet.detections import Detections
from refdet.evaluation import (
    compute_map,
    evaluate_detections,
    evaluate_over_thresholds,
    integrate,
    match_detections,
    precision_recall_curve,
    voc_ap,
)
from refdet.evaluation.average_precision import area_ap, eleven_point_ap

FOUND = [
    Detections([[0, 0, 10, 10], [1, 1, 11, 11]], [0.9, 0.8], [0, 0]),
    Detections([[20, 20, 30, 30]], [0.7], [1]),
]
TRUTH = [[[0, 0, 10, 9]], [[20, 20, 30, 40], [0, 0, 5, 5]]], [[0], [1, 0]]


def told(steps):
    """Names and variables, to compare traces; the depth is another one."""
    return [(step.function, step.name, step.note) for step in steps]


# By hand


def test_class_by_class_the_matching_the_curve_and_its_integration():
    trace = evaluate_detections.trace(FOUND, *TRUTH, 2)
    one = ["class", "sort", "hit", "duplicate", "sort", "count", "divide", "envelope", "rise", "sum", "score"]
    other = [name for name in one if name != "duplicate"]
    assert [step.name for step in trace] == ["gather", *one, *other, "mean"]
    assert trace[0].images.tolist() == [0, 0, 1] and trace[0].gt_images.tolist() == [0, 1, 1]
    assert [step.found.tolist() for step in trace.named("class")] == [[0, 1], [2]]
    assert [step.wanted.tolist() for step in trace.named("class")] == [[0, 2], [1]]
    scores = [step.average_precision.tolist() for step in trace.named("score")]
    assert scores[0][0] == 0.5 and np.isnan(scores[0][1]) and scores[1] == [0.5, 1]
    assert trace[-1].mean == 0.75 == trace.result.mean


def test_a_class_without_objects_is_not_integrated():
    trace = evaluate_detections.trace(FOUND[:1], [[]], [[]], 1)
    assert [step.name for step in trace][-5:] == ["sort", "count", "divide", "score", "mean"]
    assert np.isnan(trace[-1].mean)


def test_ignored_detections_are_left_out_of_the_curve():
    trace = evaluate_detections.trace(FOUND[:1], [[[0, 0, 10, 9]]], [[0]], 1, difficult=[[True]])
    assert [step.name for step in trace if step.function == "match_detections"] == [
        "sort",
        "ignore",
        "ignore",
    ]
    assert not len(trace.named("count")[0].order)


def test_the_thresholds_one_after_the_other():
    trace = evaluate_over_thresholds.trace(FOUND, *TRUTH, 2, [0.5, 0.75])
    own = [step for step in trace if step.function == "evaluate_over_thresholds"]
    assert [step.name for step in own] == ["threshold", "score", "threshold", "score", "mean"]
    assert [step.iou_threshold for step in own[:4]] == [0.5, 0.5, 0.75, 0.75]
    assert own[3].average_precision.tolist() == [[0.5, 1], [0.5, 0]] and own[4].mean == 0.5


def test_the_method_of_the_listing_is_the_integration():
    rows = [{"a": [[0, 0, 10, 10, 0.9]]}], [{"a": [[0, 0, 10, 10]]}]
    functions = {"area": "area_ap", "interp": "eleven_point_ap", "step": "step_ap", "coco101": "coco_ap"}
    for method, name in (functions | {"arange": "eleven_point_ap", "yolov5": "yolov5_ap"}).items():
        taken = {step.function for step in compute_map.trace(*rows, 0.5, method)}
        assert taken == {"evaluated", "match_detections", "precision_recall_curve", name}
    levels = compute_map.trace(*rows, 0.5, "arange").named("levels")[0].levels
    assert same_bits(levels, np.arange(0, 1.1, 0.1))


def test_a_choice_of_a_rule_has_the_steps_of_that_rule():
    curve = [0.5, 0.5, 1], [1, 0.5, 2 / 3]
    assert told(voc_ap.trace(*curve)) == told(integrate.trace(*curve)) == told(area_ap.trace(*curve))
    assert told(voc_ap.trace(*curve, True)) == told(eleven_point_ap.trace(*curve))


# Properties


@st.composite
def problems(draw):
    """Two images, two classes, some objects difficult."""
    found, known, labels, marks = [], [], [], []
    for _ in range(2):
        (boxes, scores), (objects, levels) = draw(scored_boxes(max_size=5)), draw(scored_boxes(max_size=3))
        found.append(Detections(boxes, scores, [draw(st.integers(0, 1)) for _ in boxes]))
        known.append(objects)
        labels.append(np.array([draw(st.integers(0, 1)) for _ in objects], int))
        marks.append(levels > 0.8)
    return found, known, labels, marks


@given(problems(), st.sampled_from([REFDET, COCO, FAST_RCNN]))
def test_every_part_is_the_trace_of_that_part_alone(problem, convention):
    found, known, labels, marks = problem
    trace = evaluate_detections.trace(*problem[:3], 2, 0.5, difficult=marks, convention=convention)
    parts, images = [], [0, 1]
    for label in (0, 1):
        of_class, wanted = (
            [part == label for part in whole] for whole in ([d.labels for d in found], labels)
        )
        boxes = np.concatenate([d.boxes[own] for d, own in zip(found, of_class, strict=True)])
        scores = np.concatenate([d.scores[own] for d, own in zip(found, of_class, strict=True)])
        matching = match_detections.trace(
            boxes,
            scores,
            np.repeat(images, [own.sum() for own in of_class]),
            np.concatenate([rows[own] for rows, own in zip(known, wanted, strict=True)]),
            np.repeat(images, [own.sum() for own in wanted]),
            difficult=np.concatenate([rows[own] for rows, own in zip(marks, wanted, strict=True)]),
            convention=convention,
        )
        result, counted = matching.result, ~matching.result.ignored
        curve = precision_recall_curve.trace(
            scores[result.order][counted], result.true_positive[counted], result.positives
        )
        parts += [*matching, *curve]
        if result.positives:
            parts += integrate.trace(curve.result.recall, curve.result.precision, convention=convention)
    assert told(parts) == told(step for step in trace if step.function != "evaluated")
    plain = evaluate_detections(*problem[:3], 2, 0.5, difficult=marks, convention=convention)
    assert same_bits(trace.result.average_precision, plain.average_precision)


# Bad input


def test_what_is_wrong_is_said_before_the_first_step():
    for function in (evaluate_detections, evaluate_over_thresholds):
        try:
            function.steps(FOUND, *TRUTH, 1)
        except ValueError as error:
            assert "label 1 came; wanted 0 to 0" in str(error)
        else:
            raise AssertionError("it was taken")
