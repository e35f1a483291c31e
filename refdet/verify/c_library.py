"""A function of a shared library, called by the contract's C signature.

A pointer is named for the argument that it points to, or for a result, which is allocated here with guards on both
sides. ``num_NAME`` is the number of rows of an argument, ``columns`` the number of columns of the first one; ``batch,
channels, height, width`` are the shape of ``input``, the latter two else ``size``; ``out_height, out_width`` those of
``output_size``. What an int64_t function returns is how many indices it wrote. ``real`` is float or double, the
precision of the arrays; ``const char *`` a word.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from refdet.verify.contract import Contract

GUARD = 64
"""Elements before and after a result that nobody may write to."""

POISON = {"f": -7.77e30, "i": -7_777_777}
"""What a result is filled with: a place that the function leaves out shows."""


class OutOfBounds(Exception):
    """The function wrote beside its result."""


def c_function(path: str, symbol: str, contract: Contract) -> Callable[..., Any]:
    """The function as one that takes and returns NumPy arrays."""
    from refdet.verify.loading import NotLoaded

    if not contract.c_signature:
        raise NotLoaded(f"{contract.op} has no C signature; wanted a Python function")
    try:
        entry = getattr(ctypes.CDLL(path), symbol)
    except (OSError, AttributeError) as error:
        raise NotLoaded(f"{path}: {error}") from None
    returned, parameters = declared(contract.c_signature)
    entry.restype = ctypes.c_int64 if returned == "int64_t" else None
    names = list(contract.arguments)

    def call(*values: Any) -> Any:
        arguments = dict(zip(names, values, strict=False))
        results = {name: _Guarded(*spec) for name, spec in contract.c_results(arguments).items()}
        kept: list[Any] = []  # arrays stay alive as long as the call lasts
        given = [_given(kind, name, arguments, results, kept) for kind, name in parameters]
        count = entry(*given)
        answers = tuple(result.taken(name) for name, result in results.items())
        if returned == "int64_t":
            if not 0 <= count <= len(answers[0]):
                raise OutOfBounds(f"it returned {count}; wanted 0 to {len(answers[0])}")
            answers = tuple(answer[:count] for answer in answers)
        return answers if len(answers) > 1 else answers[0]

    return call


def declared(signature: str) -> tuple[str, list[tuple[str, str]]]:
    """Of a C declaration what it returns, and kind and name of each parameter."""
    found = re.fullmatch(r"(\w+) \w+\((.*)\)", " ".join(signature.split()))
    assert found is not None, signature
    parameters = []
    for text in found[2].split(","):
        words = text.replace("const", "").replace("*", " * ").split()
        parameters.append(("pointer" if "*" in words else words[0], words[-1]))
    return found[1], parameters


class _Guarded:
    """An array for a result inside a larger one."""

    def __init__(self, shape, dtype):
        self.shape, self.dtype = shape, np.dtype(dtype)
        size = int(np.prod(shape))
        self.room = np.full(size + 2 * GUARD, POISON[self.dtype.kind], self.dtype)
        self.inside = self.room[GUARD : GUARD + size]
        self.address = self.room.ctypes.data + GUARD * self.dtype.itemsize  # known of an empty one too

    def taken(self, name):
        poison = self.dtype.type(POISON[self.dtype.kind])
        beside = np.concatenate([self.room[:GUARD], self.room[len(self.room) - GUARD :]])
        if (beside != poison).any():
            raise OutOfBounds(f"it wrote beside {name}, an array of {len(self.inside)} numbers")
        return self.inside.reshape(self.shape).copy()


def _given(kind, name, arguments, results, kept):
    """One value as C takes it."""
    if kind == "pointer":
        if name in results:
            return ctypes.c_void_p(results[name].address)
        if isinstance(arguments[name], str):
            return ctypes.c_char_p(arguments[name].encode())
        array = np.ascontiguousarray(arguments[name])
        kept.append(array)
        return ctypes.c_void_p(array.ctypes.data)
    if kind == "int64_t":
        return ctypes.c_int64(_size(name, arguments))
    if kind == "real":
        float32 = next(v.dtype for v in arguments.values() if isinstance(v, np.ndarray)) == np.float32
        return (ctypes.c_float if float32 else ctypes.c_double)(arguments[name])
    return {"double": ctypes.c_double, "int": ctypes.c_int}[kind](arguments[name])


def _size(name, arguments):
    if name.startswith("num_"):
        return len(arguments[name.removeprefix("num_")])
    if name == "columns":
        return next(iter(arguments.values())).shape[1]
    if name in ("height", "width") and "size" in arguments:
        return arguments["size"][name == "width"]
    if name in ("batch", "channels", "height", "width"):
        place = ("batch", "channels", "height", "width").index(name)
        shape = arguments["input"].shape if "input" in arguments else arguments["input_shape"]
        return shape[place]
    if name in ("out_height", "out_width"):
        if "output_size" in arguments:
            return arguments["output_size"][name == "out_width"]
        return arguments["grad_output"].shape[2 + (name == "out_width")]
    return int(arguments[name])
