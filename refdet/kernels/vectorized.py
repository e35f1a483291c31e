"""Fast NumPy: the same functions as the references, without a compiler; bit for bit but for RoI align.

The references are the definition; these trade their clarity for speed and are tested equal to them.
"""

from __future__ import annotations

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.vectorized_nms import batched_nms as batched_nms
from refdet.kernels.vectorized_nms import nms as nms
from refdet.kernels.vectorized_overlaps import (  # noqa: F401
    complete_box_iou,
    diou_nms,
    distance_box_iou,
    generalized_box_iou,
    intersection,
)
from refdet.kernels.vectorized_rois import roi_align as roi_align
from refdet.kernels.vectorized_rois import roi_align_backward as roi_align_backward
from refdet.kernels.vectorized_rois import roi_pool as roi_pool
from refdet.kernels.vectorized_rois import roi_pool_backward as roi_pool_backward
from refdet.kernels.vectorized_rois import roi_pool_with_argmax as roi_pool_with_argmax
from refdet.kernels.vectorized_soft_nms import soft_nms as soft_nms
from refdet.ops.box_iou import check_box_iou

# Three buffers of this many values stay in the second-level cache.
_BLOCK = 2**15


def box_iou(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.box_iou` on coordinate planes, a block of rows at a time."""
    boxes1, boxes2, out, convention = check_box_iou(boxes1, boxes2, out=out, convention=convention)
    rule = convention.overlap
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        area1, area2 = rule.area(boxes1), rule.area(boxes2)
        planes = np.ascontiguousarray(boxes2.T)
        rows = max(1, _BLOCK // max(len(boxes2), 1))
        for start in range(0, len(boxes1), rows):
            block = slice(start, start + rows)
            inter = intersection(boxes1[block], planes, rule.plus_one)
            out[block] = rule.ratio(inter, area1[block, None] + area2)  # (rows, 1) with (M,) -> (rows, M)
    return out
