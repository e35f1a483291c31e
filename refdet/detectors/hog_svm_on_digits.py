"""The whole experiment: train `hog_svm` on scenes of handwritten digits, detect, measure, compare, and doubt it.

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
from refdet.detectors.hog_preset import PRESET, WINDOWS, Preset
from refdet.detectors.hog_svm import HogSvm, fit
from refdet.evaluation.average_precision import area_ap, coco_ap, eleven_point_ap
from refdet.evaluation.mean_average_precision import Evaluation, evaluate_detections, mean_over_classes
from refdet.kernels import vectorized
from refdet.proposals.recall import proposal_recall

CLASSES = 10
IOU_THRESHOLD, STRICT = 0.5, 0.75
INTEGRATIONS = {"area": area_ap, "11 points": eleven_point_ap, "101 points": coco_ap}
STAGES = (
    "scenes",
    "propose",
    "train",
    "detect",
    "train windows",
    "detect windows",
    "train control",
    "detect control",
    "evaluate",
)

Progress = Callable[[str, int, int], None]
"""Called with the stage, how many scenes are done, and how many there are."""


@dataclass(frozen=True)
class Measures:
    """How well one way to propose and to place boxes does."""

    boxes: float
    """Mean number of proposals of a test scene."""
    recall: float
    """Share of the test digits that some proposal overlaps by 0.5 or more (PROP-4)."""
    map50: float
    map75: float
    """Mean average precision by area, at IoU 0.5 and 0.75."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What `run` found; everything a report needs."""

    detector: HogSvm
    train_scenes: list[Scene]
    test_scenes: list[Scene]
    proposals: list[NDArray[np.float32]]
    """One array per test scene."""
    detections: list[Detections]
    """One per test scene."""
    evaluation: Evaluation
    """Curves and average precision (area) of the ten digits."""
    average_precision: dict[str, NDArray[np.float64]]
    """Integration -> (10,): "area", "11 points", "101 points"."""
    control: Evaluation
    """The same for the detector that was trained on shuffled labels."""
    comparison: dict[str, Measures]
    """The detector itself first, then without regressors, and with windows instead of its proposals."""
    seconds: dict[str, tuple[float, float]]
    """Stage -> wall-clock and processor seconds."""

    @property
    def map50(self) -> float:
        """Mean average precision at IoU 0.5, by area."""
        return self.evaluation.mean

    @property
    def map75(self) -> float:
        """The same at IoU 0.75."""
        return next(iter(self.comparison.values())).map75

    @property
    def recall(self) -> float:
        """Of the detector's proposals, as in `Measures`."""
        return next(iter(self.comparison.values())).recall

    @property
    def control_map50(self) -> float:
        """Mean average precision of the control at IoU 0.5."""
        return self.control.mean

    def mean_average_precision(self, integration: str) -> float:
        """Mean over the digits by one of the three integrations."""
        return mean_over_classes(self.average_precision[integration])


def run(
    seed: int = 0,
    *,
    preset: Preset = PRESET,
    windows: Preset = WINDOWS,
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
    windows : Preset
        Of the detector that is compared with it.
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

    Notes
    -----
    Proposals know nothing of labels: those of the training scenes serve the control too.
    """
    rngs = np.random.default_rng(seed).spawn(6)
    stages = _Stages(progress)
    with stages.timed("scenes"):
        train = digit_scenes(*load_digits(train_rows), rng=rngs[0])
        test = digit_scenes(*load_digits(test_rows), rng=rngs[1])
    images = [s.image for s in test]

    with stages.timed("propose", len(train) + len(test)) as done:
        boxes = []
        for i, scene in enumerate(train + test, start=1):
            boxes.append(preset.propose(scene.image, training=i <= len(train)))
            done(i)
        of_train, of_test = boxes[: len(train)], boxes[len(train) :]

    def train_and_detect(scenes, rng, suffix="", **options):
        with stages.timed("train" + suffix, len(scenes)) as done:
            detector = fit(scenes, CLASSES, rng=rng, kernels=kernels, progress=done, **options)
        with stages.timed("detect" + suffix, len(test)) as done:
            proposals = of_test if detector.preset == preset else None
            return detector, detector.detect(images, proposals=proposals, kernels=kernels, progress=done)

    own = {"preset": preset, "proposals": of_train}
    detector, detections = train_and_detect(train, rngs[2], **own)
    _, elsewhere = train_and_detect(train, rngs[5], " windows", preset=windows)
    _, guesses = train_and_detect(shuffled(train, rngs[3]), rngs[4], " control", **own)

    with stages.timed("evaluate"):
        evaluation, control = evaluate(detections, test), evaluate(guesses, test)
        grids = [windows.propose(image) for image in images]
        still = detector.without_regressors().detect(images, proposals=of_test, kernels=kernels)
        comparison = {
            "selective search, regressors": _measures(of_test, detections, test),
            "selective search": _measures(of_test, still, test),
            "windows": _measures(grids, elsewhere, test),
        }
    tables = {name: evaluation.integrated(rule) for name, rule in INTEGRATIONS.items()}
    found = detector, train, test, of_test, detections, evaluation, tables, control, comparison
    return Outcome(*found, stages.seconds)


def _measures(proposals, detections, scenes):
    return Measures(
        float(np.mean([len(boxes) for boxes in proposals])),
        proposal_recall(proposals, [s.boxes for s in scenes], IOU_THRESHOLD),
        evaluate(detections, scenes).mean,
        evaluate(detections, scenes, STRICT).mean,
    )


def evaluate(
    detections: Sequence[Detections], scenes: Sequence[Scene], iou_threshold: float = IOU_THRESHOLD
) -> Evaluation:
    """Curves and average precision of the ten digits at an IoU, 0.5 by default."""
    return evaluate_detections(
        detections, [s.boxes for s in scenes], [s.labels for s in scenes], CLASSES, iou_threshold
    )


def shuffled(scenes: Sequence[Scene], rng: np.random.Generator) -> list[Scene]:
    """The scenes with the labels of all of them dealt out anew."""
    labels = rng.permutation(np.concatenate([scene.labels for scene in scenes]))
    ends = np.cumsum([len(scene.labels) for scene in scenes])
    return [replace(s, labels=part) for s, part in zip(scenes, np.split(labels, ends[:-1]), strict=True)]


class _Stages:
    """Tells how far each stage is, and keeps its seconds."""

    def __init__(self, progress):
        self.progress, self.seconds = progress, {}

    @contextmanager
    def timed(self, stage, total=0):
        wall, processor = time.perf_counter(), time.process_time()
        yield lambda done: self.progress(stage, done, total) if self.progress else None
        self.seconds[stage] = time.perf_counter() - wall, time.process_time() - processor
