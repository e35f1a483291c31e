"""Worked examples: encoding."""

from __future__ import annotations

import numpy as np

from refdet.cli.worked_examples.example import Example

SEEN = {"boxes": [[80, 60, 140, 132]]}
FROM = [[75, 60, 125, 140]]
"""ENC-1: the object (110, 96, 60, 72) and the proposal (100, 100, 50, 80), as centre and size."""
DIGITS = {"cells": [[6, 4]], "anchors": [[3.19275, 4.00944]], "stride": 1}
HALF = 0.5**0.5

EXAMPLES = {
    "encode_rcnn": Example(
        "boxes.rcnn:encode_rcnn",
        "a box as seen from a proposal (ENC-1)",
        {**SEEN, "proposals": FROM},
        [[0.2, -0.05, 0.182322, -0.105361]],
        "coders",
    ),
    "decode_rcnn": Example(
        "boxes.rcnn:decode_rcnn",
        "and back (ENC-2)",
        {"deltas": [[1, 0, 0, 0, 0, 0, np.log(2), np.log(2)]], "proposals": [[0, 0, 4, 2]]},
        [[4, 0, 8, 2, -2, -1, 6, 3]],
        "coders",
    ),
    "delta_statistics": Example(
        "boxes.delta_normalization:delta_statistics",
        "mean and deviation of the deltas of each class (ENC-3)",
        {"deltas": [[0.1, 0, 0, 0], [0.3, 0, 0, 0]], "labels": [0, 0], "num_classes": 2},
        [[[0.2, 0, 0, 0], [0, 0, 0, 0]], [[0.1, 0, 0, 0], [0, 0, 0, 0]]],
        "delta_normalization",
    ),
    "normalize_deltas": Example(
        "boxes.delta_normalization:normalize_deltas",
        "deltas in their deviations (ENC-3)",
        {"deltas": [[0.2, -0.05, 0.4, 0]]},
        [[2, -0.5, 2, 0]],
        "delta_normalization",
    ),
    "denormalize_deltas": Example(
        "boxes.delta_normalization:denormalize_deltas",
        "and back (ENC-3)",
        {"deltas": [[2, -0.5, 2, 0]]},
        [[0.2, -0.05, 0.4, 0]],
        "delta_normalization",
    ),
    "encode_ssd": Example(
        "boxes.ssd:encode_ssd",
        "SSD: with variances (ENC-4)",
        {**SEEN, "priors": FROM},
        [[2, -0.5, 0.911608, -0.526803]],
        "grid_coders",
    ),
    "decode_ssd": Example(
        "boxes.ssd:decode_ssd",
        "and back (ENC-4)",
        {"deltas": [[1, 1, 0, 0]], "priors": [[0, 0, 0.4, 0.2]]},
        [[0.04, 0.02, 0.44, 0.22]],
        "grid_coders",
    ),
    "grid_cell": Example(
        "boxes.grid:grid_cell",
        "the cell of a point, and where it is there (BOX-7)",
        {"centres": [[200 / 448, 300 / 448]], "grid": 7},
        [[[3, 4]], [[0.125, 0.6875]]],
        "grid_coders",
    ),
    "encode_yolov1": Example(
        "boxes.yolov1:encode_yolov1",
        "YOLO v1: place in the cell, roots of the sizes (ENC-5)",
        {"boxes": [[88, 188, 312, 412]], "size": (448, 448)},
        [[[0.125, 0.6875, 0.707107, 0.707107]], [[3, 4]]],
        "grid_coders",
    ),
    "decode_yolov1": Example(
        "boxes.yolov1:decode_yolov1",
        "and back (ENC-5)",
        {"outputs": [[0.125, 0.6875, HALF, HALF]], "cells": [[3, 4]], "size": (448, 448)},
        [[88, 188, 312, 412]],
        "grid_coders",
    ),
    "encode_yolov3": Example(
        "boxes.yolov3:encode_yolov3",
        "YOLO v2 to v4: from a cell and an anchor (ENC-6, ENC-7)",
        {"boxes": [[10, 2, 30, 22]], "cells": [[2, 1]], "anchors": [[20, 20]], "stride": 8},
        [[0, 0, 0, 0]],
        "grid_coders",
    ),
    "decode_yolov3": Example(
        "boxes.yolov3:decode_yolov3",
        "and back (ENC-6)",
        {"outputs": [[0.2, -0.3, 0.1, -0.2]], **DIGITS},
        [[4.785567, 2.784232, 8.314101, 6.066883]],
        "grid_coders",
    ),
    "encode_yolov5": Example(
        "boxes.yolov5:encode_yolov5",
        "YOLO v5: sizes by a square (ENC-8)",
        {"boxes": [[10, 2, 30, 22]], "cells": [[2, 1]], "anchors": [[20, 20]], "stride": 8},
        [[0, 0, 0, 0]],
        "grid_coders",
    ),
    "decode_yolov5": Example(
        "boxes.yolov5:decode_yolov5",
        "and back (ENC-8)",
        {"outputs": [[0, 0, 0, 0]], "cells": [[2, 1]], "anchors": [[20, 20]], "stride": 8},
        [[10, 2, 30, 22]],
        "grid_coders",
    ),
    "encode_detr": Example(
        "boxes.detr:encode_detr",
        "DETR: parts of the image (ENC-9)",
        {"boxes": [[100, 50, 300, 150]], "size": (200, 400)},
        [[0.5, 0.5, 0.5, 0.5]],
        "grid_coders",
    ),
    "decode_detr": Example(
        "boxes.detr:decode_detr",
        "and back (ENC-9)",
        {"outputs": [[0, 0, 0, 0]], "size": (200, 400), "form": "logits"},
        [[100, 50, 300, 150]],
        "grid_coders",
    ),
}
