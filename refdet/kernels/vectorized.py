"""Fast NumPy: the same functions as the references, bit for bit, without a compiler.

The references are the definition; these trade their clarity for speed and are tested equal to them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.vectorized_nms import batched_nms as batched_nms
from refdet.kernels.vectorized_nms import nms as nms
from refdet.ops.box_iou import check_box_iou
from refdet.ops.roi_pool import check_roi_pool, check_roi_pool_backward

# Three buffers of this many values stay in the second-level cache.
_BLOCK = 2**15


def box_iou(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.box_iou` on coordinate planes, a block of rows at a time."""
    boxes1, boxes2, out = check_box_iou(boxes1, boxes2, out=out, convention=convention)
    rule = convention.overlap
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        area1, area2 = rule.area(boxes1), rule.area(boxes2)
        planes = np.ascontiguousarray(boxes2.T)
        rows = max(1, _BLOCK // max(len(boxes2), 1))
        for start in range(0, len(boxes1), rows):
            block = slice(start, start + rows)
            inter = _intersection(boxes1[block], planes, rule.plus_one)
            out[block] = rule.ratio(inter, area1[block, None] + area2)  # (rows, 1) with (M,) -> (rows, M)
    return out


def _intersection(boxes, planes, plus_one):
    """Shared area of (R, 4) boxes with boxes given as four planes (4, M), in place: (R, M)."""
    x1, y1, x2, y2 = (boxes[:, i, None] for i in range(4))  # (R, 1)
    width = np.minimum(x2, planes[2])
    width -= np.maximum(x1, planes[0])
    height = np.minimum(y2, planes[3])
    height -= np.maximum(y1, planes[1])
    if plus_one:
        width += plus_one
        height += plus_one
    np.maximum(width, 0, out=width)
    np.maximum(height, 0, out=height)
    width *= height
    return width


def roi_pool(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
    """`refdet.roi_pool`: each different bin once, and all bins of one shape at once."""
    pooled, _ = _pooled(input, boxes, output_size, spatial_scale, out, convention, want_argmax=False)
    return pooled


def roi_pool_with_argmax(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
    """`refdet.roi_pool_with_argmax`, in the same way."""
    return _pooled(input, boxes, output_size, spatial_scale, out, convention, want_argmax=True)


def _pooled(input, boxes, output_size, spatial_scale, out, convention, *, want_argmax):
    """Pool each different bin once; bins of equally many rows and columns form one gather."""
    input, rois, (out_h, out_w), scale, out, convention = check_roi_pool(
        input, boxes, output_size, spatial_scale, out=out, convention=convention
    )
    rule, (images, channels, height, width) = convention.roi, input.shape
    # Channels last: the cells of a bin are then whole runs of memory.
    flat = np.ascontiguousarray(input.transpose(0, 2, 3, 1)).reshape(images * height * width, channels)
    first = rois[:, 0].astype(np.int64)[:, None, None] * (height * width)  # (K, 1, 1)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = rois[:, 1:] * scale
    top, bottom = _edges(scaled[:, [1, 3]], rule, out_h, height, input.dtype)  # (K, out_h)
    left, right = _edges(scaled[:, [0, 2]], rule, out_w, width, input.dtype)  # (K, out_w)
    corner = first + top[:, :, None] * width + left[:, None, :]  # (K, out_h, out_w)
    bin_h = np.broadcast_to((bottom - top)[:, :, None], corner.shape)
    bin_w = np.broadcast_to((right - left)[:, None, :], corner.shape)
    bins, inverse = _unique_rows(np.stack([bin_h, bin_w, corner], axis=-1).reshape(-1, 3))
    value, cell = _pooled_bins(flat, bins, width, rule.lowest, want_argmax)  # (bins, C)
    grid = (len(rois), out_h, out_w, channels)
    out[...] = value[inverse].reshape(grid).transpose(0, 3, 1, 2)
    if cell is None:
        return out, None
    cells = cell[inverse].reshape(grid)
    within = np.where(cells < 0, -1, cells - first[..., None])  # (K, out_h, out_w, C) with (K, 1, 1, 1)
    return out, np.ascontiguousarray(within.transpose(0, 3, 1, 2))


def _edges(scaled, rule, count, limit, dtype):
    """Begin and end of every bin along one axis, (K, count) each; equal corners are cut once."""
    seen, inverse = np.unique(scaled, axis=0, return_inverse=True)
    edges = np.zeros((len(seen), count, 2), np.int64)
    for row, corners in enumerate(seen):
        begin, end = rule.cells(corners)
        edges[row] = rule.bins(begin, max(end - begin + 1, 1), count, limit, dtype)
    edges = edges[inverse.ravel()]
    return edges[..., 0], edges[..., 1]


def _unique_rows(rows):
    """Rows sorted and without repetition, and where each of the given rows went."""
    order = np.lexsort(rows.T[::-1])
    sorted_rows = rows[order]
    new = np.ones(len(rows), bool)
    new[1:] = (sorted_rows[1:] != sorted_rows[:-1]).any(axis=1)
    inverse = np.empty(len(rows), np.int64)
    inverse[order] = np.cumsum(new) - 1
    return sorted_rows[new], inverse


def _pooled_bins(flat, bins, width, lowest, want_argmax):
    """First largest cell above `lowest` of every bin (rows, columns, corner): value and flat index, (bins, C)."""
    value = np.full((len(bins), flat.shape[1]), lowest, flat.dtype)
    cell = np.full(value.shape, -1, np.int64) if want_argmax else None
    value[(bins[:, :2] <= 0).any(axis=1)] = 0
    changes = np.flatnonzero((bins[1:, :2] != bins[:-1, :2]).any(axis=1)) + 1
    for begin, end in pairwise([0, *changes, len(bins)] if len(bins) else []):
        h, w, _ = bins[begin]
        best = value[begin:end]
        for inside in (
            np.arange(h)[:, None] * width + np.arange(w)
        ).ravel():  # row-major; none in an empty bin
            place = bins[begin:end, 2] + inside
            higher = flat[place] > best  # (bins of this shape, C)
            if cell is not None:
                cell[begin:end][higher] = np.broadcast_to(place[:, None], higher.shape)[higher]
            np.copyto(best, flat[place], where=higher)
    return value, cell


def roi_pool_backward(grad_output, argmax, boxes, input_shape):
    """`refdet.roi_pool_backward`: one ordered addition over flat indices."""
    grad_output, argmax, images, (n, channels, height, width) = check_roi_pool_backward(
        grad_output, argmax, boxes, input_shape
    )
    grad_input = np.zeros(n * channels * height * width, grad_output.dtype)
    plane = (images[:, None] * channels + np.arange(channels)) * (
        height * width
    )  # (K, 1) with (C,) -> (K, C)
    cell = plane[:, :, None, None] + argmax  # (K, C, 1, 1) with (K, C, rows, columns)
    taken = argmax >= 0
    np.add.at(grad_input, cell[taken], grad_output[taken])  # in index order, in the array's dtype
    return grad_input.reshape(n, channels, height, width)
