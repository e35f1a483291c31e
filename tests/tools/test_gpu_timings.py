"""The timings of the GPU script: every op that has kernels, and torchvision beside all that it has."""

import importlib.util
import json
import time

import numpy as np
import pytest
from gpu_steps import RESULT, Failed, timings
from gpu_steps.device import device

from benchmarks.candidates import Candidate
from refdet import kernels

pytestmark = pytest.mark.skipif(
    "emulator" not in kernels.implementations("nms"), reason="the emulator is not built"
)
ALONE = "diou_nms", "soft_nms"
BOXES = np.array([[0, 0, 4, 4], [0, 0, 4, 3], [8, 8, 9, 9]], np.float32), np.array([1, 2, 3], np.float32), 0.5


def peer(monkeypatch, call):
    """A stand-in for torchvision's nms."""

    def build(system, *arguments, device):
        assert device == "cpu"
        return Candidate(system, lambda: call(*arguments))

    monkeypatch.setitem(timings.PEERS["nms"], "torchvision", build)
    return timings._rows(device(dry_run=True), "nms", BOXES, 1)


def test_every_op_with_kernels_is_timed():
    assert {op for _, op, _ in timings._work(True)} == set(kernels._REFERENCES) - {"roi_pool"}
    titles = [title for title, *_ in timings._work(True)]
    assert len(set(titles)) == len(titles)


def test_a_dry_run_times_everything_and_torchvision_is_there_or_the_row_says_why_not():
    found = timings.timings(True)
    for title, op, _ in timings._work(True):
        row = found[title]
        for first, middle, third, calls in (row["emulator"], row["vectorized"]):
            assert 0 < first <= middle <= third and 1 <= calls <= 3
        assert ("torchvision" in row) is (op not in ALONE)
        if importlib.util.find_spec("torchvision") is None:
            assert row.get("torchvision", "not installed: ").startswith("not installed: ")


def test_what_torchvision_gives_is_compared(monkeypatch):
    assert peer(monkeypatch, lambda *_: np.array([2, 1]))["torchvision gives"] == "equal"
    row = peer(monkeypatch, lambda *_: np.array([2, 1, 0]))
    assert row["torchvision gives"] == "1 boxes more and 0 less than the 2 expected"
    assert row["torchvision"][3] == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ImportError("planted", name="torch"), "not installed: torch"),
        (OSError("libcudart.so"), "OSError: libcudart.so"),
        (RuntimeError("no device\nmore"), "RuntimeError: no device"),
    ],
)
def test_a_torchvision_that_fails_is_a_row_and_no_failure(monkeypatch, error, told):
    def planted(*_):
        raise error

    row = peer(monkeypatch, planted)
    assert row["torchvision"] == told and "emulator" in row and "vectorized" in row


def test_an_op_that_fails_is_a_failure_and_what_was_timed_before_is_kept(monkeypatch, capsys):
    def planted(*_, **__):
        raise MemoryError("planted")

    work = [("first", "box_iou", (BOXES[0], BOXES[0])), ("second", "nms", BOXES)]
    monkeypatch.setattr(timings, "_work", lambda dry_run: work)
    monkeypatch.setattr(device(dry_run=True).ops, "nms", planted)
    with pytest.raises(Failed, match="^second: MemoryError: planted$"):
        timings.timings(True)
    results = [line for line in capsys.readouterr().out.splitlines() if line.startswith(RESULT)]
    assert "first" in json.loads(results[0].removeprefix(RESULT))


def test_a_slow_call_is_not_repeated_for_ever(monkeypatch):
    """Of two calls, the first of which compiles, the last is the time."""
    monkeypatch.setattr(timings, "DEVICE_LIMIT", 0.1)
    first, middle, third, calls = timings._device_time(device(dry_run=True), lambda: time.sleep(0.06), 30)
    assert first == middle == third >= 60 and calls == 1
