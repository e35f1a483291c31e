"""Contracts of greedy suppression: who is right passes, who is wrong is found, and how small the case becomes."""

import itertools

import numpy as np
import pytest

from refdet import kernels
from refdet.profiles import PROFILES
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, planned, verify
from refdet.verify.target import InProcess
from tests.verify import wrong_nms

OPS = ("nms", "batched_nms", "diou_nms")
WITH = [(op, name) for op in OPS for name, p in PROFILES.items() if CONTRACTS[op].here(p)]

# Boxes that the smallest counterexample has, and words of the promise that it breaks.
SMALLEST = {
    "inclusive": (2, "goes only if"),
    "plus_one": (2, "goes only if"),
    "over_smaller": (2, "goes only if"),
    "ties_last": (2, "best score first"),
    "ascending": (2, "best score first"),
    "unsorted": (2, "best score first"),
    "sorted_places": (2, "best score first"),
    "in_index_order": (2, "best score first"),
    "first_block_only": (65, "no two that stay"),
    "same_block_only": (65, "no two that stay"),
    "block_edge_missed": (64, "no two that stay"),
    "no_last_box": (2, "no two that stay"),
    "neighbour_missed": (2, "no two that stay"),
    "at_most_1024": (1025, "goes only if"),
    "dropped_ones_suppress": (3, "goes only if"),
    "loose": (2, "goes only if"),
    "in_half_precision": (None, ""),
    "whole_coordinates": (2, ""),
    "scores_in_half_precision": (2, "best score first"),
    "strides_ignored": (2, ""),
    "all_kept": (2, "no two that stay"),
    "nothing_kept": (1, "goes only if"),
    "mask": (0, "whole numbers of 32 or 64 bits"),
    "floats": (0, "whole numbers of 32 or 64 bits"),
    "padded": (2, "every index is of a box"),
    "twice": (1, "no index comes twice"),
    "as_list": (0, "is an array; list"),
    "writes_scores": (1, "arguments stay as they are"),
    "odd_one_out": (2, ""),
}
CALLED = {"odd_one_out"}  # whether it is wrong depends on the calls before, not on the boxes


def run(function, **options):
    return verify(CONTRACTS["nms"], InProcess(function), function.__name__, Plan(**options))


# By hand


def test_the_promises_in_their_order():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 3], [8, 8, 9, 9]], np.float32)
    case = Case({"boxes": boxes, "scores": np.array([0.5, 0.75, 0.25], np.float32), "iou_threshold": 0.5}, "")

    def words(*keep, **options):
        terms = Terms(PROFILES["refdet"], **options)
        return broken(CONTRACTS["nms"], case, np.array(keep, np.int64), terms) or ""

    assert words(1, 2) == ""
    assert "1 and 0 do" in words(1, 0, 2) and "best score first" in words(2, 1)
    assert "[2] does not" in words(1) and "no index comes twice; [1]" in words(1, 1)
    assert "0 to 2; [3]" in words(3)


def test_only_rounding_leaves_a_pair_open():
    """IoU 1/10 at threshold 0.1, which float32 does not hold; IoU 1/4 at 1/4, which it does."""
    boxes, scores = np.array([[0, 0, 10, 10], [0, 0, 10, 1]], np.float32), np.array([1, 0.5], np.float32)
    for threshold, height, free in ((0.1, 1, True), (0.25, 2.5, False)):
        boxes[1, 3] = height
        case = Case({"boxes": boxes.copy(), "scores": scores, "iou_threshold": threshold}, "")
        both = [
            broken(CONTRACTS["nms"], case, keep, Terms(PROFILES["refdet"])) is None
            for keep in (np.array([0, 1]), np.array([0]))
        ]
        assert both == [True, free]
        strict = Terms(PROFILES["refdet"], band=False)
        assert broken(CONTRACTS["nms"], case, np.array([0]), strict) is not None


# Properties


@pytest.mark.parametrize(("op", "profile"), WITH)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_right_kernel_is_called_wrong(op, profile, dtype):
    """The reference and fast NumPy under their own profile; nothing is left to rounding."""
    contract, plan = CONTRACTS[op], Plan(PROFILES[profile], (dtype,), 90, strict=True)
    for function in (contract.reference, kernels.implementations(op)["vectorized"]):
        for case in planned(contract, plan):
            if len(case.arguments["boxes"]) < 200:
                answer = function(**case.arguments, convention=plan.convention)
                assert broken(contract, case, answer, plan.terms) is None, case


def test_the_profiles_that_a_kernel_follows_are_named():
    from refdet.verify.run import fitting

    double = lambda b, s, t: wrong_nms.greedy(b, s, t, over=lambda o, _: o.astype(float) > t)  # noqa: E731
    names = list(fitting(CONTRACTS["nms"], InProcess(double), Plan(max_examples=60)))
    assert "torchvision" in names and "refdet" not in names and "onnx" not in names
    own = list(fitting(CONTRACTS["nms"], InProcess(wrong_nms.right), Plan(max_examples=60)))
    assert "refdet" in own and "torchvision" not in own and "opencv" not in own


# Check the checker


def test_a_right_kernel_passes():
    report = run(wrong_nms.right, max_examples=200)
    assert report.verdict == "PASS" and report.boundary == 0 and sum(report.families.values()) == 400


@pytest.mark.parametrize("name", wrong_nms.WRONG)
def test_every_fault_is_found_and_its_case_is_the_smallest(name):
    size, words = SMALLEST[name]
    report = run(wrong_nms.WRONG[name], shrink_seconds=0.5 if size and size > 3 else 20.0)
    found = report.counterexample
    assert report.verdict == "FAIL" and words in report.words
    count = len(found.case.arguments["boxes"])
    if size and size > 3:
        assert size <= count <= len(found.first.arguments["boxes"])  # time is short; see docs/verify.md
    elif size is not None:
        assert count == size


def test_a_layout_is_named_only_if_it_is_to_blame():
    def strided_only(boxes, scores, threshold):
        keep = wrong_nms.right(boxes, scores, threshold)
        return keep if boxes.flags.c_contiguous else keep[:-1]

    def twelve_only(boxes, scores, threshold):
        keep = wrong_nms.right(boxes, scores, threshold)
        return keep if len(boxes) != 12 else keep[:-1]

    assert run(strided_only, shrink_seconds=0.0).counterexample.case.layout == "strided"
    assert run(twelve_only, shrink_seconds=0.0).counterexample.case.layout == "contiguous"


def smaller_cases(count):
    """Every case of so many boxes with area on {0..4}, different scores both ways, at the quarters."""
    edges = list(itertools.combinations(range(5), 2))
    one = [(x1, y1, x2, y2) for x1, x2 in edges for y1, y2 in edges]
    for boxes in itertools.product(one, repeat=count):
        yield np.array(boxes, np.float32).reshape(-1, 4)


@pytest.mark.parametrize(
    "name", [name for name, (size, _) in SMALLEST.items() if size == 2 and name not in CALLED]
)
@pytest.mark.parametrize("threshold", [0.25, 0.5, 0.75])
def test_of_two_boxes_one_is_too_few(name, threshold):
    """By trying all: with one box less the wrong kernel is right."""
    contract = CONTRACTS["nms"]
    for boxes in smaller_cases(1):
        case = Case({"boxes": boxes, "scores": np.ones(1, np.float32), "iou_threshold": threshold}, "")
        answer = wrong_nms.WRONG[name](*case.arguments.values())
        assert broken(contract, case, answer, Terms(PROFILES["refdet"])) is None


def test_of_three_boxes_two_are_too_few():
    """A dropped box that suppresses needs a box that drops it and one that it drops."""
    contract, terms = CONTRACTS["nms"], Terms(PROFILES["refdet"])
    for boxes in smaller_cases(2):
        for scores in ([1, 0.5], [0.5, 1]):
            case = Case({"boxes": boxes, "scores": np.array(scores, np.float32), "iou_threshold": 0.25}, "")
            answer = wrong_nms.dropped_ones_suppress(*case.arguments.values())
            assert broken(contract, case, answer, terms) is None
