"""Checks of arguments that are no table of numbers: lists of arrays, flags, generators, modules, options.

Beside `refdet.checks`, and like it: each returns what the algorithm works on, or says which argument is wrong, what
came and what is wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from refdet import checks


def sequence(value, name, things, count=None):
    """`value` as a list; of `things`, `count` of them."""
    if isinstance(value, np.ndarray) and value.ndim:
        value = list(np.asarray(value))
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"{name}: {checks.shown(value)} came; wanted a sequence of {things}")
    if count is not None and len(value) != count:
        raise ValueError(f"{name}: {len(value)} {things} came; wanted {count}")
    return list(value)


def iterable(value, name, wanted):
    """`value` if it can be walked through."""
    if isinstance(value, np.ndarray):
        value = sequence(value, name, wanted)
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, dict)):
        raise TypeError(f"{name}: {checks.shown(value)} came; wanted an iterable of {wanted}")
    return value


def flags(value, name, count, wanted):
    """`value` as (count,) booleans; of none, an empty list will do."""
    array = checks.any_array(value, name)
    if array.shape != (count,):
        raise ValueError(f"{name}: shape is {array.shape}; wanted ({count},), {wanted}")
    if array.size and array.dtype != bool:
        raise TypeError(f"{name}: dtype is {array.dtype}; wanted bool, {wanted}")
    return array.astype(bool)


def flag(value, name):
    """`value` as a bool."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: {checks.shown(value)} came; wanted True or False")
    return bool(value)


def generator(value, name):
    """`value` if it is a random generator."""
    return instance(value, name, np.random.Generator, "a numpy.random.Generator, such as default_rng(0)")


def instance(value, name, kind, wanted):
    """`value` if it is of that class."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: {checks.shown(value)} came; wanted {wanted}")
    return value


def kernels(value, name, *ops):
    """`value` if it has these operations, as `refdet` and the modules of `refdet.kernels` have."""
    missing = [op for op in ops if not callable(getattr(value, op, None))]
    if missing:
        raise TypeError(f"{name}: {checks.shown(value)} came; wanted a module with {', '.join(ops)}")
    return value


def callback(value, name):
    """`value` if it can be called, or None."""
    if value is not None and not callable(value):
        raise TypeError(f"{name}: {checks.shown(value)} came; wanted a function or None")
    return value


def option(value, name, options):
    """`value` if it is one of these words."""
    if not isinstance(value, str) or value not in options:
        raise ValueError(f"{name}: {checks.shown(value)} came; wanted one of {', '.join(options)}")
    return value
