"""Certificates of evaluation: counts anew, and areas by the best precision at a recall or more."""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from types import SimpleNamespace

import numpy as np

from refdet.cli.certificates.nearness import near
from refdet.conventions import REFDET
from refdet.evaluation.matching import match_detections
from refdet.ops.box_iou import box_iou


def matching(a, found):
    """EVAL-3, detection by detection."""
    rule = a.convention.average_precision
    scores, images = np.asarray(a.scores, float).reshape(-1), np.asarray(a.images).reshape(-1)
    gt_images = np.asarray(a.gt_images).reshape(-1)
    difficult = (
        np.zeros(len(gt_images), bool) if a.difficult is None else np.asarray(a.difficult, bool).reshape(-1)
    )
    ranks = [(-scores[i], i) for i in found.order.tolist()]
    yield "all detections, best first", ranks == sorted((-s, i) for i, s in enumerate(scores.tolist()))
    yield "the objects that are not difficult count", found.positives == int((~difficult).sum())
    table = np.nan_to_num(box_iou(a.boxes, a.gt_boxes, convention=a.convention), nan=-1.0)
    near_enough = rule.matches(table, a.iou_threshold) & (images[:, None] == gt_images)
    claims, states, free = True, True, np.ones(len(gt_images), bool)
    for i, g, hit, ignored in zip(
        found.order, found.ground_truth, found.true_positive, found.ignored, strict=True
    ):
        rivals = near_enough[i].copy()
        if rule.reassign:
            open_ones = rivals & free & ~difficult
            rivals = open_ones if open_ones.any() else rivals & difficult
        best = np.flatnonzero(rivals & (table[i] == np.max(table[i], where=rivals, initial=-2.0)))
        wanted = -1 if not len(best) else int(best[0 if rule.ties == "first" else -1])
        claims &= wanted == g
        states &= bool(hit) == (g >= 0 and bool(free[g]) and not difficult[g]) and bool(ignored) == (
            g >= 0 and bool(difficult[g])
        )
        if hit and g >= 0:
            free[g] = False
    yield (
        "each claims the object of its image that it overlaps most, or none where none is near enough",
        claims,
    )
    yield "right is who comes first to an object that counts; on a difficult one it is ignored", states


def precision_recall(a, found):
    """EVAL-4, counted row by row."""
    flags, scores = np.asarray(a.true_positive, bool).reshape(-1), np.asarray(a.scores, float).reshape(-1)
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    right = [sum(bool(flags[i]) for i in order[: d + 1]) for d in range(len(order))]
    yield "the scores, best first", near(found.scores, scores[order])
    yield (
        "so many of the best are right, the rest wrong",
        found.true_positives.tolist() == right
        and (found.true_positives + found.false_positives).tolist() == list(range(1, len(order) + 1)),
    )
    yield from _shares(found, int(a.positives))


def _shares(curve, positives):
    yield "of as many objects", curve.positives == positives
    ranks = np.arange(1, len(curve) + 1)
    yield "precision times detections are the right ones", near(curve.precision * ranks, curve.true_positives)
    if positives:
        yield "and so is recall times objects", near(curve.recall * positives, curve.true_positives)
    else:
        yield "without objects there is no recall", bool(np.isnan(curve.recall).all())


def area(integration):
    """The certificate of an average precision, by a double loop where the algorithm has an envelope."""

    def certificate(a, ap):
        wanted = by_definition(integration(a), a.recall, a.precision, getattr(a, "variant", "exact"))
        words = "by the best precision at each recall or more, looked up anew"
        yield words, near(ap, wanted, size=1) if math.isfinite(wanted) else math.isnan(ap)
        yield "from 0 to 1", math.isnan(ap) or -1e-12 <= ap <= 1 + 1e-12

    return certificate


def by_definition(integration, recall, precision, variant="exact"):
    """Average precision (EVAL-6 to EVAL-10), as its words have it."""
    recall, precision = (np.asarray(part, np.float64).tolist() for part in (recall, precision))
    if any(map(math.isnan, recall)):
        return math.nan

    def best(level):
        return max((p for r, p in zip(recall, precision, strict=True) if r >= level), default=0.0)

    if integration in ("11point", "101point"):
        levels = (
            np.arange(0, 1.1, 0.1).tolist() if variant == "arange" else [k / 10 - 1e-12 for k in range(11)]
        )
        levels = levels if integration == "11point" else np.linspace(0, 1, 101).tolist()
        return math.fsum(map(best, levels)) / len(levels)
    if integration == "lines":
        return _trapezoids(recall, precision) if recall else 0.0
    rises = list(pairwise([0.0, *recall]))
    heights = precision if integration == "step" else [best(r) for r in recall]
    return math.fsum((after - before) * h for (before, after), h in zip(rises, heights, strict=True))


def _trapezoids(recall, precision):
    """EVAL-10: straight lines through the envelope between (0, 1) and (1, 0), cut into hundredths."""
    ends = [0.0, *recall, 1.0]
    envelope = [max([1.0, *precision, 0.0][i:]) for i in range(len(ends))]

    def read(x):
        i = bisect_right(ends, x) - 1
        if i == len(ends) - 1:
            return envelope[-1]
        return envelope[i] + (envelope[i + 1] - envelope[i]) * (x - ends[i]) / (ends[i + 1] - ends[i])

    heights = [read(x) for x in np.linspace(0, 1, 101).tolist()]
    return math.fsum(sum(pair) / 2 for pair in pairwise(heights)) / 100


def evaluated(a, found):
    """EVAL-11: the classes one by one."""
    threshold = found.iou_threshold
    yield "at that IoU threshold", threshold == a.iou_threshold
    yield from _classes(a, found, threshold)


def _classes(a, found, threshold):
    counted, shares, areas = True, True, True
    for k in range(a.num_classes):
        matched = match_detections(**_of_class(a, k), iou_threshold=threshold, convention=a.convention)
        flags = matched.true_positive[~matched.ignored]
        curve, ap = found.curves[k], float(found.average_precision[k])
        counted &= np.array_equal(curve.true_positives, np.cumsum(flags)) and len(curve) == len(flags)
        counted &= curve.positives == matched.positives
        counted &= np.array_equal(curve.false_positives, np.cumsum(~flags))
        scores = _of_class(a, k)["scores"][matched.order][~matched.ignored]
        counted &= near(curve.scores, scores)
        shares &= all(holds for _, holds in _shares(curve, matched.positives))
        wanted = by_definition(a.convention.average_precision.integration, curve.recall, curve.precision)
        areas &= near(ap, wanted, size=1) if matched.positives else math.isnan(ap)
    yield "the curve of each class counts its matches", bool(counted)
    yield "its precision and recall are shares of these", shares
    yield "average precision by the best precision at each recall or more; none without objects", areas


def _of_class(a, k):
    """The detections and the objects of a class, in all images."""
    rows: dict[str, list] = {
        "boxes": [],
        "scores": [],
        "images": [],
        "gt_boxes": [],
        "gt_images": [],
        "difficult": [],
    }
    for image, (found, boxes, labels) in enumerate(zip(a.detections, a.gt_boxes, a.gt_labels, strict=True)):
        own = [i for i, label in enumerate(found.labels) if label == k]
        rows["boxes"] += [found.boxes[i] for i in own]
        rows["scores"] += [found.scores[i] for i in own]
        rows["images"] += [image] * len(own)
        own = [i for i, label in enumerate(labels) if label == k]
        rows["gt_boxes"] += [boxes[i] for i in own]
        rows["gt_images"] += [image] * len(own)
        rows["difficult"] += [False if a.difficult is None else bool(a.difficult[image][i]) for i in own]
    kinds = {"images": np.int64, "gt_images": np.int64, "difficult": bool}
    arrays = {name: np.array(part, kinds.get(name, float)) for name, part in rows.items()}
    return arrays | {name: arrays[name].reshape(-1, 4) for name in ("boxes", "gt_boxes")}


def over_thresholds(a, found):
    """EVAL-12: each threshold by itself."""
    thresholds = np.asarray(a.iou_thresholds, float).tolist()
    yield "an evaluation for each threshold", [e.iou_threshold for e in found.evaluations] == thresholds
    every = [list(_classes(a, evaluation, evaluation.iou_threshold)) for evaluation in found.evaluations]
    for lines in zip(*every, strict=True):
        yield lines[0][0], all(holds for _, holds in lines)
    values = [ap for e in found.evaluations for ap in e.average_precision.tolist() if not math.isnan(ap)]
    yield "the mean is that of all thresholds and classes with objects", _is_mean(found.mean, values)


def _is_mean(mean, values):
    return near(mean, math.fsum(values) / len(values), size=1) if values else math.isnan(mean)


METHODS = {
    "area": "area",
    "interp": "11point",
    "arange": "11point",
    "step": "step",
    "coco101": "101point",
    "yolov5": "lines",
}


def compute_map(a, result):
    """EVAL-14: the classes one by one."""
    mean, classes = result
    names = list(dict.fromkeys(name for image in (*a.gt_boxes, *a.det_boxes) for name in image))
    yield "every class that is named", list(classes) == names
    areas = True
    for name, ap in classes.items():
        found = [
            (i, row)
            for i, image in enumerate(a.det_boxes)
            for row in np.asarray(image.get(name, [])).tolist()
        ]
        wanted = [
            (i, row) for i, image in enumerate(a.gt_boxes) for row in np.asarray(image.get(name, [])).tolist()
        ]
        matched = match_detections(
            np.array([row[:4] for _, row in found]).reshape(-1, 4),
            np.array([row[4] for _, row in found]),
            np.array([i for i, _ in found], np.int64),
            np.array([row for _, row in wanted]).reshape(-1, 4),
            np.array([i for i, _ in wanted], np.int64),
            a.iou_threshold,
            convention=REFDET,
        )
        right = np.cumsum(matched.true_positive)
        if not wanted:
            areas &= math.isnan(ap)
            continue
        curve = right / len(wanted), right / np.arange(1, len(right) + 1)
        area = by_definition(METHODS[a.method], *curve, "arange" if a.method == "arange" else "exact")
        areas &= near(ap, area, size=1)
    yield "average precision of each by its matches, and the best precision at each recall or more", areas
    yield (
        "the mean is that of the classes with objects",
        _is_mean(mean, [ap for ap in classes.values() if not math.isnan(ap)]),
    )


def _integration(a: SimpleNamespace) -> str:
    return a.convention.average_precision.integration


CERTIFICATES = {
    "match_detections": matching,
    "precision_recall_curve": precision_recall,
    "step_ap": area(lambda a: "step"),
    "area_ap": area(lambda a: "area"),
    "eleven_point_ap": area(lambda a: "11point"),
    "coco_ap": area(lambda a: "101point"),
    "yolov5_ap": area(lambda a: "lines"),
    "voc_ap": area(lambda a: "11point" if a.use_07_metric else "area"),
    "integrate": area(_integration),
    "evaluate_detections": evaluated,
    "evaluate_over_thresholds": over_thresholds,
    "compute_map": compute_map,
}
