"""Tests of the tests: each detector finds the bug planted for it, and nothing in a kernel that is right.

One program (planted/alone.cpp, no Python in it) is built plainly and under each sanitizer. The plain build is
made wherever the emulator is; the others when REFDET_TEST_SANITIZERS=1. test_detectors.py plants bugs in the
shipped kernels themselves.
"""

import importlib.util
import os
import re
import subprocess
from pathlib import Path

import pytest
import toolchain

ROOT = Path(__file__).parents[2]
PLANTED = ROOT / "tests" / "kernels" / "planted"
EMULATOR = ROOT / "csrc" / "emulator"
SOURCES = [PLANTED / "alone.cpp", EMULATOR / "run.cpp", EMULATOR / "fibers.cpp", EMULATOR / "threads.cpp"]
COMMON = f"-std=c++17 -Wall -Wextra -ffp-contract=off -DREFDET_EMULATOR -pthread -I{ROOT / 'csrc'}".split()

# address: red zones around shared arrays too. memory: clang's -O0 keeps reads that cannot change the result.
BUILDS = {
    "plain": "g++ -O1",
    "threads": "g++ -O1 -DREFDET_EMULATOR_THREADS",
    "address": "g++ -O1 -g -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all"
    " -fsanitize-sections=refdet_shared",
    "thread": "g++ -O1 -g -fsanitize=thread -DREFDET_EMULATOR_THREADS",
    "memory": "clang++ -O0 -g -fsanitize=memory",
}
SANITIZED = [pytest.param(build, marks=pytest.mark.slow) for build in BUILDS if build != "plain"]
ORDERS = {"forward": "0", "reverse": "1", "shuffle": "2"}
BUGS = re.findall(r"^    ([A-Z_]+),", (PLANTED / "planted.cu").read_text(), re.M)

# What each build says of each bug; a build that is not listed does not see it, and need not.
WRONG, RACE = "wrong result", r"data race \S*planted.cu:\d+"
BARRIER = r"thread \d+ waits at \S*planted.cu:(\d+) but thread \d+ waits at \S*planted.cu:(?!\1)\d+"
ERROR = r"planted.cu:\d+:\d+: runtime error: "
FOUND = {
    "READ_PAST_END": {"address": r"heap-buffer-overflow \S*planted.cu:\d+"},
    "SHARED_INDEX": {"address": ERROR + "index 64 out of bounds"},
    "SHARED_POINTER": {"address": ERROR + "load of address|global-buffer-overflow"},
    "NO_STORE_BARRIER": {"plain": WRONG, "address": WRONG, "thread": RACE},
    "NO_REUSE_BARRIER": {"plain": WRONG, "address": WRONG, "thread": RACE},
    "DIVERGENT_BARRIER": {"plain": BARRIER, "threads": BARRIER, "address": BARRIER, "thread": RACE},
    "UNWRITTEN_ADDED": {"plain": WRONG, "address": WRONG, "memory": "use-of-uninitialized-value"},
    "UNWRITTEN_SHARED": {"memory": r"use-of-uninitialized-value \S*planted.cu:\d+"},
    "UNGUARDED_ADDRESS": {"address": ERROR + "(nan|inf) is outside the range"},
}
DETECTIONS = [
    pytest.param(bug, build, text, marks=[] if build == "plain" else pytest.mark.slow, id=f"{bug}-{build}")
    for bug, builds in FOUND.items()
    for build, text in builds.items()
]


def compiler(build):
    """The compiler's path, or a skip that says what was not checked."""
    if build != "plain" and os.environ.get("REFDET_TEST_SANITIZERS") != "1":
        pytest.skip(f"the {build} build is made with REFDET_TEST_SANITIZERS=1")
    if build == "plain" and importlib.util.find_spec("refdet._emulator") is None:
        pytest.skip("the emulator is not built")
    try:
        return toolchain.compiler(*BUILDS[build].split(maxsplit=1))
    except toolchain.Absent as absent:
        pytest.skip(f"NOT CHECKED: {absent}")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """``program("plain")`` is the path of that build, made once."""
    folder, made = tmp_path_factory.mktemp("alone"), {}

    def build(name):
        if name not in made:
            command = [compiler(name), *BUILDS[name].split()[1:], *COMMON, *SOURCES, "-o", folder / name]
            subprocess.run(command, check=True, timeout=300)
            made[name] = folder / name
        return made[name]

    return build


def outcome(path, *arguments):
    """Exit code, and all that the program and its sanitizer wrote."""
    options = {f"{name}_OPTIONS": "exitcode=66:halt_on_error=1" for name in ("ASAN", "UBSAN", "TSAN", "MSAN")}
    done = subprocess.run(
        [path, *arguments], capture_output=True, text=True, timeout=120, env={**os.environ, **options}
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("bug", "build", "text"), DETECTIONS)
def test_a_planted_bug_is_found_in_every_order(program, bug, build, text, order):
    hostile = ["hostile"] if bug == "UNGUARDED_ADDRESS" else []
    code, output = outcome(program(build), str(BUGS.index(bug)), ORDERS[order], *hostile)
    assert code != 0 and re.search(text, output), output


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("build", ["plain", *SANITIZED])
def test_the_kernel_without_a_bug_is_clean(program, build, order):
    for hostile in ([], ["hostile"]):
        assert outcome(program(build), "0", ORDERS[order], *hostile)[0] == 0


def test_every_bug_has_a_detector():
    assert BUGS[0] == "NONE" and set(BUGS[1:]) == set(FOUND)
