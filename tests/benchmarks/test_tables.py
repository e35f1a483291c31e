"""The page of the benchmarks holds what the recorded run holds, and nothing else."""

import copy
import json

import pytest

from benchmarks import tables

REPORT = {
    "command": "python -m benchmarks",
    "date": "2026-01-02 03:04:05 UTC",
    "commit": "abc",
    "dirty": False,
    "seed": 0,
    "interrupted": False,
    "machine": {"processor": "a processor", "cores": 2},
    "versions": {"numpy": "2.0"},
    "missing": [],
    "goals": [
        {
            "op": "nms",
            "workload": "small",
            "candidate": "C++",
            "wanted": "10 x",
            "measured": "20 x",
            "verdict": "reached",
        }
    ],
    "memory": [{"op": "nms", "workload": "large", "candidate": "C++", "skipped": "not done within 60 s"}],
    "workloads": [
        {
            "op": "nms",
            "name": "small",
            "rows": [
                {"candidate": "C++", "equal": True, "agreement": "equal", "ms": [1.0, 2.0, 3.0]},
                {"candidate": "CUDA", "absent": "no CuPy"},
                {
                    "candidate": "torchvision",
                    "equal": False,
                    "agreement": "1 of 9 differ",
                    "ms": [20.0, 40.0, 60.0],
                },
                {"candidate": "slow", "skipped": "one call would take 9 s; the limit is 6 s"},
            ],
        }
    ],
}


def test_the_page_is_what_the_recorded_run_gives():
    report = json.loads(tables.RESULTS.read_text())
    assert tables.PAGE.read_text() == tables.page(report), "run python -m benchmarks.tables"


def test_a_table_holds_medians_ratios_and_what_is_to_be_said():
    page = tables.page(REPORT)
    assert (
        "| ms, x torchvision | small |\n| --- | --- |\n| C++ | 2.00 (20.0 x) |\n| torchvision | 40.0 |\n"
        in page
    )
    assert "- torchvision, small: 1 of 9 differ\n" in page
    assert "- slow, small: skipped: one call would take 9 s; the limit is 6 s\n" in page
    assert "| nms | small | C++ | 10 x | 20 x | reached |" in page
    assert "- nms, large, C++: skipped: not done within 60 s\n" in page
    assert "no CuPy" not in page.split("## nms")[1]


def test_without_torchvision_the_table_says_what_the_ratios_are_to():
    report = copy.deepcopy(REPORT)
    report["workloads"][0]["rows"][2]["candidate"] = "reference"
    assert "| ms, x reference | small |" in tables.page(report)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["workloads"][0]["rows"][0]["ms"].__setitem__(1, 2.5),
        lambda r: r.update(dirty=True),
        lambda r: r.update(interrupted=True),
        lambda r: r.update(missing=["soft_nms"]),
        lambda r: r["machine"].update(cores=4),
        lambda r: r["goals"][0].update(verdict="NOT reached"),
    ],
)
def test_a_change_of_the_run_changes_the_page(change):
    report = copy.deepcopy(REPORT)
    change(report)
    assert tables.page(report) != tables.page(REPORT)
