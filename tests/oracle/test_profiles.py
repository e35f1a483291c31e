"""Under a named convention refdet gives what that system gave, bit for bit, on recorded cases."""

import numpy as np
import pytest
from strategies import same_bits

from refdet import conventions
from refdet.ops.box_iou import aligned_box_iou
from refdet.profiles import PROFILES

from .groups import DISAGREEMENTS, GROUPS
from .replay import agreeing, differences, given, recorded, told

PARTS = (conventions.Overlap, conventions.Suppression, conventions.Roi, conventions.AveragePrecision)
CASES = [(system, group) for system in GROUPS for group in agreeing(system)]


@pytest.mark.parametrize(("system", "group"), CASES)
def test_the_profile_gives_the_recorded_answers(system, group):
    first = next(differences(system, group), None)
    assert first is None, told(first)


@pytest.mark.parametrize("system", list(GROUPS))
def test_every_group_was_recorded_and_nothing_else(system):
    assert {name: len(GROUPS[system][name]()) for name in GROUPS[system]} == {
        name: len(answers) for name, answers in recorded(system).items()
    }


@pytest.mark.parametrize(("system", "group"), list(DISAGREEMENTS))
def test_a_listed_disagreement_is_still_there(system, group):
    assert any(True for _ in differences(system, group)), "refdet agrees now: take it off the list"


@pytest.mark.parametrize(("system", "group"), [case for case in CASES if case[1].startswith("box_iou/")])
def test_aligned_boxes_have_the_recorded_diagonal(system, group):
    for (boxes1, boxes2), matrix in zip(given(system, group), recorded(system)[group], strict=True):
        aligned = aligned_box_iou(boxes1, boxes2[: len(boxes1)], convention=PROFILES[system])
        assert same_bits(aligned, np.diagonal(matrix).copy())


def test_a_wrong_answer_is_told_with_its_arguments():
    wrong = [np.array([1, 0]) for _ in given("torchvision", "nms/exact/float32")]
    first = next(differences("torchvision", "nms/exact/float32", answers=wrong))
    assert "case 0" in told(first) and "the system: array([1, 0])" in told(first)


def test_every_profile_but_the_default_was_recorded():
    assert set(GROUPS) == {name for name, profile in PROFILES.items() if profile is not conventions.REFDET}


# The kernels follow the profiles too

WITH_KERNELS = (
    "box_iou",
    "generalized_box_iou",
    "distance_box_iou",
    "complete_box_iou",
    "nms",
    "soft_nms",
    "diou_nms",
    "roi_pool",
    "roi_pool_with_argmax",
    "roi_pool_backward",
    "roi_align",
)


@pytest.mark.parametrize("system", list(GROUPS))
@pytest.mark.parametrize("backend", ["vectorized", "cpp", "emulator forward", "cuda"], indirect=True)
def test_every_kernel_gives_the_recorded_answers(system, backend, implementation):
    # Fast NumPy takes RoI align by matrix products: equal but for the last bits, see test_roi_align_paths.py.
    ops = set(WITH_KERNELS) - ({"roi_align"} if backend == "vectorized" else set())
    for group in agreeing(system, ops):
        first = next(differences(system, group, take=implementation), None)
        assert first is None, f"{group}, {told(first)}"
