"""The device gives the bits that the reference gave elsewhere: hashes of results, recorded with the cases' names.

PYTHONPATH=tools:. python -m gpu_steps.replay --write       compute them anew with the references
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

import refdet
from gpu_steps import Failed, cases, main
from gpu_steps.device import device, run
from refdet import kernels
from refdet.kernels.launch import Operations
from refdet.profiles import PROFILES

RECORDED = Path(__file__).with_name("recorded_hashes.json")
SHOWN = 5
WITHOUT_HASH = {
    "roi_pool": "a part of roi_pool_with_argmax",
    "complete_box_iou": "its arc tangent is the machine's own; the tests compare it within a tolerance",
}


def paired_ops():
    """Every op that has kernels and the same bits everywhere; and the plain twins beside them."""
    twins = [name for name in vars(Operations) if name.endswith("_plain")]
    return [op for op in kernels._REFERENCES if op not in WITHOUT_HASH] + twins


def digest(result):
    """SHA-256 of dtype, shape and bytes of every array; of NaN, the payload does not count."""
    seen = hashlib.sha256()
    for array in result if isinstance(result, tuple) else (result,):
        array = np.ascontiguousarray(array)
        if array.dtype.kind == "f":
            array = np.where(np.isnan(array), np.array(np.nan, array.dtype), array)
        seen.update(f"{array.dtype.name} {array.shape} ".encode() + array.tobytes())
    return seen.hexdigest()


def answer(name, call):
    """Hash of what ``call(op, *arguments, **keywords)`` returns for the case; of an error, its type."""
    op, arguments, profile = cases.draw(name)
    keywords = {} if op in cases.WITHOUT_CONVENTION else {"convention": PROFILES[profile.lower()]}
    try:
        return digest(call(op, *arguments, **keywords))
    except (ValueError, TypeError) as error:
        return type(error).__name__


def reference(op, *arguments, **keywords):
    """The definition."""
    return getattr(refdet, op.removesuffix("_plain"))(*arguments, **keywords)


def replay(dry_run, path=RECORDED):
    """Every recorded case; Failed if one differs, or if an op has no case."""
    recorded = json.loads(Path(path).read_text())
    on = device(dry_run)
    without = set(paired_ops()) - {name.split("/")[0] for name in recorded}
    if without:
        raise Failed(f"no recorded case of {', '.join(sorted(without))}: python -m gpu_steps.replay --write")
    other = []
    for name, wanted in recorded.items():
        came = answer(name, lambda op, *arguments, **keywords: run(on, op, *arguments, **keywords))
        if came != wanted:
            other.append(name)
            print(f"{name}: {wanted} was recorded, {came} came")
    if other:
        raise Failed(f"{len(other)} of {len(recorded)} hashes differ, first {', '.join(other[:SHOWN])}")
    print(f"{len(recorded)} results have the recorded hash")
    return {"cases": len(recorded)}


def write():
    """Record what the references give."""
    hashes = {name: answer(name, reference) for name in cases.names(paired_ops())}
    RECORDED.write_text(json.dumps(hashes, indent=0) + "\n")
    print(f"{len(hashes)} cases, {RECORDED.stat().st_size} bytes")


if __name__ == "__main__":
    write() if sys.argv[1:] == ["--write"] else main(replay)
