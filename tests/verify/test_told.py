"""The report as text: code that makes the very case, and what a library was called as."""

import numpy as np
import pytest

from refdet.verify.contract import Case
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Counterexample, Plan, Report
from refdet.verify.told import code, lines

ROWS = {
    "alike": np.repeat(np.array([[0, 0, 4, 4]], np.float32), 64, axis=0),
    "alike, then others": np.array([[1, 1, 2, 2]] * 63 + [[0, 0, 1, 1]] * 2 + [[0.1, 0, 1, 1]]),
    "others, then alike": np.array([[0, 0, 1, 1]] + [[1, 1, 2, 2]] * 9, np.float16),
    "few": np.array([[0, 0, 4, 4]] * 4, np.float32),
    "numbers": np.array([1, 1, 1, 1, 1, 1, 0.5, np.nan, np.inf, -np.inf], np.float32),
    "one number": np.array(2.5),
    "nothing": np.zeros((0, 4), np.float32),
    "a map": np.arange(16, dtype=np.float64).reshape(1, 1, 4, 4) / 7,
    "whole": np.array([7] * 20 + [3], np.int64),
    "both zeros": np.array([0.0] * 5 + [-0.0] * 5),
}


@pytest.mark.parametrize("name", ROWS)
def test_the_code_makes_the_same_bits(name):
    made = {}
    exec("\n".join(code(Case({"rows": ROWS[name]}, ""))), made)
    rows = made["rows"]
    assert (rows.dtype, rows.shape) == (ROWS[name].dtype, ROWS[name].shape)
    assert rows.tobytes() == ROWS[name].tobytes()


def test_rows_that_are_alike_are_counted():
    told = "\n".join(code(Case({"boxes": ROWS["alike"], "others": ROWS["few"]}, "")))
    assert "boxes = np.array([[0, 0, 4, 4]] * 64, np.float32)" in told
    assert "others = np.array([[0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 4, 4]], np.float32)" in told


@pytest.mark.parametrize(
    ("target", "named"), [("./my.so", True), ("./my.so:box_iou", True), ("my.py:box_iou", False)]
)
def test_a_library_that_gives_no_answer_is_told_how_it_was_called(target, named):
    boxes = np.zeros((1, 4), np.float32)
    case = Case({"boxes1": boxes, "boxes2": boxes}, "few")
    report = Report(
        "box_iou", target, Plan(), "ERROR", counterexample=Counterexample(case, "it hung", None, case)
    )
    told = "\n".join(lines(report, CONTRACTS["box_iou"]))
    assert ("it was called as void box_iou(const real *boxes1, int64_t num_boxes1" in told) == named
