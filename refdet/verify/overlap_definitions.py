"""IoU, GIoU, DIoU and CIoU of pairs of boxes, from their definitions (IOU-1 to IOU-5), for plain and bounded numbers.

Boxes are (..., 4) and broadcast. What an overlap's convention says about widths, divisions and small constants is
followed; the code is none of the references'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.overlap_rule import LEAST_SIDE, Overlap
from refdet.verify.bounded import Bounded, at_most, held, plain, where


def box_iou(one: Any, other: Any, rule: Overlap) -> Any:
    """What two boxes share over what they cover."""
    inter, union, total = _areas(one, other, rule)
    if rule.division == "guarded":
        return where(plain(inter) > 0, inter / union, 0.0)
    if rule.division != "distance":
        return inter / union
    similar = _in_float32(1 - _in_float32(1 - inter / union))
    return where(plain(total) <= np.finfo(np.float64).eps, 1.0, similar)


def generalized_box_iou(one: Any, other: Any, rule: Overlap) -> Any:
    """IoU less the part of the enclosing box that neither covers."""
    _, union, _ = _areas(one, other, rule)
    width, height = _enclosing(one, other, rule)
    area = _bounded_area(width * height, rule.giou_eps, rule)
    return box_iou(one, other, rule) - _fraction(area - union, area, rule)


def distance_box_iou(one: Any, other: Any, rule: Overlap) -> Any:
    """IoU less the squared distance of the centres over the squared diagonal of the enclosing box."""
    share = _distance_share(one, other, rule)
    return box_iou(one, other, rule) - (share if rule.beta == 1 else share**rule.beta)


def complete_box_iou(one: Any, other: Any, rule: Overlap) -> Any:
    """DIoU, its distance without exponent, less the weighted difference of the aspect ratios."""
    iou = box_iou(one, other, rule)
    angle = _angle(one, rule) - _angle(other, rule)
    ratio = 4 / np.pi**2 * (angle * angle)
    weight = held(at_most(_fraction(ratio, 1 - iou + ratio + rule.ciou_eps, rule), 1.0))  # C-11
    return iou - _distance_share(one, other, rule) - weight * ratio


def sides(boxes: Any, rule: Overlap) -> tuple[Any, Any]:
    """Width and height."""
    if rule.inverted == "sorted":
        low, high = np.minimum(boxes[..., :2], boxes[..., 2:]), np.maximum(boxes[..., :2], boxes[..., 2:])
        width, height = high[..., 0] - low[..., 0], high[..., 1] - low[..., 1]
    else:
        width, height = boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]
    if rule.plus_one:
        width, height = width + rule.plus_one, height + rule.plus_one
    if rule.inverted == "height":
        height = np.maximum(height, rule.union_eps)
    elif rule.inverted == "empty":
        width, height = np.maximum(width, 0.0), np.maximum(height, 0.0)
    return width, height


def _areas(one, other, rule):
    """Of intersection and union, and the sum of both areas."""
    left, top = np.maximum(one[..., 0], other[..., 0]), np.maximum(one[..., 1], other[..., 1])
    right, bottom = np.minimum(one[..., 2], other[..., 2]), np.minimum(one[..., 3], other[..., 3])
    width, height = right - left, bottom - top
    if rule.plus_one:
        width, height = width + rule.plus_one, height + rule.plus_one
    inter = np.maximum(width, 0.0) * np.maximum(height, 0.0)
    (w1, h1), (w2, h2) = sides(one, rule), sides(other, rule)
    total = w1 * h1 + w2 * h2
    return inter, _bounded_area(total - inter, rule.union_eps, rule), total


def _in_float32(number):
    """The number rounded to float32."""
    if not isinstance(number, Bounded):
        return np.float32(number)
    half_unit = float(np.finfo(np.float32).eps) / 2
    return Bounded(number.value, number.error + half_unit * np.abs(number.value), number.unit)


def _enclosing(one, other, rule):
    left, top = np.minimum(one[..., 0], other[..., 0]), np.minimum(one[..., 1], other[..., 1])
    right, bottom = np.maximum(one[..., 2], other[..., 2]), np.maximum(one[..., 3], other[..., 3])
    width, height = right - left, bottom - top
    if rule.plus_one:
        width, height = width + rule.plus_one, height + rule.plus_one
    if rule.inverted == "height":
        return width, height
    return np.maximum(width, 0.0), np.maximum(height, 0.0)


def _distance_share(one, other, rule):
    across = (one[..., 0] + one[..., 2]) / 2 - (other[..., 0] + other[..., 2]) / 2
    down = (one[..., 1] + one[..., 3]) / 2 - (other[..., 1] + other[..., 3]) / 2
    width, height = _enclosing(one, other, rule)
    diagonal = width * width + height * height
    if rule.diou_eps:
        diagonal = diagonal + rule.diou_eps
    return _fraction(across * across + down * down, diagonal, rule)


def _angle(boxes, rule):
    width, height = sides(boxes, rule)
    if rule.division != "ieee":
        least = where(plain(height) == 0, LEAST_SIDE, 0.0)
        width, height = width + least, height + least
    return np.arctan(width / height)


def _fraction(part, whole, rule):
    if rule.division == "ieee":
        return part / whole
    return where(plain(whole) > 0, part / whole, 0.0)


def _bounded_area(area, eps, rule):
    if rule.division == "floored":
        return np.maximum(area, eps)
    return area + eps if eps else area


DEFINITIONS = {
    "box_iou": box_iou,
    "generalized_box_iou": generalized_box_iou,
    "distance_box_iou": distance_box_iou,
    "complete_box_iou": complete_box_iou,
}
