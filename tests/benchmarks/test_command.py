"""`python -m benchmarks` as a user meets it: it runs without any peer, keeps what it has, and its errors are clear."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import command, rounds

ROOT = Path(__file__).parents[2]


@pytest.fixture
def two_workloads(monkeypatch):
    """Only the two smallest workloads of box_iou, and no peers."""
    chosen = [w for w in command.workloads() if w.op == "box_iou"][:2]
    monkeypatch.setattr(command, "workloads", lambda: iter(chosen))
    monkeypatch.setattr("benchmarks.catalogue.beside", lambda *_: [])


def rows_that(monkeypatch, make):
    """Let `make` give the rows of each workload."""
    monkeypatch.setattr(rounds, "run", lambda workload, candidates, limits, **_: make(workload))


def timed(*_):
    return [
        {"candidate": "reference", "own": True, "equal": True, "agreement": "equal", "calls": 1, "ms": [1.0]}
    ]


def test_it_runs_without_any_peer_and_writes_where_it_ran(tmp_path):
    """In its own process, where an import of any peer fails."""
    peers = "torch torchvision onnxruntime cv2 powerboxes pycocotools cython_bbox supervision cupy".split()
    code = f"import sys; sys.modules |= dict.fromkeys({peers}); sys.argv = ['benchmarks', *sys.argv[1:]]\n"
    code += "import runpy; runpy.run_module('benchmarks', run_name='__main__', alter_sys=True)"
    path = tmp_path / "out.json"
    arguments = ["box_iou", "--quick", "--rounds", "1", "--json", str(path)]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and done.stderr == "", done.stdout + done.stderr
    report = json.loads(path.read_text())
    assert {w["op"] for w in report["workloads"]} == {"box_iou"}
    first = {row["candidate"]: row for row in report["workloads"][0]["rows"]}
    assert first["vectorized"]["equal"] and len(first["vectorized"]["ms"]) == 1
    assert first["torchvision"]["absent"] == "not installed: torch"
    assert report["machine"]["processor"] and report["machine"]["cores"] >= 1 and report["machine"]["caches"]
    assert report["versions"]["numpy"] and len(report["commit"]) in (7, 40) and report["seed"] == 0
    assert report["command"].endswith(f"--json {path}") and report["date"].endswith("UTC")
    assert {goal["verdict"] for goal in report["goals"]} == {"not measured"}
    assert done.stdout.count("not installed: torch\n") == 1  # once, not for every workload


def test_an_interrupted_run_keeps_what_it_has(two_workloads, monkeypatch, tmp_path, capsys):
    def interrupted(workload):
        if workload.name == "1,000 x 1,000":
            raise KeyboardInterrupt
        return timed()

    rows_that(monkeypatch, interrupted)
    path = tmp_path / "out.json"
    assert command.main(["--json", str(path)]) == 130
    report = json.loads(path.read_text())
    assert [w["name"] for w in report["workloads"]] == ["100 x 100"] and report["interrupted"]
    assert "interrupted" in capsys.readouterr().out
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_the_file_is_there_after_each_workload(two_workloads, monkeypatch, tmp_path):
    path, seen = tmp_path / "out.json", []

    def make(workload):
        seen.append(len(json.loads(path.read_text())["workloads"]) if path.exists() else 0)
        return timed()

    rows_that(monkeypatch, make)
    assert command.main(["--quick", "--json", str(path)]) == 0
    assert seen == [0, 1]


@pytest.mark.parametrize(("own", "code"), [(True, 1), (False, 0)])
def test_a_failure_of_refdets_own_is_an_error_and_that_of_a_peer_is_not(
    two_workloads, monkeypatch, own, code
):
    rows_that(monkeypatch, lambda _: [*timed(), {"candidate": "x", "own": own, "failed": "planted"}])
    assert command.main(["--quick"]) == code


def test_an_op_that_refdet_lacks_is_skipped_by_name(two_workloads, monkeypatch, capsys):
    rows_that(monkeypatch, timed)
    monkeypatch.delattr("refdet.box_iou")
    assert command.main(["--quick"]) == 0
    assert capsys.readouterr().out == "box_iou: skipped, refdet has none\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nsm"], "'nsm' is not an op; wanted one of box_iou, "),
        (["--rounds", "0"], "--rounds 0: wanted 1 or more"),
        (["--rounds", "few"], "argument --rounds: invalid int value: 'few'"),
        (["--seed", "-1"], "--seed -1: wanted 0 or more"),
        (
            ["--json", "/nowhere/out.json"],
            "--json /nowhere/out.json: wanted a file in a folder that is there",
        ),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_errors_are_clear(arguments, text, capsys):
    with pytest.raises(SystemExit) as error:
        command.main(arguments)
    assert error.value.code == 2 and text in capsys.readouterr().err
