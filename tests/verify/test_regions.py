"""Contracts of regions of interest: right kernels keep every promise, and what the judges leave open is small."""

import itertools

import numpy as np
import pytest

from refdet import MMCV, REFDET, TORCHVISION
from refdet.kernels import vectorized
from refdet.roi_rule import Roi
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.contracts.regions_pool import bins

OPS = ("roi_pool", "roi_pool_with_argmax", "roi_pool_backward", "roi_align", "roi_align_backward")
FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def named(op, convention):
    """The convention as a keyword, where the operation has one."""
    return {} if op == "roi_pool_backward" else {"convention": convention}


def cases(op, convention=REFDET, dtype=FLOAT32, count=150, seed=0):
    return itertools.islice(CONTRACTS[op].cases(np.random.default_rng(seed), convention, dtype), count)


# No false alarm


@pytest.mark.parametrize(
    ("op", "convention", "dtype"),
    [(op, *rest) for op in OPS for rest in ((REFDET, FLOAT32), (TORCHVISION, FLOAT64))]
    + [(op, MMCV, FLOAT32) for op in OPS[:2]],
    ids=lambda part: getattr(part, "name", part),
)
def test_right_kernels_keep_every_promise(op, convention, dtype):
    cpp = pytest.importorskip("refdet.kernels.cpp", exc_type=ImportError)
    for case in cases(op, convention, dtype, seed=7):
        for kernel, band in (
            (getattr(cpp, op), True),
            (getattr(cpp, op), False),
            (getattr(vectorized, op), True),
        ):
            came = kernel(*case.arguments.values(), **named(op, convention))
            assert broken(CONTRACTS[op], case, came, Terms(convention, band)) is None


@pytest.mark.parametrize("op", OPS)
def test_the_reference_keeps_every_promise(op):
    for case in cases(op, REFDET, FLOAT64):
        if len(case.arguments["boxes"]) < 64:
            came = CONTRACTS[op].reference(*case.arguments.values())
            assert broken(CONTRACTS[op], case, came, Terms(REFDET)) is None


@pytest.mark.parametrize("op", OPS)
def test_float64_rounded_once_passes_for_float32(op):
    cpp = pytest.importorskip("refdet.kernels.cpp", exc_type=ImportError)
    for case in cases(op, TORCHVISION, FLOAT32, seed=3):
        wide = [
            a.astype(FLOAT64) if getattr(a, "dtype", 0) == FLOAT32 else a for a in case.arguments.values()
        ]
        came = getattr(cpp, op)(*wide, **named(op, TORCHVISION))
        came = (came[0].astype(FLOAT32), came[1]) if isinstance(came, tuple) else came.astype(FLOAT32)
        assert broken(CONTRACTS[op], case, came, Terms(TORCHVISION)) is None


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(
    "came", [None, [], 0.0, "text", np.zeros(3), np.zeros((1, 1, 1, 1), object), (None, None)]
)
def test_no_answer_is_too_odd_to_be_judged(op, came):
    for case in cases(op, count=10):
        assert "came" in broken(CONTRACTS[op], case, came, Terms(REFDET))


@pytest.mark.parametrize("op", OPS)
def test_relations_hold(op):
    cpp = pytest.importorskip("refdet.kernels.cpp", exc_type=ImportError)
    for case in cases(op, count=80):
        for relation in CONTRACTS[op].relations.values():
            other, expected = relation(np.random.default_rng(0), case.arguments)
            first, second = (getattr(cpp, op)(*a.values()) for a in (case.arguments, other))
            for one, two in zip(np.atleast_1d(expected(first)), np.atleast_1d(second), strict=True):
                assert np.array_equal(one, two)


# By hand


def test_exact_edges_have_one_answer_and_rounded_ones_two():
    """235 cells in 7 bins; 5.0 at scale 0.1 lies at a half, but 0.1 is not held."""
    cut = [
        bins(np.array([[0.0, 234]]), 7, 300, 1.0, Roi(edges=e), FLOAT32, True)[0][6]
        for e in ("integer", "float")
    ]
    assert cut == [[(201, 235)], [(201, 235), (201, 236)]]
    of_half = [bins(np.array([[5 / s, 8 / s]]), 1, 9, s * 0.5, Roi(), FLOAT32, True)[0][0] for s in (1, 0.2)]
    assert of_half == [[(3, 5)], [(2, 5), (3, 5)]]


def test_the_nominal_arithmetic_has_one_answer():
    assert bins(np.array([[0.0, 234]]), 7, 300, 1.0, Roi(edges="float"), FLOAT32, False)[0][6] == [(201, 236)]


def test_free_ties_take_any_of_the_largest_cells():
    given = {"input": np.ones((1, 1, 1, 3)), "boxes": np.array([[0, 0, 0, 1, 0.0]])}
    case = Case({**given, "output_size": (1, 1), "spatial_scale": 1.0}, "ties")
    for cell, free, right in ((0, False, True), (1, False, False), (1, True, True), (2, True, False)):
        came = np.ones((1, 1, 1, 1)), np.full((1, 1, 1, 1), cell)
        words = broken(CONTRACTS["roi_pool_with_argmax"], case, came, Terms(REFDET, free_ties=free))
        assert (words is None) == right
