"""Regions of interest in fast NumPy: channels last, rows before columns.

A bin is a rectangle, so that what is taken of it is taken along its rows first and along its columns then, for all
channels at once. RoI pooling stays bit for bit; RoI align becomes two matrix products for each RoI, whose sums are in
another order (tests/tolerances.py).
"""

from __future__ import annotations

import numpy as np

from refdet.conventions import REFDET
from refdet.ops import roi_align as reference
from refdet.ops.roi_pool import check_roi_pool, check_roi_pool_backward

# RoIs whose weights are laid at once: 4096 points along a side of 7 bins of so many are 15 MB.
_TOGETHER = 64
_TABLE = 2**22


def roi_pool(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
    """`refdet.roi_pool`: the maxima of rows, and of these the maxima of columns."""
    cells, out, rule, bins, empty = _cut(input, boxes, output_size, spatial_scale, out, convention)
    if np.signbit(cells[cells == 0]).any():
        return _first_largest(cells, out, rule, bins, empty)[0]  # np.maximum takes 0.0 or -0.0, as it likes
    for k, (image, down, across) in enumerate(bins):
        out[k] = _extreme(np.maximum, cells[image], down, across, cells.dtype.type(rule.lowest))
    out[empty] = 0
    return out


def roi_pool_with_argmax(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
    """`refdet.roi_pool_with_argmax`: the cells of a channel are ranked, and a bin takes its smallest rank."""
    return _first_largest(*_cut(input, boxes, output_size, spatial_scale, out, convention))


def _cut(input, boxes, output_size, spatial_scale, out, convention):
    """The map, its channels last, the result, the rule, image and edges of the bins of each RoI, and the empty bins."""
    input, rois, (out_h, out_w), scale, out, convention = check_roi_pool(
        input, boxes, output_size, spatial_scale, out=out, convention=convention
    )
    rule = convention.roi
    first, size = rule.span(rois[:, 1:3], rois[:, 3:], scale)  # (K, 2), x and y
    rows = rule.bins(first[:, 1], size[:, 1], out_h, input.shape[2], input.dtype)  # (K, out_h, 2)
    columns = rule.bins(first[:, 0], size[:, 0], out_w, input.shape[3], input.dtype)  # (K, out_w, 2)
    cells = np.ascontiguousarray(input.transpose(0, 2, 3, 1))  # (N, H, W, C)
    lowest = input.dtype.type(rule.lowest)
    cells = np.where(cells > lowest, cells, lowest)  # NaN is greater than nothing
    without = rows[..., 0] >= rows[..., 1], columns[..., 0] >= columns[..., 1]
    empty = without[0][:, None, :, None] | without[1][:, None, None, :]  # (K, 1, out_h, out_w)
    bins = zip(rois[:, 0].astype(np.int64).tolist(), rows.tolist(), columns.tolist(), strict=True)
    return cells, out, rule, bins, np.broadcast_to(empty, out.shape)


def _extreme(ufunc, cells, down, across, initial):
    """Maximum or minimum of every bin of one RoI, (C, out_h, out_w), at the least or at most `initial`."""
    left, right = min(begin for begin, _ in across), max(end for _, end in across)
    of_rows = np.empty((len(down), max(right - left, 0), cells.shape[2]), cells.dtype)
    of_bins = np.empty((len(down), len(across), cells.shape[2]), cells.dtype)
    for i, (top, bottom) in enumerate(down):
        ufunc.reduce(cells[top:bottom, left:right], axis=0, out=of_rows[i], initial=initial)
    for j, (begin, end) in enumerate(across):
        ufunc.reduce(of_rows[:, begin - left : end - left], axis=1, out=of_bins[:, j], initial=initial)
    return of_bins.transpose(2, 0, 1)


def _first_largest(cells, out, rule, bins, empty):
    """The largest cell of every bin, and its index, -1 if none is greater than the lowest; of equal ones the first."""
    images, height, width, channels = cells.shape
    planes = np.ascontiguousarray(cells.transpose(0, 3, 1, 2)).reshape(images, channels, height * width)
    order = np.argsort(-planes, axis=2, kind="stable")
    ranks = np.empty(planes.shape, np.int32)
    np.put_along_axis(ranks, order, np.arange(height * width, dtype=np.int32), axis=2)
    ranks[planes == planes.dtype.type(rule.lowest)] = last = height * width
    ranks = np.ascontiguousarray(ranks.reshape(images, channels, height, width).transpose(0, 2, 3, 1))
    # Index and value by rank; what has the last rank is no cell.
    index = np.append(order, np.full((images, channels, 1), -1), axis=2).ravel()
    nothing = np.full((images, channels, 1), rule.lowest, planes.dtype)
    value = np.append(np.take_along_axis(planes, order, axis=2), nothing, axis=2).ravel()
    argmax = np.empty(out.shape, np.int64)
    for k, (image, down, across) in enumerate(bins):
        rank = _extreme(np.minimum, ranks[image], down, across, last)
        plane = (image * channels + np.arange(channels)) * (last + 1)
        at = plane[:, None, None] + rank  # (C, 1, 1) with (C, out_h, out_w)
        index.take(at, out=argmax[k])
        out[k] = value.take(at)
    out[empty] = 0
    return out, argmax


def roi_pool_backward(grad_output, argmax, boxes, input_shape):
    """`refdet.roi_pool_backward`: one ordered addition over flat indices."""
    grad_output, argmax, rois, (n, channels, height, width) = check_roi_pool_backward(
        grad_output, argmax, boxes, input_shape
    )
    images = rois[:, 0].astype(np.int64)
    grad_input = np.zeros(n * channels * height * width, grad_output.dtype)
    plane = (images[:, None] * channels + np.arange(channels)) * (
        height * width
    )  # (K, 1) with (C,) -> (K, C)
    cell = plane[:, :, None, None] + argmax  # (K, C, 1, 1) with (K, C, rows, columns)
    taken = argmax >= 0
    np.add.at(grad_input, cell[taken], grad_output[taken])  # in index order, in the array's dtype
    return grad_input.reshape(n, channels, height, width)


def roi_align(
    input,
    boxes,
    output_size,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    *,
    out=None,
    convention=REFDET,
):
    """`refdet.roi_align` by two matrix products for each RoI, but for the last bits: rows first, then columns.

    A map without cells goes to the reference, and one with NaN or infinity, or so near it that sums overflow.
    """
    input, rois, size, scale, ratio, aligned, out, convention = reference.check_roi_align(
        input, boxes, output_size, spatial_scale, sampling_ratio, aligned, out=out, convention=convention
    )
    if input.size == 0 or _overflows(input, convention):
        return reference.roi_align(input, rois, size, scale, ratio, aligned, out=out, convention=convention)
    images, channels, height, width = input.shape
    cells = np.ascontiguousarray(input.transpose(0, 2, 3, 1)).reshape(images, height, width * channels)
    shares = _all_shares(rois, scale, aligned, size, ratio, convention.roi, (height, width))
    for k, (image, (rows, top, bottom), (columns, left, right)) in enumerate(shares):
        band = cells[image, top:bottom, left * channels : right * channels]  # (h, w * C)
        across = (rows @ band).reshape(size[0], right - left, channels)
        out[k] = (columns @ across).transpose(2, 0, 1)  # (out_w, w) with (out_h, w, C) -> (out_h, out_w, C)
    return out


def roi_align_backward(
    grad_output,
    boxes,
    input_shape,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    *,
    convention=REFDET,
):
    """`refdet.roi_align_backward` by the transposed products, but for the last bits.

    What `roi_align` leaves to the reference goes there too.
    """
    grad_output, rois, shape, scale, ratio, aligned, convention = reference.check_roi_align_backward(
        grad_output, boxes, input_shape, spatial_scale, sampling_ratio, aligned, convention
    )
    if 0 in shape or grad_output.size == 0 or _overflows(grad_output, convention):
        return reference.roi_align_backward(
            grad_output, rois, shape, scale, ratio, aligned, convention=convention
        )
    images, channels, height, width = shape
    cells = np.zeros((images, height, width * channels), grad_output.dtype)
    shares = _all_shares(rois, scale, aligned, grad_output.shape[2:], ratio, convention.roi, (height, width))
    for k, (image, (rows, top, bottom), (columns, left, right)) in enumerate(shares):
        across = columns.T @ grad_output[k].transpose(1, 2, 0)  # (w, out_w) with (out_h, out_w, C)
        band = rows.T @ across.reshape(len(rows), (right - left) * channels)  # (h, w * C)
        cells[image, top:bottom, left * channels : right * channels] += band
    grad_input = cells.reshape(images, height, width, channels).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(grad_input)


def _overflows(values, convention):
    """True if a sum of the most points that a bin can have may be infinite; a product would spread that, and NaN."""
    limit = np.finfo(values.dtype).max / (4 * convention.roi.most_samples**2)
    return not np.abs(values).max() < limit


def _all_shares(rois, scale, aligned, output_size, ratio, rule, shape):
    """For each RoI its image, and along both axes what share each cell has in the mean of each bin."""
    together = max(1, min(_TOGETHER, _TABLE // max(*np.multiply(output_size, shape), 1)))
    for start in range(0, len(rois), together):
        some = rois[start : start + together]
        begin, bin_size = reference._project(some[:, 1:], scale, aligned, output_size)  # (K, 2), x and y
        samples = rule.samples(bin_size, ratio)
        down = _shares(begin[:, 1], bin_size[:, 1], samples[:, 1], output_size[0], shape[0])
        across = _shares(begin[:, 0], bin_size[:, 0], samples[:, 0], output_size[1], shape[1])
        yield from zip(some[:, 0].astype(np.int64).tolist(), down, across, strict=True)


def _shares(begin, bin_size, samples, bins, cells):
    """Along one axis, for each RoI: shares (bins, end - start), and where the cells that have one start and end."""
    k = np.repeat(np.arange(len(begin)), samples * bins)
    first = np.cumsum(samples * bins) - samples * bins
    p, i = np.divmod(np.arange(len(k)) - first[k], samples[k])
    real = begin.dtype
    with np.errstate(over="ignore", invalid="ignore"):
        within = (i + 0.5).astype(real) * bin_size[k] / samples[k].astype(real)
        places = begin[k] + p.astype(real) * bin_size[k] + within
    on_map = reference._on_map(places, cells)
    before, behind, near, past = reference._beside(places[on_map], cells)
    row = (k * bins + p)[on_map] * cells
    at, share = np.concatenate([row + before, row + behind]), np.concatenate([near, past])
    table = np.bincount(at, share, len(begin) * bins * cells).reshape(len(begin), bins, cells)
    table = (table / np.maximum(samples, 1)[:, None, None]).astype(real)
    used = table.any(axis=1)  # (K, cells)
    start, end = used.argmax(axis=1), cells - used[:, ::-1].argmax(axis=1)
    end = np.where(used.any(axis=1), end, start)
    return [(rows[:, a:b], a, b) for rows, a, b in zip(table, start.tolist(), end.tolist(), strict=True)]
