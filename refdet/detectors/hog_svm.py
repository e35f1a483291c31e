"""A detector without a network: proposals, oriented gradients, a machine and a box regressor per class, suppression.

R-CNN with Dalal and Triggs' features in the place of its network: every box of selective search is pooled from one
orientation map to a fixed grid, as Fast R-CNN pools, and that is its feature.

Letters: B images, N boxes, D features, K classes. Parts: hog_preset.py, hog_features.py.
Source: N. Dalal and B. Triggs, CVPR 2005; R. Girshick et al., R-CNN, CVPR 2014, sections 2.1 to 2.3 and Appendix C; R.
Girshick, Fast R-CNN, ICCV 2015, section 2.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.boxes.clip import clip_boxes_to_image
from refdet.checks import Array
from refdet.classical.hard_negatives import mine_hard_negatives
from refdet.classical.ridge_boxes import RidgeBoxes, fit_ridge_boxes
from refdet.conventions import REFDET
from refdet.detections import Detections
from refdet.detectors.hog_features import (
    box_features,
    check_preset,
    features_of_each,
    float32_boxes,
    orientation_maps,
)
from refdet.detectors.hog_preset import PRESET, Preset
from refdet.kernels import vectorized
from refdet.matching.rcnn_labels import regression_pairs, svm_box_labels, svm_labels

# So many images of one size are pooled in one call.
BATCH = 8
# R-CNN scales its features to this mean length.
MEAN_NORM = 20.0


@dataclass(frozen=True, eq=False)
class HogSvm:
    """A trained detector: a plane per class in the space of box features, and a regressor per class."""

    weights: NDArray[np.float32]
    """(D, K) float32."""
    bias: NDArray[np.float32]
    """(K,) float32."""
    preset: Preset = PRESET
    regressors: RidgeBoxes | None = None
    """Of K classes; None leaves the boxes where they were proposed."""

    def without_regressors(self) -> HogSvm:
        """The same machines, which leave the boxes where they were proposed."""
        return replace(self, regressors=None)

    def detect(
        self,
        images: Sequence[Array],
        *,
        proposals: Sequence[Array] | None = None,
        kernels: ModuleType = vectorized,
        progress: Callable[[int], Any] | None = None,
    ) -> list[Detections]:
        """Boxes, scores and labels for every image, best first.

        Parameters
        ----------
        images : sequence of (H, W) or (H, W, 3) arrays
            uint8, or floats in [0, 1]; any sizes.
        proposals : sequence of (N, 4) arrays, optional
            The boxes to look at, image by image; the preset's own by default.
        kernels : module
            Gives `roi_pool` and `nms`: `refdet.kernels.vectorized`, `refdet.kernels.cpp`, or `refdet`
            itself for the references.
        progress : callable, optional
            Called with the number of images done.

        Returns
        -------
        detections : list of Detections
            Boxes in pixels of the image, within it; 1 is the score at the margin of the positives.
        """
        images = object_checks.sequence(images, "images", "images")
        proposals = _proposals(proposals, len(images))
        found: list[Detections] = []
        for batch in _batches(list(zip(images, proposals, strict=True)), lambda pair: np.shape(pair[0])):
            pictures = [image for image, _ in batch]
            maps = orientation_maps(pictures, self.preset)
            boxes = [_boxes_of(pair, self.preset, i) for i, pair in enumerate(batch, start=len(found))]
            each = features_of_each(maps, boxes, self.preset, kernels)
            size = np.shape(pictures[0])[:2]
            found.extend(self._suppressed(*pair, size, kernels) for pair in zip(boxes, each, strict=True))
            if progress:
                progress(len(found))
        return found

    def _suppressed(self, boxes, features, size, kernels):
        """The best boxes of each class: (N, 4) proposals and (N, D) features to Detections."""
        scores = features @ self.weights + self.bias  # (N, D) (D, K) -> (N, K)
        kept, scored, labels = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)], [np.zeros(0, int)]
        for label, of_class in enumerate(scores.T):
            above = np.flatnonzero(of_class > self.preset.score_above)
            moved = self._moved(boxes[above], features[above], label, size)
            best = kernels.nms(moved, of_class[above], self.preset.nms_threshold)
            kept.append(moved[best])
            scored.append(of_class[above][best])
            labels.append(np.full(len(best), label))
        found = Detections(*(np.concatenate(part) for part in (kept, scored, labels)))
        return found[np.argsort(-found.scores, kind="stable")[: self.preset.most]]

    def _moved(self, boxes, features, label, size):
        """The boxes where the regressor of the class sees the object, within the image."""
        if self.regressors is None:
            return boxes
        labels = np.full(len(boxes), label)
        return clip_boxes_to_image(self.regressors.refine(boxes, features, labels), size)


def _proposals(value, count):
    """A box array or None for each image."""
    if value is None:
        return [None] * count
    return object_checks.sequence(value, "proposals", "images", count)


def _boxes_of(pair, preset, number, *, training=False):
    """The (N, 4) float32 boxes of an (image, boxes or None) pair."""
    image, boxes = pair
    if boxes is None:
        name = f"scenes[{number}].image" if training else f"images[{number}]"
        return preset.propose(image, training=training, name=name)
    return float32_boxes(boxes, f"proposals[{number}]")


def fit(
    scenes: Sequence[Any],
    num_classes: int,
    *,
    rng: np.random.Generator,
    preset: Preset = PRESET,
    proposals: Sequence[Array] | None = None,
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
    proposals : sequence of (N, 4) arrays, optional
        The boxes to learn from, scene by scene; the preset's own by default.
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
    RCNN-5: positives are the ground-truth boxes, negatives the proposals that overlap every object of the
    class by less than 0.3 (MAT-3), mined in one pass (SMP-5); features are scaled to a mean length of 20
    over the positives; the machines' numbers are LOSS-6's.

    RCNN-7: the regressors learn from the proposals that overlap an object by more than 0.6 (MAT-4).
    """
    check_preset(preset)
    object_checks.kernels(kernels, "kernels", "roi_pool")
    object_checks.callback(progress, "progress")
    object_checks.generator(rng, "rng")
    num_classes = checks.whole_number(num_classes, "num_classes", 1, below=2**31)
    given = object_checks.sequence(scenes, "scenes", "scenes")
    pairs = enumerate(zip(given, _proposals(proposals, len(given)), strict=True))
    scenes = [_checked_scene(scene, boxes, i, num_classes, preset) for i, (scene, boxes) in pairs]
    if not sum(len(scene.boxes) for scene in scenes):
        raise ValueError("scenes: none of them has an object; wanted positives to train on")
    batches = [
        (batch, orientation_maps([scene.image for scene in batch], preset))
        for batch in _batches(scenes, lambda scene: np.shape(scene.image))
    ]
    positives = np.concatenate(
        [box_features(maps, [s.boxes for s in batch], preset, kernels) for batch, maps in batches]
    )
    labels = np.concatenate([svm_box_labels(s.boxes, s.labels, num_classes) for s in scenes])
    scale = np.float32(MEAN_NORM / np.linalg.norm(positives, axis=1).mean())
    examples = _examples(batches, num_classes, scale, preset, kernels, progress)
    svm = mine_hard_negatives(positives * scale, labels, examples, rng=rng)
    regressors = _fit_regressors(batches, num_classes, scale, preset, kernels) if preset.regress else None
    return HogSvm(svm.weights * scale, svm.bias, preset, regressors)


def _checked_scene(scene, proposals, number, num_classes, preset):
    """The scene with its boxes and labels as arrays, and its proposals."""
    name = f"scenes[{number}]"
    missing = [part for part in ("image", "boxes", "labels") if not hasattr(scene, part)]
    if missing:
        raise TypeError(f"{name}: {checks.shown(scene)} came; wanted a scene with {', '.join(missing)}")
    boxes = checks.boxes(scene.boxes, f"{name}.boxes", REFDET.overlap)
    labels = checks.whole_numbers(scene.labels, f"{name}.labels", (len(boxes),), "one class per box")
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        raise ValueError(f"scenes: label {labels[outside][0]} came; wanted 0 to {num_classes - 1}")
    proposals = _boxes_of((scene.image, proposals), preset, number, training=True)
    return SimpleNamespace(image=scene.image, boxes=boxes, labels=labels, proposals=proposals)


def _examples(batches, num_classes, scale, preset, kernels, progress):
    """Scene by scene, the features of all proposals and their labels."""
    done = 0
    for batch, maps in batches:
        each = features_of_each(maps, [s.proposals for s in batch], preset, kernels)
        for scene, features in zip(batch, each, strict=True):
            kinds = svm_labels(scene.proposals, scene.boxes, scene.labels, num_classes)
            yield features * scale, kinds
        done += len(batch)
        if progress:
            progress(done)


def _fit_regressors(batches, num_classes, scale, preset, kernels):
    """Box regressors from the proposals near an object, for features that are not scaled."""
    features, labels, targets = [], [], []
    for batch, maps in batches:
        near = [regression_pairs(s.proposals, s.boxes, s.labels, preset.overlap_above) for s in batch]
        boxes = [s.proposals[pairs.proposals] for s, pairs in zip(batch, near, strict=True)]
        features.append(box_features(maps, boxes, preset, kernels) * scale)
        labels += [pairs.labels for pairs in near]
        targets += [pairs.targets for pairs in near]
    rows = np.concatenate(features), np.concatenate(labels), np.concatenate(targets)
    regressors = fit_ridge_boxes(*rows, num_classes, ridge=preset.ridge)
    return replace(regressors, weights=regressors.weights * scale)


def _batches(items, shape):
    """Lists of neighbours of one shape, at most `BATCH` each."""
    for _, group in groupby(items, shape):
        run = list(group)
        for first in range(0, len(run), BATCH):
            yield run[first : first + BATCH]
