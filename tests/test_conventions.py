"""The fields of a convention: each changes one answer that can be checked with a pencil."""

import dataclasses

import numpy as np
import pytest
from shown_soft import SOFT
from strategies import same_bits

from refdet.conventions import REFDET, AveragePrecision, Overlap, Roi, Suppression
from refdet.evaluation.average_precision import integrate
from refdet.evaluation.matching import match_detections
from refdet.ops.box_iou import box_iou
from refdet.ops.nms import batched_nms, nms
from refdet.ops.overlap_kinds import overlap
from refdet.ops.roi_align import roi_align
from refdet.ops.roi_pool import roi_pool, roi_pool_with_argmax

PARTS = {"overlap": Overlap, "suppression": Suppression, "roi": Roi, "average_precision": AveragePrecision}


def varied(part, **changes):
    """REFDET with some fields of one part changed."""
    return dataclasses.replace(REFDET, **{part: dataclasses.replace(getattr(REFDET, part), **changes)})


def iou(box1, box2, convention, dtype=float):
    return box_iou(np.array([box1], dtype), np.array([box2], dtype), convention=convention)[0, 0]


def kept(boxes, threshold, convention, dtype=float, scores=None):
    scores = np.arange(len(boxes), 0, -1.0) if scores is None else np.array(scores)
    return nms(np.array(boxes, dtype), scores, threshold, convention=convention).tolist()


def half(convention):
    # 32/64 with continuous corners, 45/81 with inclusive ones.
    return iou([0, 0, 8, 8], [0, 0, 8, 4], convention)


def touching(convention):
    return iou([0, 0, 6, 6], [6, 0, 12, 6], convention)


def inverted_pair(convention):
    return iou([3, 3, 1, 1], [1, 1, 3, 3], convention)


def inverted_once(convention):
    return convention.overlap.area(np.array([[3.0, 0, 1, 2]])).tolist()


def two_points(convention):
    return iou([7, 7, 7, 7], [30, 30, 30, 30], convention)


def crossed(kind, convention):
    # IOU-5: they share 1 of 3, in a square of 4; their centres are 1/2 of 8 apart, both squared.
    return overlap([[0, 0, 2, 1]], [[0, 0, 1, 2]], kind, convention=convention).round(6).item()


def third(convention):
    return box_iou(np.float32([[0, 0, 3, 1]]), np.float32([[0, 0, 1, 1]]), convention=convention)


def blamed(function, *arguments):
    """The result, or the argument that the error names."""
    try:
        return function(*arguments).item()
    except ValueError as error:
        return str(error).partition(":")[0]


def not_a_number(convention):
    return blamed(iou, [0, 0, np.nan, 1], [0, 0, 1, 1], convention)


def at_the_threshold(convention):
    return kept([[0, 0, 4, 2], [0, 0, 4, 1]], 0.5, convention)


def equal_scores(convention):
    return kept([[0, 0, 4, 4], [0, 0, 4, 4]], 0.5, convention, scores=[0.5, 0.5])


def three_tenths(convention):
    # IoU 6/20. The float32 next to 0.3 is 0.300000012, above the double 0.3.
    return kept([[0, 0, 20, 20], [0, 0, 20, 6]], 0.3, convention, np.float32)


def seven_tenths(convention):
    # IoU 7/10 in float64; the float32 next to 0.7 is 0.699999988, below it.
    return kept([[0, 0, 10, 1], [0, 0, 7, 1]], 0.7, convention)


def two_classes_at_minus_one(convention):
    # The largest coordinate is -1: a shift by -1 + 1 leaves both classes where they are.
    boxes = np.array([[-2.0, -2, -1, -1], [-2, -2, -1, -1]])
    return batched_nms(boxes, np.array([0.9, 0.8]), np.array([0, 1]), 0.5, convention=convention).tolist()


def spilled(convention):
    # 235 cells in 7 bins: 7 * float32(235 / 7) = 235.00002, so the last bin reads cell 235, outside the RoI.
    ramp = np.arange(240, dtype=np.float32).reshape(1, 1, 240, 1)
    return roi_pool(ramp, np.float32([[0, 0, 0, 0, 234]]), (7, 1), convention=convention)[0, 0, -1, 0]


def lowest_cell(convention):
    cells = np.full((1, 1, 1, 1), -np.finfo(np.float32).max)
    return roi_pool_with_argmax(cells, np.zeros((1, 5)), 1, convention=convention)[1].item()


def first_cell_from_half_way(convention):
    # Corners 2.5 and 4.5: rounded, cells 3 to 5; unrounded, every cell of [2.5, 5.5).
    falling = -np.arange(8.0).reshape(1, 1, 1, 8)
    return -roi_pool(falling, np.array([[0, 2.5, 0, 4.5, 0]]), 1, convention=convention).item()


def second_half_of_a_row(convention):
    # Cells 1 and 2 of 0, 1, 2, 3; half a cell off, the points lie at 1.5 and 2.5.
    row = np.arange(4.0).reshape(1, 1, 1, 4)
    return blamed(lambda: roi_align(row, np.array([[0, 1, 0, 3, 1]]), 1, convention=convention))


def row_with_a_peak(convention):
    # Four points, one in the middle of each cell, or one point between the second and the third.
    row = np.array([0.0, 0, 0, 8]).reshape(1, 1, 1, 4)
    return roi_align(row, np.array([[0, 0, 0, 4, 1]]), 1, convention=convention).item()


def map_without_numbers(convention):
    cells, rois = np.full((1, 1, 1, 1), np.nan), np.zeros((1, 5))
    return blamed(lambda: roi_pool(cells, rois, 1, convention=convention))


def claimed(convention, boxes, truths, threshold):
    scores, images = np.arange(len(boxes), 0, -1.0), np.zeros(len(boxes), int)
    truth = (np.array(truths, float), np.zeros(len(truths), int))
    result = match_detections(np.array(boxes), scores, images, *truth, threshold, convention=convention)
    return np.where(result.true_positive, result.ground_truth, -1).tolist()


def half_found(convention):
    return claimed(convention, [[0, 0, 8, 4]], [[0, 0, 8, 8]], 0.5)


def best_one_taken(convention):
    # The second detection overlaps the first truth by 9/10 and the second by 8/11; the first is taken.
    return claimed(convention, [[0, 0, 20, 20], [0, 2, 20, 20]], [[0, 0, 20, 20], [0, 4, 20, 24]], 0.5)


def between_two(convention):
    return claimed(convention, [[1, 0, 11, 10]], [[0, 0, 10, 10], [2, 0, 12, 10]], 0.5)


def quarter_of_the_recall(convention):
    return integrate(np.array([0.25]), np.array([1.0]), convention=convention)


NEAR = float(np.float32(1) - np.float32(2 / 3))
SHOWN = [
    # part, field, value, what shows it, the answer then, REFDET's answer
    ("overlap", "plus_one", 1, half, 45 / 81, 0.5),
    ("overlap", "plus_one", 1, touching, 7 / 91, 0.0),
    ("overlap", "inverted", "signed", inverted_once, [-4.0], [0.0]),
    ("overlap", "inverted", "sorted", inverted_pair, 1.0, 0.0),
    ("overlap", "inverted", "height", inverted_once, [-4.0], [0.0]),
    ("overlap", "division", "floored", two_points, np.nan, 0.0),
    ("overlap", "union_eps", 1.0, lambda c: iou([0, 0, 1, 1], [0, 0, 1, 1], c), 0.5, 1.0),
    ("overlap", "giou_eps", 1.0, lambda c: crossed("giou", c), -0.066667, 0.083333),
    ("overlap", "diou_eps", 8.0, lambda c: crossed("diou", c), 0.302083, 0.270833),
    ("overlap", "ciou_eps", 1e9, lambda c: crossed("ciou", c), 0.270833, 0.237082),
    ("overlap", "beta", 2.0, lambda c: crossed("diou", c), 0.329427, 0.270833),
    ("overlap", "division", "ieee", two_points, np.nan, 0.0),
    ("overlap", "division", "distance", two_points, 1.0, 0.0),
    ("overlap", "division", "distance", lambda c: iou([0, 0, 3, 1], [0, 0, 1, 1], c), NEAR, 1 / 3),
    ("overlap", "dtype", "float64", third, np.array([[1 / 3]]), np.float32([[1 / 3]])),
    ("overlap", "finite", "propagate", not_a_number, 0.0, "boxes1"),
    ("suppression", "inclusive", True, at_the_threshold, [0], [0, 1]),
    ("suppression", "ties", "last", equal_scores, [1], [0]),
    ("suppression", "threshold_dtype", "float64", three_tenths, [0], [0, 1]),
    ("suppression", "threshold_dtype", "float32", seven_tenths, [0], [0, 1]),
    ("suppression", "offset_classes_up_to", 8, two_classes_at_minus_one, [0], [0, 1]),
    ("suppression", "offset_classes_up_to", 7, two_classes_at_minus_one, [0, 1], [0, 1]),
    *SOFT,
    ("roi", "edges", "float", spilled, np.float32(235), np.float32(234)),
    ("roi", "edges", "continuous", first_cell_from_half_way, 2.0, 3.0),
    ("roi", "aligned", False, second_half_of_a_row, 2.0, 1.5),
    ("roi", "aligned", None, second_half_of_a_row, "aligned", 1.5),
    ("roi", "sampling_ratio", 1, row_with_a_peak, 0.0, 2.0),
    ("roi", "most_samples", 1, row_with_a_peak, 0.0, 2.0),
    ("roi", "lowest", float(np.finfo(np.float32).min), lowest_cell, -1, 0),
    ("roi", "finite", "propagate", map_without_numbers, -np.inf, "input"),
    ("average_precision", "strict", True, half_found, [-1], [0]),
    ("average_precision", "reassign", True, best_one_taken, [0, 1], [0, -1]),
    ("average_precision", "ties", "last", between_two, [1], [0]),
    ("average_precision", "integration", "11point", quarter_of_the_recall, 3 / 11, 0.25),
    ("average_precision", "integration", "101point", quarter_of_the_recall, 26 / 101, 0.25),
]


@pytest.mark.parametrize(("part", "field", "value", "show", "then", "now"), SHOWN)
def test_a_field_changes_what_it_says(part, field, value, show, then, now):
    assert same(show(varied(part, **{field: value})), then)
    assert same(show(REFDET), now)


def same(result, expected):
    if isinstance(expected, np.ndarray):
        return same_bits(result, expected)
    return result == expected or (result != result and expected != expected)


def test_the_least_offset_keeps_classes_apart_below_zero():
    shifting = varied("suppression", offset_classes_up_to=100)
    at_least_zero = varied("suppression", offset_classes_up_to=100, least_offset=0.0)
    assert two_classes_at_minus_one(shifting) == [0]
    assert two_classes_at_minus_one(at_least_zero) == [0, 1]


def test_the_most_offset_lets_a_box_far_away_meet_another_class():
    boxes, scores = np.array([[8, 8, 9, 9], [0, 0, 1, 1]]), np.array([2, 1])
    for most, expected in ((np.inf, [0, 1]), (7.0, [0])):  # shifted by 10, or by 8
        convention = varied("suppression", offset_classes_up_to=100, most_offset=most)
        assert batched_nms(boxes, scores, np.array([0, 1]), 0.5, convention=convention).tolist() == expected


def test_every_field_is_shown_above():
    fields = {(name, field.name) for name, part in PARTS.items() for field in dataclasses.fields(part)}
    assert fields == {(part, field) for part, field, *_ in SHOWN} | {
        ("suppression", "least_offset"),
        ("suppression", "most_offset"),
    }
