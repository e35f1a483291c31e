"""The smallest arguments that still fail: fewer rows first, then small whole numbers, then ranks for scores.

A pass takes arguments and a test and returns simpler arguments that fail as well. Passes are repeated until none finds
anything; so what comes out fails, and no single step of any pass leaves something that fails.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from refdet.verify.contract import Arguments, Fails, Pass


class OutOfTime(Exception):
    """Raised by a test whose time is over."""


def shrunk(arguments: Arguments, fails: Fails, passes: tuple[Pass, ...], seconds: float) -> Arguments:
    """The simplest failing arguments that the passes find in that time."""
    end = time.monotonic() + seconds
    best = arguments

    def timed(candidate: Arguments) -> bool:
        nonlocal best
        if time.monotonic() > end:
            raise OutOfTime
        if fails(candidate):
            best = candidate
            return True
        return False

    try:
        before = None
        while before is not best:
            before = best
            for step in passes:
                best = step(best, timed)
    except OutOfTime:
        pass
    return best


def fewer_rows(*names: str) -> Pass:
    """Leave out rows of these arrays together: all, half of them, a quarter, ..., one at a time (delta debugging)."""
    return fewer_along(0, *names, least=0)


def fewer_along(axis: int, *names: str, least: int = 1) -> Pass:
    """Leave out what lies at some places along an axis of these arrays, as long as so many places remain."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        chunk = max(arguments[names[0]].shape[axis], 1)
        while chunk:
            start = 0
            while start < arguments[names[0]].shape[axis]:
                dropped = slice(start, start + chunk)
                fewer = {name: np.delete(arguments[name], dropped, axis) for name in names}
                candidate = {**arguments, **fewer}
                if fewer[names[0]].shape[axis] >= least and fails(candidate):
                    arguments = candidate
                else:
                    start += chunk
            chunk //= 2
        return arguments

    return step


def ranked_coordinates(*names: str, first: int = 0) -> Pass:
    """Replace the coordinates of boxes, from that column on, by their ranks along each axis."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        together = np.concatenate([arguments[name][:, first:] for name in names])
        ranks = np.empty(together.shape)
        for axis in (0, 1):
            columns = together[:, axis::2]
            ranks[:, axis::2] = np.unique(columns, return_inverse=True)[1].reshape(columns.shape)
        ends = np.cumsum([len(arguments[name]) for name in names])[:-1]
        candidate = dict(arguments)
        for name, part in zip(names, np.split(ranks, ends), strict=True):
            candidate[name] = arguments[name].copy()
            candidate[name][:, first:] = part
        return candidate if _other(candidate, arguments) and fails(candidate) else arguments

    return step


def plainer_numbers(*names: str) -> Pass:
    """Replace single numbers of these arrays by 0 or by smaller whole ones."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        for name in names:
            for place in np.ndindex(arguments[name].shape):
                for value in _plainer(arguments[name][place]):
                    changed = arguments[name].copy()
                    changed[place] = value
                    candidate = {**arguments, name: changed}
                    if changed[place] == value and fails(candidate):
                        arguments = candidate
                        break
        return arguments

    return step


def ranked(name: str, highest: float = 1.0) -> Pass:
    """Replace the numbers of an array, all at once, by evenly spaced ones in the same order."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        values = arguments[name]
        _, ranks = np.unique(values, return_inverse=True)
        spaced = (ranks.reshape(values.shape) + 1) * (
            highest / 2 ** np.ceil(np.log2(ranks.max(initial=0) + 1))
        )
        candidate = {**arguments, name: spaced.astype(values.dtype)}
        return candidate if _other(candidate, arguments) and fails(candidate) else arguments

    return step


def one_of(name: str, *values: Any) -> Pass:
    """Replace a plain argument by the first of these values that fails too."""

    def step(arguments: Arguments, fails: Fails) -> Arguments:
        for value in values:
            if arguments[name] == value:
                break
            if fails({**arguments, name: value}):
                return {**arguments, name: value}
        return arguments

    return step


def _plainer(value: Any) -> Iterator[Any]:
    """Numbers that are plainer than this one: nearer 0 if it is whole, whole if it is not."""
    number = float(value)
    if number == 0 or not np.isfinite(number):
        return
    whole = number == int(number)
    tried = [0, int(number / 2), int(number) - 1 if number > 0 else int(number) + 1, round(number)]
    for other in dict.fromkeys(tried):
        if not whole or abs(other) < abs(number):
            yield other


def _other(candidate, arguments):
    return any(not np.array_equal(candidate[name], arguments[name]) for name in candidate)
