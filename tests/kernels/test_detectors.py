"""Tests of the tests: each sanitizer and each fuzzer finds the bugs planted for it in a copy of the sources.

A bug is text that takes the place of other text. It sleeps until REFDET_PLANTED names it, so that one build holds
all of them, and is clean while they sleep. Slow: run with REFDET_TEST_SANITIZERS=1.
"""

import functools
import os
import re
import shutil

import fuzz
import pytest
import sanitize
from toolchain import ROOT, Absent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("REFDET_TEST_SANITIZERS") != "1", reason="set REFDET_TEST_SANITIZERS=1"
    ),
]

SWITCH = """#include <cstdlib>
#include <cstring>
inline bool planted(const char* bug) {
    static const char* const chosen = std::getenv("REFDET_PLANTED");
    return chosen && !std::strcmp(chosen, bug);
}
"""
PLAIN = "void box_iou_plain(const real* boxes1, Index n, const real* boxes2, Index m, OverlapRule rule, real* out) {\n"
THREAD = "    if (column >= m) return;\n"
CELL = "    if (whole != whole) return 0;\n"
FARTHEST = "const long long FARTHEST_CELL = "
ALIVE = "const unsigned long long alive = stays;"

# Name: file, what stands there, what stands there instead.
BUGS = {
    # The value is not used, so that no result changes.
    "read past the end": (
        "box_iou.cpp",
        PLAIN,
        PLAIN + "if (PLANTED) { volatile real value = boxes2[4 * m]; (void)value; }\n",
    ),
    "thread past the end": (
        "box_iou.cu",
        THREAD,
        "if (PLANTED && column >= m) { volatile real_t value = boxes2[4 * column]; (void)value; }\n" + THREAD,
    ),
    "unguarded cast": ("roi.cuh", CELL, "if (PLANTED) return (long long)whole;\n" + CELL),
    "signed overflow": (
        "roi.cuh",
        FARTHEST + "1LL << 30;",
        FARTHEST + "PLANTED ? 1LL << 62 : 1LL << 30;",
    ),
    "index out of bounds": ("nms.cu", "side < 4; ++side) tile[", "side < 4 + PLANTED; ++side) tile["),
    # Two threads write one row: the same values, so that the result is right.
    "shared row": (
        "machine.h",
        "range(i * count / parts, (i + 1) * count / parts);",
        "range(i * count / parts, (i + 1) * count / parts + (PLANTED && i + 1 < parts));",
    ),
    "missing barrier": (
        "nms.cu",
        f"__syncthreads();\n        {ALIVE}",
        f"if (!PLANTED) __syncthreads();\n{ALIVE}",
    ),
    # Neither branch changes the result.
    "unwritten result read": (
        "box_iou.cpp",
        PLAIN,
        PLAIN + "if (PLANTED && n * m > 0 && out[0] > 0) out[0] = 0;\n",
    ),
    "unwritten result read by a thread": (
        "box_iou.cu",
        THREAD,
        THREAD + "if (PLANTED && out[column] > 0) out[column] = 0;\n",
    ),
    ">= for > in the fast form": (
        "rest_boxes.h",
        "!(overlap[j] > limit)",
        "!(PLANTED ? overlap[j] >= limit : overlap[j] > limit)",
    ),
    "one box left out by a thread": ("nms.cu", "threadIdx.x + 1 : 0;", "threadIdx.x + 1 + PLANTED : 0;"),
    # Wrong in a value or in the last bit of one; one for each of the other kernels.
    "one box left out by DIoU": ("diou_nms.cpp", "begin = i + 1;", "begin = i + 1 + PLANTED;"),
    "one box left out by a thread of DIoU": (
        "diou_nms.cu",
        "threadIdx.x + 1 : 0;",
        "threadIdx.x + 1 + PLANTED : 0;",
    ),
    "centre of another box": ("overlaps.cpp", "x = acx - cx[j]", "x = acx - cx[PLANTED ? 0 : j]"),
    "angle of another box": ("overlaps.cu", "refdet::angle(a, rule)", "refdet::angle(PLANTED ? b : a, rule)"),
    "other order of a sum": (
        "roi_align_fast.cpp",
        "sum[c] += w1 * v1[c] +",
        "sum[c] += PLANTED ? w1 * v1[c] + (w2 * v2[c] + (w3 * v3[c] + w4 * v4[c])) : w1 * v1[c] +",
    ),
    "other order of a product": (
        "roi_align.cu",
        "sum += y.near * x.near * upper[x.before] +",
        "sum += (PLANTED ? y.near * (x.near * upper[x.before]) : y.near * x.near * upper[x.before]) +",
    ),
    "divided too early": (
        "roi_align_fast.cpp",
        "cell[c] += grad[c] * weights[t] / roi.count;",
        "cell[c] += PLANTED ? grad[c] * (weights[t] / roi.count) : grad[c] * weights[t] / roi.count;",
    ),
    "divided too early by a thread": (
        "roi_align.cu",
        "+= grad * (y.near * x.past) / points;",
        "+= PLANTED ? grad * ((y.near * x.past) / points) : grad * (y.near * x.past) / points;",
    ),
    "one image too many": ("roi_pool.cpp", "images[k] >= map.images)", "images[k] >= map.images + PLANTED)"),
    "regions of every image": (
        "roi_pool.cu",
        "if (roi_images[k] != image)",
        "if (!PLANTED && roi_images[k] != image)",
    ),
    "> for >= in the fast form": ("soft_nms.cpp", "return over ? std::", "return over && !PLANTED ? std::"),
    "limit of a smaller region": (
        "cpp_only/segmentation_fast.cpp",
        "k / double(a.size); });",
        "k / double(PLANTED ? a.size - 1 : a.size); });",
    ),
    "ties to the first": ("soft_nms.cu", "(rule.ties_last != 0)", "(!PLANTED && rule.ties_last != 0)"),
}

PATHS = "tests/kernels/test_paths_agree.py::test_"
HOSTILE = PATHS + "hostile_maps_and_regions_pool_to_the_same_bits"
PLAIN_FORMS = "tests/kernels/test_cpp.py::test_plain_forms_take_every_memory_layout"
REGIONS = "tests/kernels/test_emulator.py::test_roi_pool_stands_hostile_regions_past_the_checks"
THREADS = "tests/kernels/test_cpp.py::test_the_number_of_threads_does_not_matter[float32-2]"
OVERRUN, CAST, OVERFLOW = (
    "heap-buffer-overflow",
    "is outside the range of representable",
    "signed integer overflow",
)
UNWRITTEN, RACE, BOUNDS = "use-of-uninitialized-value", "data race", "index 4 out of bounds"

# Bug, sanitizer, the test that comes by, and what is said.
UNDER_PYTHON = [
    ("read past the end", "address", PLAIN_FORMS, OVERRUN),
    ("thread past the end", "address", PATHS + "box_iou_agrees_at_block_edges[emulator forward]", OVERRUN),
    ("unguarded cast", "address", HOSTILE + "[cpp]", CAST),
    ("unguarded cast", "address", HOSTILE + "[emulator forward]", CAST),
    ("signed overflow", "address", REGIONS, OVERFLOW),
    ("index out of bounds", "address", PATHS + "nms_agrees_at_block_edges", BOUNDS),
    ("shared row", "thread", THREADS, RACE),
]
# Bug, sanitizer, target, and what is said.
ALONE = [
    ("unwritten result read", "memory", "box_iou", UNWRITTEN),
    ("unwritten result read by a thread", "memory", "box_iou_cuda", UNWRITTEN),
    ("missing barrier", "thread", "nms_cuda", RACE),
]
# Bug, target, and what is said.
FUZZED = [
    ("read past the end", "box_iou", OVERRUN),
    ("thread past the end", "box_iou_cuda", OVERRUN),
    ("unguarded cast", "roi_pool", CAST),
    ("unguarded cast", "roi_pool_cuda", CAST),
    ("signed overflow", "roi_pool", OVERFLOW),
    ("index out of bounds", "nms_cuda", BOUNDS),
    (">= for > in the fast form", "nms", "DIFFERENT: ke"),
    ("one box left out by a thread", "nms_cuda", "DIFFERENT: ke"),
    ("missing barrier", "nms_cuda", "DIFFERENT: ke"),
    ("one box left out by DIoU", "diou_nms", "DIFFERENT: ke"),
    ("one box left out by a thread of DIoU", "diou_nms_cuda", "DIFFERENT: ke"),
    ("centre of another box", "overlaps", "DIFFERENT: overlap"),
    ("angle of another box", "overlaps_cuda", "DIFFERENT: overlap"),
    ("other order of a sum", "roi_align", "DIFFERENT: pooled"),
    ("other order of a product", "roi_align_cuda", "DIFFERENT: pooled"),
    ("divided too early", "roi_align_backward", "DIFFERENT: grad_input"),
    ("divided too early by a thread", "roi_align_backward_cuda", "DIFFERENT: grad_input"),
    ("one image too many", "roi_pool_backward", OVERRUN),
    ("regions of every image", "roi_pool_backward_cuda", "DIFFERENT: grad_input"),
    ("> for >= in the fast form", "soft_nms", "DIFFERENT: (ke|score)"),
    ("ties to the first", "soft_nms_cuda", "DIFFERENT: ke"),
    ("limit of a smaller region", "graph_segmentation", "DIFFERENT: labels"),
]


def test_every_target_has_a_bug_of_its_own():
    assert {target for _, target, _ in FUZZED} == set(fuzz.all_targets())


def named(rows):
    """The rows as parameters; a name tells all but what is said."""
    return [pytest.param(*row, id=", ".join(row[:-1]).replace("tests/kernels/", "")) for row in rows]


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """``planted(tool, kind)`` is what `tool.build` makes of the sources with the bugs in them, made once."""
    folder = tmp_path_factory.mktemp("planted")
    root, switch = folder / "root", folder / "switch.h"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(".*", "*.so", "__pycache__", "build", "dist"))
    switch.write_text(SWITCH)
    for bug, (name, there, instead) in BUGS.items():
        path = root / "csrc" / name
        text = path.read_text()
        assert text.count(there) == 1, f"{bug}: {name} has changed; plant it anew"
        path.write_text(text.replace(there, instead.replace("PLANTED", f'planted("{bug}")')))

    @functools.cache
    def build(tool, kind):
        try:
            return tool.build(kind, folder / f"{tool.__name__}-{kind}", root, f"-include {switch}")
        except Absent as absent:
            pytest.skip(f"NOT CHECKED: {absent}")

    return build


@pytest.mark.parametrize(("bug", "kind", "test", "text"), named(UNDER_PYTHON))
def test_the_tests_of_the_ops_find_it_under(planted, bug, kind, test, text):
    code, output = sanitize.test(kind, planted(sanitize, kind), [test], REFDET_PLANTED=bug)
    assert code and re.search(text, sanitize.report(output)), output[-4000:]


@pytest.mark.parametrize(("kind", "test"), [("address", HOSTILE), ("thread", THREADS)])
def test_the_tests_of_the_ops_are_clean_while_the_bugs_sleep(planted, kind, test):
    code, output = sanitize.test(kind, planted(sanitize, kind), [test])
    assert code == 0, output[-4000:]


@pytest.mark.parametrize(("bug", "kind", "target", "text"), named(ALONE))
def test_a_program_without_python_finds_it_under(planted, monkeypatch, tmp_path, bug, kind, target, text):
    programs, inputs = planted(fuzz, kind), fuzz.drawn(target, 12)
    stood, report = fuzz.replay(programs, target, inputs, tmp_path / "sleeping", kind)
    assert stood, report
    monkeypatch.setenv("REFDET_PLANTED", bug)
    stood, report = fuzz.replay(programs, target, inputs, tmp_path, kind)
    assert not stood and re.search(text, report), report


@pytest.mark.parametrize(("bug", "target", "text"), named(FUZZED))
def test_the_fuzzer_finds_it_without_a_corpus_and_prints_how_to_repeat_it(
    planted, monkeypatch, tmp_path, bug, target, text
):
    programs = planted(fuzz, "fuzzer")
    monkeypatch.setenv("REFDET_PLANTED", bug)
    stood, report, _ = fuzz.fuzz(programs, target, 60, tmp_path, seeds=[])
    assert not stood and re.search(text, report), report
    crash = bytes.fromhex(re.search(rf"tools/fuzz.py --replay {target} '([0-9a-f]*)'$", report, re.M)[1])
    assert re.search(text, fuzz.replay(programs, target, [crash], tmp_path)[1])
    monkeypatch.delenv("REFDET_PLANTED")
    assert fuzz.replay(programs, target, [crash], tmp_path / "sleeping")[0]
