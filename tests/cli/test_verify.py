"""``refdet verify``, ``refdet replay`` and ``refdet profiles diff`` as a user meets them."""

import json
from xml.etree import ElementTree

import pytest

KERNELS = """
import numpy as np
from refdet import nms, Convention
from refdet.profiles import FAST_RCNN, TORCHVISION

def right(boxes, scores, iou_threshold):
    return nms(boxes, scores, iou_threshold)

def inclusive(boxes, scores, iou_threshold):
    return nms(boxes, scores, max(iou_threshold - 1e-6, 0))

def old(boxes, scores, iou_threshold):
    print("I am old")
    return nms(boxes, scores, iou_threshold, convention=FAST_RCNN)

def double(boxes, scores, iou_threshold):
    return nms(boxes, scores, iou_threshold, convention=TORCHVISION)

def raises(boxes, scores, iou_threshold):
    raise ValueError("line one\\nline two")
"""
QUICK = ("--max-examples", "60", "--dtype", "float32", "--shrink-seconds", "5")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("kernels") / "my_kernels.py"
    path.write_text(KERNELS)
    return path


def test_a_right_kernel_passes(refdet, file):
    done = refdet("verify", "nms", f"{file}:right", *QUICK)
    assert done.code == 0 and done.out.startswith(
        f"PASS  nms of {file}:right, profile refdet\n  60 cases in "
    )


def test_a_wrong_kernel_is_shown_with_everything_one_needs(refdet, file, tmp_path):
    names = {kind: tmp_path / f"report.{kind}" for kind in ("json", "xml", "html", "case")}
    files = [
        word
        for option, kind in (("--json", "json"), ("--junit", "xml"), ("--html", "html"), ("--case", "case"))
        for word in (option, names[kind])
    ]
    done = refdet("verify", "nms", f"{file}:inclusive", *QUICK, *files)
    assert done.code == 1
    for part in (
        "a box goes only if it overlaps a better one that stays; [1] does not",
        "it follows no other profile either",
        "boxes = np.array([[0, 0, 4, 4], [1, 1, 3, 3]], np.float32)",
        "kernel     [0], int64",
        "reference  [0, 1], int64",
        "    0          11111111111111111111111          0",
        "suppress  boxes over 0.25 with box 0 go",
        f"refdet replay {names['case']} {file}:inclusive",
    ):
        assert part in done.out
    told = json.loads(names["json"].read_text())
    assert told["verdict"] == "FAIL" and told["counterexample"]["kernel"] == [0]
    assert told["counterexample"]["reference"] == [0, 1] and told["exit_code"] == 1
    suite = ElementTree.parse(names["xml"]).getroot()
    assert suite.attrib["failures"] == "1" and "goes only if" in suite[0][0].attrib["message"]
    page = names["html"].read_text()
    assert "dropped by both" not in page and "kept by the reference alone" in page and "<rect" in page
    assert "refdet-player" in page and "np.array([[0, 0, 4, 4]" in page
    assert told["counterexample"]["case"] == json.loads(names["case"].read_text())


def test_the_pasted_code_runs(refdet, file):
    done = refdet("verify", "nms", f"{file}:inclusive", *QUICK)
    lines = done.out.split("first, now")[1].split("kernel ")[0].splitlines()[1:]
    made = {}
    exec("\n".join(line.strip() for line in lines), made)
    assert (
        made["boxes"].shape == (2, 4) and made["boxes"].dtype == "float32" and made["iou_threshold"] == 0.25
    )


def test_a_case_is_run_again(refdet, file, tmp_path):
    case = tmp_path / "case.json"
    refdet("verify", "nms", f"{file}:inclusive", *QUICK, "--case", case)
    done = refdet("replay", case, f"{file}:inclusive")
    assert done.code == 1 and "does not" in done.out
    assert refdet("replay", case, f"{file}:right").code == 0
    assert refdet("replay", case, f"{file}:raises").code == 3


def test_a_kernel_that_follows_another_profile_is_told_so(refdet, file):
    done = refdet("verify", "nms", f"{file}:old", *QUICK)
    assert done.code == 1 and "it follows fast_rcnn instead: a convention, or --profile fast_rcnn" in done.out
    assert "the kernel printed: I am old I am old" in done.out
    assert refdet("verify", "nms", f"{file}:old", *QUICK, "--profile", "fast_rcnn").code == 0
    done = refdet("verify", "nms", f"{file}:old", "--infer-profile", *QUICK)
    assert done.code == 0 and [line.split()[0] for line in done.out.splitlines()] == ["fast_rcnn"]
    assert (
        refdet("verify", "nms", f"{file}:inclusive", "--infer-profile", *QUICK).out
        == "it follows no profile\n"
    )


def test_where_rounding_decides_both_are_right_unless_one_is_strict(refdet, file):
    done = refdet("verify", "nms", f"{file}:double", *QUICK)
    assert done.code == 0 and done.out.startswith("PASS-BOUNDARY") and "--strict refuses them" in done.out
    done = refdet("verify", "nms", f"{file}:double", "--strict", *QUICK)
    assert done.code == 1 and "it follows torchvision and" in done.out


def test_an_exception_is_an_error_of_one_line_and_its_trace(refdet, file):
    done = refdet("verify", "nms", f"{file}:raises", *QUICK)
    assert done.code == 3 and "  it raised ValueError: line one line two\n" in done.out
    assert 'my_kernels.py", line' in done.out


def test_where_nothing_is_promised_nothing_has_passed(refdet):
    done = refdet("verify", "box_iou_backward", "refdet:box_iou_backward", "--profile", "opencv")
    assert (
        done.code == 4
        and done.out.startswith("SKIP")
        and "OPENCV promises nothing of box_iou_backward" in done.out
    )


def test_the_contracts_are_listed(refdet):
    done = refdet("verify", "--list")
    assert done.code == 0 and "nms(boxes, scores, iou_threshold)\n" in done.out
    assert "  C: int64_t nms(const real *boxes" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["verify"], "no operation came; wanted `refdet verify OP TARGET`, or --list"),
        (["verify", "nsm", "a:b"], "nsm: no contract of that name; perhaps nms"),
        (["verify", "nms"], "no target came"),
        (["verify", "nms", "f.py"], "'f.py' came; wanted module:function, file.py:function"),
        (["verify", "nms", "a:b", "--profile", "coco"], "--profile coco: "),
        (["verify", "nms", "a:b", "--dtype", "int8"], "--dtype: 'int8' came; wanted some of float16"),
        (["verify", "nms", "a:b", "--max-examples", "0"], "--max-examples: 0 came; wanted 1 or more"),
        (["verify", "nms", "a:b", "--time-limit", "0"], "--time-limit: 0 came; wanted seconds above 0"),
        (["verify", "nms", "a:b", "--device", "cuda"], "--device cuda: only --array torch takes a device"),
        (["verify", "nms", "a:b", "--device", "gpu", "--array", "torch"], "--device: 'gpu' came"),
        (
            ["verify", "l1_loss", "a:b", "--infer-profile"],
            "--infer-profile: l1_loss is the same under every profile",
        ),
        (["replay", "nowhere.json", "a:b"], "nowhere.json: No such file"),
        (["profiles", "diff", "refdet"], "wanted `diff ONE OTHER --op OP`"),
        (["profiles", "diff", "refdet", "coco", "--op", "nms"], "COCO: "),
        (["profiles", "refdet", "--op", "nms"], "--op goes with diff"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, said, refdet):
    done = refdet(*words)
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "Expecting property name"),
        ("[]", "no case of version 1"),
        ('{"refdet_case": 1}', "arguments is missing"),
        ('{"refdet_case": 1, "arguments": {"boxes": {"dtype": "x", "shape": [1], "values": []}}}', "boxes: "),
    ],
)
def test_a_file_that_holds_no_case_says_so(text, said, refdet, tmp_path):
    path = tmp_path / "case.json"
    path.write_text(text)
    done = refdet("replay", path, "a:b")
    assert done.code == 2 and said in done.err and done.err.count("\n") == 1


def test_a_folder_that_is_missing_is_said(refdet, file):
    done = refdet("verify", "nms", f"{file}:right", *QUICK, "--html", "nowhere/report.html")
    assert done.code == 2 and "nowhere/report.html" in done.err


def test_profiles_are_told_apart_by_small_cases(refdet):
    done = refdet("profiles", "diff", "torchvision", "onnx", "--op", "nms")
    assert done.code == 0 and "boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 1]], np.float32)" in done.out
    assert "# torchvision       [0], int64\n# onnx              [0, 1], int64\n" in done.out
    done = refdet("profiles", "diff", "torchvision", "torchvision_cuda", "--op", "box_iou")
    assert done.code == 0 and done.out == "no case was found on which box_iou differs\n"
