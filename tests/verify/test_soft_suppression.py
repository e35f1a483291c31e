"""The contract of soft suppression: right kernels pass, planted bugs are found."""

import dataclasses
import itertools

import numpy as np
import pytest
from judged_kernels import first_broken, hopeless

from refdet import kernels, soft_nms
from refdet.conventions import REFDET
from refdet.profiles import PROFILES
from refdet.verify.child import same_bits
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS

OP = "soft_nms"


def ious(box, boxes, plus=0):
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    inter = np.clip(high - low + plus, 0, None).prod(axis=1)
    union = (box[2:] - box[:2] + plus).prod() + (boxes[:, 2:] - boxes[:, :2] + plus).prod(axis=1) - inter
    return np.where(inter > 0, inter / union, 0).astype(boxes.dtype)


def lowered(o, scores, threshold, sigma, method):
    """What a pick leaves of the scores that it overlaps so much."""
    if method == "linear":
        return np.where(o > threshold, scores * (1 - o), scores)
    return scores * np.exp(-(o * o) / scores.dtype.type(sigma))


def own(boxes, scores, iou_threshold, sigma, score_threshold, method, **bug):
    """Soft suppression, written plainly, with one thing wrong if it is named."""
    left, first = scores.copy(), scores.copy()
    threshold, least = boxes.dtype.type(iou_threshold), scores.dtype.type(score_threshold)
    if bug.get("rounded"):
        least = float(np.round(least, 1))
    queue = [i for i in range(len(boxes)) if left[i] >= least or bug.get("all")]
    keep, new_scores = [], []
    while queue:
        if bug.get("once"):
            i = max(queue, key=lambda j: first[j])
        else:
            best = max(left[queue])
            i = [j for j in queue if left[j] == best][-1 if bug.get("last") else 0]
        queue.remove(i)
        keep.append(i)
        new_scores.append(first[i] if bug.get("first") else left[i])
        o = (
            ious(boxes[i], boxes, bug.get("plus", 0))
            .astype(bug.get("dtype", boxes.dtype))
            .astype(boxes.dtype)
        )
        others = np.array(queue, np.int64)
        if bug.get("block"):
            others = others[others < bug["block"]]
        if bug.get("short"):
            others = others[others < len(boxes) - 1]
        rule = bug.get("lowered", lowered)
        left[others] = rule(o[others], left[others], threshold, sigma, method)
        if not bug.get("kept"):
            queue = [j for j in queue if (left[j] > least if bug.get("strict") else left[j] >= least)]
    keep, new_scores = np.array(keep, np.int64), np.array(new_scores, scores.dtype)
    if bug.get("by_index"):
        order = np.argsort(keep)
        return keep[order], new_scores[order]
    return keep, new_scores


def at_equality(o, scores, threshold, sigma, method):
    return (
        np.where(o >= threshold, scores * (1 - o), scores)
        if method == "linear"
        else lowered(o, scores, threshold, sigma, method)
    )


def hard(o, scores, threshold, sigma, method):
    return np.where(o > threshold, 0, scores)


def linear_alone(o, scores, threshold, sigma, method):
    return lowered(o, scores, threshold, sigma, "linear")


def gaussian_alone(o, scores, threshold, sigma, method):
    return lowered(o, scores, threshold, sigma, "gaussian")


def without_square(o, scores, threshold, sigma, method):
    o = np.sqrt(o) if method == "gaussian" else o
    return lowered(o, scores, threshold, sigma, method)


def normal(o, scores, threshold, sigma, method):
    return lowered(o, scores, threshold, 2 * sigma * sigma if method == "gaussian" else sigma, method)


def always(o, scores, threshold, sigma, method):
    return lowered(o, scores, 0.0, sigma, method)


def over_one_half(o, scores, threshold, sigma, method):
    return lowered(o, scores, 0.5, sigma, method)


def by_threshold(o, scores, threshold, sigma, method):
    if method == "gaussian":
        return np.where(o > threshold, lowered(o, scores, threshold, sigma, method), scores)
    return lowered(o, scores, threshold, sigma, method)


def by_overlap(o, scores, threshold, sigma, method):
    return (
        np.where(o > threshold, scores * o, scores)
        if method == "linear"
        else scores * np.exp(-(o * o) / sigma)
    )


def wrong(**bug):
    return lambda **a: own(**a, **bug)


def answered(change):
    return lambda **a: change(*soft_nms(**a))


PLANTED = {
    "lowers at the threshold too": (wrong(lowered=at_equality), "is lowered to"),
    "drops instead of lowering": (wrong(lowered=hard), ""),
    "linear whatever is wanted": (wrong(lowered=linear_alone), ""),
    "gaussian whatever is wanted": (wrong(lowered=gaussian_alone), ""),
    "the overlap is not squared": (wrong(lowered=without_square), ""),
    "divides by two sigma squared": (wrong(lowered=normal), ""),
    "no threshold": (wrong(lowered=always), ""),
    "the threshold is 0.5": (wrong(lowered=over_one_half), ""),
    "gaussian has a threshold": (wrong(lowered=by_threshold), ""),
    "weights by the overlap": (wrong(lowered=by_overlap), ""),
    "sorts once": (wrong(once=True), "the best score is picked next"),
    "the last of equal scores": (wrong(last=True), "of equal scores"),
    "the scores as they came": (wrong(first=True), "is lowered to"),
    "drops at the least score too": (wrong(strict=True), "a box goes only if"),
    "keeps what is low": (wrong(kept=True), "is not picked"),
    "begins with what is low": (wrong(all=True), "is not picked"),
    "the least score is rounded": (wrong(rounded=True), ""),
    "sizes with one more pixel": (wrong(plus=1), ""),
    "one block of 64": (wrong(block=64), ""),
    "the last box is never lowered": (wrong(short=True), ""),
    "overlaps in half precision": (wrong(dtype=np.float16), "is lowered to"),
    "in the order of the boxes": (wrong(by_index=True), ""),
    "zeros": (answered(lambda keep, new: (keep * 0, new * 0)), "no index comes twice"),
    "ranks instead of indices": (answered(lambda keep, new: (np.arange(len(keep)), new)), ""),
    "the scores alone": (answered(lambda keep, new: new), "2 results"),
    "double precision": (answered(lambda keep, new: (keep, new.astype(np.float64))), "float32"),
    "one too few": (answered(lambda keep, new: (keep[:-1], new[:-1])), "a box goes only if"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name):
    kernel, words = PLANTED[name]
    found = first_broken(OP, kernel, 200)
    assert found is not None and words in found[1], found


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_right_kernels_pass(dtype):
    for name, kernel in kernels.implementations(OP).items():
        if name in ("numpy", "vectorized", "cpp"):
            assert first_broken(OP, kernel, 150, dtype=dtype) is None, name
    assert first_broken(OP, own, 118, dtype=dtype) is None


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile.suppression])
def test_every_profile_passes_its_own_contract_strictly_too(name):
    profile = PROFILES[name]

    def kernel(**a):
        return soft_nms(**a, convention=profile)

    assert first_broken(OP, kernel, 45, profile) is None
    assert first_broken(OP, kernel, 45, profile, seed=1, band=False) is None


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"soft_order": "swap"}, ("a box goes only if", "of equal scores")),
        ({"soft_inclusive": True}, ("is lowered to",)),
        ({"ties": "last"}, ("of equal scores the last",)),
    ],
)
def test_another_rule_is_told_from_the_default(rule, words):
    other = dataclasses.replace(REFDET, suppression=dataclasses.replace(REFDET.suppression, **rule))
    assert first_broken(OP, lambda **a: soft_nms(**a, convention=other), 100, other) is None
    found = first_broken(OP, soft_nms, 100, other)
    assert any(part in found[1] for part in words), found


def test_the_unit_of_the_scores_changes_nothing():
    contract, rng = CONTRACTS[OP], np.random.default_rng(3)
    (relation,) = contract.relations.values()
    for case in itertools.islice(contract.cases(rng, REFDET, np.dtype("float32")), 120):
        changed, expected = relation(rng, case.arguments)
        assert same_bits(expected(soft_nms(**case.arguments)), soft_nms(**changed))


def told(keep, new_scores, **changed):
    """Two boxes of IoU 1/2 with the scores 1/2 and 1/4."""
    a = {
        "boxes": np.array([[0, 0, 4, 4], [0, 0, 4, 2]], np.float32),
        "scores": np.array([0.5, 0.25], np.float32),
        "iou_threshold": 0.25,
        "sigma": 0.5,
        "score_threshold": 0.125,
        "method": "linear",
    } | changed
    answer = np.array(keep, np.int64), np.array(new_scores, np.float32)
    return broken(CONTRACTS[OP], Case(a, "by hand"), answer, Terms(REFDET))


def test_exact_scores_leave_one_answer():
    assert told([0, 1], [0.5, 0.125]) is None
    assert told([0], [0.5]) == "a box goes only if less than 0.125 is left of its score; [1] has more"
    assert told([0, 1], [0.5, 0.25]) == "the score of box 1 is lowered to 0.125; 0.25 came"
    assert told([1, 0], [0.25, 0.25]) == "the best score is picked next; 1 has 0.25, [0] has more"
    assert told([0, 1], [0.5, 0.125], score_threshold=0.126).startswith("a box with less than 0.126")


def test_an_overlap_at_a_rounded_threshold_leaves_both_open():
    boxes = np.array([[0, 0, 0.3, 0.1], [0, 0, 0.1, 0.1]], np.float32)
    given = {"boxes": boxes, "iou_threshold": 1 / 3, "score_threshold": 0.0}
    assert told([0, 1], [0.5, 0.25], **given) is None
    assert told([0, 1], [0.5, 1 / 6], **given) is None


def test_no_answer_takes_the_judge_down():
    cases = CONTRACTS[OP].cases(np.random.default_rng(0), REFDET, np.dtype("float32"))
    case = next(case for case in cases if len(case.arguments["boxes"]) == 7)
    for answer in hopeless(2):
        assert broken(CONTRACTS[OP], case, answer, Terms(REFDET)) is not None
