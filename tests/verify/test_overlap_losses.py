"""Contracts of the losses of overlaps and of their gradients: no false alarm, and planted bugs are found."""

import numpy as np
import pytest
from verify.planted import ANY, given, spoilt, told, words

from refdet import losses
from refdet.profiles import PROFILES
from refdet.verify.contracts import CONTRACTS, overlap_losses

LOSSES = [contract.op for contract in overlap_losses.CONTRACTS if not contract.op.endswith("_backward")]


def of(op):
    """The loss of another overlap, or its gradient."""

    def wrong(reference, a):
        backward = "_backward" if reference.__name__.endswith("_backward") else ""
        return getattr(losses, op + backward)(**{name: value for name, value in a.items() if name != "form"})

    return wrong


ONE_LONGER = {
    name: lambda a, name=name: a[name] + np.array([0, 0, 1, 1], a[name].dtype)
    for name in ("boxes1", "boxes2")
}
WRONG = {
    "sum for mean": given(reduction=lambda a: {"mean": "sum"}.get(a["reduction"], a["reduction"])),
    "sides one longer": given(**ONE_LONGER),
    "with the next box": given(boxes2=lambda a: np.roll(a["boxes2"], 1, axis=0)),
    "with itself": given(boxes2=lambda a: a["boxes1"]),
    "x and y exchanged in one": given(boxes1=lambda a: a["boxes1"][:, [1, 0, 3, 2]]),
}
OF_LOSSES = {
    "the overlap, not 1 less it": spoilt(lambda answer: 1 - answer),
    "half": spoilt(lambda answer: answer / 2),
}
OF_GRADIENTS = {
    "exchanged": lambda reference, a: reference(**a)[::-1],
    "first twice": lambda reference, a: (reference(**a)[0],) * 2,
    "grad ignored": given(grad=lambda a: np.ones_like(a["grad"])),
    "corners exchanged": lambda reference, a: tuple(part[:, [2, 3, 0, 1]] for part in reference(**a)),
}


def planted():
    for op in LOSSES:
        others = {f"of {other}": of(other) for other in LOSSES if other != op}
        own = {"always linear": given(form=lambda a: "linear")} if op == "box_iou_loss" else {}
        for name, kernel in {**ANY, **WRONG, **OF_LOSSES, **others, **own}.items():
            yield op, name, kernel
        for name, kernel in {**ANY, **WRONG, **OF_GRADIENTS, **others, **own}.items():
            yield f"{op}_backward", name, kernel


@pytest.mark.parametrize(("op", "name", "kernel"), list(planted()), ids=told)
def test_a_planted_bug_is_found(op, name, kernel):
    contract = CONTRACTS[op]
    assert words(contract, lambda a: kernel(contract.reference, a)) is not None


@pytest.mark.parametrize("contract", overlap_losses.CONTRACTS, ids=lambda contract: contract.op)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_reference_keeps_its_promises(contract, dtype):
    assert words(contract, lambda a: contract.reference(**a), dtype, seed=1) is None


@pytest.mark.parametrize("convention", PROFILES.values(), ids=lambda p: p.name)
@pytest.mark.parametrize("op", ["complete_box_iou_loss", "generalized_box_iou_loss_backward"])
def test_so_it_does_in_every_convention(op, convention):
    contract = CONTRACTS[op]
    kernel = contract.reference
    assert (
        words(contract, lambda a: kernel(**a, convention=convention), count=25, convention=convention) is None
    )
