"""ERR-2, ERR-4, ERR-83, ERR-84: for each listing of the course notes the smallest input on which it is wrong."""

import dataclasses
import doctest
import inspect
import itertools
import re
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st
from tolerances import close

from refdet import FAST_RCNN, REFDET, box_iou, nms
from refdet.evaluation import eleven_point_ap, match_detections

from . import listings
from .listings import listed_eleven_points, listed_iou, listed_matching, listed_nms

PAGE = (Path(__file__).parents[2] / "docs" / "errata.md").read_text()
UNIT, TALL = (0, 0, 1, 1), (0, 0, 1, 2)


def smallest(inputs, wrong):
    """The simplest input on which the listing is wrong, by Hypothesis' search."""
    return find(inputs, wrong, settings=settings(max_examples=5000, database=None), random=Random(0))


def with_field(part, **changed):
    """REFDET with one field of one part changed."""
    return dataclasses.replace(REFDET, **{part: dataclasses.replace(getattr(REFDET, part), **changed)})


SMALL_BOXES = st.builds(
    lambda x, y, w, h: (x, y, x + w, y + h), *[st.integers(0, 2)] * 2, *[st.integers(1, 3)] * 2
)
LEVELS = st.sampled_from([0.5, 0.25, 1 / 3, 2 / 3, 1.0])

# ERR-2: union by product


def wrong_iou(pair):
    return not close(listed_iou(*pair), box_iou([pair[0]], [pair[1]])[0, 0], "six digits")


def test_a_pixel_overlaps_itself_a_million_times():
    assert round(listed_iou(UNIT, UNIT)) == 1_000_000 and box_iou([UNIT], [UNIT])[0, 0] == 1
    assert smallest(st.tuples(SMALL_BOXES, SMALL_BOXES), wrong_iou) == (UNIT, UNIT)


def test_the_example_of_the_notes():
    """I = 1; 4 * 4 - 1 = 15 instead of 4 + 4 - 1 = 7."""
    pair = (0, 0, 2, 2), (1, 1, 3, 3)
    assert round(listed_iou(*pair), 6) == 0.066667
    assert round(float(box_iou([pair[0]], [pair[1]])[0, 0]), 6) == 0.142857


@given(st.tuples(SMALL_BOXES, SMALL_BOXES))
def test_it_is_right_only_apart_or_where_product_and_sum_agree(pair):
    a, b = ((x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in pair)
    apart = box_iou([pair[0]], [pair[1]])[0, 0] == 0
    assert wrong_iou(pair) == (not apart and a * b != a + b)


# ERR-4: suppression at equality


def both_nms(boxes, threshold, **options):
    boxes = np.array(boxes, float).reshape(-1, 4)
    scores = np.arange(len(boxes), 0, -1.0)
    return listed_nms(boxes, scores, threshold), nms(boxes, scores, threshold, **options).tolist()


def wrong_nms(problem):
    listed, right = both_nms(*problem)
    return listed != right


def test_two_boxes_that_overlap_by_half():
    assert both_nms([UNIT, TALL], 0.5) == ([0], [0, 1])
    boxes, _ = smallest(st.tuples(st.lists(SMALL_BOXES, max_size=4), st.just(0.5)), wrong_nms)
    assert sorted(boxes) == [UNIT, TALL]


def test_a_box_and_its_copy_at_a_threshold_that_nothing_exceeds():
    assert both_nms([UNIT, UNIT], 1.0) == ([0], [0, 1])
    assert smallest(st.tuples(st.lists(SMALL_BOXES, max_size=4), LEVELS), wrong_nms) == ([UNIT, UNIT], 1.0)


@given(st.lists(SMALL_BOXES, max_size=5), LEVELS)
def test_equality_is_its_only_difference(boxes, threshold):
    listed, inclusive = both_nms(boxes, threshold, convention=with_field("suppression", inclusive=True))
    assert listed == inclusive
    overlap = box_iou(*[np.array(boxes, float).reshape(-1, 4)] * 2)
    assert (overlap == threshold).any() or not wrong_nms((boxes, threshold))


# ERR-83: levels one bit too high


def curve(flags, positives):
    """Recall and precision of hits (T) and false positives (F), best first."""
    right = np.cumsum([flag == "T" for flag in flags])
    return right / positives, right / np.arange(1, len(flags) + 1)


def wrong_points(problem):
    points = curve(*problem)
    return not close(listed_eleven_points(*points), eleven_point_ap(*points), "float64 sums")


def test_three_hits_of_five_do_not_reach_six_tenths():
    points = curve("TTT", 5)
    assert round(listed_eleven_points(*points) * 11, 9) == 6
    assert round(eleven_point_ap(*points) * 11, 9) == 7
    runs = st.lists(st.sampled_from("TF"), max_size=8).flatmap(
        lambda flags: st.tuples(st.just("".join(flags)), st.integers(max(flags.count("T"), 1), 10))
    )
    assert smallest(runs, wrong_points) == ("TTT", 5)


def test_fewer_objects_or_detections_never_show_it():
    few = ((flags, n) for d in range(6) for flags in itertools.product("TF", repeat=d) for n in range(1, 6))
    seen = [(len(f), n) for f, n in few if f.count("T") <= n and wrong_points((f, n))]
    assert min(seen) == (3, 5) and {n for _, n in seen} == {5}


@pytest.mark.parametrize(
    ("flags", "positives", "listed", "right"),
    [("TTFT", 5, 0.522727, 0.590909), ("TTT", 10, 0.272727, 0.363636)],
)
def test_the_numbers_of_the_erratum(flags, positives, listed, right):
    points = curve(flags, positives)
    assert round(listed_eleven_points(*points), 6) == listed == round(eleven_point_ap(*points, "arange"), 6)
    assert round(eleven_point_ap(*points), 6) == right


@given(st.text("TF", max_size=14), st.integers(1, 12))
def test_the_variant_is_the_listing_and_never_above_the_exact_levels(flags, positives):
    points = curve(flags, max(flags.count("T"), positives))
    variant = eleven_point_ap(*points, variant="arange")
    assert close(variant, listed_eleven_points(*points), "float64 sums")
    assert variant <= eleven_point_ap(*points)


# ERR-84: matching


def right_matching(boxes, gt_boxes, threshold, **options):
    """refdet's answer in the listing's form: what counts, best first; objects that count."""
    boxes, gt_boxes = (np.array(b, float).reshape(-1, 4) for b in (boxes, gt_boxes))
    scores, places = np.arange(len(boxes), 0, -1.0), np.zeros(len(boxes), int)
    gt_places = np.zeros(len(gt_boxes), int)
    found = match_detections(boxes, scores, places, gt_boxes, gt_places, threshold, **options)
    return found.true_positive[~found.ignored].tolist(), found.positives


def listed(boxes, gt_boxes, threshold):
    rows = [(*box, score) for box, score in zip(boxes, range(len(boxes), 0, -1), strict=True)]
    return listed_matching(rows, gt_boxes, threshold)


BOXES = st.lists(SMALL_BOXES, max_size=4)
STRICT = with_field("average_precision", strict=True)
REASSIGN = with_field("average_precision", reassign=True)


def test_equality_passes_though_the_prose_says_greater():
    assert listed([UNIT], [TALL], 0.5) == ([True], 1)
    assert right_matching([UNIT], [TALL], 0.5, convention=STRICT) == ([False], 1)
    found = smallest(
        st.tuples(BOXES, BOXES, st.just(0.5)),
        lambda problem: listed(*problem) != right_matching(*problem, convention=STRICT),
    )
    assert sorted(found[0] + found[1]) == [UNIT, TALL]
    assert not FAST_RCNN.average_precision.matches(np.array([0.5]), 0.5).any()  # the Python port of VOC


def test_of_two_objects_in_one_place_it_finds_one():
    """The second detection is a duplicate to VOC; COCO gives it the free object."""
    assert listed([UNIT, UNIT], [UNIT, UNIT], 0.5) == ([True, False], 2)
    assert right_matching([UNIT, UNIT], [UNIT, UNIT], 0.5, convention=REASSIGN) == ([True, True], 2)
    found = smallest(
        st.tuples(BOXES, BOXES, st.just(0.5)),
        lambda problem: listed(*problem) != right_matching(*problem, convention=REASSIGN),
    )
    assert found == ([UNIT, UNIT], [UNIT, UNIT], 0.5)


def test_a_difficult_object_counts():
    everything = np.array([True])
    assert listed([UNIT], [UNIT], 0.5) == ([True], 1)
    assert right_matching([UNIT], [UNIT], 0.5, difficult=everything) == ([], 0)
    found = smallest(
        st.tuples(BOXES, st.just([UNIT]), st.just(0.5)),
        lambda problem: listed(*problem)[0] != right_matching(*problem, difficult=everything)[0],
    )
    assert found == ([UNIT], [UNIT], 0.5)


@given(BOXES, BOXES, st.one_of(LEVELS, st.just(0.0)))
def test_otherwise_it_is_refdet_s_own_rule(boxes, gt_boxes, threshold):
    assert listed(boxes, gt_boxes, threshold) == right_matching(boxes, gt_boxes, threshold)


# The page


def test_the_page_shows_the_listings_as_they_are_tested():
    shown = re.findall(r"```python\n(def .*?)```", PAGE, re.S)
    functions = [
        f for _, f in inspect.getmembers(listings, inspect.isfunction) if f.__module__ == listings.__name__
    ]
    assert sorted(shown) == sorted(map(inspect.getsource, functions)) and len(shown) == 4


def test_the_refutations_on_the_page_run():
    code = "\n".join(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.S) if ">>>" in block)
    test = doctest.DocTestParser().get_doctest(code, dict(vars(listings)), "errata.md", "errata.md", 0)
    told = []
    doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert len(test.examples) >= 8 and "".join(told) == ""
