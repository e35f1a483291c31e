"""Words, columns and a size as a function of a shared library takes them; the smallest case of its bug."""

import shutil
import subprocess

import numpy as np
import pytest

from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, verify
from refdet.verify.target import InChild

SOURCE = r"""
#include <math.h>
#include <stdint.h>
#include <string.h>

void diagonal(const double *cost, int64_t count, int64_t columns, int maximize, int64_t *rows, int64_t *cols) {
    int64_t shorter = count < columns ? count : columns;
    for (int64_t i = 0; i < shorter; i++) rows[i] = cols[i] = i;
}

void decode_rcnn(const double *deltas, const double *proposals, int64_t count, int64_t columns,
                 const double *weights, double *decoded) {
    for (int64_t at = 0; at < count * columns; at += 4)
        for (int axis = 0; axis < 2; axis++) {
            const double *box = proposals + at / columns * 4, *delta = deltas + at;
            double size = box[2 + axis] - box[axis];
            double centre = box[axis] + size / 2 + delta[axis] / weights[axis] * size;
            size *= exp(delta[2 + axis] / weights[2 + axis]);
            decoded[at + axis] = centre - size / 2;
            decoded[at + 2 + axis] = centre + size / 2;
        }
}

void decode_detr(const double *outputs, int64_t count, int64_t height, int64_t width, const char *form,
                 double *decoded) {
    double parts[4], image[2] = {width, height};
    for (int64_t at = 0; at < count * 4; at += 4) {
        for (int i = 0; i < 4; i++)
            parts[i] = strcmp(form, "logits") ? outputs[at + i] : 1 / (1 + exp(-outputs[at + i]));
        for (int axis = 0; axis < 2; axis++) {
            decoded[at + axis] = (parts[axis] - parts[2 + axis] / 2) * image[axis];
            decoded[at + 2 + axis] = (parts[axis] + parts[2 + axis] / 2) * image[axis];
        }
    }
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("library")
    (folder / "kernels.c").write_text(SOURCE)
    command = [compiler, "-O1", "-shared", "-fPIC", "-o", folder / "kernels.so", folder / "kernels.c", "-lm"]
    subprocess.run(command, check=True)
    return folder / "kernels.so"


def report_of(library, op, symbol):
    kernel = InChild(f"{library}:{symbol}", op)
    report = verify(
        CONTRACTS[op], kernel, symbol, Plan(dtypes=("float64",), max_examples=60, shrink_seconds=5)
    )
    kernel.close()
    return report


@pytest.mark.parametrize("op", ["decode_rcnn", "decode_detr"])
def test_a_right_coder_in_c_passes(op, library):
    report = report_of(library, op, op)
    assert report.verdict == "PASS", report.words


def test_an_assignment_that_never_looks_at_the_costs_is_made_small(library):
    report = report_of(library, "linear_sum_assignment", "diagonal")
    assert report.verdict == "FAIL" and report.words.startswith("no exchange is cheaper")
    assert np.array_equal(report.counterexample.case.arguments["cost"], [[1, 0]])
    assert report.follows == () and report.seconds < 5
