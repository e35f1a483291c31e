"""RoI align: any region of a feature map becomes a grid of fixed size, without rounding.

RoI pooling rounds a region of interest (RoI) to whole cells; RoI align keeps its corners. Each bin is the mean of
some points inside it, and each point is interpolated between the four cells around it.

Letters: N images, C channels, H x W cells, K RoIs. Twins: csrc/roi_align.cpp, csrc/roi_align.cu.
Source: K. He, G. Gkioxari, P. Dollar, R. Girshick, Mask R-CNN, ICCV 2017, section 3, "RoIAlign".
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from refdet import checks, roi_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops.roi_pool import check_roi_pool
from refdet.stepwise import Steps, stepwise


def check_roi_align(
    input,
    boxes,
    output_size,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    *,
    out=None,
    convention=REFDET,
    xp=np,
):
    """As `check_roi_pool`, and how the points are laid."""
    input, rois, output_size, scale, out, convention = check_roi_pool(
        input, boxes, output_size, spatial_scale, out=out, convention=convention, xp=xp
    )
    sampling = roi_checks.sampling(sampling_ratio, aligned, convention)
    return input, rois, output_size, scale, *sampling, out, convention


@stepwise(check=check_roi_align)
def roi_align(
    input: Array,
    boxes: Array | Sequence[Array],
    output_size: int | tuple[int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int | None = None,
    aligned: bool | None = None,
    *,
    out: NDArray[np.floating] | None = None,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """Average each region of interest (RoI) of a feature map to a fixed size, by interpolated points.

    Parameters
    ----------
    input, boxes, output_size, spatial_scale, out
        As for `roi_pool`.
    sampling_ratio : int, optional
        Points along each side of a bin. 0 or -1: as many as the bin has cells, rounded up, at most
        ``convention.roi.most_samples``; a bin without size has none.
    aligned : bool, optional
        True: the middle of cell i lies at i + 1/2, as that of a pixel does. False: it lies at i, half a cell off,
        and a RoI narrower than a cell is widened to one.
    convention : Convention
        What None stands for; see docs/conventions.md, "RoIs".

    Returns
    -------
    pooled : (K, C, rows, columns) float array, dtype of `input`
        Mean of the points of each bin; a point off the map counts as 0, a bin without points is 0.

    Raises
    ------
    ValueError, TypeError
        As `roi_pool`; a ratio above ``most_samples``; no `aligned` for a system that has no RoI align.

    Notes
    -----
    project.     Scale the corners; nothing is rounded. Divide the RoI into equal bins.
    sample.      Lay the points in each bin: at (i + 1/2) / n of its side.
    interpolate. Of the four cells around a point take the mean, weighted by nearness, and add the points up, row
                 after row. A point up to one cell off the map takes the cell at the border; one farther off adds 0.
    average.     Divide by the number of points.

    All in the dtype of `input`, in the order of torchvision's CPU kernel. A place that is NaN lies off the map.

    References
    ----------
    K. He, G. Gkioxari, P. Dollar, R. Girshick, Mask R-CNN, ICCV 2017, section 3.

    Examples
    --------
    A 4x4 map holding 0..15 row by row, averaged whole to 2x2:

    >>> features = np.arange(16.0).reshape(1, 1, 4, 4)
    >>> roi_align(features, np.array([[0, 0, 0, 4, 4.0]]), (2, 2))[0, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """
    out[...] = 0
    for k, (image, *corners) in enumerate(boxes):
        (x, y), bin_size = _project(np.array(corners), spatial_scale, aligned, output_size)
        yield "project: RoI {k} begins at x {x}, y {y}; each bin has width and height {bin_size}"
        across, down = convention.roi.samples(bin_size, sampling_ratio).tolist()
        xs, ys = _lay(x, bin_size[0], output_size[1], across), _lay(y, bin_size[1], output_size[0], down)
        yield "sample: {down} rows of {across} points in each bin"
        with np.errstate(over="ignore", invalid="ignore"):
            for i, j in np.ndindex(output_size):
                for cells in _around(ys[i], xs[j], input.shape[2:]):
                    out[k, :, i, j] += sum(w * input[int(image), :, row, column] for w, row, column in cells)
        yield "interpolate: the points of each bin of RoI {k} are added up"
        count = max(down * across, 1)
        out[k] /= count
        yield "average: the sums are divided by {count}"
    return out


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _project(corners, scale, aligned, output_size):
    """Where RoIs begin on the map, (..., 2) as x and y, and the width and height of their bins."""
    offset = 0.5 if aligned else 0.0
    begin = corners[..., :2] * scale - offset
    size = corners[..., 2:] * scale - offset - begin
    size = size if aligned else np.maximum(size, 1)
    return begin, size / np.array(output_size[::-1], corners.dtype)


@np.errstate(over="ignore", invalid="ignore")
def _lay(begin, bin_size, bins, samples):
    """The places of the points along one axis, (bins, samples)."""
    p = np.arange(bins).astype(begin.dtype)[:, None]
    i = (np.arange(samples) + 0.5).astype(begin.dtype)
    return begin + p * bin_size + i * bin_size / samples  # (bins, 1) with (samples,) -> (bins, samples)


def _on_map(places, cells):
    """True for each place on an axis of so many cells that lies on it, or one cell off at most; NaN does not."""
    return (places >= -1) & (places <= cells) & (cells > 0)


def _beside(places, cells):
    """Of each place on the map: the cell before it and the one behind, and the weight of each."""
    places = np.maximum(places, 0)
    before = np.minimum(places.astype(np.int64), cells - 1)
    behind = np.minimum(before + 1, cells - 1)
    past = np.where(before < behind, places - before.astype(places.dtype), 0)
    return before, behind, 1 - past, past


def _around(ys, xs, shape):
    """Of each point on the map, row after row: the four cells around it, as (weight, row, column)."""
    axes = []
    for places, cells in zip((ys, xs), shape, strict=True):
        before, behind, near, past = _beside(places[_on_map(places, cells)], cells)
        axes.append(zip(zip(before, near, strict=True), zip(behind, past, strict=True), strict=True))
    for vertical, horizontal in product(*axes):
        yield [(near_y * near_x, y, x) for (y, near_y), (x, near_x) in product(vertical, horizontal)]


def check_roi_align_backward(
    grad_output,
    boxes,
    input_shape,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    convention=REFDET,
    xp=np,
):
    """The gradient, (K, 5) RoIs and the scale in its dtype, how the points are laid, and the shape of the map."""
    checks.convention(convention)
    sampling = roi_checks.sampling(sampling_ratio, aligned, convention)
    grad_output, shape = roi_checks.gradient(grad_output, input_shape, xp=xp)
    rois = roi_checks.rois(boxes, "boxes", shape[0], grad_output.dtype, convention.roi.finite, xp=xp)
    roi_checks.one_each(rois, grad_output)
    scale = roi_checks.scale(spatial_scale, "spatial_scale", grad_output.dtype)
    return grad_output, rois, shape, scale, *sampling, convention


@stepwise(check=check_roi_align_backward)
def roi_align_backward(
    grad_output: Array,
    boxes: Array | Sequence[Array],
    input_shape: tuple[int, int, int, int],
    spatial_scale: float = 1.0,
    sampling_ratio: int | None = None,
    aligned: bool | None = None,
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """Gradient of `roi_align` with respect to its input; none flows to the corners of the RoIs.

    Parameters
    ----------
    grad_output : (K, C, rows, columns) array
        Gradient of the loss with respect to the pooled values.
    input_shape : (int, int, int, int)
        N, C, H, W of the map.
    boxes, spatial_scale, sampling_ratio, aligned, convention
        As `roi_align` had them; boxes are cast to the dtype of `grad_output`.

    Returns
    -------
    grad_input : (N, C, H, W) float array, dtype of `grad_output`
        Sums in that dtype, one addition at a time, in the order of the RoIs, of their bins row by row, of the points
        of a bin row by row, and of the four cells around a point.

    Raises
    ------
    ValueError, TypeError
        As `roi_align`; shapes that do not fit each other.

    Notes
    -----
    scatter. To each of the four cells around a point add gradient * weight / number of points.

    Examples
    --------
    A RoI of one cell, whose only point lies in the middle of cell (1, 1):

    >>> grad = roi_align_backward(np.ones((1, 1, 1, 1)), np.array([[0, 1, 1, 2, 2.0]]), (1, 1, 2, 2))
    >>> grad[0, 0]
    array([[0., 0.],
           [0., 1.]])
    """
    grad_input, output_size = np.zeros(input_shape, grad_output.dtype), grad_output.shape[2:]
    for k, (image, *corners) in enumerate(boxes):
        (x, y), bin_size = _project(np.array(corners), spatial_scale, aligned, output_size)
        across, down = convention.roi.samples(bin_size, sampling_ratio).tolist()
        xs, ys = _lay(x, bin_size[0], output_size[1], across), _lay(y, bin_size[1], output_size[0], down)
        _scatter(grad_output[k], ys, xs, grad_input[int(image)])
        yield "scatter: RoI {k} adds to the cells of image {image} around the {down} x {across} points of each bin"
    return grad_input


@np.errstate(over="ignore", invalid="ignore")
def _scatter(grad_output, ys, xs, grad_input):
    """Add the gradient of one RoI, (C, rows, columns), to that of its image, (C, H, W)."""
    count = ys.shape[1] * xs.shape[1]
    for i, j in np.ndindex(grad_output.shape[1:]):
        for cells in _around(ys[i], xs[j], grad_input.shape[1:]):
            for weight, row, column in cells:
                grad_input[:, row, column] += grad_output[:, i, j] * weight / count  # (C,)
