"""REFDET_NO_SKIPS=1 turns every skip into a failure, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPING = """
import pytest

def test_in_the_body():
    pytest.skip("planted: body")

@pytest.mark.skip(reason="planted: mark")
def test_by_a_mark():
    pass

@pytest.fixture
def absent():
    pytest.skip("planted: fixture")

def test_in_a_fixture(absent):
    pass

@pytest.mark.xfail(reason="known", strict=True)
def test_that_is_known_to_fail():
    assert False

def test_that_passes():
    pass
"""
AS_A_WHOLE = "import pytest\npytest.importorskip('a_module_that_nobody_has')\n"


def outcome(folder, *options):
    """The last line of pytest's report on the files of the folder, and all of it."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-c", "/dev/null", *options, folder]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(Path(__file__).parent)}
    )
    return done.stdout.strip().splitlines()[-1], done.stdout


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "test_some.py").write_text(SKIPPING)
    (tmp_path / "test_whole.py").write_text(AS_A_WHOLE)
    return tmp_path


def test_skips_are_skips_without_it(folder):
    line, _ = outcome(folder)
    assert re.search(r"1 passed, 4 skipped, 1 xfailed", line)


def test_skips_are_failures_with_it_and_say_what_was_not_checked(folder):
    line, text = outcome(folder, "-p", "no_skips", "--continue-on-collection-errors")
    assert re.search(r"1 failed, 1 passed, 1 xfailed, 3 errors", line), text
    for reason in ("planted: body", "planted: mark", "planted: fixture", "a_module_that_nobody_has"):
        assert re.search(f"this was not checked: .*{reason}", text), text
