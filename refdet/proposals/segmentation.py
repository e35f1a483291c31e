"""Graph-based segmentation: pixels that are alike grow into regions (PROP-3).

Every pixel begins as a region of its own. The edges between neighbours are taken from the lightest to the heaviest, and
one joins its two regions if it is not heavier than the heaviest edge inside either of them, plus a bonus k / size:
so a textured region forgives more than a smooth one, and a small region more than a large one.

Letters: H x W pixels, C channels, E edges; k the scale of observation, Int(A) the heaviest edge inside region A.
Other forms: segmentation_fast.py, segmentation_cpp.py (csrc/cpp_only/segmentation.cpp).
Source: P. Felzenszwalb and D. Huttenlocher, Efficient Graph-Based Image Segmentation, IJCV 2004, sections 3 to 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.proposals.gaussian import gaussian_weights, smoothed
from refdet.proposals.images import check_image
from refdet.stepwise import Steps, stepwise

LARGEST_SIGMA = 100
# From a pixel to those neighbours that come later in scan order, as (rows down, columns to the right).
NEIGHBOURS = ((0, 1), (1, -1), (1, 0), (1, 1))


def check_graph_segmentation(image, k=300.0, *, sigma=0.8, min_size=50):
    """The image as (H, W, C) float32; numbers in their ranges."""
    image = check_image(image)
    k, sigma = checks.real_number(k, "k"), checks.real_number(sigma, "sigma")
    if k < 0:
        raise ValueError(f"k: {k} came; wanted 0 or more")
    if not 0 <= sigma <= LARGEST_SIGMA:
        raise ValueError(f"sigma: {sigma} came; wanted 0 to {LARGEST_SIGMA}")
    return image, k, sigma, checks.whole_number(min_size, "min_size", 0, below=2**63)


@stepwise(check=check_graph_segmentation)
def graph_segmentation(
    image: Array, k: float = 300.0, *, sigma: float = 0.8, min_size: int = 50
) -> Steps[NDArray[np.int64]]:
    """Divide an image into connected regions of similar colour.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        Bytes are taken as 0 to 255, floats as they are; computed in float32.
    k : float of at least 0
        Scale of observation, in units of the image: the larger, the larger the regions.
    sigma : float from 0 to 100
        Width in pixels of the Gaussian that smooths the image first; 0 leaves it as it is.
    min_size : int of at least 0
        Regions of fewer pixels are joined to a neighbour.

    Returns
    -------
    labels : (H, W) int64 array
        Region of every pixel, 0, 1, 2, ... in the order in which a scan row by row meets them.

    Raises
    ------
    ValueError, TypeError
        An image without pixels, NaN or infinity, numbers out of range.

    Notes
    -----
    smooth. Smooth every channel: weights of a Gaussian to four sigmas, normalised; the border is repeated.
    edges.  An edge joins each pixel to each of its eight neighbours; its weight is the distance of the two colours.
    sort.   Order the edges by weight; equal ones as a scan meets their first pixel, then right, down left, down,
            down right.
    merge.  An edge joins two regions A and B if w <= min(Int(A) + k / |A|, Int(B) + k / |B|). The heaviest edge inside
            is then w, the largest so far.
    small.  Once more in that order, an edge joins two regions if one of them is smaller than `min_size`.

    PROP-3. Sums and weights are float32, thresholds float64. Before "small", the order of equal weights does not matter
    (section 4 of the paper). A region is known by its first pixel.

    Other forms: segmentation_fast.py, segmentation_cpp.py.

    References
    ----------
    P. Felzenszwalb, D. Huttenlocher, Efficient Graph-Based Image Segmentation, IJCV 59(2), 2004.

    Examples
    --------
    A step of 9 is more than the bonus 8 / 6 of six pixels, and parts the two sides:

    >>> image = np.array([[0, 0, 9, 9], [0, 0, 9, 9], [0, 0, 9, 9]])
    >>> graph_segmentation(image, 8, sigma=0, min_size=0)
    array([[0, 0, 1, 1],
           [0, 0, 1, 1],
           [0, 0, 1, 1]])
    >>> int(graph_segmentation(image, 8, sigma=0, min_size=7).max())  # one region, number 0
    0
    """
    smooth = smoothed(image, gaussian_weights(sigma))
    yield "smooth: by a Gaussian of sigma {sigma}"
    first, second, weight = grid_edges(smooth)
    yield "edges: {weight} are the distances of the colours"
    order = np.argsort(weight, kind="stable")
    yield "sort: {order} is lightest to heaviest"
    pixels = image.shape[0] * image.shape[1]
    parent, size, inner = np.arange(pixels), np.ones(pixels, np.int64), np.zeros(pixels)
    for e in order:
        a, b, w = _root(parent, first[e]), _root(parent, second[e]), float(weight[e])
        if a != b and w <= min(inner[a] + k / size[a], inner[b] + k / size[b]):
            _join(parent, size, a, b)
            inner[min(a, b)] = w
            yield "merge: edge {e}, of weight {w}, joins the regions of the pixels {a} and {b}"
    for e in order:
        a, b = _root(parent, first[e]), _root(parent, second[e])
        if a != b and min(size[a], size[b]) < min_size:
            _join(parent, size, a, b)
            yield "small: edge {e} joins the regions of the pixels {a} and {b}, one of which is small"
    return numbered(parent).reshape(image.shape[:2])


def grid_edges(
    image: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Edges of the 8-neighbour grid: first and second pixel, (E,) int64 each, and their weights, (E,) float32."""
    height, width, channels = image.shape
    pixel = np.arange(height * width).reshape(height, width)
    second = np.full((height, width, len(NEIGHBOURS)), -1)
    weight = np.zeros(second.shape, np.float32)
    for n, (down, right) in enumerate(NEIGHBOURS):
        here = slice(0, height - down), slice(max(0, -right), width - max(0, right))
        there = slice(down, height), slice(max(0, right), width - max(0, -right))
        squares = np.zeros(pixel[here].shape, np.float32)
        for c in range(channels):
            difference = image[(*here, c)] - image[(*there, c)]
            squares += difference * difference
        second[(*here, n)], weight[(*here, n)] = pixel[there], np.sqrt(squares)
    first = np.broadcast_to(pixel[..., None], second.shape)
    inside = second >= 0
    return first[inside], second[inside], weight[inside]


def _root(parent, pixel):
    """The first pixel of the region that the pixel belongs to; the way there is shortened."""
    while parent[pixel] != pixel:
        parent[pixel] = pixel = parent[parent[pixel]]
    return int(pixel)


def _join(parent, size, a, b):
    """Make the regions of the first pixels a and b one; its first pixel is the lower of them."""
    parent[max(a, b)] = min(a, b)
    size[min(a, b)] += size[max(a, b)]


def numbered(parent):
    """Numbers of the regions, pixel by pixel; no pixel's parent comes after it."""
    while not np.array_equal(parent, parent[parent]):
        parent = parent[parent]
    return np.unique(parent, return_inverse=True)[1].reshape(-1).astype(np.int64)
