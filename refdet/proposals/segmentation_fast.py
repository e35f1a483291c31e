"""Graph-based segmentation, faster: the labels of `refdet.proposals.segmentation`, some ten times as soon.

The edges are taken in the same order, but in parts. Before each part arrays tell in one go which of its edges cannot
join anything: those inside a region, and those of a region that the lightest edge of the part is too heavy for. Such a
region is finished, for later edges are heavier still. What is left goes through a loop over plain Python numbers, in
`array.array`: quicker to index than NumPy's arrays, and NumPy looks into the same memory.
"""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.proposals.gaussian import gaussian_weights, smoothed
from refdet.proposals.segmentation import check_graph_segmentation, grid_edges, numbered

# The first part has this share of an edge per pixel; each part is so much longer than the one before.
FIRST_PART, GROWTH = 1 / 16, 1.15


def graph_segmentation(
    image: Array, k: float = 300.0, *, sigma: float = 0.8, min_size: int = 50
) -> NDArray[np.int64]:
    """`refdet.proposals.segmentation.graph_segmentation`, the same labels.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
    k, sigma, min_size
        As there.

    Returns
    -------
    labels : (H, W) int64 array

    Examples
    --------
    >>> graph_segmentation([[0, 0, 9], [0, 0, 9]], 8, sigma=0, min_size=0)
    array([[0, 0, 1],
           [0, 0, 1]])
    """
    image, k, sigma, min_size = check_graph_segmentation(image, k, sigma=sigma, min_size=min_size)
    first, second, weight = grid_edges(smoothed(image, gaussian_weights(sigma)))
    order = np.argsort(weight, kind="stable")
    first, second, weight = first[order], second[order], weight[order]
    pixels = image.shape[0] * image.shape[1]
    parent, size = array("q", range(pixels)), array("q", [1]) * pixels
    _merge(first, second, weight, k, parent, size)
    _join_small(first, second, min_size, parent, size)
    return numbered(np.frombuffer(parent, np.int64)).reshape(image.shape[:2])


def _merge(first, second, weight, k, parent, size):
    """Step "merge": changes `parent` and `size`."""
    limit = array("d", [k]) * len(parent)  # Int + k / size
    begin, length = 0, FIRST_PART * len(parent)
    while begin < len(weight):
        part = slice(begin, begin + int(length) + 1)
        a, b = _regions(parent, first[part], second[part])
        most = np.frombuffer(limit)
        open_ = (a != b) & (np.minimum(most[a], most[b]) >= weight[begin])
        for i, j, w in zip(a[open_].tolist(), b[open_].tolist(), weight[part][open_].tolist(), strict=True):
            while parent[i] != i:
                parent[i] = i = parent[parent[i]]
            while parent[j] != j:
                parent[j] = j = parent[parent[j]]
            if i != j and w <= limit[i] and w <= limit[j]:
                if i > j:
                    i, j = j, i
                parent[j] = i
                size[i] += size[j]
                limit[i] = w + k / size[i]
        begin, length = part.stop, GROWTH * length


def _join_small(first, second, min_size, parent, size):
    """Step "small": changes `parent` and `size`."""
    a, b = _regions(parent, first, second)
    pixels = np.frombuffer(size, np.int64)
    open_ = (a != b) & (np.minimum(pixels[a], pixels[b]) < min_size)
    for i, j in zip(a[open_].tolist(), b[open_].tolist(), strict=True):
        while parent[i] != i:
            parent[i] = i = parent[parent[i]]
        while parent[j] != j:
            parent[j] = j = parent[parent[j]]
        if i != j and (size[i] < min_size or size[j] < min_size):
            if i > j:
                i, j = j, i
            parent[j] = i
            size[i] += size[j]


def _regions(parent, first, second):
    """First pixels of the regions at both ends of each edge."""
    roots = np.frombuffer(parent, np.int64)
    while not np.array_equal(roots, roots[roots]):
        roots = roots[roots]
    return roots[first], roots[second]
