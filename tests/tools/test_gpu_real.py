"""The way of a real run through the GPU script's steps, on a stand-in for CuPy: what a dry run leaves out."""

import json

import cupy_stand_in
import pytest
from gpu_steps import device, facts, large, replay, sanitize, timings

from refdet import kernels
from refdet.kernels import cuda_sources, launch


@pytest.fixture(autouse=True)
def compilations(monkeypatch):
    if "emulator" not in kernels.implementations("nms"):
        pytest.skip("the emulator is not built")
    for name in ("MAX_WORKSPACE", "MAX_GRID"):
        monkeypatch.setattr(launch, name, getattr(launch, name))
    found = []
    cupy_stand_in.install(monkeypatch, found)
    yield found
    cupy_stand_in.remove()


def test_the_facts_name_the_device():
    found = facts.facts(dry_run=False)
    assert found["device"] == "stand-in" and found["compute capability"] == "9.0" and found["ECC"] is True


def test_the_replay_asks_the_device(tmp_path, compilations):
    recorded = json.loads(replay.RECORDED.read_text())
    some = {name: value for name, value in recorded.items() if name.endswith("/65")}
    (tmp_path / "some.json").write_text(json.dumps(some))
    assert replay.replay(False, tmp_path / "some.json") == {"cases": len(some)}
    assert {name for name, *_ in compilations} == {f"{stem}.cu" for stem in cuda_sources.KERNELS}


@pytest.mark.parametrize("case", sorted(set(large.CASES) - {"second device"}))
def test_the_large_cases_run_on_the_device(compilations, case):
    assert large.CASES[case](device.Real(), True)
    assert compilations


def test_the_second_device_is_used(compilations):
    assert large.second_device(device.Real(), False) == {"devices": 2}
    assert {number for *_, number in compilations} == {1}


def test_the_timings_use_events_and_tell_of_the_compilation(monkeypatch):
    work = list(timings._work(True))
    monkeypatch.setattr(timings, "_work", lambda dry_run: work)
    found = timings.timings(dry_run=False)
    assert all(milliseconds >= 0 for milliseconds in found["compilation ms"].values())
    assert len(found["compilation ms"]) == 2 * len(timings.KERNELS)
    assert all(
        found[title]["CUDA"][3] == timings.REPETITIONS or found[title]["CUDA"][0] > 10 for title, *_ in work
    )


@pytest.mark.parametrize("tool", sanitize.TOOLS)
def test_the_sanitizer_watches_a_planted_kernel(tool):
    assert sanitize.sanitize(False, "planted", tool) is None


def test_the_sanitizer_watches_twenty_cases():
    assert sanitize.sanitize(False, "cases") == {"cases": 20}
