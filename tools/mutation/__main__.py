"""How many faults `refdet verify` sees: each comparison, constant, index, operator and rounding of a file changed once.

``python tools/mutation refdet/ops/nms.py csrc/nms.cpp`` copies the package, changes one place, builds what was changed,
tries the operations of that file under every profile, and goes on with the next place. ``--json FILE`` keeps what came
of each, and a run that was stopped goes on from there; ``--table FILE`` prints the counts of such a file. A mutant that
no case tells from the original may be equivalent: equivalent.json says of which ones, and why.
"""

import argparse
import inspect
import json
import queue
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import cpp_places
import python_places

from refdet.verify.contracts import CONTRACTS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BYTES = 6 << 30
"""What a mutant may allocate; some never stop."""
LEAST_SECONDS = 10

OVERLAPS = [f"{kind}_box_iou" for kind in ("generalized", "distance", "complete")]


def both(*names):
    """The fast form and the plain one."""
    return [form for name in names for form in (name, f"{name}_plain")]


def of_modules():
    """Operations by the file that defines their reference."""
    found = {}
    for name, contract in CONTRACTS.items():
        module = inspect.getmodule(inspect.unwrap(contract.reference)).__name__
        found.setdefault(f"{module.replace('.', '/')}.py", []).append(name)
    return found


BACKWARD = [name for name in CONTRACTS if name.endswith("box_iou_backward")]

OPS = {
    **of_modules(),
    "refdet/overlap_rule.py": ["box_iou", *OVERLAPS, "nms", "diou_nms"],
    "refdet/roi_rule.py": ["roi_pool_with_argmax", "roi_pool_backward", "roi_align", "roi_align_backward"],
    "refdet/ops/overlap_slopes.py": BACKWARD,
    "refdet/boxes/slopes.py": BACKWARD,
    "refdet/boxes/logistic.py": ["decode_yolov3", "decode_yolov5"],
    "refdet/losses/reduction.py": [
        "l1_loss",
        "l1_loss_backward",
        "sigmoid_focal_loss",
        "box_iou_loss_backward",
    ],
    "csrc/box_iou.cpp": [*both("box_iou"), "nms", "soft_nms"],
    "csrc/overlaps.cpp": both(*OVERLAPS),
    "csrc/nms.cpp": both("nms", "batched_nms"),
    "csrc/diou_nms.cpp": both("diou_nms"),
    "csrc/soft_nms.cpp": both("soft_nms"),
    "csrc/roi_pool.cpp": ["roi_pool_with_argmax_plain", "roi_pool_backward"],
    "csrc/roi_pool_fast.cpp": ["roi_pool", "roi_pool_with_argmax"],
    "csrc/roi_align.cpp": both("roi_align", "roi_align_backward"),
    "csrc/roi_align_fast.cpp": ["roi_align", "roi_align_backward"],
}
"""What is tried of each file."""


class Bench:
    """A copy of the package in which one place after the other is changed."""

    def __init__(self, folder, compiled, sanitized=False):
        self.folder, self.sanitized = Path(folder), sanitized
        ignored = shutil.ignore_patterns("__pycache__", "*.so")
        shutil.copytree(ROOT / "refdet", self.folder / "refdet", ignore=ignored)
        # By hash: two changes within a second and of one length look the same to the clock.
        command = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", "refdet"]
        subprocess.run(command, check=True, cwd=self.folder)
        if compiled:
            shutil.copytree(ROOT / "csrc", self.folder / "csrc")
            shutil.copy(ROOT / "CMakeLists.txt", self.folder)
            self._configure()
            if words := self.built():
                raise SystemExit(words)

    def _configure(self):
        import pybind11

        flags = "-O1 -g1 -fsanitize=address -fno-omit-frame-pointer" if self.sanitized else "-O1"
        command = ["cmake", "-S", ".", "-B", "build", "-G", "Ninja", f"-DCMAKE_CXX_FLAGS_RELEASE={flags}"]
        command += ["-DREFDET_ISA=sse2", f"-Dpybind11_DIR={pybind11.get_cmake_dir()}"]
        command += [f"-DPython_EXECUTABLE={sys.executable}"]
        command += [f"-DCMAKE_LIBRARY_OUTPUT_DIRECTORY={self.folder / 'refdet'}"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def outcome(self, file, text, seconds):
        """What is seen of a file with that text, in words, "" if nothing is; and how long the trial took."""
        path = self.folder / file
        original = path.read_text()
        path.write_text(text)
        try:
            words = self.built() if path.suffix != ".py" else ""
            start = time.monotonic()
            return words or self._tried(file, seconds), time.monotonic() - start
        finally:
            path.write_text(original)

    def built(self):
        """Why it cannot be built; "" if it is."""
        command = ["cmake", "--build", "build", "--target", "_core", "--parallel", "1"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode == 0:
            return ""
        return "not built: " + next((line for line in done.stdout.splitlines() if "error" in line), "")

    def _tried(self, file, seconds):
        kind = "reference" if file.endswith(".py") else "cpp"
        command = [sys.executable, "-W", "ignore", HERE / "trial.py", kind, *OPS[file]]
        environment = {
            "PYTHONPATH": str(self.folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        if self.sanitized:
            library = subprocess.check_output(["gcc", "-print-file-name=libasan.so"], text=True).strip()
            environment |= {"LD_PRELOAD": library, "ASAN_OPTIONS": "detect_leaks=0"}
        try:
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=seconds,
                preexec_fn=None if self.sanitized else limit_memory,
            )
        except subprocess.TimeoutExpired:
            return f"did not end within {seconds:.0f} s"
        if done.returncode == 0:
            return ""
        errors = [line for line in done.stderr.splitlines() if line.strip()]
        told = [line for line in errors if "AddressSanitizer" in line] or errors[-1:]
        return done.stdout.strip() or " ".join([f"ended with {done.returncode}:", *told[:1]])


def limit_memory():
    """So that one that never stops allocating ends."""
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))


def forms(file):
    """What knows the places of such a file."""
    return python_places if file.endswith(".py") else cpp_places


def main():
    """Print each mutant and how many are seen."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of {', '.join(OPS)}")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="what came of each; what is there is not repeated"
    )
    parser.add_argument("--jobs", type=int, default=1, help="mutants at once (1)")
    parser.add_argument(
        "--sanitize", action="store_true", help="build with AddressSanitizer and try what survived"
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="print the counts of such a file, and nothing else"
    )
    args = parser.parse_args()
    if args.table:
        print(table(json.loads(args.table.read_text())))
        return
    if wrong := [file for file in args.files if file not in OPS]:
        parser.error(f"{', '.join(wrong)} came; wanted some of {', '.join(OPS)}")
    told = json.loads(args.json.read_text()) if args.json and args.json.exists() else {}
    compiled = any(not file.endswith(".py") for file in args.files)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(args.jobs) as pool:
        benches = queue.SimpleQueue()
        for job in range(args.jobs):
            benches.put(Bench(Path(folder) / str(job), compiled, args.sanitize))
        for file in args.files:
            run_file(file, told, benches, pool, args)
    print(table(told))


def run_file(file, told, benches, pool, args):
    """Try the mutants of a file; the file itself must pass, and shows what time it takes."""
    source, key = (ROOT / file).read_text(), "sanitizer" if args.sanitize else "seen"
    mutants = {}
    for number in range(forms(file).count(source)):
        line, was, becomes, text = forms(file).mutant(source, number)
        entry = told.get(f"{file} {number}", {})
        if entry.get("was") != was or entry["is"] != becomes:
            entry = told[f"{file} {number}"] = {"line": line, "was": was, "is": becomes}
        if key not in entry and not entry.get("seen"):
            mutants[number] = text
    if not mutants:
        return

    def tried(text, seconds):
        bench = benches.get()
        try:
            return bench.outcome(file, text, seconds)
        finally:
            benches.put(bench)

    words, seconds = tried(source, 3600)
    if words:
        raise SystemExit(f"{file} as it stands: {words}")
    print(f"{file}: {len(mutants)} mutants; as it stands it passes in {seconds:.1f} s", flush=True)
    pending = {
        pool.submit(tried, text, LEAST_SECONDS + 3 * seconds): number for number, text in mutants.items()
    }
    for done in as_completed(pending):
        entry = told[f"{file} {pending[done]}"]
        words, took = done.result()
        entry |= {key: words, "seconds": round(took, 1)}
        print(
            f"{'seen' if words else 'SURVIVED':<9}{file}:{entry['line']}  {entry['was']}  ->  {entry['is']}",
            flush=True,
        )
        if args.json:
            args.json.write_text(json.dumps(told, indent=1) + "\n")


def table(told):
    """Counts of each file, as Markdown."""
    reasons = json.loads((HERE / "equivalent.json").read_text())
    argued = {one for ones in reasons.values() for one in ones}
    counts = {}
    for key, entry in told.items():
        file = key.rpartition(" ")[0]
        if "seen" not in entry or entry["seen"].startswith("not built"):
            continue  # nobody can run it
        kind = (
            "seen"
            if entry["seen"]
            else "sanitizer"
            if entry.get("sanitizer")
            else "equivalent"
            if f"{file}: {entry['was']} -> {entry['is']}" in argued
            else "survived"
        )
        counts.setdefault(file, Counter())[kind] += 1
    rows = [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]
    columns = ("seen", "sanitizer", "equivalent", "survived")
    lines = [
        "| File | Mutants | Seen | By AddressSanitizer alone | Equivalent, argued | Survived | Seen of the real ones |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for file, count in rows:
        real = count["seen"] + count["survived"]
        cells = [file, count.total(), *(count[name] for name in columns)]
        cells.append(f"{100 * count['seen'] / real:.1f} %" if real else "")
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
