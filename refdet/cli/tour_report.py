"""The tour's report: what was detected, how it was scored, one suppression to click through, and the kernels."""

from __future__ import annotations

import platform

import numpy as np

import refdet
from refdet.detectors.hog_svm import orientation_maps
from refdet.evaluation.matching import match_detections
from refdet.kernels import vectorized
from refdet.report import bars, curves, detections
from refdet.report.page import Page

SHOWN_SCENES = 12
PLAYED, COMPARED = 14, 600  # boxes of the step player, and of the kernels' comparison
THINNED = 0.6  # the step player shows heaps, not near copies


def tour_page(outcome, rows, seed):
    """The whole report as a `Page`."""
    page = Page("refdet tour: handwritten digits without a network")
    page.text(
        "Scenes of 128 x 128 pixels with two to six handwritten digits (IoU between two at most 0.02), noise and "
        "clutter. Every window of a grid is pooled from a map of gradient orientations; one linear support vector "
        "machine per digit scores it; non-maximum suppression keeps the best of each heap. Everything in NumPy."
    )
    _summary(page, outcome, seed)
    _pictures(page, outcome)
    _scores(page, outcome)
    _steps(page, outcome)
    _kernels(page, rows)
    return page


def _summary(page, outcome, seed):
    page.table(
        ["measure", "value"],
        [
            ["mAP at IoU 0.5, by area", f"{outcome.map50:.3f}"],
            ["the same, trained on shuffled labels (control)", f"{outcome.control_map50:.3f}"],
            ["recall of the windows at IoU 0.5", f"{outcome.recall:.3f}"],
            ["windows a scene", f"{outcome.windows_per_scene:,}"],
            ["scenes, train and test", f"{len(outcome.train_scenes)} and {len(outcome.test_scenes)}"],
            ["seed", seed],
            ["refdet, NumPy, Python", f"{refdet.__version__}, {np.__version__}, {platform.python_version()}"],
        ],
    )
    page.svg(
        bars.draw({stage: seconds for stage, (seconds, _) in outcome.seconds.items()}, unit="s"),
        "Seconds of each stage, on the clock of the wall.",
    )


def _pictures(page, outcome):
    shown = _best_f1_score(outcome.evaluation)
    page.heading("Detections")
    page.text(
        f"The first {SHOWN_SCENES} test scenes, of digits that training did not see. Solid: right, dashed: "
        f"wrong (another digit, a duplicate, or IoU below 0.5); thin: ground truth. Scores above {shown:.2f} are "
        "drawn, where the F1 of all test scenes is highest."
    )
    drawings = []
    for number, (scene, found) in enumerate(zip(outcome.test_scenes, outcome.detections, strict=True)):
        if number == SHOWN_SCENES:
            break
        right = _right(found, scene)
        seen = found.scores >= shown
        labels, scores = found.labels[seen], found.scores[seen]
        picture = detections.draw(
            scene.image, found.boxes[seen], labels, scores, right=right[seen], truths=scene.boxes
        )
        drawings.append((picture, f"Scene {number}: {right[seen].sum()} of {len(scene.labels)} digits found"))
    page.gallery(drawings)


def _best_f1_score(evaluation):
    """The score from which on to draw: precision and recall of all classes together balance best there."""
    scores = np.concatenate([curve.scores for curve in evaluation.curves])
    order = np.argsort(-scores, kind="stable")
    right = [np.diff(curve.true_positives, prepend=0) for curve in evaluation.curves]
    hits = np.cumsum(np.concatenate(right)[order])
    positives = sum(curve.positives for curve in evaluation.curves)
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + positives)
    return float(scores[order][f1.argmax()])


def _right(found, scene):
    """Which detections claim a digit of their class."""
    right = np.zeros(len(found.scores), bool)
    for label in np.unique(found.labels):
        members, truths = np.flatnonzero(found.labels == label), scene.boxes[scene.labels == label]
        none = np.zeros(len(members), np.int64), np.zeros(len(truths), np.int64)
        matching = match_detections(found.boxes[members], found.scores[members], none[0], truths, none[1])
        right[members[matching.order]] = matching.true_positive
    return right


def _scores(page, outcome):
    page.heading("Precision and recall")
    lines = {
        f"digit {digit}": (curve.recall, curve.precision)
        for digit, curve in enumerate(outcome.evaluation.curves)
        if len(curve) and curve.positives
    }
    page.svg(curves.draw(lines), "Precision over recall as the score threshold falls, digit by digit.")
    names = list(outcome.average_precision)
    table = [
        [digit, curve.positives, *(f"{outcome.average_precision[name][digit]:.3f}" for name in names)]
        for digit, curve in enumerate(outcome.evaluation.curves)
    ]
    total = sum(curve.positives for curve in outcome.evaluation.curves)
    table.append(["mean", total, *(f"{outcome.mean_average_precision(name):.3f}" for name in names)])
    page.table(
        ["digit", "objects", *(f"AP, {name}" for name in names)], table, "Average precision at IoU 0.5"
    )


def _steps(page, outcome):
    page.heading("One suppression, step by step")
    label, boxes, scores, scene = _played(outcome)
    page.text(
        f"The {len(boxes)} best windows for the digit {label} in test scene 0, thinned so that no two overlap by more "
        f"than {THINNED}. Step through with the buttons or the arrow keys; the lines of the body that ran are marked."
    )
    threshold = outcome.detector.preset.nms_threshold
    page.player(refdet.nms.trace(boxes, scores.round(3), threshold), image=scene.image)


def _played(outcome):
    """The best windows of the class that was found best in the first test scene."""
    scene, found = outcome.test_scenes[0], outcome.detections[0]
    label = int(found.labels[0]) if len(found.labels) else int(scene.labels[0])
    windows, scores, _ = _scored_windows(outcome, scene)
    best = vectorized.nms(windows, scores[:, label], THINNED)[:PLAYED]
    return label, windows[best], scores[best, label], scene


def _scored_windows(outcome, scene):
    """Every window of the scene, its score for every digit, and the orientation map that it was pooled from."""
    from refdet.detectors.hog_svm import window_features

    detector = outcome.detector
    windows = detector.preset.windows(scene.image.shape)
    maps = orientation_maps([scene.image], detector.preset)
    features = window_features(maps, windows, detector.preset)
    return windows, (features @ detector.weights + detector.bias)[0], maps


def own_arrays(outcome):
    """Arguments for every paired op, from the first test scene: float32 boxes, scores, map and regions."""
    preset = outcome.detector.preset
    windows, scores, maps = _scored_windows(outcome, outcome.test_scenes[0])
    best = np.argsort(-scores.max(axis=1), kind="stable")[:COMPARED]
    boxes, scores = windows[best].astype(np.float32), scores[best].max(axis=1).astype(np.float32)
    rois = np.column_stack([np.zeros(len(boxes), np.float32), boxes])
    pooling = maps, rois, (preset.grid, preset.grid), 1 / preset.cell
    pooled, argmax = vectorized.roi_pool_with_argmax(*pooling)
    return {
        "box_iou": (boxes, boxes),
        "nms": (boxes, scores, preset.nms_threshold),
        "roi_pool": pooling,
        "roi_pool_with_argmax": pooling,
        "roi_pool_backward": (pooled, argmax, rois, maps.shape),
    }


def _kernels(page, rows):
    page.heading("Every op by every kernel")
    page.text(
        f"On the {COMPARED} best windows of test scene 0 in float32. The reference defines the result; the others "
        "must give the same bits. Milliseconds are the median of five rounds after one that is not counted, on a "
        "machine that may be busy; the emulator runs the CUDA files on the CPU, and its time says nothing about a GPU."
    )
    for name, reason in {row.implementation: row.missing for row in rows if row.missing}.items():
        page.text(f"Not compared: {name} is not there. {reason}")
    slowest = {row.op: row.milliseconds for row in rows if row.implementation == "numpy"}
    page.table(
        ["op", "by", "ms", "times as fast as the reference", "SHA-256 of the result", "bits"],
        [
            [
                row.op,
                row.implementation,
                f"{row.milliseconds:.2f}",
                f"{slowest[row.op] / row.milliseconds:.3g}",
                row.sha256[:12],
                "equal" if row.equal else "DIFFERENT",
            ]
            for row in rows
            if not row.missing
        ],
    )
