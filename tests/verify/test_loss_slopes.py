"""What the gradients of losses are judged by are slopes; and a counterexample becomes one term."""

import numpy as np
import pytest
from tolerances import close

from refdet import losses
from refdet.conventions import REFDET
from refdet.verify import loss_definitions
from refdet.verify.bounded import Bounded
from refdet.verify.contract import Terms, broken
from refdet.verify.contracts.losses import CONTRACTS
from refdet.verify.moving import Moving
from refdet.verify.shrink import shrunk

OPS = {contract.op: contract for contract in CONTRACTS}
LOSSES = [op for op in OPS if f"{op}_backward" in OPS]


@pytest.mark.parametrize("op", LOSSES)
def test_slopes_are_those_of_the_values(op):
    """In float64, away from kinks: what the gradients are judged by, compared with central differences."""
    rng, definition = np.random.default_rng(2), getattr(loss_definitions, op)
    contract, step = OPS[op], 1e-6
    case = next(c for c in contract.cases(rng, None, np.dtype(np.float64)) if c.family == "blocks")
    a, name = case.arguments, next(iter(case.arguments))
    way = rng.standard_normal(a[name].shape)

    def value(place):
        return definition(Bounded.exact(place, np.float64), a).value

    measured = (value(a[name] + step * way) - value(a[name] - step * way)) / (2 * step)
    moving = Moving(Bounded.exact(a[name], np.float64), Bounded.exact(way, np.float64))
    assert close(definition(moving, a).slope.value, measured, "slope")


def test_a_counterexample_shrinks_to_one_term():
    contract = OPS["smooth_l1_loss"]
    cases = contract.cases(np.random.default_rng(0), None, np.dtype(np.float32))
    case = next(case for case in cases if case.family == "blocks")

    def fails(a):
        wrong = losses.smooth_l1_loss(**{**a, "beta": 2 * a["beta"]})
        return broken(contract, case.with_arguments(a), wrong, Terms(REFDET)) is not None

    small = shrunk(case.arguments, fails, contract.shrink, 5.0)
    assert small["inputs"].tolist() == [0] and np.abs(small["targets"]).tolist() == [1]
    assert small["beta"] == 1 and small["weights"].tolist() == [1]
