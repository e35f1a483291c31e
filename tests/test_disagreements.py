"""The twelve disagreements between production systems that matter most, by number: the smallest input of each.

docs/conventions.md lists them; tests/oracle holds what the systems themselves said. The twelfth, what becomes of
an object that no anchor overlaps enough, belongs to the matching of anchors, which is not built yet.
"""

import numpy as np
import pytest
from tolerances import close

from refdet.evaluation.average_precision import eleven_point_ap, integrate, yolov5_ap
from refdet.evaluation.matching import match_detections
from refdet.ops.box_iou import box_iou
from refdet.ops.nms import batched_nms, nms
from refdet.ops.overlaps import distance_box_iou
from refdet.ops.roi_pool import roi_pool
from refdet.profiles import PROFILES

NAN = float("nan")


def having(part):
    """The names of the profiles that have a part."""
    return [name for name, profile in PROFILES.items() if getattr(profile, part)]


def table(default, part="overlap", **others):
    """(profile, answer) for every profile that has the part: the default, but for those that are named."""
    assert set(others) <= set(having(part))
    return [(name, others.get(name, default)) for name in having(part)]


def iou(name, first, second):
    return box_iou(np.array([first], float), np.array([second], float), convention=PROFILES[name])[0, 0]


def kept(name, boxes, threshold, idxs=None, dtype=np.float32):
    boxes, scores = np.array(boxes, dtype), np.arange(len(boxes), 0, -1).astype(dtype)
    if idxs is None:
        return nms(boxes, scores, threshold, convention=PROFILES[name]).tolist()
    return batched_nms(boxes, scores, np.array(idxs), threshold, convention=PROFILES[name]).tolist()


def right(name, boxes, truths):
    """Which detections are right at IoU 1/2, best first."""
    found = np.array(boxes, float), np.arange(len(boxes), 0, -1.0), np.zeros(len(boxes), int)
    known = np.array(truths, float), np.zeros(len(truths), int)
    return match_detections(*found, *known, 0.5, convention=PROFILES[name]).true_positive.tolist()


FLOAT_DISTANCE = float(1 - np.float32(28 / 49))


@pytest.mark.parametrize(
    ("name", "answer"), table(21 / 49, fast_rcnn=0.5, voc=0.5, opencv=FLOAT_DISTANCE, yolov5=21 / (49 + 1e-7))
)
def test_1_inclusive_corners(name, answer):
    assert iou(name, [0, 0, 7, 7], [0, 0, 7, 3]) == answer
    assert (iou(name, [0, 0, 6, 6], [6, 0, 12, 6]) > 0) == (answer == 0.5)


@pytest.mark.parametrize(
    ("name", "answer"), table(0.0, torchvision=NAN, torchvision_cuda=NAN, darknet=NAN, opencv=1.0)
)
def test_2_two_points(name, answer):
    apart = [7, 7, 7, 7], [30, 30, 30, 30]
    assert np.array_equal(iou(name, *apart), answer, equal_nan=True)
    if PROFILES[name].suppression:
        assert kept(name, apart, 0.5) == ([0] if name == "opencv" else [0, 1])


@pytest.mark.parametrize(("name", "answer"), table([0, 1], "suppression", fast_rcnn=[0]))
def test_3_an_overlap_that_equals_the_threshold(name, answer):
    inclusive = PROFILES[name].overlap.plus_one
    assert kept(name, np.array([[0, 0, 4, 2], [0, 0, 4, 1]]) - [0, 0, inclusive, inclusive], 0.5) == answer


DOUBLE = {name: [0] for name in ("torchvision", "detectron2", "yolov5")}


@pytest.mark.parametrize(("name", "answer"), table([0, 1], "suppression", fast_rcnn=[0], **DOUBLE))
def test_4_a_float_overlap_against_a_double_threshold(name, answer):
    inclusive = PROFILES[name].overlap.plus_one
    boxes = np.array([[0, 0, 20, 20], [0, 0, 20, 6]]) - [0, 0, inclusive, inclusive]
    assert kept(name, boxes, 0.3) == answer
    if name in DOUBLE:
        assert kept(name, boxes, 0.3, dtype=np.float64) == [0, 1]


# OpenCV shifts by 1 here, the others by 0.
SHIFTED = {name: [0] for name in ("torchvision", "torchvision_cuda", "detectron2", "opencv", "mmcv")}


@pytest.mark.parametrize(("name", "answer"), table([0, 1], "suppression", **SHIFTED))
def test_5_classes_shifted_aside_by_a_coordinate(name, answer):
    assert kept(name, [[-30, -12, -1, -1]] * 2, 0.5, [0, 1]) == answer
    # YOLOv5 shifts by 7680 whatever the coordinates are.
    collided = kept(name, [[0, 0, 4, 4], [-7680, -7680, -7676, -7676]], 0.5, [0, 1])
    assert collided == ([0] if name == "yolov5" else [0, 1])


@pytest.mark.parametrize("name", having("roi"))
def test_6_corners_half_way_between_cells(name):
    ramp = np.arange(8.0).reshape(1, 1, 1, 8).repeat(8, axis=2)
    roi = np.array([[0, 2.5, 2.5, 4.5, 4.5]])
    convention = PROFILES[name]
    ends = (
        -roi_pool(-ramp, roi, 1, convention=convention).item(),
        roi_pool(ramp, roi, 1, convention=convention).item(),
    )
    assert ends == ((2, 5) if name == "mmcv" else (3, 5))  # mmcv takes every cell of [2.5, 5.5)


@pytest.mark.parametrize(("name", "answer"), table(235, "roi", refdet=234))
def test_7_a_bin_that_reads_a_cell_too_many(name, answer):
    ramp, roi = np.arange(240, dtype=np.float32).reshape(1, 1, 1, 240), np.float32([[0, 0, 0, 234, 0]])
    assert roi_pool(ramp, roi, (1, 7), convention=PROFILES[name])[0, 0, 0, 6] == answer


@pytest.mark.parametrize(
    ("name", "answer"), table(0.25, "average_precision", caffe_ssd=3 / 11, coco=26 / 101)
)
def test_8_a_quarter_of_the_recall(name, answer):
    quarter = np.array([0.25]), np.array([1.0])
    assert close(integrate(*quarter, convention=PROFILES[name]), answer, "float64 sums")
    assert close(yolov5_ap(*quarter), 0.625, "float64 sums")
    assert close(yolov5_ap([1.0], [1.0]), 0.995, "float64 sums")


def test_9_a_recall_of_exactly_three_tenths():
    recall, precision = np.array([0.1, 0.2, 0.3]), np.ones(3)
    assert close(eleven_point_ap(recall, precision), 4 / 11, "float64 sums")
    assert recall[-1] < np.arange(0, 1.1, 0.1)[3]  # so that py-faster-rcnn, detectron2 and mmdet give 3/11


STRICT = {name: [False] for name in ("fast_rcnn", "darknet_ab")}


@pytest.mark.parametrize(("name", "answer"), table([True], "average_precision", **STRICT))
def test_10_a_detection_that_overlaps_by_exactly_one_half(name, answer):
    inclusive = PROFILES[name].overlap.plus_one
    boxes = np.array([[0, 0, 8, 4], [0, 0, 8, 8]]) - [0, 0, inclusive, inclusive]
    assert right(name, boxes[:1], boxes[1:]) == answer


@pytest.mark.parametrize(("name", "answer"), table([True, False], "average_precision", coco=[True, True]))
def test_10_a_detection_whose_best_object_is_taken(name, answer):
    assert right(name, [[0, 0, 20, 20], [0, 2, 20, 20]], [[0, 0, 20, 20], [0, 4, 20, 24]]) == answer


@pytest.mark.parametrize(("name", "answer"), table(1.0, yolov5=1e-8 / (1e-8 + 1e-7), mmcv=1e-8 / 1e-6))
def test_11_two_equal_boxes_of_side_one_ten_thousandth(name, answer):
    side = 1e-4 - PROFILES[name].overlap.plus_one
    boxes = np.array([[0, 0, side, side]])
    for function in (box_iou, distance_box_iou):
        # 1e-7 is added to the union, or it is at least 1e-6; what is added to the diagonal does not show at distance 0.
        assert close(function(boxes, boxes, convention=PROFILES[name])[0, 0], answer, "float64 sums")


@pytest.mark.parametrize(("name", "answer"), table(-0.4, darknet_ab=-(0.4**0.6)))
def test_11_the_exponent_of_a_distance(name, answer):
    first, second = np.array([[0.0, 0, 1, 1]]), np.array([[2.0, 0, 3, 1]])
    inclusive = np.array([0, 0, 1, 1]) * PROFILES[name].overlap.plus_one
    diou = distance_box_iou(first - inclusive, second - inclusive, convention=PROFILES[name])[0, 0]
    assert close(diou, answer, "six digits")
