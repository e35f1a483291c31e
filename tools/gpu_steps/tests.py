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

FILES = "tests/kernels", "tests/ops", "tests/test_bad_input.py", "tests/oracle/test_profiles.py"
CHOSEN = {
    # The parameter "cuda" of the fixture `backend`; the files test_cuda_* need no device.
    "device": ("cuda and not test_cuda", {"REFDET_REQUIRE_CUDA": "1"}),
    "device, dry run": ("emulator and forward and (layout or edges)", {"REFDET_REQUIRE_EMULATOR": "1"}),
    "host": (
        "not cuda or test_cuda",
        {"REFDET_REQUIRE_CPP": "1", "REFDET_REQUIRE_EMULATOR": "1", "REFDET_REQUIRE_NVRTC": "1"},
    ),
}
FEWEST = {"device": 50, "device, dry run": 5, "host": 200}
"""Fewer tests than these mean that the choice above has lost them."""


def tests(dry_run, which):
    """Run them; Failed if one fails, if one is skipped on the device, or if there are too few."""
    for package in ("pytest", "hypothesis"):
        if importlib.util.find_spec(package) is None:
            raise NotRun(f"{package} is not installed")
    which = f"{which}, dry run" if dry_run else which
    expression, required = CHOSEN[which]
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rfEs",
            "-p",
            "no:cacheprovider",
            f"--junitxml={record}",
        ]
        if which == "host" and importlib.util.find_spec("xdist"):
            command += ["-n", str(min(8, os.cpu_count() or 1))]
        done = subprocess.run(
            [*command, "-k", expression, *FILES], cwd=ROOT, env={**os.environ, "CI": "1", **required}
        )
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


def count(record):
    """Tests of a record in JUnit's form."""
    suites = list(record.getroot().iter("testsuite"))
    total = {
        key: sum(int(s.get(key, 0)) for s in suites) for key in ("tests", "failures", "errors", "skipped")
    }
    return {"all": total["tests"], "failed": total["failures"] + total["errors"], "skipped": total["skipped"]}


if __name__ == "__main__":
    main(tests)
