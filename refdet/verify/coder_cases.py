"""Boxes, deltas, cells and outputs of networks to try coders with.

Deltas to decode are those of drawn boxes, rounded (what is encoded comes back), and any others, beyond the bounds of
the exponentials too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from refdet.conventions import Coder, Convention
from refdet.verify import lattice
from refdet.verify.coder_definitions import DEFINITIONS
from refdet.verify.contract import Arguments, Case

IMAGES = ((256, 256), (512, 256), (448, 448), (300, 500), (333, 97))
"""Heights and widths; the cells of the first two are powers of two."""

BEYOND = (-100.0, -30.0, 25.0, 100.0)
"""Outputs at which a logistic is 0 or 1, and an exponential may overflow."""


def drawn_by(fill: Callable[..., Arguments]) -> Callable[..., Iterator[Case]]:
    """Cases: `fill` makes arguments of boxes and of others, as many."""

    def draw(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
        rule = convention.coder or Coder()
        for boxes, others, family, layout in pairs(rng, dtype):
            yield Case(fill(rng, boxes.astype(dtype), others.astype(dtype), rule), family, layout)

    return draw


def pairs(rng: np.random.Generator, dtype: np.dtype[Any]) -> Iterator[tuple[Any, Any, str, str]]:
    """Boxes with a size and others, row by row: exact moves, none and one, layouts, every block size, then any."""
    base = np.array([[8.0, 16, 24, 48]])
    for moved in ([0, 0, 0, 0], [8, 0, 8, 0], [0, 8, 0, 8], [0, 0, 16, 0], [0, 0, 0, 32], [4, 4, -4, -4]):
        yield base + moved, base, "exact moves", "contiguous"
    for count in (0, 1):
        yield *_sized(rng, count, np.float64), "few", "contiguous"
    for layout in lattice.LAYOUTS:
        yield *_sized(rng, 7, dtype), f"{layout} arrays", layout
    for count in lattice.EDGE_COUNTS[2:]:
        yield *_sized(rng, count, dtype), "blocks", "contiguous"
    while True:
        count = int(rng.integers(1, 12))
        yield *_sized(rng, count, np.float64, rounded=False), "lattice", "contiguous"
        yield *_sized(rng, count, dtype), "rounded", "contiguous"


def _sized(rng, count, dtype, rounded=True):
    """Twice boxes that have a width and a height."""
    if not rounded:
        scale, shift = float(rng.choice([1, 1, 0.125, 32])), float(rng.choice([0, 0, -3, 1000]))
        return tuple((lattice.boxes(rng, count, dtype, 16, flat=False) + shift) * scale for _ in range(2))
    drawn = []
    for _ in range(2):
        boxes = lattice.rounded_boxes(rng, count, dtype).astype(np.float64)
        boxes[:, 2:] += rng.uniform(0.25, 3)
        drawn.append(boxes)
    return tuple(drawn)


# How boxes and others become the arguments of each coder.


def _scales(rng, dtype):
    return np.array([[1, 1, 1, 1], [10, 10, 5, 5], [1, 2, 4, 8], [3, 5, 0.7, 1.3]][rng.integers(4)], dtype)


def _deltas(rng, encoded, factors):
    """(N, 4 K) deltas: those of the boxes, others, and some that are so large that a bound may cut them."""
    count, kinds = len(encoded), int(rng.integers(1, 4))
    deltas = rng.normal(size=(count, kinds, 4)) * factors.astype(np.float64)
    deltas[rng.random(deltas.shape) < 0.2] = 0
    if kinds == 1 and rng.random() < 0.5:
        deltas[:, 0] = encoded
    large = (rng.random(deltas.shape) < 0.1) & (np.arange(4) > 1)
    size = rng.choice([-6.0, 4.0, 4.25, 6.0], deltas.shape) * factors.astype(np.float64)
    return np.where(large, size, deltas).reshape(count, 4 * kinds).astype(encoded.dtype)


def encode_rcnn_arguments(rng, boxes, others, rule):
    """Boxes, proposals, weights."""
    return {"boxes": boxes, "proposals": others, "weights": _scales(rng, boxes.dtype)}


def decode_rcnn_arguments(rng, boxes, others, rule):
    """Deltas of one class or more, proposals, weights."""
    a = encode_rcnn_arguments(rng, boxes, others, rule)
    encoded = DEFINITIONS["encode_rcnn"](a, rule).value.astype(boxes.dtype)
    return {
        "deltas": _deltas(rng, encoded, a["weights"]),
        "proposals": others,
        "weights": a["weights"],
    }


def encode_ssd_arguments(rng, boxes, others, rule):
    """Boxes, priors, variances, any code."""
    code = str(rng.choice(["center_size", "center_size", "corner", "corner_size"]))
    variances = np.array([[0.1, 0.1, 0.2, 0.2], [1, 1, 1, 1], [0.5, 0.25, 2, 4]][rng.integers(3)])
    return {"boxes": boxes, "priors": others, "variances": variances.astype(boxes.dtype), "code": code}


def decode_ssd_arguments(rng, boxes, others, rule):
    """Deltas of one class or more, priors, variances, any code."""
    a = encode_ssd_arguments(rng, boxes, others, rule)
    encoded = DEFINITIONS["encode_ssd"](a, rule).value.astype(boxes.dtype)
    deltas = _deltas(rng, encoded, 1 / a["variances"])
    return {"deltas": deltas, **{name: a[name] for name in ("priors", "variances", "code")}}


def _on_grid(rng, boxes, others):
    """Cells around the centres, the sizes of the others as anchors, and pixels per cell."""
    stride = float(rng.choice([8, 16, 32, 1, 0.3]))
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    cells = np.floor(centre / stride).astype(np.int64) + rng.choice([0, 0, 0, 1, -1], centre.shape)
    return {"cells": cells, "anchors": others[:, 2:] - others[:, :2], "stride": stride}


def _outputs(rng, boxes):
    """What a network answers: around 0, 0 itself, and far beyond."""
    outputs = rng.normal(size=boxes.shape) * 2
    outputs[rng.random(boxes.shape) < 0.2] = 0
    return np.where(rng.random(boxes.shape) < 0.05, rng.choice(BEYOND, boxes.shape), outputs).astype(
        boxes.dtype
    )


def encode_yolov3_arguments(rng, boxes, others, rule):
    """Boxes, cells around them, the sizes of the others as anchors, either form."""
    stretch, form = float(rng.choice([1, 1.05, 1.1, 1.2, 2])), str(rng.choice(["exp", "exp", "new_coords"]))
    return {"boxes": boxes, **_on_grid(rng, boxes, others), "scale_x_y": stretch, "form": form}


def decode_yolov3_arguments(rng, boxes, others, rule):
    """Outputs of either form, cells, anchors."""
    a = encode_yolov3_arguments(rng, boxes, others, rule)
    del a["boxes"]
    outputs = _outputs(rng, boxes)
    if a["form"] == "new_coords":
        outputs = rng.integers(0, 257, boxes.shape).astype(boxes.dtype) / 256
    return {"outputs": outputs, **a}


def encode_yolov5_arguments(rng, boxes, others, rule):
    """Boxes, cells around them, the sizes of the others as anchors."""
    return {"boxes": boxes, **_on_grid(rng, boxes, others)}


def decode_yolov5_arguments(rng, boxes, others, rule):
    """Outputs, cells, anchors."""
    return {"outputs": _outputs(rng, boxes), **_on_grid(rng, boxes, others)}


def encode_yolov1_arguments(rng, boxes, others, rule):
    """Boxes in an image, and a grid."""
    boxes, size = _inside(rng, boxes)
    grid = [(8, 8), (4, 16), (7, 7), (13, 5)][rng.integers(4)]
    return {"boxes": boxes, "size": size, "grid": grid}


def decode_yolov1_arguments(rng, boxes, others, rule):
    """Roots, some of them negative, in cells of a grid."""
    a = encode_yolov1_arguments(rng, boxes, others, rule)
    cells = rng.integers(0, a["grid"][::-1], (len(boxes), 2))
    outputs = rng.uniform(-0.2, 1, boxes.shape).astype(boxes.dtype)
    return {"outputs": outputs, "cells": cells, "size": a["size"], "grid": a["grid"]}


def encode_detr_arguments(rng, boxes, others, rule):
    """Boxes in an image, either form."""
    boxes, size = _inside(rng, boxes)
    return {"boxes": boxes, "size": size, "form": str(rng.choice(["normalized", "logits"]))}


def decode_detr_arguments(rng, boxes, others, rule):
    """Parts of an image, or logits."""
    form = str(rng.choice(["normalized", "logits"]))
    outputs = _outputs(rng, boxes)
    if form == "normalized":
        outputs = rng.integers(0, 257, boxes.shape).astype(boxes.dtype) / 256
    return {"outputs": outputs, "size": IMAGES[rng.integers(len(IMAGES))], "form": form}


def _inside(rng, boxes):
    """As many boxes, their centres inside the image, some of them on the edges of cells and of the image."""
    height, width = size = IMAGES[rng.integers(len(IMAGES))]
    image = np.array([width, height], np.float64)
    if (width & (width - 1)) == 0 and rng.random() < 0.5:
        centre = rng.integers(0, 33, (len(boxes), 2)) / 32 * image
        half = rng.integers(1, 65, (len(boxes), 2)) / 2
    else:
        centre = rng.uniform(0.01, 0.99, (len(boxes), 2)) * image
        half = rng.uniform(0.001, 0.6, (len(boxes), 2)) * image
    return np.concatenate([centre - half, centre + half], axis=1).astype(boxes.dtype), size
