"""Measuring: one checked call of each candidate, then rounds in which each has its turn.

The time is that of the processor, which other programs on the machine disturb least. What is compared are
ratios within a round, so that a slow moment of the machine meets both sides of the ratio.
"""

from __future__ import annotations

import gc
import signal
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.agreement import compare
from benchmarks.candidates import Absent

FEWEST = 3
"""Rounds of a candidate that is too slow for all of them."""
BASELINE = "torchvision"


@dataclass(frozen=True)
class Limits:
    """How long to look: rounds, and seconds."""

    rounds: int = 5
    sample: float = 0.03
    """A quick candidate is called so often in a round that it takes as long as this."""
    call: float = 6.0
    """A candidate whose one call takes longer, or would, is left out."""
    candidate: float = 6.0
    """One that took longer in all stops after `FEWEST` rounds; the baseline does not."""


@dataclass(frozen=True)
class Clocks:
    """Where the time comes from; a test brings its own."""

    process: Callable[[], float] = time.process_time
    wall: Callable[[], float] = time.perf_counter

    def of(self, candidate):
        """The clock that is right for this candidate."""
        return self.wall if candidate.wall else self.process


class Ladder:
    """What each candidate took on the last rung of each ladder."""

    def __init__(self):
        self._last = {}

    def expect(self, workload, name):
        """Seconds that one call would take; None if the candidate is new."""
        if (workload.ladder, name) not in self._last:
            return None
        work, seconds = self._last[workload.ladder, name]
        return seconds * workload.work / work

    def note(self, workload, name, seconds):
        """It took, or would take, so long."""
        self._last[workload.ladder, name] = workload.work, seconds


def run(workload, candidates, limits, *, ladder, clocks=None, progress=lambda text: None):
    """One row for each candidate: what it took in each round, whether its result agrees, why it is not there.

    The first of refdet's candidates that can run gives the result that the others are compared with. Another
    one of refdet's that differs by more than it may is not timed; a peer that differs is, and the row says how much.
    """
    clocks, expected, rows, active = clocks or Clocks(), None, [], []
    for candidate in candidates:
        row = {"candidate": candidate.name}
        rows.append(row)
        progress(f"{candidate.name}, checked")
        if isinstance(candidate, Absent):
            row["absent"] = candidate.reason
            continue
        would = ladder.expect(workload, candidate.name)
        if would is not None and would > limits.call:
            row["skipped"] = f"one call would take {would:.0f} s; the limit is {limits.call:g} s"
            ladder.note(workload, candidate.name, would)
            continue
        try:
            result, seconds = _first_call(candidate, limits, clocks.of(candidate))
        except TimeoutError:
            row["skipped"] = f"one call took far longer than {limits.call:g} s"
            ladder.note(workload, candidate.name, limits.call)
            continue
        except Exception as error:  # of whatever kind: it is one line, and the others go on
            row |= {"own": candidate.own, "failed": f"{type(error).__name__}: {error}".splitlines()[0]}
            continue
        ladder.note(workload, candidate.name, seconds)
        expected = result if expected is None else expected
        agreement = compare(result, expected)
        apart = agreement.pop("apart")
        row |= {"own": candidate.own, **agreement}
        if candidate.own and apart > candidate.apart:
            row["failed"] = f"another result than {rows[0]['candidate']}: {row['agreement']}; not timed"
        elif seconds > limits.call:
            row["skipped"] = f"one call took {seconds:.1f} s; the limit is {limits.call:g} s"
        else:
            active.append((candidate, max(1, round(limits.sample / max(seconds, 1e-9)))))
            row["calls"], row["ms"] = active[-1][1], []
    _rounds(active, {row["candidate"]: row for row in rows}, limits, clocks, progress)
    return rows


def _first_call(candidate, limits, clock):
    """The result as arrays, and the seconds of the better of two calls; a slow one is called once."""
    seconds = []
    for _ in range(2):
        start = clock()
        with at_most(3 * limits.call):  # others use the processor too
            result = candidate.call()
        seconds.append(clock() - start)
        if seconds[0] > limits.call / 10:
            break
    return candidate.host(result), min(seconds)


def _rounds(active, rows, limits, clocks, progress):
    """Every candidate in turn, round after round."""
    gc.collect()
    gc.disable()
    try:
        for number in range(limits.rounds):
            for candidate, calls in active:
                row = rows[candidate.name]
                spent = sum(row["ms"]) * calls / 1000
                slow = spent > limits.candidate and candidate.name != BASELINE
                if "failed" in row or (slow and number >= FEWEST):
                    continue
                progress(f"{candidate.name}, round {number + 1} of {limits.rounds}")
                try:
                    row["ms"].append(1000 * _sample(candidate.call, calls, clocks.of(candidate)))
                except Exception as error:
                    row["failed"] = f"in round {number + 1}, {type(error).__name__}: {error}".splitlines()[0]
    finally:
        gc.enable()


def _sample(call, calls, clock):
    """Seconds of one of so many calls."""
    start = clock()
    for _ in range(calls):
        call()
    return (clock() - start) / calls


@contextmanager
def at_most(seconds):
    """TimeoutError in Python code that takes longer on the wall; what runs outside Python is not stopped."""

    def stop(*_):
        raise TimeoutError

    # Not ITIMER_PROF: while it runs, Linux counts processor time in ticks of milliseconds.
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def quartiles(values):
    """First quartile, median, third quartile."""
    if len(values) == 1:
        return [values[0]] * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def baseline(rows):
    """The row that the others are compared with: torchvision's, else the reference's; None if neither was timed."""
    timed = {row["candidate"]: row for row in rows if row.get("ms")}
    return timed.get(BASELINE) or timed.get("reference")


def ratios(row, base):
    """Quartiles of how many times faster than the baseline a candidate was, round by round."""
    return quartiles([slow / fast for slow, fast in zip(base["ms"], row["ms"], strict=False)])
