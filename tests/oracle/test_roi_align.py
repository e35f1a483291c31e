"""RoI align gives the bits of torchvision's CPU kernels, forward and backward, and of onnxruntime."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits

from refdet import ONNX, TORCHVISION, roi_align, roi_align_backward

from . import recordings
from . import roi_align as oracle

RECORDED = recordings.load("roi_align")
DISAGREEMENTS = {
    "torchvision/forward/inside_out/float32": (
        "an aligned RoI that is inside out along one axis alone: it asks for a negative number of points and raises "
        "RuntimeError, recorded as NaN; in refdet it has no points"
    ),
    "torchvision/forward/over_the_most/float32": "refdet lays 4096 points along a bin at most, torchvision 5000",
    "torchvision/forward/infinite_corner/float32": (
        "a point off the map is cell 0 times a weight of 0, which is NaN where that cell is infinite or NaN; "
        "refdet adds nothing"
    ),
}


def ours(group, cells, rois, output, scale, ratio, aligned, grad, take=None):
    """By the reference, or by the function that `take` finds for an op."""
    take = take or {"roi_align": roi_align, "roi_align_backward": roi_align_backward}.get
    system, part, *_ = group.split("/")
    convention = TORCHVISION if system == "torchvision" else ONNX
    if part == "backward":
        return take("roi_align_backward")(
            grad, rois, cells.shape, scale, ratio, aligned, convention=convention
        )
    return take("roi_align")(cells, rois, output, scale, ratio, aligned, convention=convention)


def differing(group, take=None):
    """The cases of a group in which refdet has other bits."""
    recorded = zip(oracle.cases(group), RECORDED[group], strict=True)
    return [
        arguments for arguments, was in recorded if not same_bits(ours(group, *arguments, take=take), was)
    ]


@pytest.mark.parametrize("group", oracle.GROUPS)
def test_the_bits_are_those_that_were_recorded(group):
    assert differing(group) == []


@pytest.mark.parametrize("backend", ["cpp", "emulator forward", "cuda"], indirect=True)
def test_every_exact_kernel_gives_the_recorded_bits(implementation):
    for group in oracle.GROUPS:
        assert differing(group, implementation) == [], group


@pytest.mark.parametrize("group", DISAGREEMENTS)
def test_a_listed_disagreement_is_still_there(group):
    assert differing(group) != []


def test_the_written_cases_are_those_that_disagree():
    assert set(DISAGREEMENTS) == set(oracle.WRITTEN) and set(RECORDED) == {*oracle.GROUPS, *oracle.WRITTEN}


def test_without_the_bound_the_result_is_torchvisions():
    """A bin of 5000 points, which is over `most_samples`."""
    group = "torchvision/forward/over_the_most/float32"
    (cells, rois, output, scale, ratio, aligned, _), was = *oracle.cases(group), RECORDED[group][0]
    wider = dataclasses.replace(TORCHVISION, roi=dataclasses.replace(TORCHVISION.roi, most_samples=5000))
    assert same_bits(roi_align(cells, rois, output, scale, ratio, aligned, convention=wider), was)


@pytest.mark.parametrize(
    "planted",
    [
        lambda mean, cells, rois, *how: np.nextafter(mean, np.float32(2)),
        lambda mean, cells, rois, *how: roi_align(cells.astype(np.float64), rois, *how).astype(np.float32),
        lambda mean, cells, rois, *how: (
            roi_align(cells.swapaxes(2, 3), rois[:, [0, 2, 1, 4, 3]], *how).swapaxes(2, 3)
            if how[0][0] == how[0][1]
            else mean
        ),
    ],
    ids=["one bit", "float64 inside", "column after column"],
)
def test_a_wrong_rounding_or_order_is_seen(planted):
    def take(op):
        return lambda cells, rois, *how, convention: planted(
            roi_align(cells, rois, *how, convention=convention), cells, rois, *how
        )

    assert any(differing(f"torchvision/forward/{family}, plain/float32", take) for family in oracle.FAMILIES)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.filterwarnings("default:recorded with")
@given(group=st.sampled_from(list(oracle.GROUPS)), seed=st.integers(0, 2**32 - 1))
def test_refdet_agrees_with_the_systems_on_fresh_cases(group, seed):
    try:
        versions = oracle.versions()
    except LookupError as missing:
        pytest.skip(str(missing))
    arguments = oracle.case(seed, *oracle.GROUPS[group])
    theirs, mine = oracle.answer(group, *arguments), ours(group, *arguments)
    recorded_with = recordings.load_text("roi_align_versions.json")["roi_align"]
    if versions != recorded_with and not same_bits(mine, theirs):
        warnings.warn(f"recorded with {recorded_with}, this is {versions}: {arguments}", stacklevel=2)
        return
    assert same_bits(mine, theirs)
