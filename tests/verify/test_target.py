"""A kernel in a process of its own: whatever it does becomes a verdict, and the run goes on."""

import sys
import textwrap

import numpy as np
import pytest

from refdet.verify.contract import Case
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, verify
from refdet.verify.target import InChild, Refused

KERNELS = """
import os, sys, time
import numpy as np
from refdet import nms

def right(boxes, scores, iou_threshold):
    return nms(boxes, scores, iou_threshold)

def raises(boxes, scores, iou_threshold):
    if len(boxes) == 0:
        raise RuntimeError("no boxes")
    return nms(boxes, scores, iou_threshold)

def exits(boxes, scores, iou_threshold):
    sys.exit(0)

def leaves(boxes, scores, iou_threshold):
    os._exit(7)

def crashes(boxes, scores, iou_threshold):
    import ctypes
    ctypes.string_at(0)

def hangs(boxes, scores, iou_threshold):
    while len(boxes) > 1:
        time.sleep(0.01)
    return nms(boxes, scores, iou_threshold)

def forks(boxes, scores, iou_threshold):
    os.fork()
    return nms(boxes, scores, iou_threshold)

def prints(boxes, scores, iou_threshold):
    print("here I am")
    os.write(1, b"and on the file descriptor")
    return nms(boxes, scores, iou_threshold)

def reads(boxes, scores, iou_threshold):
    return nms(boxes, scores, iou_threshold) if sys.stdin.read() == "" else None

def mutates(boxes, scores, iou_threshold):
    keep = nms(boxes, scores, iou_threshold)
    boxes += 1
    return keep

def two(boxes, scores):
    return None

def odd(boxes, scores, iou_threshold):
    return lambda: None

class Callable:
    def __call__(self, boxes, scores, iou_threshold):
        return nms(boxes, scores, iou_threshold)

an_object = Callable()
number = 3
"""

TOLD = {
    "raises": ("ERROR", "it raised RuntimeError: no boxes"),
    "exits": ("ERROR", "it raised SystemExit: 0"),
    "leaves": ("ERROR", "it ended the process with exit code 7"),
    "crashes": ("ERROR", "it crashed: signal 11 (SIGSEGV)"),
    "hangs": ("ERROR", "it did not come back within 0.5 seconds"),
    "forks": ("ERROR", "it forked: the process was copied while it ran"),
    "mutates": ("FAIL", "arguments stay as they are; boxes did not"),
    "two": ("ERROR", "it does not take (boxes, scores, iou_threshold): too many positional arguments"),
    "odd": ("FAIL", "the answer is an array; function came"),
    "number": ("ERROR", "is no function: int came"),
    "nowhere": ("ERROR", "has no nowhere"),
    "prints": ("PASS", ""),
    "reads": ("PASS", ""),
    "right": ("PASS", ""),
    "an_object": ("PASS", ""),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernels") / "kernels_to_try.py"
    path.write_text(KERNELS)
    return path


def report_of(target, **options):
    plan = Plan(dtypes=("float32",), max_examples=40, shrink_seconds=2, **options)
    kernel = InChild(target, "nms", limit=0.5)
    try:
        return verify(CONTRACTS["nms"], kernel, target, plan)
    finally:
        kernel.close()


@pytest.mark.parametrize("name", TOLD)
@pytest.mark.skipif(sys.platform == "win32", reason="signals and forks")
def test_whatever_it_does_is_one_line(name, file):
    report = report_of(f"{file}:{name}")
    verdict, words = TOLD[name]
    assert report.verdict == verdict and words in report.words and "\n" not in report.words
    if name == "prints":
        assert "here I am" in report.printed and "and on the file descriptor" in report.printed
    if verdict != "PASS" and name not in ("number", "nowhere"):
        assert len(report.counterexample.case.arguments["boxes"]) <= 2


def test_after_a_crash_the_next_call_has_a_new_process(file):
    kernel = InChild(f"{file}:leaves", "nms")
    case = Case({"boxes": np.zeros((0, 4)), "scores": np.zeros(0), "iou_threshold": 0.5}, "")
    assert kernel.call(case).error == kernel.call(case).error == "it ended the process with exit code 7"
    kernel.close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("def f(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("import os; os._exit(4)", "it ended the process with exit code 4"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why(text, words, tmp_path):
    path = tmp_path / "not_importable.py"
    path.write_text(textwrap.dedent(text))
    report = report_of(f"{path}:f")
    assert report.verdict == "ERROR" and report.exit_code == 3 and words in report.words


@pytest.mark.parametrize("target", ["nothing.of.that.name:f", "missing.py:f", "missing.so:f"])
def test_what_is_not_there_is_refused(target):
    kernel = InChild(target, "nms")
    with pytest.raises(Refused):
        kernel.call(Case({}, ""))
    kernel.close()


def test_a_layout_reaches_the_kernel(tmp_path):
    path = tmp_path / "layouts.py"
    path.write_text(
        "def f(boxes, scores, iou_threshold):\n"
        "    raise RuntimeError((boxes.strides, boxes.flags.c_contiguous, boxes.ctypes.data % 64, boxes.tolist()))\n"
    )
    boxes = np.arange(8.0, dtype=np.float32).reshape(2, 4)
    told = {}
    for layout in ("contiguous", "strided", "backwards"):
        kernel = InChild(f"{path}:f", "nms")
        case = Case({"boxes": boxes, "scores": np.ones(2, np.float32), "iou_threshold": 0.5}, "", layout)
        told[layout] = kernel.call(case).error
        kernel.close()
    assert "(16, 4), True" in told["contiguous"] and "(32, 4), False" in told["strided"]
    assert "(-16, 4), False" in told["backwards"]
    assert all("[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]" in words for words in told.values())


def test_a_library_that_is_missing_is_a_skip_and_never_a_pass(file):
    kernel = InChild(f"{file}:right", "nms", array="no_such_library")
    report = verify(CONTRACTS["nms"], kernel, "right", Plan(max_examples=5))
    assert report.verdict == "SKIP" and report.exit_code == 4 and "no_such_library" in report.words
    kernel.close()
