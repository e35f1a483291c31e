"""The error bound of `Bounded` holds for every computation, and a bound that forgets a rounding does not."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refdet.overlap_rule import Overlap
from refdet.profiles import PROFILES
from refdet.verify import bounded, overlap_definitions
from refdet.verify.bounded import Bounded, at_most, limits, open_ended, plain, where
from tests.strategies import boxes

NUMBERS = st.integers(-999, 999).map(lambda n: n / 7)
STEPS = (np.add, np.subtract, np.multiply, np.divide, np.minimum, np.maximum)


# By hand


def test_a_sum_adds_the_errors_of_its_parts_and_its_own_rounding():
    unit = float(np.finfo(np.float32).eps) / 2
    total = Bounded(np.array([3.0]), np.array([0.25]), unit) + Bounded(np.array([1.0]), np.array([0.5]), unit)
    assert total.value == 4 and 0.75 < total.error[0] < 0.75 + 5 * unit


def test_what_may_be_divided_by_zero_is_open():
    nothing = Bounded(np.array([1.0, 1.0, 0.0]), np.array([0.0, 2.0, 0.0]), 1e-8)
    quotient = 1 / nothing
    assert open_ended(quotient).tolist() == [False, True, True]
    assert at_most(quotient, 1.0).error[1] == 1


def test_numbers_without_a_bound_pass_through():
    value = np.array([0.1], np.float32)
    assert plain(value) is value and limits(value)[0].dtype == np.float64 and not open_ended(value)
    assert where(value > 0, value, 0.0) == value and at_most(value, 0.0) is value


def test_other_functions_are_refused():
    with pytest.raises(TypeError):
        np.sin(Bounded.exact([1.0], np.float32))


# Properties


@given(st.lists(st.tuples(st.sampled_from(STEPS), NUMBERS), min_size=1, max_size=8), NUMBERS)
def test_the_exact_result_and_that_of_float32_lie_within_the_bound(steps, start):
    rounded = np.array([start], np.float32)
    number, exact = Bounded.exact(rounded, np.float32), Fraction(float(rounded[0]))
    for step, argument in steps:
        operand = np.float32(argument)
        if step is np.divide and operand == 0:
            continue
        number, rounded = step(number, operand), step(rounded, operand)
        exact = {
            np.add: lambda a, b: a + b,
            np.subtract: lambda a, b: a - b,
            np.multiply: lambda a, b: a * b,
            np.divide: lambda a, b: a / b,
            np.minimum: min,
            np.maximum: max,
        }[step](exact, Fraction(float(operand)))
    slack = 1e-12 * (1 + abs(number.value[0]))  # the value itself is float64
    assert abs(float(exact) - float(rounded[0])) <= number.error[0] + slack


@given(boxes(max_size=8, dtype=np.float32, inverted=False), st.sampled_from(list(PROFILES.values())))
def test_overlaps_of_float32_lie_within_the_bound_of_their_definition(drawn, profile):
    drawn = np.concatenate([drawn, drawn * np.float32(1.1)])
    rule = profile.overlap
    for name, definition in overlap_definitions.DEFINITIONS.items():
        with np.errstate(all="ignore"):
            value = definition(
                Bounded.exact(drawn[:, None], np.float32), Bounded.exact(drawn[None], np.float32), rule
            )
            rounded = definition(drawn[:, None], drawn[None], rule)
        low, high = limits(value)
        inside = (rounded >= low) & (rounded <= high) | np.isnan(rounded) & np.isnan(value.value)
        assert (inside | open_ended(value)).all(), name


# Check the checker


def test_a_bound_that_forgets_a_rounding_is_too_narrow(monkeypatch):
    """The bound is of the size of the error: without the roundings of quotients some result leaves it."""
    forgetful = dict(bounded._ERRORS)
    forgetful[np.divide] = lambda value, a, b: (bounded._quotient(value, a, b)[0], 0)
    numbers = np.arange(1, 400, dtype=np.float32)

    def too_far():
        value = Bounded.exact(numbers[:, None], np.float32) / numbers
        exact = numbers[:, None].astype(np.float64) / numbers
        return (np.abs((numbers[:, None] / numbers) - exact) > value.error).any()

    assert not too_far()
    monkeypatch.setattr(bounded, "_ERRORS", forgetful)
    assert too_far()


def test_the_width_of_the_band_of_iou_is_that_of_its_derivation():
    """Corner boxes of float32: at most some 16 units, as counted by hand; three times that with the other orders."""
    rng = np.random.default_rng(0)
    drawn = np.sort(rng.uniform(0, 10, (300, 2, 2)), axis=1).reshape(-1, 4).astype(np.float32)
    value = overlap_definitions.box_iou(
        Bounded.exact(drawn[:, None], np.float32), Bounded.exact(drawn[None], np.float32), Overlap()
    )
    units = value.error / np.maximum(value.value, 1e-3) / (np.finfo(np.float32).eps / 2)
    # The overlap itself may be small beside the boxes: the derivation is for pairs that overlap by a tenth.
    assert 2 < units[value.value > 0.1].max() < 40
