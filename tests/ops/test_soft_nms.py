"""Soft-NMS: NMS-1 with a weight instead of a verdict; NMS-3 within classes; C-4 for ties."""

import inspect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import THRESHOLDS, same_bits, scored_boxes
from tolerances import close

import refdet
from refdet import batched_soft_nms, box_iou, nms, soft_nms

METHODS = st.sampled_from(["linear", "gaussian"])
SIGMAS = st.sampled_from([0.1, 0.5, 2.0])
LEAST = st.sampled_from([0.0, 1e-3, 0.25])

# By hand

# IoU 1/2 of boxes 0 and 1, 1/3 of boxes 1 and 2; 0 and 2 touch.
THREE = [[0, 0, 4, 2], [0, 0, 4, 4], [0, 2, 4, 6]]
SCORES = [0.9, 0.8, 0.7]
APART = [[0, 0, 1, 1], [2, 0, 3, 1], [4, 0, 5, 1]]
TWINS = [[0, 0, 4, 4]] * 3

# name: boxes, scores, arguments, kept boxes, their new scores
CASES = {
    "linear": (THREE, SCORES, {}, [0, 2, 1], [0.9, 0.7, 0.8 * 1 / 2 * 2 / 3]),
    "gaussian": (THREE, SCORES, {"method": "gaussian"}, [0, 2, 1], [0.9, 0.7, 0.8 * np.exp(-1 / 2 - 2 / 9)]),
    "wider": (THREE, SCORES, {"method": "gaussian", "sigma": 2.0}, [0, 1, 2], [0.9, 0.705997, 0.662172]),
    "a third is not over": (THREE, SCORES, {"iou_threshold": 1 / 3}, [0, 2, 1], [0.9, 0.7, 0.4]),
    "a half is not over": (THREE, SCORES, {"iou_threshold": 0.5}, [0, 1, 2], [0.9, 0.8, 0.7]),
    "below the least": (THREE, SCORES, {"score_threshold": 0.3}, [0, 2], [0.9, 0.7]),
    "at the least": (THREE, [1, 0.75, 0.5], {"score_threshold": 0.375}, [0, 2], [1, 0.5]),
    "equal to the least": (THREE[:2], [1, 0.75], {"score_threshold": 0.375}, [0, 1], [1, 0.375]),
    "low from the start": (APART, [0.2, 0.9, 0.1], {"score_threshold": 0.2}, [1, 0], [0.9, 0.2]),
    "all low from the start": (APART, SCORES, {"score_threshold": 1}, [], []),
    "ties": (APART, [0.5, 0.9, 0.5], {}, [1, 0, 2], [0.9, 0.5, 0.5]),
    "twins": (TWINS, [0.5, 0.9, 0.5], {}, [1], [0.9]),
    "twins without a least": (TWINS, [0.5, 0.9, 0.5], {"score_threshold": 0}, [1, 0, 2], [0.9, 0, 0]),
    "points": (
        [[3, 3, 3, 3]] * 2,
        [0.5, 0.9],
        {"iou_threshold": 0, "method": "gaussian"},
        [1, 0],
        [0.9, 0.5],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_cases_by_hand(case):
    boxes, scores, arguments, keep, new_scores = CASES[case]
    found = soft_nms(boxes, scores, **arguments)
    assert found[0].tolist() == keep
    assert close(found[1], new_scores, "six digits")


def test_steps_of_the_worked_example():
    assert str(soft_nms.trace(np.array(THREE, float), SCORES)).splitlines()[:7] == [
        "   0  queue: boxes that may be picked: [0, 1, 2]",
        "   1  pick: box 0 is the best in the queue",
        "   2  decay: box 0 lowers what overlaps it; the scores of [1, 2] are now [0.4, 0.7]",
        "   3  drop: boxes with less than 0.001 go: none",
        "   4  pick: box 2 is the best in the queue",
        "   5  decay: box 2 lowers what overlaps it; the scores of [1] are now [0.2667]",
        "   6  drop: boxes with less than 0.001 go: none",
    ]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_half_is_exact_and_scores_keep_their_dtype(dtype):
    """Whatever the dtype of the boxes; float16 and integers as everywhere (C-1)."""
    for boxes in (np.array(THREE, np.float32), np.array(THREE)):
        keep, new_scores = soft_nms(boxes[:2], np.array([0.9, 0.8], dtype))
        assert same_bits((keep, new_scores), (np.array([0, 1]), np.array([0.9, 0.4], dtype)))
    assert soft_nms(THREE, np.array(SCORES, np.float16))[1].dtype == np.float32
    assert soft_nms(THREE, [3, 2, 1])[1].tolist() == [3, 1, 2 / 2 * (1 - 1 / 3)]


def test_thresholds_are_rounded_to_the_precision_that_they_are_compared_in():
    """IoU 120/400 is float32's 0.3; the score 0.1 is float32's 0.1, which is greater than 0.1."""
    boxes = np.array([[0, 0, 20, 20], [0, 0, 20, 6], [50, 0, 51, 1]], np.float32)
    keep, new_scores = soft_nms(boxes, np.float32([0.9, 0.8, 0.1]), 0.3, score_threshold=0.1)
    assert same_bits((keep, new_scores), (np.arange(3), np.float32([0.9, 0.8, 0.1])))
    assert soft_nms(boxes, np.float64(np.float32([0.9, 0.8, 0.1])), 0.3, score_threshold=0.1)[0].tolist() == [
        0,
        1,
        2,
    ]
    assert soft_nms(boxes, [0.9, 0.8, 0.1 - 1e-9], 0.3, score_threshold=0.1)[0].tolist() == [0, 1]


def test_classes_do_not_lower_each_others_scores_and_are_merged_best_first():
    """NMS-3."""
    keep, new_scores = batched_soft_nms(THREE, SCORES, [5, -1, -1])
    assert keep.tolist() == [0, 1, 2] and new_scores.tolist() == [0.9, 0.8, 0.7 * (1 - 1 / 3)]


def test_no_convention_shifts_the_classes_aside():
    twins = np.array([[-30.0, -12, -1, -1]] * 2)
    for profile in (refdet.TORCHVISION, refdet.OPENCV):
        assert refdet.batched_nms(twins, [0.9, 0.8], [0, 0], 0.5, convention=profile).tolist() == [0]
        assert batched_soft_nms(twins, [0.9, 0.8], [0, 1], convention=profile)[0].tolist() == [0, 1]


# Properties


def replayed(boxes, scores, keep, iou_threshold, sigma, method):
    """The definition, from the matrix of all overlaps: every score after each pick, (K + 1, N)."""
    overlap = box_iou(boxes, boxes)
    over = overlap > boxes.dtype.type(iou_threshold)
    o = overlap.astype(scores.dtype)
    if method == "linear":
        weight = np.where(over, 1 - o, 1)
    else:
        weight = np.exp(-(o * o) / scores.dtype.type(sigma), dtype=np.float64).astype(scores.dtype)
    rows = [scores]
    for k, i in enumerate(keep):
        rows.append(rows[-1] * weight[i])
        rows[-1][keep[: k + 1]] = rows[-2][keep[: k + 1]]
    return np.array(rows)


@given(case=scored_boxes(), threshold=THRESHOLDS, sigma=SIGMAS, least=LEAST, method=METHODS)
def test_every_pick_is_the_best_that_is_left_and_every_score_the_product_of_its_weights(
    case, threshold, sigma, least, method
):
    boxes, scores = case
    keep, new_scores = soft_nms(*case, threshold, sigma, least, method)
    rows = replayed(boxes, scores, keep, threshold, sigma, method)
    assert same_bits(new_scores, rows[-1][keep])
    for row, picked, taken in zip(rows[:-1], keep, range(len(keep)), strict=True):
        rest = np.setdiff1d(np.arange(len(boxes)), keep[:taken])
        assert (-row[picked], picked) == min((-row[j], j) for j in rest)
    assert (rows[-1][np.setdiff1d(np.arange(len(boxes)), keep)] < scores.dtype.type(least)).all()
    assert (new_scores >= scores.dtype.type(least)).all()


@given(case=scored_boxes(), threshold=THRESHOLDS, sigma=SIGMAS, least=LEAST, method=METHODS)
def test_scores_never_rise_and_come_best_first(case, threshold, sigma, least, method):
    keep, new_scores = soft_nms(*case, threshold, sigma, least, method)
    assert (new_scores <= case[1][keep]).all() and (np.diff(new_scores) <= 0).all()
    assert keep.dtype == np.int64 and len(set(keep.tolist())) == len(keep)


@given(case=scored_boxes(), least=LEAST)
def test_a_threshold_of_one_leaves_the_scores(case, least):
    boxes, scores = case
    enough = np.flatnonzero(scores >= least)
    order = enough[refdet.REFDET.suppression.by_score(scores[enough])]
    assert same_bits(soft_nms(*case, 1.0, score_threshold=least), (order, scores[order]))


@given(cells=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=20), threshold=THRESHOLDS)
def test_where_boxes_are_equal_or_apart_it_is_nms(cells, threshold):
    """The weight of an overlap of 1 is 0; at the threshold 1 nothing is over it."""
    boxes = np.array([[3 * c, 0, 3 * c + 2, 2] for c, _ in cells], float).reshape(-1, 4)
    scores = np.array([(level + 1) / 8 for _, level in cells])
    keep = nms(boxes, scores, threshold)
    assert same_bits(soft_nms(boxes, scores, threshold), (keep, scores[keep]))


@given(case=scored_boxes())
def test_a_narrow_gaussian_is_nms_at_threshold_0(case):
    boxes, scores = case[0], case[1] + case[1].dtype.type(0.25)
    keep = nms(boxes, scores, 0.0)
    assert same_bits(soft_nms(boxes, scores, sigma=1e-8, method="gaussian"), (keep, scores[keep]))


@given(case=scored_boxes(), threshold=THRESHOLDS, method=METHODS, seed=st.integers(0, 2**16))
def test_order_of_the_rows_does_not_matter_when_scores_differ(case, threshold, method, seed):
    """Random mantissas: products of weights do not tie either, but for boxes that are dropped."""
    rng = np.random.default_rng(seed)
    boxes, scores = case[0], rng.uniform(0.5, 1, len(case[0]))
    order = rng.permutation(len(boxes))
    keep, new_scores = soft_nms(boxes, scores, threshold, method=method)
    moved, moved_scores = soft_nms(boxes[order], scores[order], threshold, method=method)
    assert same_bits((order[moved], moved_scores), (keep, new_scores))


@given(case=scored_boxes(), threshold=THRESHOLDS, method=METHODS, data=st.data())
def test_batched_is_the_union_of_its_classes(case, threshold, method, data):
    boxes, scores = case
    labels = data.draw(st.lists(st.integers(-1, 2), min_size=len(boxes), max_size=len(boxes)))
    classes, expected = np.array(labels, np.int64), {}
    keep, new_scores = batched_soft_nms(boxes, scores, classes, threshold, method=method)
    for members in (np.flatnonzero(classes == label) for label in (-1, 0, 1, 2)):
        winners, lowered = soft_nms(boxes[members], scores[members], threshold, method=method)
        expected |= dict(zip(members[winners].tolist(), lowered.tolist(), strict=True))
    assert dict(zip(keep.tolist(), new_scores.tolist(), strict=True)) == expected
    assert keep.tolist() == sorted(expected, key=lambda k: (-expected[k], k))


@given(case=scored_boxes(), threshold=THRESHOLDS, method=METHODS)
def test_batched_with_one_class_is_plain(case, threshold, method):
    classes = np.zeros(len(case[0]), np.int64)
    plain = soft_nms(*case, threshold, method=method)
    assert same_bits(batched_soft_nms(*case, classes, threshold, method=method), plain)


def test_nothing_in_nothing_out():
    for dtype in (np.float32, np.float64):
        nothing = np.zeros(0, np.int64), np.zeros(0, dtype)
        assert same_bits(soft_nms(np.zeros((0, 4)), np.zeros(0, dtype)), nothing)
        assert same_bits(batched_soft_nms(np.zeros((0, 4)), np.zeros(0, dtype), []), nothing)


# Paths agree: tests/kernels/test_soft_nms_paths.py

# Bad input


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"sigma": 0}, ValueError, "sigma: 0 came; wanted a number above 0 in float64"),
        ({"sigma": -1}, ValueError, "sigma: -1.0 came; wanted a number from 0 on that fits float64"),
        ({"sigma": "wide"}, TypeError, "sigma: 'wide' came; wanted a real number"),
        ({"score_threshold": -0.1}, ValueError, "score_threshold: -0.1 came; wanted a number from 0 on"),
        ({"score_threshold": np.nan}, ValueError, "score_threshold: nan came; wanted a finite number"),
        ({"method": "hard"}, ValueError, "method: 'hard' came; wanted 'linear' or 'gaussian'"),
        ({"method": 1}, ValueError, "method: 1 came; wanted 'linear' or 'gaussian'"),
        ({"iou_threshold": 2}, ValueError, "iou_threshold: 2.0 came; wanted a number from 0 to 1"),
        ({"convention": refdet.COCO}, ValueError, "COCO has no rule for suppression"),
    ],
)
def test_wrong_arguments_say_what_came_and_what_is_wanted(arguments, error, text):
    for call in (soft_nms, soft_nms.trace, soft_nms.steps):
        with pytest.raises(error, match=text):
            call(THREE, SCORES, **arguments)


def test_numbers_must_fit_the_precision_of_the_scores():
    single = np.array(SCORES, np.float32)
    with pytest.raises(ValueError, match="sigma: 1e-60 came; wanted a number above 0 in float32"):
        soft_nms(THREE, single, sigma=1e-60)
    with pytest.raises(ValueError, match=r"score_threshold: 1e\+60 came; .* that fits float32"):
        soft_nms(THREE, single, score_threshold=1e60)
    assert soft_nms(THREE, SCORES, sigma=1e-60, score_threshold=1e60)[0].tolist() == []


# The cases by hand bite

PLANTED = {
    "decays at equality": ("rule.decays(overlap, iou_threshold)", "overlap >= iou_threshold"),
    "gaussian without the square": ("-(o * o) / sigma", "-o / sigma"),
    "sigma ignored": ("-(o * o) / sigma", "-(o * o) / 0.5"),
    "a weight that is too low": ("1 - o)", "1 - o * o)"),
    "decays kept boxes": (
        "        low = new_scores[queue]",
        "        new_scores[keep[:-1]] *= 0.5\n        low = new_scores[queue]",
    ),
    "drops before the decay": ("low = new_scores[queue]", "low = scores[queue]"),
    "drops at equality": ("low = new_scores[queue] <", "low = new_scores[queue] <="),
    "no drop at the start": ("rule.queue(new_scores <", "rule.queue(new_scores - 9 >"),
    "picks by the scores of the start": ("rule.best(new_scores[queue])", "rule.best(scores[queue])"),
    "the last of equal scores": (
        "rule.best(new_scores[queue])",
        "len(queue) - 1 - rule.best(new_scores[queue][::-1])",
    ),
    "the score before the decay": ("new_scores[keep]\n\n\ndef _", "scores[keep]\n\n\ndef _"),
}


@pytest.mark.parametrize("bug", PLANTED)
def test_each_planted_bug_changes_a_case_by_hand(bug):
    old, new = PLANTED[bug]
    source = inspect.getsource(inspect.getmodule(soft_nms.steps.__wrapped__))
    assert source.count(old) == 1
    planted = {"__name__": "planted"}
    exec(compile(source.replace(old, new), "planted", "exec"), planted)  # noqa: S102

    def differs(boxes, scores, arguments, keep, new_scores):
        found = planted["soft_nms"](boxes, scores, **arguments)
        return found[0].tolist() != keep or not close(found[1], new_scores, "six digits")

    assert any(differs(*case) for case in CASES.values())
