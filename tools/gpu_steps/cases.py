"""Inputs that are the same on every machine and with every NumPy: each from its name alone.

Boxes live on small lattices, where ties, touching edges, boxes without area and overlaps equal to the threshold
are common, times a factor that makes rounding matter or not. Maps hold random mantissas, so that the order of
additions shows.
"""

from __future__ import annotations

import zlib

import numpy as np

PROFILES = "REFDET", "TORCHVISION", "FAST_RCNN"
DTYPES = "float32", "float64"
COUNTS = 0, 1, 33, 64, 65, 130, 300
"""Boxes of a case; tiles of the kernels end at 64, blocks at 256."""


class Stream:
    """Numbers from the raw words of PCG64, which NumPy promises never to change."""

    def __init__(self, name):
        self._raw = np.random.PCG64(zlib.crc32(name.encode())).random_raw

    def integers(self, low, high, shape):
        """From `low` up to, not with, `high`."""
        words = self._raw(int(np.prod(shape))) >> np.uint64(11)
        return (low + (words % np.uint64(high - low)).astype(np.int64)).reshape(shape)

    def unit(self, shape):
        """In [0, 1)."""
        return ((self._raw(int(np.prod(shape))) >> np.uint64(11)) * 2.0**-53).reshape(shape)


def boxes(stream, count, span):
    """Boxes on a lattice of that span, a few of them inverted, times 1, 0.25 or 0.1."""
    corner = stream.integers(-4, span, (count, 2))
    drawn = np.hstack([corner, corner + stream.integers(-1, 9, (count, 2))])
    return drawn * [1, 0.25, 0.1][stream.integers(0, 3, (1,))[0]]


def _pair(stream, count):
    return boxes(stream, count, 12), boxes(stream, 70, 12)


def _scored(stream, count):
    scores = stream.integers(0, 40, (count,)) / 8
    return boxes(stream, count, max(8, int(3 * count**0.5))), scores


def _threshold(stream):
    return [0.0, 0.25, 1 / 3, 0.5, 0.7][stream.integers(0, 5, (1,))[0]]


def _nms(stream, count):
    return *_scored(stream, count), _threshold(stream)


def _batched_nms(stream, count):
    drawn, scores = _scored(stream, count)
    return drawn, scores, stream.integers(0, 5, (count,)), _threshold(stream)


def _soft_nms(stream, count):
    return *_scored(stream, count), _threshold(stream), 0.5, 0.01  # linear: exp has other last bits elsewhere


def _pooled(stream, count):
    """A map of two images, RoIs in, across and outside it, bins, and a scale."""
    height, width = (int(side) for side in stream.integers(1, 20, (2,)))
    features = stream.unit((2, 5, height, width)) - 0.5
    rois = np.hstack([stream.integers(0, 2, (count, 1)), stream.integers(-16, 60, (count, 4)) / 2])
    size = tuple(int(side) for side in stream.integers(1, 8, (2,)))
    return features, rois, size, [1.0, 0.5, 0.1][stream.integers(0, 3, (1,))[0]]


def _pool_backward(stream, count):
    features, rois, size, _ = _pooled(stream, count)
    shape = (count, features.shape[1], *size)
    cells = features.shape[2] * features.shape[3]
    return stream.unit(shape) - 0.5, stream.integers(-1, cells, shape), rois, features.shape


def _align_backward(stream, count):
    features, rois, size, scale = _pooled(stream, count)
    return stream.unit((count, features.shape[1], *size)) - 0.5, rois, features.shape, scale


DRAW = {
    "box_iou": _pair,
    "generalized_box_iou": _pair,
    "distance_box_iou": _pair,
    "complete_box_iou": _pair,
    "nms": _nms,
    "batched_nms": _batched_nms,
    "diou_nms": _nms,
    "soft_nms": _soft_nms,
    "roi_pool_with_argmax": _pooled,
    "roi_pool_backward": _pool_backward,
    "roi_align": _pooled,
    "roi_align_backward": _align_backward,
}
"""What draws the arguments of an op, and of the plain twin beside it."""

WITHOUT_CONVENTION = ("roi_pool_backward",)


def names(ops):
    """Every case of these ops: "nms/float32/REFDET/65"."""
    return [
        f"{op}/{dtype}/{profile}/{count}"
        for op in ops
        for dtype in DTYPES
        for profile in (PROFILES[:1] if op in WITHOUT_CONVENTION else PROFILES)
        if not (op.startswith("roi_align") and profile == "FAST_RCNN")  # which has none
        for count in COUNTS
    ]


def draw(name):
    """Op, arguments and name of the profile."""
    op, dtype, profile, count = name.split("/")
    drawn = DRAW[op.removesuffix("_plain")](Stream(name), int(count))
    arguments = [a.astype(dtype) if getattr(a, "dtype", None) == np.float64 else a for a in drawn]
    return op, arguments, profile
