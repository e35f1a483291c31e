"""A detector without a network: windows, oriented gradients, one linear machine per class, suppression.

Dalal and Triggs' detector, with R-CNN's training and with Fast R-CNN's pooling in the place of the block
grid: every sliding window is pooled from one orientation map to a fixed grid, and that is its feature.

Letters: B images, N windows, C orientations, D features, K classes.
Source: N. Dalal and B. Triggs, CVPR 2005; R. Girshick et al., R-CNN, CVPR 2014, section 2.3; R. Girshick,
Fast R-CNN, ICCV 2015, section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks, roi_checks
from refdet.checks import Array
from refdet.classical.hard_negatives import mine_hard_negatives, svm_labels
from refdet.classical.orientation_map import LARGEST, check_image, orientation_map
from refdet.conventions import REFDET
from refdet.detections import Detections
from refdet.kernels import vectorized
from refdet.proposals.windows import sliding_windows

# So many images of one size are pooled in one call: eight halve the time, more win nothing.
BATCH = 8
# R-CNN scales its features to this mean length.
MEAN_NORM = 20.0


@dataclass(frozen=True)
class Preset:
    """The sizes of the detector; chosen on digits held out of the training rows."""

    sides: tuple[int, ...] = (20, 24, 28, 32, 36, 40)
    """Sides of the square windows in pixels."""
    stride: int = 4
    """Step of the windows in pixels."""
    mining_stride: int = 8
    """The same in training, where neighbours are nearly the same example."""
    cell: int = 4
    """Side of a cell of the orientation map in pixels."""
    orientations: int = 8
    grid: int = 6
    """Each window is pooled to grid x grid bins."""
    score_above: float = -1.0
    """Windows that score less are dropped before suppression; -1 is the margin of the negatives."""
    nms_threshold: float = 0.3
    """Of two boxes of one class that overlap by more, the better stays (R-CNN)."""
    most: int = 100
    """Detections per image."""

    def windows(self, shape: tuple[int, ...], stride: int | None = None) -> NDArray[np.float32]:
        """(N, 4) boxes to look at in an image of that shape; `stride` is the preset's own by default."""
        height, width = shape[:2]
        return sliding_windows(width, height, self.sides, stride or self.stride)


PRESET = Preset()


@dataclass(frozen=True, eq=False)
class HogSvm:
    """A trained detector: a plane per class in the space of window features."""

    weights: NDArray[np.float32]
    """(D, K) float32."""
    bias: NDArray[np.float32]
    """(K,) float32."""
    preset: Preset = PRESET

    def detect(
        self,
        images: Sequence[Array],
        *,
        kernels: ModuleType = vectorized,
        progress: Callable[[int], Any] | None = None,
    ) -> list[Detections]:
        """Boxes, scores and labels for every image, best first.

        Parameters
        ----------
        images : sequence of (H, W) or (H, W, 3) arrays
            uint8, or floats in [0, 1]; any sizes.
        kernels : module
            Gives `roi_pool` and `nms`: `refdet.kernels.vectorized`, `refdet.kernels.cpp`, or `refdet`
            itself for the references.
        progress : callable, optional
            Called with the number of images done.

        Returns
        -------
        detections : list of Detections
            Boxes in pixels of the image; 1 is the score at the margin of the positives.
        """
        found: list[Detections] = []
        for batch in _batches(images, np.shape):
            windows = self.preset.windows(np.shape(batch[0]))
            features = window_features(orientation_maps(batch, self.preset), windows, self.preset, kernels)
            scores = features @ self.weights + self.bias  # (B, N, D) (D, K) -> (B, N, K)
            found.extend(self._suppressed(windows, of_image, kernels) for of_image in scores)
            if progress:
                progress(len(found))
        return found

    def _suppressed(self, windows, scores, kernels):
        """The best windows of each class: scores (N, K) to Detections."""
        kept = []
        for label, of_class in enumerate(scores.T):
            above = np.flatnonzero(of_class > self.preset.score_above)
            rows = above[kernels.nms(windows[above], of_class[above], self.preset.nms_threshold)]
            kept.append(np.stack([rows, np.full(len(rows), label)]))
        rows, labels = np.concatenate(kept, axis=1)
        found = Detections(windows[rows], scores[rows, labels], labels)
        return found[np.argsort(-found.scores, kind="stable")[: self.preset.most]]


def orientation_maps(images: Sequence[Array], preset: Preset) -> NDArray[np.float32]:
    """(B, C, h, w) float32: the maps of images of one size."""
    _check_preset(preset)
    images = object_checks.sequence(images, "images", "images")
    images = [check_image(image, f"images[{i}]") for i, image in enumerate(images)]
    shapes = [image.shape[:2] for image in images]
    if len(set(shapes)) != 1:
        raise ValueError(f"images: sizes {shapes[:4]} came; wanted one image at least, all of one size")
    maps = [orientation_map(image, cell=preset.cell, orientations=preset.orientations) for image in images]
    return np.stack(maps)


def _check_preset(preset):
    object_checks.instance(preset, "preset", Preset, "a Preset, such as refdet.detectors.hog_svm.PRESET")


def box_features(
    maps: Array, boxes: Sequence[Array], preset: Preset, kernels: ModuleType = vectorized
) -> NDArray[np.float32]:
    """Features of each image's own boxes: maps (B, C, h, w) and B arrays (G, 4) to (sum of G, D)."""
    maps = _checked_maps(maps, preset, kernels)
    boxes = object_checks.sequence(boxes, "boxes", "images", len(maps))
    boxes = [_float32_boxes(part, f"boxes[{i}]") for i, part in enumerate(boxes)]
    images = np.repeat(np.arange(len(maps)), [len(of_image) for of_image in boxes])
    pooled = _pooled(
        maps, images, np.concatenate([np.zeros((0, 4)), *boxes]), preset, kernels
    )  # (G, C, grid, grid)
    return pooled.reshape(len(images), np.prod(pooled.shape[1:]))


def window_features(
    maps: Array, windows: Array, preset: Preset, kernels: ModuleType = vectorized
) -> NDArray[np.float32]:
    """Features of the same boxes in every image: maps (B, C, h, w) and windows (N, 4) to (B, N, D).

    D is C x grid x grid: the strongest vote for each orientation in each bin.
    """
    maps = _checked_maps(maps, preset, kernels)
    windows = _float32_boxes(windows, "windows")
    # Stacked as channels, so that a window is cut into bins once for all images.
    stacked = maps.reshape(1, maps.shape[0] * maps.shape[1], *maps.shape[2:])
    pooled = _pooled(stacked, np.zeros(len(windows)), windows, preset, kernels)  # (N, B * C, grid, grid)
    return pooled.reshape(len(windows), len(maps), maps.shape[1] * preset.grid**2).swapaxes(0, 1)


def _checked_maps(maps, preset, kernels):
    """Maps (B, C, h, w); a preset, and a module that pools."""
    _check_preset(preset)
    object_checks.kernels(kernels, "kernels", "roi_pool")
    maps = roi_checks.features(maps, "maps", REFDET.roi)
    checks.reject_beyond(maps, "maps", LARGEST)
    return maps.astype(np.float32, copy=False)


def _float32_boxes(value, name):
    """(N, 4) boxes that are finite in float32."""
    with np.errstate(over="ignore"):
        single = checks.corners(value, name, "reject").astype(np.float32)
    return checks.boxes(single, name, REFDET.overlap)


def _pooled(maps, images, boxes, preset, kernels):
    """`roi_pool` of boxes in pixels."""
    rois = np.column_stack([images, boxes]).astype(np.float32)
    rois[:, 3:] -= preset.cell  # a box ends before the cell of its last corner, which roi_pool counts in
    return kernels.roi_pool(maps, rois, preset.grid, 1 / preset.cell)


def fit(
    scenes: Sequence[Any],
    num_classes: int,
    *,
    rng: np.random.Generator,
    preset: Preset = PRESET,
    kernels: ModuleType = vectorized,
    progress: Callable[[int], Any] | None = None,
) -> HogSvm:
    """Train a detector on annotated images, in one pass.

    Parameters
    ----------
    scenes : sequence of Scene
        Anything with `image`, `boxes` and `labels`.
    num_classes : int
        Labels are 0 to `num_classes` - 1.
    rng : numpy.random.Generator
        Order of the examples within the machines' sweeps.
    preset : Preset
    kernels : module
        Gives `roi_pool`.
    progress : callable, optional
        Called with the number of scenes done.

    Returns
    -------
    detector : HogSvm

    Raises
    ------
    ValueError
        Scenes without any object, or a label out of range.

    Notes
    -----
    RCNN-5: positives are the ground-truth boxes, negatives the windows that overlap every object of the
    class by less than 0.3 (MAT-3), mined in one pass (SMP-5); features are scaled to a mean length of 20
    over the positives; the machines' numbers are LOSS-6's.
    """
    _check_preset(preset)
    object_checks.kernels(kernels, "kernels", "roi_pool")
    object_checks.callback(progress, "progress")
    object_checks.generator(rng, "rng")
    num_classes = checks.whole_number(num_classes, "num_classes", 1, below=2**31)
    scenes = [_checked_scene(scene, f"scenes[{i}]") for i, scene in enumerate(_scenes(scenes))]
    if not sum(len(scene.boxes) for scene in scenes):
        raise ValueError("scenes: none of them has an object; wanted positives to train on")
    batches = [
        (batch, orientation_maps([scene.image for scene in batch], preset))
        for batch in _batches(scenes, lambda scene: np.shape(scene.image))
    ]
    positives = np.concatenate(
        [box_features(maps, [s.boxes for s in batch], preset, kernels) for batch, maps in batches]
    )
    labels = np.concatenate([_box_labels(scene, num_classes) for scene in scenes])
    scale = np.float32(MEAN_NORM / np.linalg.norm(positives, axis=1).mean())
    windows = _window_examples(batches, num_classes, scale, preset, kernels, progress)
    svm = mine_hard_negatives(positives * scale, labels, windows, rng=rng)
    return HogSvm(svm.weights * scale, svm.bias, preset)


def _scenes(scenes):
    return object_checks.sequence(scenes, "scenes", "scenes")


def _checked_scene(scene, name):
    """The scene, its boxes and labels as arrays."""
    missing = [part for part in ("image", "boxes", "labels") if not hasattr(scene, part)]
    if missing:
        raise TypeError(f"{name}: {checks.shown(scene)} came; wanted a scene with {', '.join(missing)}")
    boxes = checks.boxes(scene.boxes, f"{name}.boxes", REFDET.overlap)
    labels = checks.whole_numbers(scene.labels, f"{name}.labels", (len(boxes),), "one class per box")
    return SimpleNamespace(image=scene.image, boxes=boxes, labels=labels)


def _box_labels(scene, num_classes):
    """(G, K): 1 for the class of each ground-truth box, -1 for every class that it lies far from."""
    outside = (scene.labels < 0) | (scene.labels >= num_classes)
    if outside.any():
        raise ValueError(f"scenes: label {scene.labels[outside][0]} came; wanted 0 to {num_classes - 1}")
    labels = svm_labels(scene.boxes, scene.boxes, scene.labels, num_classes)
    labels[np.arange(len(labels)), scene.labels] = 1
    return labels


def _window_examples(batches, num_classes, scale, preset, kernels, progress):
    """Scene by scene, the features of all windows and their labels."""
    done = 0
    for batch, maps in batches:
        windows = preset.windows(np.shape(batch[0].image), preset.mining_stride)
        features = window_features(maps, windows, preset, kernels) * scale
        for scene, of_scene in zip(batch, features, strict=True):
            yield of_scene, svm_labels(windows, scene.boxes, scene.labels, num_classes)
        done += len(batch)
        if progress:
            progress(done)


def _batches(items, shape):
    """Lists of neighbours of one shape, at most `BATCH` each."""
    for _, group in groupby(items, shape):
        run = list(group)
        for first in range(0, len(run), BATCH):
            yield run[first : first + BATCH]
