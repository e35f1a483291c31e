"""The gradients of the overlaps are those of torchvision's losses by PyTorch's autograd (IOU-6)."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits
from tolerances import close

import refdet
from refdet import REFDET, TORCHVISION

from . import overlap_gradients, recordings

# The losses add 1e-7 to the union and to the enclosing area too.
LOSSES = dataclasses.replace(
    TORCHVISION, overlap=dataclasses.replace(TORCHVISION.overlap, union_eps=1e-7, giou_eps=1e-7)
)
RECORDED = recordings.load("torchvision_overlap_gradients")
DISAGREEMENTS = {
    f"complete_box_iou/{family}/{dtype}": "a box without height: autograd multiplies 0 by infinity, and gives NaN"
    for family in ("lattice", "dyadic", "points")
    for dtype in overlap_gradients.FLOATS
}


def ours(group, first, second, grad, convention=LOSSES):
    """By both boxes, of the loss 1 - overlap."""
    backward = getattr(refdet, f"aligned_{group.partition('/')[0]}_backward")
    return backward(-grad, first, second, convention=convention)


def agree(theirs, mine):
    return all(
        (a.dtype, a.shape) == (b.dtype, b.shape) and close(b, a, "autograd")
        for a, b in zip(theirs, mine, strict=True)
    )


def differing(group, convention=LOSSES):
    """The cases of a group in which refdet has another gradient."""
    recorded = zip(overlap_gradients.cases(group), RECORDED[group], strict=True)
    return [
        arguments
        for arguments, was in recorded
        if not agree(was, ours(group, *arguments, convention=convention))
    ]


@pytest.mark.parametrize("group", [group for group in overlap_gradients.GROUPS if group not in DISAGREEMENTS])
def test_the_gradients_are_those_that_were_recorded(group):
    assert differing(group) == []


@pytest.mark.parametrize("group", DISAGREEMENTS)
def test_a_listed_disagreement_is_still_there_and_is_about_nan_alone(group):
    assert differing(group) != []
    for arguments, was in zip(overlap_gradients.cases(group), RECORDED[group], strict=True):
        for theirs, mine in zip(was, ours(group, *arguments), strict=True):
            numbers = np.isfinite(theirs).all(axis=1)
            assert close(mine[numbers], theirs[numbers], "autograd")


@pytest.mark.parametrize(
    ("group", "changes"),
    [
        ("generalized_box_iou/touching/float64", {"union_eps": 0.0}),
        ("generalized_box_iou/touching/float64", {"giou_eps": 0.0}),
        ("distance_box_iou/sized/float64", {"diou_eps": 0.0}),
        ("distance_box_iou/sized/float64", {"beta": 0.6}),
        ("complete_box_iou/sized/float64", {"ciou_eps": 0.0}),
        ("generalized_box_iou/points/float64", {"inverted": "empty"}),
    ],
)
def test_another_convention_would_be_seen(group, changes):
    other = dataclasses.replace(LOSSES, overlap=dataclasses.replace(LOSSES.overlap, **changes))
    assert differing(group, other) != []


def test_alpha_is_a_constant():
    """C-11: were it not, the gradients would not be those of torchvision, which detaches it."""
    first, second, grad = overlap_gradients.cases("complete_box_iou/uniform/float64")[0]
    theirs = RECORDED["complete_box_iou/uniform/float64"][0][0]
    step = 1e-6 * np.eye(4)[:, None]
    slopes = [
        refdet.aligned_complete_box_iou(first + way, second)
        - refdet.aligned_complete_box_iou(first - way, second)
        for way in step
    ]
    moving = -grad[:, None] * np.stack(slopes, axis=1) / 2e-6
    assert not close(moving, theirs, "slope")


def installed():
    try:
        return overlap_gradients.versions()
    except LookupError as missing:
        pytest.skip(str(missing))


def judge(same, versions, text):
    """Fail on a difference from the recorded version, warn of one from another version."""
    known = recordings.load_text("overlap_gradients_versions.json")["torchvision"]
    if not same and versions == known:
        pytest.fail(text)
    if not same:
        warnings.warn(f"recorded with {known}, this is {versions}: {text}", stacklevel=2)


@pytest.mark.oracle
@pytest.mark.parametrize("group", overlap_gradients.GROUPS)
def test_torchvision_gives_what_was_recorded(group):
    versions = installed()
    for arguments, was in zip(overlap_gradients.cases(group), RECORDED[group], strict=True):
        now = overlap_gradients.answer(group, *arguments)
        judge(same_bits(now, was), versions, f"{group}: {was!r} was recorded, now it is {now!r}")


@pytest.mark.oracle
@given(seed=st.integers(0, 2**32 - 1))
@pytest.mark.parametrize("loss", overlap_gradients.LOSSES)
def test_refdet_agrees_with_torchvision_on_fresh_cases(loss, seed):
    versions = installed()
    arguments = overlap_gradients.case(seed, "uniform", "float64")
    theirs = overlap_gradients.answer(loss, *arguments)
    judge(agree(theirs, ours(loss, *arguments)), versions, f"{loss}, seed {seed}")


@pytest.mark.parametrize("loss", overlap_gradients.LOSSES)
def test_equal_boxes_are_at_rest_where_nothing_is_added(loss):
    """With 1e-7 in the union, torchvision still pulls them by 1e-7."""
    arguments = overlap_gradients.cases(f"{loss}/equal/float64")[0]
    theirs = RECORDED[f"{loss}/equal/float64"][0]
    for mine, with_eps in zip(ours(loss, *arguments, convention=REFDET), theirs, strict=True):
        assert close(mine, np.zeros_like(mine), "autograd")
        assert 1e-9 < np.abs(with_eps).max() < 1e-4
