"""The recorded answers: compressed files per system, and tables of numbers and versions as text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "recorded"
APART = ("soft_nms",)  # ops with a file of their own: <system>_<op>.npz


def save(system, answers):
    """Write ``{group: list of answers}``; an answer is an array or a tuple of arrays."""
    for op in APART:
        own = {group: found for group, found in answers.items() if group.partition("/")[0] == op}
        answers = {group: found for group, found in answers.items() if group not in own}
        if own:
            _write(f"{system}_{op}", own)
    _write(system, answers)


def load(system):
    """``{group: list of answers}`` as `save` took it."""
    names = [system, *(f"{system}_{op}" for op in APART)]
    files = [_read(name) for name in names if (FOLDER / f"{name}.npz").exists()]
    return {group: answers for found in files for group, answers in found.items()}


def _write(name, answers):
    """One file: one long array per dtype, and as text the dtype and shape of every array in turn."""
    index, values = {}, {}
    for group, outputs in answers.items():
        tuples = [out if isinstance(out, tuple) else (out,) for out in outputs]
        index[group] = [[[array.dtype.name, array.shape] for array in arrays] for arrays in tuples]
        for array in (array for arrays in tuples for array in arrays):
            values.setdefault(array.dtype.name, []).append(array.ravel())
    flat = {dtype: _narrow(np.concatenate(arrays)) for dtype, arrays in values.items()}
    text = np.frombuffer(json.dumps(index).encode(), np.uint8)
    np.savez_compressed(FOLDER / f"{name}.npz", index=text, **flat)


def _read(name):
    """What `_write` wrote."""
    with np.load(FOLDER / f"{name}.npz") as file:
        flat = {name: file[name] for name in file.files}
    index = json.loads(flat.pop("index").tobytes())
    taken = dict.fromkeys(flat, 0)

    def array(dtype, shape):
        start, taken[dtype] = taken[dtype], taken[dtype] + int(np.prod(shape))
        return flat[dtype][start : taken[dtype]].reshape(shape).astype(dtype)

    def answer(entry):
        return array(*entry[0]) if len(entry) == 1 else tuple(array(*part) for part in entry)

    return {group: [answer(entry) for entry in entries] for group, entries in index.items()}


def _narrow(array):
    """Whole numbers in two bytes if they fit."""
    fits = array.dtype.kind == "i" and np.abs(array).max(initial=0) < 2**15
    return array.astype(np.int16) if fits else array


def save_text(name, content):
    """Write a dictionary, one entry a line."""
    lines = (f" {json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in content.items())
    (FOLDER / name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def load_text(name):
    return json.loads((FOLDER / name).read_text())
