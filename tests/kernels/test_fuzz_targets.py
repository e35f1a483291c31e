"""Every kernel, C++ or CUDA, is fuzzed (tools/fuzz.py runs the targets); the corpus is small and can be read."""

import re
from pathlib import Path

import fuzz
import pytest

from refdet.kernels import cuda_sources

ROOT = Path(__file__).parents[2]
TARGETS = {path.stem: path.read_text() for path in (ROOT / fuzz.FUZZ).glob("*.cpp")}


def declared():
    """Names of the functions of csrc/kernels.h and of the headers in csrc/cpp_only that declare some."""
    headers = [ROOT / "csrc" / "kernels.h", *(ROOT / "csrc" / "cpp_only").glob("*.h")]
    text = "\n".join(path.read_text() for path in headers)
    return set(re.findall(r"^(?:void|Index) (\w+)\([^{;]*;$", text, re.M))


def missing(functions, kernels):
    """Which of them no target calls."""
    text = "\n".join(TARGETS.values()) + (ROOT / fuzz.FUZZ / "greedy.h").read_text()
    return {name for name in functions if not re.search(rf"refdet::{name}[<(]", text)} | {
        name for name in kernels if f'"{name}"' not in text
    }


def test_every_cpp_function_and_every_cuda_kernel_has_a_target():
    kernels = {kernel for kernels in cuda_sources.KERNELS.values() for kernel in kernels}
    assert {"box_iou", "nms_plain", "roi_pool_backward", "graph_segmentation"} <= declared()
    assert missing(declared(), kernels) == set()


def test_one_without_a_target_is_seen():
    assert missing({"nms", "planted"}, {"nms_mask", "planted_mask"}) == {"planted", "planted_mask"}


def test_a_file_holds_the_target_of_its_name():
    assert fuzz.operations() == sorted(set(TARGETS) - {"emulated", "entry"})


@pytest.mark.parametrize("operation", fuzz.operations())
def test_the_corpus_has_inputs_for_each_target(operation):
    inputs = fuzz.corpus(operation)
    assert inputs and len(set(inputs)) == len(inputs)
    assert all(len(content) <= fuzz.LONGEST for content in inputs)


def test_the_corpus_is_small():
    sizes = [path.stat().st_size for path in (ROOT / fuzz.FUZZ / "corpus").iterdir()]
    assert sum(sizes) < 200_000
