"""The sanitizer's steps of the GPU script, with the tool replaced by one that prints what it prints."""

import os
import stat

import pytest
from gpu_steps import Failed, NotRun, replay, sanitize

WRITE = """========= Invalid __global__ write of size 4 bytes
=========     at {}(int *, const int *)+0x70
=========     by thread (0,0,0) in block (0,0,0)
=========     Address 0x7f3c7ec000fc is out of bounds
========="""
RACE = """========= Error: Race reported between Write access at {}+0xf0 in a.cu:12
=========     and Read access at 0xd0 [32 hazards]
========= RACECHECK SUMMARY: 1 hazard displayed (1 error, 0 warnings)"""
BARRIER = """========= Barrier error detected. Divergent thread(s) in warp.
=========     at {}+0xb0
========= ERROR SUMMARY: 1 error"""
INLINED = """========= Uninitialized __global__ memory read of size 4 bytes
=========     at float refdet::area<float>(float const *)+0x10"""
FRAMED = """========= Uninitialized __global__ memory read of size 4 bytes
=========     at load(const int *)+0x8a70 in a.cuh:260
=========     Device Frame: nms_reduce+0x20"""
SORT = """========= Uninitialized __global__ memory read of size 8 bytes
=========     at void cub::DeviceMergeSortMergeKernel<unsigned long>(T1)+0x8a70
=========     by thread (16,0,0) in block (80,0,0)
========= Uninitialized __global__ memory read of size 8 bytes
=========     at void cub::DeviceMergeSortMergeKernel<unsigned long>(T1)+0x8a70
========= Program hit CUDA_ERROR_INVALID_VALUE (error 1) due to "invalid argument" on CUDA API call to cuGet.
========= ERROR SUMMARY: 3 errors"""
CLEAN = '20 cases agree\nRESULT {"cases": 20}\n========= ERROR SUMMARY: 0 errors'
SEEN = WRITE.format("planted") + "\n========= ERROR SUMMARY: 1 error"


@pytest.fixture
def sanitizer(monkeypatch, tmp_path):
    """``sanitizer(planted, clean)``: a tool that prints so for the planted error, and so for the cases."""

    def make(planted, clean, code=0):
        for name, text in (("planted", planted), ("clean", clean)):
            (tmp_path / name).write_text(f"========= COMPUTE-SANITIZER\n{text}\n")
        path = tmp_path / "compute-sanitizer"
        path.write_text(
            f'#!/bin/sh\ncase "$*" in *planted*) cat {tmp_path}/planted;; *) cat {tmp_path}/clean;; esac\nexit {code}\n'
        )
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return make


@pytest.mark.parametrize("error", [WRITE, RACE, BARRIER])
def test_a_sanitizer_that_sees_the_planted_error_and_no_other_is_well(sanitizer, error):
    sanitizer(error.format("planted"), CLEAN)
    assert sanitize.sanitize(False, "memcheck") == {"cases": 20, "in kernels that are not refdet's": {}}


@pytest.mark.parametrize(
    "error",
    [WRITE.format("nms_mask"), RACE.format("nms_plain"), BARRIER.format("roi_align"), INLINED, FRAMED],
)
def test_an_error_in_a_kernel_of_refdet_is_a_failure_whoever_else_errs(sanitizer, error):
    sanitizer(SEEN, f"{SORT}\n{error}\n{CLEAN}")
    with pytest.raises(Failed, match=f"initcheck, 1 errors, first: {error.splitlines()[0][10:30]}"):
        sanitize.sanitize(False, "initcheck")


def test_an_error_in_a_kernel_of_others_is_told_and_no_failure(sanitizer):
    sanitizer(SEEN, f"{SORT}\n{CLEAN}", code=9)
    elsewhere = sanitize.sanitize(False, "initcheck")["in kernels that are not refdet's"]
    assert (
        elsewhere["Uninitialized __global__ memory read of size 8 bytes"] == 2
        and sum(elsewhere.values()) == 3
    )


@pytest.mark.parametrize(
    ("planted", "clean", "kind", "text"),
    [
        (CLEAN, CLEAN, Failed, "does not see the error that was planted"),
        (SORT, CLEAN, Failed, "does not see the error that was planted"),
        (SEEN, SORT, Failed, "the cases: ========= ERROR SUMMARY: 3 errors"),
        (SEEN, "nms/float32/REFDET/65 differs from the reference", Failed, "differs from the reference"),
        (SEEN, CLEAN.replace("0 errors", "2 errors"), Failed, "tells of errors that cannot be read"),
        ("Error: Device not supported", CLEAN, NotRun, "Device not supported"),
    ],
)
def test_a_sanitizer_that_cannot_tell_is_no_success(sanitizer, planted, clean, kind, text):
    sanitizer(planted, clean)
    with pytest.raises(kind, match=text):
        sanitize.sanitize(False, "memcheck")


def test_a_missing_sanitizer_is_not_run(monkeypatch):
    monkeypatch.setattr(sanitize, "find", lambda tool: None)
    with pytest.raises(NotRun, match="compute-sanitizer is not on this machine"):
        sanitize.sanitize(False, "racecheck")


def test_twenty_cases_hold_every_op():
    assert len(sanitize.chosen()) == 20
    assert {n.split("/")[0] for n in sanitize.chosen()} >= set(replay.paired_ops())
