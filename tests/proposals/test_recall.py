"""PROP-4."""

import numpy as np
import pytest
from hypothesis import given
from strategies import THRESHOLDS, boxes

from refdet import box_iou
from refdet.proposals.recall import best_overlaps, proposal_recall

# By hand

# Image 0: IoU 1/2 and 0 with the first proposal, 0 and 1 with the second. Image 1: no proposal.
PROPOSALS = [np.array([[0, 0, 4, 4], [5, 5, 9, 9]]), np.zeros((0, 4))]
OBJECTS = [np.array([[0, 0, 4, 2], [5, 5, 9, 9]]), np.array([[0, 0, 1, 1]])]


def test_best_overlap_of_each_object():
    assert best_overlaps(PROPOSALS, OBJECTS).tolist() == [0.5, 1.0, 0.0]
    assert best_overlaps(PROPOSALS, OBJECTS, top=1).tolist() == [0.5, 0.0, 0.0]


@pytest.mark.parametrize(("threshold", "recall"), [(0.5, 2 / 3), (0.51, 1 / 3), (1.0, 1 / 3), (0.0, 1.0)])
def test_equality_counts(threshold, recall):
    assert proposal_recall(PROPOSALS, OBJECTS, threshold) == recall


def test_several_thresholds_give_a_curve_and_few_proposals_less():
    assert proposal_recall(PROPOSALS, OBJECTS, [0.5, 1.0]).tolist() == [2 / 3, 1 / 3]
    assert proposal_recall(PROPOSALS, OBJECTS, 0.5, top=1) == 1 / 3
    assert proposal_recall(PROPOSALS, OBJECTS, 0.5, top=[0, 1, 2, 9]).tolist() == [0, 1 / 3, 2 / 3, 2 / 3]


def test_without_objects_the_recall_is_undefined():
    assert np.isnan(proposal_recall([np.ones((1, 4))], [np.zeros((0, 4))]))
    assert np.isnan(proposal_recall([], [], [0.5, 0.7])).all()


def test_thresholds_in_an_array_of_a_subclass_are_its_numbers():
    class Odd(np.ndarray):
        def __getitem__(self, index):
            raise AssertionError("indexed")

    thresholds = np.array([0.5, 1.0]).view(Odd)
    assert proposal_recall(PROPOSALS, OBJECTS, thresholds).tolist() == [2 / 3, 1 / 3]
    assert proposal_recall(PROPOSALS, OBJECTS, top=np.array([0, 2]).view(Odd)).tolist() == [0, 2 / 3]


# Properties


@given(boxes(inverted=False), boxes(inverted=False, min_size=1), THRESHOLDS)
def test_recall_is_the_share_of_objects_with_a_near_proposal(proposals, objects, threshold):
    near = (box_iou(objects, proposals) >= threshold).any(axis=1) | (threshold == 0)
    assert proposal_recall([proposals], [objects], threshold) == near.mean()


# Bad input


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([np.zeros((0, 4))], []), {}, "proposals: 1 images came; wanted 0"),
        ((PROPOSALS, OBJECTS, 1.5), {}, "iou_threshold"),
        ((PROPOSALS, OBJECTS), {"top": -1}, "top"),
        ((PROPOSALS, OBJECTS, [0.5]), {"top": [1]}, "one curve at a time"),
        (([np.zeros(3)], [np.zeros((0, 4))]), {}, "shape"),
    ],
)
def test_bad_arguments_are_named(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        proposal_recall(*arguments, **options)
