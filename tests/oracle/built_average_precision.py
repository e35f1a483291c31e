"""What the VOC devkit and mmdet say of the data sets, and Caffe SSD and YOLOv5 of single curves."""

from __future__ import annotations

from functools import cache

import numpy as np

from .built_libraries import VARIABLE, caffe_ssd_average_precision
from .built_python import yolov5
from .built_voc import voc
from .cases import Stream
from .python_sources import taken
from .system import built


def voc_curve(truths, detections):
    """The curve of category 1 at IoU 0.5, the area under it (2010 on), and the mean of eleven points (2007)."""
    question = (
        0.5,
        [(image, *box, difficult) for image, category, *box, difficult in truths if category == 1],
        [(image, *box, score) for image, category, *box, score in detections if category == 1],
    )
    ((points, area, recall, precision),) = voc([question])
    return {"recall": recall.tolist(), "precision": precision.tolist(), "area": area, "11point": points}


class InOneProcess:
    """Stands for multiprocessing.Pool."""

    def __init__(self, processes):
        pass

    def starmap(self, function, rows):
        return [function(*row) for row in rows]

    def close(self):
        pass


@cache
def mmdet():
    folder = built(VARIABLE, "mmcv")
    names = {"np": np, "Pool": InOneProcess, "print_map_summary": lambda *args, **options: None}
    taken(folder / "eval_bbox_overlaps.py", {"bbox_overlaps"}, names)
    return taken(
        folder / "mean_ap.py", {"average_precision", "tpfp_default", "get_cls_results", "eval_map"}, names
    )


def mmcv_curve(truths, detections):
    """The same of mmdet's eval_map, which keeps precision and average precision in float32."""
    found, known = [], []
    for image in (1, 2, 3, 4):
        rows = [(*box, score) for i, category, *box, score in detections if (i, category) == (image, 1)]
        found.append([np.array(rows, float).reshape(-1, 5)])
        objects = [(box, ignored) for i, category, *box, ignored in truths if (i, category) == (image, 1)]
        part = {
            flag: np.array([box for box, ignored in objects if ignored == flag], float) for flag in (0, 1)
        }
        known.append(
            {
                "bboxes": part[0].reshape(-1, 4),
                "labels": np.zeros(len(part[0]), int),
                "bboxes_ignore": part[1].reshape(-1, 4),
                "labels_ignore": np.zeros(len(part[1]), int),
            }
        )
    area, (numbers,) = mmdet()["eval_map"](found, known, iou_thr=0.5)
    points, _ = mmdet()["eval_map"](found, known, iou_thr=0.5, eval_mode="11points")
    curve = {key: np.asarray(numbers[key], float).tolist() for key in ("recall", "precision")}
    return curve | {"area": float(area), "11point": float(points)}


RUNNERS = {"voc": voc_curve, "mmcv": mmcv_curve}


# Systems that are given a curve: which detections are right, best first, and how many objects there are


def curves():
    """A quarter, three and seven tenths of the recall, everything found, a false positive between, and drawn ones."""
    by_hand = {
        "quarter": ([1], 4),
        "three_tenths": ([1, 1, 1], 10),
        "seven_tenths": ([1] * 7, 10),
        "all": ([1, 1, 1, 1], 4),
        "between": ([1, 0, 1], 2),
    }
    for seed in range(8):
        right = Stream(f"curve {seed}").integers(0, 2, (12,)).tolist()
        by_hand[f"drawn_{seed}"] = (right, sum(right) + seed % 4)
    return by_hand


def caffe_ssd_numbers(right, positives):
    names = ("11point", "MaxIntegral", "Integral")
    return {name: caffe_ssd_average_precision(right, positives, i) for i, name in enumerate(names)}


def yolov5_number(right, positives):
    """compute_ap of the curve as ap_per_class makes it."""
    if not hasattr(np, "trapz"):
        yolov5()["np"].trapz = np.trapezoid  # its name until NumPy 2.4
    hits = np.cumsum(right)
    recall, precision = hits / (positives + 1e-16), hits / np.arange(1, len(right) + 1)
    return {"ap": float(yolov5()["compute_ap"](recall, precision)[0])}


CURVE_RUNNERS = {"caffe_ssd": caffe_ssd_numbers, "yolov5": yolov5_number}


def record_curves(system):
    return {name: CURVE_RUNNERS[system](*curve) for name, curve in curves().items()}
