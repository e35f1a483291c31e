"""Numbers that move: a value, and its slope in a direction, both with the error that rounding leaves.

What is written for plain and bounded numbers also gives its derivative when a `Moving` array goes in: exact
differentiation rule by rule (forward mode; A. Griewank, A. Walther, Evaluating Derivatives, 2008, chapter 3). The
larger or smaller of two equal numbers has the slope of either or any between, each by itself, as frameworks choose
them; a condition is that of the next step. So at a kink the error of a slope covers all that is right there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.verify import bounded
from refdet.verify.bounded import WIDTH, Bounded, between


class Moving(np.lib.mixins.NDArrayOperatorsMixin):
    """Bounded values and bounded slopes; slopes may have axes in front, one place for each direction.

    >>> x = Moving(Bounded.exact([3.0], np.float64), Bounded.exact([1.0], np.float64))
    >>> (x * x).slope.value, np.abs(x - 4).slope.value
    (array([6.]), array([-1.]))
    """

    def __init__(self, value: Bounded, slope: Bounded) -> None:
        self.value, self.slope = value, slope

    def __getitem__(self, place: Any) -> Moving:
        return Moving(self.value[place], self.slope[place])

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options or ufunc not in _SLOPES:
            return NotImplemented
        with np.errstate(all="ignore"):
            numbers = [_moving(part, self.value.unit) for part in inputs]
            value = ufunc(*(part.value for part in numbers))
            return Moving(value, _SLOPES[ufunc](value, *numbers))

    def where(self, condition: Any, one: Any, other: Any) -> Moving:
        """`bounded.where` of values and of slopes."""
        one, other = (_moving(part, self.value.unit) for part in (one, other))
        return Moving(
            *(bounded.where(condition, *pair) for pair in zip(_parts(one), _parts(other), strict=True))
        )

    def at_most(self, largest: float) -> Moving:
        """`bounded.at_most` of the values."""
        return Moving(bounded.at_most(self.value, largest), self.slope)

    def after_a_step(self) -> Any:
        """The values; those that are 0 are next to it, on the side that the slope leads to."""
        return np.where(self.value.value == 0, np.sign(self.slope.value) * 1e-300, self.value.value)

    def total(self, axis: int | None) -> Moving:
        """`bounded.total` of both, along an axis counted from the end."""
        return Moving(*(bounded.total(part, axis) for part in _parts(self)))

    def any_of(self, *others: Moving) -> Moving:
        """`bounded.any_of` of both."""
        return Moving(*(bounded.any_of(*same) for same in zip(*map(_parts, (self, *others)), strict=True)))

    def flushed(self) -> Moving:
        """`bounded.flushed` of both."""
        return Moving(*map(bounded.flushed, _parts(self)))


def _parts(number):
    return number.value, number.slope


def _moving(part, unit):
    if isinstance(part, Moving):
        return part
    value = part if isinstance(part, Bounded) else _exact(part, unit)
    return Moving(value, _exact(0.0, unit))


def _exact(part, unit):
    value = np.asarray(part, np.float64)
    return Bounded(value, np.zeros_like(value), unit)


def _larger(value, a, b):
    return _decided(a, b, a.value.value - b.value.value)


def _smaller(value, a, b):
    return _decided(a, b, b.value.value - a.value.value)


def _decided(a, b, lead):
    """The slope of the one that leads; of equal ones, and those that rounding may have swapped, any between."""
    unsure = np.abs(lead) <= WIDTH * (a.value.error + b.value.error)
    slope = bounded.where(lead > 0, a.slope, b.slope)
    return bounded.where(unsure, between(a.slope, b.slope), slope)


def _power(value, a, b):
    """Of a base of 0 or more, by a plain exponent."""
    steep = b.value * np.power(a.value, b.value - 1) * a.slope
    return bounded.where(b.value.value != 0, steep, 0.0)


_SLOPES: dict[Any, Any] = {
    np.add: lambda _, a, b: a.slope + b.slope,
    np.subtract: lambda _, a, b: a.slope - b.slope,
    np.multiply: lambda _, a, b: a.slope * b.value + a.value * b.slope,
    np.divide: lambda value, a, b: (a.slope - value * b.slope) / b.value,
    np.maximum: _larger,
    np.minimum: _smaller,
    np.absolute: lambda value, a: _larger(value, a, -a),
    np.negative: lambda _, a: -a.slope,
    np.sqrt: lambda value, a: a.slope / (2 * value),
    np.arctan: lambda _, a: a.slope / (1 + a.value * a.value),
    np.exp: lambda value, a: value * a.slope,
    np.log: lambda _, a: a.slope / a.value,
    np.log1p: lambda _, a: a.slope / (1 + a.value),
    np.power: _power,
}
