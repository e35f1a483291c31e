"""Numbers with a bound on the error that rounding leaves: the width of the decision band.

A `Bounded` array holds a value in float64 and how far a computation in another precision may be from it. Each
operation adds what its arguments are off and half a unit of its own last place: running error analysis (N. Higham,
Accuracy and Stability of Numerical Algorithms, 2002, section 3.3). Formulas written with NumPy's functions take plain
arrays and bounded ones alike, so the number that is judged and its band come from the same lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np

LIBM = 4
"""Units in the last place that an exponential, a logarithm, a power or an arc tangent may be off."""

WIDTH = 3
"""Times the bound: one for the kernel, one for another order of the same operations, one for this computation."""


class Bounded(np.lib.mixins.NDArrayOperatorsMixin):
    """Values, how far off they may be, and half the unit in the last place, relative.

    >>> third = Bounded.exact([1.0], np.float32) / 3
    >>> third.value, third.error < 1e-7
    (array([0.33333333]), array([ True]))
    """

    def __init__(self, value: Any, error: Any, unit: float) -> None:
        self.value, self.error, self.unit = value, error, unit

    @classmethod
    def exact(cls, value: Any, dtype: Any) -> Bounded:
        """Numbers that a computation in that dtype starts from."""
        value = np.asarray(value, np.float64)
        return cls(value, np.zeros_like(value), float(np.finfo(dtype).eps) / 2)

    def __getitem__(self, place: Any) -> Bounded:
        return Bounded(self.value[place], self.error[place], self.unit)

    def __len__(self) -> int:
        return len(self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.value.shape

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        moving = any(hasattr(part, "slope") for part in inputs)  # whose own rules hold
        if method != "__call__" or options or moving or ufunc not in _ERRORS:
            return NotImplemented
        numbers = [part if isinstance(part, Bounded) else Bounded.exact(part, np.float64) for part in inputs]
        with np.errstate(all="ignore"):
            value = ufunc(*(part.value for part in numbers))
            error, roundings = _ERRORS[ufunc](value, *numbers)
            # A product may fall below the smallest normal number, where the last place no longer shrinks.
            least = 1e-45 if self.unit > 1e-10 else 5e-324
            return Bounded(value, error + roundings * (self.unit * np.abs(value) + least), self.unit)

    def least(self) -> Any:
        """The smallest that the numbers may be."""
        return self.value - WIDTH * self.error

    def most(self) -> Any:
        """The largest that the numbers may be."""
        return self.value + WIDTH * self.error


def where(condition: Any, one: Any, other: Any) -> Any:
    """`numpy.where` for plain, for bounded and for moving numbers."""
    moving = next((part for part in (one, other) if hasattr(part, "slope")), None)
    if moving is not None:
        return moving.where(condition, one, other)
    if not isinstance(one, Bounded) and not isinstance(other, Bounded):
        return np.where(condition, one, other)
    unit = (one if isinstance(one, Bounded) else other).unit
    one, other = (
        part if isinstance(part, Bounded) else Bounded.exact(part, np.float64) for part in (one, other)
    )
    value = np.where(condition, one.value, other.value)
    return Bounded(value, np.where(condition, one.error, other.error), unit)


def at_most(numbers: Any, largest: float) -> Any:
    """Numbers of which something else says that they lie between 0 and `largest`, however far off they may be."""
    if not isinstance(numbers, Bounded):
        return numbers.at_most(largest) if hasattr(numbers, "slope") else numbers
    return Bounded(numbers.value, np.fmin(numbers.error, largest), numbers.unit)


def held(numbers: Any) -> Any:
    """The numbers, as a constant where a slope is asked for."""
    return numbers.value if hasattr(numbers, "slope") else numbers


def plain(numbers: Any) -> Any:
    """The values alone; of a moving number that is 0, on which side of it the next step is."""
    if hasattr(numbers, "slope"):
        return numbers.after_a_step()
    return numbers.value if isinstance(numbers, Bounded) else numbers


def total(numbers: Any, axis: int | None = None) -> Any:
    """Sum along an axis, or of all, in whatever order: each of n - 1 additions rounds at most the sum of the sizes.

    >>> float(total(Bounded.exact([1.0, 2.0], np.float32)).error.round(9))
    1.79e-07
    """
    if hasattr(numbers, "slope"):
        return numbers.total(axis)
    size = np.abs(numbers.value) + numbers.error
    count = numbers.value.size if axis is None else numbers.value.shape[axis]
    error = numbers.error.sum(axis=axis) + max(count - 1, 0) * numbers.unit * size.sum(axis=axis)
    return Bounded(np.asarray(numbers.value.sum(axis=axis)), np.asarray(error), numbers.unit)


def any_of(first: Any, *others: Any) -> Any:
    """One number that formulas equal on paper give: the value of the first, and an error that covers them all."""
    if hasattr(first, "slope"):
        return first.any_of(*others)
    error = first.error
    for other in others:
        error = np.fmax(error, other.error + np.abs(other.value - first.value) / WIDTH)
    return Bounded(first.value, error, first.unit)


def between(one: Bounded, other: Bounded) -> Bounded:
    """A number of which only the two ends are known."""
    half = np.abs(one.value - other.value) / 2
    error = half / WIDTH + np.maximum(one.error, other.error)
    return Bounded((one.value + other.value) / 2, error, one.unit)


def flushed(numbers: Any) -> Any:
    """The same, where numbers below the smallest normal one may have become 0, as on many a GPU."""
    if hasattr(numbers, "slope"):
        return numbers.flushed()
    tiny = float(np.finfo(np.float32 if numbers.unit > 1e-10 else np.float64).tiny)
    return Bounded(numbers.value, numbers.error + tiny, numbers.unit)


def given(number: float, unit: float) -> Bounded:
    """A plain argument, which a kernel may round to its own precision."""
    return Bounded(np.float64(number), np.float64(abs(number) * unit), unit)


def limits(numbers: Any) -> tuple[Any, Any]:
    """Smallest and largest that each number may be, in float64; a plain number is itself."""
    if isinstance(numbers, Bounded):
        return numbers.least(), numbers.most()
    exact = np.asarray(numbers, np.float64)  # a comparison would round the other side to its precision
    return exact, exact


def open_ended(numbers: Any) -> Any:
    """True where rounding may leave anything: a divisor, for one, that may be 0."""
    return ~np.isfinite(numbers.error) if isinstance(numbers, Bounded) else np.False_


# How far off the result is for what the arguments are off, and how many roundings the operation adds.


def _sum(_, a, b):
    return a.error + b.error, 1


def _product(_, a, b):
    return np.abs(a.value) * b.error + np.abs(b.value) * a.error + a.error * b.error, 1


def _quotient(value, a, b):
    room = np.abs(b.value) - b.error  # none: the divisor may be 0
    return np.where(room > 0, (a.error + np.abs(value) * b.error) / room, np.inf * (b.error > 0)), 1


def _extreme(value, a, b):
    """That of the larger or smaller one, unless rounding may take the other."""
    decided = np.abs(a.value - b.value) > WIDTH * (a.error + b.error)
    return np.where(decided, np.where(value == a.value, a.error, b.error), np.maximum(a.error, b.error)), 0


def _same(_, a):
    return a.error, 0


def _root(value, a):
    return np.where(value > 0, a.error / np.maximum(value, np.sqrt(a.error)), np.sqrt(a.error)), 1


def _arc(_, a):
    return np.minimum(a.error, np.pi), LIBM


def _exponential(value, a):
    return value * np.expm1(a.error), LIBM


def _logarithm(_, a):
    return -np.log1p(-np.minimum(a.error / np.abs(a.value), 1.0)), LIBM


def _logarithm_of_more(_, a):
    return -np.log1p(-np.minimum(a.error / (1 + a.value), 1.0)), LIBM


def _power(value, a, b):
    """Of a base of 0 or more: monotone, so that the ends of the base give those of the power, at full width."""
    ends = [np.maximum(a.value + side * WIDTH * a.error, 0.0) ** b.value for side in (-1, 1)]
    off = np.maximum(np.abs(ends[0] - value), np.abs(ends[1] - value)) / WIDTH
    return np.where(a.error > 0, off, 0.0), LIBM


_ERRORS: dict[Any, Any] = {
    np.add: _sum,
    np.subtract: _sum,
    np.multiply: _product,
    np.divide: _quotient,
    np.minimum: _extreme,
    np.maximum: _extreme,
    np.absolute: _same,
    np.negative: _same,
    np.sqrt: _root,
    np.arctan: _arc,
    np.exp: _exponential,
    np.log: _logarithm,
    np.log1p: _logarithm_of_more,
    np.power: _power,
}
