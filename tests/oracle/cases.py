"""How one input of each op is drawn from a seeded stream; groups.py says which of them each system was given.

The same on every machine, so that only the answers are stored. Nothing here comes from refdet. Boxes live on
small lattices, where ties, touching edges, zero areas and exact thresholds are common; the uniform families
are a supplement.
"""

from __future__ import annotations

import zlib

import numpy as np

FLOATS = ("float32", "float64")
THRESHOLDS = [0.1, 0.2, 0.3, 1 / 3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.0, 1.0]
FARTHEST = float(np.finfo(np.float32).max)


class Stream:
    """Whole numbers and fractions from PCG64's raw words, which NumPy promises never to change."""

    def __init__(self, seed):
        self.raw = np.random.PCG64(seed if isinstance(seed, int) else zlib.crc32(seed.encode())).random_raw

    def integers(self, low, high, shape):
        """From `low` up to, not with, `high`."""
        words = self.raw(int(np.prod(shape))) >> np.uint64(11)
        return (low + (words % np.uint64(high - low)).astype(np.int64)).reshape(shape)

    def unit(self, shape):
        """In [0, 1), 53 bits."""
        return ((self.raw(int(np.prod(shape))) >> np.uint64(11)) * 2.0**-53).reshape(shape)


def ordered(corners):
    return np.hstack([np.minimum(corners[:, :2], corners[:, 2:]), np.maximum(corners[:, :2], corners[:, 2:])])


def lattice(stream, n):
    """Corners 0..8: ties, touching edges, zero areas."""
    return ordered(stream.integers(0, 9, (n, 4)).astype(np.float64))


def dyadic(stream, n):
    """The lattice moved below zero and scaled by a power of two: every intermediate is exact."""
    moved = lattice(stream, n) + stream.integers(-8, 9, (1,))
    return moved * 2.0 ** stream.integers(-6, 7, (1,))


def tenth(stream, n):
    """The lattice times 0.1: nothing is exact."""
    return lattice(stream, n) * 0.1


def inverted(stream, n):
    """Corners in any order."""
    return stream.integers(0, 9, (n, 4)).astype(np.float64)


def tilted(stream, n):
    """Corners in any order, but no side of -1, whose inclusive area is 0 and would be divided by."""
    return inverted(stream, n) * 0.75


def points(stream, n):
    """Corners 0..2: most boxes have no area."""
    return ordered(stream.integers(0, 3, (n, 4)).astype(np.float64))


def flat(stream, n):
    """Boxes on one line, which enclose nothing."""
    return lattice(stream, n) * np.array([1.0, 0, 1, 0])


def sized(stream, n):
    """No box without area, on quarters."""
    corner = stream.integers(-8, 40, (n, 2)) / 4
    return np.hstack([corner, corner + stream.integers(1, 40, (n, 2)) / 4])


def uniform(stream, n):
    corner = stream.unit((n, 2)) * 60
    return np.hstack([corner, corner + stream.unit((n, 2)) * 40])


def fine(stream, n):
    """Uniform on a grid of 1/1024: corners, sizes and areas are exact in float64."""
    return np.round(uniform(stream, n) * 1024) / 1024


def non_finite(stream, n):
    """The lattice with NaN, infinity and corners whose area overflows float32."""
    boxes = lattice(stream, n)
    odd = np.array([np.nan, np.inf, -np.inf, 1e30, -1e30])
    where = stream.unit((n, 4)) < 0.2
    boxes[where] = odd[stream.integers(0, len(odd), (n, 4))][where]
    return boxes


BOXES = {
    f.__name__: f
    for f in (lattice, dyadic, tenth, inverted, tilted, points, flat, sized, uniform, fine, non_finite)
}


def box_iou(stream, family, dtype):
    boxes = BOXES[family](stream, 13).astype(dtype)
    return boxes[:6], boxes[6:]


def apart(stream, dtype):
    """Boxes of some hundredths that do not meet, so that what is added to a union does not show."""
    first, second = box_iou(stream, "lattice", dtype)
    return first * np.array(2.0**-9, dtype), (second + 9).astype(dtype) * np.array(2.0**-9, dtype)


def some_pairs(seed, family, dtype):
    """One case of two boxes with four."""
    first, second = box_iou(Stream(seed), family, dtype)
    return [(first[:2], second[:4])]


def box_area(stream, family, dtype):
    return (BOXES[family](stream, 13).astype(dtype),)


def midpoint(stream):
    """Two boxes on a grid of 0.7 whose ``1 - IoU`` lies half-way between two floats: one bit decides."""
    whole = 2**26
    inter = int(stream.integers(whole // 2, 3 * whole // 4, (1,))[0]) | 1
    x, shift = stream.integers(1, whole - inter, (1,))[0], stream.integers(1, 10, (1,))[0]
    ends = np.array([shift, shift + inter + x, shift + x, shift + whole]) * 0.7
    return np.array([[ends[0], 0, ends[1], 1]]), np.array([[ends[2], 0, ends[3], 1]])


def nms(stream, family, dtype, score_dtype=None, n=12):
    """Boxes, scores of five levels above 0 (OpenCV drops 0), and a threshold."""
    boxes = BOXES[family](stream, n).astype(dtype)
    threshold = THRESHOLDS[stream.integers(0, len(THRESHOLDS), (1,))[0]]
    scores = (stream.integers(0, 5, (n,)) + 1) / 8
    return boxes, scores.astype(score_dtype or dtype), threshold


def odd_scores(stream, dtype):
    """Lattice boxes; half of the scores are NaN, infinite or a zero of either sign."""
    boxes, scores, threshold = nms(stream, "lattice", dtype)
    odd = np.array([np.nan, -np.nan, np.inf, -np.inf, -0.0, 0.0], dtype)
    return boxes, np.where(stream.unit((12,)) < 0.5, odd[stream.integers(0, 6, (12,))], scores), threshold


def soft_nms(stream, family, dtype, method):
    """As `nms`; sigma 1/2, and a least score that equals a level, or is low."""
    boxes, scores, threshold = nms(stream, family, dtype)
    return boxes, scores, threshold, 0.5, [0.25, 0.1, 1e-3][stream.integers(0, 3, (1,))[0]], method


def diou_nms(stream, family, dtype):
    """As `nms`; the exponent of the distance term."""
    return *nms(stream, family, dtype), [1.0, 0.6][stream.integers(0, 2, (1,))[0]]


def pair(p, q, inclusive):
    """Two boxes whose IoU is p/q: with continuous or with inclusive corners."""
    return np.array([[0.0, 0, q, 1], [0, 0, p, 1]]) - np.array([0, 0, inclusive, inclusive])


def exact_nms(dtype, score_dtype=None):
    """Pairs that overlap by exactly the threshold, for every fraction below 1 with a denominator up to 10."""
    scores = np.array([1, 0.5], score_dtype or dtype)
    fractions = [(p, q) for q in range(2, 11) for p in range(1, q)]
    return [(pair(p, q, plus).astype(dtype), scores, p / q) for plus in (0, 1) for p, q in fractions]


def exact_soft_nms(dtype):
    """The same, with linear decay."""
    return [(*case, 0.5, 1e-3, "linear") for case in exact_nms(dtype)]


def tiny_nms(dtype, score_dtype):
    """Two boxes apart whose areas add up to the spacing of 1, to half of it, and to twice as much."""
    scores = np.array([1, 0.5], score_dtype)
    sides = [2.0**-27, 2.0**-26, 2.0**-25]
    boxes = [[[0, 0, side, 2.0**-27], [1, 1, 1 + side, 1 + 2.0**-27]] for side in sides]
    return [(np.array(pair, dtype), scores, 0.5) for pair in boxes]


def batched_nms(stream, family, dtype, score_dtype=None):
    boxes, scores, threshold = nms(stream, family, dtype, score_dtype)
    return boxes, scores, stream.integers(0, 3, (len(boxes),)), threshold


def below_zero(stream, dtype, score_dtype=None):
    """All coordinates negative: a shift by the largest coordinate + 1 would be towards the wrong side."""
    boxes, scores, labels, threshold = batched_nms(stream, "lattice", dtype, score_dtype)
    return boxes - np.array(20, dtype), scores, labels, threshold


def many_boxes(count, score_dtype="float64"):
    """`count` boxes of two classes, all scores different; none is above -1, so torchvision shifts by 0."""
    stream = Stream(count)
    boxes = np.repeat(lattice(stream, count // 8 + 1) - 9, 8, axis=0)[:count]
    scores = (np.argsort(stream.unit((count,))) + 1) / 4096
    return boxes, scores.astype(score_dtype), stream.integers(0, 2, (count,)), 0.5


def crowd(count, dtype):
    """`count` boxes of two classes at four places, all scores different, none above -1: the shift is 0."""
    stream = Stream(count)
    places = np.array([[-9, -9, -5, -5], [-9, -9, -5, -6], [-8, -8, -4, -4], [-5, -5, -1, -1]], dtype)
    boxes = places[stream.integers(0, 4, (count,))]
    scores = (np.argsort(stream.unit((count,))) + 1) / 2**15
    return [(boxes, scores.astype(dtype), stream.integers(0, 2, (count,)), 0.5)]


def far_classes(dtype):
    """The second box lies where YOLOv5 shifts the third one, of class 1: 7680 pixels to the right."""
    boxes = np.array([[0, 0, 4, 4], [7680, 7680, 7684, 7684], [0, 0, 4, 4], [8000, 0, 8004, 4]], dtype)
    return boxes, np.array([1, 0.75, 0.5, 0.25], dtype), np.array([0, 0, 1, 1]), 0.5


def many_ties(count):
    """As `many_boxes`, above zero and with equal scores."""
    boxes, _, labels, threshold = many_boxes(count)
    return boxes + 20, np.full(count, 0.5), labels, threshold


def whole_roi(size, bins, axis, dtype):
    """A RoI of `size` cells along one axis of a map that goes on behind it; one ramp up, one down."""
    length = size + 4
    ramp = np.stack([np.arange(length), np.arange(length)[::-1]]).reshape(1, 2, length, 1)
    roi, output = np.array([[0, 0, 1, 0, size]]), (bins, 1)
    if axis:
        ramp, roi, output = ramp.swapaxes(2, 3), roi[:, [0, 2, 1, 4, 3]], output[::-1]
    return np.ascontiguousarray(ramp).astype(dtype), roi.astype(dtype), output, 1.0


def whole_rois(dtype):
    """Sizes 1 to 64, and those where a rounded bin size spills into the next cell."""
    sizes = [*range(1, 65), 225, 232, 235]
    return [whole_roi(size, bins, axis, dtype) for size in sizes for bins in (7, 14) for axis in (0, 1)]


def roi_pool(stream, dtype, scale=None):
    """RoIs on half cells in, across and outside a map of small whole numbers; a third are malformed."""
    n, c, h, w = (int(stream.integers(1, most, (1,))[0]) for most in (3, 3, 10, 10))
    cells = stream.integers(-9, 2, (n, c, h, w))
    rois = np.hstack([stream.integers(0, n, (6, 1)), stream.integers(-8, 30, (6, 4)) / 2])
    rois[:4, 1:] = ordered(rois[:4, 1:])
    if scale is None:
        # A float32 number, because Caffe and ONNX keep the scale in one.
        scale = float(np.float32([1, 0.5, 1 / 16, 0.1, 1 / 3][stream.integers(0, 5, (1,))[0]]))
    rois[:, 1:] = np.round(rois[:, 1:] / scale * 2) / 2
    output = tuple(int(v) for v in stream.integers(1, 8, (2,)))
    return cells.astype(dtype), rois.astype(dtype), output, scale


def odd_cells(stream, dtype, values):
    """A map where most cells are `values`, which a running maximum may miss."""
    cells, rois, output, scale = roi_pool(stream, dtype, 0.5)
    odd = np.array(values)[stream.integers(0, len(values), cells.shape)].astype(dtype)
    return np.where(stream.unit(cells.shape) < 0.7, odd, cells), rois, output, scale


def odd_corner(value, column, dtype):
    """One RoI with one corner so far away, or no number at all, that it does not fit a C int."""
    roi = np.array([[0, 1, 1, 4, 4]], dtype)
    roi[0, column] = value
    return np.arange(36, dtype=dtype).reshape(1, 1, 6, 6), roi, (2, 2), 1.0


def roi_align(stream, dtype, aligned=None, malformed=True):
    """RoIs on quarters of a cell; None are the system's own number of samples and its own alignment.

    Without malformed ones, all have a size.
    """
    cells, rois, output, scale = roi_pool(stream, dtype)
    rois = rois.astype(np.float64)
    if not malformed:
        rois[:, 1:] = ordered(rois[:, 1:])
    rois[:, 1:] += stream.integers(0, 2, (len(rois), 1)) / 4
    ratio = int(stream.integers(0, 4, (1,))[0]) or None
    return cells, rois.astype(dtype), output, scale, ratio, aligned


def sized_rois(stream, dtype, values=(0.0,)):
    """As `odd_cells`, no RoI malformed."""
    cells, rois, output, scale = odd_cells(stream, dtype, values)
    rois[:, 1:] = ordered(rois[:, 1:])
    return cells, rois, output, scale


def roi_pool_backward(stream, dtype):
    """A gradient for `roi_pool`."""
    cells, rois, output, scale = roi_pool(stream, dtype)
    return cells, rois, output, scale, stream.unit((len(rois), cells.shape[1], *output)).astype(dtype)
