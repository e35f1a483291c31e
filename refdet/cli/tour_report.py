"""The tour's report: detections, their scores, a photograph, one suppression to click through, and the kernels."""

from __future__ import annotations

import platform

import numpy as np

import refdet
from refdet import aligned_box_iou, box_iou
from refdet.cli import tour_photograph
from refdet.detectors.hog_features import orientation_maps, window_features
from refdet.evaluation.matching import match_detections
from refdet.kernels import vectorized
from refdet.report import bars, curves, detections
from refdet.report.page import Page

SHOWN_SCENES = 12
PLAYED, COMPARED = 14, 600  # boxes of the step player, and of the kernels' comparison
LARGE = 1e9  # above every score
THINNED = 0.6  # the step player shows heaps, not near copies


def tour_page(outcome, searched, rows, seed):
    """The whole report as a `Page`."""
    page = Page("refdet tour: handwritten digits without a network")
    page.text(
        "Scenes of 128 x 128 pixels with two to six handwritten digits (IoU between two at most 0.02), noise and "
        "clutter. Selective search proposes boxes; each is pooled from a map of gradient orientations; one linear "
        "support vector machine per digit scores it, and a ridge regressor moves it; non-maximum suppression keeps the "
        "best of each heap. R-CNN without its network, everything in NumPy."
    )
    _summary(page, outcome, seed)
    _pictures(page, outcome)
    _scores(page, outcome)
    _comparison(page, outcome)
    tour_photograph.section(page, searched)
    _steps(page, outcome)
    _kernels(page, rows)
    return page


def _summary(page, outcome, seed):
    page.table(
        ["measure", "value"],
        [
            ["mAP at IoU 0.5, by area", f"{outcome.map50:.3f}"],
            ["mAP at IoU 0.75, by area", f"{outcome.map75:.3f}"],
            ["mAP at IoU 0.5, trained on shuffled labels (control)", f"{outcome.control_map50:.3f}"],
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


def _comparison(page, outcome):
    page.heading("Proposals and regressors")
    page.text(
        "The same scenes three times: with the box regressors, without them, and trained on a grid of windows of six "
        "sizes instead of selective search. The proposals are few and follow the image; the regressors place them, "
        "which IoU 0.75 shows. Proposals are made square here, since the ground truth is: the whole patch of a digit."
    )
    page.table(
        ["boxes from", "boxes a scene", "recall at 0.5", "mAP at 0.5", "mAP at 0.75"],
        [
            [name, f"{way.boxes:,.0f}", f"{way.recall:.3f}", f"{way.map50:.3f}", f"{way.map75:.3f}"]
            for name, way in outcome.comparison.items()
        ],
    )
    drawing, caption = _moved(outcome)
    page.svg(drawing, caption)


def _moved(outcome):
    """The best proposal for each digit of the first test scene, and where its regressor moves it, with a caption."""
    detector, scene, boxes = outcome.detector, outcome.test_scenes[0], outcome.proposals[0]
    scores, features, _ = _scored(outcome, scene, boxes)
    iou = box_iou(scene.boxes, boxes)
    best = np.where(iou >= 0.5, scores[:, scene.labels].T, iou - LARGE).argmax(axis=1)
    before = boxes[best]
    after = detector.regressors.refine(before, features[best], scene.labels)
    mean = [aligned_box_iou(moved, scene.boxes).mean() for moved in (before, after)]
    drawing = detections.draw(
        scene.image,
        np.concatenate([before, after]),
        right=np.arange(2 * len(after)) >= len(after),
        truths=scene.boxes,
        title=f"Test scene 0: {len(after)} proposals before and after their regressors, and the ground truth",
    )
    return drawing, (
        f"Test scene 0: of the proposals that overlap a digit by half, the one that its machine scores best (orange, "
        f"dashed), and where its regressor moves it (green); ground truth yellow and dotted. Mean IoU {mean[0]:.2f} "
        f"before, {mean[1]:.2f} after."
    )


def _steps(page, outcome):
    page.heading("One suppression, step by step")
    label, boxes, scores, scene = _played(outcome)
    page.text(
        f"The {len(boxes)} best proposals for the digit {label} in test scene 0, before the regressor moves them, "
        f"thinned so that no two overlap by more than {THINNED}. Step through with the buttons or the arrow keys; the "
        "lines of the body that ran are marked."
    )
    threshold = outcome.detector.preset.nms_threshold
    page.player(refdet.nms.trace(boxes, scores.round(3), threshold), image=scene.image)


def _played(outcome):
    """The best proposals of the class that was found best in the first test scene."""
    scene, found = outcome.test_scenes[0], outcome.detections[0]
    label = int(found.labels[0]) if len(found.labels) else int(scene.labels[0])
    boxes = outcome.proposals[0]
    scores, _, _ = _scored(outcome, scene, boxes)
    best = vectorized.nms(boxes, scores[:, label], THINNED)[:PLAYED]
    return label, boxes[best], scores[best, label], scene


def _scored(outcome, scene, boxes):
    """The score of every box for every digit, its features, and the orientation map that they were pooled from."""
    detector = outcome.detector
    maps = orientation_maps([scene.image], detector.preset)
    features = window_features(maps, boxes, detector.preset)[0]
    return features @ detector.weights + detector.bias, features, maps


def own_arrays(outcome):
    """Arguments for every paired op, from the first test scene: float32 boxes, scores, map and regions."""
    preset = outcome.detector.preset
    scene = outcome.test_scenes[0]
    windows = preset.windows(scene.image.shape)  # more than proposals, and of all kinds
    scores, _, maps = _scored(outcome, scene, windows)
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
