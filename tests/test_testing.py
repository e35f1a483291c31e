"""`refdet.testing` in the tests of somebody else."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from refdet import nms, testing

TESTS = """
import refdet.testing
from refdet import nms

@refdet.testing.verify("nms", max_examples=40)
def test_right(boxes, scores, iou_threshold):
    return nms(boxes, scores, iou_threshold)

@refdet.testing.verify("nms", max_examples=40, dtypes=("float32",))
def test_loose(boxes, scores, iou_threshold):
    return nms(boxes, scores, max(iou_threshold - 1e-3, 0))

@refdet.testing.verify("nms", array="no_such_library")
def test_elsewhere(boxes, scores, iou_threshold):
    return None
"""


def run(folder, *options):
    (folder / "test_mine.py").write_text(TESTS)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "refdet.testing",
        *options,
    ]
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)


def test_a_decorated_function_is_a_test_for_each_precision(tmp_path):
    done = run(tmp_path)
    assert "1 failed, 2 passed, 2 skipped" in done.stdout and done.returncode == 1
    assert "goes only if it overlaps a better one" in done.stdout and "no_such_library" not in done.stderr


def test_known_failures_stand_in_a_file_that_stays_true(tmp_path):
    (tmp_path / "known.txt").write_text("# too loose\ntest_mine.py::test_loose[float32]  # since 2026\n")
    done = run(tmp_path, "--refdet-xfails", "known.txt")
    assert done.returncode == 0 and "1 xfailed" in done.stdout
    (tmp_path / "known.txt").write_text("test_mine.py::test_right[float32]\n")
    assert "2 failed" in run(tmp_path, "--refdet-xfails", "known.txt").stdout
    assert "--refdet-xfails nowhere: No such file" in run(tmp_path, "--refdet-xfails", "nowhere").stderr


def test_one_answer_is_judged():
    boxes, scores = np.array([[0, 0, 4, 4], [0, 0, 4, 2]], np.float32), np.array([1, 0.5], np.float32)
    testing.check("nms", nms(boxes, scores, 0.5), boxes, scores, 0.5)
    with pytest.raises(AssertionError, match="goes only if"):
        testing.check("nms", np.array([0]), boxes, scores, 0.5)


def test_arguments_of_one_answer_are_counted():
    with pytest.raises(
        TypeError, match="nms: .*'iou_threshold'; wanted boxes, scores, iou_threshold, and 2 came"
    ):
        testing.check("nms", np.array([0]), np.zeros((1, 4)), np.ones(1))
    with pytest.raises(TypeError, match="too many positional arguments; .* and 4 came"):
        testing.check("nms", np.array([0]), np.zeros((1, 4)), np.ones(1), 0.5, 1)
    testing.check("diou_nms", np.array([0]), np.zeros((1, 4)), np.ones(1), 0.5)  # beta is the profile's


def test_a_kernel_of_an_own_object_is_tried():
    testing.verify_kernel("nms", nms, max_examples=30)
    with pytest.raises(AssertionError, match="FAIL  nms of nothing"):
        testing.verify_kernel("nms", nothing, max_examples=30)


def nothing(boxes, scores, iou_threshold):
    return np.zeros(0, np.int64)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: testing.check("nsm", None), "op: 'nsm' came; wanted one of"),
        (lambda: testing.verify("nms", profile="tv"), "profile: 'tv' came; wanted one of refdet"),
        (lambda: testing.verify_kernel("nms", nms, profile="voc"), "profile: .* has no nms"),
    ],
)
def test_a_wrong_name_is_said(call, said):
    with pytest.raises(ValueError, match=said):
        call()
