"""Scenes made of real handwriting: scikit-learn's 8x8 digits, scaled and scattered over clutter.

The digits are the UCI optical recognition test set, 1,797 patches in file order. Neighbouring rows share
a writer, so a split must cut the file and not shuffle it: rows 0-1199 train, 1200-1796 test. One writer, of
rows 1157-1286, stands on both sides of that cut.

Letters: G digits in a scene, H x W pixels. Source of the digits: E. Alpaydin and C. Kaynak, 1998, in
scikit-learn (BSD-3), installed by the extra ``demo``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.ops.box_iou import box_iou

TRAIN, TEST = slice(0, 1200), slice(1200, 1797)
LARGEST_OVERLAP = 0.02
NOISE = 0.05
CLUTTER_CELLS, CLUTTER = 5, 0.3


@dataclass(frozen=True)
class Scene:
    """An image and what it shows."""

    image: NDArray[np.uint8]
    """(H, W) uint8, dark paper and bright ink."""
    boxes: NDArray[np.float64]
    """(G, 4) float64 corners of the scaled 8x8 patches, in continuous pixels."""
    labels: NDArray[np.int64]
    """(G,) int64, the digits."""


def load_digits(rows: slice = slice(None)) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Handwritten digits in file order: patches (N, 8, 8) in [0, 1] and labels (N,).

    Parameters
    ----------
    rows : slice
        Which rows of the file. `TRAIN` and `TEST` share one writer, of rows 1157 to 1286.

    Raises
    ------
    ImportError
        scikit-learn, which ships the file, is not installed.

    """
    try:
        from sklearn.datasets import load_digits as bundled
    except ImportError:
        raise ImportError('load_digits: scikit-learn is missing; run: pip install "refdet[demo]"') from None
    file = bundled()
    return file.images[rows] / 16, file.target[rows].astype(np.int64)


def digit_scenes(
    patches: Array,
    labels: Array,
    *,
    rng: np.random.Generator,
    size: int = 128,
    count: tuple[int, int] = (2, 6),
    scale: tuple[float, float] = (2.5, 5.0),
) -> list[Scene]:
    """Scenes in which every digit appears once, in the given order.

    A scene takes the next 2 to 6 digits, each at a scale and a place of its own; boxes that would overlap
    by an IoU of more than 0.02 are placed anew. Ink lies on a smooth random background; noise of standard
    deviation 0.05 comes on top.

    Parameters
    ----------
    patches : (N, 8, 8) array
        Ink from 0 to 1.
    labels : (N,) integer array
    rng : numpy.random.Generator
        Draws counts, scales, places, clutter and noise; a seed gives the same scenes (C-6).
    size : int
        Height and width of a scene in pixels.
    count : (int, int)
        Fewest and most digits of a scene; the last scene may hold fewer.
    scale : (float, float)
        Smallest and largest magnification; a patch of 8 pixels covers 20 to 40.

    Returns
    -------
    scenes : list of Scene

    Raises
    ------
    ValueError
        Wrong shapes, ranges out of order, or a scene too small for its digits.

    Examples
    --------
    >>> scenes = digit_scenes(np.ones((12, 8, 8)), np.arange(12), rng=np.random.default_rng(0))
    >>> [scene.labels.tolist() for scene in scenes]
    [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [11]]
    """
    patches = checks.real_array(patches, "patches")
    size, count, scale = _checked_ranges(patches, size, count, scale)
    labels = checks.whole_numbers(labels, "labels", (len(patches),), "one label per patch")
    object_checks.generator(rng, "rng")
    scenes, first = [], 0
    while first < len(patches):
        taken = slice(first, first + int(rng.integers(count[0], count[1], endpoint=True)))
        boxes = _scattered(len(labels[taken]), size, patches.shape[1], scale, rng)
        scenes.append(Scene(_photograph(patches[taken], boxes, size, rng), boxes, labels[taken]))
        first = taken.stop
    return scenes


def _checked_ranges(patches, size, count, scale):
    """The size, the counts and the scales, each pair in order."""
    if patches.ndim != 3 or patches.shape[1] != patches.shape[2] or not patches.shape[1]:
        raise ValueError(f"patches: shape is {patches.shape}; wanted (N, S, S)")
    outside = ~((patches >= 0) & (patches <= 1))
    if outside.any():
        raise ValueError(f"patches: {patches[outside][0]} came; wanted ink from 0 to 1")
    size = checks.whole_number(size, "size", 1, below=2**31)
    count = object_checks.sequence(count, "count", "numbers", 2)
    fewest, most = (checks.whole_number(n, f"count[{i}]", 1, below=2**31) for i, n in enumerate(count))
    scale = object_checks.sequence(scale, "scale", "numbers", 2)
    smallest, largest = (checks.real_number(s, f"scale[{i}]") for i, s in enumerate(scale))
    if fewest > most:
        raise ValueError(f"count: {fewest}, {most} came; wanted the fewest first")
    if not 0 < smallest <= largest:
        raise ValueError(f"scale: {smallest}, {largest} came; wanted the smallest first, above 0")
    if largest * patches.shape[1] > size:
        raise ValueError(f"size: {size} came; wanted {largest * patches.shape[1]} or more, the largest digit")
    return size, (fewest, most), (smallest, largest)


def _scattered(count, size, patch, scale, rng):
    """(count, 4) square boxes within the scene, none on top of another."""
    for _ in range(100):
        sides = rng.uniform(*scale, count) * patch
        boxes = np.zeros((0, 4))
        for side in sides:
            corner = rng.uniform(0, size - side, (100, 2))
            tries = np.hstack([corner, corner + side])  # (100, 4)
            free = np.flatnonzero((box_iou(tries, boxes) <= LARGEST_OVERLAP).all(axis=1))
            if not len(free):
                break
            boxes = np.vstack([boxes, tries[free[0]]])
        else:
            return boxes
    raise ValueError(f"size: {count} digits found no place in {size} x {size} pixels; wanted a larger scene")


def _photograph(patches, boxes, size, rng):
    """The patches in their boxes, on clutter, with noise: (size, size) uint8."""
    grid = rng.uniform(0, CLUTTER, (CLUTTER_CELLS, CLUTTER_CELLS))
    spread = _interpolation(0, size, CLUTTER_CELLS, size, edge="repeat")
    image = spread @ grid @ spread.T
    for patch, (x1, y1, x2, y2) in zip(patches, boxes, strict=True):
        rows = _interpolation(y1, y2, len(patch), size, edge="zero")
        columns = _interpolation(x1, x2, len(patch), size, edge="zero")
        ink = rows @ patch @ columns.T  # (size, 8) (8, 8) (8, size)
        image += ink * (1 - image)
    image += rng.normal(0, NOISE, image.shape)
    return np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)


def _interpolation(begin, end, samples, pixels, edge):
    """(pixels, samples) weights that lay samples over [begin, end] linearly; beyond, zero or the last one."""
    centre = np.arange(pixels) + 0.5
    place = (centre - begin) / (end - begin) * samples - 0.5  # in samples
    if edge == "repeat":
        place = np.clip(place, 0, samples - 1)
    return np.maximum(0, 1 - np.abs(place[:, None] - np.arange(samples)))
