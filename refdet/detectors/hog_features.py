"""What `hog_svm` sees of a box: the strongest votes for each direction in a fixed grid of bins, from one map.

Letters: B images, N boxes, C orientations, D features. Source: N. Dalal and B. Triggs, CVPR 2005, with the pooling of
R. Girshick, Fast R-CNN, ICCV 2015, section 2.1, in the place of the block grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks, roi_checks
from refdet.checks import Array
from refdet.classical.orientation_map import LARGEST, check_image, orientation_map
from refdet.conventions import REFDET
from refdet.detectors.hog_preset import Preset
from refdet.kernels import vectorized


def orientation_maps(images: Sequence[Array], preset: Preset) -> NDArray[np.float32]:
    """(B, C, h, w) float32: the maps of images of one size."""
    check_preset(preset)
    images = object_checks.sequence(images, "images", "images")
    images = [check_image(image, f"images[{i}]") for i, image in enumerate(images)]
    shapes = [image.shape[:2] for image in images]
    if len(set(shapes)) != 1:
        raise ValueError(f"images: sizes {shapes[:4]} came; wanted one image at least, all of one size")
    maps = [orientation_map(image, cell=preset.cell, orientations=preset.orientations) for image in images]
    return np.stack(maps)


def check_preset(preset):
    """The preset, if it is one."""
    object_checks.instance(preset, "preset", Preset, "a Preset, such as refdet.detectors.hog_preset.PRESET")


def box_features(
    maps: Array, boxes: Sequence[Array], preset: Preset, kernels: ModuleType = vectorized
) -> NDArray[np.float32]:
    """Features of each image's own boxes: maps (B, C, h, w) and B arrays (G, 4) to (sum of G, D)."""
    maps = _checked_maps(maps, preset, kernels)
    boxes = _boxes_of_images(boxes, len(maps))
    images = np.repeat(np.arange(len(maps)), [len(of_image) for of_image in boxes])
    pooled = _pooled(
        maps, images, np.concatenate([np.zeros((0, 4)), *boxes]), preset, kernels
    )  # (G, C, grid, grid)
    return pooled.reshape(len(images), np.prod(pooled.shape[1:]))


def features_of_each(
    maps: Array, boxes: Sequence[Array], preset: Preset, kernels: ModuleType = vectorized
) -> list[NDArray[np.float32]]:
    """Features of each image's own boxes, image by image: B arrays (N, 4) to B arrays (N, D)."""
    maps = _checked_maps(maps, preset, kernels)
    boxes = _boxes_of_images(boxes, len(maps))
    if boxes and all(np.array_equal(part, boxes[0]) for part in boxes):  # windows: cut into bins once
        return list(window_features(maps, boxes[0], preset, kernels))
    ends = np.cumsum([len(part) for part in boxes])[:-1]
    return np.split(box_features(maps, boxes, preset, kernels), ends)


def window_features(
    maps: Array, windows: Array, preset: Preset, kernels: ModuleType = vectorized
) -> NDArray[np.float32]:
    """Features of the same boxes in every image: maps (B, C, h, w) and windows (N, 4) to (B, N, D).

    D is C x grid x grid: the strongest vote for each orientation in each bin.
    """
    maps = _checked_maps(maps, preset, kernels)
    windows = float32_boxes(windows, "windows")
    # Stacked as channels, so that a window is cut into bins once for all images.
    stacked = maps.reshape(1, maps.shape[0] * maps.shape[1], *maps.shape[2:])
    pooled = _pooled(stacked, np.zeros(len(windows)), windows, preset, kernels)  # (N, B * C, grid, grid)
    return pooled.reshape(len(windows), len(maps), maps.shape[1] * preset.grid**2).swapaxes(0, 1)


def _checked_maps(maps, preset, kernels):
    """Maps (B, C, h, w); a preset, and a module that pools."""
    check_preset(preset)
    object_checks.kernels(kernels, "kernels", "roi_pool")
    maps = roi_checks.features(maps, "maps", REFDET.roi)
    checks.reject_beyond(maps, "maps", LARGEST)
    return maps.astype(np.float32, copy=False)


def _boxes_of_images(value, count):
    """(N, 4) boxes of each of so many images."""
    boxes = object_checks.sequence(value, "boxes", "images", count)
    return [float32_boxes(part, f"boxes[{i}]") for i, part in enumerate(boxes)]


def float32_boxes(value, name):
    """(N, 4) boxes that are finite in float32."""
    with np.errstate(over="ignore"):
        single = checks.corners(value, name, "reject").astype(np.float32)
    return checks.boxes(single, name, REFDET.overlap)


def _pooled(maps, images, boxes, preset, kernels):
    """`roi_pool` of boxes in pixels."""
    rois = np.column_stack([images, boxes]).astype(np.float32)
    rois[:, 3:] -= preset.cell  # a box ends before the cell of its last corner, which roi_pool counts in
    return kernels.roi_pool(maps, rois, preset.grid, 1 / preset.cell)
