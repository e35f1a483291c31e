"""The compilers and sanitizers of tools/sanitize.py and tools/fuzz.py, and the loud way to say that one is absent."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
JOBS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
SKIP = 77
"""Exit code of a check that was not made, as of automake and ctest; the last line says why."""
ADDRESS = "-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all"
"""`undefined` does not contain float-cast-overflow."""
OPTIONS = {
    # A fiber would get a fake stack of its own at each launch.
    "ASAN_OPTIONS": "exitcode=66:detect_leaks=0:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "exitcode=66:halt_on_error=1",
    "MSAN_OPTIONS": "exitcode=66",
}


class Absent(Exception):
    """A tool that is not on this machine."""


def compiler(name: str, flags: str) -> str:
    """Path of g++ or clang++ (of any version) that can compile, link and run with the flags; Absent otherwise."""
    names = [name] if name == "g++" else [name, *(f"{name}-{version}" for version in range(22, 13, -1))]
    reason = f"no {name} on this machine"
    for path in filter(None, map(shutil.which, names)):
        failed = trial(path, flags)
        if not failed:
            return path
        reason = f"{path} with {flags}: {failed}"
    raise Absent(reason)


def trial(path: str, flags: str) -> str:
    """Build and run a program that does nothing; the last line of what went wrong, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "empty.cpp"), Path(folder, "empty")
        source.write_text(
            "#include <cstddef>\n#include <cstdint>\n"
            'extern "C" int LLVMFuzzerTestOneInput(const uint8_t*, size_t) { return 0; }\n'
            + ("" if "=fuzzer" in flags else "int main() {}\n")
        )
        for command in [path, *flags.split(), source, "-o", program], [program, "-runs=0"]:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode:
                return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    return ""


def compile_all(command: list[str], sources: list[Path], folder: Path) -> list[Path]:
    """Object files of the sources, compiled side by side; SystemExit with what the compiler said."""

    def one(source):
        # Two folders may hold files of one name.
        code = folder / f"{source.parent.name}-{source.name}.o"
        done = subprocess.run([*command, "-c", source, "-o", code], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{source}:\n{done.stderr}")
        print(done.stderr, end="")
        return code

    with ThreadPoolExecutor(JOBS) as pool:
        return list(pool.map(one, sources))


def skipped(reason: object) -> int:
    """Say so on a line of its own, and return the exit code."""
    print(f"SKIP: {reason}", flush=True)
    return SKIP
