"""tools/gpu_check.py with planted failures: each gives its line, and none of them ends in success."""

import json
import subprocess
import sys
import time
from pathlib import Path

import gpu_check
import numpy as np
import pytest
from gpu_steps import Failed, build, cases, large, replay, sanitize, tests

from refdet import kernels

needs_emulator = pytest.mark.skipif(
    "emulator" not in kernels.implementations("nms"), reason="the emulator is not built"
)


def step(code, share=1, name="planted"):
    return gpu_check.Step(name, (sys.executable, "-c", code), share)


FINE = step("print('RESULT {\"seen\": 3}')", name="fine")


def check(folder, *steps, budget=60):
    """The summary's steps, and whether all was well; the two must say the same."""
    ok = gpu_check.check(steps, folder, {"date": "today"}, budget)
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["ok"] is ok is all(row["status"] == "ok" for row in summary["steps"])
    assert sorted(path.name for path in folder.iterdir()) == ["log.txt", "summary.json"]
    return summary["steps"]


def only(folder, planted, budget=60):
    """The row of one planted step, which stands between two that are fine."""
    first, row, last = check(folder, FINE, planted, FINE, budget=budget)
    assert first["status"] == last["status"] == "ok"
    return row


# The steps and the summary


def test_steps_that_are_well_make_a_run_that_is_well(tmp_path):
    rows = check(tmp_path, FINE, FINE)
    assert [row["result"] for row in rows] == [{"seen": 3}] * 2
    assert "=== fine\nRESULT" in (tmp_path / "log.txt").read_text()


def test_a_step_that_hangs_is_ended_with_what_it_started(tmp_path):
    sleeper = "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True)"
    row = only(tmp_path, step(f"{sleeper}; time.sleep(60)", share=0.01), budget=4)
    assert row["status"] == "FAILED" and row["why"].startswith("no end within 2 s; last line: ")
    child = int(row["why"].split()[-1])
    for _ in range(50):
        if not alive(child):
            return
        time.sleep(0.1)
    pytest.fail(f"process {child} lives")


def alive(number):
    """True if there is such a process, and it is more than an entry that nobody has collected."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("code", "status", "why"),
    [
        (
            "import os; print('so far', flush=True); os.abort()",
            "FAILED",
            "ended by SIGABRT; last line: so far",
        ),
        ("raise RuntimeError('planted')", "FAILED", "RuntimeError: planted"),
        ("raise SystemExit(3)", "FAILED", "it printed nothing"),
        ("print('no result')", "FAILED", "ended without a result; last line: no result"),
        ("print('no device'); raise SystemExit(77)", "NOT RUN", "no device"),
    ],
)
def test_a_step_that_fails_says_why_and_the_others_go_on(tmp_path, code, status, why):
    row = only(tmp_path, step(code))
    assert (row["status"], row["why"]) == (status, why)


def test_one_run_ends_in_time_with_its_record_though_every_step_runs_for_ever(tmp_path, monkeypatch):
    """Each has its share, and the time that the quick one left."""
    endless = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)"
    shares = 1, 4, 1, 2
    codes = endless, "print('RESULT 1')", endless, endless
    rows = [step(code, share) for code, share in zip(codes, shares, strict=True)]
    monkeypatch.setattr(gpu_check, "steps", lambda dry_run: rows)
    start = time.monotonic()
    assert gpu_check.main(["--out", str(tmp_path), "--dry-run", "--budget", "4"]) == 1
    assert 4 <= time.monotonic() - start < 6
    rows = json.loads((tmp_path / "summary.json").read_text())["steps"]
    assert [row["status"] for row in rows] == ["FAILED", "ok", "FAILED", "FAILED"]
    first, _, third, last = (row["seconds"] for row in rows)
    assert 0.5 <= first < 1 and 1.5 <= third < 2.6 and 1 <= last < 1.5


def test_a_step_without_time_left_is_not_run(tmp_path):
    assert [row["why"] for row in check(tmp_path, FINE, budget=0)] == ["none of the 0 s was left"]


def test_the_summary_is_written_after_every_step(tmp_path):
    look = f"import json; s = json.load(open({str(tmp_path / 'summary.json')!r}))['steps']"
    look += "; print('RESULT', json.dumps([[r['status'], r.get('why')] for r in s]))"
    rows = check(tmp_path, FINE, step(look), FINE)
    assert rows[1]["result"] == [["ok", None], ["NOT RUN", "not reached"], ["NOT RUN", "not reached"]]


@pytest.mark.parametrize(("code", "expected"), [("print('RESULT 1')", 0), ("raise SystemExit(77)", 1)])
def test_the_exit_code_is_that_of_the_run(tmp_path, monkeypatch, code, expected):
    monkeypatch.setattr(gpu_check, "steps", lambda dry_run: [step(code)])
    assert gpu_check.main(["--out", str(tmp_path / "new" / "folder"), "--dry-run"]) == expected
    summary = json.loads((tmp_path / "new" / "folder" / "summary.json").read_text())
    assert summary["dry run"] is True and len(summary["sources"]) == 64 and summary["commit"]


def test_both_kinds_of_run_have_the_steps_of_the_plan():
    dry, real = (gpu_check.steps(dry_run) for dry_run in (True, False))
    assert [s.name for s in dry] == [s.name for s in real][:-1]
    assert all("--dry-run" in s.command for s in dry) and not any("--dry-run" in s.command for s in real)
    assert sum(s.share for s in real) <= gpu_check.BUDGET and min(s.share for s in real) >= 5
    assert set(gpu_check.LARGE) == set(large.CASES) and set(gpu_check.SANITIZERS) == set(sanitize.TOOLS)
    folder = gpu_check.ROOT / "tools"
    assert all((folder / s.command[2].replace(".", "/")).with_suffix(".py").is_file() for s in real)


# The recorded hashes


@needs_emulator
def test_the_emulator_gives_the_recorded_hashes_and_a_wrong_one_is_told(tmp_path):
    assert replay.replay(True)["cases"] > 150
    recorded = json.loads(replay.RECORDED.read_text())
    recorded["nms/float32/REFDET/65"] = "0" * 64
    path = tmp_path / "hashes.json"
    path.write_text(json.dumps(recorded))
    planted = (sys.executable, "-m", "gpu_steps.replay", "--dry-run", str(path))
    row = only(tmp_path_of(tmp_path), gpu_check.Step("replay", planted, 1))
    assert (row["status"], row["why"]) == (
        "FAILED",
        f"1 of {len(recorded)} hashes differ, first nms/float32/REFDET/65",
    )


def tmp_path_of(folder):
    inner = folder / "out"
    inner.mkdir()
    return inner


def test_the_recorded_hashes_are_those_of_the_references():
    recorded = json.loads(replay.RECORDED.read_text())
    assert replay.RECORDED.stat().st_size < 200_000
    assert list(recorded) == cases.names(replay.paired_ops()), "python -m gpu_steps.replay --write"
    assert {len(value) for value in recorded.values()} == {64}  # an error is no result
    few = [name for name in recorded if name.endswith(("/1", "/65"))]
    assert {name: replay.answer(name, replay.reference) for name in few} == {n: recorded[n] for n in few}


@needs_emulator
def test_an_op_without_a_recorded_case_is_a_failure(tmp_path):
    path = tmp_path / "hashes.json"
    path.write_text("{}")
    with pytest.raises(Failed, match="no recorded case of .*nms.*roi_pool_with_argmax"):
        replay.replay(True, path)


def test_a_hash_sees_a_bit_a_dtype_and_a_shape_but_no_payload_of_nan():
    value = np.array([1.0, np.nan])
    payload = (value.view(np.int64) | np.array([0, 1])).view(np.float64)
    payload[1] = -payload[1]
    assert payload.tobytes() != value.tobytes() and replay.digest(payload) == replay.digest(value)
    for other in (np.nextafter(value, 2), value.astype("f4"), value[None], value[:1], (value, value)):
        assert replay.digest(other) != replay.digest(value)


def test_cases_are_the_same_for_ever():
    """Hashes of the inputs: a change here makes the recorded results worthless."""
    drawn = [cases.draw(name)[1] for name in ("nms/float32/REFDET/33", "roi_pool_backward/float64/REFDET/1")]
    flat = [tuple(np.asarray(a) for a in arguments) for arguments in drawn]
    assert [replay.digest(arrays)[:16] for arrays in flat] == INPUTS


INPUTS = ["8af85e7330e02e1d", "a7b4bc08622dd8f3"]


# Tests and build


@pytest.mark.parametrize(
    ("counts", "code", "text"),
    [
        ('tests="300" failures="1" errors="1" skipped="0"', 1, "2 of 300 tests failed"),
        ('tests="300" failures="0" errors="0" skipped="3"', 0, "3 of 300 tests were skipped"),
        ('tests="9" failures="0" errors="0" skipped="0"', 0, "wanted at least 150 that ran"),
        ('tests="300" failures="0" errors="0" skipped="0"', 2, "pytest ended with 2"),
    ],
)
def test_a_run_of_the_tests_that_shows_less_than_it_should_is_a_failure(monkeypatch, counts, code, text):
    def planted(command, **_):
        path = next(part for part in command if part.startswith("--junitxml=")).partition("=")[2]
        with open(path, "w") as file:
            file.write(f"<testsuites><testsuite {counts}/></testsuites>")
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(tests.subprocess, "run", planted)
    with pytest.raises(Failed, match=text):
        tests.tests(False, "device")


def test_a_build_that_fails_in_every_way_names_all_of_them(monkeypatch):
    monkeypatch.setattr(build, "_missing", lambda: "ImportError: planted")
    monkeypatch.setattr(build, "_run", lambda *_: None)
    with pytest.raises(Failed, match="by_setup: .*planted; by_cmake: .*; by_compiler: .*"):
        build.build(dry_run=False)


# Without a device


def test_where_cupy_or_a_device_is_missing_nothing_is_skipped_in_silence(tmp_path):
    if kernels.backends()["cuda"]["available"]:
        pytest.skip("there is a device")
    chosen = [
        s for s in gpu_check.steps(False) if s.name in ("facts", "replay of recorded hashes", "large: grid")
    ]
    rows = check(tmp_path, *chosen)
    assert {row["status"] for row in rows} == {"NOT RUN"}
    assert all("CuPy" in row["why"] for row in rows)
