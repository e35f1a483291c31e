"""Every gradient is the slope of its loss: in float64, in random directions, away from kinks (C-10)."""

import inspect

import numpy as np
import pytest
from loss_draws import TERMS, TOTALS, boxes
from tolerances import close

import refdet
from refdet import losses
from refdet.losses.softmax import log_softmax, log_softmax_backward, softmax, softmax_backward

REDUCTIONS = ("none", "sum", "mean", "weighted_mean")
STEP = 1e-6
CASES = [(case, reduction) for case in TERMS for reduction in REDUCTIONS]


def measured(value, place, way):
    """Slope of a function of one array in that direction."""
    return (value(place + STEP * way) - value(place - STEP * way)) / (2 * STEP)


def term(case, reduction, rng):
    """The loss as a function of what is predicted, that, and the gradient by it, for a random one by the loss."""
    name, draw = TERMS[case]
    arguments = draw(rng)
    first = next(iter(arguments))
    count = getattr(losses, name)(**arguments).shape
    arguments |= {"weights": rng.random(count), "reduction": reduction}
    grad = rng.standard_normal(count if reduction == "none" else ())

    def value(predicted):
        return (grad * getattr(losses, name)(**{**arguments, first: predicted})).sum()

    gradient = getattr(losses, f"{name}_backward")(grad, **arguments)
    return value, arguments[first], gradient[0] if isinstance(gradient, tuple) else gradient


@pytest.mark.parametrize(("case", "reduction"), CASES)
def test_the_gradient_of_a_term_is_its_slope(case, reduction):
    rng = np.random.default_rng(1)
    value, place, gradient = term(case, reduction, rng)
    way = rng.standard_normal(place.shape)
    assert close(measured(value, place, way), (gradient * way).sum(), "slope")


def test_every_term_has_such_a_case_or_its_own():
    pairs = {name for name in losses.__all__ if f"{name}_backward" in losses.__all__}
    assert pairs - {name for name, *_ in (*TERMS.values(), *TOTALS.values())} == {"complete_box_iou_loss"}


@pytest.mark.parametrize("case", ["binary", "smooth l1, beta 0.5", "giou"])
def test_a_wrong_gradient_is_seen(case):
    """The comparison itself: a thousandth more, the opposite sign and nothing at all are not the slope."""
    rng = np.random.default_rng(1)
    value, place, gradient = term(case, "mean", rng)
    way = rng.standard_normal(place.shape)
    slope = measured(value, place, way)
    assert not any(close(slope, factor * (gradient * way).sum(), "slope") for factor in (1.001, -1, 0))


@pytest.mark.parametrize("case", TOTALS)
def test_the_gradient_of_a_total_is_its_slope_by_each_of_its_arrays(case):
    name, draw, by = TOTALS[case]
    rng = np.random.default_rng(2)
    arguments = draw(rng)
    gradients = getattr(losses, f"{name}_backward")(1.5, **arguments)
    for array, gradient in zip(by, gradients if isinstance(gradients, tuple) else (gradients,), strict=True):
        way = rng.standard_normal(gradient.shape)

        def value(place, array=array):
            return 1.5 * getattr(losses, name)(**{**arguments, array: place})["total"]

        assert close(measured(value, arguments[array], way), (gradient * way).sum(), "slope")


def test_ciou_with_alpha_held():
    """C-11: 1 - CIoU = 1 - DIoU + alpha v, of which alpha does not move."""
    rng = np.random.default_rng(3)
    first, second, grad = boxes(rng), boxes(rng), rng.standard_normal(6)
    plain = refdet.aligned_distance_box_iou(first, second)
    alpha = (plain - refdet.aligned_complete_box_iou(first, second)) / aspect(first, second)

    def value(place):
        held = losses.distance_box_iou_loss(place, second) + alpha * aspect(place, second)
        return (grad * held).sum()

    gradient, _ = losses.complete_box_iou_loss_backward(grad, first, second)
    way = rng.standard_normal(first.shape)
    assert close(measured(value, first, way), (gradient * way).sum(), "slope")


def aspect(first, second):
    """v of CIoU (IOU-5)."""
    a, b = (np.arctan((x[:, 2] - x[:, 0]) / (x[:, 3] - x[:, 1])) for x in (first, second))
    return 4 / np.pi**2 * (a - b) ** 2


@pytest.mark.parametrize("case", ["iou", "iou, log", "giou", "diou"])
def test_overlaps_have_a_gradient_by_the_second_boxes_too(case):
    name, draw = TERMS[case]
    rng = np.random.default_rng(4)
    arguments = draw(rng)
    turned = {**arguments, "boxes1": arguments["boxes2"], "boxes2": arguments["boxes1"]}
    grad = rng.standard_normal(6)
    first, second = getattr(losses, f"{name}_backward")(grad, **arguments)
    also_second, also_first = getattr(losses, f"{name}_backward")(grad, **turned)
    assert close(first, also_first, "float64 sums") and close(second, also_second, "float64 sums")


@pytest.mark.parametrize(
    ("function", "backward"), [(softmax, softmax_backward), (log_softmax, log_softmax_backward)]
)
def test_softmax_and_its_logarithm(function, backward):
    rng = np.random.default_rng(5)
    logits, grad, way = rng.standard_normal((3, 4, 5))
    slope = measured(lambda place: (grad * function(place)).sum(), logits, way)
    assert close(slope, (backward(grad, logits) * way).sum(), "slope")


def test_a_backward_takes_the_gradient_and_then_what_its_loss_takes():
    """The order and the defaults are the same, so that one call is made of the other."""
    for name in losses.__all__:
        if f"{name}_backward" in losses.__all__:
            loss = list(inspect.signature(getattr(losses, name)).parameters.values())
            grad, *others = inspect.signature(getattr(losses, f"{name}_backward")).parameters.values()
            own = [p for p in others if p.name != "aspect_gradient"]  # of the gradient alone
            assert grad.name == "grad" and [(p.name, p.kind, p.default) for p in own] == [
                (p.name, p.kind, p.default) for p in loss
            ]
