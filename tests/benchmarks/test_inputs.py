"""The inputs are what their names say, and the same for the same seed."""

import json

import numpy as np
import pytest

from benchmarks import inputs, memory
from benchmarks.candidates import Absent, own
from refdet.kernels import vectorized


def kept(kind, count):
    return len(vectorized.nms(*inputs.scored(kind, count, np.float32, 0), 0.5)) / count


def test_kinds_of_boxes_crowd_as_they_should():
    assert 0.18 < kept(inputs.clustered, 2000) < 0.28  # a fifth of clutter, and one box of each heap
    assert kept(inputs.crowded, 6000) < 0.05
    assert kept(inputs.sparse, 2000) > 0.95


@pytest.mark.parametrize("seed", [0, 1])
def test_a_seed_gives_the_same_input_again(seed):
    for make in (
        lambda s: inputs.scored(inputs.clustered, 100, np.float32, s),
        lambda s: inputs.pairs(20, 30, np.float64, s),
        lambda s: inputs.regions(2, 5, 6, 7, s),
    ):
        first, again, other = make(seed), make(seed), make(seed + 1)
        assert all(map(np.array_equal, first, again)) and not all(map(np.array_equal, first, other))


def test_regions_lie_on_the_map_and_boxes_have_an_area():
    features, rois = inputs.regions(3, 10, 20, 50, 0)
    assert features.shape == (1, 3, 10, 20) and rois.shape == (50, 5)
    assert (rois[:, 3] < 16 * 20).all() and (rois[:, 4] < 16 * 10).all() and (rois[:, 1:] >= 0).all()
    first, second = inputs.pairs(20, 30, np.float32, 0)
    assert first.shape == (20, 4) and second.shape == (30, 4) and (first[:, 2:] > first[:, :2]).all()


def test_an_implementation_without_the_op_is_absent():
    found = own("no_such_op", names=("reference", "vectorized"))
    assert [type(c) for c in found] == [Absent, Absent]
    assert found[1].reason == "refdet.kernels.vectorized has no no_such_op"


def test_memory_of_a_process_is_its_own_peak():
    before = memory.peak()
    np.ones(4 * 10**7, np.uint8)
    assert memory.peak() >= max(before, 4 * 10**7)


def test_a_process_that_fails_is_a_row_with_the_reason(monkeypatch):
    monkeypatch.setattr(memory.sys, "executable", "false")
    assert memory.measure("nms", "C++")["failed"] == "ended with 1"
    monkeypatch.setattr(memory, "LIMIT", 0.01)
    monkeypatch.setattr(memory.subprocess, "run", _too_slow)
    assert memory.measure("nms", "C++")["skipped"] == "not done within 0.01 s"


def _too_slow(command, **_):
    raise memory.subprocess.TimeoutExpired(command, 1)


def test_the_peak_of_a_process_is_read_from_what_it_prints(monkeypatch):
    text = json.dumps({"before": 1, "peak": 2, "seconds": 3})
    monkeypatch.setattr(
        memory.subprocess, "run", lambda *_, **__: type("Done", (), {"returncode": 0, "stdout": text})
    )
    assert memory.measure("nms", "C++") == {
        "op": "nms",
        "workload": "clustered 1,000,000",
        "candidate": "C++",
        "before": 1,
        "peak": 2,
        "seconds": 3,
    }
