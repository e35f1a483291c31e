"""The table of runs on hardware takes what gpu_check.py wrote, and the README says no more than the table does."""

import json

import gpu_record
import pytest
from gpu_steps import facts

FACTS = {"device": "a device", "driver": "570.86.15", "CUDA runtime": 13000, "CuPy": "14"}
TOLD = "NVIDIA H200, 570.86.15, 143771 MiB, Enabled"


def summary(**changes):
    rows = [{"step": "facts", "status": "ok", "result": FACTS}, {"step": "replay", "status": "ok"}]
    return {"date": "2026-01-02", "dry run": False, "commit": "a" * 40, "ok": True, "steps": rows, **changes}


def test_a_run_becomes_a_row(tmp_path, monkeypatch, capsys):
    page = tmp_path / "gpu_runs.md"
    page.write_text("# Runs\n\nNone yet. The emulator shows less.\n\n| date |\n| --- |\n")
    monkeypatch.setattr(gpu_record, "PAGE", page)
    (tmp_path / "summary.json").write_text(json.dumps(summary()))
    gpu_record.main([str(tmp_path)])
    line = "| 2026-01-02 | a device | 570.86.15, 13000, 14 | aaaaaaaaaaaa | all steps well (2) |"
    assert page.read_text() == f"# Runs\n\nThe emulator shows less.\n\n| date |\n| --- |\n{line}\n"
    assert capsys.readouterr().out == line + "\n"
    with pytest.raises(SystemExit, match="stands in docs/gpu_runs.md already"):
        gpu_record.main([str(tmp_path)])


def test_the_driver_is_what_nvidia_smi_says_and_not_the_cuda_that_it_supports(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\necho '{TOLD}'\necho '{TOLD.replace('H200', 'second device')}'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(facts, "_lacking", lambda: "")
    monkeypatch.setattr(facts, "_device", lambda: {"newest CUDA of the driver": 13000, "CUDA runtime": 12090})
    rows = [{"step": "facts", "status": "ok", "result": facts.facts(dry_run=False)}]
    assert "| ? | 570.86.15, 12090, ? |" in gpu_record.row(summary(steps=rows))


@pytest.mark.parametrize("told", ["not found", "does not run: a, b", "No devices were found", ""])
def test_without_nvidia_smi_the_driver_is_not_known(told):
    assert facts.driver(told) == "?"


def test_what_was_not_well_is_named():
    rows = [*summary()["steps"], {"step": "memcheck", "status": "NOT RUN", "why": "not | here"}]
    assert "| 2 of 3 steps well; memcheck: NOT RUN, not / here |" in gpu_record.row(summary(steps=rows))


def timed(median):
    rows = {"CUDA": [1, median, 3, 30], "torchvision": "not installed: torch", "C++": [1, 2, 3, 3]}
    result = {"inside": "Inside CUDA: all.", "compilation ms": {"nms float32": 300.0}, "nms 10": rows}
    return {"step": "timings", "status": "ok", "result": result}


def test_the_timings_of_the_last_run_stand_below_the_table():
    page = gpu_record.add(summary(steps=[*summary()["steps"], timed(1.25)]), "| --- |\n")
    assert page.endswith(
        "all steps well (3) |\n\n## Timings of the last run\n\nMedians, in milliseconds. Inside CUDA: all.\n\n"
        "|  | CUDA | torchvision | torchvision gives | C++ | vectorized |\n| --- | --- | --- | --- | --- | --- |\n"
        "| nms 10 | 1.250 | not installed: torch |  | 2.000 |  |\n"
    )
    later = gpu_record.add(summary(date="2026-02-02", steps=[*summary()["steps"], timed(2.5)]), page)
    assert later.count("## Timings") == 1 and "| 2.500 |" in later and "1.250" not in later
    assert later.index("2026-01-02") < later.index("2026-02-02") < later.index("## Timings")
    without = gpu_record.add(summary(date="2026-03-02"), later)
    assert without.count("## Timings") == 1 and without.endswith(later[later.index("\n## Timings") :])


def test_a_long_reason_is_cut():
    rows = [{"step": "build", "status": "FAILED", "why": "word " * 99}]
    assert len(gpu_record.result(summary(steps=rows))) < 220


def test_a_run_without_facts_is_a_row_of_question_marks():
    rows = [{"step": "facts", "status": "NOT RUN", "why": "no CuPy"}]
    assert "| ? | ?, ?, ? |" in gpu_record.row(summary(steps=rows))


def test_a_dry_run_is_refused():
    with pytest.raises(SystemExit, match="dry run"):
        gpu_record.add(summary(**{"dry run": True}), "")


def test_a_folder_without_a_summary_is_said(tmp_path):
    with pytest.raises(SystemExit, match="summary.json"):
        gpu_record.main([str(tmp_path)])


def test_the_readme_warns_until_a_run_on_hardware_was_well():
    warning = "🔴 **CUDA has not run on hardware yet.**"
    well = gpu_record.WELL in gpu_record.PAGE.read_text()
    assert (warning in (gpu_record.ROOT / "README.md").read_text()) is not well
