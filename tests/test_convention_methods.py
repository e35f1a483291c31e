"""The methods of a convention's parts, and a convention as a value."""

import dataclasses

import numpy as np
import pytest
from strategies import same_bits

from refdet.conventions import (
    REFDET,
    AveragePrecision,
    Coder,
    Convention,
    Overlap,
    Roi,
    Suppression,
)
from refdet.evaluation.matching import match_detections
from refdet.ops.nms import nms
from refdet.ops.roi_pool import roi_pool
from refdet.profiles import COCO, FAST_RCNN, OPENCV, PROFILES, TORCHVISION
from refdet.roi_rule import FARTHEST_CELL

# Methods


def test_scores_are_ordered_stably_whichever_side_wins_ties():
    scores = np.array([0.5, 0.9, 0.5, 0.1, 0.9])
    assert Suppression().by_score(scores).tolist() == [1, 4, 0, 2, 3]
    assert Suppression(ties="last").by_score(scores).tolist() == [4, 1, 2, 0, 3]


def test_a_score_that_is_no_number_goes_first():
    assert Suppression().by_score(np.array([1.0, np.nan, np.inf, np.nan])).tolist() == [1, 3, 2, 0]


def test_the_threshold_is_rounded_once_to_its_dtype():
    assert same_bits(Suppression().rounded(0.3, np.dtype(np.float32)), np.float32(0.3))
    assert same_bits(
        Suppression(threshold_dtype="float64").rounded(0.3, np.dtype(np.float32)), np.float64(0.3)
    )
    assert same_bits(
        Suppression(threshold_dtype="float32").rounded(0.3, np.dtype(np.float64)), np.float32(0.3)
    )


def test_an_overlap_of_another_precision_is_compared_exactly():
    assert Suppression().suppresses(np.float32([0.3]), np.float64(0.3)).tolist() == [True]
    assert Suppression().suppresses(np.float64([0.3]), np.float32(0.3)).tolist() == [False]


def test_cells_are_rounded_half_away_from_zero():
    assert Roi().cells(np.array([2.5, -2.5, 0.49999999999999994, -0.5])).tolist() == [3, -3, 0, -1]


def test_cells_stay_within_the_bound_and_no_number_is_cell_zero():
    corners = np.array([1e300, -np.inf, np.nan, 2.0**30 - 1])
    assert Roi().cells(corners).tolist() == [FARTHEST_CELL, -FARTHEST_CELL, 0, 2**30 - 1]


def test_bins_share_cells_and_end_at_the_map():
    # Seven cells from cell 2 in three bins: [2, 5), [4, 7), [6, 9), on a map of 8.
    assert Roi().bins(2, 7, 3, 8, np.dtype(float)).tolist() == [[2, 5], [4, 7], [6, 8]]


def test_float_edges_spill_in_float32_at_235_and_in_float64_at_225_cells():
    rule = Roi(edges="float")
    ends = {
        (size, dtype.__name__): rule.bins(0, size, 7, 999, np.dtype(dtype))[-1][1]
        for size in (225, 235)
        for dtype in (np.float32, np.float64)
    }
    assert ends == {
        (225, "float32"): 225,
        (225, "float64"): 226,
        (235, "float32"): 236,
        (235, "float64"): 235,
    }


def test_continuous_edges_are_those_of_unrounded_corners():
    """Corners 1 and 3, the end 1 more: 3 cells from 1 on; at scale 1/2, 1.5 cells from 0.5 on, in bins of 0.75."""
    rule, corners = Roi(edges="continuous"), (np.array([1.0]), np.array([3.0]))
    assert [part.tolist() for part in rule.span(*corners, 1.0)] == [[1], [3]]
    begin, size = rule.span(*corners, 0.5)
    assert (begin.tolist(), size.tolist()) == ([0.5], [1.5])
    assert rule.bins(begin, size, 2, 9, np.dtype(float)).tolist() == [[[0, 2], [1, 2]]]


@pytest.mark.parametrize("size", [0.0, -1.0, np.nan])
def test_a_continuous_region_without_size_has_no_cell(size):
    bins = Roi(edges="continuous").bins(np.array(0.5), np.array(size), 2, 9, np.dtype(float))
    assert (bins[:, 0] == bins[:, 1]).all()


def test_a_bin_has_as_many_points_as_it_begins_cells_and_no_more_than_the_most():
    sides = np.array([-1.0, 0, 1e-9, 1, 1.01, 4096, 4097, np.inf, np.nan])
    assert Roi().samples(sides, 0).tolist() == [0, 0, 1, 1, 2, 4096, 4096, 4096, 0]
    assert Roi().samples(sides, 3).tolist() == [3] * 9
    assert Roi(most_samples=2).samples(sides, 0).tolist() == [0, 0, 1, 1, 2, 2, 2, 2, 0]


def test_the_first_of_equal_cells_is_taken_and_no_number_never_is():
    value, place = Roi().first_largest(
        np.array([[1.0, 3, 3], [np.nan, -np.inf, 2], [np.nan, np.nan, np.nan]])
    )
    assert value.tolist() == [3, 2, -np.inf] and place.tolist() == [1, 2, -1]


# A convention as a value


@pytest.mark.parametrize("value", [REFDET, Overlap(), Suppression(), Roi(), Coder(), AveragePrecision()])
def test_conventions_are_frozen(value):
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(value)[0].name, 1)


def test_a_convention_can_be_varied_compared_and_hashed():
    def varied(**changes):
        return dataclasses.replace(REFDET, suppression=dataclasses.replace(REFDET.suppression, **changes))

    assert varied(inclusive=True) != REFDET and varied(inclusive=False) == REFDET
    assert {REFDET: 1}[varied()] == 1 and REFDET.suppression.inclusive is False


def test_a_part_that_the_system_lacks_is_an_error_with_a_remedy():
    with pytest.raises(ValueError, match=r"convention: COCO has no rule for suppression \(pycocotools"):
        nms(np.zeros((1, 4)), np.ones(1), 0.5, convention=COCO)
    with pytest.raises(ValueError, match="OPENCV has no rule for roi"):
        roi_pool(np.zeros((1, 1, 1, 1)), np.zeros((1, 5)), 1, convention=OPENCV)
    with pytest.raises(ValueError, match="TORCHVISION has no rule for average_precision"):
        match_detections(np.zeros((0, 4)), [], np.zeros(0, int), np.zeros((0, 4)), [], convention=TORCHVISION)

    mended = dataclasses.replace(COCO, suppression=REFDET.suppression)
    assert nms(np.array([[0, 0, 4, 4]] * 2), np.array([2, 1]), 0.5, convention=mended).tolist() == [0]


def test_a_profile_is_known_by_its_name():
    assert repr(FAST_RCNN) == "FAST_RCNN"
    assert all(isinstance(p, Convention) and PROFILES[p.name.lower()] is p for p in PROFILES.values())


@pytest.mark.parametrize("profile", [p for p in PROFILES.values() if p is not REFDET])
def test_a_profile_names_its_system_its_version_and_how_it_is_known(profile):
    assert any(digit in profile.system for digit in "0123456789")
    assert profile.system.endswith(("; run", "; read"))
