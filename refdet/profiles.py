"""The named conventions: one profile per production system, each field with the place that it was taken from.

"run" = values recorded from the system stand in tests/oracle; "read" = taken from its source alone. What
the fields mean is said in conventions.py, where they differ in docs/conventions.md.
"""

from __future__ import annotations

import numpy as np

from refdet.conventions import (
    REFDET,
    AveragePrecision,
    Convention,
    Overlap,
    Roi,
    Suppression,
)

TORCHVISION = Convention(
    "TORCHVISION",
    "torchvision 0.29.2 with torch 2.15.0, CPU kernels; run",
    # torchvision/ops/boxes.py box_iou: areas multiply as they are, 0/0 is NaN.
    overlap=Overlap(inverted="signed", division="ieee", finite="propagate"),
    # csrc/ops/cpu/nms_kernel.cpp: a float32 overlap is compared with a double threshold; stable sort.
    # ops/boxes.py batched_nms: coordinate trick up to 4000 coordinate values on the CPU.
    suppression=Suppression(threshold_dtype="float64", offset_classes_up_to=4000),
    # csrc/ops/cpu/roi_pool_kernel.cpp: bin sizes in T; the running maximum starts at -FLT_MAX.
    # ops/roi_align.py: aligned=False and sampling_ratio=-1, adaptive, are the defaults.
    roi=Roi(edges="float", lowest=float(np.finfo(np.float32).min), finite="propagate", aligned=False),
    average_precision=None,
)

FAST_RCNN = Convention(
    "FAST_RCNN",
    "fast-rcnn and py-faster-rcnn: bbox.pyx and nms.pyx 0c8afa4, voc_eval.py 45e0da9, Caffe layer 4c85442; run",
    # bbox.pyx: inclusive pixels; the overlap stays 0 unless both sides of the intersection are positive.
    overlap=Overlap(plus_one=1, inverted="signed"),
    # nms.pyx, later cpu_nms.pyx: `if ovr >= thresh` with a Python (double) threshold; order = scores.argsort()[::-1].
    suppression=Suppression(inclusive=True, ties="last", threshold_dtype="float64"),
    # roi_pooling_layer.cpp: bin sizes in Dtype; the running maximum starts at -FLT_MAX. No RoI align.
    roi=Roi(edges="float", lowest=float(np.finfo(np.float32).min), aligned=None),
    # lib/datasets/voc_eval.py: `if ovmax > ovthresh`; a taken ground truth makes a false positive.
    average_precision=AveragePrecision(strict=True),
)

ONNX = Convention(
    "ONNX",
    "ONNX opset 11-22 as onnxruntime 1.32.0 computes it on the CPU; run",
    # non_max_suppression_helper.h: corners in any order; no overlap unless both sides are positive.
    overlap=Overlap(inverted="sorted"),
    # SuppressByIOU: float IoU > float threshold; equal scores: lower index first.
    suppression=Suppression(threshold_dtype="float32"),
    # roipool.cc (MaxRoiPool): bin sizes in float. RoiAlign from opset 16 on: half_pixel, sampling_ratio 0.
    roi=Roi(edges="float", lowest=float(np.finfo(np.float32).min)),
    average_precision=None,
)

OPENCV = Convention(
    "OPENCV",
    "OpenCV 5.0.0 dnn::NMSBoxes with Rect2d boxes; run",
    # types.hpp jaccardDistance in double, then rectOverlap = 1.f - float(distance).
    overlap=Overlap(inverted="signed", division="distance", dtype="float64"),
    # nms.inl.hpp NMSFast_: `overlap <= adaptive_threshold` keeps; std::stable_sort by score.
    # nms.cpp NMSBoxesBatched: always shifts the classes, by the largest coordinate from 0 on, plus 1.
    suppression=Suppression(threshold_dtype="float32", offset_classes_up_to=2**63, least_offset=0.0),
    roi=None,
    average_precision=None,
)

COCO = Convention(
    "COCO",
    "pycocotools 2.0.11; run",
    # common/maskApi.c bbIou: double throughout, 0 unless both sides of the intersection are positive.
    overlap=Overlap(dtype="float64"),
    suppression=None,
    roi=None,
    # cocoeval.py evaluateImg: `ious < iou` goes on, so >= matches, and an equal later one replaces.
    average_precision=AveragePrecision(reassign=True, ties="last", integration="101point"),
)

PROFILES = {p.name.lower(): p for p in (REFDET, TORCHVISION, FAST_RCNN, ONNX, OPENCV, COCO)}
