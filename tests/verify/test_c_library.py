"""Shared libraries by their C signature: guards, poison, and faults of C."""

import shutil
import subprocess

import numpy as np
import pytest

from refdet.verify.c_library import declared
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, planned, verify
from refdet.verify.target import InChild

SOURCE = r"""
#include <stdint.h>
#include <stdlib.h>

static real least(real a, real b) { return a < b ? a : b; }
static real most(real a, real b) { return a > b ? a : b; }

static real iou(const real *p, const real *q) {
    real w = least(p[2], q[2]) - most(p[0], q[0]), h = least(p[3], q[3]) - most(p[1], q[1]);
    if (w <= 0 || h <= 0) return 0;
    real inter = w * h;
    return inter / ((p[2] - p[0]) * (p[3] - p[1]) + (q[2] - q[0]) * (q[3] - q[1]) - inter);
}

static int64_t run(const real *boxes, const real *scores, int64_t n, real t, int64_t *keep) {
    int64_t *order = malloc(8 * n + 8), kept = 0;
    char *gone = calloc(n + 1, 1);
    for (int64_t i = 0; i < n; i++) {
        int64_t j = i;
        for (; j && scores[order[j - 1]] < scores[i]; j--) order[j] = order[j - 1];
        order[j] = i;
    }
    for (int64_t a = 0; a < n; a++) {
        if (gone[a]) continue;
        keep[kept++] = order[a];
        for (int64_t b = a + 1; b < n; b++)
            if (iou(boxes + 4 * order[a], boxes + 4 * order[b]) > t) gone[b] = 1;
    }
    free(order);
    free(gone);
    return kept;
}

#define NMS(name) int64_t name(const real *boxes, const real *scores, int64_t n, double t, int64_t *keep)
NMS(nms) { return run(boxes, scores, n, (real)t, keep); }
NMS(loose) { return run(boxes, scores, n, (real)t - (real)1e-6, keep); }
NMS(beside) { int64_t k = run(boxes, scores, n, (real)t, keep); keep[n] = 0; return k; }
NMS(before) { int64_t k = run(boxes, scores, n, (real)t, keep); keep[-1] = 0; return k; }
NMS(too_many) { run(boxes, scores, n, (real)t, keep); return n + 1; }
NMS(reads_null) { return n + *(volatile int *)0; }

void box_iou(const real *one, int64_t n, const real *two, int64_t m, real *out) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < m; j++) out[i * m + j] = iou(one + 4 * i, two + 4 * j);
}
void last_left_out(const real *one, int64_t n, const real *two, int64_t m, real *out) {
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j + 1 < m; j++) out[i * m + j] = iou(one + 4 * i, two + 4 * j);
}
"""

TOLD = {
    ("nms", "nms"): ("PASS", ""),
    ("nms", "loose"): ("FAIL", "goes only if"),
    ("nms", "beside"): ("ERROR", "it wrote beside keep"),
    ("nms", "before"): ("ERROR", "it wrote beside keep"),
    ("nms", "too_many"): ("ERROR", "it returned 1; wanted 0 to 0"),
    ("nms", "reads_null"): ("ERROR", "signal 11"),
    ("nms", "missing"): ("ERROR", "undefined symbol"),
    ("box_iou", "box_iou"): ("PASS", ""),
    ("box_iou", "last_left_out"): ("FAIL", "-7.77"),
}


@pytest.fixture(scope="module", params=["float", "double"])
def library(request, tmp_path_factory):
    if (compiler := shutil.which("cc")) is None:
        pytest.skip("no C compiler")
    folder = tmp_path_factory.mktemp("library")
    (folder / "kernels.c").write_text(SOURCE)
    options = ["-O1", "-ffp-contract=off", "-shared", "-fPIC", f"-Dreal={request.param}"]
    subprocess.run([compiler, *options, "-o", folder / "kernels.so", folder / "kernels.c"], check=True)
    return folder / "kernels.so", {"float": "float32", "double": "float64"}[request.param]


@pytest.mark.parametrize(("op", "symbol"), TOLD)
def test_what_a_function_of_a_library_does_is_seen(op, symbol, library):
    path, dtype = library
    kernel = InChild(f"{path}:{symbol}", op)
    report = verify(CONTRACTS[op], kernel, symbol, Plan(dtypes=(dtype,), max_examples=60, shrink_seconds=1))
    kernel.close()
    verdict, words = TOLD[op, symbol]
    assert report.verdict == verdict and words in report.words


def test_a_declaration_is_read_in_its_parts():
    text = "int64_t nms(const real *boxes, const int64_t* idxs, int64_t num_boxes, double iou_threshold)"
    assert declared(text) == (
        "int64_t",
        [("pointer", "boxes"), ("pointer", "idxs"), ("int64_t", "num_boxes"), ("double", "iou_threshold")],
    )


@pytest.mark.parametrize("op", [op for op, contract in CONTRACTS.items() if contract.c_signature])
def test_every_name_of_a_signature_can_be_given(op):
    """Each pointer is an argument or a result, each result is written to, and the function has the operation's name."""
    contract = CONTRACTS[op]
    returned, parameters = declared(contract.c_signature)
    assert contract.c_signature.split("(")[0] == f"{returned} {op}" and returned in ("void", "int64_t")
    pointers = {name for kind, name in parameters if kind == "pointer"}
    results = pointers - set(contract.arguments)
    assert results and pointers - results <= set(contract.arguments)


@pytest.mark.parametrize("op", [op for op, contract in CONTRACTS.items() if contract.c_signature])
def test_every_result_of_a_signature_has_its_shape(op):
    """As many numbers as the reference's answer has, whole ones where it has whole ones."""
    contract, plan = CONTRACTS[op], Plan(max_examples=30)
    pointers = {name for kind, name in declared(contract.c_signature)[1] if kind == "pointer"}
    for case in planned(contract, plan):
        told = contract.c_results(case.arguments)
        assert set(told) == pointers - set(contract.arguments)
        answer = contract.reference(**case.arguments, **contract.under(plan.convention))
        answers = answer if isinstance(answer, tuple) else (answer,)
        fields = hasattr(answer, "__dataclass_fields__")
        if not fields and not contract.c_signature.startswith("int64_t"):  # those return how many
            assert [(np.size(a), np.asarray(a).dtype.kind) for a in answers] == [
                (np.prod(shape), np.dtype(dtype).kind) for shape, dtype in told.values()
            ]
