"""Contracts of DIoU-NMS and of soft suppression within classes: right kernels pass, planted bugs are found."""

import numpy as np
import pytest
from judged_kernels import first_broken

from refdet import batched_diou_nms, batched_soft_nms, diou_nms, kernels, soft_nms
from refdet.profiles import PROFILES
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, planned

OPS = ("batched_diou_nms", "batched_soft_nms")


# By hand


def test_the_promises_of_classes():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 4], [0, 0, 4, 4]], np.float32)
    given = {"boxes": boxes, "scores": np.array([0.25, 1, 0.5], np.float32), "idxs": np.array([7, 7, 1])}
    given |= {"iou_threshold": 0.5, "sigma": 0.5, "score_threshold": 0.125, "method": "linear"}

    def words(keep, new_scores):
        answer = np.array(keep), np.array(new_scores, np.float32)
        case = Case(given, "by hand")
        return broken(CONTRACTS["batched_soft_nms"], case, answer, Terms(PROFILES["refdet"])) or ""

    assert words([1, 2], [1, 0.5]) == ""
    assert "best lowered score first" in words([2, 1], [0.5, 1])
    assert words([1], [1]).startswith("within class 1, whose boxes are 2, counted from 0: a box goes only if")
    assert words([1, 2, 0], [1, 0.5, 0.25]).startswith(
        "within class 7, whose boxes are 0, 1, counted from 0:"
    )
    assert "lowered to 0.5; 0.25 came" in words([1, 2], [1, 0.25])


# Properties


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("profile", PROFILES)
def test_no_right_kernel_is_called_wrong(op, profile):
    contract, plan = CONTRACTS[op], Plan(PROFILES[profile], max_examples=90)
    if not contract.here(plan.convention):
        pytest.skip(f"{profile} has no such operation")
    for function in (contract.reference, kernels.implementations(op.removeprefix("batched_"))["vectorized"]):
        batched = function if function is contract.reference else getattr(kernels.vectorized, op)
        for case in planned(contract, plan):
            if len(case.arguments["boxes"]) < 200:
                answer = batched(**case.arguments, convention=plan.convention)
                for band in (True, False):
                    assert broken(contract, case, answer, Terms(plan.convention, band=band)) is None, case


# Check the checker


def moved(kernel, offset):
    """Classes shifted aside, by so much that they do or do not meet."""

    def call(boxes, scores, idxs, *rest):
        return kernel(boxes + (idxs * offset).astype(boxes.dtype)[:, None], scores, *rest)

    return call


def of_classes(kernel, ordered=True, lowers=True):
    """Class by class, with one thing wrong."""

    def call(boxes, scores, idxs, *rest):
        left, kept = scores.copy(), np.zeros(len(boxes), bool)
        for label in np.unique(idxs):
            members = np.flatnonzero(idxs == label)
            keep, lowered = kernel(boxes[members], scores[members], *rest)
            kept[members[keep]] = True
            left[members[keep]] = lowered
        keep = np.flatnonzero(kept)
        if ordered:
            keep = keep[np.argsort(-(left if lowers else scores)[keep], kind="stable")]
        return keep, left[keep] if lowers else scores[keep]

    return call


def without_class_0(kernel):
    def call(boxes, scores, idxs, *rest):
        keep, lowered = kernel(boxes, scores, idxs, *rest)
        return keep[idxs[keep] != 0], lowered[idxs[keep] != 0]

    return call


PLANTED = {
    "batched_soft_nms": {
        "classes ignored": lambda b, s, idxs, *rest: soft_nms(b, s, *rest),
        "classes too near": moved(soft_nms, 2),
        "half precision": moved(lambda b, *rest: soft_nms(b.astype(np.float16).astype(b.dtype), *rest), 1e4),
        "in order of their numbers": of_classes(soft_nms, ordered=False),
        "the first scores": of_classes(soft_nms, lowers=False),
        "a class is missed": without_class_0(batched_soft_nms),
        "the other method": lambda *a: batched_soft_nms(*a[:6], "gaussian" if a[6] == "linear" else "linear"),
        "the last of each": lambda *a: tuple(part[:-1] for part in batched_soft_nms(*a)),
        "as if one more class": lambda b, s, idxs, *rest: batched_soft_nms(b, s, np.minimum(idxs, 1), *rest),
    },
    "batched_diou_nms": {
        "classes ignored": lambda b, s, idxs, *rest: diou_nms(b, s, *rest),
        "classes too near": moved(diou_nms, 2),
        "no distance": lambda b, s, idxs, limit: kernels.vectorized.batched_nms(b, s, idxs, limit),
        "in order of their numbers": lambda *a: np.sort(batched_diou_nms(*a)),
        "class by class": lambda b, s, idxs, limit: (
            lambda keep: keep[np.argsort(idxs[keep], kind="stable")]
        )(batched_diou_nms(b, s, idxs, limit)),
        "a class is missed": lambda b, s, idxs, limit: (lambda keep: keep[idxs[keep] != 0])(
            batched_diou_nms(b, s, idxs, limit)
        ),
        "another threshold": lambda b, s, idxs, limit: batched_diou_nms(b, s, idxs, limit / 2),
    },
}


@pytest.mark.parametrize(("op", "name"), [(op, name) for op, kernels in PLANTED.items() for name in kernels])
def test_a_planted_bug_is_found(op, name):
    kernel = PLANTED[op][name]
    assert first_broken(op, lambda **a: kernel(*a.values()), 150) is not None
