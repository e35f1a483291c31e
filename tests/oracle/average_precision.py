"""Small data sets, and what pycocotools and py-faster-rcnn's voc_eval.py say of them.

A ground truth is (image, category, x1, y1, x2, y2, 1 if crowd or difficult), a detection is (image, category,
x1, y1, x2, y2, score). The data sets by hand differ in one rule each; the drawn ones mix images, categories,
overlaps and sizes.
"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

import numpy as np

from . import built_average_precision
from .cases import Stream, ordered

A, B = (1, 1, 0, 0, 10, 10, 0), (1, 1, 2, 0, 12, 10, 0)
BY_HAND = {
    # Continuous IoU exactly 1/2 (and inclusive 99/199); then inclusive exactly 1/2.
    "half": ([(1, 1, 0, 0, 8, 8, 0)], [(1, 1, 0, 0, 8, 4, 0.9)]),
    "half_inclusive": ([(1, 1, 0, 0, 7, 7, 0)], [(1, 1, 0, 0, 7, 3, 0.9)]),
    # The second detection's best ground truth is taken; another one is free.
    "taken": (
        [(1, 1, 0, 0, 19, 19, 0), (1, 1, 0, 4, 19, 23, 0)],
        [(1, 1, 0, 0, 19, 19, 0.9), (1, 1, 0, 2, 19, 19, 0.8)],
    ),
    # The first detection overlaps both ground truths alike; the second fits only one of them well.
    "tie_first_wanted": ([A, B], [(1, 1, 1, 0, 11, 10, 0.9), (1, 1, 0, 0, 10, 10, 0.8)]),
    "tie_last_wanted": ([B, A], [(1, 1, 1, 0, 11, 10, 0.9), (1, 1, 0, 0, 10, 10, 0.8)]),
    # A quarter of the recall at precision 1.
    "quarter": ([(1, 1, 20 * i, 0, 20 * i + 10, 10, 0) for i in range(4)], [(1, 1, 0, 0, 10, 10, 0.9)]),
    # Recall ends at 3/10, a point of the 11-point grid that np.arange misses by one bit.
    "three_tenths": (
        [(1, 1, 20 * i, 0, 20 * i + 10, 10, 0) for i in range(10)],
        [(1, 1, 20 * i, 0, 20 * i + 10, 10, 0.9 - i / 10) for i in range(3)],
    ),
    # A false positive between two hits: the envelope.
    "between": (
        [(1, 1, 0, 0, 10, 10, 0), (1, 1, 20, 0, 30, 10, 0)],
        [(1, 1, 0, 0, 10, 10, 0.9), (1, 1, 40, 0, 50, 10, 0.8), (1, 1, 20, 0, 30, 10, 0.7)],
    ),
    # Detections in a crowd, or on a difficult object, are neither right nor wrong.
    "crowd": (
        [(1, 1, 0, 0, 40, 40, 1), (1, 1, 50, 0, 60, 10, 0)],
        [(1, 1, 0, 0, 20, 20, 0.9), (1, 1, 0, 0, 39, 39, 0.8), (1, 1, 50, 0, 60, 10, 0.7)],
    ),
    # Area exactly 32^2 is small and medium at once.
    "area_border": ([(1, 1, 0, 0, 32, 32, 0)], [(1, 1, 0, 0, 32, 32, 0.9)]),
    "no_detection": ([(1, 1, 0, 0, 10, 10, 0)], []),
}


def drawn(seed):
    """Four images, two categories; detections are objects moved by a few pixels. Crowds from seed 8 on."""
    stream = Stream(f"average precision {seed}")
    n = int(stream.integers(8, 24, (1,))[0])
    corners = stream.integers(0, 60, (n, 2))
    sides = stream.integers(8, 50, (n, 2)) * stream.integers(1, 4, (n, 1))
    boxes = np.hstack([corners, corners + sides])
    where = np.stack([stream.integers(1, 5, (n,)), stream.integers(1, 3, (n,))], axis=1)
    crowd = (stream.integers(0, 8, (n, 1)) == 0) & (seed >= 8)
    moved = ordered(np.vstack([boxes, boxes]) + stream.integers(-6, 7, (2 * n, 4)))
    scores = (np.argsort(stream.unit((2 * n,)))[:, None] + 1) / 64
    found = np.hstack([np.vstack([where, where]), moved, scores])[stream.unit((2 * n,)) < 0.7]
    rows = np.hstack([where, boxes, crowd]).tolist()
    return [tuple(map(int, row)) for row in rows], [(*map(int, row[:6]), row[6]) for row in found.tolist()]


def data_sets():
    """Every data set by name."""
    return BY_HAND | {f"drawn_{seed}": drawn(seed) for seed in range(11)}


def coco_form(truths, detections):
    """Ground truth as a COCO dictionary, detections as COCO results."""
    dataset = {
        "info": {},
        "images": [{"id": i} for i in range(1, 5)],
        "categories": [{"id": i, "name": str(i)} for i in (1, 2)],
        "annotations": [
            {"id": i, "image_id": image, "category_id": category, "bbox": _xywh(box), "iscrowd": crowd}
            | {"area": (box[2] - box[0]) * (box[3] - box[1])}
            for i, (image, category, *box, crowd) in enumerate(truths, 1)
        ],
    }
    return dataset, [
        {"image_id": image, "category_id": category, "bbox": _xywh(box), "score": score}
        for image, category, *box, score in detections
    ]


def _xywh(box):
    return [box[0], box[1], box[2] - box[0], box[3] - box[1]]


def coco(truths, detections):
    """The twelve numbers, AP by threshold and category, and the annotation that each result took or 0."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    dataset, results = coco_form(truths, detections)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = dataset
        truth.createIndex()
        if results:
            answers = truth.loadRes(results)
        else:
            answers = COCO()
            answers.dataset = dataset | {"annotations": []}
            answers.createIndex()
        evaluator = COCOeval(truth, answers, "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    levels = evaluator.eval["precision"][
        :, :, :, 0, 2
    ]  # (10 thresholds, 101 recalls, 2 categories), -1 unknown
    taken = np.zeros((10, len(detections)), int)
    for row in evaluator.evalImgs:
        if row and row["aRng"] == [0, 1e10]:
            taken[:, np.array(row["dtIds"], int) - 1] = row["dtMatches"]
    return {
        "stats": evaluator.stats.tolist(),
        "ap": [[levels[t, :, k].mean() for k in (0, 1)] for t in range(10)],
        "matches": taken.tolist(),
    }


def fast_rcnn(truths, detections):
    """The curve of category 1 at IoU 0.5, the area under it, and the mean of eleven points."""
    from .systems import built

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        path = Path(folder)
        (path / "images.txt").write_text("1\n2\n3\n4\n")
        for image in (1, 2, 3, 4):
            objects = [_voc_object(row) for row in truths if row[0] == image]
            (path / f"{image}.xml").write_text(f"<annotation>{''.join(objects)}</annotation>")
        rows = [(image, score, *box) for image, category, *box, score in detections if category == 1]
        (path / "1.txt").write_text("\n".join(" ".join(map(str, row)) for row in rows))
        names = (os.path.join(folder, name) for name in ("{}.txt", "{}.xml", "images.txt"))
        arguments = (*names, "1", os.path.join(folder, "cache"), 0.5)
        recall, precision, area = built("voc_eval").voc_eval(*arguments, False)
        points = built("voc_eval").voc_eval(*arguments, True)[2]
    curve = {"recall": recall.tolist(), "precision": precision.tolist()}
    return curve | {"area": float(area), "11point": float(points)}


def _voc_object(row):
    """One object of an annotation file, coordinates as they are."""
    _, category, *box, difficult = row
    corners = _tags(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    fields = {"name": category, "pose": ".", "truncated": 0, "difficult": difficult, "bndbox": corners}
    return _tags([("object", _tags(fields.items()))])


def _tags(pairs):
    return "".join(f"<{name}>{value}</{name}>" for name, value in pairs)


CURVE_RUNNERS = built_average_precision.CURVE_RUNNERS
RUNNERS = {"coco": coco, "fast_rcnn": fast_rcnn, **built_average_precision.RUNNERS}


def record(system):
    """Answers of one system by name of the data set; voc_eval.py cannot read a file without detections."""
    if system in CURVE_RUNNERS:
        return built_average_precision.record_curves(system)
    sets = data_sets()
    if system != "coco":
        sets = {name: rows for name, rows in sets.items() if any(row[1] == 1 for row in rows[1])}
    return {name: RUNNERS[system](*rows) for name, rows in sets.items()}
