"""Boxes written relative to anchors, priors, cells and images, and read back (ENC-1 to ENC-9), for bounded numbers.

Written from the definitions: each number as the formula has it, with the error that rounding leaves. Arguments are
those of the operations; the result is (..., 4). The code is none of the references'.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.conventions import Coder
from refdet.verify.bounded import LIBM, WIDTH, Bounded, where

FARTHEST = float(np.log(1e-9) - np.log1p(-1e-9))
"""Logits stay between this, of 1e-9, and its opposite (ENC-6)."""

LARGEST_EXPONENT = 20.0
"""Of YOLOv3's sizes (ENC-6)."""


def encode_rcnn(a: dict[str, Any], rule: Coder) -> Bounded:
    """(G - P) / size of P for centres, log(size of G / size of P), times the weights."""
    move = _moves(_exact(a["boxes"]), _exact(a["proposals"]), rule)
    return move * a["weights"].astype(np.float64)


def decode_rcnn(a: dict[str, Any], rule: Coder) -> Bounded:
    """P + size of P times the delta, size of P times its exponential; weights taken off before."""
    deltas = _exact(_per_class(a["deltas"])) / a["weights"].astype(np.float64)
    return _flat(_moved(deltas, _exact(a["proposals"])[:, None], rule), a["deltas"].shape)


def encode_ssd(a: dict[str, Any], rule: Coder) -> Bounded:
    """R-CNN's, or differences of corners, or these in sizes of the prior; over the variances."""
    boxes, priors = _exact(a["boxes"]), _exact(a["priors"])
    if a["code"] == "center_size":
        move = _moves(boxes, priors, rule)
    else:
        move = boxes - priors
        if a["code"] == "corner_size":
            move = move / _twice(_measured(priors, rule)[1])
    return move / a["variances"].astype(np.float64)


def decode_ssd(a: dict[str, Any], rule: Coder) -> Bounded:
    """The same read back."""
    deltas = _exact(_per_class(a["deltas"])) * a["variances"].astype(np.float64)
    priors = _exact(a["priors"])[:, None]
    if a["code"] == "center_size":
        boxes = _moved(deltas, priors, rule)
    else:
        boxes = priors + (
            deltas * _twice(_measured(priors, rule)[1]) if a["code"] == "corner_size" else deltas
        )
    return _flat(boxes, a["deltas"].shape)


def encode_yolov1(a: dict[str, Any], rule: Coder) -> Bounded:
    """Centres in cells, counted over the whole image, and the roots of the parts that the sides are of it."""
    centre, size = _measured(_exact(a["boxes"]), rule)
    image = np.array(a["size"][::-1], np.float64)
    rows, columns = a["grid"]
    return together(centre / image * np.array([columns, rows], np.float64), np.sqrt(size / image))


def decode_yolov1(a: dict[str, Any], rule: Coder) -> Bounded:
    """Corners of a centre in its cell and of squared roots."""
    outputs, (rows, columns) = _exact(a["outputs"]), a["grid"]
    centre = (outputs[..., :2] + a["cells"].astype(np.float64)) / np.array([columns, rows], np.float64)
    size = outputs[..., 2:] * outputs[..., 2:]
    return _corners(centre, size) * _tiled(a["size"])


def encode_yolov3(a: dict[str, Any], rule: Coder) -> Bounded:
    """Logits of centres within a stretched cell; logarithms, or halved roots, of sizes over anchors."""
    offset, ratio = _in_cells(a, rule)
    stretch = _constant(a["scale_x_y"], a["boxes"].dtype)
    share = np.minimum(np.maximum((offset + (stretch - 1) / 2) / stretch, 0.0), 1.0)
    if a["form"] == "exp":
        return together(logit(share), np.log(ratio))
    return together(share, np.minimum(np.sqrt(ratio / 4), 1.0))


def decode_yolov3(a: dict[str, Any], rule: Coder) -> Bounded:
    """Centres by the stretched logistic, sizes by an exponential; or by what has passed the logistic already."""
    outputs = _exact(a["outputs"])
    stretch = _constant(a["scale_x_y"], a["outputs"].dtype)
    if a["form"] == "exp":
        share, size = logistic(outputs[..., :2]), np.exp(np.minimum(outputs[..., 2:], LARGEST_EXPONENT))
    else:
        share, size = outputs[..., :2], 4 * (outputs[..., 2:] * outputs[..., 2:])
    return _on_grid(a, stretch * share - (stretch - 1) / 2, size)


def encode_yolov5(a: dict[str, Any], rule: Coder) -> Bounded:
    """Logits of centres within a cell and a half, and of halved roots of sizes over anchors."""
    offset, ratio = _in_cells(a, rule)
    return together(logit((offset + 0.5) / 2), logit(np.sqrt(ratio) / 2))


def decode_yolov5(a: dict[str, Any], rule: Coder) -> Bounded:
    """Centres and sizes by the doubled logistic."""
    share = logistic(_exact(a["outputs"]))
    doubled = share[..., 2:] * 2
    return _on_grid(a, share[..., :2] * 2 - 0.5, doubled * doubled)


def encode_detr(a: dict[str, Any], rule: Coder) -> Bounded:
    """Centre and size as parts of the image, or their logits."""
    parts = together(*_measured(_exact(a["boxes"]), rule)) / _tiled(a["size"])
    return logit(parts) if a["form"] == "logits" else parts


def decode_detr(a: dict[str, Any], rule: Coder) -> Bounded:
    """Corners of parts of the image."""
    outputs = _exact(a["outputs"])
    parts = logistic(outputs) if a["form"] == "logits" else outputs
    return _corners(parts[..., :2], parts[..., 2:]) * _tiled(a["size"])


def logistic(x: Bounded) -> Bounded:
    """1 / (1 + exp(-x)) by exp(-|x|), which cannot overflow; what underflows may be 0."""
    small = np.exp(-np.abs(x))
    share = where(x.value >= 0, 1 / (1 + small), small / (1 + small))
    tiny = np.finfo(np.float32 if x.unit > 1e-10 else np.float64).tiny
    return Bounded(share.value, share.error + tiny, x.unit)


def logit(share: Bounded) -> Bounded:
    """log(p / (1 - p)) of all that the share may be: it is steep near 0 and 1, but rises everywhere.

    A share is off by a rounding of 1 at least, for some take 1 / p - 1.
    """
    off = WIDTH * (share.error + share.unit)
    low, value, high = (_logit(share.value + step) for step in (-off, 0.0, off))
    error = np.maximum(high - value, value - low) / WIDTH + share.unit * (2 + LIBM * np.abs(value))
    return Bounded(value, error, share.unit)


def _logit(share):
    share = np.clip(share, 0, 1)
    return np.clip(np.log(share) - np.log1p(-share), FARTHEST, -FARTHEST)


def together(*parts: Bounded) -> Bounded:
    """Parts side by side along the last axis."""
    value, error = (np.concatenate([getattr(p, n) for p in parts], axis=-1) for n in ("value", "error"))
    return Bounded(value, error, parts[0].unit)


def _exact(array):
    return Bounded.exact(array, array.dtype)


def _constant(value, dtype):
    """A plain number, which that precision may have to round."""
    rounded = Bounded.exact(value, dtype)
    return Bounded(rounded.value, np.abs(rounded.value - float(dtype.type(value))), rounded.unit)


def _per_class(deltas):
    return deltas.reshape(len(deltas), deltas.shape[1] // 4, 4)


def _flat(boxes, shape):
    return Bounded(boxes.value.reshape(shape), boxes.error.reshape(shape), boxes.unit)


def _measured(boxes, rule):
    """Centre and size; the mean of both corners does not see `plus_one`."""
    first, side = boxes[..., :2], boxes[..., 2:] - boxes[..., :2]
    size = side + rule.plus_one if rule.plus_one else side
    return first + (side if rule.centre == "mean" else size) / 2, size


def _moves(boxes, others, rule):
    (centre, size), (other_centre, other_size) = _measured(boxes, rule), _measured(others, rule)
    return together((centre - other_centre) / other_size, np.log(size / other_size))


def _moved(deltas, others, rule):
    centre, size = _measured(others, rule)
    stretch = deltas[..., 2:]
    if rule.clamp is not None:
        bound: Any = Bounded(np.float64(rule.clamp), deltas.unit * rule.clamp, deltas.unit)
        stretch = np.minimum(stretch, bound)
        if rule.clamp_below:
            stretch = np.maximum(stretch, -bound)
    return _corners(deltas[..., :2] * size + centre, np.exp(stretch) * size)


def _corners(centre, size):
    return together(centre - size / 2, centre + size / 2)


def _in_cells(a, rule):
    """How far centres lie from their cells, in cells, and sizes over those of the anchors."""
    centre, size = _measured(_exact(a["boxes"]), rule)
    offset = centre / a["stride"] - a["cells"].astype(np.float64)
    return offset, size / a["anchors"].astype(np.float64)


def _on_grid(a, offset, ratio):
    centre = (offset + a["cells"].astype(np.float64)) * a["stride"]
    return _corners(centre, ratio * a["anchors"].astype(np.float64))


def _twice(size):
    return together(size, size)


def _tiled(size):
    return np.array([size[1], size[0]] * 2, np.float64)


DEFINITIONS = {
    "encode_rcnn": encode_rcnn,
    "decode_rcnn": decode_rcnn,
    "encode_ssd": encode_ssd,
    "decode_ssd": decode_ssd,
    "encode_yolov1": encode_yolov1,
    "decode_yolov1": decode_yolov1,
    "encode_yolov3": encode_yolov3,
    "decode_yolov3": decode_yolov3,
    "encode_yolov5": encode_yolov5,
    "decode_yolov5": decode_yolov5,
    "encode_detr": encode_detr,
    "decode_detr": decode_detr,
}
