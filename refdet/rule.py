"""A part of a convention is a set of rules; it refuses a field that is not what its annotation says."""

from __future__ import annotations

import numbers
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_NUMBERS: dict[Any, Any] = {int: numbers.Integral, float: numbers.Real}


class Rule:
    """Base of the frozen dataclasses that make up a `Convention`, so that a misspelt variant is an error at once."""

    def __post_init__(self) -> None:
        rule: Any = type(self)
        for name, kind in _fields(rule):
            value = getattr(self, name)
            if not any(_fits(value, one) for one in kind):
                wanted = " or ".join(_told(one) for one in kind)
                error = ValueError if isinstance(value, (str, numbers.Real)) else TypeError
                raise error(f"{type(self).__name__}.{name}: {str(value)[:80]!r} came; wanted {wanted}")


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
        return isinstance(value, _NUMBERS[kind]) and not isinstance(value, bool) and value == value
    return isinstance(value, kind)


def _told(kind):
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if get_origin(kind) is tuple:
        return f"a tuple of {len(get_args(kind))} numbers"
    words = {int: "a whole number", float: "a number", bool: "True or False", type(None): "None"}
    return words.get(kind, kind.__name__)
