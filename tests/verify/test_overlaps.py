"""Contracts of the four overlaps: right kernels pass under every profile, faults are found."""

import numpy as np
import pytest

from refdet import kernels
from refdet.profiles import PROFILES
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, planned, verify
from refdet.verify.target import InProcess

OPS = ("box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou")


def verdict(op, function, **options):
    return verify(CONTRACTS[op], InProcess(function), "kernel", Plan(shrink_seconds=5, **options))


# By hand


def test_the_promises_of_a_table():
    case = Case(
        {"boxes1": np.array([[0, 0, 4, 4]], np.float32), "boxes2": np.array([[0, 0, 4, 1]], np.float32)}, ""
    )

    def words(answer):
        return broken(CONTRACTS["box_iou"], case, answer, Terms(PROFILES["refdet"])) or ""

    assert words(np.array([[0.25]], np.float32)) == ""
    assert words(np.array([[0.25 + 2e-6]], np.float32)).startswith(
        "box_iou of box 0 and box 0 lies from 0.2499"
    )
    assert "float64 came" in words(np.array([[0.25]])) and "shape (1, 1)" in words(
        np.array([0.25], np.float32)
    )
    assert "NoneType came" in words(None) and "nan came" in words(np.array([[np.nan]], np.float32))


# Properties


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("profile", PROFILES)
def test_no_right_kernel_is_called_wrong(op, profile):
    contract, plan = CONTRACTS[op], Plan(PROFILES[profile], max_examples=40)
    for function in kernels.implementations(op).values():
        if "emulator" in function.__module__ or "cuda" in function.__module__:
            continue  # tests/kernels/test_verified.py
        for case in planned(contract, plan):
            if sum(len(part) for part in case.arguments.values()) < 300:
                answer = function(**case.arguments, convention=plan.convention)
                assert broken(contract, case, answer, plan.terms) is None, case


# Check the checker


def reference(op):
    return CONTRACTS[op].reference


def changed(op, change):
    """The reference with its answer, or its arguments, changed."""
    return lambda one, other: change(reference(op), one, other)


def both(change):
    """The same change of both lists."""
    return lambda f, one, other: f(change(one), change(other)).astype(one.dtype)


def elementwise(change):
    return lambda f, one, other: change(f(one, other))


WRONG = {
    "zeros": elementwise(np.zeros_like),
    "ones": elementwise(np.ones_like),
    "transposed": lambda f, one, other: np.ascontiguousarray(f(one, other).T),
    "swapped axes": both(lambda b: b[:, [1, 0, 2, 3]]),
    "inclusive pixels": both(lambda b: b + np.array([0, 0, 1, 1], b.dtype)),
    "half precision": both(lambda b: b.astype(np.float16)),
    "whole coordinates": both(np.floor),
    "not below a tenth": elementwise(lambda v: np.maximum(v, v.dtype.type(0.1))),
    "one unit in a thousand": elementwise(lambda v: v * v.dtype.type(1.001)),
    "four digits": elementwise(lambda v: v.round(4)),
    "last row left out": elementwise(lambda v: np.concatenate([v[:-1], np.zeros_like(v[-1:])])),
    "last column left out": elementwise(
        lambda v: np.concatenate([v[:, :-1], np.zeros_like(v[:, -1:])], axis=1)
    ),
    "blocks of 64": elementwise(lambda v: np.where(np.arange(v.shape[1]) < 64, v, v.dtype.type(0))),
    "first box for all": lambda f, one, other: np.repeat(f(one[:1], other), len(one), axis=0)[: len(one)],
    "float64 back": elementwise(lambda v: v.astype(np.float64 if v.dtype == np.float32 else np.float32)),
    "a row too many": elementwise(lambda v: np.concatenate([v, v[:1]])),
    "argument changed": lambda f, one, other: (f(one, other), one.fill(0))[0],
}


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("fault", WRONG)
def test_every_fault_is_found(op, fault):
    report = verdict(op, changed(op, WRONG[fault]), max_examples=120)
    assert report.verdict == "FAIL", fault
    size = sum(len(part) for part in report.counterexample.case.arguments.values())
    assert size <= (66 if fault == "blocks of 64" else 4)


def test_an_order_of_the_lists_that_matters_is_found():
    """Too little to be wrong, but not the same the other way round."""

    def lopsided(one, other):
        overlap = reference("box_iou")(one, other)
        first = (
            one[:, 0][:, None] < other[:, 0][None]
            if len(one) and len(other)
            else np.zeros(overlap.shape, bool)
        )
        return np.where(first & (overlap > 0), np.nextafter(overlap, overlap.dtype.type(2)), overlap)

    report = verdict("box_iou", lopsided)
    assert report.verdict == "FAIL" and "which comes first" in report.words
