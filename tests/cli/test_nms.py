"""``refdet nms``: NMS-9 by hand, classes and images, profiles, backends, and what it writes."""

import json
import re

import numpy as np
import pytest

from refdet import kernels
from refdet.cli import main
from refdet.cli import nms as command
from refdet.ops.nms import batched_nms, nms
from refdet.profiles import PROFILES

# By hand


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.3, [0, 3]), (0.45, [0, 3]), (0.5, [0, 3, 4]), (0.9, [0, 2, 3, 4]), (0.95, [0, 1, 2, 3, 4])],
)
def test_nms_9_keeps_what_the_specification_says(threshold, expected, five, refdet, kept):
    done = refdet("nms", five, "--threshold", threshold)
    assert (done.code, done.err, kept(done.out)) == (0, "", expected)


def test_the_table_shows_index_score_and_corners(refdet):
    done = refdet("nms", "-", stdin=b"0,0,10,10,0.5\n20,20,30.25,30,0.9\n")
    assert done.out == (
        "index  score    x1    y1     x2    y2\n"
        "    1    0.9  20.0  20.0  30.25  30.0\n"
        "    0    0.5   0.0   0.0   10.0  10.0\n"
        "kept 2 of 2 boxes; suppressed at IoU > 0.5, profile refdet, float64, backend numpy\n"
    )


def test_a_header_alone_keeps_nothing(refdet, kept):
    done = refdet("nms", "-", "--steps", stdin=b"x1,y1,x2,y2,score\n")
    assert (done.code, kept(done.out)) == (0, [])
    assert "kept 0 of 0 boxes" in done.out


def test_classes_suppress_apart_unless_told_otherwise(refdet, kept):
    twins = b"0,0,10,10,0.9,cat\n0,0,10,10,0.8,dog\n0,0,10,10,0.7,cat\n"
    assert kept(refdet("nms", "-", stdin=twins).out) == [0, 1]
    assert kept(refdet("nms", "-", "--classes", "agnostic", stdin=twins).out) == [0]


def test_images_are_never_mixed(tmp_path, refdet, kept):
    path = tmp_path / "results.json"
    one = {"bbox": [0, 0, 10, 10], "category_id": 1}
    images = ((7, 0.9), (8, 0.8), (7, 0.7))
    path.write_text(json.dumps([{**one, "image_id": i, "score": s} for i, s in images]))
    for classes in ("per", "agnostic"):
        done = refdet("nms", path, "--classes", classes)
        assert kept(done.out) == [0, 1]
    assert done.out.splitlines()[0].split()[-2:] == ["class", "image"]


def test_a_class_name_cannot_move_the_cursor(refdet):
    done = refdet("nms", "-", "--steps", stdin="0,0,1,1,0.5,\x1b[2Jcat\u202e\n".encode())
    assert "\x1b" not in done.out and "\u202e" not in done.out and "\\x1b[2Jcat" in done.out


# Properties


def test_profiles_differ_where_their_systems_do(refdet, kept):
    """The IoU of the two is exactly 1/2, or more with inclusive pixels."""
    halves = b"0,0,8,8,0.9\n0,0,8,4,0.8\n"
    assert kept(refdet("nms", "-", stdin=halves).out) == [0, 1]
    done = refdet("nms", "-", "--profile", "fast_rcnn", stdin=halves)
    assert kept(done.out) == [0] and "IoU >= 0.5, profile fast_rcnn" in done.out


@pytest.mark.parametrize("backend", ["numpy", "vectorized"])
def test_negative_coordinates_defeat_the_shift_of_torchvision(backend, refdet, kept):
    """The shift from class to class is the largest coordinate plus 1, here 0: classes are not moved apart."""
    twins = b"-30,-12,-1,-1,0.9,0\n-30,-12,-1,-1,0.8,1\n"
    words = ("nms", "-", "--backend", backend, "--profile")
    assert kept(refdet(*words, "torchvision", stdin=twins).out) == [0]
    assert kept(refdet(*words, "refdet", stdin=twins).out) == [0, 1]


def test_float32_shows_the_threshold_of_torchvision(refdet, kept):
    """0.3 as float32 is above 0.3: suppressed there, kept in float64."""
    boxes = b"0,0,20,20,0.9\n0,0,20,6,0.8\n"
    torchvision = ("nms", "-", "--threshold", "0.3", "--profile", "torchvision", "--dtype")
    assert kept(refdet(*torchvision, "float32", stdin=boxes).out) == [0]
    assert kept(refdet(*torchvision, "float64", stdin=boxes).out) == [0, 1]


@pytest.mark.parametrize("profile", ["onnx", "fast_rcnn", "torchvision"])
def test_text_is_read_as_float32_where_the_system_takes_that(profile, refdet, kept):
    """ONNX: 7 / 10 and the threshold are the same float32, so both boxes are kept, as onnxruntime does."""
    boxes = b"0,0,10,1,0.9\n0,0,7,1,0.8\n"
    words = ("nms", "-", "--threshold", "0.7", "--profile", profile)
    done = refdet(*words, stdin=boxes)
    assert f"profile {profile}, float32, backend numpy" in done.out
    assert done.out == refdet(*words, "--dtype", "float32", stdin=boxes).out
    if profile == "onnx":
        assert kept(done.out) == [0, 1]
        assert kept(refdet(*words, "--dtype", "float64", stdin=boxes).out) == [0]


def test_opencv_takes_scores_in_float32(tmp_path, capsys):
    """OpenCV 5.0.0 NMSBoxes keeps [0]: in float32 the scores are equal, and the lower index goes first."""
    (tmp_path / "tie.csv").write_text("0,0,4,4,0.9\n0,0,4,4,0.9000000001\n")
    for extra, kept in (([], "0"), (["--dtype", "float64"], "1")):
        assert main(["nms", str(tmp_path / "tie.csv"), "--profile", "opencv", *extra]) == 0
        assert capsys.readouterr().out.splitlines()[1].split()[0] == kept


@pytest.mark.parametrize("profile", ["refdet", "opencv"])
def test_text_is_read_as_float64_where_the_system_takes_that(profile, five, refdet):
    assert f"profile {profile}, float64, backend" in refdet("nms", five, "--profile", profile).out


def test_scores_that_only_float64_tells_apart_are_a_tie_in_float32(refdet, kept):
    ties = b"0,0,10,10,0.9\n20,0,30,10,0.9000000001\n"
    assert kept(refdet("nms", "-", "--profile", "onnx", stdin=ties).out) == [0, 1]
    assert kept(refdet("nms", "-", stdin=ties).out) == [1, 0]


def test_an_npz_file_keeps_its_precision_where_the_system_takes_both(tmp_path, refdet):
    path = tmp_path / "a.npz"
    for dtype in ("float32", "float64"):
        np.savez(path, boxes=np.ones((1, 4), dtype), scores=np.ones(1))
        for profile in ("refdet", "torchvision"):
            assert f", {dtype}, " in refdet("nms", path, "--profile", profile).out
        assert ", float32, " in refdet("nms", path, "--profile", "onnx").out


def test_many_boxes_are_a_note_that_names_faster_backends(five, refdet, monkeypatch):
    monkeypatch.setattr(command, "MANY", 4)
    err = refdet("nms", five).err
    assert err.startswith("refdet nms: 5 boxes will take the reference long; faster, and here: --backend ")
    assert err.endswith("--backend vectorized\n") and err.count("\n") == 1
    assert refdet("nms", five, "--steps").err.endswith("long; the views are the reference's\n")
    assert refdet("nms", five, "--backend", "vectorized").err == ""
    monkeypatch.setattr(command, "MANY", 5)
    assert refdet("nms", five).err == ""


def test_steps_name_who_goes_and_why(five, refdet):
    out = refdet("nms", five, "--steps").out
    assert "sort      best to worst: 0 (0.95), 1 (0.92), 2 (0.88), 3 (0.4), 4 (0.2)" in out
    assert "pick      box 0, score 0.95, is the best still alive" in out
    assert "suppress  box 1 goes:  IoU 0.918164 > 0.5\n          box 2 goes:  IoU 0.846981 > 0.5\n" in out
    assert "box 4 stays: IoU 0.474919" in out


def test_steps_within_a_class_use_the_numbers_of_the_file(refdet):
    boxes = b"0,0,10,10,0.5,dog\n0,0,10,10,0.9,cat\n0,0,10,9,0.8,cat\n"
    out = refdet("nms", "-", "--steps", stdin=boxes).out
    assert "pick      box 1, score 0.9, is the best still alive" in out
    assert "suppress  box 2 goes:  IoU 0.900000 > 0.5" in out
    assert "class     cat: of boxes 1, 2 it keeps 1" in out
    assert "merge     kept, best to worst: 1, 0" in out


def test_the_drawing_shows_each_fate(five, refdet):
    out = refdet("nms", five, "--steps").out
    sort, first, *_ = re.split(r"\nsuppress", out)
    assert {"+", "-", "|", "0", "4"} <= set(sort.split("worst:")[1]) and "#" not in sort
    assert "###" in first and "#0.1...." in first


def test_json_is_the_trace(five, tmp_path, refdet):
    path = tmp_path / "steps.json"
    assert refdet("nms", five, "--json", path).code == 0
    boxes = np.loadtxt(five, delimiter=",", skiprows=1)
    assert path.read_text() == nms.trace(boxes[:, :4], boxes[:, 4], 0.5).to_json()


def test_html_is_a_page_with_the_steps(five, tmp_path, refdet):
    path = tmp_path / "steps.html"
    assert refdet("nms", five, "--html", path).code == 0
    text = path.read_text()
    assert text.startswith("<!DOCTYPE html>") and "<refdet-player" in text and "3 of 5 boxes are kept" in text


# Paths agree


@pytest.mark.parametrize("profile", ["refdet", "torchvision", "fast_rcnn", "onnx", "opencv"])
@pytest.mark.parametrize("backend", ["vectorized", "cpp", "emulator"])
def test_every_backend_keeps_the_same(backend, profile, tmp_path, refdet, kept, rng):
    if backend not in kernels.implementations("nms"):
        pytest.skip(f"no {backend} backend")
    corners = rng.integers(-6, 12, (24, 2))
    boxes = np.concatenate([corners, corners + rng.integers(1, 9, (24, 2))], axis=1).astype(np.float64)
    scores, labels = rng.integers(0, 5, 24) / 4, rng.integers(0, 3, 24)
    np.savez(tmp_path / "a.npz", boxes=boxes, scores=scores, labels=labels)
    dtype = "float32" if profile in ("fast_rcnn", "onnx") else "float64"
    taken = boxes.astype(dtype), scores.astype(dtype)
    words = ("nms", tmp_path / "a.npz", "--profile", profile, "--threshold", "0.4", "--backend", backend)
    expected = batched_nms(*taken, labels, 0.4, convention=PROFILES[profile])
    assert kept(refdet(*words).out) == expected.tolist()
    expected = nms(*taken, 0.4, convention=PROFILES[profile])
    assert kept(refdet(*words, "--classes", "agnostic").out) == expected.tolist()


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_a_backend_that_differs_is_seen(five, refdet, monkeypatch):
    def wrong(boxes, scores, iou_threshold, *, convention):
        return np.array([0, 3])

    monkeypatch.setattr(kernels, "implementations", lambda op: {"cpp": wrong})
    done = refdet("nms", five, "--backend", "cpp", "--steps")
    assert done.code == 1
    assert "cpp keeps [0, 3], but the reference keeps [0, 3, 4]" in done.out


def test_a_backend_that_is_not_there_says_why(five, refdet, monkeypatch):
    monkeypatch.setattr(kernels, "implementations", lambda op: {})
    monkeypatch.setattr(kernels, "backends", lambda: {"cuda": {"available": False, "reason": "no\ndevice"}})
    done = refdet("nms", "is-not-read.csv", "--backend", "cuda")
    assert (done.code, done.out) == (2, "")
    assert done.err == "refdet nms: --backend cuda: not there: no device\n"


# Bad input


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("0,0,1,1,nan\n", [], "scores: row 0 is nan; wanted a finite score"),
        ("0,0,1,1,inf\n", [], "scores: row 0 is inf"),
        ("0,0,1,1,0.5\n0,0,inf,1,0.5\n", [], "boxes: row 1 is"),
        ("0,0,1e300,1e300,0.5\n", [], "overflow float64"),
        ("0,0,1e300,1,0.5\n", ["--dtype", "float32"], "boxes: row 0"),
        ("0,0,1,1\n", [], "no scores came; nms needs one per box"),
        ("0,0,1,1,0.5\n", ["--threshold", "1.5"], "--threshold: 1.5 came; wanted a number from 0 to 1"),
        ("0,0,1,1,0.5\n", ["--threshold", "nan"], "--threshold: nan came; wanted a finite number"),
        ("0,0,1,1,0.5\n", ["--json", "/no/such/a.json"], "/no/such/a.json: No such file or directory"),
        ("0,0,1,1,0.5\n", ["--html", "/"], "Is a directory"),
    ],
)
def test_bad_input_is_one_line_and_2(text, words, message, refdet):
    done = refdet("nms", "-", *words, stdin=text.encode())
    assert done.code == 2
    assert done.err.startswith("refdet nms: ") and done.err.count("\n") == 1 and message in done.err


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"boxes": np.ones((2, 4)), "scores": np.ones(3)}, "scores: shape is (3,); wanted (2,)"),
        ({"boxes": np.ones((2, 5)), "scores": np.ones(2)}, "boxes: shape is (2, 5); wanted (N, 4)"),
        ({"boxes": np.array(["a"] * 4), "scores": np.ones(1)}, "boxes: dtype is <U1"),
    ],
)
def test_arrays_that_do_not_fit_are_one_line(arrays, message, tmp_path, refdet):
    np.savez(tmp_path / "a.npz", **arrays)
    done = refdet("nms", tmp_path / "a.npz")
    assert done.code == 2 and message in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_what_cannot_be_written_is_told_before_the_file_is_read(option, tmp_path, refdet, monkeypatch):
    words = ("nms", "is-not-read.csv", option)
    assert refdet(*words, tmp_path).err == f"refdet nms: {tmp_path}: Is a directory\n"
    path = tmp_path / "none" / "a"
    assert refdet(*words, path).err == f"refdet nms: {path}: No such file or directory\n"
    monkeypatch.setattr("os.access", lambda folder, mode: False)
    assert refdet(*words, tmp_path / "a").err == f"refdet nms: {tmp_path / 'a'}: Permission denied\n"
    assert list(tmp_path.iterdir()) == []


def test_a_trace_that_outgrows_memory_is_one_line(five, refdet, monkeypatch):
    from refdet.stepwise import TraceTooLarge

    def too_large(*args, **kwargs):
        raise TraceTooLarge("trace: too many steps")

    monkeypatch.setattr(nms, "trace", too_large)
    done = refdet("nms", five, "--steps")
    assert done.code == 2 and done.err.endswith("trace: too many steps\n")
