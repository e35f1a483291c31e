"""``refdet tour``: a small run end to end, its report, and what it says when something is missing."""

import functools
import re
import sys

import numpy as np
import pytest

import refdet
from refdet import kernels
from refdet.cli import main
from refdet.cli.tour_kernels import compare
from refdet.detectors import hog_svm_on_digits


def quiet(stage, done, total):
    """A progress bar that shows nothing."""


@pytest.fixture
def small(monkeypatch):
    """The tour on a tenth of the digits; skips without scikit-learn."""
    pytest.importorskip("sklearn")
    rows = {"train_rows": slice(0, 60), "test_rows": slice(1200, 1230)}
    monkeypatch.setattr(hog_svm_on_digits, "run", functools.partial(hog_svm_on_digits.run, **rows))


@pytest.mark.slow
def test_a_small_tour_prints_its_numbers_and_writes_its_report(small, tmp_path, capsys):
    assert main(["tour", "--out", str(tmp_path / "new" / "folder"), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"mAP50 \d\.\d{3} on \d+ test scenes; control with shuffled labels \d\.\d{3}", printed)
    assert re.search(r"proposal recall at IoU 0.5: \d\.\d{3} with \d+ windows a scene", printed)
    path = tmp_path / "new" / "folder" / "report.html"
    assert f"The report: {path}" in printed
    html = path.read_text()
    for needed in ("<refdet-player", "<svg", "AP, 11 points", "AP, 101 points", "SHA-256", "Scene 0:"):
        assert needed in html
    assert "http://" not in html.replace("http://www.w3.org", "") and "https://" not in html
    ops = ("box_iou", "nms", "roi_pool", "roi_pool_with_argmax", "roi_pool_backward")
    for op in ops:
        for name in kernels.implementations(op):
            assert re.search(rf"^{op} +{name} .*(the reference|equal bits)$", printed, re.M), (op, name)


@pytest.mark.slow
def test_check_fails_a_run_that_misses_the_measures(small, tmp_path, monkeypatch, capsys):
    from refdet.cli import tour

    monkeypatch.setattr(tour, "LEAST_MAP50", 1.01)
    assert main(["tour", "--out", str(tmp_path), "--check"]) == 1


def test_without_scikit_learn_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["tour", "--out", str(tmp_path)]) == 2
    assert 'pip install "refdet[demo]"' in capsys.readouterr().err


def test_a_folder_that_cannot_be_is_refused_before_any_work(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["tour", "--out", str(tmp_path / "file")]) == 2
    assert re.match(r"refdet tour: --out .*file: .*; wanted a folder\n$", capsys.readouterr().err)


@pytest.mark.parametrize("seed", ["-1", "x", "1.5"])
def test_a_seed_is_a_whole_number(seed, capsys):
    with pytest.raises(SystemExit) as end:
        main(["tour", "--seed", seed])
    assert end.value.code == 2 and "--seed" in capsys.readouterr().err


def test_a_wrong_kernel_is_told_apart(monkeypatch):
    def wrong(boxes, scores, threshold):
        return refdet.nms(boxes, scores, threshold)[::-1]

    monkeypatch.setattr(kernels, "implementations", lambda op: {"numpy": refdet.nms, "planted": wrong})
    boxes = np.array([[0, 0, 4, 4], [9, 9, 12, 12]], np.float32)
    rows = compare({"nms": (boxes, np.array([0.9, 0.8], np.float32), 0.5)}, quiet)
    there = [(row.implementation, row.equal) for row in rows if not row.missing]
    assert there == [("numpy", True), ("planted", False)]


def test_a_kernel_that_is_not_there_has_a_row_with_the_reason(monkeypatch, capsys):
    from refdet.cli.tour import _kernels

    absent = {"cpp": {"available": False, "reason": "no compiler was found"}}
    monkeypatch.setattr(kernels, "backends", lambda: absent)
    boxes = np.array([[0, 0, 4, 4]], np.float32)
    rows = compare({"box_iou": (boxes, boxes)}, quiet)
    missing = [row for row in rows if row.missing]
    assert [(row.implementation, row.missing, row.equal) for row in missing] == [
        ("cpp", "no compiler was found", False)
    ]
    assert _kernels(rows).count("not compared: cpp is not there. no compiler was found") == 1
