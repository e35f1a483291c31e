"""Every paired op on one run's own arrays, by every implementation that is there: the bits and the times."""

from __future__ import annotations

import hashlib
import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from refdet import kernels

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One op by one implementation: milliseconds, hash of the result, and whether the reference's bits came.

    The milliseconds are the median of five rounds after one that is not counted. An implementation that is
    not there has NaN, no hash, and the reason.
    """

    op: str
    implementation: str
    milliseconds: float
    sha256: str
    equal: bool
    missing: str = ""


def compare(arguments: dict[str, tuple], progress: Callable[[str, int, int], Any]) -> list[Row]:
    """Run each op of `arguments` by each implementation; the first row of an op is the reference."""
    rows: list[Row] = []
    total = sum(len(kernels.implementations(op)) for op in arguments)
    absent = {name: entry["reason"] for name, entry in kernels.backends().items() if not entry["available"]}
    for op, case in arguments.items():
        wanted = ""
        for name, function in kernels.implementations(op).items():
            progress("kernels", sum(not row.missing for row in rows), total)
            given, host = (case, _identity) if name != "cuda" else _on_device(case)
            result, milliseconds = _timed(function, given)
            digest = _digest(host(result))
            wanted = wanted or digest
            rows.append(Row(op, name, milliseconds, digest, digest == wanted))
        rows += [Row(op, name, math.nan, "", False, reason) for name, reason in absent.items()]
    progress("kernels", total, total)
    return rows


def _timed(function, case):
    """Result, and the median of the rounds' milliseconds after one that is not counted."""
    times = []
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        result = function(*case)
        times.append(1000 * (time.perf_counter() - start))
    return result, statistics.median(times[1:])


def _digest(result):
    """SHA-256 of dtype, shape and bytes of every array in the result."""
    seen = hashlib.sha256()
    for array in result if isinstance(result, tuple) else (result,):
        seen.update(f"{array.dtype} {array.shape} ".encode())
        seen.update(np.ascontiguousarray(array).tobytes())
    return seen.hexdigest()


def _identity(result):
    return result


def _on_device(case):
    """The arguments as CuPy arrays, and the way back."""
    import cupy

    def host(result):
        return tuple(map(cupy.asnumpy, result)) if isinstance(result, tuple) else cupy.asnumpy(result)

    return tuple(cupy.asarray(part) if isinstance(part, np.ndarray) else part for part in case), host
