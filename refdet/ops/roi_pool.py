"""RoI max pooling: any region of a feature map becomes a grid of fixed size (ROI-2 to ROI-5).

A region of interest (RoI) is laid on the map's cells and cut into bins; each bin hands on its largest
cell. The gradient flows back to that cell alone.

Letters: N images, C channels, H x W cells, K RoIs. Twins: csrc/roi_pool.cpp, csrc/roi_pool.cu.
Source: R. Girshick, Fast R-CNN, ICCV 2015, section 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from refdet import checks, roi_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.stepwise import Steps, stepwise


def check_roi_pool(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET, xp=np):
    """The map, (K, 5) RoIs and the scale in the map's dtype, and the array that receives the result."""
    checks.convention(convention)
    rule = convention.part("roi")
    input = roi_checks.features(input, "input", rule, xp=xp)
    rois = roi_checks.rois(boxes, "boxes", len(input), input.dtype, rule.finite, xp=xp)
    output_size = checks.size(output_size, "output_size")
    scale = roi_checks.scale(spatial_scale, "spatial_scale", input.dtype)
    shape = (len(rois), input.shape[1], *output_size)
    out = checks.output(out, "out", shape, input.dtype, (input, boxes), xp=xp)
    return input, rois, output_size, scale, out, convention


@stepwise(check=check_roi_pool)
def roi_pool(
    input: Array,
    boxes: Array | Sequence[Array],
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    *,
    out: NDArray[np.floating] | None = None,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """Max-pool each region of interest (RoI) of a feature map to a fixed size.

    Parameters
    ----------
    input : (N, C, H, W) array
        Feature maps of N images.
    boxes : (K, 5) array, or a list of N arrays (L, 4)
        RoIs: image index, then corners x1, y1, x2, y2 in image pixels; or the corners image by image.
        Cast to the dtype of `input`. A corner may lie outside the image.
    output_size : int or (int, int)
        Rows and columns of bins per RoI.
    spatial_scale : float above 0
        Cells per image pixel, 1/16 for VGG-16; cast to the dtype of `input`.
    out : (K, C, rows, columns) array of the result's dtype, optional
        Receives the result; must not overlap an input.
    convention : Convention
        Bin edges; see docs/conventions.md, "RoIs".

    Returns
    -------
    pooled : (K, C, rows, columns) float array, dtype of `input`
        Largest value of each bin; 0 for a bin that holds no cell of the map.

    Raises
    ------
    ValueError
        Wrong shape, an image index out of range, an output size below 1, non-finite values (not under
        TORCHVISION), a convention whose system has no RoI pooling.
    TypeError
        A dtype that is not real numbers.

    Notes
    -----
    project. Scale the corners and round them half away from zero; both end cells belong to the RoI,
             so it covers at least one cell.
    cut.     Cut it into bins with integer edges; neighbours may share a row or a column of cells.
             Clip each bin to the map.
    take.    Take the first largest cell of each bin, in row-major order.

    ROI-5. The formulas that the notes lost are restored (ERR-15); their triple loop over an already cropped
    region (ROI-6) gives the same. Differs from the original: bin edges are exact integers; that layer
    computes them in float32 (``convention=FAST_RCNN``). Twins: csrc/roi_pool.cpp, csrc/roi_pool.cu.

    References
    ----------
    R. Girshick, Fast R-CNN, ICCV 2015, section 2.1.

    Examples
    --------
    A 4x4 map holding 0..15 row by row, pooled whole to 2x2:

    >>> features = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> roi_pool(features, np.array([[0, 0, 0, 3, 3.0]]), (2, 2))[0, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """
    pooled, _ = yield from roi_pool_with_argmax.steps(
        input, boxes, output_size, spatial_scale, out=out, convention=convention
    )
    return pooled


@stepwise(check=check_roi_pool)
def roi_pool_with_argmax(
    input: Array,
    boxes: Array | Sequence[Array],
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    *,
    out: NDArray[np.floating] | None = None,
    convention: Convention = REFDET,
) -> Steps[tuple[NDArray[np.floating], NDArray[np.int64]]]:
    """`roi_pool`, and which cell each value came from.

    Parameters
    ----------
    input, boxes, output_size, spatial_scale, out, convention
        As for `roi_pool`.

    Returns
    -------
    pooled : (K, C, rows, columns) float array
    argmax : (K, C, rows, columns) int64 array
        Flat index ``y * W + x`` of the cell within its map; -1 for an empty bin.

    Raises
    ------
    ValueError, TypeError
        As `roi_pool`.

    Examples
    --------
    >>> features = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> pooled, argmax = roi_pool_with_argmax(features, np.array([[0, 0, 0, 3, 3.0]]), (2, 2))
    >>> argmax[0, 0]
    array([[ 5,  7],
           [13, 15]])
    """
    rule, (height, width) = convention.roi, input.shape[2:]
    argmax = np.full(out.shape, -1, np.int64)
    out[...] = 0
    for k, (image, *corners) in enumerate(boxes):
        first, last = np.array(corners[:2]), np.array(corners[2:])
        (x1, y1), (columns_covered, rows_covered) = rule.span(first, last, spatial_scale)
        yield "project: RoI {k} covers {rows_covered} rows from {y1} and {columns_covered} columns from {x1}"
        rows = rule.bins(y1, rows_covered, output_size[0], height, input.dtype).tolist()
        columns = rule.bins(x1, columns_covered, output_size[1], width, input.dtype).tolist()
        yield "cut: rows {rows} and columns {columns} of the map"
        for i, (top, bottom) in enumerate(rows):
            for j, (left, right) in enumerate(columns):
                cells = input[int(image), :, top:bottom, left:right]  # (C, h, w)
                if cells[0:1].size == 0:
                    continue
                value, place = rule.first_largest(cells.reshape(len(cells), -1))  # (C, h * w)
                y, x = np.divmod(place, right - left)
                out[k, :, i, j] = value
                argmax[k, :, i, j] = np.where(place < 0, -1, (top + y) * width + left + x)
        yield "take: the first largest cell of each bin of RoI {k}"
    return out, argmax


def check_roi_pool_backward(grad_output, argmax, boxes, input_shape, *, xp=np):
    """The gradient, where each of its values goes, (K, 5) RoIs in float64, and the shape of the map."""
    grad_output, shape = roi_checks.gradient(grad_output, input_shape, xp=xp)
    argmax = checks.whole_numbers(argmax, "argmax", grad_output.shape, "the cells that roi_pool took", xp=xp)
    cells = shape[2] * shape[3]
    if argmax.size and not (-1 <= int(argmax.min()) and int(argmax.max()) < cells):
        raise ValueError(f"argmax: {int(argmax.min())} to {int(argmax.max())} came; wanted -1 to {cells - 1}")
    rois = roi_checks.rois(boxes, "boxes", shape[0], np.float64, "propagate", xp=xp)
    roi_checks.one_each(rois, grad_output)
    return grad_output, argmax, rois, shape


@stepwise(check=check_roi_pool_backward)
def roi_pool_backward(
    grad_output: Array,
    argmax: Array,
    boxes: Array | Sequence[Array],
    input_shape: tuple[int, int, int, int],
) -> Steps[NDArray[np.floating]]:
    """Gradient of `roi_pool` with respect to its input: each value goes to the cell it came from.

    Parameters
    ----------
    grad_output : (K, C, rows, columns) array
        Gradient of the loss with respect to the pooled values.
    argmax : (K, C, rows, columns) integer array
        From `roi_pool_with_argmax`; -1 sends nothing.
    boxes : (K, 5) array, or a list of N arrays (L, 4)
        The RoIs that were pooled; only their image indices matter here.
    input_shape : (int, int, int, int)
        N, C, H, W of the map.

    Returns
    -------
    grad_input : (N, C, H, W) float array, dtype of `grad_output`
        Contributions to one cell are added in the order of the RoIs, then of the bins, row by row.

    Raises
    ------
    ValueError, TypeError
        Shapes that do not fit each other, a cell or an image out of range, a dtype that is not numbers.

    Notes
    -----
    scatter. Add each value to its cell, RoI after RoI.

    ROI-5, backward. Sums are in the dtype of `grad_output`, one addition at a time.

    References
    ----------
    R. Girshick, Fast R-CNN, ICCV 2015, section 2.3, "Back-propagation through RoI pooling layers".

    Examples
    --------
    >>> grad = roi_pool_backward(np.ones((1, 1, 1, 1)), np.array([[[[3]]]]), np.array([[0, 0, 0, 1, 1]]), (1, 1, 2, 2))
    >>> grad[0, 0]
    array([[0., 0.],
           [0., 1.]])
    """
    n, channels, height, width = input_shape
    grad_input = np.zeros(input_shape, grad_output.dtype)
    _flat = grad_input.reshape(n, channels * height * width)  # the same memory
    images, taken = np.asarray(boxes)[:, 0].astype(np.int64).tolist(), argmax >= 0
    first = np.arange(channels)[:, None, None] * (height * width)  # (C, 1, 1), the first cell of each channel
    cells = first + argmax  # with (K, C, rows, columns)
    for k, image in enumerate(images):
        np.add.at(_flat[image], cells[k][taken[k]], grad_output[k][taken[k]])
        yield "scatter: RoI {k} adds each value to the cell that it came from, in image {image}"
    return grad_input
