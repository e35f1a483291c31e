"""Which cases each system that build_sources.py builds was given, and which groups are known to disagree."""

from __future__ import annotations

from functools import partial

import numpy as np

from . import cases
from .cases import FARTHEST, FLOATS
from .group_table import add, add_fixed, draw

SINGLE, DOUBLE = FLOATS
SHAPES = ("lattice", "dyadic", "tenth", "inverted", "points", "uniform")
EXACT = ("lattice", "dyadic", "inverted", "points")
"""Where corners, corner and size, and centre and size hold the same numbers."""


def suppression(system, families, dtype, nms=20, batched=15):
    """Groups of nms and batched_nms for one precision."""
    for family in families:
        add(system, "nms", f"{family}/{dtype}", draw(cases.nms, family, dtype), nms)
        if batched:
            add(system, "batched_nms", f"{family}/{dtype}", draw(cases.batched_nms, family, dtype), batched)
    add_fixed(system, "nms", f"exact/{dtype}", partial(cases.exact_nms, dtype))
    if batched:
        add(system, "batched_nms", f"below_zero/{dtype}", draw(cases.below_zero, dtype), batched)


def overlaps(system, op, families, dtype, count=4):
    for family in families:
        add(system, op, f"{family}/{dtype}", draw(cases.box_iou, family, dtype), count)


GIOU, DIOU, CIOU = "generalized_box_iou", "distance_box_iou", "complete_box_iou"
for system in ("darknet", "darknet_ab"):
    overlaps(system, "box_iou", (*EXACT, "fine", "tenth"), SINGLE)
    suppression(system, EXACT, SINGLE)

overlaps("darknet_ab", GIOU, EXACT, SINGLE)
for family in ("lattice", "dyadic", "points", "sized"):
    add("darknet_ab", DIOU, f"{family} power/{SINGLE}", draw(cases.box_iou, family, SINGLE), 4)
overlaps("darknet_ab", CIOU, ("sized", "points"), SINGLE)
for family in ("lattice", "dyadic", "sized"):
    add("darknet_ab", "diou_nms", f"{family}/{SINGLE}", draw(cases.diou_nms, family, SINGLE), 20)

overlaps("caffe_ssd", "box_iou", SHAPES, SINGLE)
suppression("caffe_ssd", SHAPES, SINGLE, batched=0)

for dtype in FLOATS:
    for op in ("box_iou", GIOU, DIOU):
        overlaps("torchvision_cuda", op, (*SHAPES, "non_finite"), dtype)
    overlaps("torchvision_cuda", CIOU, ("sized", "uniform", "points"), dtype)
    suppression("torchvision_cuda", (*SHAPES, "non_finite"), dtype)
    values = [np.nan, np.inf, -np.inf, -FARTHEST, FARTHEST, 0.0, -0.0]
    add("torchvision_cuda", "roi_pool_with_argmax", f"half/{dtype}", draw(cases.roi_pool, dtype), 20)
    add("torchvision_cuda", "roi_pool_with_argmax", f"odd/{dtype}", draw(cases.odd_cells, dtype, values), 20)
    for kind, aligned in (("own", None), ("plain", False), ("aligned", True)):
        add("torchvision_cuda", "roi_align", f"{kind}/{dtype}", draw(cases.roi_align, dtype, aligned), 15)
        # The CPU kernel of torchvision asks for less than no memory if an aligned RoI has a negative size.
        add("detectron2", "roi_align", f"{kind}/{dtype}", draw(cases.roi_align, dtype, aligned, False), 15)
        add("mmcv", "roi_align", f"{kind}/{dtype}", draw(cases.roi_align, dtype, aligned, False), 15)
add_fixed("torchvision_cuda", "roi_pool_with_argmax", "whole/float32", partial(cases.whole_rois, SINGLE))
add(
    "torchvision_cuda",
    "roi_pool_with_argmax",
    "huge/float64",
    draw(cases.odd_cells, DOUBLE, [-1e300, 1e300]),
    10,
)
for count in (25_000, 25_001):
    add_fixed("torchvision_cuda", "batched_nms", f"{count}/float32", partial(cases.crowd, count, SINGLE))

for family in SHAPES:
    add("detectron2", "box_area", f"{family}/{SINGLE}", draw(cases.box_area, family, SINGLE), 3)
overlaps("detectron2", "box_iou", SHAPES, SINGLE)
overlaps("detectron2", "box_iou", ("tenth",), DOUBLE)
suppression("detectron2", SHAPES, SINGLE)
overlaps("detectron2", f"{GIOU}_loss", ("uniform", "flat", "points"), SINGLE)
add("detectron2", f"{DIOU}_loss", f"apart regrouped/{SINGLE}", draw(cases.apart, SINGLE), 4)
for op in (DIOU, CIOU):
    add("detectron2", f"{op}_loss", f"uniform regrouped/{SINGLE}", draw(cases.box_iou, "uniform", SINGLE), 8)
overlaps("detectron2", f"{CIOU}_loss", ("points",), SINGLE)
for count in (1_000, 1_001):
    add_fixed("detectron2", "batched_nms", f"{count}/float32", partial(cases.crowd, count, SINGLE))
add_fixed("detectron2", "roi_pool", "whole/float32", partial(cases.whole_rois, SINGLE))
add("detectron2", "roi_pool", "odd/float32", draw(cases.odd_cells, SINGLE, [np.nan, np.inf, -np.inf]), 10)

for dtype in FLOATS:
    overlaps("mmcv", "box_iou", SHAPES, dtype)
    overlaps("mmcv", GIOU, SHAPES, dtype)
overlaps("mmcv", f"{DIOU}_loss", ("uniform", "tenth"), SINGLE)
add("mmcv", f"{DIOU}_loss", f"apart/{SINGLE}", draw(cases.apart, SINGLE), 4)
overlaps("mmcv", f"gated_{CIOU}_loss", ("uniform", "lattice"), SINGLE)
add_fixed("mmcv", "roi_pool_with_argmax", "whole/float32", partial(cases.whole_rois, SINGLE))
add_fixed("mmcv", "roi_pool", "whole/float64", lambda: cases.whole_rois(DOUBLE)[-12:])
for name, values in (("sized", (0.0,)), ("odd", (-FARTHEST, FARTHEST, 0.0, -0.0))):
    add("mmcv", "roi_pool_with_argmax", f"{name}/float32", draw(cases.sized_rois, SINGLE, values), 20)
add("mmcv", "roi_pool", "half/float32", draw(cases.roi_pool, SINGLE), 40)
add("mmcv", "roi_pool_with_argmax", "malformed/float32", draw(cases.roi_pool, SINGLE), 10)
suppression("mmcv", SHAPES, SINGLE)
for method, families in (("linear", SHAPES), ("gaussian", ("sized", "uniform", "points"))):
    for family in families:
        add(
            "mmcv",
            "soft_nms",
            f"{family} {method}/{SINGLE}",
            draw(cases.soft_nms, family, SINGLE, method),
            20,
        )
add_fixed("mmcv", "soft_nms", "exact/float32", partial(cases.exact_soft_nms, SINGLE))
for count in (9_999, 10_000):
    add_fixed("mmcv", "batched_nms", f"{count}/float32", partial(cases.crowd, count, SINGLE))

for dtype in FLOATS:
    overlaps("yolov5", "box_iou", SHAPES, dtype)
    overlaps("yolov5", GIOU, SHAPES, dtype)
    overlaps("yolov5", DIOU, (*EXACT, "sized", "tenth"), dtype)
    overlaps("yolov5", CIOU, ("lattice", "sized", "uniform"), dtype)
suppression("yolov5", EXACT, SINGLE)
add_fixed("yolov5", "batched_nms", "far/float32", lambda: [cases.far_classes(SINGLE)])

for family in ("lattice", "dyadic", "tenth", "tilted", "points"):
    # Each pair costs some twenty questions to Octave.
    make = partial(cases.some_pairs, f"voc/{family}", family, DOUBLE)
    add_fixed("voc", "box_iou", f"{family}/{DOUBLE}", make)
add_fixed("voc", "box_iou", f"lattice/{SINGLE}", partial(cases.some_pairs, "voc/single", "lattice", SINGLE))

DISAGREEMENTS = {
    ("darknet", "box_iou/tenth/float32"): (
        "darknet is given centre and size and computes the corners again; off the dyadic grid they differ"
    ),
    ("darknet_ab", "box_iou/tenth/float32"): "as darknet",
    ("mmcv", "soft_nms/points gaussian/float32"): (
        "mmcv divides 0 by 0, and the score of a box without area becomes NaN; refdet's overlap is mmdet's, 0"
    ),
    ("darknet_ab", "generalized_box_iou/inverted/float32"): (
        "AlexeyAB's enclosing box of inverted boxes may have a negative side; refdet's has none"
    ),
    ("darknet_ab", "complete_box_iou/points/float32"): (
        "the aspect ratio of a box without height is infinite or NaN; refdet makes such a box 1e-7 larger"
    ),
    ("detectron2", "generalized_box_iou_loss/points/float32"): (
        "giou_loss adds 1e-7 to union and enclosing area, which shows at areas of 1 and below; pairwise_iou does not"
    ),
    ("detectron2", "complete_box_iou_loss/points/float32"): (
        "the aspect ratio of a box without height is NaN; refdet makes such a box 1e-7 larger"
    ),
    ("mmcv", "distance_box_iou_loss/tenth/float32"): (
        "diou_loss adds 1e-7 to the union, which shows below areas of 1; bbox_overlaps bounds it by 1e-6"
    ),
    ("mmcv", "gated_complete_box_iou_loss/lattice/float32"): (
        "ciou_loss weighs the aspect ratio only above IoU 1/2, refdet from 1/2 on"
    ),
    **{
        ("yolov5", f"distance_box_iou/tenth/{dtype}"): (
            "bbox_iou adds four coordinates before it halves; off the dyadic grid the last bit differs"
        )
        for dtype in FLOATS
    },
    (
        "mmcv",
        "roi_pool/whole/float64",
    ): "bin edges are the floorf and ceilf of a double, rounded to float first",
    ("mmcv", "roi_pool_with_argmax/malformed/float32"): (
        "a RoI without a size is skipped, and the argmax that was zeros before stays 0; refdet's is -1"
    ),
    **{
        (
            "mmcv",
            f"roi_align/{kind}/float64",
        ): "the number of samples is the ceilf of a double, rounded to float first"
        for kind in ("own", "plain", "aligned")
    },
    ("detectron2", "box_iou/tenth/float64"): "Boxes keeps float32 whatever comes; refdet computes in float64",
}
