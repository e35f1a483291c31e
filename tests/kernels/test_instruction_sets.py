"""The C++ kernels, compiled for each instruction set alone, give the same bits."""

import ctypes
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from regions import scene
from strategies import same_bits
from tolerances import close

import refdet
from refdet.proposals.gaussian import gaussian_weights
from refdet.proposals.segmentation import graph_segmentation

CSRC = Path(__file__).parents[2] / "csrc"
# The flags of CMakeLists.txt.
COMMAND = [
    "-std=c++17",
    "-O3",
    "-ffp-contract=off",
    "-fno-trapping-math",
    "-fPIC",
    "-shared",
    "-pthread",
    f"-I{CSRC}",
]
ENTRIES = """
#include "box_iou.cpp"
#include "diou_nms.cpp"
#include "nms.cpp"
#include "overlaps.cpp"
#include "roi_align.cpp"
#include "roi_align_fast.cpp"
#include "roi_pool.cpp"
#include "roi_pool_fast.cpp"
#include "cpp_only/segmentation_fast.cpp"
namespace refdet {  // what images too large for the fast form take
void graph_segmentation_plain(const float*, Picture, Kernel, double, Index, Index*) {}
}
using namespace refdet;
const OverlapRule rule = {0, 0, GUARDED, 0};
const PenaltyRule penalty = {0, 0, 0, 1, 0};
extern "C" void segmentation(const float* image, const Picture* shape, const float* weights, Index taps,
                             Index* labels) {
    graph_segmentation(image, *shape, {weights, taps}, 100, 5, labels);
}
#define ENTRIES(real) \\
    extern "C" void box_iou_##real(const real* a, Index n, const real* b, Index m, real* out) { \\
        box_iou(a, n, b, m, rule, 1, out); \\
    } \\
    extern "C" void overlaps_##real(const real* a, Index n, const real* b, Index m, int kind, real* out) { \\
        overlaps(a, n, b, m, rule, penalty, kind, 1, out); \\
    } \\
    extern "C" Index diou_nms_##real(const real* boxes, const double* scores, Index n, Index* keep) { \\
        return diou_nms(boxes, scores, n, rule, penalty, {0.5, 0, 0}, keep); \\
    } \\
    extern "C" Index nms_##real(const real* boxes, const double* scores, Index n, Index* keep) { \\
        return nms(boxes, scores, n, rule, {0.5, 0, 0}, keep); \\
    } \\
    extern "C" void roi_pool_##real(const real* input, const Map* map, const real* rois, Index count, \\
                                    real* pooled, Index* argmax) { \\
        roi_pool(input, *map, rois, count, real(0.25), {3, 2}, {0, -INFINITY}, 1, pooled, argmax); \\
    } \\
    extern "C" void roi_align_##real(const real* input, const Map* map, const real* rois, Index count, \\
                                     real* pooled, real* back) { \\
        const Sampling laid = {1, 0, 4096}; \\
        roi_align(input, *map, rois, count, real(0.25), {3, 2}, laid, 1, pooled); \\
        roi_align_backward(pooled, rois, count, real(0.25), {3, 2}, laid, 1, *map, back); \\
    }
ENTRIES(float)
ENTRIES(double)
"""


def supported(*wanted):
    """Which of the instruction sets this processor can run, as Linux reports it."""
    flags = Path("/proc/cpuinfo").read_text().split() if sys.platform == "linux" else []
    return [isa for isa in wanted if isa in flags]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """``compiled("avx2")`` loads the kernels compiled for that instruction set."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("no C++ compiler")
    folder = tmp_path_factory.mktemp("levels")
    entries = folder / "entries.cpp"
    entries.write_text(ENTRIES)

    def load(isa, *flags):
        library, define = folder / f"{isa}{len(flags)}.so", f'-DREFDET_ISA="{isa}"'
        code = library.with_suffix(".o")
        subprocess.run([compiler, *COMMAND, *flags, define, "-c", entries, "-o", code], check=True)
        # Linked without the flags: one linked with -ffast-math makes the whole process flush small numbers to zero.
        subprocess.run([compiler, *COMMAND, code, "-o", library], check=True)
        return ctypes.CDLL(str(library))

    return load


def pointer(array):
    return ctypes.c_void_p(array.ctypes.data)


def case(dtype):
    """Boxes, scores, a map and RoIs with random mantissas, so that every rounding shows."""
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 60, (301, 2))
    drawn = np.hstack([corners, corners + rng.uniform(0, 30, (301, 2))]).astype(dtype)
    rois = np.c_[rng.integers(0, 2, 40), rng.uniform(-4, 44, (40, 4))].astype(dtype)
    return drawn, rng.random(301), rng.standard_normal((2, 19, 7, 9)).astype(dtype), rois


def picture():
    return scene(shape=(40, 50, 3)).astype(np.float32)


def results(library, dtype):
    """What must agree to the bit, and CIoU, by the kernels of the library."""
    real = {np.float32: "float", np.float64: "double"}[dtype]
    drawn, scores, features, rois = case(dtype)
    n, keep = ctypes.c_int64(len(drawn)), np.empty(len(drawn), np.int64)
    iou = np.empty((len(drawn), len(drawn)), dtype)
    pooled = np.empty((len(rois), features.shape[1], 3, 2), dtype)
    argmax, shape = np.empty(pooled.shape, np.int64), np.array(features.shape, np.int64)
    getattr(library, f"box_iou_{real}")(pointer(drawn), n, pointer(drawn), n, pointer(iou))
    others = [np.empty_like(iou) for _ in range(3)]
    for kind, out in enumerate(others, 1):
        getattr(library, f"overlaps_{real}")(pointer(drawn), n, pointer(drawn), n, kind, pointer(out))
    kept_by_diou = np.empty(len(drawn), np.int64)
    more = getattr(library, f"diou_nms_{real}")(pointer(drawn), pointer(scores), n, pointer(kept_by_diou))
    kept = getattr(library, f"nms_{real}")(pointer(drawn), pointer(scores), n, pointer(keep))
    count = ctypes.c_int64(len(rois))
    arrays = pointer(features), pointer(shape), pointer(rois), count, pointer(pooled), pointer(argmax)
    getattr(library, f"roi_pool_{real}")(*arrays)
    mean, back = np.empty_like(pooled), np.zeros_like(features)
    getattr(library, f"roi_align_{real}")(*arrays[:4], pointer(mean), pointer(back))
    image, labels, weights = picture(), np.empty((40, 50), np.int64), gaussian_weights(0.8)
    sides, taps = np.array(image.shape), ctypes.c_int64(len(weights))
    library.segmentation(pointer(image), pointer(sides), pointer(weights), taps, pointer(labels))
    exact = iou, *others[:2], keep[:kept], kept_by_diou[:more], pooled, argmax, mean, back, labels
    return exact, others[2]


def reference(dtype):
    drawn, scores, features, rois = case(dtype)
    pooled = refdet.roi_pool_with_argmax(features, rois, (3, 2), 0.25)
    overlaps = (refdet.overlap(drawn, drawn, kind) for kind in ("iou", "giou", "diou"))
    kept = refdet.nms(drawn, scores, 0.5), refdet.diou_nms(drawn, scores, 0.5)
    mean = refdet.roi_align(features, rois, (3, 2), 0.25)
    back = refdet.roi_align_backward(mean, rois, features.shape, 0.25)
    labels = graph_segmentation(picture(), 100, min_size=5)
    return (*overlaps, *kept, *pooled, mean, back, labels), refdet.complete_box_iou(drawn, drawn)


@pytest.mark.slow
@pytest.mark.parametrize("isa", ["sse2", "avx2", "avx512f"])
def test_every_instruction_set_gives_the_bits_of_the_reference(compiled, isa):
    if isa not in supported(isa):
        pytest.skip(f"this processor has no {isa}")
    library = compiled(isa)
    for dtype in (np.float32, np.float64):
        found, ciou = results(library, dtype)
        expected, expected_ciou = reference(dtype)
        assert same_bits(found, expected) and close(ciou, expected_ciou, "arc tangent")


@pytest.mark.slow
def test_inexact_arithmetic_is_seen(compiled):
    """What the build forbids, here a reciprocal in place of a division, changes the last bits."""
    if not supported("avx2"):
        pytest.skip("this processor has no avx2")
    library = compiled("avx2", "-ffast-math")
    assert np.float32(1e-40) * np.float32(0.5) > 0
    found, expected = results(library, np.float32)[0], reference(np.float32)[0]
    assert not any(map(same_bits, found[:3], expected[:3]))


def test_the_build_forbids_fused_operations_and_reordering():
    text = (CSRC.parent / "CMakeLists.txt").read_text()
    code = "\n".join(line.split("#")[0] for line in text.splitlines())
    assert "PRIVATE -ffp-contract=off -fno-trapping-math)" in code
    assert "fast-math" not in code and "march" not in code
