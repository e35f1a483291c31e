"""The named conventions: one profile per production system, each field with the place that it was taken from.

"run" = values recorded from the system stand in tests/oracle; "read" = taken from its source alone. What
the fields mean is said in conventions.py, where they differ in docs/conventions.md.
"""

from __future__ import annotations

import numpy as np

from refdet.conventions import (
    REFDET,
    AveragePrecision,
    Coder,
    Convention,
    Overlap,
    Roi,
    Suppression,
)

TORCHVISION = Convention(
    "TORCHVISION",
    "torchvision 0.29.2 with torch 2.15.0, CPU kernels; run",
    # torchvision/ops/boxes.py box_iou: areas multiply as they are, 0/0 is NaN. _box_diou_iou and
    # complete_box_iou: eps is added to the squared diagonal and in alpha, not to the union as in the losses.
    overlap=Overlap(inverted="signed", division="ieee", finite="propagate", diou_eps=1e-7, ciou_eps=1e-7),
    # csrc/ops/cpu/nms_kernel.cpp: a float32 overlap is compared with a double threshold; stable sort.
    # ops/boxes.py batched_nms: coordinate trick up to 4000 coordinate values on the CPU.
    suppression=Suppression(threshold_dtype="float64", offset_classes_up_to=4000),
    # csrc/ops/cpu/roi_pool_kernel.cpp: bin sizes in T; the running maximum starts at -FLT_MAX.
    # ops/roi_align.py: aligned=False and sampling_ratio=-1, adaptive, are the defaults.
    roi=Roi(edges="float", lowest=float(np.finfo(np.float32).min), finite="propagate", aligned=False),
    # models/detection/_utils.py BoxCoder; its weights in roi_heads.py and ssd.py, while rpn.py has ones.
    coder=Coder(
        weights=(10.0, 10.0, 5.0, 5.0), clamp=float(np.log(1000 / 16)), sizes="propagate", finite="propagate"
    ),
    average_precision=None,
)

TORCHVISION_CUDA = Convention(
    "TORCHVISION_CUDA",
    "torchvision 0.14.1's CUDA kernels, compiled for the CPU, under torchvision 0.29.2; run",
    # ops/boxes.py box_iou and its kin are made of PyTorch operations, the same on every device.
    overlap=Overlap(inverted="signed", division="ieee", finite="propagate", diou_eps=1e-7, ciou_eps=1e-7),
    # csrc/ops/cuda/nms_kernel.cu devIoU: `const float threshold`; stable sort.
    # ops/boxes.py batched_nms: coordinate trick up to 100,000 coordinate values on a GPU.
    suppression=Suppression(threshold_dtype="float32", offset_classes_up_to=100_000),
    # csrc/ops/cuda/roi_pool_kernel.cu, roi_align_kernel.cu: as on the CPU.
    roi=Roi(edges="float", lowest=float(np.finfo(np.float32).min), finite="propagate", aligned=False),
    # models/detection/_utils.py BoxCoder; its weights in roi_heads.py and ssd.py, while rpn.py has ones.
    coder=Coder(
        weights=(10.0, 10.0, 5.0, 5.0), clamp=float(np.log(1000 / 16)), sizes="propagate", finite="propagate"
    ),
    average_precision=None,
)

DETECTRON2 = Convention(
    "DETECTRON2",
    "detectron2 0.5 with torchvision 0.29.2 on the CPU; run",
    # structures/boxes.py: area() is the signed product; pairwise_iou: where(inter > 0, inter / union, 0).
    # layers/losses.py diou_loss, ciou_loss add eps to the diagonal and in alpha (and to the union); fvcore's giou_loss
    # to the enclosing area that it divides by, not to the one it divides.
    overlap=Overlap(inverted="signed", diou_eps=1e-7, ciou_eps=1e-7),
    # layers/nms.py calls torchvision with the boxes as float32.
    suppression=Suppression(threshold_dtype="float64", offset_classes_up_to=4000),
    # modeling/poolers.py ROIPooler("ROIPool") calls torchvision; layers/roi_align.py does, with aligned=True.
    roi=Roi(edges="float", lowest=float(np.finfo(np.float32).min), finite="propagate"),
    # modeling/box_regression.py Box2BoxTransform; weights of the second stage, config/defaults.py (the RPN has ones).
    # `assert (src_widths > 0)`; above log(1000 / 16) dw and dh are clamped.
    coder=Coder(weights=(10.0, 10.0, 5.0, 5.0), clamp=float(np.log(1000 / 16)), sizes="anchors"),
    # evaluation/ holds py-faster-rcnn's voc_eval and calls pycocotools: FAST_RCNN and COCO.
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
    # lib/fast_rcnn/bbox_transform.py: x2 = cx + w / 2 without -1, no bound; means and deviations are applied outside.
    coder=Coder(plus_one=1, sizes="propagate"),
    # lib/datasets/voc_eval.py: `if ovmax > ovthresh`; a taken ground truth makes a false positive.
    average_precision=AveragePrecision(strict=True),
)

CAFFE_SSD = Convention(
    "CAFFE_SSD",
    "weiliu89/caffe, branch ssd: bbox_util.cpp 0d455ff (detection_evaluate_layer.cpp read); run",
    # JaccardOverlap, boxes in 0..1: an inverted box has size 0; 0 unless both sides of the intersection are positive.
    overlap=Overlap(),
    # ApplyNMSFast: `overlap <= adaptive_threshold` keeps, a float; std::stable_sort by score.
    suppression=Suppression(threshold_dtype="float32"),
    roi=None,
    # EncodeBBox, DecodeBBox, CENTER_SIZE: CHECK_GT on every size; quotients are divided by variances.
    coder=Coder(centre="mean", scaling="variances"),
    # detection_evaluate_layer.cpp (read): `overlap_max >= overlap_threshold_`; ssd_pascal.py asks for "11point".
    average_precision=AveragePrecision(integration="11point"),
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
    coder=None,
    average_precision=None,
)

OPENCV = Convention(
    "OPENCV",
    "OpenCV 5.0.0 dnn::NMSBoxes with Rect2d boxes; run",
    # types.hpp jaccardDistance in double, then rectOverlap = 1.f - float(distance).
    overlap=Overlap(inverted="signed", division="distance", dtype="float64"),
    # nms.inl.hpp NMSFast_: `overlap <= adaptive_threshold` keeps; std::stable_sort by score.
    # nms.cpp NMSBoxesBatched: always shifts the classes, by the largest coordinate from 0 on, plus 1.
    suppression=Suppression(threshold_dtype="float32", offset_classes_up_to=2**63 - 1, least_offset=0.0),
    roi=None,
    coder=None,
    average_precision=None,
)

COCO = Convention(
    "COCO",
    "pycocotools 2.0.11; run",
    # common/maskApi.c bbIou: double throughout, 0 unless both sides of the intersection are positive.
    overlap=Overlap(dtype="float64"),
    suppression=None,
    roi=None,
    coder=None,
    # cocoeval.py evaluateImg: `ious < iou` goes on, so >= matches, and an equal later one replaces.
    average_precision=AveragePrecision(reassign=True, ties="last", integration="101point"),
)

VOC = Convention(
    "VOC",
    "VOC devkit: VOCevaldet.m as in npinto/VOCdevkit b0890ec, VOCap.m of 2011, in GNU Octave 7.3; run",
    # VOCevaldet.m: inclusive pixels; an overlap counts only if `iw>0 & ih>0`.
    overlap=Overlap(plus_one=1, inverted="signed", dtype="float64"),
    suppression=None,
    roi=None,
    coder=None,
    # VOCevaldet.m: `ovmax>=VOCopts.minoverlap`, a taken object makes a false positive; VOCap.m: area, from 2010 on.
    average_precision=AveragePrecision(),
)

DARKNET = Convention(
    "DARKNET",
    "pjreddie/darknet 61c9d02: src/box.c; run",
    # box_iou: 0 only where the intersection has a negative side, so that 0/0 is NaN; areas are w * h.
    overlap=Overlap(inverted="signed", division="ieee"),
    # do_nms_sort: float overlap > float threshold, per class; qsort, which in glibc is stable.
    suppression=Suppression(threshold_dtype="float32"),
    roi=None,
    coder=None,
    average_precision=None,
)

DARKNET_AB = Convention(
    "DARKNET_AB",
    "AlexeyAB/darknet: src/box.c as in SpongeBab/darknet 8233a17 (average precision: detector.c 518780b, read); run",
    # box_iou: `if (I == 0 || U == 0) return 0`. box_giou: IoU where nothing is enclosed. box_diou: pow(d / c, 0.6).
    # box_ciou: alpha = ar_loss / (1 - iou + ar_loss + 0.000001), its distance without exponent.
    overlap=Overlap(inverted="signed", ciou_eps=1e-6, beta=0.6),
    # do_nms_sort, the default nms_kind: float overlap > float threshold, per class; qsort.
    suppression=Suppression(threshold_dtype="float32"),
    roi=None,
    coder=None,
    # validate_detector_map: `current_iou > iou_thresh`, best overlap first; -points 0, the default, is the area.
    average_precision=AveragePrecision(strict=True),
)

YOLOV5 = Convention(
    "YOLOV5",
    "ultralytics/yolov5 7.0 with torchvision 0.29.2 on the CPU; run",
    # utils/metrics.py bbox_iou, xywh=False: heights .clamp(eps); eps is added to the union, the enclosing area, the
    # squared diagonal, and 1 in alpha.
    overlap=Overlap(
        inverted="height",
        division="ieee",
        union_eps=1e-7,
        giou_eps=1e-7,
        diou_eps=1e-7,
        ciou_eps=1e-7,
    ),
    # utils/general.py non_max_suppression: torchvision.ops.nms on boxes + class * 7680.
    suppression=Suppression(
        threshold_dtype="float64", offset_classes_up_to=2**63 - 1, least_offset=7679.0, most_offset=7679.0
    ),
    roi=None,
    coder=None,
    # val.py process_batch takes pairs by overlap, not detections by score: no field says so.
    average_precision=None,
)

MMCV = Convention(
    "MMCV",
    "mmcv 2.2.0, CPU kernels, roi_pool's CUDA kernel compiled for the CPU; mmdet 3.3.0; run",
    # mmdet structures/bbox/bbox_overlaps.py: areas multiply as they are; union and enclosing area are at least 1e-6.
    # models/losses/iou_loss.py diou_loss: 1e-7 is added to the squared diagonal (and to the union).
    overlap=Overlap(inverted="signed", division="floored", union_eps=1e-6, giou_eps=1e-6, diou_eps=1e-7),
    # ops/csrc/pytorch/cpu/nms.cpp nms_cpu: float overlap > float threshold; sort, stable up to 16 boxes.
    # ops/nms.py batched_nms: shifted by the largest coordinate + 1 below 10,000 boxes.
    # nms.cpp softnms_cpu: `ovr >= iou_threshold`; the picked box is swapped with the first, a dropped one overwritten
    # by the last.
    suppression=Suppression(
        threshold_dtype="float32",
        offset_classes_up_to=4 * 9_999,
        soft_inclusive=True,
        soft_order="swap",
    ),
    # roi_pool_cuda_kernel.cuh: corners x1 and x2 + 1, unrounded; ops/roi_align.py: aligned=True, sampling_ratio=0.
    roi=Roi(edges="continuous", lowest=float(np.finfo(np.float32).min)),
    # mmdet delta_xywh_bbox_coder.py: means 0 and deviations 1 unless a detector sets them, which divide;
    # `dwh.clamp(min=-max_ratio, max=max_ratio)`.
    coder=Coder(
        centre="mean",
        scaling="variances",
        clamp=float(np.log(1000 / 16)),
        clamp_below=True,
        sizes="propagate",
    ),
    # mmdet evaluation/functional/mean_ap.py tpfp_default: `ious_max[i] >= iou_thr`; eval_mode "area".
    average_precision=AveragePrecision(),
)

PROFILES = {
    p.name.lower(): p
    for p in (
        REFDET,
        TORCHVISION,
        TORCHVISION_CUDA,
        DETECTRON2,
        FAST_RCNN,
        CAFFE_SSD,
        ONNX,
        OPENCV,
        COCO,
        VOC,
        DARKNET,
        DARKNET_AB,
        YOLOV5,
        MMCV,
    )
}
