"""Soft suppression in OpenCV: what it was given, and how it is asked. Its boxes are whole numbers."""

from __future__ import annotations

import numpy as np

from . import cases
from .cases import THRESHOLDS, Stream

LEAST = (0.0, 0.001, 0.125, 0.25, 0.5)
SIGMAS = (0.5, 0.1, 0.75, 2.0)
FAMILIES = ("lattice", "inverted", "points", "spread")
METHODS = ("linear", "gaussian")


def spread(stream, n):
    """Boxes of 10 to 50 pixels on an image of 100: many different overlaps."""
    corner = stream.integers(0, 60, (n, 2))
    return np.hstack([corner, corner + stream.integers(10, 51, (n, 2))]).astype(np.float64)


def soft_nms(stream, family, method, n=12):
    """Boxes, scores of eighths in float32, threshold, sigma and least score; equal numbers are common."""
    boxes = spread(stream, n) if family == "spread" else cases.BOXES[family](stream, n)
    scores = ((stream.integers(0, 8, (n,)) + 1) / 8).astype(np.float32)
    threshold, sigma, least = (
        options[stream.integers(0, len(options), (1,))[0]] for options in (THRESHOLDS, SIGMAS, LEAST)
    )
    return boxes, scores, threshold, sigma, least, method


def exact(method):
    """Pairs that overlap by exactly the threshold, or whose lowered score is exactly the least one."""
    made = []
    for p, q in ((1, 2), (1, 4), (3, 4), (1, 3), (1, 5), (3, 10)):
        pair, scores = cases.pair(p, q, 0), np.array([1, 0.5], np.float32)
        made.append((pair, scores, p / q, 0.5, 0.001, method))
        made.append((pair, scores, 0.0, 0.5, float(np.float32(0.5) * (1 - np.float32(p / q))), method))
        made.append((pair, scores, 0.0, 0.5, 0.5, method))
    return made


def gaussian(family):
    """Forty cases, always the same: of random ones about one in two hundred differs, see `last_bit`."""
    return [soft_nms(Stream(f"gaussian/{family}/{i}"), family, "gaussian") for i in range(40)]


def last_bit():
    """An overlap of 37/41: the C library's float32 exponential is one bit above the float64 one, rounded."""
    return [(cases.pair(37, 41, 0), np.array([1, 1], np.float32), 0.5, 0.5, 0.0, "gaussian")]


def opencv_soft_nms(boxes, scores, threshold, sigma, least, method):
    """Kept boxes and their scores."""
    import cv2

    kinds = {
        "linear": cv2.dnn.SoftNMSMethod_SOFTNMS_LINEAR,
        "gaussian": cv2.dnn.SoftNMSMethod_SOFTNMS_GAUSSIAN,
    }
    rects = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]).astype(int).tolist()
    updated, keep = cv2.dnn.softNMSBoxes(rects, scores.tolist(), least, threshold, 0, sigma, kinds[method])
    return np.array(keep, np.int64).reshape(-1), np.array(updated, np.float32).reshape(-1)
