"""Which cases each packaged system was given, and which groups of them are known to disagree.

A group agrees as a whole, or it stands in `DISAGREEMENTS` with the reason. group_table.py holds the table, and
built_groups.py what was given to the systems that are built from their sources.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from . import built_groups, cases, soft_nms
from .cases import FARTHEST, FLOATS
from .group_table import FRESH, GROUPS, add, add_fixed, draw

__all__ = ["DISAGREEMENTS", "FRESH", "GROUPS"]

SINGLE, DOUBLE = FLOATS
SHAPES = ("lattice", "dyadic", "tenth", "inverted", "points")
EXACT = ("lattice", "dyadic", "inverted", "points", "fine")
"""Where xyxy and xywh hold the same numbers."""

for dtype in FLOATS:
    for family in (*SHAPES, "uniform", "non_finite"):
        add("torchvision", "box_area", f"{family}/{dtype}", draw(cases.box_area, family, dtype), 3)
        add("torchvision", "box_iou", f"{family}/{dtype}", draw(cases.box_iou, family, dtype), 4)
        for op in ("generalized_box_iou", "distance_box_iou"):
            add("torchvision", op, f"{family}/{dtype}", draw(cases.box_iou, family, dtype), 4)
        add("torchvision", "nms", f"{family}/{dtype}", draw(cases.nms, family, dtype), 20)
        add("torchvision", "batched_nms", f"{family}/{dtype}", draw(cases.batched_nms, family, dtype), 20)
    for family in ("sized", "uniform", "points"):
        add("torchvision", "complete_box_iou", f"{family}/{dtype}", draw(cases.box_iou, family, dtype), 4)
    add("torchvision", "nms", f"odd_scores/{dtype}", draw(cases.odd_scores, dtype), 20)
    add("torchvision", "batched_nms", f"below_zero/{dtype}", draw(cases.below_zero, dtype), 20)
    add_fixed("torchvision", "nms", f"exact/{dtype}", partial(cases.exact_nms, dtype))
    odd = [np.nan, np.inf, -np.inf, -FARTHEST, FARTHEST, 0.0, -0.0]
    for system in ("torchvision", "fast_rcnn"):
        add_fixed(system, "roi_pool_with_argmax", f"whole/{dtype}", partial(cases.whole_rois, dtype))
        add(system, "roi_pool_with_argmax", f"half/{dtype}", draw(cases.roi_pool, dtype), 40)
        values = odd if system == "torchvision" else [-FARTHEST, FARTHEST, 0.0, -0.0]
        add(system, "roi_pool_with_argmax", f"odd/{dtype}", draw(cases.odd_cells, dtype, values), 20)
    # Its CPU kernel asks for less than no memory if an aligned RoI has a negative size.
    for kind, aligned in (("own", None), ("plain", False), ("aligned", True)):
        malformed = not aligned
        add(
            "torchvision",
            "roi_align",
            f"{kind}/{dtype}",
            draw(cases.roi_align, dtype, aligned, malformed),
            15,
        )
    add("torchvision", "roi_pool_backward", f"half/{dtype}", draw(cases.roi_pool_backward, dtype), 6)
add("torchvision", "roi_pool_with_argmax", "huge/float64", draw(cases.odd_cells, DOUBLE, [-1e300, 1e300]), 10)
add("fast_rcnn", "roi_pool_with_argmax", "huge/float64", draw(cases.odd_cells, DOUBLE, [-1e300, 1e300]), 10)
add_fixed(
    "torchvision", "batched_nms", "many/float64", lambda: list(map(cases.many_boxes, (999, 1000, 1001)))
)
add_fixed("torchvision", "batched_nms", "many_ties/float64", lambda: [cases.many_ties(1001)])
add("torchvision", "box_iou", "lattice/int64", draw(cases.box_iou, "lattice", "int64"), 2)
add("torchvision", "box_iou", "lattice/uint8", draw(cases.box_iou, "lattice", "uint8"), 2)
add("torchvision", "box_iou", "tenth/float16", draw(cases.box_iou, "tenth", "float16"), 2)
FAR = (np.nan, np.inf, -np.inf, 2.0**31, -(2.0**31), 1e30)
add_fixed(
    "torchvision",
    "roi_pool_with_argmax",
    "far/float64",
    lambda: [cases.odd_corner(value, column, DOUBLE) for value in FAR for column in (1, 2, 3, 4)],
)

for family in (*SHAPES, "uniform"):
    add("fast_rcnn", "box_iou", f"{family}/float64", draw(cases.box_iou, family, DOUBLE), 8)
    add("onnx", "box_iou", f"{family}/float32", draw(cases.box_iou, family, SINGLE), 4)
    add("onnx", "nms", f"{family}/float32", draw(cases.nms, family, SINGLE), 40)
    add("onnx", "batched_nms", f"{family}/float32", draw(cases.batched_nms, family, SINGLE), 20)
    add("fast_rcnn", "nms", f"{family}/float32", draw(cases.nms, family, SINGLE), 40)
add("fast_rcnn", "nms", "tilted/float32", draw(cases.nms, "tilted", SINGLE), 40)
add("fast_rcnn", "nms", "many_ties/float32", draw(cases.nms, "uniform", SINGLE, SINGLE, 40), 10)
add_fixed("fast_rcnn", "nms", "exact/float32", partial(cases.exact_nms, SINGLE))
add_fixed("onnx", "nms", "exact/float32", partial(cases.exact_nms, SINGLE))
add("onnx", "batched_nms", "below_zero/float32", draw(cases.below_zero, SINGLE), 20)
add_fixed("onnx", "roi_pool", "whole/float32", partial(cases.whole_rois, SINGLE))
add("onnx", "roi_pool", "half/float32", draw(cases.roi_pool, SINGLE), 40)
add("onnx", "roi_pool", "odd/float32", draw(cases.odd_cells, SINGLE, [-FARTHEST, FARTHEST]), 20)
for kind, aligned in (("own", None), ("plain", False), ("aligned", True)):
    malformed = aligned is False
    add("onnx", "roi_align", f"{kind}/float32", draw(cases.roi_align, SINGLE, aligned, malformed), 15)
add("onnx", "roi_pool", "zeros/float32", draw(cases.odd_cells, SINGLE, [0.0, -0.0]), 10)
add("onnx", "roi_pool", "non_finite/float32", draw(cases.odd_cells, SINGLE, [np.nan, -np.inf]), 4)

for family in EXACT:
    add("opencv", "box_iou", f"{family}/float64", draw(cases.box_iou, family, DOUBLE), 4)
    add("opencv", "nms", f"{family}/float64", draw(cases.nms, family, DOUBLE, SINGLE), 40)
    add("opencv", "batched_nms", f"{family}/float64", draw(cases.batched_nms, family, DOUBLE, SINGLE), 20)
    add("coco", "box_iou", f"{family}/float64", draw(cases.box_iou, family, DOUBLE), 8)
add("opencv", "box_iou", "lattice/float32", draw(cases.box_iou, "lattice", SINGLE), 4)
add("opencv", "box_iou", "midpoint/float64", cases.midpoint, 60)
add_fixed("opencv", "nms", "exact/float64", partial(cases.exact_nms, DOUBLE, SINGLE))
add_fixed("opencv", "nms", "tiny/float64", partial(cases.tiny_nms, DOUBLE, SINGLE))
add("opencv", "batched_nms", "below_zero/float64", draw(cases.below_zero, DOUBLE, SINGLE), 20)
add_fixed("opencv", "batched_nms", "many/float64", lambda: [cases.many_boxes(1002, SINGLE)])
for family in soft_nms.FAMILIES:
    add("opencv", "soft_nms", f"linear_{family}", draw(soft_nms.soft_nms, family, "linear"), 40)
for family in ("lattice", "inverted", "points"):
    add_fixed("opencv", "soft_nms", f"gaussian_{family}", partial(soft_nms.gaussian, family))
for method in soft_nms.METHODS:
    add_fixed("opencv", "soft_nms", f"exact_{method}", partial(soft_nms.exact, method))
add_fixed("opencv", "soft_nms", "last_bit", soft_nms.last_bit)
add("coco", "box_iou", "lattice/float32", draw(cases.box_iou, "lattice", SINGLE), 4)
add("coco", "box_iou", "tenth/float64", draw(cases.box_iou, "tenth", DOUBLE), 8)

DISAGREEMENTS = built_groups.DISAGREEMENTS | {
    ("torchvision", "batched_nms/many_ties/float64"): (
        "above 4000 coordinates torchvision sorts the kept boxes of all classes with torch.sort's default, "
        "which is not stable"
    ),
    ("torchvision", "box_iou/lattice/int64"): "torchvision returns float32 for integer boxes, refdet float64",
    ("torchvision", "box_iou/lattice/uint8"): "torchvision subtracts before it widens: 0 - 1 is 255 in uint8",
    ("torchvision", "box_iou/tenth/float16"): (
        "torchvision subtracts the corners of the intersection in float16, refdet computes in float32"
    ),
    ("torchvision", "roi_pool_with_argmax/far/float64"): (
        "NaN and corners from 2^31 cells on do not fit the C int they are cast to, undefined in C++; "
        "refdet takes NaN as 0 and stops at 2^30 cells"
    ),
    ("fast_rcnn", "nms/inverted/float32"): (
        "cpu_nms.pyx raises ZeroDivisionError where the union is 0 (an inverted box with a side of -1), "
        "recorded as an empty answer; refdet's overlap is 0"
    ),
    ("fast_rcnn", "nms/many_ties/float32"): (
        "scores.argsort()[::-1] is NumPy's quicksort: beyond 16 boxes equal scores come in any order; refdet "
        "takes the last index first at every size"
    ),
    ("onnx", "roi_pool/non_finite/float32"): "refdet refuses such a map under ONNX, onnxruntime does not",
    ("onnx", "roi_pool/zeros/float32"): "of 0.0 and -0.0 onnxruntime returns the last, refdet the first",
    ("opencv", "box_iou/midpoint/float64"): (
        "OpenCV intersects x and width, ``w1 - (x2 - x1)``, refdet corners; off the dyadic grid the last bit "
        "of a double differs, and shows where ``1 - IoU`` lies half-way between two floats"
    ),
    ("opencv", "soft_nms/last_bit"): (
        "OpenCV takes the C library's float32 exponential, refdet the float64 one and rounds it; of 60 million "
        "exponents 0.06 % differ by one bit"
    ),
    ("coco", "box_iou/tenth/float64"): (
        "pycocotools is given x, y, w, h and adds x + w again; off the dyadic grid that is not the corner"
    ),
}
