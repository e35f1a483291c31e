"""Fitting an image into a canvas without changing its shape, and where its boxes go (BOX-5).

A network wants one size. Stretching would make every object thinner or wider; so the image is scaled by one
factor until it fits, and what is left of the canvas is filled: grey 114 in YOLOv5, 0.5 of white in darknet.

Letters: r the factor. Source: ultralytics/yolov5, utils/augmentations.py (letterbox); darknet, src/image.c
(letterbox_image) and src/yolo_layer.c (correct_yolo_boxes).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.boxes import coder_checks
from refdet.checks import Array
from refdet.rule import Rule
from refdet.stepwise import Steps, stepwise

FORMS = ("exact", "yolov5", "darknet")
FILL = 114
"""What YOLOv5 fills the borders with, of 255."""


@dataclass(frozen=True)
class Letterbox(Rule):
    """Where an image lies on its canvas; lengths in pixels, floats in the form "exact"."""

    canvas: tuple[int, int]
    """Height and width of image and borders together."""
    new_size: tuple[float, float]
    """Height and width of the scaled image."""
    borders: tuple[float, float, float, float]
    """Top, bottom, left, right."""
    scale: tuple[float, float]
    """What x and y of a box are multiplied by."""
    offset: tuple[float, float]
    """What is added to x and y then."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (all(0 < scale < np.inf for scale in self.scale) and np.isfinite(self.offset).all()):
            came = f"scale {self.scale}, offset {self.offset}"
            raise ValueError(f"Letterbox: {came} came; wanted finite numbers, and scales above 0")


def check_letterbox(size, canvas, form="exact", *, stride=None, scaleup=True):
    """Height and width of image and canvas, and how they are fitted."""
    size, canvas = checks.size(size, "size"), checks.size(canvas, "canvas")
    object_checks.option(form, "form", FORMS)
    if stride is not None:
        stride = checks.whole_number(stride, "stride", 1)
    scaleup = object_checks.flag(scaleup, "scaleup")
    new_size = _resized(size, canvas, form, scaleup)
    if min(new_size) == 0:
        raise ValueError(f"size: {size} came; scaled to {canvas} it is {new_size}; wanted a pixel at least")
    return size, canvas, form, stride, scaleup


@stepwise(check=check_letterbox)
def letterbox(
    size: tuple[int, int],
    canvas: tuple[int, int],
    form: str = "exact",
    *,
    stride: int | None = None,
    scaleup: bool = True,
) -> Steps[Letterbox]:
    """How an image of one size lies on a canvas of another: scaled to fit, in the middle.

    Parameters
    ----------
    size : (int, int)
        Height and width of the image.
    canvas : (int, int)
        Height and width of what the network takes.
    form : {"exact", "yolov5", "darknet"}
        How lengths become whole pixels: not at all; or as these programs do.
    stride : int, optional
        Leave out of the borders what a network of this stride does not need: the canvas shrinks by whole
        strides (YOLOv5's ``auto``).
    scaleup : bool
        Whether a small image may grow.

    Returns
    -------
    mapping : Letterbox
        For `letterbox_boxes` and `unletterbox_boxes`, and for who draws the image.

    Raises
    ------
    ValueError, TypeError
        Lengths below 1, another form; an image so narrow that its scaled side has no pixel.

    Notes
    -----
    fit.    The factor r is the smaller of the ratios of heights and widths.
    resize. The new size is r times the old one. "yolov5" rounds it half to even, "darknet" truncates it.
    pad.    What is left goes to both sides, half and half. Of an odd number YOLOv5 gives the smaller half to
            the top and left.

    BOX-5. "yolov5" maps boxes by r and the unrounded half border, as its labels are mapped, though the pixels
    lie up to half a pixel aside; "darknet" by the ratio of the sizes and the unrounded half border. "exact" is
    also how YOLOv5 maps detections back (scale_boxes).

    Examples
    --------
    >>> mapping = letterbox((480, 640), (416, 416))
    >>> mapping.scale, mapping.new_size, mapping.offset
    ((0.65, 0.65), (312.0, 416.0), (0.0, 52.0))
    """
    ratio = _ratio(size, canvas, scaleup)
    yield "fit: the image grows by the factor {ratio}"
    new_size = _resized(size, canvas, form, scaleup)
    yield "resize: it becomes {new_size} pixels high and wide"
    rest = canvas[0] - new_size[0], canvas[1] - new_size[1]
    if stride is not None:
        canvas = canvas[0] - int(rest[0] // stride) * stride, canvas[1] - int(rest[1] // stride) * stride
        rest = canvas[0] - new_size[0], canvas[1] - new_size[1]
    borders = (*_halves(rest[0], form), *_halves(rest[1], form))
    yield "pad: of {canvas} top, bottom, left and right get {borders}"
    scale = (new_size[1] / size[1], new_size[0] / size[0]) if form == "darknet" else (ratio, ratio)
    return Letterbox(canvas, new_size, borders, scale, (rest[1] / 2, rest[0] / 2))


def _ratio(size, canvas, scaleup):
    ratio = min(canvas[0] / size[0], canvas[1] / size[1])
    return ratio if scaleup else min(ratio, 1.0)


def _resized(size, canvas, form, scaleup):
    """Height and width after scaling; the tight side becomes exactly the canvas's."""
    ratio = _ratio(size, canvas, scaleup)
    if form == "yolov5":
        return round(size[0] * ratio), round(size[1] * ratio)
    tight = int(canvas[1] * size[0] < canvas[0] * size[1])
    old, new = (size[tight], canvas[tight]) if ratio != 1 else (1, 1)
    if form == "darknet":
        return size[0] * new // old, size[1] * new // old
    return size[0] * new / old, size[1] * new / old


def _halves(rest, form):
    """The border before and the border after."""
    if form == "exact":
        return rest / 2, rest / 2
    if form == "yolov5":
        return round(rest / 2 - 0.1), round(rest / 2 + 0.1)
    return rest // 2, rest - rest // 2


def check_letterbox_boxes(boxes, mapping):
    """Finite boxes, and a mapping."""
    object_checks.instance(mapping, "mapping", Letterbox, "what letterbox(size, canvas) returns")
    return coder_checks.vectors(boxes, "boxes", 4, "x1, y1, x2, y2"), mapping


@stepwise(check=check_letterbox_boxes, quiet=True)
def letterbox_boxes(boxes: Array, mapping: Letterbox) -> Steps[NDArray[np.floating]]:
    """Boxes of an image as boxes on its canvas.

    Parameters
    ----------
    boxes : (..., 4) array
        Corners x1, y1, x2, y2 in pixels of the image.
    mapping : Letterbox
        From `letterbox`.

    Returns
    -------
    boxes : (..., 4) float array
        In pixels of the canvas.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, NaN, infinity, something else than a Letterbox.

    Notes
    -----
    scale. Times the factor of x or of y.
    shift. Plus the offset.

    BOX-5.

    Examples
    --------
    >>> letterbox_boxes([[0, 0, 640, 480]], letterbox((480, 640), (416, 416)))
    array([[  0.,  52., 416., 364.]])
    """
    scaled = boxes * np.array(mapping.scale * 2, boxes.dtype)
    yield "scale: scaled they are {scaled}"
    moved = scaled + np.array(mapping.offset * 2, boxes.dtype)
    yield "shift: on the canvas they are {moved}"
    return moved


@stepwise(check=check_letterbox_boxes, quiet=True)
def unletterbox_boxes(boxes: Array, mapping: Letterbox) -> Steps[NDArray[np.floating]]:
    """Boxes on a canvas as boxes of the image: the inverse of `letterbox_boxes`.

    Parameters
    ----------
    boxes : (..., 4) array
        Corners x1, y1, x2, y2 in pixels of the canvas.
    mapping : Letterbox
        From `letterbox`.

    Returns
    -------
    boxes : (..., 4) float array
        In pixels of the image; not clipped to it: `clip_boxes_to_image`.

    Raises
    ------
    ValueError, TypeError
        As `letterbox_boxes`.

    Notes
    -----
    unshift. Less the offset.
    unscale. Over the factors.

    BOX-5.

    Examples
    --------
    >>> unletterbox_boxes([[0, 52, 416, 364]], letterbox((480, 640), (416, 416)))
    array([[  0.,   0., 640., 480.]])
    """
    moved = boxes - np.array(mapping.offset * 2, boxes.dtype)
    yield "unshift: without the borders they are {moved}"
    restored = moved / np.array(mapping.scale * 2, boxes.dtype)
    yield "unscale: in the image they are {restored}"
    return restored
