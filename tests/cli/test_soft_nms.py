"""``refdet nms --method soft-linear`` and ``soft-gaussian``: three boxes by hand, classes, backends, views."""

import json

import numpy as np
import pytest

from refdet import kernels
from refdet.cli import nms_method
from refdet.ops.soft_nms import batched_soft_nms, soft_nms
from refdet.profiles import PROFILES

# IoU 1/2 of boxes 0 and 1, 1/3 of boxes 1 and 2.
THREE = b"0,0,4,2,0.9\n0,0,4,4,0.8\n0,2,4,6,0.7\n"
SOFT = ("nms", "-", "--method", "soft-linear")

# By hand


def test_the_table_shows_both_scores(refdet):
    done = refdet(*SOFT, "--threshold", 0.4, stdin=b"0,0,4,2,0.9\n0,0,4,4,0.8\n9,0,10,1,0.75\n")
    assert done.out == (
        "index  score   was   x1   y1    x2   y2\n"
        "    0    0.9   0.9  0.0  0.0   4.0  2.0\n"
        "    2   0.75  0.75  9.0  0.0  10.0  1.0\n"
        "    1    0.4   0.8  0.0  0.0   4.0  4.0\n"
        "kept 3 of 3 boxes; scores times 1 - IoU where that is > 0.4, dropped below 0.001, "
        "profile refdet, float64, backend numpy\n"
    )


def test_the_gaussian_form_names_its_weight(refdet, kept):
    done = refdet("nms", "-", "--method", "soft-gaussian", "--sigma", 2, stdin=THREE)
    assert kept(done.out) == [0, 1, 2] and "; scores times exp(-IoU^2 / 2), dropped below" in done.out


def test_a_score_below_the_least_goes(refdet, kept):
    assert kept(refdet(*SOFT, stdin=THREE).out) == [0, 2, 1]
    assert kept(refdet(*SOFT, "--score-threshold", 0.3, stdin=THREE).out) == [0, 2]


def test_the_threshold_of_soft_methods_is_the_one_of_the_paper(refdet):
    assert "where that is > 0.3," in refdet(*SOFT, stdin=THREE).out
    assert "suppressed at IoU > 0.5," in refdet("nms", "-", stdin=THREE).out


def test_classes_do_not_lower_each_others_scores_unless_told_otherwise(refdet, kept):
    twins = b"0,0,4,2,0.9,cat\n0,0,4,2,0.8,dog\n0,0,4,4,0.7,cat\n"
    assert kept(refdet(*SOFT, stdin=twins).out) == [0, 1, 2]
    done = refdet(*SOFT, "--classes", "agnostic", stdin=twins)
    assert kept(done.out) == [0, 2] and done.out.split("\n")[2].split()[1:3] == ["0.35", "0.7"]


def test_steps_name_who_falls_and_who_goes(refdet):
    out = refdet(*SOFT, "--steps", "--score-threshold", 0.3, stdin=THREE + b"50,0,51,1,0.2\n").out
    assert "queue     waiting: 0 (0.9), 1 (0.8), 2 (0.7)\n          1 below 0.3\n" in out
    assert "pick      box 0, score 0.9, is the best in the queue" in out
    assert (
        "decay     box 1 falls: IoU 0.500000 > 0.3, 0.8 -> 0.4\n          1 more does not overlap box 0\n"
        in out
    )
    assert "drop      no box\npick      box 2, score 0.7" in out
    assert "box 1 falls: IoU 0.333333 > 0.3, 0.4 -> 0.2667" in out
    assert "drop      box 1 goes: 0.2667 < 0.3" in out


def test_steps_within_a_class_use_the_numbers_of_the_file(refdet):
    boxes = b"0,0,4,2,0.5,dog\n0,0,4,2,0.9,cat\n0,0,4,4,0.8,cat\n"
    out = refdet(*SOFT[:3], "soft-gaussian", "--steps", stdin=boxes).out
    assert "decay     box 2 falls: IoU 0.500000, 0.8 -> 0.4852" in out
    assert "class     cat: of boxes 1, 2 it keeps 1, 2" in out
    assert "merge     kept, best to worst: 1, 0, 2" in out


def test_the_views_hold_the_trace(tmp_path, refdet):
    done = refdet(*SOFT, "--json", tmp_path / "a.json", "--html", tmp_path / "a.html", stdin=THREE)
    assert done.code == 0
    numbers = np.array([row.split(",") for row in THREE.decode().split()], float)
    assert (tmp_path / "a.json").read_text() == soft_nms.trace(numbers[:, :4], numbers[:, 4]).to_json()
    assert json.loads((tmp_path / "a.json").read_text())["function"] == "soft_nms"
    text = (tmp_path / "a.html").read_text()
    assert "soft-linear of &lt;stdin&gt;" in text and ">was<" in text


# By the distance of centres (NMS-6)

CENTRED = b"0,0,10,10,0.9\n1,1,9,9,0.8\n2.5,0,12.5,10,0.7\n"


def test_diou_keeps_the_box_whose_centre_lies_apart(refdet, kept):
    """IoU 0.64 with the same centre, IoU 0.6 less 6.25/256.25 for the distance."""
    done = refdet("nms", "-", "--method", "diou", "--threshold", 0.58, "--steps", stdin=CENTRED)
    assert kept(done.out) == [0, 2] and "suppressed at DIoU > 0.58, profile refdet" in done.out
    assert "suppress  box 1 goes:  DIoU 0.640000 > 0.58\n          box 2 stays: DIoU 0.575610\n" in done.out
    assert kept(refdet("nms", "-", "--threshold", 0.58, stdin=CENTRED).out) == [0]
    words = ("nms", "-", "--method", "diou", "--threshold", 0.58)
    assert kept(refdet(*words, "--beta", 9, stdin=CENTRED).out) == [0]
    by_class = (
        CENTRED.replace(b"0.8\n", b"0.8,b\n").replace(b"0.9\n", b"0.9,a\n").replace(b"0.7\n", b"0.7,a\n")
    )
    assert kept(refdet(*words, stdin=by_class).out) == [0, 1, 2]


@pytest.mark.parametrize("backend", ["vectorized", "cpp", "emulator"])
def test_every_backend_keeps_the_same_by_diou(backend, refdet, kept):
    if backend not in kernels.implementations("diou_nms"):
        pytest.skip(f"no {backend} backend")
    words = ("nms", "-", "--method", "diou", "--threshold", 0.58, "--backend", backend, "--steps")
    assert kept(refdet(*words, stdin=CENTRED).out) == [0, 2]


# Paths agree


@pytest.mark.parametrize("method", ["soft-linear", "soft-gaussian"])
@pytest.mark.parametrize("profile", ["refdet", "torchvision", "opencv"])
@pytest.mark.parametrize("backend", ["numpy", "vectorized", "cpp", "emulator"])
def test_every_backend_gives_the_same(backend, profile, method, tmp_path, refdet, kept):
    if backend not in kernels.implementations("soft_nms"):
        pytest.skip(f"no {backend} backend")
    rng = np.random.default_rng(5)
    corners = rng.integers(-6, 12, (24, 2))
    boxes = np.concatenate([corners, corners + rng.integers(1, 9, (24, 2))], axis=1).astype(np.float64)
    scores, labels = rng.permutation(24).astype(np.float64) / 24, rng.integers(0, 3, 24)
    np.savez(tmp_path / "a.npz", boxes=boxes, scores=scores, labels=labels)
    words = ("nms", tmp_path / "a.npz", "--method", method, "--profile", profile, "--backend", backend)
    done = refdet(*words, "--steps")
    taken = scores.astype("float32" if profile == "opencv" else "float64")
    numbers = 0.3, 0.5, 1e-3, method.removeprefix("soft-")
    keep, _ = batched_soft_nms(boxes, taken, labels, *numbers, convention=PROFILES[profile])
    assert done.code == 0 and kept(done.out) == keep.tolist()
    keep, _ = soft_nms(boxes, taken, *numbers, convention=PROFILES[profile])
    assert kept(refdet(*words, "--classes", "agnostic").out) == keep.tolist()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (([0, 2], [0.9, 0.7]), "cpp keeps [0, 2], but the reference keeps [0, 2, 1]"),
        (
            ([0, 2, 1], [0.9, 0.7, 0.5]),
            "cpp gives the scores [0.9, 0.7, 0.5], but the reference gives the scores",
        ),
    ],
)
def test_a_backend_that_differs_is_seen(wrong, said, refdet, monkeypatch):
    def kernel(*arguments, convention):
        return tuple(map(np.array, wrong))

    monkeypatch.setattr(kernels, "implementations", lambda op: {"cpp": kernel})
    done = refdet(*SOFT, "--backend", "cpp", "--steps", stdin=THREE)
    assert done.code == 1 and said in done.out


def test_the_last_bits_of_an_exponential_are_no_difference():
    gaussian = nms_method.Method("soft-gaussian", 0.3, 0.5, 0.001)
    linear = nms_method.Method("soft-linear", 0.3, 0.5, 0.001)
    one, other = (np.array([0]), np.array([0.5])), (np.array([0]), np.array([np.nextafter(0.5, 1)]))
    assert gaussian.agrees(one, other) and not linear.agrees(one, other) and linear.agrees(one, one)


# Bad input


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sigma", "1"], "--sigma: --method nms has none"),
        (["--method", "soft-linear", "--sigma", "1"], "--sigma: --method soft-linear has none"),
        (["--beta", "1"], "--beta: --method nms has none"),
        (["--method", "diou", "--beta", "0"], "--beta: 0.0 came; wanted a number above 0"),
        (["--method", "diou", "--threshold", "-2"], "--threshold: -2.0 came; wanted a number from -1 to 1"),
        (["--method", "diou", "--score-threshold", "1"], "--score-threshold: --method diou has none"),
        (["--score-threshold", "0.1"], "--score-threshold: --method nms has none"),
        (["--method", "soft-gaussian", "--sigma", "0"], "--sigma: 0.0 came; wanted a number above 0"),
        (["--method", "soft-gaussian", "--sigma", "nan"], "--sigma: nan came; wanted a finite number"),
        (
            ["--method", "soft-linear", "--score-threshold", "-1"],
            "--score-threshold: -1.0 came; wanted a number from 0 on",
        ),
        (
            ["--method", "soft-linear", "--threshold", "2"],
            "--threshold: 2.0 came; wanted a number from 0 to 1",
        ),
        (
            ["--method", "soft-gaussian", "--sigma", "1e-60", "--dtype", "float32"],
            "sigma: 1e-60 came; wanted a number above 0 in float32",
        ),
    ],
)
def test_bad_numbers_are_one_line_and_2(words, message, refdet):
    done = refdet("nms", "-", *words, stdin=THREE)
    assert done.code == 2
    assert done.err.startswith("refdet nms: ") and done.err.count("\n") == 1 and message in done.err
