"""Run the real systems on every case and write their answers to recorded/.

    python -m tests.oracle.record                        every system that is installed
    python -m tests.oracle.record torchvision coco       these

`fast_rcnn` needs code that build_fast_rcnn.py builds, and a NumPy that sorts as it did when that code was
written:

    export REFDET_FAST_RCNN=OUT NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL"
    python -m tests.oracle.record fast_rcnn

The systems of build_sources.py need REFDET_SOURCES=OUT.

A system that raises ZeroDivisionError has the empty answer.
"""

import sys

import numpy as np

from . import average_precision, recordings
from .groups import GROUPS
from .systems import SYSTEMS


def record(name):
    """Write one system's answers, and its versions into the table."""
    system = SYSTEMS[name]
    versions = recordings.load_text("versions.json") if (recordings.FOLDER / "versions.json").exists() else {}
    versions[name] = system.versions()
    answers = {}
    for group, make in GROUPS[name].items():
        function = system.ops[group.partition("/")[0]]
        answers[group] = [answer(function, arguments) for arguments in make()]
    recordings.save(name, answers)
    if name in (*average_precision.RUNNERS, *average_precision.CURVE_RUNNERS):
        recordings.save_text(f"{name}_average_precision.json", average_precision.record(name))
    recordings.save_text("versions.json", dict(sorted(versions.items())))
    print(f"{name}: {sum(map(len, answers.values()))} cases in {len(answers)} groups")


def answer(function, arguments):
    """What the system says; the empty answer where it divides by zero."""
    try:
        return function(*arguments)
    except ZeroDivisionError:
        return np.zeros(0, np.int64)


if __name__ == "__main__":
    for name in sys.argv[1:] or SYSTEMS:
        try:
            record(name)
        except LookupError as missing:
            print(f"{name}: not recorded: {missing}")
