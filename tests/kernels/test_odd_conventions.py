"""Under a convention that no system has, with any legal value in any field, every implementation does the same.

The same bits, or the same error. What decides by a power or an exponential has tests of its own, with a tolerance.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_conventions import any_convention
from strategies import DTYPES, THRESHOLDS, classified_boxes, pooling, same_bits

import refdet

SPECIAL = st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0.0, -0.0, 1.0])
OVERLAPS = ("box_iou", "generalized_box_iou", "distance_box_iou")


def outcome(function, *arguments, **rule):
    """The result, or the error's type and text."""
    try:
        return function(*arguments, **rule)
    except (ValueError, TypeError) as error:
        return type(error), str(error)


def same(result, expected):
    """True if both are the same bits, or the same error."""
    failed = isinstance(expected, tuple) and isinstance(expected[0], type)
    return result == expected if failed else same_bits(result, expected)


def without_power(convention):
    """The convention with the exponent 1, which every machine takes alike."""
    return dataclasses.replace(convention, overlap=dataclasses.replace(convention.overlap, beta=1.0))


@st.composite
def odd_boxes(draw, max_size=12):
    """Boxes, scores and classes with special numbers in a few places."""
    drawn, scores, classes = draw(classified_boxes(max_size=max_size, dtype=draw(DTYPES)))
    places = draw(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4), SPECIAL), max_size=3))
    for row, column, value in places:
        if row < len(drawn):
            (scores if column == 4 else drawn)[(row,) if column == 4 else (row, column)] = value
    return drawn, scores, classes


@pytest.mark.parametrize("op", OVERLAPS)
@given(case=odd_boxes(), data=st.data())
def test_overlaps(implementation, op, case, data):
    drawn, convention = case[0], data.draw(any_convention(("overlap",)).map(without_power))
    expected = outcome(getattr(refdet, op), drawn, drawn[::-1], convention=convention)
    for form in (op, f"{op}_plain"):
        assert same(outcome(implementation(form), drawn, drawn[::-1], convention=convention), expected)


@pytest.mark.parametrize("op", ["nms", "diou_nms", "batched_nms", "soft_nms"])
@given(case=odd_boxes(), threshold=THRESHOLDS, data=st.data())
def test_suppression(implementation, op, case, threshold, data):
    convention = data.draw(any_convention(("overlap", "suppression")).map(without_power))
    given_ = (*case[: 3 if op == "batched_nms" else 2], threshold)
    given_ += (0.5, 0.25, "linear") if op == "soft_nms" else ()
    expected = outcome(getattr(refdet, op), *given_, convention=convention)
    for form in (op, f"{op}_plain"):
        assert same(outcome(implementation(form), *given_, convention=convention), expected)


@given(case=pooling(), value=SPECIAL, data=st.data())
def test_pooling(implementation, backend, case, value, data):
    convention, (_, rois, *_) = data.draw(any_convention(("roi",))), case
    if rois.size and data.draw(st.booleans()):
        rois[data.draw(st.integers(0, len(rois) - 1)), data.draw(st.integers(1, 4))] = value
    for op in ("roi_pool", "roi_pool_with_argmax", "roi_align"):
        expected = outcome(getattr(refdet, op), *case, convention=convention)
        result = outcome(implementation(op), *case, convention=convention)
        if op == "roi_align" and backend == "vectorized" and isinstance(expected, np.ndarray):
            assert (result.dtype, result.shape) == (expected.dtype, expected.shape)
        else:
            assert same(result, expected)
