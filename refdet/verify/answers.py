"""What any answer has to be before its numbers are looked at: arrays of the right kind, shape and precision."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from refdet.verify.arrays import Unknown
from refdet.verify.contract import Lines


def array_like(
    answer: Any, shape: tuple[int, ...], dtypes: Collection[np.dtype[Any]], name: str = "the answer"
) -> Lines:
    """Promises of an array of numbers: type, one of these precisions, shape."""
    yield from _array(answer, name)
    wanted = " or ".join(sorted(map(str, dtypes)))
    yield f"{name} is {wanted}; {answer.dtype} came", answer.dtype in dtypes
    yield f"{name} has the shape {shape}; {answer.shape} came", answer.shape == shape


def one_number(answer: Any, dtypes: Collection[np.dtype[Any]], name: str = "the answer") -> Lines:
    """Promises of one number: an array without axes, a NumPy scalar of one of these precisions, or a float."""
    if not isinstance(answer, (float, np.floating)):
        yield from array_like(answer, (), dtypes, name)
    elif isinstance(answer, np.floating):
        wanted = " or ".join(sorted(map(str, dtypes)))
        yield f"{name} is {wanted}; {answer.dtype} came", answer.dtype in dtypes


def indices(answer: Any, count: int, name: str = "the answer", of: str = "a box") -> Lines:
    """Promises of indices into `count` rows: whole, one after the other, each at most once."""
    yield from _array(answer, name)
    whole = answer.dtype.kind in "iu" and answer.dtype.itemsize >= 4
    yield f"{name} is whole numbers of 32 or 64 bits; {answer.dtype} came", whole
    yield f"{name} has one axis; the shape {answer.shape} came", answer.ndim == 1
    outside = [int(i) for i in answer.tolist() if not 0 <= i < count][:1]
    yield f"every index is of {of}: 0 to {count - 1}; {outside} came", not outside
    values, times = np.unique(answer, return_counts=True)
    yield f"no index comes twice; {values[times > 1][:5].tolist()} did", bool((times == 1).all())


def parts(answer: Any, count: int, names: str) -> Lines:
    """Promises of several results at once."""
    several = isinstance(answer, (tuple, list))
    came = f"{len(answer)} of them" if several else type(answer).__name__
    yield f"{count} results come back: {names}; {came} came", several and len(answer) == count


def number(answer: Any, name: str = "the answer") -> Lines:
    """Promises of one real number: Python's, NumPy's, or an array that holds nothing else."""
    kind = np.asarray(answer).dtype.kind if isinstance(answer, (int, float, np.generic, np.ndarray)) else "O"
    yield f"{name} is a number; {_told(answer)} came", kind in "fiu"
    yield f"{name} is one number; the shape {np.shape(answer)} came", np.size(answer) == 1
    yield f"{name} is finite; {float(np.ravel(answer)[0])} came", bool(np.isfinite(answer).all())


def _array(answer, name):
    yield f"{name} is an array; {_told(answer)} came", isinstance(answer, np.ndarray)


def _told(answer):
    text = answer.name if isinstance(answer, Unknown) else type(answer).__name__
    return f"{text} of {len(answer)}" if isinstance(answer, (tuple, list)) else text


def finite(answer: Any, name: str = "the answer") -> Lines:
    """The promise that no number overflows and none is NaN."""
    lost = np.argwhere(~np.isfinite(np.asarray(answer, np.float64)))[:1].tolist()
    where = f"that at {lost[0]} is not" if lost else ""
    yield f"every number of {name} is finite; {where}", not lost


def within(answer: Any, low: Any, high: Any, name: str = "the answer") -> Lines:
    """The promise that each number lies between two; NaN lies nowhere."""
    numbers = np.asarray(answer, np.float64)
    wrong = np.argwhere(~((numbers >= low) & (numbers <= high)))
    if len(wrong):
        place = tuple(wrong[0].tolist())
        low, high = (np.broadcast_to(end, numbers.shape)[place] for end in (low, high))
        yield (
            f"{name} at {list(place)} lies from {low:.9g} to {high:.9g}; {numbers[place]:.9g} came",
            False,
        )
