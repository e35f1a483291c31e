"""Every implementation of a paired op gives the reference's bits, under every profile and memory layout."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import (
    DTYPES,
    THRESHOLDS,
    boxes,
    classified_boxes,
    layouts,
    pooling,
    same_bits,
    scored_boxes,
)

import refdet
from refdet.conventions import REFDET
from refdet.profiles import PROFILES

OVERLAP = st.sampled_from([profile for profile in PROFILES.values()])
SUPPRESSION = st.sampled_from([profile for profile in PROFILES.values() if profile.suppression])
ROI = st.sampled_from([profile for profile in PROFILES.values() if profile.roi])
SPECIAL = st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0.0, -0.0, 1.0])


@given(data=st.data())
def test_box_iou_agrees_with_the_reference(implementation, data):
    dtype, convention = data.draw(DTYPES), data.draw(OVERLAP)
    first, second = data.draw(boxes(dtype=dtype)), data.draw(boxes(dtype=dtype))
    expected = refdet.box_iou(first, second, convention=convention)
    assert same_bits(implementation("box_iou")(first, second, convention=convention), expected)


@pytest.mark.parametrize("form", ["nms", "nms_plain"])
@given(case=scored_boxes(max_size=100), threshold=THRESHOLDS, convention=SUPPRESSION)
def test_nms_agrees_with_the_reference(implementation, form, case, threshold, convention):
    expected = refdet.nms(*case, threshold, convention=convention)
    assert same_bits(implementation(form)(*case, threshold, convention=convention), expected)


@pytest.mark.parametrize("form", ["batched_nms", "batched_nms_plain"])
@given(case=classified_boxes(max_size=100), threshold=THRESHOLDS, convention=SUPPRESSION)
def test_batched_nms_agrees_with_the_reference(implementation, form, case, threshold, convention):
    """TORCHVISION and OPENCV move the classes apart."""
    expected = outcome(refdet.batched_nms, *case, threshold, convention=convention)
    assert same_bits(outcome(implementation(form), *case, threshold, convention=convention), expected)


def outcome(function, *arguments, **rule):
    """The kept boxes; none, with another dtype, where a shift by a class of 2^62 overflows."""
    try:
        return function(*arguments, **rule)
    except ValueError as error:
        assert "shifted aside, overflow" in str(error) or "overflow float" in str(error)
        return np.zeros(0)


@given(case=pooling(), convention=ROI)
def test_roi_pool_and_argmax_agree_with_the_reference(implementation, case, convention):
    expected = refdet.roi_pool_with_argmax(*case, convention=convention)
    assert same_bits(implementation("roi_pool_with_argmax")(*case, convention=convention), expected)
    assert same_bits(implementation("roi_pool")(*case, convention=convention), expected[0])


@given(case=pooling(), seed=st.integers(0, 2**32 - 1))
def test_roi_pool_backward_agrees_with_the_reference(implementation, case, seed):
    features, rois, size, scale = case
    _, argmax = refdet.roi_pool_with_argmax(features, rois, size, scale)
    # Random mantissas make the order of the additions visible in the last bits.
    grad = np.random.default_rng(seed).standard_normal(argmax.shape).astype(features.dtype)
    expected = refdet.roi_pool_backward(grad, argmax, rois, features.shape)
    assert same_bits(implementation("roi_pool_backward")(grad, argmax, rois, features.shape), expected)


@given(data=st.data())
def test_hostile_values_give_the_same_bits_where_a_profile_lets_them_in(implementation, data):
    dtype = data.draw(DTYPES)
    drawn, scores = data.draw(scored_boxes(max_size=12, dtype=dtype))
    places = data.draw(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4), SPECIAL), max_size=8))
    for row, column, value in places:
        if row < len(drawn):
            (scores if column == 4 else drawn)[(row,) if column == 4 else (row, column)] = value
    torch = refdet.TORCHVISION
    expected = refdet.box_iou(drawn, drawn, convention=torch)
    assert same_bits(implementation("box_iou")(drawn, drawn, convention=torch), expected)
    expected = refdet.nms(drawn, scores, 0.5, convention=torch)
    assert same_bits(implementation("nms")(drawn, scores, 0.5, convention=torch), expected)
    classes, apart = (
        np.arange(len(drawn)) % 2,
        dataclasses.replace(torch, suppression=refdet.REFDET.suppression),
    )
    for convention in (torch, apart):
        expected = refdet.batched_nms(drawn, scores, classes, 0.5, convention=convention)
        result = implementation("batched_nms")(drawn, scores, classes, 0.5, convention=convention)
        assert same_bits(result, expected)


@pytest.mark.parametrize("profile", [refdet.TORCHVISION, refdet.FAST_RCNN])
def test_nan_scores_come_first_in_order(implementation, profile):
    """Under a convention that lets them in: every order of NaN and number, which a wrong comparison would mix."""
    convention = dataclasses.replace(
        profile, overlap=dataclasses.replace(profile.overlap, finite="propagate")
    )
    apart = np.array([[10.0 * i, 0, 10 * i + 5, 5] for i in range(4)], np.float32)
    for levels in itertools.product([0.5, np.nan, 0.7], repeat=4):
        scores = np.array(levels, np.float32)
        expected = refdet.nms(apart, scores, 0.5, convention=convention)
        assert same_bits(implementation("nms")(apart, scores, 0.5, convention=convention), expected), levels
    assert refdet.nms(apart[:3], [0.5, np.nan, 0.7], 0.5, convention=refdet.TORCHVISION).tolist() == [1, 2, 0]


def test_negative_zero_is_zero(implementation):
    """Edges that meet at 0.0 and -0.0: the sign of the overlap must not depend on the machine."""
    for signs in itertools.product([0.0, -0.0], repeat=4):
        first, second = np.array([[signs[0], signs[1], 4, 4]]), np.array([[-4, -4, signs[2], signs[3]]])
        assert same_bits(implementation("box_iou")(first, second), np.zeros((1, 1)))


@given(case=pooling(), data=st.data())
def test_hostile_maps_and_regions_pool_to_the_same_bits(implementation, case, data):
    features, rois, size, scale = case
    for value in data.draw(st.lists(SPECIAL, max_size=6)):
        features.reshape(-1)[data.draw(st.integers(0, features.size - 1))] = value
        if len(rois):
            rois[data.draw(st.integers(0, len(rois) - 1)), data.draw(st.integers(1, 4))] = value
    expected = refdet.roi_pool_with_argmax(features, rois, size, scale, convention=refdet.TORCHVISION)
    result = implementation("roi_pool_with_argmax")(
        features, rois, size, scale, convention=refdet.TORCHVISION
    )
    assert same_bits(result, expected)


@pytest.mark.parametrize("layout", layouts(np.zeros((2, 4))))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_layout_does_not_matter(implementation, layout, dtype):
    rng = np.random.default_rng(0)
    drawn, scores = rng.integers(0, 8, (40, 4)).astype(dtype), (rng.integers(0, 5, 40) / 4).astype(dtype)
    features, rois = (
        rng.integers(-3, 4, (2, 3, 9, 8)).astype(dtype),
        rng.integers(0, 12, (7, 5)).astype(dtype),
    )
    rois[:, 0] = [0, 1, 0, 1, 1, 0, 0]
    pooled, argmax = refdet.roi_pool_with_argmax(features, rois, (3, 2), 0.5)

    def laid(array):
        return layouts(array)[layout]

    calls = {
        "box_iou": (drawn, drawn[:9]),
        "nms": (drawn, scores, 0.3),
        "batched_nms": (drawn, scores, np.arange(40) % 3, 0.3),
        "roi_pool_with_argmax": (features, rois, (3, 2), 0.5),
        "roi_pool_backward": (pooled, argmax, rois, features.shape),
    }
    for op, arguments in calls.items():
        moved = [laid(a) if isinstance(a, np.ndarray) else a for a in arguments]
        before = [a.tobytes() if isinstance(a, np.ndarray) else a for a in moved]
        assert same_bits(implementation(op)(*moved), getattr(refdet, op)(*arguments)), op
        assert before == [a.tobytes() if isinstance(a, np.ndarray) else a for a in moved], (
            f"{op} changed an input"
        )


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 128, 129, 257, 500])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nms_agrees_at_block_edges(implementation, count, dtype):
    """NMS-8: the mask of 64-bit words gives the same indices, whatever is left of the last word."""
    rng = np.random.default_rng(count)
    drawn = rng.integers(0, 40, (count, 4)).astype(dtype)
    drawn[:, 2:] = drawn[:, :2] + rng.integers(0, 12, (count, 2))
    scores = (rng.integers(0, 50, count) / 49).astype(dtype)
    for threshold in (0.0, 0.3, 0.7):
        expected = refdet.nms(drawn, scores, threshold)
        assert same_bits(implementation("nms")(drawn, scores, threshold), expected)
        expected = refdet.batched_nms(drawn, scores, np.arange(count) % 2, threshold)
        assert same_bits(
            implementation("batched_nms")(drawn, scores, np.arange(count) % 2, threshold), expected
        )


def test_box_iou_agrees_at_block_edges(implementation):
    rng = np.random.default_rng(1)
    drawn = rng.uniform(0, 100, (1100, 4)).astype(np.float32)
    for n, m in ((1, 1), (1, 257), (31, 33), (128, 128), (129, 1025), (1100, 1)):
        expected = refdet.box_iou(drawn[:n], drawn[-m:])
        assert same_bits(implementation("box_iou")(drawn[:n], drawn[-m:]), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_bin_edge_agrees(implementation, dtype):
    """All sizes 1..64, and those where a float bin edge is one cell too far (225, 232, 235)."""
    features = np.random.default_rng(2).standard_normal((1, 1, 240, 1)).astype(dtype)
    sizes = [*range(1, 65), 225, 232, 235]
    rois = np.array([[0, 0, 2, 0, 2 + size - 1] for size in sizes], dtype)
    for bins in (1, 2, 3, 6, 7, 14):
        for convention in (REFDET, refdet.TORCHVISION):
            expected = refdet.roi_pool_with_argmax(features, rois, (bins, 1), convention=convention)
            result = implementation("roi_pool_with_argmax")(features, rois, (bins, 1), convention=convention)
            assert same_bits(result, expected), (bins, convention)


@pytest.mark.parametrize("op", ["box_iou", "roi_pool"])
def test_out_receives_the_same_bits_in_any_layout(implementation, op):
    rng = np.random.default_rng(3)
    drawn = rng.integers(0, 9, (6, 4)).astype(np.float32)
    features, rois = rng.standard_normal((1, 2, 6, 6)).astype(np.float32), np.array([[0, 0, 0, 4, 5]] * 3)
    arguments = (drawn, drawn) if op == "box_iou" else (features, rois, (2, 2))
    expected = getattr(refdet, op)(*arguments)
    for out in (np.empty_like(expected), np.empty_like(expected, order="F"), np.empty_like(expected)[::-1]):
        result = implementation(op)(*arguments, out=out)
        assert same_bits(out.copy(), expected) and same_bits(np.array(result), expected)


def test_planted_differences_are_seen():
    """The comparison itself: one bit, one dtype, one sign of zero, one NaN are differences."""
    value = np.array([0.0, 1.0, np.nan], np.float32)
    assert same_bits(value.copy(), value)
    for planted in (
        np.nextafter(value, np.float32(2)),
        value.astype(np.float64),
        -value,
        value[:2],
        value.tolist(),
    ):
        assert not same_bits(planted, value)
    assert not same_bits(np.array([0.0, 1.0, 5.0], np.float32), value)
    assert not same_bits((value,), (value, value))
