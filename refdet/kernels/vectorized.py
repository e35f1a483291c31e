"""Fast NumPy: each op that has a kernel, without a compiler; bit for bit but for RoI align.

The references are the definition; these trade their clarity for speed and are tested equal to them. What has no
kernel has no form here: aligned overlaps and the gradients are single passes over their arrays already, and
`batched_soft_nms` and `batched_diou_nms` are their op once for each class, for which the form here can be called.
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
)
from refdet.kernels.vectorized_rois import roi_align as roi_align
from refdet.kernels.vectorized_rois import roi_align_backward as roi_align_backward
from refdet.kernels.vectorized_rois import roi_pool as roi_pool
from refdet.kernels.vectorized_rois import roi_pool_backward as roi_pool_backward
from refdet.kernels.vectorized_rois import roi_pool_with_argmax as roi_pool_with_argmax
from refdet.kernels.vectorized_soft_nms import soft_nms as soft_nms
from refdet.ops.box_iou import check_box_iou

# Nine buffers of this many float32 values, 1.8 MB, stay in the second-level cache or close to it.
_BLOCK = 3 * 2**14


def box_iou(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.box_iou` on coordinate planes, a block of rows at a time."""
    boxes1, boxes2, out, convention = check_box_iou(boxes1, boxes2, out=out, convention=convention)
    rule = convention.overlap
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        area1, area2 = rule.area(boxes1), rule.area(boxes2)
        divisible = _has_union(rule, area1, area2)
        if divisible:
            boxes1, boxes2 = boxes1 + 0, boxes2 + 0  # -0.0 becomes 0.0, and no shared area is -0.0
        rows = max(1, min(len(boxes1), _BLOCK // max(len(boxes2), 1)))
        planes = np.repeat(np.stack([*boxes2.T, area2])[:, None], rows, axis=1)  # (5, rows, M)
        room = np.zeros((4, rows, len(boxes2)), boxes1.dtype)
        for start in range(0, len(boxes1), rows):
            block = slice(start, start + rows)
            some = boxes1[block]
            inter = _shared(some, planes[:4, : len(some)], rule.plus_one, room[:, : len(some)])
            total = _filled(area1[block], np.add, planes[4, : len(some)], room[2, : len(some)])
            if divisible:
                total -= inter
                np.divide(inter, total, out=out[block])
            else:
                out[block] = rule.ratio(inter, total)
    return out


def _shared(boxes, planes, plus_one, room):
    """Shared area of (R, 4) boxes with the columns of (4, R, M) planes: (R, M), in the room, whose last plane is 0."""
    width, height, spare, zeros = room
    for side, axis in ((width, 0), (height, 1)):
        _filled(boxes[:, axis + 2], np.minimum, planes[axis + 2], side)
        side -= _filled(boxes[:, axis], np.maximum, planes[axis], spare)
        if plus_one:
            side += plus_one
        np.maximum(side, zeros, out=side)  # thrice as fast as with a scalar
    width *= height
    return width


def _filled(column, combine, plane, out):
    """``combine(column[:, None], plane)``: filled in first, since NumPy combines whole arrays twice as fast."""
    out[...] = column[:, None]  # (R,) -> (R, M)
    return combine(out, plane, out=out)


def _has_union(rule, area1, area2):
    """True if every union is sure to be positive: what guards the division need not be asked of each pair.

    Rounding is monotonic: a shared area is at most the smaller of the two, hence less than their sum.
    """
    plain = (rule.division, rule.inverted, rule.union_eps) == ("guarded", "empty", 0)
    most = np.finfo(area1.dtype).max  # infinite areas come of sides whose shared part may be 0 x infinity
    return plain and all(bool(((area > 0) & (area <= most)).all()) for area in (area1, area2))
