"""Whether an algorithm gave what it has to give: the known result, and every kernel's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from refdet.cli.from_host import from_host


def plain(result: Any) -> Any:
    """A result as numbers, lists and dicts; floats to six digits."""
    if is_dataclass(result) and not isinstance(result, type):
        return {field.name: plain(getattr(result, field.name)) for field in fields(result)}
    if isinstance(result, dict):
        return {name: plain(value) for name, value in result.items()}
    if isinstance(result, (tuple, list)):
        return [plain(value) for value in result]
    if isinstance(result, (np.ndarray, np.generic)):
        return plain(result.tolist())
    return round(result, 6) + 0.0 if isinstance(result, float) else result


def same(result: Any, other: Any) -> bool:
    """True if they are equal, to the last bit; NaN equals NaN."""
    if is_dataclass(result) and type(result) is type(other):
        return all(same(getattr(result, f.name), getattr(other, f.name)) for f in fields(result))
    if isinstance(result, dict):
        return result.keys() == other.keys() and all(same(result[key], other[key]) for key in result)
    if isinstance(result, (tuple, list)):
        return len(result) == len(other) and all(map(same, result, other))
    result, other = np.asarray(result), np.asarray(other)
    return result.dtype == other.dtype and result.shape == other.shape and result.tobytes() == other.tobytes()


def comparisons(
    name: str, example: Any, call: Callable[[Any], Any], trace: Any, *, known: bool
) -> Iterator[tuple[str, bool | None]]:
    """Words and whether they hold (None: cannot be said here): against the plain call, the known result, every kernel.

    `call` calls a function with the arguments of the trace; `known` says that they are the example's.
    """
    yield "as without a trace", same(trace.result, call(example.function))
    if known:
        result = plain(trace.result)
        result = sorted(result) if example.any_order else result
        yield "as the worked example says", _has(result, example.expected)
    yield from _kernels(name, call, trace.result)


def _has(result, expected):
    """True if every part that is expected is there."""
    if isinstance(expected, dict):
        return all(_has(result[key], value) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(result, list):
        return len(result) == len(expected) and all(map(_has, result, expected))
    return result == expected


def _kernels(name, call, result):
    from refdet import kernels

    try:
        found = kernels.implementations(name)
    except ValueError:  # it has none
        return
    for backend, entry in kernels.backends().items():
        if backend == "numpy":
            continue
        if backend not in found:
            yield f"{backend}: {entry['reason'].splitlines()[0]}", None
            continue
        other = call(from_host(found[backend]) if backend == "cuda" else found[backend])
        exact = same(result, other)
        nearly = (name, backend) in ROUNDED and not exact and _nearly(result, other)
        words = "to the last bit" if exact else "but for the last bits" if nearly else "another result"
        yield f"{backend}: {words}", exact or nearly


ROUNDED = {
    ("complete_box_iou", "cpp"),
    ("complete_box_iou", "emulator"),
    ("complete_box_iou", "cuda"),
    ("roi_align", "vectorized"),
    ("roi_align_backward", "vectorized"),
}
"""Where a kernel may differ in the last bits: another arc tangent, another order of sums (docs/testing.md)."""


def _nearly(result, other):
    result, other = np.asarray(result, float), np.asarray(other, float)
    return result.shape == other.shape and bool(np.allclose(result, other, rtol=2e-6, atol=4e-6))
