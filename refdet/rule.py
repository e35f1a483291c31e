"""A part of a convention is a set of rules; it refuses a field that is not what its annotation says."""

from __future__ import annotations

import math
import numbers
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

_NUMBERS: dict[Any, Any] = {int: numbers.Integral, float: numbers.Real}
_BELOW = 2**63  # whole numbers reach the kernels as 64 bits
_MOST = 3.4028234663852886e38  # the largest float32; infinity may stand for no bound


class Rule:
    """Base of the frozen dataclasses that make up a `Convention`, so that a misspelt variant is an error at once.

    Numbers become Python's: one of NumPy would bring its own precision into every sum that it takes part in.
    """

    @np.errstate(over="ignore")  # a number of half precision overflows where it is compared with a bound
    def __post_init__(self) -> None:
        rule: Any = type(self)
        for name, kinds in _fields(rule):
            value = getattr(self, name)
            kind = next((one for one in kinds if _fits(value, one)), None)
            if kind is None:
                wanted = " or ".join(_told(one) for one in kinds)
                error = ValueError if isinstance(value, (str, numbers.Real)) else TypeError
                raise error(f"{type(self).__name__}.{name}: {_shown(value)} came; wanted {wanted}")
            object.__setattr__(self, name, _plain(value, kind))

    def within(self, name: str, least: float, most: float = math.inf) -> None:
        """ValueError unless the field is a number from `least` to `most`."""
        value = getattr(self, name)
        if not least <= value <= most:
            wanted = f"{least} or more" if most == math.inf else f"{least} to {most}"
            raise ValueError(f"{type(self).__name__}.{name}: {value} came; wanted {wanted}")


@cache
def _fields(rule: Any) -> list[tuple[str, tuple[Any, ...]]]:
    """Name of each field and what it may be."""
    hints = get_type_hints(rule).items()
    return [(name, get_args(kind) if isinstance(kind, UnionType) else (kind,)) for name, kind in hints]


def _fits(value, kind):
    if get_origin(kind) is Literal:
        return isinstance(value, str) and value in get_args(kind)
    if get_origin(kind) is tuple:
        parts = get_args(kind)
        return isinstance(value, tuple) and len(value) == len(parts) and all(map(_fits, value, parts))
    if kind in _NUMBERS:  # True is no number, and NaN would compare with nothing
        if not isinstance(value, _NUMBERS[kind]) or isinstance(value, bool):
            return False
        return -_BELOW <= value < _BELOW if kind is int else abs(value) <= _MOST or abs(value) == math.inf
    return isinstance(value, kind)


def _plain(value, kind):
    """The value, its numbers as Python's."""
    if get_origin(kind) is tuple:
        return tuple(map(_plain, value, get_args(kind)))
    return kind(value) if kind in _NUMBERS else value


def _told(kind):
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if get_origin(kind) is tuple:
        return f"a tuple of {len(get_args(kind))} numbers"
    words = {
        int: "a whole number of 64 bits",
        float: "a number that float32 can hold",
        bool: "True or False",
        type(None): "None",
    }
    return words.get(kind, kind.__name__)


def _shown(value):
    try:
        return repr(str(value)[:80])
    except ValueError:  # a whole number of more digits than Python prints
        return "a whole number of very many digits"
