"""IOU-1 and IOU-7."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, boxes, same_bits
from tolerances import close

import refdet
from refdet import aligned_box_iou, box_iou

# By hand


def test_shared_corner_square():
    """(0,0,2,2) and (1,1,3,3) share 1 of 4 + 4 - 1."""
    assert box_iou([[0, 0, 2, 2]], [[1, 1, 3, 3]])[0, 0] == 1 / 7


def test_union_is_a_sum_of_areas_and_not_their_product():
    """ERR-2: the notes' listing multiplies the areas, 1 / (4 * 4 - 1)."""
    wrong = 1 / (4 * 4 - 1)
    assert round(wrong, 6) == 0.066667
    assert box_iou([[0, 0, 2, 2]], [[1, 1, 3, 3]])[0, 0] != wrong


@pytest.mark.parametrize(
    ("first", "second", "iou"),
    [
        ((0, 0, 4, 2), (1, 0, 3, 4), 4 / 12),
        ((0, 0, 2, 2), (0, 0, 2, 2), 1.0),
        ((0, 0, 4, 4), (1, 1, 3, 3), 4 / 16),  # contained
        ((0, 0, 2, 2), (2, 0, 4, 2), 0.0),  # touching edges
        ((0, 0, 2, 2), (2, 2, 4, 4), 0.0),  # touching corners
        ((0, 0, 2, 2), (5, 5, 6, 6), 0.0),
        ((1, 1, 1, 1), (1, 1, 1, 1), 0.0),  # two points
        ((2, 0, 0, 2), (2, 0, 0, 2), 0.0),  # inverted
        ((2, 2, 0, 0), (2, 2, 0, 0), 0.0),  # inverted twice: torchvision's areas multiply to 4
    ],
)
def test_pairs_by_hand(first, second, iou):
    assert box_iou([first], [second])[0, 0] == iou
    assert aligned_box_iou([first], [second])[0] == iou


def test_five_boxes_of_the_notes():
    """NMS-9: cxcywh boxes, IoU to six digits."""
    centre = [
        [150, 200, 100, 150],
        [153, 202, 102, 148],
        [155, 205, 98, 145],
        [200, 300, 100, 150],
        [230, 290, 95, 140],
    ]
    corner = refdet.box_convert(centre, "cxcywh", "xyxy")
    upper = box_iou(corner, corner)[np.triu_indices(5, 1)].round(6).tolist()
    assert upper == [
        *(0.918164, 0.846981, 0.090909, 0.035208),
        *(0.922587, 0.100724, 0.044278),
        *(0.107488, 0.047053),
        0.474919,
    ]


def test_inclusive_pixels_widen_the_overlap():
    """C-2: 8x8 and 8x4 pixels; without the +1, 7x3 of 7x7."""
    pair = [[0, 0, 7, 7]], [[0, 0, 7, 3]]
    assert box_iou(*pair, convention=refdet.FAST_RCNN)[0, 0] == 0.5
    assert box_iou(*pair)[0, 0] == 21 / 49


def test_nothing_is_added_to_the_union():
    """ERR-3: with the listing's 1e-6, a normalised box of side 1e-3 would overlap itself by half."""
    small = [[0.5, 0.5, 0.501, 0.501]]
    assert box_iou(small, small)[0, 0] == 1
    area = refdet.box_area(small)[0]
    assert round(area / (area + 1e-6), 2) == 0.5


# Properties


@given(first=boxes(dtype=np.float64), second=boxes(dtype=np.float64))
def test_symmetric_and_within_zero_and_one(first, second):
    iou = box_iou(first, second)
    assert iou.shape == (len(first), len(second))
    assert ((iou >= 0) & (iou <= 1)).all()
    assert same_bits(box_iou(second, first).T.copy(), iou)


@given(drawn=boxes(min_size=1, inverted=False))
def test_a_box_with_area_overlaps_itself_wholly(drawn):
    assert (np.diag(box_iou(drawn, drawn)) == (refdet.box_area(drawn) > 0)).all()


@given(first=boxes(dtype=np.float32, max_size=8), second=boxes(dtype=np.float32, max_size=8))
def test_aligned_is_the_diagonal(first, second):
    count = min(len(first), len(second))
    pairwise = box_iou(first[:count], second[:count])
    assert same_bits(aligned_box_iou(first[:count], second[:count]), np.diag(pairwise).copy())


@given(drawn=boxes(min_size=1, max_size=9, inverted=False, dtype=np.float64))
def test_one_minus_iou_is_a_metric_of_boxes_with_area(drawn):
    """Jaccard: 0 between equal ones alone, and no way round by a third is shorter."""
    drawn = drawn[refdet.box_area(drawn) > 0]
    distance = 1 - box_iou(drawn, drawn)
    assert ((distance == 0) == (drawn[:, None] == drawn).all(axis=2)).all()
    round_about = (distance[:, :, None] + distance[None]).min(axis=1, initial=2)
    assert close(np.maximum(distance - round_about, 0), np.zeros_like(distance), "float64 sums")


@given(drawn=boxes(dtype=np.float64), power=st.integers(-40, 40), move=st.integers(-99, 99))
def test_moving_and_scaling_by_powers_of_two_change_nothing(drawn, power, move):
    exact = np.round(drawn * 8)
    assert same_bits(box_iou(exact * 2.0**power, exact * 2.0**power), box_iou(exact, exact))
    assert same_bits(box_iou(exact + move, exact + move), box_iou(exact, exact))


@given(dtype=DTYPES)
def test_dtype_that_comes_in_goes_out(dtype):
    """C-1."""
    assert box_iou(np.zeros((2, 4), dtype), np.zeros((1, 4), dtype)).dtype == dtype
    assert box_iou(np.zeros((2, 4), np.float16), np.zeros((1, 4), np.float16)).dtype == np.float32
    assert box_iou(np.zeros((2, 4), np.int16), np.zeros((1, 4), dtype)).dtype == np.float64


def test_empty_inputs_give_empty_matrices():
    """C-7."""
    none, some = np.zeros((0, 4)), np.zeros((3, 4))
    assert box_iou(none, some).shape == (0, 3)
    assert box_iou(some, none).shape == (3, 0)
    assert box_iou([], some).shape == (0, 3)
    assert aligned_box_iou(none, none).shape == (0,)


# Paths agree: tests/kernels/test_paths_agree.py

# Bad input


@pytest.mark.parametrize("planted", [np.nan, np.inf, -np.inf])
def test_non_finite_box_names_its_row(planted):
    bad = np.zeros((3, 4))
    bad[1, 2] = planted
    with pytest.raises(
        ValueError, match=r"boxes2: row 1 is \[0.0, 0.0, (nan|inf|-inf), 0.0\]; wanted four finite"
    ):
        box_iou(np.zeros((1, 4)), bad)


def test_area_that_overflows_names_its_row():
    huge = np.array([[0, 0, 1, 1], [0, 0, 1e30, 1e30]], np.float32)
    with pytest.raises(ValueError, match="boxes1: row 1 .* overflow float32"):
        box_iou(huge, huge)
    assert box_iou(huge.astype(np.float64), huge.astype(np.float64))[1, 1] == 1  # 1e60 fits float64


def test_the_largest_boxes_that_are_accepted_do_not_overflow():
    """Half of the largest float is the bound of coordinates and areas, so that sums of two areas still fit."""
    side = np.float32(2.0**63)
    just = np.array([[0, 0, side, side * np.float32(0.999)]])
    assert box_iou(just, just)[0, 0] == 1
    with pytest.raises(ValueError, match="overflow float32"):
        box_iou(np.array([[0, 0, side, side * 2]], np.float32), just)


def test_a_lone_box_is_told_how_to_become_a_row():
    with pytest.raises(
        ValueError, match=r"boxes1: shape is \(4,\); wanted \(N, 4\).*one box is boxes1\[None\]"
    ):
        box_iou(np.zeros(4), np.zeros((1, 4)))


@pytest.mark.parametrize("bad", [np.zeros((2, 5)), np.zeros((1, 2, 4)), np.float64(3), [[0, 0, 1], [1]]])
def test_wrong_shape_is_a_value_error(bad):
    with pytest.raises(ValueError, match="boxes1: "):
        box_iou(bad, np.zeros((1, 4)))


@pytest.mark.parametrize("dtype", [bool, complex, object, "U3", "M8[s]", np.longdouble])
def test_wrong_dtype_is_a_type_error(dtype):
    with pytest.raises(TypeError, match="boxes1: dtype is .*; wanted real numbers"):
        box_iou(np.zeros((1, 4)).astype(dtype), np.zeros((1, 4)))


def test_masked_array_is_refused_because_its_mask_would_be_lost():
    with pytest.raises(TypeError, match="masked array"):
        box_iou(np.ma.zeros((1, 4)), np.zeros((1, 4)))


def test_out_must_fit_be_writable_and_stand_apart():
    drawn = np.zeros((4, 4))
    for out, error, text in [
        (
            np.zeros((4, 3)),
            ValueError,
            r"out: float64 of shape \(4, 3\) came; wanted float64 of shape \(4, 4\)",
        ),
        (np.zeros((4, 4), np.float32), ValueError, "out: float32"),
        ([[0] * 4] * 4, TypeError, "out: list came"),
        (np.broadcast_to(np.zeros(4), (4, 4)), ValueError, "read-only"),
        (drawn, ValueError, "out: it overlaps an input"),
    ]:
        with pytest.raises(error, match=text):
            box_iou(drawn, drawn, out=out)


def test_aligned_needs_as_many_of_each():
    with pytest.raises(ValueError, match="boxes2: 2 boxes came; wanted 3"):
        aligned_box_iou(np.zeros((3, 4)), np.zeros((2, 4)))
