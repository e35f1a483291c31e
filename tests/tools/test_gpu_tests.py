"""Which of the project's tests the GPU script runs: those that use the device, by the parameter of their fixture."""

import json
import subprocess
from pathlib import Path

import pytest
from gpu_steps import tests

SPY = """
import json, os

def pytest_collection_finish(session):
    rows = [(i.nodeid, getattr(getattr(i, "callspec", None), "params", {}).get("backend")) for i in session.items]
    with open(os.environ["SPY_RECORD"], "w") as file:
        json.dump(rows, file)
"""
WITHOUT_DEVICE = (
    "test_cuda_compile.py",
    "test_cuda_front_end.py",
    "test_detectors.py",
    "test_emulator.py",
    "test_emulator_planted_bugs.py",
    "test_fuzz_targets.py",
    "test_nms_at_scale.py",
)


@pytest.fixture
def collected(tmp_path, monkeypatch):
    """``collected("device")``: name and backend of each test that is chosen, as pytest itself holds them."""
    (tmp_path / "spy.py").write_text(SPY)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SPY_RECORD", str(tmp_path / "record.json"))

    def collect(which):
        tests.run_pytest(which, "--collect-only", "-p", "spy", stdout=subprocess.DEVNULL)
        return json.loads((tmp_path / "record.json").read_text())

    return collect


@pytest.mark.parametrize(("which", "wanted"), [("device", "cuda"), ("device, dry run", "emulator forward")])
def test_every_test_on_the_device_uses_it(collected, which, wanted):
    chosen = collected(which)
    assert [row for row in chosen if row[1] != wanted] == []
    files = {Path(name.partition("::")[0]).name for name, _ in chosen}
    assert files.isdisjoint(WITHOUT_DEVICE) and len(chosen) > tests.FEWEST[which]


def test_every_op_has_its_paths_compared_on_the_device(collected):
    files = {Path(name.partition("::")[0]).name for name, _ in collected("device")}
    assert files >= {path.name for path in (tests.ROOT / "tests" / "kernels").glob("test_*paths*.py")}


def test_the_other_tests_are_all_that_do_not_use_the_device(collected):
    chosen = collected("host")
    assert "cuda" not in {backend for _, backend in chosen}
    files = {Path(name.partition("::")[0]).name for name, _ in chosen}
    assert files >= set(WITHOUT_DEVICE) and len(chosen) > tests.FEWEST["host"]
