"""``refdet tour``: a small run end to end, its report, and what it says when something is missing."""

import functools
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import refdet
from refdet import kernels
from refdet.cli import main
from refdet.cli.tour_kernels import compare
from refdet.detectors import hog_svm_on_digits
from refdet.report.page import Page


def quiet(stage, done, total):
    """A progress bar that shows nothing."""


@pytest.fixture
def small(monkeypatch):
    """The tour on a few of the digits; skips without scikit-learn or scikit-image."""
    pytest.importorskip("sklearn")
    pytest.importorskip("skimage")
    rows = {"train_rows": slice(0, 60), "test_rows": slice(1200, 1230)}
    monkeypatch.setattr(hog_svm_on_digits, "run", functools.partial(hog_svm_on_digits.run, **rows))


@pytest.mark.slow
def test_a_small_tour_prints_its_numbers_and_writes_its_report(small, tmp_path, capsys):
    assert main(["tour", "--out", str(tmp_path / "new" / "folder"), "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"mAP50 \d\.\d{3} on \d+ test scenes; control with shuffled labels \d\.\d{3}", printed)
    for name in ("selective search, regressors", "selective search", "windows"):
        assert re.search(rf"^{name} +[\d,]+ +\d\.\d{{3}} +\d\.\d{{3}} +\d\.\d{{3}}$", printed, re.M), name
    assert re.search(r"^photograph: \d+ regions in one segmentation, [\d,]+ proposals", printed, re.M)
    path = tmp_path / "new" / "folder" / "report.html"
    assert f"The report: {path}" in printed
    html = path.read_text()
    for needed in (
        "<refdet-player",
        "<svg",
        "AP, 11 points",
        "AP, 101 points",
        "SHA-256",
        "Scene 0:",
        "a photograph",
        "Mean IoU",
    ):
        assert needed in html
    assert "http://" not in html.replace("http://www.w3.org", "") and "https://" not in html
    ops = ("box_iou", "nms", "roi_pool", "roi_pool_with_argmax", "roi_pool_backward")
    for op in ops:
        for name in kernels.implementations(op):
            assert re.search(rf"^{op} +{name} .*(the reference|equal bits)$", printed, re.M), (op, name)


def test_without_scikit_learn_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    pytest.importorskip("skimage")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["tour", "--out", str(tmp_path)]) == 2
    assert 'pip install "refdet[demo]"' in capsys.readouterr().err


def test_without_scikit_image_it_says_what_to_install_before_any_work(tmp_path, monkeypatch, capsys):
    def worked(*args, **options):
        raise AssertionError("it went to work")

    monkeypatch.setitem(sys.modules, "skimage.data", None)
    monkeypatch.setattr(hog_svm_on_digits, "run", worked)
    assert main(["tour", "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert (
        "scikit-image is missing" in said and 'pip install "refdet[demo]"' in said and said.count("\n") == 1
    )


@pytest.mark.parametrize(
    ("map50", "control", "code"), [(0.8, 0.09, 0), (0.79, 0.09, 1), (0.8, 0.1, 1), (float("nan"), 0, 1)]
)
def test_check_asks_for_a_mean_of_four_fifths_and_a_control_of_less_than_a_tenth(
    map50, control, code, tmp_path, monkeypatch
):
    from refdet.cli import tour, tour_photograph, tour_report
    from refdet.data import photograph

    outcome = SimpleNamespace(map50=map50, control_map50=control)
    monkeypatch.setattr(hog_svm_on_digits, "run", lambda *args, **options: outcome)
    monkeypatch.setattr(photograph, "load_photograph", lambda: None)
    monkeypatch.setattr(tour_photograph, "search", lambda *args: None)
    monkeypatch.setattr(tour_photograph, "numbers", lambda found: "")
    monkeypatch.setattr(tour, "_numbers", lambda found: "")
    monkeypatch.setattr(tour_report, "own_arrays", lambda found: {})
    monkeypatch.setattr(tour_report, "tour_page", lambda *args: Page("a tour"))
    assert main(["tour", "--out", str(tmp_path), "--check"]) == code
    assert main(["tour", "--out", str(tmp_path)]) == 0


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
