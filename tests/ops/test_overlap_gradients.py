"""IOU-6: the gradients of the overlap family, by hand, against differences, and at the kinks."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import boxes, same_bits
from tolerances import close

import refdet
from refdet import REFDET, TORCHVISION

KINDS = ("", "generalized_", "distance_", "complete_")


def with_overlap(**changes):
    return dataclasses.replace(REFDET, overlap=dataclasses.replace(REFDET.overlap, **changes))


CONVENTIONS = {
    "REFDET": REFDET,
    "TORCHVISION": TORCHVISION,
    "FAST_RCNN": refdet.FAST_RCNN,
    "beta": with_overlap(beta=0.6),
    "added": with_overlap(division="ieee", union_eps=0.5, giou_eps=0.25, diou_eps=2.0, ciou_eps=0.125),
    "floored": with_overlap(division="floored", union_eps=20.0, giou_eps=60.0),
    "height": with_overlap(division="ieee", inverted="height", union_eps=3.0),
}


def gradient(kind, first, second, grad=1.0, **options):
    """By the corners of one pair, the same in both forms."""
    pair = np.array([first], float), np.array([second], float)
    pairwise = getattr(refdet, f"{kind}box_iou_backward")([[grad]], *pair, **options)
    aligned = getattr(refdet, f"aligned_{kind}box_iou_backward")([grad], *pair, **options)
    assert all(map(np.array_equal, aligned, pairwise))
    return pairwise[0][0], pairwise[1][0]


def drawn_boxes(rng, count, apart=0.0):
    corner = rng.uniform(0, 10, (count, 2)) + apart
    return np.hstack([corner, corner + rng.uniform(0.5, 6, (count, 2))])


# By hand

SQUARES = (0, 0, 2, 2), (1, 0, 3, 2)  # share 2 of 6, enclosed by 6


def test_iou_of_two_squares():
    """The right edge of the first brings 2 more of shared area and no more union: 2/6. Its left edge takes off 2 of
    union: IoU * 2/6. Above and below both decide half: 1/2 less shared, 2 - 1/2 less union, no change at all."""
    first, second = gradient("", *SQUARES)
    assert close(first, [1 / 9, 0, 1 / 3, 0], "float64 sums")
    assert close(second, [-1 / 3, 0, -1 / 9, 0], "float64 sums")


def test_giou_draws_boxes_apart_to_each_other():
    """(0,0,1,1) and (2,0,3,1): GIoU = U / C - 1 = 2/3 - 1; an edge of 1 more area adds 1/3, of C takes 2/9."""
    first, second = gradient("generalized_", (0, 0, 1, 1), (2, 0, 3, 1))
    # Left: -1/3 of union, and +2/9 since the enclosing box shrinks; above and below half of 3 * 2/9.
    assert close(first, [-1 / 3 + 2 / 9, 0, 1 / 3, 0], "float64 sums")
    assert close(second, [-1 / 3, 0, 1 / 3 - 2 / 9, 0], "float64 sums")
    assert not any(map(np.any, gradient("", (0, 0, 1, 1), (2, 0, 3, 1))))  # IoU has no gradient there


def test_diou_draws_centres_to_each_other():
    """The same pair: q = 4/10. Centres: 2 * -2 / 2 / 10 each edge; the diagonal: 2 * 3 * 4/100 and half of 2 * 1."""
    first, _ = gradient("distance_", (0, 0, 1, 1), (2, 0, 3, 1))
    assert close(first, [0.2 - 0.24, -0.04, 0.2, 0.04], "float64 sums")


def test_an_exponent_scales_the_distance_term():
    pair = (0, 0, 1, 1), (2, 0, 3, 1)
    plain, _ = gradient("distance_", *pair)
    other, _ = gradient("distance_", *pair, convention=with_overlap(beta=0.6))
    assert close(other, 0.6 * 0.4**-0.4 * plain, "float64 sums")


CROSSED = (0, 0, 2, 1), (0, 0, 1, 2)


def test_ciou_turns_a_box_towards_the_other_aspect_ratio():
    """dv/dw = 8/pi^2 (atan 1/2 - atan 2) * -h / (w^2 + h^2), and alpha = 0.201111 stays as it is (C-11)."""
    ciou, _ = gradient("complete_", *CROSSED)
    diou, _ = gradient("distance_", *CROSSED)
    turn = 8 / np.pi**2 * (np.arctan(0.5) - np.arctan(2))
    v = (turn * np.pi**2 / 8) ** 2 * 4 / np.pi**2
    alpha = v / (2 / 3 + v)
    by_width, by_height = -alpha * turn * -1 / 5, -alpha * turn * 2 / 5
    assert close(ciou - diou, [-by_width, -by_height, by_width, by_height], "float64 sums")
    stable, _ = gradient("complete_", *CROSSED, aspect_gradient="stable")
    assert close(stable - diou, 5 * (ciou - diou), "float64 sums")


def test_the_gate_closes_the_gradient_too():
    gated = gradient("complete_", *CROSSED, alpha_gate=0.5)
    assert same_bits(gated, gradient("distance_", *CROSSED))


def test_by_centre_and_size():
    """IOU-6: moving the first square to the right by dx gains 1/9 + 1/3; widening it by dw, half of 1/3 - 1/9."""
    first, _ = gradient("", *SQUARES)
    assert close(refdet.box_convert_backward(first, "cxcywh", "xyxy"), [4 / 9, 0, 1 / 9, 0], "float64 sums")


# The kinks, by hand


@pytest.mark.parametrize("kind", KINDS)
def test_equal_boxes_are_at_rest(kind):
    for part in gradient(kind, (1, 2, 4, 4), (1, 2, 4, 4)):
        assert close(part, np.zeros(4), "float64 sums")


@pytest.mark.parametrize("second", [(2, 0, 4, 2), (2, 2, 4, 4)])
def test_boxes_that_touch_share_nothing_and_gain_nothing(second):
    assert not any(map(np.any, gradient("", (0, 0, 2, 2), second)))


def test_a_box_without_width_is_not_told_to_shrink():
    """A side at its bound of 0 does not move: else the union would gain by it, and what is shared would not."""
    first, _ = gradient("generalized_", (2, 0.5, 2, 1), (0, 0, 4, 2))
    assert close(first, np.zeros(4), "float64 sums")
    # Outside, U = 8 and C = 10, which grows with the right edge and with half of the upper and the lower one.
    first, _ = gradient("generalized_", (5, 0, 5, 2), (0, 0, 4, 2))
    assert close(first, [0, 0.8 * 2.5 / 10, -0.8 * 2 / 10, -0.8 * 2.5 / 10], "float64 sums")


def test_an_inverted_box_has_no_area_to_move():
    first, second = gradient("", (2, 0, 0, 2), (0, 0, 4, 2))
    assert not first.any() and not second.any()
    first, _ = gradient("generalized_", (2, 0.5, 1, 1), (0, 0, 4, 2))
    assert not first.any()


def test_under_a_floor_only_the_shared_area_moves():
    """SQUARES cover 6: at a floor of 8 the union is 8, whatever the corners."""
    floored = with_overlap(division="floored", union_eps=8.0)
    first, _ = gradient("", *SQUARES, convention=floored)
    assert close(first, [0, -1 / 16, 2 / 8, 1 / 16], "float64 sums")


def test_at_the_very_floor_the_union_does_not_move_and_just_over_it_does():
    for floor, expected in (
        (6.0, [0, -1 / 12, 2 / 6, 1 / 12]),
        (np.nextafter(6, 0), gradient("", *SQUARES)[0]),
    ):
        first, _ = gradient("", *SQUARES, convention=with_overlap(division="floored", union_eps=floor))
        assert close(first, expected, "float64 sums")


@pytest.mark.parametrize("kind", KINDS[1:])
def test_two_points_and_two_lines_have_a_gradient(kind):
    for first, second in (
        ((3, 3, 3, 3), (3, 3, 3, 3)),
        ((3, 3, 3, 3), (5, 5, 5, 5)),
        ((0, 0, 4, 0), (1, 0, 3, 0)),
    ):
        for convention in (REFDET, with_overlap(beta=0.6)):
            assert all(
                np.isfinite(part).all() for part in gradient(kind, first, second, convention=convention)
            )


# Properties


def value_at(kind, form, first, second, grad, weights, options):
    """The sum of the weighted overlaps; CIoU with the weights alpha of another place."""
    if kind != "complete_":
        return (grad * getattr(refdet, f"{form}{kind}box_iou")(first, second, **options)).sum()
    overlap = getattr(refdet, f"{form}distance_box_iou")(first, second, **options)
    return (grad * (overlap - weights * aspect(form, first, second))).sum()


def aspect(form, first, second):
    """v of CIoU (IOU-5), for boxes with positive sides."""
    a, b = (np.arctan((x[:, 2] - x[:, 0]) / (x[:, 3] - x[:, 1])) for x in (first, second))
    return 4 / np.pi**2 * ((a if form else a[:, None]) - b) ** 2


# The differences of CIoU hold alpha, and are written for ordinary boxes.
SLOPES = [
    (kind, name)
    for kind in KINDS
    for name in (CONVENTIONS if kind != "complete_" else ("REFDET", "TORCHVISION"))
]


@pytest.mark.parametrize(("kind", "name"), SLOPES)
@pytest.mark.parametrize("form", ["", "aligned_"])
def test_gradients_are_the_slopes_in_a_random_direction(kind, form, name):
    """C-10: in float64, away from the kinks; alpha of CIoU is held (C-11)."""
    rng, options = np.random.default_rng(1), {"convention": CONVENTIONS[name]}
    first, second = drawn_boxes(rng, 9), drawn_boxes(rng, 9 if form else 7)
    ways = rng.standard_normal(first.shape), rng.standard_normal(second.shape)
    overlap = getattr(refdet, f"{form}{kind}box_iou")(first, second, **options)
    grad, weights = rng.standard_normal(overlap.shape), None
    if kind == "complete_":
        distance = getattr(refdet, f"{form}distance_box_iou")(first, second, **options)
        weights = (distance - overlap) / aspect(form, first, second)
    step = 1e-6
    ends = [
        value_at(kind, form, first + s * ways[0], second + s * ways[1], grad, weights, options)
        for s in (step, -step)
    ]
    parts = getattr(refdet, f"{form}{kind}box_iou_backward")(grad, first, second, **options)
    slope = sum((part * way).sum() for part, way in zip(parts, ways, strict=True))
    assert close((ends[0] - ends[1]) / (2 * step), slope, "slope")


def test_a_wrong_gradient_is_seen():
    """The comparison itself: a thousandth more, and none where boxes lie apart, are not the slope."""
    rng = np.random.default_rng(2)
    first, second = drawn_boxes(rng, 5), drawn_boxes(rng, 5, apart=20.0)
    (slope, _), way = gradient("generalized_", first[0], second[0]), rng.standard_normal(4)
    ends = [refdet.aligned_generalized_box_iou(first[:1] + s * way, second[:1])[0] for s in (1e-6, -1e-6)]
    measured = (ends[0] - ends[1]) / 2e-6
    assert close(measured, slope @ way, "slope")
    assert not close(measured, 1.001 * slope @ way, "slope") and not close(measured, 0.0, "slope")


@pytest.mark.parametrize("kind", KINDS)
@given(first=boxes(dtype=np.float64, max_size=6), second=boxes(dtype=np.float64, max_size=6))
def test_pairwise_sums_what_aligned_gives(kind, first, second):
    pairs = [(i, j) for i in range(len(first)) for j in range(len(second))]
    grad = np.arange(1.0, len(pairs) + 1).reshape(len(first), len(second))
    rows, columns = (np.array(pairs, int).reshape(-1, 2)[:, axis] for axis in (0, 1))
    parts = getattr(refdet, f"aligned_{kind}box_iou_backward")(grad.ravel(), first[rows], second[columns])
    sums = getattr(refdet, f"{kind}box_iou_backward")(grad, first, second)
    for given_boxes, places, part, total in zip((first, second), (rows, columns), parts, sums, strict=True):
        expected = np.zeros_like(given_boxes)
        np.add.at(expected, places, part)
        assert close(total, expected, "summed slopes")


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64, np.float16, np.int64]))
def test_the_gradient_has_the_precision_of_the_boxes(kind, data, dtype):
    """C-1, C-7: also of none."""
    count = data.draw(st.integers(0, 3))
    wide = {np.float16: np.float32, np.int64: np.float64}.get(dtype, dtype)
    some = np.ones((count, 4), dtype)
    for part in getattr(refdet, f"{kind}box_iou_backward")(np.ones((count, 2)), some, np.ones((2, 4), dtype)):
        assert part.dtype == wide and part.shape[1] == 4
    assert getattr(refdet, f"aligned_{kind}box_iou_backward")(np.ones(count), some, some)[0].shape == (
        count,
        4,
    )


# Bad input


@pytest.mark.parametrize("kind", KINDS)
def test_a_gradient_of_another_shape_is_refused(kind):
    some = np.zeros((3, 4))
    with pytest.raises(ValueError, match=r"grad: shape is \(3,\); wanted \(3, 2\), one value per overlap"):
        getattr(refdet, f"{kind}box_iou_backward")(np.ones(3), some, some[:2])
    with pytest.raises(ValueError, match=r"grad: shape is \(3, 3\); wanted \(3,\)"):
        getattr(refdet, f"aligned_{kind}box_iou_backward")(np.ones((3, 3)), some, some)


@pytest.mark.parametrize("convention", [refdet.ONNX, refdet.OPENCV])
def test_a_convention_without_a_gradient_is_refused(convention):
    with pytest.raises(ValueError, match="convention: it sorts the corners or rounds 1 - IoU"):
        refdet.box_iou_backward([[1]], [[0, 0, 1, 1]], [[0, 0, 1, 1]], convention=convention)


@pytest.mark.parametrize("value", ["Exact", None, True, ["stable"]])
def test_another_aspect_gradient_is_refused(value):
    with pytest.raises(ValueError, match="aspect_gradient: .* came; wanted exact or stable"):
        refdet.complete_box_iou_backward([[1]], [[0, 0, 1, 1]], [[0, 0, 1, 1]], aspect_gradient=value)
