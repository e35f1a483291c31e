"""Cutting a proposal out of its image, at the size that a network takes, with some context around it (ROI-1).

R-CNN warps every proposal to 227 x 227, whatever its shape, and 16 pixels on each side show what lies around it. So the
box is enlarged before it is cut out; where it then reaches beyond the image, the mean colour stands.

Letters: s side of the result, p pixels of context. Source: R. Girshick et al., Rich Feature Hierarchies, CVPR 2014,
appendix A; rbgirshick/rcnn, utils/rcnn_im_crop.m (read).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.proposals.images import LARGEST, check_image
from refdet.proposals.resampling import resized
from refdet.stepwise import Steps, stepwise

FARTHEST = 1e9


def check_warp_proposal(image, box, size=227, *, padding=16, mode="warp", mean=None):
    """The image as (H, W, C) floats, the box as (4,) float64, the mean as (C,) floats; was the image (H, W)."""
    given = checks.any_array(image, "image")
    is_double = given.dtype.kind == "f" and given.dtype.itemsize == 8
    image = check_image(image, dtype=np.float64 if is_double else np.float32)
    box = checks.real_array(box, "box").astype(np.float64)
    if box.shape != (4,):
        raise ValueError(f"box: shape is {box.shape}; wanted (4,), the corners x1, y1, x2, y2")
    checks.reject_beyond(box, "box", FARTHEST)
    if box[2] <= box[0] or box[3] <= box[1]:
        raise ValueError(f"box: {box.tolist()} came; wanted sides above 0")
    size = checks.whole_number(size, "size", 1, below=2**14)
    padding = checks.whole_number(padding, "padding", 0)
    if 2 * padding >= size:
        raise ValueError(f"padding: {checks.shown(padding)} came; wanted less than half of size {size}")
    object_checks.option(mode, "mode", ("warp", "square"))
    if mean is None:
        mean = image.mean(axis=(0, 1))
    mean = checks.real_array(mean, "mean")
    if mean.shape != image.shape[2:]:
        raise ValueError(f"mean: shape is {mean.shape}; wanted {image.shape[2:]}, a value for each channel")
    checks.reject_beyond(mean, "mean", LARGEST)
    image = image[..., 0] if given.ndim == 2 else image
    return image, box, size, padding, mode, mean.astype(image.dtype)


@stepwise(check=check_warp_proposal)
def warp_proposal(
    image: Array,
    box: Array,
    size: int = 227,
    *,
    padding: int = 16,
    mode: Literal["warp", "square"] = "warp",
    mean: Array | None = None,
) -> Steps[NDArray[np.floating]]:
    """A proposal with context, brought to a square of `size` pixels.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        In any units.
    box : (4,) array
        Corners x1, y1, x2, y2 in continuous pixels; it may reach beyond the image.
    size : int
        Side s of the result.
    padding : int
        Pixels p of the result, on each side, that show what lies around the box; fewer than s / 2.
    mode : {"warp", "square"}
        "warp" stretches the box to the square; "square" cuts out the smallest square around it and keeps its shape.
    mean : (C,) array, optional
        What stands where the image ends; by default its own mean. Subtract it afterwards, and 0 stands there.

    Returns
    -------
    crop : (s, s) or (s, s, C) float32 or float64 array
        float64 if the image is, float32 otherwise.

    Raises
    ------
    ValueError, TypeError
        A box without size, an image without pixels, NaN, too much padding, a mean of another length.

    Notes
    -----
    dilate. Multiply both half sides by s / (s - 2 p), about the centre; "square" first makes the shorter as long as the
            longer.
    round.  Round the corners to whole pixels, half away from zero; a pixel is left at least.
    clip.   What of that lies on the image is cut out.
    resize. Scale it by the sides of the result over those of the rounded box, bilinearly and without antialias.
    fill.   Put it in its place; the mean stands elsewhere.

    ROI-1. Differs from the original: corners are continuous, so width is x2 - x1.

    References
    ----------
    R. Girshick, J. Donahue, T. Darrell, J. Malik, Rich Feature Hierarchies for Accurate Object Detection and Semantic
    Segmentation, CVPR 2014, appendix A.

    Examples
    --------
    2 of the 4 pixels of the result are the box's own, so it grows to the double; one pixel of that lies off the image:

    >>> image = np.array([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]])
    >>> warp_proposal(image, [0, 0, 2, 2], 4, padding=1, mean=[0])
    array([[0., 0., 0., 0.],
           [0., 1., 2., 3.],
           [0., 4., 5., 6.],
           [0., 7., 8., 9.]])
    """
    centre, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    if mode == "square":
        half = np.full(2, half.max())
    grown = half * size / (size - 2 * padding)
    dilated = np.concatenate([centre - grown, centre + grown])
    yield "dilate: the box becomes {dilated}"
    window = _rounded(dilated)
    window[2:] = np.maximum(window[2:], window[:2] + 1)
    yield "round: its pixels are those of {window}"
    low = np.maximum(window[:2], 0)
    high = np.maximum(np.minimum(window[2:], image.shape[1::-1]), low)
    piece = image[low[1] : high[1], low[0] : high[0]]
    yield "clip: {low} to {high} lies on the image"
    scale = size / (window[2:] - window[:2])
    first, sides = _rounded((low - window[:2]) * scale), _rounded((high - low) * scale)
    sides = np.maximum(np.minimum(sides, size - first), 0)
    if sides.min() > 0:
        piece = _resized(piece, sides[1], sides[0])
    yield "resize: it becomes {sides} pixels wide and high"
    crop = np.empty((size, size, *image.shape[2:]), image.dtype)
    crop[...] = mean
    if sides.min() > 0:
        crop[first[1] : first[1] + sides[1], first[0] : first[0] + sides[0]] = piece
    yield "fill: {mean} stands in the rest"
    return crop


def _rounded(values):
    """Whole numbers, half away from zero (C-5), as int64."""
    whole = np.trunc(values)
    return (whole + np.copysign(np.abs(values - whole) >= 0.5, values)).astype(np.int64)


def _resized(piece, height, width):
    """(H, W) or (H, W, C), without antialias."""
    scaled = resized(piece.reshape(*piece.shape[:2], -1), height, width, antialias=False)
    return scaled.reshape(height, width, *piece.shape[2:])
