"""Fuzz every C++ kernel and every emulated CUDA kernel: against its plain form, bit for bit, under sanitizers.

    python tools/fuzz.py                        all targets by libFuzzer (ASan, UBSan), 4 minutes together
    python tools/fuzz.py nms nms_cuda --seconds 60
    python tools/fuzz.py --under memory         the corpus under MemorySanitizer; `thread`: the emulator's threads
    python tools/fuzz.py --replay nms 0a1f      one input, which is what a crash prints
    python tools/fuzz.py --grow                 fuzz, and add to the corpus what reached something new
    python tools/fuzz.py --coverage             lines of csrc that the corpus does not reach

The targets stand in tests/kernels/fuzz, a file for each operation; corpus/<operation>.hex holds an input a line.
Exit code 77: the compiler or its sanitizer is not on this machine, and nothing was checked.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from toolchain import ADDRESS, JOBS, OPTIONS, ROOT, Absent, compile_all, compiler, skipped

FUZZ = "tests/kernels/fuzz"
BUILDS = {
    "fuzzer": f"clang++ -O1 -g -fsanitize=fuzzer {ADDRESS}",
    # -O0: clang would remove a read that cannot change the result.
    "memory": "clang++ -O0 -g -fsanitize=memory -DREPLAY",
    "coverage": "clang++ -O1 -fprofile-instr-generate -fcoverage-mapping -DREPLAY",
    # g++ tells by a macro that ThreadSanitizer is on: csrc/machine.h asks.
    "thread": "g++ -O1 -g -fsanitize=thread -DREFDET_EMULATOR_THREADS -DREPLAY",
}
COMMON = (
    "-std=c++17 -Wall -Wextra -Wno-deprecated-declarations -fno-omit-frame-pointer -ffp-contract=off -pthread"
)
LONGEST = 256
"""Bytes of an input; where they run out, bytes.h goes on by itself."""


def operations(root: Path = ROOT) -> list[str]:
    """The fuzzed operations."""
    return [operation for operation, _ in _registered(root)]


def all_targets(root: Path = ROOT) -> list[str]:
    """Two of each operation, `nms` and `nms_cuda`; of one without a CUDA kernel the first alone."""
    return [
        f"{operation}{side}"
        for operation, alone in _registered(root)
        for side in (("",) if alone else ("", "_cuda"))
    ]


def _registered(root):
    """What each file registers, and whether it is without CUDA."""
    files = [path for path in (root / FUZZ).glob("*.cpp") if path.stem not in ("entry", "emulated")]
    found = [re.search(r"^TARGET(_WITHOUT_CUDA)?\((\w+)\)", path.read_text(), re.M) for path in files]
    return sorted((line[2], bool(line[1])) for line in found)


def _operation(target):
    return target.removesuffix("_cuda")


def build(kind: str, folder: Path, root: Path = ROOT, flags: str = "") -> Path:
    """A folder with one program for each target, from the sources under `root`."""
    name, *options = f"{BUILDS[kind]} {COMMON} {flags}".split()
    command = [compiler(*BUILDS[kind].split(maxsplit=1)), *options]
    folder.mkdir(parents=True)
    csrc = root / "csrc"
    sources = [
        *(root / FUZZ).glob("*.cpp"),
        *(path for path in csrc.glob("*.cpp") if not path.stem.startswith("bindings")),
        *(csrc / "cpp_only").glob("*.cpp"),
    ]
    sources += [path for path in (csrc / "emulator").glob("*.cpp") if path.stem != "module"]
    # Its main belongs to the program alone.
    objects = compile_all(
        [*(word.replace("=fuzzer", "=fuzzer-no-link") for word in command), f"-I{csrc}", f"-I{root / FUZZ}"],
        sources,
        folder,
    )
    subprocess.run([*command, *objects, "-o", folder / "program"], check=True)
    for target in all_targets(root):
        (folder / target).symlink_to("program")
    return folder


def corpus(operation: str) -> list[bytes]:
    """The inputs that the repository holds."""
    path = ROOT / FUZZ / "corpus" / f"{operation}.hex"
    return [bytes.fromhex(line) for line in path.read_text().splitlines()] if path.exists() else []


def unpack(inputs: list[bytes], folder: Path) -> list[Path]:
    """One file an input."""
    folder.mkdir(parents=True)
    paths = [folder / hashlib.sha1(content).hexdigest() for content in inputs]
    for path, content in zip(paths, inputs, strict=True):
        path.write_bytes(content)
    return paths


def drawn(target: str, count: int) -> list[bytes]:
    """Inputs that no fuzzer chose, the same in every run."""
    source = random.Random(target)
    return [source.randbytes(source.randrange(8, LONGEST)) for _ in range(count)]


def spread(inputs: list[bytes], count: int) -> list[bytes]:
    """At most so many of them, from the first to the last."""
    return inputs[:: max(1, -(-len(inputs) // count))]


def run(command: list, limit: float) -> tuple[int, str]:
    """Exit code, and all that was printed."""
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=limit,
            env={**os.environ, **OPTIONS},
        )
    except subprocess.TimeoutExpired as error:
        return 124, (error.stdout or b"").decode(errors="replace") + "\nstopped: it did not end"
    return done.returncode, done.stdout.decode(errors="replace")


def fuzz(
    programs: Path, target: str, seconds: float, folder: Path, seeds: list[bytes]
) -> tuple[bool, str, list[bytes]]:
    """Whether the target stood, a line or a report about it, and the inputs that reached something new."""
    work, given = folder / target, folder / f"{target}-seeds"
    unpack(seeds, given)
    unpack([], work)
    code, output = run(
        [
            programs / target,
            f"-max_total_time={max(1, round(seconds))}",
            f"-max_len={LONGEST}",
            "-timeout=60",
            "-rss_limit_mb=2048",
            "-print_final_stats=1",
            f"-artifact_prefix={work}/crash-",
            work,
            given,
        ],
        seconds + 120,
    )
    if code:
        crashes = sorted(work.glob("crash-*"))
        if not crashes:  # it did not start, or did not end
            return False, f"FAILED: {target}, without an input:\n{output[-2000:]}", []
        return False, report(target, output, crashes[0].read_bytes()), []
    count, speed = (
        re.search(rf"stat::{name}: +(\d+)", output)[1]
        for name in ("number_of_executed_units", "average_exec_per_sec")
    )
    edges = re.findall(r"cov: (\d+)", output)[-1]
    found = [path.read_bytes() for path in sorted(work.iterdir())]
    return (
        True,
        f"{target:24s} {int(count):>10,} executions {int(speed):>8,} /s {edges:>6} edges {len(found):>5} new inputs",
        found,
    )


def report(target: str, output: str, crash: bytes, kind: str = "fuzzer") -> str:
    """The first words of the sanitizer, and the command that repeats them."""
    lines = output.splitlines()
    words = re.compile(
        r"DIFFERENT|ERROR: |WARNING: \w+San(?!.*makecontext)|runtime error|at one barrier|wanted"
    )
    start = next((i for i, line in enumerate(lines) if words.search(line)), max(0, len(lines) - 30))
    length = 1 if lines and "DIFFERENT" in lines[start] else 30  # the rest is the way out
    under = "" if kind == "fuzzer" else f"--under {kind} "
    command = f"python tools/fuzz.py {under}--replay {target} '{crash.hex()}'"
    return "\n".join([f"FAILED: {target}", *lines[start : start + length], "Repeat it with:", command])


def replay(
    programs: Path, target: str, inputs: list[bytes], folder: Path, kind: str = "fuzzer"
) -> tuple[bool, str]:
    """Each input once; the first that fails is reported."""
    files = unpack(inputs, folder / f"{target}-inputs")
    start = time.perf_counter()
    code, output = run([programs / target, *files], 600)
    if code:
        seen = [path for path in files if str(path) in output] or files[:1]
        return False, report(target, output, seen[-1].read_bytes(), kind)
    return True, f"{target:24s} {len(files):>10,} inputs {time.perf_counter() - start:>8.1f} s"


def grow(operation: str, found: dict[str, list[bytes]], programs: Path, folder: Path) -> str:
    """Rewrite the corpus as the fewest inputs that reach all that is reached, by C++ and by CUDA."""
    kept = set()
    for target in {operation, f"{operation}_cuda"}.intersection(all_targets()):
        merged, given = folder / f"{target}-merged", folder / f"{target}-given"
        unpack([], merged)
        unpack(
            sorted({*corpus(operation), *found.get(operation, []), *found.get(f"{operation}_cuda", [])}),
            given,
        )
        code, output = run([programs / target, "-merge=1", f"-max_len={LONGEST}", merged, given], 600)
        if code:
            raise SystemExit(output)
        kept |= {path.read_bytes() for path in merged.iterdir()}
    path = ROOT / FUZZ / "corpus" / f"{operation}.hex"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{content.hex()}\n" for content in sorted(kept, key=lambda c: (len(c), c))))
    return f"{operation}: {len(kept)} inputs, {path.stat().st_size:,} bytes"


def coverage(programs: Path, targets: list[str], folder: Path) -> int:
    """Print how much of csrc the corpus reaches, and each line that it does not."""
    for target in targets:
        os.environ["LLVM_PROFILE_FILE"] = str(folder / f"{target}.profraw")
        stood, text = replay(programs, target, corpus(_operation(target)), folder)
        if not stood:
            raise SystemExit(text)
    profile = folder / "profile"
    tools = [compiler("clang++", "").replace("clang++", name) for name in ("llvm-profdata", "llvm-cov")]
    subprocess.run([tools[0], "merge", *folder.glob("*.profraw"), "-o", profile], check=True)
    given = [programs / "program", f"-instr-profile={profile}"]
    given += sorted(
        path for path in (ROOT / "csrc").glob("**/*") if path.is_file() and "emulator" not in path.parts
    )
    subprocess.run([tools[1], "report", "-show-region-summary=false", *given], check=True)
    shown = subprocess.run([tools[1], "show", *given], check=True, capture_output=True, text=True).stdout
    print("\n".join(line for line in shown.splitlines() if re.match(r" +\d+\| +0\||/", line)))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Exit code: 0 all stood, 1 something was found, 77 the tools are absent."""
    known = all_targets()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--seconds", type=float, default=240, help="of fuzzing, all targets together")
    parser.add_argument("--under", choices=["memory", "thread"], help="replay under that sanitizer")
    parser.add_argument("--inputs", type=int, default=50, help="with --under: of the corpus, and drawn ones")
    parser.add_argument("--replay", nargs=2, metavar=("TARGET", "HEX"))
    parser.add_argument("--grow", action="store_true", help="add to the corpus what reached something new")
    parser.add_argument("--coverage", action="store_true", help="of csrc by the corpus, line by line")
    given = parser.parse_args(arguments)
    targets = given.replay[:1] if given.replay else given.targets or known
    if unknown := set(targets) - set(known):
        parser.error(f"{', '.join(sorted(unknown))} came; wanted {', '.join(known)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kind = "coverage" if given.coverage else given.under or "fuzzer"
        start = time.perf_counter()
        try:
            programs = build(kind, folder / "programs")
        except Absent as absent:
            return skipped(absent)
        print(f"built in {time.perf_counter() - start:.0f} s", flush=True)
        if given.coverage:
            return coverage(programs, targets, folder)
        if given.replay:
            return replay_one(programs, *given.replay, folder)
        if given.under:
            return replay_all(programs, targets, folder, kind, given.inputs)
        return fuzz_all(programs, targets, folder, given)


def replay_one(programs: Path, target: str, content: str, folder: Path) -> int:
    """Exit code; prints what the kernels were given, and all that was said."""
    os.environ["REFDET_FUZZ_SHOW"] = "1"
    code, output = run([programs / target, *unpack([bytes.fromhex(content)], folder / "input")], 600)
    print(output)
    return int(code != 0)


def replay_all(programs: Path, targets: list[str], folder: Path, kind: str, count: int) -> int:
    """Exit code of so many inputs of the corpus, and as many drawn ones."""

    def one(target):
        inputs = [*spread(corpus(_operation(target)), count), *drawn(target, count)]
        return replay(programs, target, inputs, folder, kind)

    return side_by_side(one, targets)


def fuzz_all(programs: Path, targets: list[str], folder: Path, given: argparse.Namespace) -> int:
    """Exit code of fuzzing each target for an equal part of the time."""
    found = {}

    def one(target):
        seconds = given.seconds * JOBS / len(targets)
        stood, text, found[target] = fuzz(programs, target, seconds, folder, corpus(_operation(target)))
        return stood, text

    code = side_by_side(one, targets)
    if given.grow and not code:
        for operation in sorted(set(map(_operation, targets))):
            print(grow(operation, found, programs, folder))
    return code


def side_by_side(one: Callable[[str], tuple[bool, str]], targets: list[str]) -> int:
    """Exit code; prints what each call tells as soon as it is there."""

    def told(target):
        stood, text = one(target)
        print(text, flush=True)
        return stood

    with ThreadPoolExecutor(JOBS) as pool:
        return int(not all(list(pool.map(told, targets))))


if __name__ == "__main__":
    sys.exit(main())
