"""IOU-3 to IOU-5, IOU-7, BOX-8 and BOX-9."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, boxes, same_bits

import refdet
from refdet import REFDET, TORCHVISION, complete_box_iou, distance_box_iou, generalized_box_iou

KINDS = ("generalized", "distance", "complete")
PAIRWISE = {kind: getattr(refdet, f"{kind}_box_iou") for kind in KINDS}
ALIGNED = {kind: getattr(refdet, f"aligned_{kind}_box_iou") for kind in KINDS}
ORDERED = boxes(dtype=np.float64, inverted=False)


def with_overlap(**changes):
    return dataclasses.replace(REFDET, overlap=dataclasses.replace(REFDET.overlap, **changes))


def one(kind, first, second, **options):
    """The overlap of one pair, the same in both forms."""
    pair = np.array([first], float), np.array([second], float)
    value = PAIRWISE[kind](*pair, **options)
    assert same_bits(ALIGNED[kind](*pair, **options), value[0])
    return value.item()


# By hand


@pytest.mark.parametrize(
    ("first", "second", "giou", "diou"),
    [
        ((0, 0, 2, 2), (1, 1, 3, 3), 1 / 7 - 2 / 9, 1 / 7 - 2 / 18),
        ((0, 0, 1, 1), (2, 2, 3, 3), -7 / 9, -8 / 18),  # apart: 7 of 9 are covered by neither
        ((0, 0, 1, 1), (2, 0, 3, 1), -1 / 3, -4 / 10),
        ((0, 0, 2, 1), (0, 0, 1, 2), 1 / 3 - 1 / 4, 1 / 3 - 0.5 / 8),
        ((0, 4, 10, 6), (4, 0, 6, 10), 1 / 9 - 64 / 100, 1 / 9),  # one centre
        ((0, 0, 4, 4), (0, 0, 4, 4), 1, 1),
        ((0, 0, 4, 4), (1, 1, 3, 3), 1 / 4, 1 / 4),  # contained, one centre
        ((0, 0, 2, 2), (2, 0, 4, 2), 0, -4 / 20),  # touching: nothing is enclosed beside them
    ],
)
def test_pairs_by_hand(first, second, giou, diou):
    assert round(one("generalized", first, second) - giou, 12) == 0
    assert round(one("distance", first, second) - diou, 12) == 0


@pytest.mark.parametrize(
    ("first", "second", "ciou"),
    [
        ((0, 0, 2, 1), (0, 0, 1, 2), 0.237082),  # v = 0.167826, alpha = 0.201111
        ((0, 0, 4, 2), (1, 0, 3, 4), 0.268332),
        ((0, 4, 10, 6), (4, 0, 6, 10), -0.105645),
    ],
)
def test_complete_pairs_by_hand(first, second, ciou):
    assert round(one("complete", first, second), 6) == ciou


def test_every_quantity_of_the_paper_stands_in_the_trace():
    """IOU-5, and BOX-8 and BOX-9 on the way: crossed boxes of 2 share 1, in a square of 4."""
    trace = complete_box_iou.trace([[0, 0, 2, 1]], [[0, 0, 1, 2]])
    names = ["area", "intersect", "divide", "span", "distance", "aspect", "weigh"]
    assert [step.name for step in trace] == names
    seen = {step.name: step for step in trace}
    assert (seen["divide"].inter, seen["divide"].total) == (1, 4)
    assert (seen["distance"].diagonal, seen["distance"].distance) == (8, 0.5)
    assert (seen["weigh"].v.round(6), seen["weigh"].alpha.round(6)) == (0.167826, 0.201111)
    enclose = generalized_box_iou.trace([[0, 0, 2, 1]], [[0, 0, 1, 2]]).named("enclose")[0]
    assert (enclose.enclosing, enclose.union) == (4, 3)


def test_equal_aspect_ratios_leave_the_distance_alone():
    pair = (0, 0, 4, 2), (1, 1, 3, 2)
    assert one("complete", *pair) == one("distance", *pair)


def test_the_gate_counts_the_aspect_ratio_from_its_iou_on():
    pair = (0, 0, 2, 1), (0, 0, 1, 2)  # IoU 1/3
    assert one("complete", *pair, alpha_gate=0.5) == one("distance", *pair)
    assert one("complete", *pair, alpha_gate=1 / 3) == one("complete", *pair)


def test_an_exponent_changes_the_distance_but_not_in_ciou():
    """ERR-35: AlexeyAB's darknet has -0.577 for two unit boxes 2 apart, and 1 as the exponent in CIoU."""
    pair, darknet = ((0, 0, 1, 1), (2, 0, 3, 1)), with_overlap(beta=0.6)
    assert round(one("distance", *pair, convention=darknet), 3) == -0.577
    assert one("complete", *pair, convention=darknet) == -0.4


def test_an_eps_in_the_union_shrinks_small_boxes():
    """YOLOv5 and torchvision's losses: a box of side 1e-4 overlaps itself by 1/11."""
    small, same = (0, 0, 1e-4, 1e-4), with_overlap(union_eps=1e-7)
    assert round(one("distance", small, small, convention=same), 4) == 0.0909
    assert one("distance", small, small) == 1


POINT, LINE = (3, 3, 3, 3), (0, 0, 4, 0)


@pytest.mark.parametrize(
    ("first", "second", "giou", "diou"),
    [
        (POINT, POINT, 0, 0),  # nothing enclosed, no diagonal: IoU
        (POINT, (5, 3, 5, 3), 0, -1),  # apart on a line
        (POINT, (5, 5, 5, 5), -1, -1),  # apart: all that is enclosed is covered by neither
        (LINE, LINE, 0, 0),
        ((4, 4, 0, 0), (0, 0, 4, 4), 0, 0),  # inverted: no area, but a centre
    ],
)
def test_boxes_without_area(first, second, giou, diou):
    assert (one("generalized", first, second), one("distance", first, second)) == (giou, diou)
    assert np.isfinite(one("complete", first, second))


def test_a_point_has_the_aspect_ratio_one():
    """IOU-5: without height a box counts as 1e-7 wider and higher; v is 0 for a square, 1/4 for a line."""
    assert one("complete", POINT, POINT) == 0
    steps = complete_box_iou.trace([POINT], [LINE, (0, 0, 2, 2)])
    assert steps.named("aspect")[0].v.round(6).tolist() == [[0.25, 0.0]]


def test_torchvision_has_no_number_for_nothing():
    assert np.isnan(one("generalized", POINT, POINT, convention=TORCHVISION))
    assert np.isnan(one("complete", POINT, POINT, convention=TORCHVISION))


def test_inclusive_pixels_widen_the_enclosing_box_too():
    """C-2: [0,0,1,1] is 2 by 2 pixels; with [2,0,3,1] it fills its enclosing 4 by 2, not 3 by 1 but for a half."""
    pair = (0, 0, 1, 1), (2, 0, 3, 1)
    assert one("generalized", *pair, convention=refdet.FAST_RCNN) == 0
    assert one("distance", *pair, convention=refdet.FAST_RCNN) == -4 / 20


# Properties


@pytest.mark.parametrize("kind", KINDS)
@given(first=ORDERED, second=ORDERED)
def test_symmetric_at_most_iou_and_at_least_minus_two(kind, first, second):
    first, second = np.round(first * 8), np.round(second * 8)  # C - U is exact, and 0 if one holds the other
    value = PAIRWISE[kind](first, second)
    assert same_bits(PAIRWISE[kind](second, first).T.copy(), value)
    assert (value <= refdet.box_iou(first, second)).all()
    assert (value >= (-2 if kind == "complete" else -1)).all()


@given(first=ORDERED, second=ORDERED)
def test_ciou_is_at_most_diou(first, second):
    assert (complete_box_iou(first, second) <= distance_box_iou(first, second)).all()


@pytest.mark.parametrize("kind", KINDS)
@given(drawn=boxes(min_size=1, inverted=False))
def test_a_box_with_area_overlaps_itself_wholly(kind, drawn):
    assert (np.diag(PAIRWISE[kind](drawn, drawn)) == (refdet.box_area(drawn) > 0)).all()


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), convention=st.sampled_from([REFDET, TORCHVISION, refdet.FAST_RCNN, refdet.ONNX]))
def test_aligned_is_the_diagonal(kind, data, convention):
    """IOU-7."""
    dtype = data.draw(DTYPES)
    first, second = data.draw(boxes(dtype=dtype, max_size=8)), data.draw(boxes(dtype=dtype, max_size=8))
    count = min(len(first), len(second))
    pairwise = PAIRWISE[kind](first[:count], second[:count], convention=convention)
    aligned = ALIGNED[kind](first[:count], second[:count], convention=convention)
    assert same_bits(aligned, np.diag(pairwise).copy())


@pytest.mark.parametrize("kind", KINDS)
@given(drawn=boxes(dtype=np.float64))
def test_moving_and_scaling_by_powers_of_two_change_nothing(kind, drawn):
    exact = np.round(drawn * 8)
    assert same_bits(PAIRWISE[kind](exact + 16, exact + 16), PAIRWISE[kind](exact, exact))
    if kind != "complete":  # 1e-7 is not scaled along
        assert same_bits(PAIRWISE[kind](exact * 4, exact * 4), PAIRWISE[kind](exact, exact))


@pytest.mark.parametrize("kind", KINDS)
@given(drawn=boxes(max_size=6))
def test_the_trace_ends_with_the_result(kind, drawn):
    assert same_bits(PAIRWISE[kind].trace(drawn, drawn).result, PAIRWISE[kind](drawn, drawn))
    assert same_bits(ALIGNED[kind].trace(drawn, drawn).result, ALIGNED[kind](drawn, drawn))


@pytest.mark.parametrize("kind", KINDS)
@given(dtype=DTYPES)
def test_dtype_that_comes_in_goes_out_and_none_gives_none(kind, dtype):
    """C-1, C-7."""
    some, none = np.ones((2, 4), dtype), np.zeros((0, 4), dtype)
    assert PAIRWISE[kind](some, some).dtype == dtype == ALIGNED[kind](some, some).dtype
    assert PAIRWISE[kind](some.astype(np.float16), some[:1].astype(np.float16)).dtype == np.float32
    assert PAIRWISE[kind](none, some).shape == (0, 2) and PAIRWISE[kind](some, none).shape == (2, 0)
    assert ALIGNED[kind](none, none).shape == (0,)


# Paths agree: tests/kernels/test_overlaps_paths.py

# Bad input


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_whose_squared_distance_overflows_are_refused_and_those_below_are_not(kind):
    edge = np.float32(2.0**61)
    far = np.array([[-edge, -edge, -edge, -edge], [edge, edge, edge, edge]], np.float32)
    assert np.isfinite(PAIRWISE[kind](far, far)).all()
    with pytest.raises(
        ValueError, match="boxes2: row 1 is .* so far away that a squared distance may overflow"
    ):
        PAIRWISE[kind](far, far * np.float32([[1], [2]]))
    with pytest.raises(ValueError, match="boxes1: row 1 is .*; wanted coordinates up to 2.31e\\+18"):
        ALIGNED[kind](far * np.float32([[1], [2]]), far)


@pytest.mark.parametrize("kind", KINDS)
def test_aligned_needs_as_many_of_each(kind):
    with pytest.raises(ValueError, match="boxes2: 2 boxes came; wanted 3"):
        ALIGNED[kind](np.zeros((3, 4)), np.zeros((2, 4)))


@pytest.mark.parametrize("gate", [-0.1, 1.5, np.nan, "0.5", True])
def test_a_gate_is_an_iou(gate):
    with pytest.raises((ValueError, TypeError), match="alpha_gate: .* came; wanted"):
        complete_box_iou(np.zeros((1, 4)), np.zeros((1, 4)), alpha_gate=gate)


@pytest.mark.parametrize("kind", KINDS)
def test_out_must_fit_and_stand_apart(kind):
    drawn = np.zeros((4, 4))
    for out in (np.zeros((4, 3)), drawn):
        with pytest.raises(ValueError, match="out: "):
            PAIRWISE[kind](drawn, drawn, out=out)
