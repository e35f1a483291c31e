"""Which of the project's tests the GPU script runs: those that use the device, by the parameter of their fixture."""

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from gpu_steps import tests

SPY = """
import json, os

def pytest_collection_finish(session):
    rows = [(i.nodeid, getattr(getattr(i, "callspec", None), "params", {}).get("backend")) for i in session.items]
    with open(os.environ["SPY_RECORD"], "w") as file:
        json.dump(rows, file)
"""
PLANTED = """
import warnings, pytest

@pytest.fixture(params=["cuda", "vectorized"])
def backend(request):
    return request.param

def test_cuda_of_a_newer_package(backend):
    warnings.warn("one day", DeprecationWarning)

def test_cuda_that_is_wrong(backend):
    warnings.warn("today", RuntimeWarning)

@pytest.mark.cuda
def test_marked():
    pass

def test_that_only_tells_of_cuda():
    pass
"""
WITHOUT_DEVICE = {
    "test_cuda_compile.py",
    "test_cuda_front_end.py",
    "test_emulator.py",
    "test_nms_at_scale.py",
}


@pytest.fixture(scope="module")
def chosen(tmp_path_factory):
    """``chosen["device"]``: name and backend of each test of that choice, as pytest itself holds them."""
    folder = tmp_path_factory.mktemp("spy")
    (folder / "spy.py").write_text(SPY)
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("SPY_RECORD", str(folder / "record.json"))
        for which in ("device", "host"):
            tests.run_pytest(which, "--collect-only", "-p", "spy", stdout=subprocess.DEVNULL)
            found[which] = json.loads((folder / "record.json").read_text())
    return found


def files(rows):
    return {Path(name.partition("::")[0]).name for name, _ in rows}


MARKED = {"tests/kernels/test_backends.py::test_device_is_named"}
"""Tests of the device that compare nothing, and so have no backend."""


def test_every_test_on_the_device_uses_it(chosen):
    assert {name for name, used in chosen["device"] if used != "cuda"} == MARKED
    assert files(chosen["device"]).isdisjoint(WITHOUT_DEVICE | set(tests.DETECTORS))
    assert len(chosen["device"]) > tests.FEWEST["device"]


def test_the_device_has_the_tests_that_the_emulator_has(chosen):
    device = [name for name, _ in chosen["device"] if name not in MARKED]
    emulated = [name for name, used in chosen["host"] if used == "emulator forward"]
    assert device == [name.replace("emulator forward", "cuda") for name in emulated]


def test_every_op_has_its_paths_compared_on_the_device(chosen):
    assert files(chosen["device"]) >= {
        path.name for path in (tests.ROOT / "tests" / "kernels").glob("test_*paths*.py")
    }


def test_the_other_tests_are_all_that_do_not_use_the_device(chosen):
    assert "cuda" not in {used for _, used in chosen["host"]}
    assert files(chosen["host"]) >= WITHOUT_DEVICE and len(chosen["host"]) > tests.FEWEST["host"]
    assert files(chosen["host"]).isdisjoint(tests.DETECTORS)
    assert all((tests.ROOT / "tests" / "kernels" / name).is_file() for name in tests.DETECTORS)


def test_the_backend_decides_and_a_warning_of_the_future_is_none(tmp_path, monkeypatch):
    (tmp_path / "test_planted.py").write_text(PLANTED)
    monkeypatch.setattr(tests, "FILES", (str(tmp_path / "test_planted.py"),))
    record = tmp_path / "record.xml"
    settings = "-c", str(tests.ROOT / "pyproject.toml")
    tests.run_pytest("device", f"--junitxml={record}", *settings, stdout=subprocess.DEVNULL)
    failed = {
        case.get("name"): case.find("failure") is not None
        for case in ElementTree.parse(record).iter("testcase")
    }
    assert failed == {
        "test_cuda_of_a_newer_package[cuda]": False,
        "test_cuda_that_is_wrong[cuda]": True,
        "test_marked": False,
    }
