"""GIoU, DIoU, CIoU and the suppression by DIoU: every implementation gives the reference's bits, CIoU nearly."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import DTYPES, boxes, layouts, same_bits, scored_boxes
from tolerances import close

import refdet
from refdet.conventions import REFDET
from refdet.profiles import PROFILES

EXACT = ("generalized_box_iou", "distance_box_iou")
EPS = {"union_eps": 1e-3, "giou_eps": 2e-3, "diou_eps": 3e-3, "ciou_eps": 4e-3}


def with_overlap(profile, **changes):
    return dataclasses.replace(profile, overlap=dataclasses.replace(profile.overlap, **changes))


VARIANTS = [
    with_overlap(profile, inverted=inverted, division=division, **eps)
    for profile, inverted, division, eps in itertools.product(
        (REFDET, refdet.TORCHVISION, refdet.FAST_RCNN),
        ("empty", "signed", "height", "sorted"),
        ("guarded", "ieee", "distance", "floored"),
        ({}, EPS),
    )
]
OVERLAP = st.sampled_from([*PROFILES.values(), *VARIANTS])
# Another exponent calls the machine's power, which libraries round differently: it has its own test.
WITHOUT_POWER = st.sampled_from([c for c in [*PROFILES.values(), *VARIANTS] if c.overlap.beta == 1])
SUPPRESSION = st.sampled_from(
    [c for c in [*PROFILES.values(), *VARIANTS] if c.suppression and c.overlap.beta == 1]
)
SPECIAL = st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0.0, -0.0, 1.0])
DIOU_THRESHOLDS = st.sampled_from([-1.0, -0.5, -0.1, 0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 1.0])


def spread(count, dtype, seed=0):
    """Boxes with random mantissas, so that rounding shows, and their scores, with ties."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (count, 2))
    drawn = np.hstack([corners, corners + rng.uniform(0, 30, (count, 2))]).astype(dtype)
    return drawn, (rng.integers(0, 99, count) / 99).astype(dtype)


@pytest.mark.parametrize("op", ["box_iou", *EXACT])
@given(data=st.data(), convention=WITHOUT_POWER)
def test_iou_giou_and_diou_agree_to_the_bit(implementation, op, data, convention):
    dtype = data.draw(DTYPES)
    first, second = data.draw(boxes(dtype=dtype)), data.draw(boxes(dtype=dtype))
    expected = getattr(refdet, op)(first, second, convention=convention)
    for form in (op, f"{op}_plain"):
        assert same_bits(implementation(form)(first, second, convention=convention), expected)


@given(data=st.data(), convention=OVERLAP, gate=st.sampled_from([None, 0.0, 0.25, 0.5, 1.0]))
def test_ciou_agrees_but_for_the_arc_tangent(implementation, data, convention, gate):
    dtype = data.draw(DTYPES)
    first, second = data.draw(boxes(dtype=dtype)), data.draw(boxes(dtype=dtype))
    expected = refdet.complete_box_iou(first, second, alpha_gate=gate, convention=convention)
    for form in ("complete_box_iou", "complete_box_iou_plain"):
        result = implementation(form)(first, second, alpha_gate=gate, convention=convention)
        assert near(result, expected, "arc tangent")


def near(result, expected, name):
    """True if dtype and shape agree, NaN and infinity exactly, and numbers within the tolerance."""
    same = ~np.isfinite(expected)
    return (
        (result.dtype, result.shape) == (expected.dtype, expected.shape)
        and same_bits(result[same], expected[same])
        and close(result[~same], expected[~same], name)
    )


@pytest.mark.parametrize("beta", [0.3, 0.6, 2.0, 7.5])
@given(data=st.data(), convention=OVERLAP)
def test_diou_with_another_exponent_agrees_but_for_the_power(implementation, beta, data, convention):
    dtype, convention = data.draw(DTYPES), with_overlap(convention, beta=beta)
    first, second = data.draw(boxes(dtype=dtype)), data.draw(boxes(dtype=dtype))
    expected = refdet.distance_box_iou(first, second, convention=convention)
    for form in ("distance_box_iou", "distance_box_iou_plain"):
        assert near(implementation(form)(first, second, convention=convention), expected, "power")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", [*EXACT, "complete_box_iou"])
def test_random_mantissas_agree_at_block_edges(implementation, op, dtype):
    drawn, _ = spread(1100, dtype)
    for n, m in ((1, 1), (1, 257), (31, 33), (129, 1025), (1100, 1), (0, 3), (3, 0)):
        expected = getattr(refdet, op)(drawn[:n], drawn[len(drawn) - m :])
        result = implementation(op)(drawn[:n], drawn[len(drawn) - m :])
        assert same_bits(result, expected) if op in EXACT else near(result, expected, "arc tangent")


@given(data=st.data(), convention=st.sampled_from(VARIANTS))
def test_hostile_values_give_the_same_bits_where_they_are_let_in(implementation, data, convention):
    convention, dtype = with_overlap(convention, finite="propagate"), data.draw(DTYPES)
    drawn, scores = data.draw(scored_boxes(max_size=12, dtype=dtype))
    for row, column, value in data.draw(
        st.lists(st.tuples(st.integers(0, 11), st.integers(0, 3), SPECIAL), max_size=8)
    ):
        if row < len(drawn):
            drawn[row, column] = value
    for op in EXACT:
        expected = getattr(refdet, op)(drawn, drawn, convention=convention)
        for form in (op, f"{op}_plain"):
            assert same_bits(implementation(form)(drawn, drawn, convention=convention), expected)
    expected = refdet.complete_box_iou(drawn, drawn, convention=convention)
    assert near(
        implementation("complete_box_iou")(drawn, drawn, convention=convention), expected, "arc tangent"
    )
    expected = refdet.diou_nms(drawn, scores, 0.5, convention=convention)
    assert same_bits(implementation("diou_nms")(drawn, scores, 0.5, convention=convention), expected)


@pytest.mark.parametrize(("dtype", "far"), [(np.float32, 3e38), (np.float64, 1.7e308)])
def test_a_shared_part_of_no_height_and_infinite_width_is_nothing(implementation, dtype, far):
    """The difference of finite edges overflows; infinity times 0 is NaN, which the guard turns into 0."""
    wide = np.array([[-far, 0, far, 1], [-far, 1, far, 2], [0, 0, 1, 1], [-far, 2, far, 1]], dtype)
    propagates = with_overlap(REFDET, finite="propagate")
    expected = refdet.box_iou(wide, wide, convention=propagates)
    assert expected[0, 1] == expected[2, 3] == 0 and np.isnan(expected[0, 0])
    for form in ("box_iou", "box_iou_plain"):
        assert same_bits(implementation(form)(wide, wide, convention=propagates), expected)


@pytest.mark.parametrize("form", ["diou_nms", "diou_nms_plain"])
@given(case=scored_boxes(max_size=100), threshold=DIOU_THRESHOLDS, convention=SUPPRESSION)
def test_diou_nms_agrees(implementation, form, case, threshold, convention):
    expected = refdet.diou_nms(*case, threshold, convention=convention)
    assert same_bits(implementation(form)(*case, threshold, convention=convention), expected)


@pytest.mark.parametrize("form", ["diou_nms", "diou_nms_plain"])
@given(case=scored_boxes(max_size=40), threshold=DIOU_THRESHOLDS, beta=st.sampled_from([0.3, 0.6, 2.0]))
def test_diou_nms_with_another_exponent_agrees_unless_a_power_decides(
    implementation, form, case, threshold, beta
):
    drawn, scores = case
    diou = refdet.distance_box_iou(drawn, drawn, convention=with_overlap(REFDET, beta=beta))
    plain = refdet.box_iou(drawn, drawn)
    limit = np.full_like(diou, threshold)
    # A power of 0 or 1 is exact everywhere; another one may fall on either side of the threshold.
    assume(
        not any(close(a, b, "power") for a, b in zip(diou[diou != plain], limit[diou != plain], strict=True))
    )
    expected = refdet.diou_nms(drawn, scores, threshold, beta)
    assert same_bits(implementation(form)(drawn, scores, threshold, beta), expected)


@pytest.mark.parametrize("count", [0, 1, 2, 31, 63, 64, 65, 128, 129, 257, 500])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_diou_nms_agrees_at_block_edges(implementation, count, dtype):
    drawn, scores = spread(count, dtype, count)
    for threshold in (-0.2, 0.0, 0.3, 0.7):
        expected = refdet.diou_nms(drawn, scores, threshold)
        assert same_bits(implementation("diou_nms")(drawn, scores, threshold), expected)


@pytest.mark.parametrize("layout", layouts(np.zeros((2, 4))))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_layout_does_not_matter(implementation, layout, dtype):
    drawn, scores = spread(40, dtype)
    second = layouts(drawn[:9])[layout]
    drawn_there, scores_there = layouts(drawn)[layout], layouts(scores)[layout]
    for op in EXACT:
        assert same_bits(implementation(op)(drawn_there, second), getattr(refdet, op)(drawn, drawn[:9]))
    assert same_bits(
        implementation("diou_nms")(drawn_there, scores_there, 0.3), refdet.diou_nms(drawn, scores, 0.3)
    )


@pytest.mark.parametrize("op", [*EXACT, "complete_box_iou"])
def test_out_receives_the_same_values_in_any_layout(implementation, op):
    drawn, _ = spread(6, np.float32)
    expected = np.array(implementation(op)(drawn, drawn))
    for out in (np.empty_like(expected), np.empty_like(expected, order="F"), np.empty_like(expected)[::-1]):
        result = implementation(op)(drawn, drawn, out=out)
        assert same_bits(out.copy(), expected) and same_bits(np.array(result), expected)
