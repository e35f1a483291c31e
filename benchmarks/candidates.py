"""Who takes part: one call with everything prepared, and how its result becomes NumPy arrays."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import refdet

OWN = {"reference": "", "vectorized": "vectorized", "C++": "cpp", "CUDA": "cuda"}
"""What the tables call refdet's implementations, and the modules of refdet.kernels that have them."""

NEARLY = {
    ("complete_box_iou", "C++"): 2e-6,
    ("complete_box_iou", "CUDA"): 2e-6,
    ("roi_align", "vectorized"): 2e-6,
    ("roi_align_backward", "vectorized"): 4e-6,
}
"""How far these may be from the reference, over the largest value: another arc tangent, another order of sums.

`tests/tolerances.py` has the reasons, "arc tangent" and "two products", and the limits that the tests hold.
"""


def arrays(result):
    """A result as a tuple of NumPy arrays."""
    return tuple(map(np.asarray, result)) if isinstance(result, tuple | list) else (np.asarray(result),)


@dataclass(frozen=True)
class Candidate:
    """One implementation of an op, with its arguments in the form that it wants.

    An `own` one must give the values of the others, or be no further `apart` from them; `wall` says that its time
    is that of the clock on the wall, because a device works while the processor waits.
    """

    name: str
    call: Callable[[], Any]
    host: Callable[[Any], tuple] = arrays
    own: bool = False
    apart: float = 0
    wall: bool = False


@dataclass(frozen=True)
class Absent:
    """One that does not take part, and why."""

    name: str
    reason: str


def own(op, *arguments, names=OWN, label="", **keywords):
    """All of refdet that has the op, the exact ones first; `label` tells apart two calls of the same one."""
    names = sorted(names, key=lambda name: (op, name) in NEARLY)
    return [_own(name, op, arguments, label, keywords) for name in names]


def _own(name, op, arguments, label, keywords):
    title = f"{name}, {label}" if label else name
    try:
        module = importlib.import_module(f"refdet.kernels.{OWN[name]}") if OWN[name] else refdet
    except ImportError as error:
        return Absent(title, str(error).splitlines()[0])
    if not hasattr(module, op):
        return Absent(title, f"{module.__name__} has no {op}")
    function = getattr(module, op)
    if name == "CUDA":
        return _on_device(title, function, arguments, keywords, NEARLY.get((op, name), 0))
    return Candidate(
        title, lambda: function(*arguments, **keywords), own=True, apart=NEARLY.get((op, name), 0)
    )


def _on_device(title, function, arguments, keywords, apart):
    """A CuPy function, from arrays that are on the device already until its last kernel has ended."""
    import cupy

    def moved(value):
        return cupy.asarray(value) if isinstance(value, np.ndarray) else value

    given, named = [moved(a) for a in arguments], {key: moved(value) for key, value in keywords.items()}

    def call():
        result = function(*given, **named)
        cupy.cuda.get_current_stream().synchronize()
        return result

    def host(result):
        return tuple(map(cupy.asnumpy, result if isinstance(result, tuple) else (result,)))

    return Candidate(title, call, host, own=True, apart=apart, wall=True)
