"""The project's own tests, those that run without a device too: `device` through CuPy, `host` in C++ and emulator."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from gpu_steps import Failed, NotRun, main
from gpu_steps.build import ROOT
from gpu_steps.chosen_tests import VARIABLE

FILES = (
    "tests/kernels",
    "tests/ops",
    "tests/test_bad_input.py",
    "tests/oracle/test_profiles.py",
    "tests/oracle/test_roi_align.py",
)
DETECTORS = "test_detectors.py", "test_emulator_planted_bugs.py", "test_fuzz_targets.py"
"""Not here: minutes of compiling, to see whether sanitizers and fuzzers find planted bugs, which CI does."""
PLUGIN = "gpu_steps.chosen_tests"
CHOSEN = {
    "device": ("cuda", "", {"REFDET_REQUIRE_CUDA": "1"}),
    "device, dry run": ("emulator forward", "layout or edges", {"REFDET_REQUIRE_EMULATOR": "1"}),
    "host": (
        "not cuda",
        "",
        {"REFDET_REQUIRE_CPP": "1", "REFDET_REQUIRE_EMULATOR": "1", "REFDET_REQUIRE_NVRTC": "1"},
    ),
}
"""The backend under test, words of the tests' names, and what may not be missing."""
FEWEST = {"device": 150, "device, dry run": 100, "host": 1000}
"""Fewer tests than these mean that the choice above has lost them."""


def tests(dry_run, which):
    """Run them; Failed if one fails, if one is skipped on the device, or if there are too few."""
    for package in ("pytest", "hypothesis"):
        if importlib.util.find_spec(package) is None:
            raise NotRun(f"{package} is not installed")
    which = f"{which}, dry run" if dry_run else which
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.xml"
        options = ["-rfEs", f"--junitxml={record}"]
        if which == "host" and importlib.util.find_spec("xdist"):
            options += ["-n", str(min(16, os.cpu_count() or 1))]
        done = run_pytest(which, *options)
        if not record.exists():
            raise Failed(f"pytest ended with {done.returncode} and no record")
        counts = count(ElementTree.parse(record))
    print(counts)
    if done.returncode or counts["failed"]:
        raise Failed(
            f"{counts['failed']} of {counts['all']} tests failed; pytest ended with {done.returncode}"
        )
    if counts["all"] - counts["skipped"] < FEWEST[which]:
        raise Failed(f"{counts} tests; wanted at least {FEWEST[which]} that ran")
    if counts["skipped"] and which != "host":
        raise Failed(f"{counts['skipped']} of {counts['all']} tests were skipped")
    return counts


def run_pytest(which, *options, **keywords):
    """The tests of that choice."""
    backend, words, required = CHOSEN[which]
    paths = os.pathsep.join([str(ROOT / "tools"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "CI": "1", "PYTHONPATH": paths, VARIABLE: backend, **required}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", PLUGIN, "-k", words]
    without = [f"--ignore=tests/kernels/{name}" for name in DETECTORS]
    return subprocess.run([*command, *without, *options, *FILES], cwd=ROOT, env=environment, **keywords)


def count(record):
    """Tests of a record in JUnit's form."""
    suites = list(record.getroot().iter("testsuite"))
    total = {
        key: sum(int(s.get(key, 0)) for s in suites) for key in ("tests", "failures", "errors", "skipped")
    }
    return {"all": total["tests"], "failed": total["failures"] + total["errors"], "skipped": total["skipped"]}


if __name__ == "__main__":
    main(tests)
