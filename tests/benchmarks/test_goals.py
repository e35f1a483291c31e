"""Goals are judged by the figures of the run, and a goal without figures is not reached."""

import json
from pathlib import Path

import pytest

from benchmarks.catalogue import workloads
from benchmarks.goals import GOALS, Goal, Growth, Memory, verdicts

ROOT = Path(__file__).parents[2]


def report(**milliseconds):
    """A run of "nms, large" with these times, and half of them on "small"."""
    rows = [{"candidate": name.replace("cpp", "C++"), "ms": [ms]} for name, ms in milliseconds.items()]
    halves = [{"candidate": row["candidate"], "ms": [row["ms"][0] / 2]} for row in rows]
    return {
        "workloads": [
            {"op": "nms", "name": "large", "rows": rows},
            {"op": "nms", "name": "small", "rows": halves},
        ],
        "memory": [{"op": "nms", "workload": "large", "candidate": "C++", "peak": 2e9}],
    }


@pytest.mark.parametrize(("milliseconds", "reached"), [(10, True), (14.2, True), (14.3, False)])
def test_seven_tenths_of_a_speed_count(milliseconds, reached):
    goal = Goal("nms", "large", "C++", 10)
    value = goal.value(report(torchvision=100, cpp=milliseconds))
    assert value == 100 / milliseconds and goal.reached(value) is reached


def test_growth_is_one_time_over_the_other():
    found = Growth("nms", "large", "small", "C++", 2).value(report(cpp=10))
    assert found == 2
    assert Growth("nms", "large", "small", "C++", 2).reached(found)
    assert not Growth("nms", "large", "small", "C++", 1.9).reached(found)


def test_memory_is_the_peak():
    assert Memory("nms", "large", "C++", 2e9).reached(Memory("nms", "large", "C++", 2e9).value(report()))
    assert not Memory("nms", "large", "C++", 1e9).reached(2e9)


@pytest.mark.parametrize(
    "goal",
    [
        Goal("nms", "large", "C++", 1),
        Goal("nms", "elsewhere", "C++", 1),
        Growth("nms", "large", "small", "C++", 2),
        Memory("nms", "large", "vectorized", 1),
    ],
)
def test_what_was_not_timed_has_no_value(goal):
    assert goal.value(report(torchvision=1)) is None


def test_verdicts_say_reached_not_reached_or_not_measured():
    rows = [{"candidate": "torchvision", "ms": [100.0]}, {"candidate": "C++", "ms": [5.0]}]
    run = {"workloads": [{"op": "nms", "name": "clustered 2,000", "rows": rows}], "memory": []}
    found = {(v["workload"], v["candidate"]): v for v in verdicts(run)}
    assert found["clustered 2,000", "C++"]["verdict"] == "reached"
    assert found["clustered 2,000", "C++"]["measured"] == "20 x"
    assert found["clustered 6,000", "C++"]["verdict"] == "not measured"
    assert {v["op"] for v in found.values()} == {"nms"}
    rows[1]["ms"] = [20.0]
    assert verdicts(run)[0]["verdict"] == "NOT reached"


# So many times torchvision's speed, whatever the workload; nms has figures of its own.
FIGURES = {
    ("C++", "box_iou"): {35},
    ("C++", "nms"): {10, 15, 45, 70},
    ("C++", "batched_nms"): {5},
    ("C++", "roi_pool_with_argmax"): {4},
    ("C++", "roi_align"): {5.5},
    ("C++", "roi_align_backward"): {15},
    ("vectorized", "box_iou"): {5},
    ("vectorized", "nms"): {1, 8},
    ("vectorized", "roi_pool"): {1.4},
    ("vectorized", "roi_align"): {1.4},
    ("vectorized", "roi_align_backward"): {6},
}


def test_the_figures_are_those_that_were_asked_for():
    found = {}
    for goal in GOALS:
        if isinstance(goal, Goal):
            found.setdefault((goal.candidate, goal.op), set()).add(goal.figure)
    assert found == FIGURES
    assert {goal.figure for goal in GOALS if isinstance(goal, Growth)} == {8}
    assert {(goal.op, goal.figure) for goal in GOALS if isinstance(goal, Memory)} == {
        ("box_iou", 1.7e9),
        ("nms", 1e9),
    }


def test_the_verdicts_of_the_recorded_run_follow_from_its_numbers():
    recorded = json.loads((ROOT / "benchmarks" / "results" / "kernels.json").read_text())
    assert recorded["goals"] == verdicts(recorded) and len(recorded["goals"]) == len(GOALS)


def test_every_goal_names_a_workload_that_exists():
    known = {(workload.op, workload.name) for workload in workloads()}
    speeds = [goal for goal in GOALS if not isinstance(goal, Memory)]
    assert {(goal.op, goal.workload) for goal in speeds} <= known
    assert {(goal.op, goal.smaller) for goal in speeds if isinstance(goal, Growth)} <= known
