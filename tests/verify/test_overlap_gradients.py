"""Contracts of the overlaps' gradients and of the aligned overlaps: no false alarm, and planted bugs are found."""

import numpy as np
import pytest
from tolerances import close
from verify.planted import ANY, given, spoilt, told, words

import refdet
from refdet import conventions
from refdet.ops import overlap_gradients, overlap_slopes
from refdet.profiles import PROFILES
from refdet.stepwise import drained
from refdet.verify.bounded import Bounded
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.moving import Moving
from refdet.verify.overlap_definitions import DEFINITIONS

PAIRWISE = [f"{op}_backward" for op in DEFINITIONS]
ALIGNED = [f"aligned_{op}" for op in PAIRWISE]
FORWARD = [f"aligned_{op}" for op in DEFINITIONS]
RULE = conventions.REFDET.overlap
HAVE_ONE = [
    p for p in PROFILES.values() if p.overlap.inverted != "sorted" and p.overlap.division != "distance"
]


def both(first, second=None):
    """A kernel that gets both gradients right and then changes them."""

    def wrong(reference, a):
        one, other = reference(**a)
        return first(one, a), (second or first)(other, a)

    return wrong


def without(column):
    """One corner has no gradient."""

    def change(gradient, _):
        gradient = gradient.copy()
        gradient[:, column] = 0
        return gradient

    return change


def of_slopes(slopes, *given):
    """A kernel whose slopes are these, pairwise or aligned as grad is."""

    def wrong(reference, a):
        one, other, grad = a["boxes1"], a["boxes2"], a["grad"]
        parts = []
        for x, y, g in ((one, other, grad), (other, one, grad.T)):
            pairs = (x, y) if grad.ndim == 1 else (x[:, None], y[None])
            scaled = g[..., None] * drained(slopes(*pairs, RULE, *given)).astype(x.dtype)
            parts.append(scaled if grad.ndim == 1 else scaled.sum(axis=1, dtype=x.dtype))
        return tuple(parts)

    return wrong


EVERY = {
    "exchanged": lambda reference, a: reference(**a)[::-1],
    "the first alone": lambda reference, a: reference(**a)[0],
    "second is minus the first": lambda reference, a: (reference(**a)[0], -reference(**a)[0]),
    "left edge forgotten": both(without(0)),
    "bottom edge forgotten": both(without(3)),
    "x and y exchanged": both(lambda gradient, _: gradient[:, [1, 0, 3, 2]]),
    "corners exchanged": both(lambda gradient, _: gradient[:, [2, 3, 0, 1]]),
    "grad ignored": given(grad=lambda a: np.ones_like(a["grad"])),
    "size of grad": given(grad=lambda a: np.abs(a["grad"])),
    "second not moved": both(lambda gradient, _: gradient, lambda gradient, _: 0 * gradient),
    "by centre and size": both(lambda g, _: np.hstack([g[:, :2] + g[:, 2:], (g[:, 2:] - g[:, :2]) / 2])),
    "sides one longer": given(boxes1=lambda a: a["boxes1"] + np.array([0, 0, 1, 1], a["boxes1"].dtype)),
}
OWN = {
    "box_iou": {
        "of GIoU": of_slopes(overlap_slopes.giou_slopes),
        "of DIoU": of_slopes(overlap_slopes.diou_slopes),
    },
    "generalized_box_iou": {
        "of IoU": of_slopes(overlap_slopes.iou_slopes),
        "of DIoU": of_slopes(overlap_slopes.diou_slopes),
    },
    "distance_box_iou": {
        "of IoU": of_slopes(overlap_slopes.iou_slopes),
        "of CIoU": of_slopes(overlap_slopes.ciou_slopes, -np.inf, "exact"),
    },
    "complete_box_iou": {
        "of DIoU": of_slopes(overlap_slopes.diou_slopes),
        "without 1 / (w^2 + h^2)": of_slopes(overlap_slopes.ciou_slopes, -np.inf, "stable"),
        "gated": of_slopes(overlap_slopes.ciou_slopes, 0.5, "exact"),
    },
}


def planted():
    for op in DEFINITIONS:
        for name in (f"{op}_backward", f"aligned_{op}_backward"):
            wrong = {**ANY, **EVERY, **OWN[op]}
            yield from ((name, bug, kernel) for bug, kernel in wrong.items())
        for bug, kernel in {**ANY, **OF_ALIGNED}.items():
            yield f"aligned_{op}", bug, kernel


OF_ALIGNED = {
    "of every box with every other": lambda reference, a: getattr(refdet, reference.__name__[8:])(**a),
    "with the next box": given(boxes2=lambda a: np.roll(a["boxes2"], 1, axis=0)),
    "sides one longer": given(
        boxes1=lambda a: a["boxes1"] + np.array([0, 0, 1, 1], a["boxes1"].dtype),
        boxes2=lambda a: a["boxes2"] + np.array([0, 0, 1, 1], a["boxes2"].dtype),
    ),
    "with itself": given(boxes2=lambda a: a["boxes1"]),
    "1 less it": spoilt(lambda answer: 1 - answer),
    "x alone": given(
        boxes1=lambda a: a["boxes1"][:, [0, 0, 2, 2]], boxes2=lambda a: a["boxes2"][:, [0, 0, 2, 2]]
    ),
}


@pytest.mark.parametrize(("op", "name", "kernel"), list(planted()), ids=told)
def test_a_planted_bug_is_found(op, name, kernel):
    contract = CONTRACTS[op]
    assert words(contract, lambda a: kernel(contract.reference, a)) is not None


@pytest.mark.parametrize(
    ("op", "dtype"),
    [
        *((op, np.float32) for op in (*PAIRWISE, *ALIGNED, *FORWARD)),
        *((op, np.float64) for op in ("box_iou_backward", *ALIGNED[3:], *FORWARD)),
    ],
)
def test_the_reference_keeps_its_promises(op, dtype):
    contract = CONTRACTS[op]
    assert words(contract, lambda a: contract.reference(**a), dtype, seed=1) is None


@pytest.mark.parametrize("convention", HAVE_ONE, ids=lambda p: p.name)
@pytest.mark.parametrize("op", ["complete_box_iou_backward", "aligned_generalized_box_iou_backward"])
def test_so_it_does_in_every_convention_that_has_a_gradient(op, convention):
    contract = CONTRACTS[op]

    def kernel(a):
        return contract.reference(**a, convention=convention)

    assert words(contract, kernel, count=25, convention=convention, seed=2) is None


@pytest.mark.parametrize("op", PAIRWISE)
@pytest.mark.parametrize("profile", ["onnx", "opencv"])
def test_a_convention_without_gradient_has_no_cases(op, profile):
    cases = CONTRACTS[op].cases(np.random.default_rng(0), PROFILES[profile], np.dtype(np.float32))
    assert next(cases, None) is None


@pytest.mark.parametrize("op", ["box_iou", "generalized_box_iou", "distance_box_iou"])
def test_slopes_are_those_of_the_values(op):
    """In float64, away from kinks. CIoU's hold alpha, which the definition itself does not."""
    rng, step = np.random.default_rng(3), 1e-6
    one, other = (np.sort(rng.uniform(0, 4, (64, 2, 2)), axis=1).reshape(64, 4) for _ in range(2))
    way = rng.standard_normal(one.shape)
    value = DEFINITIONS[op]
    measured = (value(one + step * way, other, RULE) - value(one - step * way, other, RULE)) / (2 * step)
    moving = Moving(Bounded.exact(one, np.float64), Bounded.exact(way, np.float64))
    assert close(value(moving, Bounded.exact(other, np.float64), RULE).slope.value, measured, "slope")


@pytest.mark.parametrize(("slope", "right"), [(-0.25, 1), (0.125, 1), (0.5, 1), (-0.26, 0), (0.51, 0)])
def test_at_a_kink_whatever_is_between_is_right_and_nothing_beyond(slope, right):
    """Equal right edges: outwards IoU falls, 2 / (4 + 2 d); inwards too, (2 - 2 d) / 4."""
    boxes = {"boxes1": np.array([[0.0, 0, 2, 2]]), "boxes2": np.array([[1.0, 0, 2, 2]])}
    case = Case({"grad": np.ones((1, 1)), **boxes}, "kink")
    first, second = overlap_gradients.box_iou_backward(**case.arguments)
    first[0, 2] = slope
    said = broken(CONTRACTS["box_iou_backward"], case, (first, second), Terms(conventions.REFDET))
    assert (said is None) == right
