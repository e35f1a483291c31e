"""MAT-1 to MAT-4, RCNN-6: R-CNN's labels. ERR-6, ERR-8, ERR-9, ERR-12: what the course notes say of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, THRESHOLDS, boxes
from tolerances import close_boxes

from refdet import FAST_RCNN, REFDET, TORCHVISION, box_iou, decode_rcnn
from refdet.conventions import Coder, Overlap
from refdet.matching.best_ground_truth import best_ground_truth
from refdet.matching.rcnn_labels import (
    fine_tuning_labels,
    regression_pairs,
    svm_box_labels,
    svm_labels,
)

HUMAN, DOG = [0, 0, 100, 200], [30, 100, 80, 160]
OBJECT = [[0, 0, 4, 4]]
ON_IT = [[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1], [8, 8, 9, 9]]  # IoU 1, 1/2, 1/4, 0
NONE = np.zeros((0, 4))


# By hand


def test_the_overlap_decides_not_the_size():
    """ERR-8: 4200 of 20000 against 3000 of 4200; 18000 of 20000 against 3000 of 18000."""
    matches, overlaps = best_ground_truth([[25, 95, 85, 165], [0, 0, 100, 180]], [HUMAN, DOG])
    assert matches.tolist() == [1, 0] and overlaps.round(6).tolist() == [0.714286, 0.9]
    trace = best_ground_truth.trace([[25, 95, 85, 165], [0, 0, 100, 180]], [HUMAN, DOG])
    assert trace[0].iou.round(6).tolist() == [[0.21, 0.714286], [0.9, 0.166667]]
    assert [step.name for step in trace] == ["overlap", "best", "background"]


def test_of_two_that_a_proposal_overlaps_equally_it_has_the_first():
    """It lies half on each of two neighbours; and on an object that is annotated twice."""
    assert best_ground_truth([[2, 0, 6, 4]], [[4, 0, 8, 4], [0, 0, 4, 4]])[0].tolist() == [0]
    assert fine_tuning_labels(OBJECT, OBJECT * 2, [5, 2]).tolist() == [6]


def test_next_to_no_overlap_is_none():
    """1 / 100001 is less than 1e-5, 1 / 99999 is not; touching is nothing."""
    wide = [[0, 0, 1, 100_000], [0, 0, 1, 99_998]]
    matches, overlaps = best_ground_truth([[0, -1, 1, 1]], wide[:1])
    assert (matches.tolist(), overlaps.tolist()) == ([-1], [0])
    matches, overlaps = best_ground_truth([[0, -1, 1, 1]], wide[1:])
    assert matches.tolist() == [0] and overlaps.tolist() == [1 / 99_999]
    assert best_ground_truth([[4, 0, 8, 4]], OBJECT)[0].tolist() == [-1]


def test_half_is_enough_for_fine_tuning_and_all_else_is_background():
    """ERR-6: nothing is filtered; IoU >= 0.5 has the class, the rest is background."""
    assert fine_tuning_labels(ON_IT, OBJECT, [3]).tolist() == [4, 4, 0, 0]
    assert fine_tuning_labels(ON_IT, OBJECT, [3], 0.51).tolist() == [4, 0, 0, 0]


def test_a_proposal_on_nothing_is_background_at_any_threshold():
    assert fine_tuning_labels(ON_IT, OBJECT, [0], 0).tolist() == [1, 1, 1, 0]
    assert fine_tuning_labels(ON_IT, NONE, [], 0).tolist() == [0] * 4


def test_a_proposal_near_an_object_of_the_class_takes_no_part():
    """IoU with the object of class 1: 16/16, 5/16 and 4/16; 0.3 itself is near."""
    proposals = [[0, 0, 4, 4], [0, 0, 1.25, 4], [0, 0, 1, 4]]
    assert svm_labels(proposals, OBJECT, [1], 2).tolist() == [[-1, 0], [-1, 0], [-1, -1]]
    assert svm_labels([[0, 0, 3, 4]], [[0, 0, 10, 4]], [0], 1, negative_below=12 / 40).tolist() == [[0]]


def test_the_nearest_object_of_the_class_decides():
    assert svm_labels(OBJECT, [[0, 0, 4, 4], [9, 9, 12, 12]], [0, 0], 2).tolist() == [[0, -1]]


def test_without_the_class_every_proposal_is_a_negative():
    assert svm_labels(np.ones((2, 4)), NONE, [], 3).tolist() == [[-1] * 3] * 2


def test_the_ground_truth_is_a_positive_of_its_class_alone():
    """The second covers half of the first: no negative of it. The third lies apart."""
    labels = svm_box_labels([[0, 0, 4, 4], [0, 0, 4, 2], [9, 9, 12, 12]], [0, 1, 1], 3)
    assert labels.tolist() == [[1, 0, -1], [0, 1, -1], [-1, 1, -1]]


def test_the_two_trainings_mean_different_things_by_a_positive():
    """RCNN-6, ERR-9: IoU 3/4 is an object for fine-tuning, and no example of its class for the machines."""
    loose = [[0, 0, 4, 3]]
    assert fine_tuning_labels(loose, OBJECT, [0]).tolist() == [1]
    assert svm_labels(loose, OBJECT, [0], 1).tolist() == [[0]]


def test_a_pair_needs_more_than_six_tenths():
    """ERR-12: 36/60 is 0.6 and no pair, 37/60 is one; its target is 23/74 of a width to the right, log(60/37)."""
    pairs = regression_pairs([[0, 0, 36, 1], [0, 0, 37, 1]], [[90, 0, 91, 1], [0, 0, 60, 1]], [7, 2])
    assert pairs.proposals.tolist() == [1] and pairs.ground_truth.tolist() == [1]
    assert pairs.labels.tolist() == [2]
    assert pairs.targets.round(6).tolist() == [[round(23 / 74, 6), 0, round(np.log(60 / 37), 6), 0]]


def test_the_steps_of_a_pairing():
    trace = regression_pairs.trace(ON_IT, OBJECT, [0])
    names = ["overlap", "best", "background", "keep", "measure", "shift", "stretch"]
    assert [step.name for step in trace] == names and trace[3].kept.tolist() == [0]
    assert trace[3].note == "[0] overlap their objects by more than 0.6"


def test_pixels_that_are_counted_overlap_more():
    """[0, 3] is four pixels: 4 x 2 of 4 x 4; as lengths 3 x 1 of 3 x 3."""
    arguments = [[0, 0, 3, 1]], [[0, 0, 3, 3]], [0]
    assert fine_tuning_labels(*arguments, convention=FAST_RCNN).tolist() == [1]
    assert fine_tuning_labels(*arguments).tolist() == [0]


@pytest.mark.parametrize(("sizes", "pairs"), [("reject", [2]), ("anchors", [1, 2]), ("propagate", [0, 1, 2])])
def test_what_the_coder_refuses_has_no_pair(sizes, pairs):
    """Inclusive pixels overlap though they have no size to a coder that measures from edge to edge."""
    inclusive = replace(REFDET, overlap=Overlap(plus_one=1), coder=Coder(sizes=sizes))
    proposals, objects = (
        [[9, 9, 9, 9], [4, 0, 4.5, 4], [0, 0, 3, 3]],
        [[9, 9, 9, 9], [4, 0, 4, 4], [0, 0, 3, 3]],
    )
    found = regression_pairs(proposals, objects, [0, 0, 0], convention=inclusive)
    assert found.proposals.tolist() == pairs


# Properties


@st.composite
def scenes(draw, dtype=None):
    """Proposals, ground truth, and its classes of three."""
    dtype = draw(DTYPES) if dtype is None else dtype
    proposals, gt_boxes = draw(boxes(max_size=8, dtype=dtype)), draw(boxes(max_size=5, dtype=dtype))
    labels = draw(st.lists(st.integers(0, 2), min_size=len(gt_boxes), max_size=len(gt_boxes)))
    return proposals, gt_boxes, np.array(labels, np.int64)


@given(scenes(), THRESHOLDS)
def test_every_rule_says_of_each_proposal_what_its_definition_says(scene, threshold):
    """One proposal after another, from the matrix of overlaps."""
    proposals, gt_boxes, classes = scene
    fine, machines = fine_tuning_labels(*scene, threshold), svm_labels(*scene, 3, threshold)
    pairs = regression_pairs(*scene, threshold)
    assert fine.dtype == np.int64 and pairs.targets.dtype == proposals.dtype
    expected = []
    for p, row in enumerate(box_iou(proposals, gt_boxes)):
        best = max(range(len(row)), key=lambda g: (row[g], -g), default=None)
        on_one = best is not None and row[best] >= 1e-5
        limit = row.dtype.type(threshold)
        assert fine[p] == (classes[best] + 1 if on_one and row[best] >= limit else 0)
        for k in range(3):
            near = any(row[g] >= limit for g in range(len(row)) if classes[g] == k)
            assert machines[p, k] == (0 if near else -1)
        if on_one and row[best] > limit:
            expected.append((p, best, classes[best]))
    found = zip(pairs.proposals, pairs.ground_truth, pairs.labels, strict=True)
    assert list(found) == expected


@given(scenes(np.float64))
def test_targets_take_proposals_to_their_objects(scene):
    proposals, gt_boxes, _ = scene
    pairs = regression_pairs(*scene)
    start = proposals[pairs.proposals]
    both = np.vstack([decode_rcnn(pairs.targets, start), start])
    assert close_boxes(both, np.vstack([gt_boxes[pairs.ground_truth], start]), "coders")


@given(scenes(), st.randoms(use_true_random=False))
def test_the_order_of_the_proposals_does_not_matter(scene, random):
    proposals, *truth = scene
    order = random.sample(range(len(proposals)), len(proposals))
    assert (fine_tuning_labels(proposals[order], *truth) == fine_tuning_labels(*scene)[order]).all()
    assert (svm_labels(proposals[order], *truth, 3) == svm_labels(*scene, 3)[order]).all()


@given(scenes())
def test_ground_truth_is_labelled_as_a_proposal_but_for_its_own_class(scene):
    _, gt_boxes, classes = scene
    labels, as_proposals = svm_box_labels(gt_boxes, classes, 3), svm_labels(gt_boxes, gt_boxes, classes, 3)
    own = classes[:, None] == np.arange(3)
    assert (labels[own] == 1).all() and (labels[~own] == as_proposals[~own]).all()


def test_what_cannot_be_compared_is_background():
    """Under TORCHVISION a box may be infinite; its IoU is NaN, and hides no other."""
    inf = [[-np.inf, -np.inf, np.inf, np.inf], [0, 0, 4, 4]]
    matches, overlaps = best_ground_truth(inf, inf, convention=TORCHVISION)
    assert matches.tolist() == [-1, 1] and overlaps.tolist() == [0, 1]


def test_an_object_that_cannot_be_compared_hides_no_other_of_its_class():
    """Under TORCHVISION: the IoU with a box at infinity is NaN, that with the other object 1."""
    at_infinity = [np.inf] * 4
    for objects in ([at_infinity, *OBJECT], [*OBJECT, at_infinity]):
        assert svm_labels(OBJECT, objects, [0, 0], 1, convention=TORCHVISION).tolist() == [[0]]


# Paths agree


@pytest.mark.parametrize("function", [fine_tuning_labels, regression_pairs])
def test_the_trace_ends_in_what_the_call_gives(function):
    called, traced = function(ON_IT, OBJECT, [0]), function.trace(ON_IT, OBJECT, [0]).result
    assert repr(called) == repr(traced)


# Bad input


@pytest.mark.parametrize(
    ("function", "changed", "error", "words"),
    [
        (fine_tuning_labels, {"proposals": np.ones((2, 5))}, ValueError, r"proposals: shape is \(2, 5\)"),
        (fine_tuning_labels, {"gt_boxes": [[0, 0, np.nan, 1]]}, ValueError, "gt_boxes: row 0"),
        (fine_tuning_labels, {"gt_labels": [0, 1]}, ValueError, "gt_labels: shape"),
        (fine_tuning_labels, {"gt_labels": [-1]}, ValueError, "gt_labels: row 0 is -1; wanted 0 to"),
        (svm_labels, {"gt_labels": [0.5]}, TypeError, "gt_labels"),
        (svm_labels, {"gt_labels": [2]}, ValueError, "gt_labels: row 0 is 2; wanted 0 to 1"),
        (svm_labels, {"negative_below": 1.5}, ValueError, "negative_below: 1.5"),
        (regression_pairs, {"overlap_above": -1}, ValueError, "overlap_above: -1.0"),
    ],
)
def test_bad_arguments_are_named(function, changed, error, words):
    arguments = {"proposals": ON_IT, "gt_boxes": OBJECT, "gt_labels": [0]} | changed
    arguments |= {"num_classes": 2} if function is svm_labels else {}
    with pytest.raises(error, match=words):
        function(**arguments)


def test_a_convention_without_a_coder_has_no_targets():
    with pytest.raises(ValueError, match="convention"):
        regression_pairs(ON_IT, OBJECT, [0], convention=replace(REFDET, coder=None))
