"""``refdet steps``: every algorithm by its name, on its worked example, drawn and verified."""

import dataclasses
import importlib
import inspect
import json
import pkgutil

import numpy as np
import pytest

import refdet as package
from refdet import viz
from refdet.cli import steps, steps_verified, worked_examples
from refdet.cli.worked_examples import CHAPTERS, EXAMPLES
from refdet.stepwise import Trace

# By hand


def test_without_a_name_all_names_are_listed_by_chapter(refdet):
    done = refdet("steps")
    assert done.code == 0 and all(f"{chapter}\n" in done.out for chapter in CHAPTERS)
    assert all(f"\n  {name} " in done.out for name in EXAMPLES)


def test_the_steps_are_those_of_the_trace_and_the_result_stands_below(refdet):
    done = refdet("steps", "nms")
    lines = done.out.splitlines()
    assert lines[0] == "nms: greedy non-maximum suppression (NMS-1, NMS-9)"
    assert lines[1] == "sort        [0, 1, 2, 3, 4] is best to worst"
    assert lines[-1] == "result      [0, 3, 4]"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_worked_example_gives_what_it_has_to_give(name, refdet):
    done = refdet("steps", name, "--verify")
    assert done.code == 0, done.out
    assert "same        as without a trace\nsame        as the worked example says\n" in done.out
    assert "DIFFERENT" not in done.out


def stepwise_functions():
    """Names of all public functions with a trace, wherever they stand."""
    for module in pkgutil.walk_packages(package.__path__, "refdet."):
        if module.name.split(".")[1] in ("cli", "kernels", "__main__", "_core", "_emulator", "report", "viz"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if (
                inspect.isfunction(value)
                and hasattr(value, "trace")
                and value.__module__ == module.name
                and not name.startswith("_")
            ):
                yield name


def test_every_algorithm_with_steps_is_known_by_its_name():
    assert set(stepwise_functions()) == set(EXAMPLES)


# What it writes


def test_the_trace_the_page_and_the_picture_are_written(refdet, tmp_path):
    pytest.importorskip("matplotlib")
    files = [tmp_path / name for name in ("nms.json", "nms.html", "nms.png")]
    done = refdet("steps", "nms", "--json", files[0], "--html", files[1], "--png", files[2])
    assert done.code == 0
    assert json.loads(files[0].read_text())["function"] == "nms"
    assert "greedy non-maximum suppression" in files[1].read_text()
    assert files[2].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_page_can_be_written(name, refdet, tmp_path):
    path = tmp_path / "steps.html"
    done = refdet("steps", name, "--html", path)
    assert (done.code, done.err) == (0, "") and EXAMPLES[name].function.__name__ in path.read_text()


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_algorithm_has_a_picture_of_its_steps(name, refdet, tmp_path):
    pytest.importorskip("matplotlib")
    assert refdet("steps", name, "--png", tmp_path / "steps.png").code == 0
    example = EXAMPLES[name]
    trace = example.function.trace(**example.fresh(example.given))
    strip = viz.filmstrip(trace, getattr(viz, example.drawing).draw)
    for number, (ax, step) in enumerate(zip(strip.axes, trace, strict=True)):
        assert ax.get_title("left").startswith(f"{number} {step.name}: "), "the caption was drawn over"


# Other arguments


def test_arguments_replace_those_of_the_example(refdet, tmp_path):
    done = refdet("steps", "nms", "--arguments", "-", stdin=b'{"iou_threshold": 0.9}')
    assert done.code == 0 and done.out.endswith("result      [0, 2, 3, 4]\n")  # NMS-9
    path = tmp_path / "two.json"
    path.write_text('{"boxes": [[0, 0, 8, 8], [0, 0, 8, 4]], "scores": [0.9, 0.8]}')
    assert refdet("steps", "nms", "--arguments", path).out.endswith("result      [0, 1]\n")
    done = refdet("steps", "nms", "--arguments", path, "--profile", "fast_rcnn", "--verify")
    assert "result      [0]\n" in done.out and "worked example" not in done.out and done.code == 0


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (["nsm"], b"", "nsm: no such algorithm; perhaps nms"),
        (["hungarian"], b"", "hungarian: no such algorithm; perhaps kuhn_munkres\n"),
        (["q"], b"", "q: no such algorithm; perhaps "),
        (["qqq"], b"", f"qqq: no such algorithm; `refdet steps` lists {len(EXAMPLES)} of them"),
        (["sample", "--arguments", "-"], b'{"rng": null}', "-: rng is None; wanted a whole number, the seed"),
        (["nms", "--arguments", "-"], b"[1]", "-: a list came; wanted an object, argument by argument"),
        (["nms", "--arguments", "-"], b"{", "-: Expecting property name"),
        (["nms", "--arguments", "nowhere.json"], b"", "nowhere.json: No such file"),
        (
            ["nms", "--arguments", "-"],
            b'{"iou": 1}',
            "-: 'iou' came; wanted some of boxes, scores, iou_threshold",
        ),
        (["nms", "--arguments", "-"], b'{"scores": [1]}', "nms: scores: shape is (1,)"),
        (["box_iou", "--json", "nowhere/x.json"], b"", "No such file"),
        (["nms", "--profile", "coco"], b"", "nms: convention: COCO has no rule"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, stdin, said, refdet):
    done = refdet("steps", *words, stdin=stdin)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1


def test_what_cannot_be_drawn_is_verified_all_the_same(refdet, tmp_path):
    """No step; a machine over three features; an image format is no matter of the file's name."""
    pytest.importorskip("matplotlib")
    done = refdet(
        "steps", "roi_pool", "--arguments", "-", "--png", tmp_path / "steps.png", stdin=b'{"boxes": []}'
    )
    assert done.code == 2 and "--png: steps: none came" in done.err and done.err.count("\n") == 1
    three = b'{"features": [[1, 2, 3], [-1, 0, 1]], "labels": [1, -1]}'
    words = ("steps", "fit_linear_svm", "--arguments", "-", "--verify", "--png", tmp_path / "steps.png")
    done = refdet(*words, stdin=three)
    assert done.code == 2 and "holds       the gap between them" in done.out
    assert done.err == "refdet steps: --png: step: its machine has 3 features; wanted 2, which can be drawn\n"
    assert refdet("steps", "nms", "--png", tmp_path / "steps.txt").code == 0
    assert (tmp_path / "steps.txt").read_bytes().startswith(b"\x89PNG")


def test_of_many_steps_forty_are_drawn_from_the_first_to_the_last(refdet, tmp_path):
    pytest.importorskip("matplotlib")
    boxes = np.arange(50)[:, None] * 10 + [0, 0, 5, 5]
    given = json.dumps({"boxes": boxes.tolist(), "scores": (np.arange(50) / 50).tolist()}).encode()
    done = refdet("steps", "nms", "--arguments", "-", "--png", tmp_path / "steps.png", stdin=given)
    assert done.code == 0 and done.err == "--png: 40 of 101 steps are drawn; --html has all\n"
    assert steps._panels(40) is None and steps._panels(101)[::39] == [0, 100]


# Check the checker


def test_a_wrong_kernel_a_wrong_number_and_a_body_that_forgets_are_seen(refdet, monkeypatch):
    vectorized = pytest.importorskip("refdet.kernels.vectorized")
    with monkeypatch.context() as patch:
        patch.setattr(vectorized, "nms", lambda *_, **__: np.array([0, 3]))
        done = refdet("steps", "nms", "--verify")
        assert done.code == 1 and "DIFFERENT   vectorized: another result" in done.out
    wrong = {**EXAMPLES, "nms": dataclasses.replace(EXAMPLES["nms"], expected=[0, 3])}
    with monkeypatch.context() as patch:
        patch.setattr(worked_examples, "EXAMPLES", wrong)
        done = refdet("steps", "nms", "--verify")
        assert done.code == 1 and "DIFFERENT   as the worked example says" in done.out
    with monkeypatch.context() as patch:
        patch.setattr(Trace, "result", np.array([0]), raising=False)
        assert steps_verified.same(np.array([0]), np.array([0])) and not steps_verified.same([0.0], [-0.0])


def test_nan_is_the_same_as_nan_and_a_dtype_is_part_of_a_result():
    same = steps_verified.same
    assert same(np.array([np.nan]), np.array([np.nan])) and not same(np.float32(1), np.float64(1))
    assert same({"a": 1.0}, {"a": 1.0}) and not same({"a": 1.0}, {"b": 1.0})
