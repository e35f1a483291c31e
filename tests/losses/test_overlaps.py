"""IOU-2 to IOU-5 as losses: 1 - overlap of box i and box i, or -ln IoU."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import boxes, same_bits
from tolerances import close

import refdet
from refdet import losses

KINDS = ("", "generalized_", "distance_", "complete_")
SQUARES = [[0, 0, 2, 2]], [[1, 1, 3, 3]]  # share 1 of 7, enclosed by 9
CROSSED = [[0, 0, 2, 1]], [[0, 0, 1, 2]]


def loss_of(kind, pair, **options):
    return getattr(losses, f"{kind}box_iou_loss")(*pair, **options)


def slopes_of(kind, pair, **options):
    return getattr(losses, f"{kind}box_iou_loss_backward")(np.ones(len(pair[0])), *pair, **options)


# By hand


def test_one_less_the_overlap():
    assert close(loss_of("", SQUARES), [6 / 7], "float64 sums")
    assert close(loss_of("generalized_", SQUARES), [6 / 7 + 2 / 9], "float64 sums")
    assert close(loss_of("distance_", SQUARES), [6 / 7 + 2 / 18], "float64 sums")
    assert close(loss_of("complete_", SQUARES), [6 / 7 + 2 / 18], "float64 sums")  # equal aspects
    assert close(loss_of("complete_", CROSSED), [1 - 0.237082], "six digits")
    assert close(loss_of("generalized_", CROSSED), [1 - 1 / 12], "float64 sums")


def test_the_logarithmic_form():
    """-ln 1/7; and of boxes apart -ln 1e-12, without a slope."""
    assert close(loss_of("", SQUARES, form="log"), [np.log(7)], "float64 sums")
    apart = [[0, 0, 1, 1]], [[2, 2, 3, 3]]
    assert close(loss_of("", apart, form="log"), [12 * np.log(10)], "float64 sums")
    assert not any(map(np.any, slopes_of("", apart, form="log")))


def test_the_logarithm_pulls_harder_the_less_is_shared():
    """Its slope is that of 1 - IoU, divided by IoU: 7 times as long here."""
    linear, log = slopes_of("", SQUARES), slopes_of("", SQUARES, form="log")
    assert close(log, 7 * np.array(linear), "float64 sums")


def test_slopes_of_two_squares():
    """(0,0,2,2) and (1,0,3,2) share 2 of 6: the right edge gains 2/6, the left one 1/9; a loss falls by as much."""
    first, second = slopes_of("", ([[0, 0, 2, 2]], [[1, 0, 3, 2]]))
    assert close(first, [[-1 / 9, 0, -1 / 3, 0]], "float64 sums")
    assert close(second, [[1 / 3, 0, 1 / 9, 0]], "float64 sums")


def test_only_the_enclosing_box_and_the_centres_see_boxes_apart():
    apart = [[0, 0, 1, 1]], [[2, 0, 3, 1]]
    assert not np.any(slopes_of("", apart)[0])
    for kind in KINDS[1:]:
        first, second = slopes_of(kind, apart)
        assert first[0, 0] + first[0, 2] < 0 < second[0, 0] + second[0, 2]  # the loss falls as they approach


def test_complete_iou_subtracts_and_squares():
    """ERR-36: bullets stand where minus signs belong, and v has lost its square.

    With plus signs two boxes apart would be rewarded for their distance, a loss below that of equal boxes; without its
    square v changes sign when the boxes change places.
    """
    iou, distance = 1 / 3, 0.5 / 8
    turn = (np.arctan(1 / 2) - np.arctan(2)) * 2 / np.pi
    v = turn**2
    alpha = v / (1 - iou + v)
    assert close([v, alpha], [0.167826, 0.201111], "six digits")
    assert close(loss_of("complete_", CROSSED), [1 - (iou - distance - alpha * v)], "float64 sums")
    assert loss_of("complete_", CROSSED) == loss_of("complete_", CROSSED[::-1])
    bullets = 1 - (iou + distance + alpha * v)
    assert bullets < loss_of("", CROSSED) < loss_of("complete_", CROSSED)
    assert 1 - (0 + 8 / 18) < loss_of(
        "distance_", ([[0, 0, 1, 1]], [[2, 2, 3, 3]])
    )  # apart, yet cheaper than 1
    unsquared = [(np.arctan(g) - np.arctan(w)) * 2 / np.pi for g, w in ((0.5, 2), (2, 0.5))]
    assert unsquared[0] == -unsquared[1] != 0


def test_an_exponent_of_the_distance_is_the_conventions():
    """ERR-35: darknet's overlap has 0.6, the loss that it trains with has 1."""
    convention = dataclasses.replace(
        refdet.REFDET, overlap=dataclasses.replace(refdet.REFDET.overlap, beta=0.6)
    )
    bent = loss_of("distance_", SQUARES, convention=convention)
    assert close(bent, [6 / 7 + (2 / 18) ** 0.6], "float64 sums")


# Properties


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_loss_is_one_less_the_overlap_bit_for_bit(kind, data):
    first = data.draw(boxes(max_size=6))
    second = data.draw(boxes(min_size=len(first), max_size=len(first), dtype=first.dtype))
    overlap = getattr(refdet, f"aligned_{kind}box_iou")(first, second)
    assert same_bits(loss_of(kind, (first, second)), 1 - overlap)
    assert loss_of(kind, (first, second)).dtype == first.dtype
    slopes = getattr(refdet, f"aligned_{kind}box_iou_backward")(-np.ones(len(first)), first, second)
    assert same_bits(slopes_of(kind, (first, second)), slopes)


@pytest.mark.parametrize("kind", KINDS)
@given(drawn=boxes(min_size=1, max_size=6, inverted=False, dtype=np.float64))
def test_equal_boxes_cost_nothing_and_are_at_rest(kind, drawn):
    sized = drawn[(drawn[:, 2:] > drawn[:, :2]).all(axis=1)]
    assert not loss_of(kind, (sized, sized)).any()
    for slopes in slopes_of(kind, (sized, sized)):
        assert close(slopes * np.abs(sized).max(initial=1), np.zeros_like(slopes), "float64 sums")


def test_a_step_against_the_gradient_lowers_each_loss():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 3, (20, 2))
    first = np.hstack([corner, corner + rng.uniform(1, 4, (20, 2))])
    second = first + rng.uniform(-0.4, 0.4, (20, 4))
    for kind in KINDS:
        by_first, _ = slopes_of(kind, (first, second))
        assert (loss_of(kind, (first - 1e-4 * by_first, second)) < loss_of(kind, (first, second))).all()


def test_the_gate_and_the_stable_aspect_gradient_are_passed_on():
    exact, _ = slopes_of("complete_", CROSSED)
    stable, _ = slopes_of("complete_", CROSSED, aspect_gradient="stable")
    plain, _ = slopes_of("distance_", CROSSED)
    assert close(stable - plain, 5 * (exact - plain), "float64 sums")
    assert same_bits(loss_of("complete_", CROSSED, alpha_gate=0.5), loss_of("distance_", CROSSED))
    gated = slopes_of("complete_", CROSSED, alpha_gate=0.5)
    assert same_bits(gated, slopes_of("distance_", CROSSED))


# Bad input


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_wrong_is_told(kind):
    with pytest.raises(ValueError, match=r"boxes2: 2 boxes came|boxes2: .*"):
        loss_of(kind, ([[0, 0, 1, 1]], [[0, 0, 1, 1]] * 2))
    with pytest.raises(ValueError, match="reduction: 'max' came; wanted one of none, sum"):
        loss_of(kind, SQUARES, reduction="max")
    with pytest.raises(ValueError, match="boxes1: row 0 is .*nan"):
        loss_of(kind, ([[0, 0, 1, np.nan]], [[0, 0, 1, 1]]))


def test_another_form_is_refused():
    with pytest.raises(ValueError, match="form: 'ln' came; wanted one of linear, log"):
        losses.box_iou_loss(*SQUARES, form="ln")
    with pytest.raises(ValueError, match="form: 'ln' came; wanted one of linear, log"):
        losses.box_iou_loss_backward([1], *SQUARES, form="ln")
