"""The fast forms of nms and batched_nms where they leave out pairs: many boxes, and boxes at the very bounds.

Small inputs never come that far: boxes under test stand behind `many_apart`, better boxes that suppress nothing.
The bounds on size and place are those of csrc/size_grid.h.
"""

import dataclasses
import itertools
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import classified_boxes, same_bits

import refdet
from refdet import kernels
from refdet.conventions import Overlap
from refdet.profiles import PROFILES

SUPPRESSION = [profile for profile in PROFILES.values() if profile.suppression]
REAL = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@pytest.fixture(params=["cpp", "vectorized", "vectorized, in parts"])
def fast(request, monkeypatch):
    """The module of the fast forms; in parts, a grid settles 700 boxes at a time and not 2^15."""
    name, _, parts = request.param.partition(", ")
    if name not in kernels.implementations("nms"):
        pytest.skip(f"no {name} backend")
    if parts:
        monkeypatch.setattr("refdet.kernels.vectorized_nms._GRID", 700)
    return getattr(kernels, name)


def many_apart(threshold, dtype):
    """So many boxes 16 apart, at y = -5000, that no scan goes on; and their scores, 20 to 10."""
    count = int(900 / threshold)
    x = 16.0 * np.arange(count)
    boxes = np.stack([x, np.full(count, -5000.0), x + 8, np.full(count, -4992.0)], axis=1)
    return boxes.astype(dtype), np.linspace(20, 10, count).astype(dtype)


def agrees_behind_many(function, case, threshold, convention=refdet.REFDET):
    """True if the boxes of the case, which lie elsewhere, fare as they do alone."""
    first, best = many_apart(threshold, case[0].dtype)
    boxes, scores = np.concatenate([first, case[0]]), np.concatenate([best, case[1]])
    classes = () if len(case) == 2 else (np.concatenate([np.full(len(first), case[2][0]), case[2]]),)
    reference = refdet.nms if len(case) == 2 else refdet.batched_nms
    alone = reference(*case, threshold, convention=convention)
    expected = np.concatenate([np.arange(len(first)), len(first) + alone])
    return same_bits(function(boxes, scores, *classes, threshold, convention=convention), expected)


# Lattices and workloads


@given(
    case=classified_boxes(max_size=40),
    threshold=st.sampled_from([0.25, 0.3, 1 / 3, 0.5, 0.6, 0.7, 0.75, 0.9, 1.0]),
    convention=st.sampled_from(SUPPRESSION),
)
def test_boxes_on_a_lattice_fare_behind_many_as_they_do_alone(fast, case, threshold, convention):
    if convention.overlap.division == "distance":  # a box with a negative area is the same as one of the many
        case[0][:, 2:] = np.maximum(case[0][:, :2], case[0][:, 2:])
    assert agrees_behind_many(fast.nms, case[:2], threshold, convention)
    by_class = dataclasses.replace(convention, suppression=moving_nothing(convention.suppression))
    if len(case[0]):
        assert agrees_behind_many(fast.batched_nms, case, threshold, by_class)


def moving_nothing(rule):
    return dataclasses.replace(rule, offset_classes_up_to=0)


@cache
def workload(name, count, dtype, seed=0):
    """Boxes and scores: 25 detections an object and a fifth clutter; few objects; hardly any overlap."""
    rng = np.random.default_rng(seed)
    objects = {"clustered": max(1, count // 31), "crowded": 20, "sparse": count}[name]
    span = 100 * np.sqrt(count) if name == "sparse" else 1000
    centre, side = rng.uniform(0, span, (objects, 2)), np.exp(rng.uniform(3, 5.5, (objects, 2)))
    of = np.arange(count) if name == "sparse" else rng.integers(0, objects, count)
    centre = centre[of] + rng.normal(0, 0.08, (count, 2)) * side[of]
    side = side[of] * np.exp(rng.normal(0, 0.1, (count, 2)))
    if name == "clustered":
        clutter = rng.random(count) < 0.2
        centre[clutter] = rng.uniform(0, span, (clutter.sum(), 2))
    boxes = np.hstack([centre - side / 2, centre + side / 2]).astype(dtype)
    return boxes, rng.integers(0, count, count).astype(dtype)


@cache
def expected_of(name, count, dtype, threshold, classes=0):
    boxes, scores = workload(name, count, dtype)
    if classes:
        return refdet.batched_nms(boxes, scores, np.arange(count) % classes, threshold)
    return refdet.nms(boxes, scores, threshold)


@REAL
@pytest.mark.parametrize("threshold", [1 / 64, 0.05, 0.3, 0.5, 0.7, 0.9])
@pytest.mark.parametrize("name", ["clustered", "crowded", "sparse"])
def test_workloads_agree(fast, name, threshold, dtype):
    case, expected = workload(name, 1900, dtype), expected_of(name, 1900, dtype, threshold)
    assert same_bits(fast.nms(*case, threshold), expected)


@pytest.mark.parametrize("classes", [1, 2, 80, 1900])
@pytest.mark.parametrize("name", ["clustered", "sparse"])
def test_workloads_of_several_classes_agree(fast, name, classes):
    expected = expected_of(name, 1900, np.float32, 0.5, classes)
    labels = np.arange(1900) % classes
    for idxs in (labels, labels * -(2**52) + 7):
        result = fast.batched_nms(*workload(name, 1900, np.float32), idxs, 0.5)
        assert same_bits(result, expected)


# 32 boxes are picked at a time, 64 settled, 128 are few; from 432 on they are hashed, from 1567 put in a grid.
COUNTS = [0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 129, 192, 193, *range(430, 436), *range(1564, 1570), 1900]


@pytest.mark.parametrize("count", COUNTS)
def test_the_switch_from_one_way_to_another_changes_nothing(fast, count):
    boxes, scores = (array[:count] for array in workload("sparse", 1900, np.float32))
    assert same_bits(fast.nms(boxes, scores, 0.5), refdet.nms(boxes, scores, 0.5))


# Bounds on size and place


def nudged(values, rng):
    """Up to two representable numbers away."""
    return values + rng.integers(-2, 3, values.shape).astype(values.dtype) * np.spacing(values)


def at_the_bound(kind, threshold, dtype, count):
    """Pairs whose IoU is the threshold but for rounding, and whose places or sizes are next to a cell's edge."""
    rng = np.random.default_rng(1)
    power = 2.0 ** rng.integers(-3, 4, count)
    if kind == "size":
        narrow = nudged(power.astype(dtype), rng)
        wide = nudged((narrow / threshold).astype(dtype), rng)
        begin, other = np.zeros(count, dtype), (rng.integers(0, 2, count) * (wide - narrow)).astype(dtype)
    else:
        wide = narrow = (power * rng.uniform(1, 2, count)).astype(dtype)
        begin = nudged((power * rng.integers(1, 9, count)).astype(dtype), rng)
        shift = (wide * ((1 - threshold) / (1 + threshold))).astype(dtype)
        other = begin + nudged(shift, rng) * rng.choice([-1, 1], count).astype(dtype)
    top = 4 * np.arange(count, dtype=dtype)
    first = np.stack([begin, top, begin + wide, top + 1], axis=1)
    second = np.stack([other, top, other + narrow, top + 1], axis=1)
    swap = rng.random(count) < 0.5
    return np.where(swap[:, None], second, first), np.where(swap[:, None], first, second)


@REAL
@pytest.mark.parametrize("threshold", [0.2, 0.3, 1 / 3, 0.5, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("kind", ["size", "place"])
def test_pairs_at_the_very_bound_are_not_left_out(fast, kind, threshold, dtype):
    pairs = at_the_bound(kind, threshold, dtype, int(800 / threshold))
    count = len(pairs[0])
    scores = np.repeat(dtype([2, 1]), count) - np.tile(np.arange(count, dtype=dtype) / dtype(4 * count), 2)
    for inclusive, columns in itertools.product((False, True), ([0, 1, 2, 3], [1, 0, 3, 2])):
        rule = dataclasses.replace(refdet.REFDET.suppression, inclusive=inclusive)
        convention = dataclasses.replace(refdet.REFDET, suppression=rule)
        better, worse = (side[:, columns] for side in pairs)
        limit = rule.rounded(threshold, np.dtype(dtype))
        over = rule.suppresses(refdet.aligned_box_iou(better, worse), limit)
        assert threshold == 1 or over.any() and not over.all(), "the case does not bite"
        expected = np.concatenate([np.arange(count), count + np.flatnonzero(~over)])
        result = fast.nms(np.concatenate([better, worse]), scores, threshold, convention=convention)
        assert same_bits(result, expected)


@pytest.mark.parametrize(("dtype", "powers"), [(np.float32, 40), (np.float64, 300)])
@pytest.mark.parametrize("kind", ["mixed", "tiny", "huge", "far"])
def test_scales_of_all_orders(fast, kind, dtype, powers):
    rng, count = np.random.default_rng(2), 1200
    power = {"mixed": rng.uniform(-powers, powers, (count, 1)), "tiny": -powers, "huge": powers, "far": 0}[
        kind
    ]
    corner = rng.uniform(0, 1, (count, 2)) + (2.0**15 if kind == "far" else 0)
    boxes = np.hstack([corner, corner + rng.uniform(0, 0.3, (count, 2))]) * 2.0**power
    boxes, scores = boxes.astype(dtype), rng.random(count).astype(dtype)
    for threshold in (0.4, 0.7):
        assert same_bits(fast.nms(boxes, scores, threshold), refdet.nms(boxes, scores, threshold))


# Boxes that the bounds do not cover


def any_convention(profile, **fields):
    return dataclasses.replace(profile, overlap=dataclasses.replace(profile.overlap, **fields))


def of_next_to_nothing(rng):
    """In inclusive pixels: widths of -1 and a little more, beside ordinary heights."""
    x = rng.integers(0, 40, (60, 1)) * 2.0**-26
    side = np.hstack([rng.integers(1, 9, (60, 1)) * 2.0**-24 - 1, rng.integers(1, 3, (60, 1))])
    return np.hstack([x, x, x + side[:, :1], x + side[:, 1:]]).astype(np.float32)


def of_subnormal_area(rng):
    """Pairs of squares of 1.45 units with 0.55 in common: each of the three areas is rounded to one unit."""
    side = (1.45 * float(np.finfo(np.float32).smallest_subnormal)) ** 0.5
    x = np.repeat(rng.uniform(0, 9, 30), 2) + np.tile([0, 0.62], 30)
    corner = side * np.stack([x, 4 * np.repeat(np.arange(30), 2)], axis=1)
    return rng.permutation(np.hstack([corner, corner + side]).astype(np.float32))


def apart_and_tiny(rng):
    corner = rng.uniform(0, 1000, (60, 2))
    return np.hstack([corner, corner + rng.integers(0, 2, (60, 2)) * 1e-9])


def all_tiny(rng):
    corner = rng.integers(0, 300, (60, 2)) * 1e-6
    return np.hstack([corner, corner + rng.uniform(0.3, 3, (60, 2)) * 1e-9])


def of_subnormal_width(rng):
    x, y = rng.integers(0, 9, (2, 60, 1)) * np.array([5e-320, 1e30])[:, None, None]
    return np.hstack([x, y, x + 4e-320, y + 4e30])


def inside_out(rng):
    boxes = rng.integers(0, 30, (60, 4)).astype(np.float32)
    boxes[::3, 2] = boxes[::3, 0]
    return boxes


def not_finite(rng):
    boxes = inside_out(rng)
    places = rng.integers(0, 60, 40), rng.integers(0, 4, 40)
    boxes[places] = rng.choice([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45], 40)
    return boxes


@pytest.mark.parametrize(
    ("make", "profile"),
    [
        (of_next_to_nothing, refdet.FAST_RCNN),
        (of_subnormal_area, refdet.REFDET),
        (of_subnormal_area, refdet.TORCHVISION),
        (apart_and_tiny, refdet.OPENCV),
        (apart_and_tiny, refdet.REFDET),
        (all_tiny, refdet.OPENCV),
        (of_subnormal_width, refdet.REFDET),
        *((inside_out, profile) for profile in SUPPRESSION),
        *(
            (
                not_finite,
                any_convention(refdet.REFDET, **Overlap(inverted=i, division=d, finite="propagate").__dict__),
            )
            for i in ("empty", "signed", "sorted")
            for d in ("guarded", "ieee", "distance")
        ),
    ],
    ids=lambda value: getattr(value, "__name__", getattr(value, "name", None)),
)
@np.errstate(all="ignore")
def test_boxes_that_the_bounds_do_not_cover(fast, make, profile):
    rng = np.random.default_rng(3)
    boxes = make(rng)
    scores = rng.random(len(boxes)).astype(boxes.dtype)
    for threshold in (0.4, 0.6, 0.9):
        assert agrees_behind_many(fast.nms, (boxes, scores), threshold, profile)


# The order


@pytest.mark.parametrize("ties", ["first", "last"])
@REAL
def test_any_scores_come_in_the_order_of_the_reference(fast, dtype, ties):
    """Boxes apart are all kept: what comes back is the order of the scores."""
    rng = np.random.default_rng(4)
    rule = dataclasses.replace(refdet.REFDET.suppression, ties=ties)
    convention = dataclasses.replace(any_convention(refdet.REFDET, finite="propagate"), suppression=rule)
    boxes, _ = many_apart(0.5, dtype)
    special = [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-45, -1e-45, 3e38, -3e38, 1, -1]
    for scores in (
        rng.choice(special, len(boxes)),
        rng.standard_normal(len(boxes)),
        rng.integers(0, 9, len(boxes)),
    ):
        scores = scores.astype(dtype)
        assert same_bits(fast.nms(boxes, scores, 0.5, convention=convention), rule.by_score(scores + 0))
        idxs = rng.integers(-3, 3, len(boxes))
        result = fast.batched_nms(boxes, scores, idxs, 0.5, convention=convention)
        assert same_bits(result, rule.by_score(scores + 0))
