"""The tests of the ops, with the C++ module and the emulator built under a sanitizer.

    python tools/sanitize.py address          AddressSanitizer and UndefinedBehaviorSanitizer
    python tools/sanitize.py thread           ThreadSanitizer, over the threads of the C++ kernels
    python tools/sanitize.py address tests/ops/test_nms.py -k ties

Builds in a copy of the tree, in a temporary folder. Arrays reach the C++ module in blocks of exactly their size
(tests/exact_buffers.py). What needs no Python runs in tools/fuzz.py: MemorySanitizer, the emulator's threads.
Exit code 77: the compiler or its sanitizer is not on this machine, and nothing was checked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from toolchain import ADDRESS, JOBS, OPTIONS, ROOT, Absent, compiler, skipped

FLAGS = {
    # Red zones round the shared arrays of the emulated kernels too.
    "address": f"-O1 -g -fno-omit-frame-pointer {ADDRESS} -fsanitize-sections=refdet_shared",
    "thread": "-O1 -g -fsanitize=thread",
}
MODULES = {"address": ("_core", "_emulator"), "thread": ("_core",)}
PRELOADED = {"address": ("libasan.so", "libstdc++.so"), "thread": ("libtsan.so", "libstdc++.so")}
TESTS = {
    "address": [
        "tests/ops",
        "tests/kernels",
        "tests/proposals/test_segmentation_paths.py",
        "tests/test_bad_input.py",
        "-m",
        "not slow",
        *(
            # These compile something themselves; the last one calls the same kernels for its own judge's sake.
            f"--ignore=tests/kernels/test_{name}.py"
            for name in ("cuda_compile", "detectors", "emulator_planted_bugs", "instruction_sets", "verified")
        ),
    ],
    # Without the one that computes 125 million IoUs to be watched meanwhile.
    "thread": ["tests/kernels", "-k", "cpp and thread and not meanwhile"],
}


def build(kind: str, folder: Path, root: Path = ROOT, flags: str = "") -> Path:
    """A copy of the tree under `root` with the modules in it, built so."""
    path = compiler("g++", FLAGS[kind])
    tree = folder / "tree"
    left = shutil.ignore_patterns(".*", "*.so", "__pycache__", "build", "dist", "*.egg-info")
    shutil.copytree(root, tree, ignore=left)
    import pybind11

    options = {
        "CMAKE_BUILD_TYPE": "None",
        "CMAKE_CXX_COMPILER": path,
        "CMAKE_CXX_FLAGS": f"{FLAGS[kind]} {flags}",
        "CMAKE_LIBRARY_OUTPUT_DIRECTORY": tree / "refdet",
        "Python_EXECUTABLE": sys.executable,
        "pybind11_DIR": pybind11.get_cmake_dir(),
    }
    made = folder / "build"
    quiet("cmake", "-S", tree, "-B", made, *(f"-D{name}={value}" for name, value in options.items()))
    quiet("cmake", "--build", made, "--parallel", str(JOBS), "--target", *MODULES[kind])
    return tree


def quiet(*command: object) -> None:
    """Run; SystemExit with the last of what it printed if it fails."""
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        raise SystemExit(done.stdout[-4000:])


def test(kind: str, tree: Path, arguments: list[str], **settings: str) -> tuple[int, str]:
    """Exit code and output of pytest in that tree."""
    gcc = [
        subprocess.run(["g++", f"-print-file-name={name}"], capture_output=True, text=True).stdout.strip()
        for name in PRELOADED[kind]
    ]
    env = {
        **{name: value for name, value in os.environ.items() if name != "REFDET_TEST_SANITIZERS"},
        **OPTIONS,
        "LD_PRELOAD": ":".join(gcc),
        "PYTHONMALLOC": "malloc",
        "PYTHONPATH": str(tree),
        "PYTHONUNBUFFERED": "1",
        "HYPOTHESIS_PROFILE": "sanitized",
        "REFDET_EXACT_BUFFERS": str(int(kind == "address")),
        **{f"REFDET_REQUIRE_{name[1:].upper().replace('CORE', 'CPP')}": "1" for name in MODULES[kind]},
        **settings,
    }
    # --capture=sys: a sanitizer that ends the process has written to the descriptor, not to Python's stream.
    command = [sys.executable, "-m", "pytest", "-v", "--capture=sys", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=tree, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode(errors="replace")


def report(output: str) -> str:
    """The test that ran, and what the sanitizer said; pytest's own words if it said nothing."""
    lines = output.splitlines()
    found = [
        i
        for i, line in enumerate(lines)
        if re.search(r"ERROR: \w+Sanitizer|WARNING: ThreadS|runtime error:", line)
    ]
    if not found:
        return "\n".join(lines[-60:])
    return "\n".join(lines[max(0, found[0] - 2) : found[0] + 40])


def main(arguments: list[str]) -> int:
    """Exit code: 0 clean, 1 something was found, 77 the tools are absent."""
    if not arguments or arguments[0] not in FLAGS:
        print(__doc__)
        return 2
    kind, *chosen = arguments
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        try:
            tree = build(kind, Path(folder))
        except Absent as absent:
            return skipped(absent)
        print(f"built in {time.perf_counter() - start:.0f} s", flush=True)
        code, output = test(kind, tree, chosen or TESTS[kind])
    print(report(output) if code else output.strip().splitlines()[-1])
    return int(code != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
