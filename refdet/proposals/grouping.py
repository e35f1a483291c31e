"""Hierarchical grouping: the two most similar neighbours become one region, until one is left (PROP-2).

The colours, the texture, the sizes and the fit of two regions each give a similarity from 0 to 1. Size and fit see to
it that small regions go first and that none swallows the rest bite by bite.

Letters: R regions at first, P neighbouring pairs.
Source: J. Uijlings et al., Selective Search for Object Recognition, IJCV 2013, algorithm 1 and section 3.2.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.proposals.region_features import Regions
from refdet.stepwise import Steps, stepwise

LETTERS = "CTSF"


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Every region that there ever was: the R first ones, then one for each merge."""

    box: NDArray[np.int64]
    """(2 R - 1, 4) corners in continuous pixels; the last is the whole image."""
    size: NDArray[np.int64]
    """(2 R - 1,) pixels."""
    parts: NDArray[np.int64]
    """(R - 1, 2) which two regions became region R, R + 1, ..."""


def check_hierarchical_grouping(regions, similarity="CTSF"):
    """The regions; the letters of the similarities that are added."""
    object_checks.instance(regions, "regions", Regions, "what measure_regions(labels, channels) returns")
    return regions, check_similarity(similarity, "similarity")


def check_similarity(value, name):
    """`value` if it names some of the four similarities, each once."""
    if not isinstance(value, str) or not value or len(set(value)) < len(value) or set(value) - set(LETTERS):
        raise ValueError(f"{name}: {checks.shown(value)} came; wanted some of the letters {LETTERS}")
    return value


@stepwise(check=check_hierarchical_grouping)
def hierarchical_grouping(regions: Regions, similarity: str = "CTSF") -> Steps[Hierarchy]:
    """Join the most similar neighbours, again and again.

    Parameters
    ----------
    regions : Regions
        From `refdet.proposals.region_features.measure_regions`.
    similarity : str
        Which similarities are added: some of the letters C (colour), T (texture), S (size) and F (fill).

    Returns
    -------
    hierarchy : Hierarchy

    Raises
    ------
    ValueError, TypeError
        Another letter; something else than regions.

    Notes
    -----
    compare. The similarity of every pair of neighbours.
    merge.   The most similar pair a and b becomes a region t; of equal pairs the one with the lowest number in it, then
             with the lowest other one. Its histograms are the means of theirs, weighted by size; its neighbours are
             theirs, and are compared with it anew.

    PROP-2. Colour and texture: the sum over the bins of the smaller of the two shares. Size: 1 - (|a| + |b|) / |image|.
    Fill: 1 - (|box around both| - |a| - |b|) / |image|.

    References
    ----------
    J. Uijlings, K. van de Sande, T. Gevers, A. Smeulders, Selective Search for Object Recognition, IJCV 104(2), 2013.

    Examples
    --------
    Three stripes; the colours of the first two fall into the same of 25 bins, 20.4 to 30.6:

    >>> from refdet.proposals.region_features import measure_regions
    >>> image = np.array([[[21.0], [21], [22], [22], [90], [90]]], np.float32)
    >>> regions = measure_regions(np.array([[0, 0, 1, 1, 2, 2]]), image)
    >>> hierarchy = hierarchical_grouping(regions)
    >>> hierarchy.parts, hierarchy.box[3:]
    (array([[0, 1],
           [2, 3]]), array([[0, 0, 4, 1],
           [0, 0, 6, 1]]))
    """
    count = len(regions.size)
    size, box, colour, texture = (
        _with_room(a) for a in (regions.size, regions.box, regions.colour, regions.texture)
    )
    area = int(regions.size.sum())
    pairs, neighbours = regions.neighbours, _neighbour_sets(regions.neighbours, len(size))
    alike = similarities(similarity, pairs[:, 0], pairs[:, 1], size, box, colour, texture, area)
    # The smallest comes first out of the heap; pairs of which one is gone stay in it until then.
    heap = [(-s, a, b) for s, (a, b) in zip(alike.tolist(), pairs.tolist(), strict=True)]
    heapq.heapify(heap)
    parts: list[tuple[int, int]] = []
    yield "compare: {similarity} of the {count} regions and their neighbours"
    while heap:
        s, a, b = heapq.heappop(heap)
        if b not in neighbours[a]:
            continue
        t = count + len(parts)
        parts.append((a, b))
        size[t] = size[a] + size[b]
        box[t] = around(box[a], box[b])
        for histogram in (colour, texture):
            histogram[t] = (size[a] * histogram[a] + size[b] * histogram[b]) / size[t]
        neighbours[t] = (neighbours[a] | neighbours[b]) - {a, b}
        neighbours[a], neighbours[b] = set(), set()
        others = sorted(neighbours[t])
        for other in others:
            neighbours[other] -= {a, b}
            neighbours[other].add(t)
        alike = similarities(similarity, np.array(others, np.int64), t, size, box, colour, texture, area)
        for s, other in zip(alike.tolist(), others, strict=True):
            heapq.heappush(heap, (-s, other, t))
        yield "merge: {a} and {b} become region {t}, which has the neighbours {others}"
    return Hierarchy(box, size, np.array(parts, np.int64).reshape(-1, 2))


def similarities(letters, a, b, size, box, colour, texture, area):
    """(P,) sums of the similarities of the regions a and b, arrays of their numbers; b may be one number."""
    total = np.zeros(len(a))
    if "C" in letters:
        total += np.minimum(colour[a], colour[b]).sum(axis=1)
    if "T" in letters:
        total += np.minimum(texture[a], texture[b]).sum(axis=1)
    both = size[a] + size[b]
    if "S" in letters:
        total += 1 - both / area
    if "F" in letters:
        corners = around(box[a], box[b])
        sides = corners[:, 2:] - corners[:, :2]
        total += 1 - (sides[:, 0] * sides[:, 1] - both) / area
    return total


def around(box, other):
    """The box around two boxes, (..., 4)."""
    return np.concatenate(
        [np.minimum(box[..., :2], other[..., :2]), np.maximum(box[..., 2:], other[..., 2:])], axis=-1
    )


def _neighbour_sets(pairs, count):
    """The neighbours of each region, as many empty sets behind them as there are regions to come."""
    neighbours: list[set[int]] = [set() for _ in range(count)]
    for a, b in pairs.tolist():
        neighbours[a].add(b)
        neighbours[b].add(a)
    return neighbours


def _with_room(array):
    """The array, and zeros behind it for the regions to come."""
    return np.concatenate([array, np.zeros((len(array) - 1, *array.shape[1:]), array.dtype)])
