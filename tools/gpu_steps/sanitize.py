"""Twenty cases under one tool of compute-sanitizer.

Before them an error that was planted: a tool that misses it proves nothing.

Without a tool's name this is the script that the tool watches: `cases`, or `planted` and the tool that must see it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import numpy as np

from gpu_steps import RESULT, Failed, NotRun, cases, main
from gpu_steps.device import device, run
from gpu_steps.facts import find
from gpu_steps.replay import answer, paired_ops, reference
from refdet.kernels.cuda_sources import KERNELS

MARK = "========="
"""What every line of the tool begins with; a second blank behind it says that the line belongs to the one above."""
OPTIONS = "--print-limit", "0", "--show-backtrace", "device", "--target-processes", "all"
"""All that it sees, in which kernel, in whatever process: what CuPy's own sort does must hide nothing of refdet."""
OURS = [kernel for group in KERNELS.values() for kernel in group] + ["refdet"]
"""Names that a report about refdet's kernels, or about a function in them, bears."""
NO_REPORT = re.compile(r"COMPUTE-SANITIZER|.*SUMMARY: |Error: process didn't|Target application returned")
COUNT = 20
TOOLS = "memcheck", "racecheck", "initcheck", "synccheck"

PLANTED = {
    "memcheck": "out[blockDim.x] = 1;",
    "racecheck": "__shared__ int s[64]; s[threadIdx.x] = threadIdx.x; out[threadIdx.x] = s[63 - threadIdx.x];",
    "initcheck": "out[threadIdx.x] = in[threadIdx.x];",
    "synccheck": "if (threadIdx.x < 40) __syncthreads(); out[threadIdx.x] = 1;",
}


def sanitize(dry_run, what, tool=None):
    """A tool's name watches; "cases" and "planted" are watched."""
    if what == "cases":
        return _cases(dry_run)
    if what == "planted":
        return _planted(tool)
    if dry_run:
        print(f"dry run: the cases of {what}, in the emulator, without compute-sanitizer")
        return _cases(dry_run)
    text = _watched(what, "planted", what)
    if not naming(reports(text), ["planted"]):
        raise Failed(f"{what} does not see the error that was planted: {_last(text)}")
    text = _watched(what, "cases")
    told = reports(text)
    found = naming(told, OURS)
    if found:
        raise Failed(f"{what}, {len(found)} errors, first: {found[0]}")
    if RESULT not in text:
        raise Failed(f"{what}, the cases: {_last(text)}")
    if not told and re.search(r"SUMMARY: [1-9]", text):
        raise Failed(f"{what} tells of errors that cannot be read: {_last(text)}")
    return {"cases": COUNT, "in kernels that are not refdet's": Counter(text.split(":")[0] for text in told)}


def reports(text):
    """One line for each thing that the tool tells, with the lines that belong to it."""
    found = []
    for line in text.splitlines():
        told = line.removeprefix(MARK)
        if told == line or not told.strip():
            continue
        if told.startswith("  ") and found:
            found[-1] += ": " + told.strip()
        else:
            found.append(told.strip())
    return [report for report in found if not NO_REPORT.match(report)]


def naming(found, names):
    """Those of the reports that bear one of the names."""
    word = re.compile(rf"\b({'|'.join(names)})\b")
    return [report for report in found if word.search(report)]


def _watched(tool, *script):
    """What the tool and the script printed; NotRun where it cannot look."""
    path = find("compute-sanitizer")
    if path is None:
        raise NotRun("compute-sanitizer is not on this machine")
    command = [path, "--tool", tool, *OPTIONS, sys.executable, "-m", "gpu_steps.sanitize", *script]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode(errors="replace")
    print(text[-6000:].replace(RESULT, "its result: "), flush=True)
    if "device not supported" in text.lower():
        raise NotRun(f"{tool}: Device not supported")
    return text


def _last(text):
    return (text.strip().splitlines() or ["it printed nothing"])[-1]


def _cases(dry_run):
    """Twenty cases of every kernel in turn, compared with the references."""
    on = device(dry_run)
    if not dry_run:
        on.cupy.cuda.set_allocator(None)  # each array is an allocation of its own, so that its end is seen
    for name in chosen():
        came = answer(name, lambda op, *arguments, **keywords: run(on, op, *arguments, **keywords))
        if came != answer(name, reference):
            raise Failed(f"{name} differs from the reference")
    print(f"{len(chosen())} cases agree")
    return {"cases": len(chosen())}


def chosen():
    """Cases of 65 boxes or regions, a block and one more, so many of each op that there are twenty."""
    names = [name for name in cases.names(paired_ops()) if name.endswith("/65")]
    by_op = {}
    for name in names:
        by_op.setdefault(name.split("/")[0], []).append(name)
    rounds = max(map(len, by_op.values()))
    in_turn = [group[i] for i in range(rounds) for group in by_op.values() if i < len(group)]
    return in_turn[:COUNT]


def _planted(tool):
    """A kernel of 64 threads with the error that the tool is for."""
    on = device(dry_run=False)
    on.cupy.cuda.set_allocator(None)
    source = 'extern "C" __global__ void planted(int* out, const int* in) { ' + PLANTED[tool] + " }"
    kernel = on.cupy.RawKernel(source, "planted")
    kernel((1,), (64,), (on.cupy.zeros(64, np.int32), on.cupy.empty(64, np.int32)))
    try:
        on.cupy.cuda.get_current_stream().synchronize()
    except on.cupy.cuda.runtime.CUDARuntimeError as error:
        print(f"the device stopped: {error}")


if __name__ == "__main__":
    main(sanitize)
