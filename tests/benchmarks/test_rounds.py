"""The harness on a clock that the candidates move themselves: what it calls, what it times, what it says."""

import dataclasses
import itertools
import sys
import time
import types

import numpy as np
import pytest

from benchmarks import peers, rounds
from benchmarks.candidates import Absent, Candidate
from benchmarks.catalogue import Workload

WORKLOAD = Workload("nms", "small", "nms", 1.0, True, lambda seed: [])
LARGER = Workload("nms", "large", "nms", 100.0, False, lambda seed: [])


class Clock:
    """Stands still, except while a candidate works."""

    def __init__(self):
        self.now, self.called = 0.0, []

    def __call__(self):
        return self.now

    def candidate(self, name, seconds, result=(1, 2), **kind):
        """Takes the next of these seconds in each call, and the last one ever after."""
        times = itertools.chain(seconds, itertools.repeat(seconds[-1]))

        def call():
            self.called.append(name)
            self.now += next(times)
            return np.array(result)

        return Candidate(name, call, **kind)


@pytest.fixture
def clock():
    return Clock()


def measure(clock, *candidates, workload=WORKLOAD, ladder=None, limits=None, wall=None):
    """Rows by candidate."""
    limits = limits or rounds.Limits(rounds=3, sample=0, call=100, candidate=1000)
    clocks = rounds.Clocks(process=clock, wall=wall or clock)
    rows = rounds.run(workload, candidates, limits, ladder=ladder or rounds.Ladder(), clocks=clocks)
    return {row["candidate"]: row for row in rows}


# What is timed


def test_the_clocks_are_those_of_the_processor_and_of_the_wall():
    assert rounds.Clocks() == rounds.Clocks(process=time.process_time, wall=time.perf_counter)


def test_torch_has_one_thread(monkeypatch):
    threads = []
    torch = types.SimpleNamespace(set_num_threads=threads.append)
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torchvision", types.SimpleNamespace())
    assert peers._torch.__wrapped__()[0] is torch and threads == [1]


def test_the_ratio_is_the_median_of_the_rounds_ratios(clock):
    slow = clock.candidate("torchvision", [50, 2, 4, 60])  # the first call is the one that is checked
    fast = clock.candidate("C++", [50, 1, 1, 30], own=True)
    rows = measure(clock, fast, slow)
    assert rows["torchvision"]["ms"] == [2000, 4000, 60000] and rows["C++"]["ms"] == [1000, 1000, 30000]
    # 2, 4 and 2; the ratio of the medians would be 4.
    assert rounds.ratios(rows["C++"], rounds.baseline(rows.values())) == [2, 2, 3]


def test_candidates_take_turns(clock):
    measure(clock, *(clock.candidate(name, [20]) for name in "abc"))
    assert "".join(clock.called) == "abc" + 3 * "abc"


def test_a_quick_candidate_is_called_until_the_sample_is_long_enough(clock):
    limits = rounds.Limits(rounds=1, sample=1, call=100, candidate=100)
    rows = measure(clock, clock.candidate("a", [0.25]), limits=limits)
    assert rows["a"]["calls"] == 4 and rows["a"]["ms"] == [250]


def test_a_slow_candidate_stops_after_the_fewest_rounds_and_the_baseline_goes_on(clock):
    limits = rounds.Limits(rounds=5, sample=0, call=100, candidate=30)
    rows = measure(clock, clock.candidate("torchvision", [40]), clock.candidate("slow", [40]), limits=limits)
    assert len(rows["torchvision"]["ms"]) == 5 and len(rows["slow"]["ms"]) == rounds.FEWEST == 3


def test_a_device_is_timed_by_the_wall(clock):
    wall = Clock()
    rows = measure(clock, wall.candidate("CUDA", [3], wall=True), clock.candidate("a", [5]), wall=wall)
    assert rows["CUDA"]["ms"] == [3000] * 3 and rows["a"]["ms"] == [5000] * 3


def test_without_torchvision_the_reference_is_the_baseline(clock):
    rows = measure(clock, clock.candidate("reference", [8], own=True), clock.candidate("C++", [2], own=True))
    base = rounds.baseline(rows.values())
    assert base["candidate"] == "reference" and rounds.ratios(rows["C++"], base)[1] == 4
    assert rounds.baseline(measure(clock, clock.candidate("peer", [1])).values()) is None


# What is left out


def test_what_would_take_too_long_is_not_called(clock):
    ladder, candidate = rounds.Ladder(), clock.candidate("a", [2])
    measure(clock, candidate, ladder=ladder)
    clock.called.clear()
    rows = measure(clock, candidate, ladder=ladder, workload=LARGER)
    assert clock.called == [] and rows["a"]["skipped"] == "one call would take 200 s; the limit is 100 s"


def test_one_call_over_the_limit_is_enough(clock):
    rows = measure(clock, clock.candidate("a", [101]), clock.candidate("b", [1]))
    assert rows["a"]["skipped"] == "one call took 101.0 s; the limit is 100 s" and "ms" not in rows["a"]
    assert clock.called.count("a") == 1 and len(rows["b"]["ms"]) == 3


def test_python_that_does_not_end_is_stopped(clock):
    def forever():
        while True:
            pass

    limits = rounds.Limits(rounds=1, sample=0, call=0.05, candidate=1)
    rows = measure(clock, Candidate("endless", forever), clock.candidate("b", [0.01]), limits=limits)
    assert "longer than 0.05 s" in rows["endless"]["skipped"] and rows["b"]["ms"]


def test_who_is_absent_says_why(clock):
    rows = measure(clock, Absent("CUDA", "CuPy is not installed"), clock.candidate("a", [1]))
    assert rows["CUDA"] == {"candidate": "CUDA", "absent": "CuPy is not installed"} and rows["a"]["ms"]


# Wrong and broken candidates


def test_a_wrong_result_of_refdets_own_is_an_error_and_is_not_timed(clock):
    right = clock.candidate("reference", [1], own=True)
    rows = measure(clock, right, clock.candidate("C++", [1], result=(1, 3), own=True))
    assert rows["C++"]["failed"] == (
        "another result than reference: 1 boxes more and 1 less than the 2 expected; not timed"
    )
    assert "ms" not in rows["C++"] and not rows["C++"]["equal"] and rows["reference"]["ms"]


@pytest.mark.parametrize(("apart", "timed"), [(0.06, True), (0.03, False)])
def test_one_of_refdets_own_may_round_otherwise_where_that_is_said(clock, apart, timed):
    right = clock.candidate("reference", [1], own=True, result=(0.5, 2.0))
    nearly = clock.candidate("vectorized", [1], result=(0.5, 2.1), own=True)
    rows = measure(clock, right, dataclasses.replace(nearly, apart=apart))  # 0.1 over the largest, 2
    assert ("ms" in rows["vectorized"]) == timed
    assert (
        rows["vectorized"]["agreement"] == "1 of 2 differ, by 0.1 at most" and not rows["vectorized"]["equal"]
    )


def test_a_peer_that_differs_is_timed_and_says_how_much(clock):
    right = clock.candidate("reference", [1], own=True, result=(0.5, 0.25))
    rows = measure(clock, right, clock.candidate("peer", [1], result=(0.5, 0.375)))
    assert rows["peer"]["agreement"] == "1 of 2 differ, by 0.1 at most" and rows["peer"]["ms"]


def test_a_crash_is_a_line_and_not_the_end(clock):
    def broken():
        raise RuntimeError("planted\nsecond line")

    rows = measure(clock, Candidate("broken", broken, own=True), clock.candidate("b", [1]))
    assert rows["broken"] == {"candidate": "broken", "own": True, "failed": "RuntimeError: planted"}
    assert len(rows["b"]["ms"]) == 3


def test_a_crash_in_a_later_round_is_a_line_too(clock):
    calls = itertools.count()

    def broken():
        clock.now += 20
        if next(calls) == 2:
            raise ValueError("planted")
        return np.array([1, 2])

    rows = measure(clock, Candidate("broken", broken), clock.candidate("b", [20]))
    assert rows["broken"]["failed"] == "in round 2, ValueError: planted"
    assert len(rows["b"]["ms"]) == 3
