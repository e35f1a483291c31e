"""What is reported about each implementation, and why one is not there."""

import importlib
import importlib.machinery
import os
import subprocess
import sys
import types

import numpy as np
import pytest

import refdet
from refdet import kernels

OPS = ("box_iou", "nms", "batched_nms", "roi_pool", "roi_pool_with_argmax", "roi_pool_backward", "soft_nms")
NAMES = ["numpy", "vectorized", "cpp", "emulator", "cuda"]


@pytest.fixture
def without_core(monkeypatch, tmp_path):
    """The state of a package whose extension module was not built; its folder, for the note of the build."""
    monkeypatch.setitem(sys.modules, "refdet._core", None)
    for name in ("cpp", "cpp_arrays", "cpp_rois"):
        monkeypatch.delitem(sys.modules, f"refdet.kernels.{name}", raising=False)
    monkeypatch.setattr(kernels, "_PACKAGE", tmp_path)
    return tmp_path


# The report


def test_every_backend_is_there_or_says_why_not():
    report = kernels.backends()
    assert list(report) == NAMES
    assert report["numpy"] == {"available": True, "version": np.__version__}
    for name, entry in report.items():
        assert entry["available"] is True or entry["reason"], name


@pytest.mark.parametrize("name", ["cpp", "emulator", "cuda"])
def test_a_required_backend_is_there(name):
    required = os.environ.get(f"REFDET_REQUIRE_{name.upper()}") == "1"
    entry = kernels.backends()[name]
    assert entry["available"] or not required, entry


def test_printed_report_has_a_line_for_each_backend(without_core):
    (without_core / "_build_failure.txt").write_text("[refdet._core]\nbroken.cpp:3: error: planted\n")
    lines = str(kernels.backends()).splitlines()
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == NAMES
    assert lines[0] == f"numpy       ready, version {np.__version__}"
    assert any("broken.cpp:3: error: planted" in line for line in lines)


def test_compiled_kernels_name_compiler_and_instruction_set():
    entry = kernels.backends()["cpp"]
    if entry["available"]:
        assert entry["compiler"] and entry["isa"] in ("baseline", "sse2", "avx2", "avx512f")


# The implementations


@pytest.mark.parametrize("op", OPS)
def test_implementations_are_those_that_are_there(op):
    found, report = kernels.implementations(op), kernels.backends()
    assert list(found) == [name for name in NAMES if report[name]["available"]]
    assert found["numpy"] is getattr(refdet, op)
    assert all(callable(function) for function in found.values())
    assert len(set(map(id, found.values()))) == len(found)  # none stands in for another


@pytest.mark.parametrize("op", ["", "NMS", "aligned_box_iou", "backends", None])
def test_an_unknown_operation_lists_the_known_ones(op):
    with pytest.raises(ValueError, match="wanted one of box_iou, .*nms, .*roi_pool, roi_pool_with_argmax"):
        kernels.implementations(op)


def test_kernels_import_nothing_heavy():
    code = "import sys, refdet.kernels; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"scipy", "matplotlib", "cupy", "torch", "sklearn", "refdet._core"} & set(loaded.split())


# What is missing says why


def test_a_package_that_was_never_built_says_how_to_build_it(without_core):
    with pytest.raises(ImportError, match=r"refdet\._core is not there: .* was never built.*build_ext"):
        importlib.import_module("refdet.kernels.cpp")
    assert "cpp" not in kernels.implementations("nms")
    assert not kernels.backends()["cpp"]["available"]


def test_a_failed_build_shows_its_last_lines(without_core):
    note = "[refdet._core]\nnms.cpp:3: error: planted\nended with 1\n\n[refdet._emulator]\nanother reason\n"
    (without_core / "_build_failure.txt").write_text(note)
    reason = kernels.backends()["cpp"]["reason"]
    assert "nms.cpp:3: error: planted\nended with 1\n" in reason and "another reason" not in reason


def test_the_failure_of_one_module_is_not_that_of_another(without_core):
    (without_core / "_build_failure.txt").write_text("[refdet._emulator]\nanother reason\n")
    assert "was never built" in kernels.backends()["cpp"]["reason"]


def test_a_module_that_cannot_be_loaded_is_told_from_one_that_was_not_built(monkeypatch, tmp_path):
    (tmp_path / f"_core{importlib.machinery.EXTENSION_SUFFIXES[0]}").write_bytes(b"no shared library")
    monkeypatch.setattr(refdet, "__path__", [str(tmp_path)])
    monkeypatch.delitem(sys.modules, "refdet._core", raising=False)
    with pytest.raises(ImportError, match=r"refdet\._core was built but cannot be loaded: "):
        kernels.load_extension("_core")


def test_cupy_missing_and_cupy_without_a_device_are_told_apart(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert "CuPy is not installed" in kernels.backends()["cuda"]["reason"]
    planted = types.SimpleNamespace(__version__="99", cuda=types.SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "cupy", planted)
    assert kernels.backends()["cuda"]["reason"] == "CuPy 99 is installed, but no CUDA device can be used"


@pytest.mark.cuda
def test_device_is_named():
    entry = kernels.backends()["cuda"]
    if not entry["available"]:
        pytest.skip(entry["reason"])
    assert entry["device"] and entry["driver"] >= entry["runtime"] // 1000 * 1000
