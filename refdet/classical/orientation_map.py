"""Histograms of oriented gradients as a feature map, in the manner of Dalal and Triggs.

Where does the image get brighter, and in which direction? Each cell of the map counts the directions of
its pixels, weighted by their strength, and is measured against the cells around it, so that a digit in
the shade looks like one in the light.

Letters: H x W pixels, h x w cells, N orientations.
Source: N. Dalal and B. Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005, section 6.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array

# Contrast below this is noise: it keeps empty paper from being stretched to full strength.
EPSILON = 0.1
# The squares of nine cells of this size are finite in float32.
LARGEST = 1e15


def orientation_map(image: Array, *, cell: int = 4, orientations: int = 8) -> NDArray[np.float32]:
    """Direction of the brightness around every cell: (N, h, w) histograms, normalised by their neighbours.

    Parameters
    ----------
    image : (H, W) or (H, W, C) array
        uint8 is divided by 255; floats are taken as they are, wanted in [0, 1].
    cell : int
        Side of a cell in pixels; a last, partial cell repeats the border.
    orientations : int
        Directions that the full circle is divided into; 0 is to the right, then clockwise (y is down).

    Returns
    -------
    features : (N, h, w) float32 array
        h and w are H / cell and W / cell, rounded up; 0 or more.

    Raises
    ------
    ValueError, TypeError
        A wrong shape or dtype, an empty image, NaN or infinity, a cell below 1, fewer than 2 orientations.

    Notes
    -----
    gradient.  Central differences; of several colours the one with the strongest gradient.
    vote.      Each pixel votes with its strength for the two directions next to its own, linearly.
    cells.     Mean vote within each cell.
    normalise. Divide by the root of the squares of the 3 x 3 cells around, plus epsilon squared.

    Differs from the paper: the full circle (signed gradients) instead of half; votes are not shared
    between neighbouring cells; one normalisation by the centred block instead of one for each of the
    four blocks that hold the cell; no clipping at 0.2, which loses against none here.

    References
    ----------
    N. Dalal, B. Triggs, Histograms of Oriented Gradients for Human Detection, CVPR 2005.

    Examples
    --------
    Brightness that grows by 0.1 per pixel to the right: one of four directions gets all votes, 0.2 in
    each cell inside; divided by the root of 9 x 0.2^2 + 0.1^2 that is 0.329.

    >>> ramp = np.tile(np.arange(12) / 10, (12, 1))
    >>> orientation_map(ramp, cell=2, orientations=4)[:, 3, 3].round(3)
    array([0.329, 0.   , 0.   , 0.   ], dtype=float32)
    """
    image = check_image(image)
    cell = checks.whole_number(cell, "cell", 1, below=2**31)
    orientations = checks.whole_number(orientations, "orientations", 2, below=2**31)
    # step: gradient
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode="edge")
    dx, dy = padded[1:-1, 2:] - padded[1:-1, :-2], padded[2:, 1:-1] - padded[:-2, 1:-1]  # (H, W, C)
    strongest = np.hypot(dx, dy).argmax(axis=-1)[..., None]
    dx, dy = (np.take_along_axis(d, strongest, axis=-1)[..., 0] for d in (dx, dy))  # (H, W)
    # step: vote
    direction = np.arctan2(dy, dx) / (2 * np.pi) * orientations % orientations  # in bins
    bins = np.arange(orientations, dtype=np.float32)[:, None, None]
    apart = np.abs(direction - bins)  # (H, W) with (N, 1, 1) -> (N, H, W)
    share = np.maximum(0, 1 - np.minimum(apart, orientations - apart))
    votes = share * np.hypot(dx, dy)
    # step: cells
    histograms = _cell_means(votes, cell)  # (N, h, w)
    # step: normalise
    energy = np.pad((histograms**2).sum(axis=0), 1, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(energy, (3, 3)).sum(axis=(2, 3))  # (h, w)
    return (histograms / np.sqrt(around + EPSILON**2)).astype(np.float32)


def _cell_means(votes, cell):
    """(N, H, W) to (N, h, w)."""
    count, height, width = votes.shape
    padded = np.pad(votes, ((0, 0), (0, -height % cell), (0, -width % cell)), mode="edge")
    rows, columns = padded.shape[1] // cell, padded.shape[2] // cell
    return padded.reshape(count, rows, cell, columns, cell).mean(axis=(2, 4))


def check_image(image, name="image"):
    """`image` as (H, W, C) float32, bytes as parts of 255."""
    is_bytes = checks.any_array(image, name).dtype == np.uint8
    array = checks.real_array(image, name)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (H, W) or (H, W, C), none of them 0")
    checks.reject_beyond(array, name, LARGEST)
    return (array / 255 if is_bytes else array).astype(np.float32)
