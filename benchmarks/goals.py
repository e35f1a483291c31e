"""What refdet is meant to reach, and whether a measurement did.

A speed is a ratio to torchvision on the CPU in the same run, in float32; ratios move by a quarter between runs (that
of IoU by more, with torchvision), so that seven tenths of a goal count as reached. A growth is the time of one size
over that of another, and a memory is the peak of a process, at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.rounds import BASELINE, quartiles, ratios

SLACK = 0.7


@dataclass(frozen=True)
class Goal:
    """So many times faster than torchvision."""

    op: str
    workload: str
    candidate: str
    figure: float

    def value(self, report):
        """Measured ratio; None if one of the two was not timed."""
        rows = _rows(report, self.op, self.workload)
        if not _timed(rows, self.candidate) or not _timed(rows, BASELINE):
            return None
        return ratios(rows[self.candidate], rows[BASELINE])[1]

    def reached(self, value):
        """Seven tenths are enough."""
        return value >= SLACK * self.figure

    def wanted(self):
        """The goal in words."""
        return f"{self.figure:g} x torchvision, {SLACK * self.figure:.2g} is enough"

    def told(self, value):
        """The measured value in words."""
        return f"{value:.2g} x" if value < 10 else f"{value:.0f} x"


@dataclass(frozen=True)
class Growth:
    """At most so many times as long as on a smaller input."""

    op: str
    workload: str
    smaller: str
    candidate: str
    figure: float

    def value(self, report):
        """Quotient of the median times; None if one of the two was not timed."""
        rows = [_rows(report, self.op, name) for name in (self.workload, self.smaller)]
        if not all(_timed(row, self.candidate) for row in rows):
            return None
        large, small = (quartiles(row[self.candidate]["ms"])[1] for row in rows)
        return large / small

    def reached(self, value):
        """No slack: the figure holds what memory and sorting cost above a constant time per box."""
        return value <= self.figure

    def wanted(self):
        """The goal in words."""
        return f"at most {self.figure:g} x {self.smaller}"

    def told(self, value):
        """The measured value in words."""
        return f"{value:.2g} x"


@dataclass(frozen=True)
class Memory:
    """A process that does this never holds more."""

    op: str
    workload: str
    candidate: str
    figure: float

    def value(self, report):
        """Peak in bytes; None if it was not measured."""
        for row in report["memory"]:
            if (row["op"], row["workload"], row["candidate"]) == (self.op, self.workload, self.candidate):
                return row.get("peak")
        return None

    def reached(self, value):
        """No slack."""
        return value <= self.figure

    def wanted(self):
        """The goal in words."""
        return f"at most {self.figure / 1e9:g} GB"

    def told(self, value):
        """The measured value in words."""
        return f"{value / 1e9:.2f} GB"


_MAPS = "512 x 38 x 38, 300 RoIs", "256 x 50 x 68, 1,000 RoIs", "256 x 50 x 68, 2,000 RoIs"

GOALS = (
    Goal("box_iou", "1,000 x 1,000", "C++", 35),
    Goal("nms", "clustered 2,000", "C++", 10),
    Goal("nms", "clustered 6,000", "C++", 15),
    Goal("nms", "sparse 20,000", "C++", 45),
    Goal("nms", "clustered 100,000", "C++", 70),
    *(
        Growth("nms", f"{kind} 100,000", f"{kind} 20,000", "C++", 8)
        for kind in ("clustered", "crowded", "sparse")
    ),
    *(Goal("batched_nms", f"clustered {count}", "C++", 5) for count in ("2,000", "6,000")),
    *(Goal("roi_pool_with_argmax", name, "C++", 4) for name in _MAPS),
    *(Goal("roi_align", name, "C++", 5.5) for name in _MAPS),
    *(Goal("roi_align_backward", name, "C++", 15) for name in _MAPS),
    Goal("box_iou", "1,000 x 1,000", "vectorized", 5),
    *(Goal("nms", f"clustered {count}", "vectorized", 1) for count in ("2,000", "6,000")),
    Goal("nms", "sparse 20,000", "vectorized", 8),
    *(Goal("roi_pool", name, "vectorized", 1.4) for name in _MAPS),
    *(Goal("roi_align", name, "vectorized", 1.4) for name in _MAPS),
    *(Goal("roi_align_backward", name, "vectorized", 6) for name in _MAPS),
    *(Memory("box_iou", "20,000 x 20,000", name, 1.7e9) for name in ("C++", "vectorized")),
    *(Memory("nms", "clustered 1,000,000", name, 1e9) for name in ("C++", "vectorized")),
)


def verdicts(report):
    """For each goal of the measured ops: what was wanted, what came, and whether that is enough."""
    measured = {workload["op"] for workload in report["workloads"]}
    rows = []
    for goal in GOALS:
        if goal.op not in measured:
            continue
        value = goal.value(report)
        state = "not measured" if value is None else "reached" if goal.reached(value) else "NOT reached"
        rows.append(
            {
                "op": goal.op,
                "workload": goal.workload,
                "candidate": goal.candidate,
                "wanted": goal.wanted(),
                "measured": "-" if value is None else goal.told(value),
                "verdict": state,
            }
        )
    return rows


def _rows(report, op, name):
    """The rows of one workload, by candidate; none if it was not run."""
    for workload in report["workloads"]:
        if (workload["op"], workload["name"]) == (op, name):
            return {row["candidate"]: row for row in workload["rows"]}
    return {}


def _timed(rows, candidate):
    return bool(rows.get(candidate, {}).get("ms"))
