"""What stands in csrc/cpp_only, and why it has no CUDA twin."""

import re
from pathlib import Path

from test_layout import kernel_steps

ROOT = Path(__file__).parents[2]

# C++ without a CUDA twin: the package of its reference, and the reason.
CPP_ONLY = {"segmentation": ("proposals", "every merge depends on the merges before it")}


def test_cpp_without_a_cuda_twin_is_in_the_table_and_carries_the_steps_of_its_reference():
    files = {path.stem for path in (ROOT / "csrc" / "cpp_only").glob("*.cpp")}
    assert {stem.removesuffix("_fast") for stem in files} == set(CPP_ONLY)
    for stem, (package, reason) in CPP_ONLY.items():
        text = (ROOT / "csrc" / "cpp_only" / f"{stem}.cpp").read_text()
        source = (ROOT / "refdet" / package / f"{stem}.py").read_text()
        steps = list(dict.fromkeys(re.findall(r'yield "(\w+): ', source)))
        assert kernel_steps(text) == steps and f"No CUDA twin: {reason}" in text
