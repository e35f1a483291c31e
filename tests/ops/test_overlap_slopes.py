"""IOU-6: the slopes of the overlaps, formula by formula, and what the gradients make of them."""

import numpy as np
import pytest
from strategies import same_bits
from tolerances import close

import refdet

SQUARES = np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2]])  # share 2 of 6, enclosed by 6
APART = np.array([[0.0, 0, 1, 1]]), np.array([[2.0, 0, 3, 1]])
CROSSED = np.array([[0.0, 0, 2, 1]]), np.array([[0.0, 0, 1, 2]])


def steps(kind, pair, **options):
    """Name -> step by the corners of the first box, and those by the second."""
    trace = getattr(refdet, f"aligned_{kind}box_iou_backward").trace([1.0], *pair, **options)
    half = len(trace) // 2
    return {step.name: step for step in trace[:half]}, {step.name: step for step in trace[half:]}


# By hand


def test_iou_of_two_squares_step_by_step():
    """The left edge of the first is not shared; above and below both boxes decide half."""
    first, second = steps("", SQUARES)
    assert list(first) == list(second) == ["shared", "union", "divide", "scale"]
    assert first["shared"].inter.tolist() == [2] and first["shared"].d_inter.tolist() == [[0, -0.5, 2, 0.5]]
    assert first["union"].union.tolist() == [6] and first["union"].d_area.tolist() == [[-2, -2, 2, 2]]
    assert first["union"].d_union.tolist() == [[-2, -1.5, 0, 1.5]]
    assert close(first["divide"].iou, [1 / 3], "float64 sums")
    assert close(first["divide"].d_iou, [[1 / 9, 0, 1 / 3, 0]], "float64 sums")
    # The second box lies to the right: its left edge does what the right one of the first does.
    assert second["shared"].d_inter.tolist() == [[-2, -0.5, 0, 0.5]]
    assert second["union"].d_union.tolist() == [[0, -1.5, 2, 1.5]]


def test_giou_of_boxes_apart_step_by_step():
    """Nothing is shared; U = 2 of C = 3. The upper and the lower edges decide half of C, 3 high edges each."""
    first, second = steps("generalized_", APART)
    assert list(first) == ["shared", "union", "divide", "enclose", "subtract", "scale"]
    assert first["divide"].union.tolist() == [2] and not first["divide"].d_iou.any()
    assert first["enclose"].enclosing.tolist() == [3]
    assert first["enclose"].d_enclosing.tolist() == [[-1, -1.5, 0, 1.5]]
    assert second["enclose"].d_enclosing.tolist() == [[0, -1.5, 1, 1.5]]
    assert close(first["subtract"].d_giou, [[-1 / 3 + 2 / 9, 0, 1 / 3, 0]], "float64 sums")


def test_diou_of_boxes_apart_step_by_step():
    """c^2 = 9 + 1 and rho^2 = 4: q = 0.4."""
    first, _ = steps("distance_", APART)
    assert list(first) == ["shared", "union", "divide", "span", "distance", "scale"]
    assert first["span"].diagonal.tolist() == [10] and first["span"].d_diagonal.tolist() == [[-6, -1, 0, 1]]
    assert first["distance"].q.tolist() == [0.4]
    assert close(first["distance"].d_q, [[-0.2 + 0.24, 0.04, -0.2, -0.04]], "float64 sums")
    assert close(first["distance"].d_diou, [[0.2 - 0.24, -0.04, 0.2, 0.04]], "float64 sums")


def test_ciou_of_crossed_boxes_step_by_step():
    """dv/dw = 8/pi^2 (atan 1/2 - atan 2) * -1/5, dv/dh the same with +2/5; alpha = 0.201111."""
    first, _ = steps("complete_", CROSSED)
    assert list(first)[-3:] == ["aspect", "weigh", "scale"]
    turn = 8 / np.pi**2 * (np.arctan(0.5) - np.arctan(2))
    by_width, by_height = -turn / 5, 2 * turn / 5
    assert close(first["aspect"].d_v, [[-by_width, -by_height, by_width, by_height]], "float64 sums")
    assert first["weigh"].alpha.round(6).tolist() == [0.201111]
    gated, _ = steps("complete_", CROSSED, alpha_gate=0.5)
    assert gated["weigh"].alpha.tolist() == [0]
    assert same_bits(gated["weigh"].d_ciou, gated["weigh"].d_diou)


def test_the_sum_goes_over_the_other_boxes_and_says_whose_corners_they_are():
    """One square with two like it, whose overlaps weigh 1 and 10: (1/9, 0, 1/3, 0) eleven times."""
    pair = SQUARES[0], np.repeat(SQUARES[1], 2, axis=0)
    trace = refdet.box_iou_backward.trace([[1, 10]], *pair)
    first, second = trace.named("sum")
    assert (first.name, first.variables["name"]) == ("sum", "boxes1")
    assert first.slopes.shape == second.slopes.shape == (1, 2, 4)
    assert close(first.gradient, [[11 / 9, 0, 11 / 3, 0]], "float64 sums")
    assert close(second.gradient, [[-1 / 3, 0, -1 / 9, 0], [-10 / 3, 0, -10 / 9, 0]], "float64 sums")
    assert first.note.startswith("by the corners of boxes1 the gradient, slopes times grad over the other")
    assert second.note.startswith("by the corners of boxes2 ")
    assert [step.name for step in trace] == ["shared", "union", "divide", "sum"] * 2


# Properties


@pytest.mark.parametrize("kind", ["", "generalized_", "distance_", "complete_"])
def test_what_the_last_step_shows_is_the_result(kind):
    rng = np.random.default_rng(0)
    first, second = (np.sort(rng.uniform(0, 9, (4, 2, 2)), axis=1).reshape(4, 4) for _ in range(2))
    for form, last, grad in (("", "sum", rng.normal(size=(4, 4))), ("aligned_", "scale", rng.normal(size=4))):
        function = getattr(refdet, f"{form}{kind}box_iou_backward")
        trace = function.trace(grad, first, second)
        shown = tuple(step.gradient for step in trace.named(last))
        assert same_bits(shown, trace.result) and same_bits(shown, function(grad, first, second))
