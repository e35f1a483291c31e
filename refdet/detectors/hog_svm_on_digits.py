"""The whole experiment: train `hog_svm` on scenes of handwritten digits, detect, measure, and doubt it.

The doubt is the control: the same training on the same scenes with the labels shuffled among all digits.
If that scored well, something would leak.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from refdet.data.scenes import TEST, TRAIN, Scene, digit_scenes, load_digits
from refdet.detections import Detections
from refdet.detectors.hog_svm import PRESET, HogSvm, Preset, fit
from refdet.evaluation.average_precision import area_ap, coco_ap, eleven_point_ap
from refdet.evaluation.mean_average_precision import Evaluation, evaluate_detections, mean_over_classes
from refdet.kernels import vectorized
from refdet.proposals.recall import proposal_recall

CLASSES = 10
IOU_THRESHOLD = 0.5
INTEGRATIONS = {"area": area_ap, "11 points": eleven_point_ap, "101 points": coco_ap}
STAGES = ("scenes", "train", "detect", "evaluate", "train control", "detect control")

Progress = Callable[[str, int, int], None]
"""Called with the stage, how many scenes are done, and how many there are."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What `run` found; everything a report needs."""

    detector: HogSvm
    train_scenes: list[Scene]
    test_scenes: list[Scene]
    detections: list[Detections]
    """One per test scene."""
    windows_per_scene: int
    recall: float
    """Share of the test digits that some window overlaps by 0.5 or more (PROP-4)."""
    evaluation: Evaluation
    """Curves and average precision (area) of the ten digits."""
    average_precision: dict[str, NDArray[np.float64]]
    """Integration -> (10,): "area", "11 points", "101 points"."""
    control: Evaluation
    """The same for the detector that was trained on shuffled labels."""
    seconds: dict[str, tuple[float, float]]
    """Stage -> wall-clock and processor seconds."""

    @property
    def map50(self) -> float:
        """Mean average precision at IoU 0.5, by area."""
        return self.evaluation.mean

    @property
    def control_map50(self) -> float:
        """The same of the control."""
        return self.control.mean

    def mean_average_precision(self, integration: str) -> float:
        """Mean over the digits by one of the three integrations."""
        return mean_over_classes(self.average_precision[integration])


def run(
    seed: int = 0,
    *,
    preset: Preset = PRESET,
    kernels: ModuleType = vectorized,
    progress: Progress | None = None,
    train_rows: slice = TRAIN,
    test_rows: slice = TEST,
) -> Outcome:
    """Train, detect and measure on scenes of scikit-learn's digits, and do it again with shuffled labels.

    Parameters
    ----------
    seed : int
        Of the scenes, the order of training and the shuffling.
    preset : Preset
    kernels : module
        Gives `roi_pool` and `nms`.
    progress : callable, optional
        ``progress(stage, done, total)``, with `stage` out of `STAGES`.
    train_rows, test_rows : slice
        Rows of the file of digits; they must not overlap, and neighbouring rows share a writer.

    Returns
    -------
    outcome : Outcome

    Raises
    ------
    ImportError
        scikit-learn is not installed.
    """
    rngs = np.random.default_rng(seed).spawn(5)
    seconds: dict[str, tuple[float, float]] = {}

    def reporter(stage, total):
        return (lambda done: progress(stage, done, total)) if progress else None

    with _timed(seconds, "scenes"):
        train = digit_scenes(*load_digits(train_rows), rng=rngs[0])
        test = digit_scenes(*load_digits(test_rows), rng=rngs[1])

    def train_and_detect(scenes, rng, suffix):
        with _timed(seconds, "train" + suffix):
            watch = reporter("train" + suffix, len(scenes))
            detector = fit(scenes, CLASSES, rng=rng, preset=preset, kernels=kernels, progress=watch)
        with _timed(seconds, "detect" + suffix):
            watch = reporter("detect" + suffix, len(test))
            return detector, detector.detect([s.image for s in test], kernels=kernels, progress=watch)

    detector, detections = train_and_detect(train, rngs[2], "")
    _, guesses = train_and_detect(shuffled(train, rngs[3]), rngs[4], " control")
    with _timed(seconds, "evaluate"):
        evaluation, control = evaluate(detections, test), evaluate(guesses, test)
        windows = [preset.windows(s.image.shape) for s in test]
        recall = proposal_recall(windows, [s.boxes for s in test], IOU_THRESHOLD)
    tables = {name: evaluation.integrated(rule) for name, rule in INTEGRATIONS.items()}
    return Outcome(
        detector, train, test, detections, len(windows[0]), recall, evaluation, tables, control, seconds
    )


def evaluate(detections: Sequence[Detections], scenes: Sequence[Scene]) -> Evaluation:
    """Curves and average precision of the ten digits at IoU 0.5."""
    return evaluate_detections(
        detections, [s.boxes for s in scenes], [s.labels for s in scenes], CLASSES, IOU_THRESHOLD
    )


def shuffled(scenes: Sequence[Scene], rng: np.random.Generator) -> list[Scene]:
    """The scenes with the labels of all of them dealt out anew."""
    labels = rng.permutation(np.concatenate([scene.labels for scene in scenes]))
    ends = np.cumsum([len(scene.labels) for scene in scenes])
    return [replace(s, labels=part) for s, part in zip(scenes, np.split(labels, ends[:-1]), strict=True)]


@contextmanager
def _timed(seconds, stage):
    wall, processor = time.perf_counter(), time.process_time()
    yield
    seconds[stage] = time.perf_counter() - wall, time.process_time() - processor
