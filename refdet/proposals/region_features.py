"""What selective search knows of a region: its size, its box, its colours and its texture (PROP-2).

A texture is how often the brightness of each channel rises how steeply in each of eight directions.

Letters: R regions, P neighbouring pairs, F bins, C channels.
Source: J. Uijlings et al., Selective Search for Object Recognition, IJCV 2013, section 3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.proposals.gaussian import slopes
from refdet.proposals.images import check_image

COLOUR_BINS, TEXTURE_BINS, DIRECTIONS = 25, 10, 8
# The paper leaves open what the bins of a texture span. A step from black to white has 102.
STEEPEST = 102.0
BRIGHTEST = 255.0


@dataclass(frozen=True, eq=False)
class Regions:
    """Measured regions of one image."""

    labels: NDArray[np.int64]
    """(H, W) the region of each pixel."""
    size: NDArray[np.int64]
    """(R,) pixels."""
    box: NDArray[np.int64]
    """(R, 4) corners in continuous pixels."""
    colour: NDArray[np.float64]
    """(R, 25 C) shares of the bins; each row sums to 1."""
    texture: NDArray[np.float64]
    """(R, 80 C) the same."""
    neighbours: NDArray[np.int64]
    """(P, 2) pairs that touch, at a corner at least; the lower number first, in order."""


def measure_regions(labels: Array, channels: Array) -> Regions:
    """Measure the regions of a segmented image.

    Parameters
    ----------
    labels : (H, W) integer array
        Region of every pixel; each of 0, 1, ..., R - 1 at least once.
    channels : (H, W) or (H, W, C) array
        The image in some colour space, each channel from 0 to 255; what lies beyond counts for the outermost bin.

    Returns
    -------
    regions : Regions

    Raises
    ------
    ValueError, TypeError
        Shapes that differ, a number that no pixel has, an image that is not finite.

    Notes
    -----
    PROP-2. Colour: 25 bins a channel. Texture: for each channel and each of eight directions 10 bins of the slope, a
    Gaussian derivative of sigma 1; where the brightness falls in a direction its slope counts as 0.

    Examples
    --------
    >>> regions = measure_regions([[0, 0, 1]], [[0, 20, 250]])
    >>> regions.size, regions.box, regions.neighbours
    (array([2, 1]), array([[0, 0, 2, 1],
           [2, 0, 3, 1]]), array([[0, 1]]))
    >>> [np.flatnonzero(shares).tolist() for shares in regions.colour]  # 20 is in the second of 25 bins
    [[0, 1], [24]]
    """
    channels = check_image(channels, "channels")
    labels = checks.whole_numbers(labels, "labels", channels.shape[:2], "a region for every pixel")
    if labels.min() < 0 or labels.max() >= labels.size or 0 in np.bincount(labels.reshape(-1)):
        raise ValueError("labels: wanted the numbers 0, 1, ... of the regions, without gaps")
    return Regions(
        labels,
        np.bincount(labels.reshape(-1)),
        boxes_of(labels),
        histograms(labels, colour_bins(channels), COLOUR_BINS),
        histograms(labels, texture_bins(channels), TEXTURE_BINS),
        touching(labels),
    )


def boxes_of(labels):
    """(R, 4) boxes around the pixels of each region."""
    rows, columns = np.indices(labels.shape)
    box = np.zeros((labels.max() + 1, 4), np.int64)
    box[:, :2] = max(labels.shape)
    for axis, place in ((0, columns), (1, rows)):
        np.minimum.at(box[:, axis], labels, place)
        np.maximum.at(box[:, axis + 2], labels, place + 1)
    return box


def colour_bins(channels):
    """(C, H, W): the bin of each pixel in each channel."""
    return _bins(np.moveaxis(channels, -1, 0), BRIGHTEST, COLOUR_BINS)


def texture_bins(channels):
    """(8 C, H, W): the bin of the slope in each direction, 0 where the brightness falls."""
    across, down = (np.moveaxis(slope, -1, 0) for slope in slopes(channels, 1.0))
    angles = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    slope = [np.float32(np.cos(a)) * across + np.float32(np.sin(a)) * down for a in angles]
    return _bins(np.concatenate(slope), STEEPEST, TEXTURE_BINS)


def _bins(values, largest, count):
    return np.clip(values * (count / largest), 0, count - 1).astype(np.int64)


def histograms(labels, bins, count):
    """(R, F) shares of the pixels of each region in each bin, over (M, H, W) maps of bins from 0 to `count`."""
    regions = int(labels.max()) + 1
    size = np.bincount(labels.reshape(-1), minlength=regions)
    place = (labels * count).reshape(-1)
    counts = [np.bincount(place + of_map.reshape(-1), minlength=regions * count) for of_map in bins]
    table = np.concatenate([row.reshape(regions, count) for row in counts], axis=1)
    return table / (size * len(bins))[:, None]


def touching(labels):
    """(P, 2) pairs of regions with pixels next to each other, over an edge or a corner."""
    count, codes = int(labels.max()) + 1, [np.zeros(0, np.int64)]
    for one, other in (
        (labels[:, :-1], labels[:, 1:]),
        (labels[:-1], labels[1:]),
        (labels[:-1, :-1], labels[1:, 1:]),
        (labels[:-1, 1:], labels[1:, :-1]),
    ):
        apart = one != other
        low, high = np.minimum(one[apart], other[apart]), np.maximum(one[apart], other[apart])
        codes.append(low * count + high)
    code = np.unique(np.concatenate(codes))
    return np.stack([code // count, code % count], axis=1)
