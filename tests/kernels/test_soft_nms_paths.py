"""Every implementation of soft_nms gives the reference's bits: all of linear, and Gaussian with float32 scores.

The Gaussian weight of a float64 score is a float64 exponential, whose last bits are the C library's, NumPy's or
CUDA's own. There new scores are compared with a tolerance; kept boxes with ``==``, unless the reference chose
between two scores so close that those bits decide.
"""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import DTYPES, THRESHOLDS, boxes, layouts, same_bits
from tolerances import close

import refdet
from refdet.profiles import PROFILES

SPECIAL = st.sampled_from([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 0.0, -0.0, 1.0])
SIGMAS = st.sampled_from([0.1, 0.5, 2.0])
LEAST = st.sampled_from([0.0, 1e-3, 0.25])
NARROW = 1e-12  # wider than any difference of the last bits


@st.composite
def conventions(draw):
    """A profile, with its queue in either order and its threshold strict or not."""
    profile = draw(st.sampled_from([p for p in PROFILES.values() if p.suppression]))
    soft = {
        "soft_inclusive": draw(st.booleans()),
        "soft_order": draw(st.sampled_from(["stable", "swap"])),
    }
    return dataclasses.replace(profile, suppression=dataclasses.replace(profile.suppression, **soft))


@st.composite
def cases(draw, max_size=24, score_dtype=DTYPES):
    """Boxes, and scores of five levels or of random mantissas, each in a precision of its own."""
    drawn = draw(boxes(max_size=max_size))
    if draw(st.booleans()):
        scores = np.random.default_rng(draw(st.integers(0, 99))).random(len(drawn))
    else:
        levels = draw(st.lists(st.integers(-1, 4), min_size=len(drawn), max_size=len(drawn)))
        scores = np.array(levels, np.float64) / 4
    return drawn, scores.astype(draw(score_dtype)), draw(THRESHOLDS), draw(SIGMAS), draw(LEAST)


def forms(implementation):
    """Every form that the backend has."""
    return {implementation("soft_nms"), implementation("soft_nms_plain")}


@given(case=cases(max_size=40), convention=conventions())
def test_linear_agrees_with_the_reference(implementation, case, convention):
    expected = refdet.soft_nms(*case, "linear", convention=convention)
    for form in forms(implementation):
        assert same_bits(form(*case, "linear", convention=convention), expected)


@pytest.mark.parametrize("order", ["stable", "swap"])
@pytest.mark.parametrize("ties", ["first", "last"])
@pytest.mark.parametrize("inclusive", [False, True])
def test_every_rule_of_the_queue_agrees(implementation, inclusive, ties, order):
    """Thirty boxes of a small lattice with four different scores: ties and exact thresholds at every pick."""
    rng = np.random.default_rng(0)
    drawn = np.sort(rng.integers(0, 5, (30, 2, 2)), axis=1).reshape(30, 4).astype(np.float32)
    scores = (rng.integers(1, 5, 30) / 4).astype(np.float32)
    rule = {"soft_inclusive": inclusive, "ties": ties, "soft_order": order}
    suppression = dataclasses.replace(refdet.REFDET.suppression, **rule)
    convention = dataclasses.replace(refdet.REFDET, suppression=suppression)
    for threshold, least in itertools.product((0.0, 0.25, 1 / 3, 0.5), (0.0, 0.25)):
        expected = refdet.soft_nms(drawn, scores, threshold, score_threshold=least, convention=convention)
        for form in forms(implementation):
            found = form(drawn, scores, threshold, score_threshold=least, convention=convention)
            assert same_bits(found, expected)


@given(case=cases(max_size=40, score_dtype=st.just(np.float32)), convention=conventions())
def test_gaussian_agrees_with_the_reference_where_scores_are_float32(implementation, case, convention):
    """The exponential of a float32 is rounded from float64: half a bit in 2^29 decides."""
    expected = refdet.soft_nms(*case, "gaussian", convention=convention)
    for form in forms(implementation):
        assert same_bits(form(*case, "gaussian", convention=convention), expected)


def separated(trace):
    """True if every choice of a trace was between scores that differ by more than `NARROW`, or in nothing at all.

    Two boxes whose scores began equal and met the same overlaps in the same order have the same bits everywhere.
    """
    past = {j: (score,) for j, score in enumerate(trace[0].scores.tolist())}
    for step in trace:
        if step.name == "pick":
            best, others = step.new_scores[step.i], step.new_scores[step.queue]
            close_by = step.queue[np.abs(best - others) <= NARROW * best]
            if any(past[j] != past[step.i] for j in close_by):
                return False
        if step.name == "decay":
            for j, overlap in zip(step.queue, step.overlap.tolist(), strict=True):
                past[j] += (overlap,) if overlap else ()
            gap = np.abs(step.new_scores[step.queue] - step.score_threshold)
            if (gap[[len(past[j]) > 1 for j in step.queue]] <= NARROW * step.score_threshold).any():
                return False
    return True


@given(case=cases(score_dtype=st.just(np.float64)), convention=conventions())
def test_gaussian_agrees_with_the_reference_but_for_the_last_bits(implementation, case, convention):
    assume(convention.overlap.division != "ieee")  # NaN, below
    trace = refdet.soft_nms.trace(*case, "gaussian", convention=convention)
    assume(separated(trace))
    keep, new_scores = trace.result
    for form in forms(implementation):
        found, found_scores = form(*case, "gaussian", convention=convention)
        assert same_bits(found, keep) and found_scores.dtype == np.float64
        assert close(found_scores, new_scores, "gaussian decays")


def test_a_tie_of_two_histories_counts_as_unclear_and_twins_as_clear():
    twins = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 2]], float)
    assert separated(refdet.soft_nms.trace(twins, [0.9, 0.5, 0.5], method="gaussian"))
    # exp(-1/2) twice, of boxes that differ: below by one bit of the score before.
    other = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [0, 2, 4, 4]], float)
    scores = [0.9, 0.5, np.nextafter(0.5, 1)]
    assert not separated(refdet.soft_nms.trace(other, scores, method="gaussian"))


@given(data=st.data(), case=cases(max_size=12), convention=conventions())
def test_hostile_values_agree_where_a_convention_lets_them_in(implementation, data, case, convention):
    drawn, scores, *numbers = case
    for row, column, value in data.draw(
        st.lists(st.tuples(st.integers(0, 11), st.integers(0, 4), SPECIAL), max_size=8)
    ):
        if row < len(drawn):
            (scores if column == 4 else drawn)[row if column == 4 else (row, column)] = value
    overlap = dataclasses.replace(convention.overlap, finite="propagate")
    convention = dataclasses.replace(convention, overlap=overlap)
    methods = ["linear", "gaussian"] if scores.dtype == np.float32 else ["linear"]
    for method in methods:
        with np.errstate(all="ignore"):
            expected = refdet.soft_nms(drawn, scores, *numbers, method, convention=convention)
        for form in forms(implementation):
            assert same_bits(form(drawn, scores, *numbers, method, convention=convention), expected)


@pytest.mark.parametrize("method", ["linear", "gaussian"])
@pytest.mark.parametrize(
    ("overlap", "drawn"),
    [
        ({"division": "floored", "union_eps": 0.0}, [[0, 0, 0, 0], [4, 4, 4, 4], [1, 1, 3, 3]]),  # 0 / 0
        ({"division": "floored", "union_eps": 0.0, "finite": "propagate"}, [[0, 0, 3e38, 3e38]] * 3),
        ({"finite": "propagate"}, [[0, 0, 3e38, 3e38]] * 3),  # an infinite area
    ],
)
def test_an_overlap_that_is_nan_agrees(implementation, overlap, drawn, method):
    """Found by the fuzzer: the fast C++ form lost the NaN that the Gaussian makes of a score."""
    convention = dataclasses.replace(
        refdet.REFDET, overlap=dataclasses.replace(refdet.REFDET.overlap, **overlap)
    )
    drawn, scores = np.array(drawn, np.float32), np.array([0.9, 0.8, 0.7], np.float32)
    with np.errstate(all="ignore"):
        expected = refdet.soft_nms(drawn, scores, 0.3, 0.5, 0.1, method, convention=convention)
    for form in forms(implementation):
        assert same_bits(form(drawn, scores, 0.3, 0.5, 0.1, method, convention=convention), expected)


@pytest.mark.parametrize("layout", layouts(np.zeros((2, 4))))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_memory_layout_does_not_matter_and_inputs_stay_as_they_are(implementation, layout, dtype):
    rng = np.random.default_rng(0)
    drawn, scores = rng.integers(0, 8, (40, 4)).astype(dtype), (rng.integers(0, 5, 40) / 4).astype(dtype)
    moved = layouts(drawn)[layout], layouts(scores)[layout]
    before = [array.tobytes() for array in moved]
    assert same_bits(implementation("soft_nms")(*moved), refdet.soft_nms(drawn, scores))
    assert before == [array.tobytes() for array in moved]


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 255, 256, 257, 500])
def test_agrees_at_the_edges_of_warps_and_blocks(implementation, count):
    """All take part, but only twenty are good enough to be picked in the end."""
    rng = np.random.default_rng(count)
    drawn = overlapping(rng, count)
    scores = (rng.integers(0, 50, count) / 98).astype(np.float32)
    scores[rng.permutation(count)[:20]] += 0.5
    for method in ("linear", "gaussian"):
        expected = refdet.soft_nms(drawn, scores, 0.3, 0.5, 0.5, method)
        for form in forms(implementation):
            assert same_bits(form(drawn, scores, 0.3, 0.5, 0.5, method), expected)


def overlapping(rng, count):
    drawn = rng.integers(0, 40, (count, 4)).astype(np.float32)
    drawn[:, 2:] = drawn[:, :2] + rng.integers(0, 12, (count, 2))
    return drawn


@pytest.mark.parametrize("count", [15, 16, 17, 63, 64, 65, 1023, 1024, 1025, 1200])
@pytest.mark.parametrize("backend", ["vectorized", "cpp"], indirect=True)
def test_agrees_at_the_edges_of_vectors_rows_and_packings(implementation, count):
    rng = np.random.default_rng(count)
    drawn, scores = overlapping(rng, count), (rng.integers(0, 50, count) / 49).astype(np.float32)
    for method, least in (("linear", 0.0), ("linear", 0.1), ("gaussian", 1e-3)):
        expected = refdet.soft_nms(drawn, scores, score_threshold=least, method=method)
        for form in forms(implementation):
            assert same_bits(form(drawn, scores, score_threshold=least, method=method), expected)


def test_results_are_arrays_of_their_own(implementation):
    for count in (0, 3):
        drawn, scores = np.zeros((count, 4)), np.ones(count)
        keep, new_scores = implementation("soft_nms")(drawn, scores)
        assert keep.tolist() == list(range(count))
        assert not np.shares_memory(new_scores, scores)
