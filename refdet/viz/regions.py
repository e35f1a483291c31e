"""Regions of an image: each in its mean colour, or in a colour of its own, with the lines between them."""

from __future__ import annotations

import numpy as np

LINE = "#111111"


def draw_regions(ax, labels, image=None, *, gid="border"):
    """Draw a label map.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    labels : (H, W) integer array
        Region of each pixel; pixel (0, 0) covers 0 to 1.
    image : (H, W, C) array, optional
        A region has its mean colour; without an image, a colour by its number.
    gid : str
        The mark of the lines.

    Raises
    ------
    ValueError
        An image of another size.
    """
    from matplotlib.collections import LineCollection

    labels = _checked_labels(labels, image)
    height, width = labels.shape
    colours = by_number(labels) if image is None else mean_colours(labels, shown(image))
    ax.imshow(colours, extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    ax.add_collection(LineCollection(list(borders(labels)), colors=LINE, linewidths=0.6, gid=gid))


def painted(labels, image):
    """The same as an array: each region in its mean colour, a dark line where it ends.

    Parameters
    ----------
    labels : (H, W) integer array
    image : (H, W, C) array

    Returns
    -------
    picture : (H, W, 3) uint8 array
        Of two pixels of different regions the left one, or the upper one, is on the line.

    Raises
    ------
    ValueError
        An image of another size.

    Examples
    --------
    >>> painted([[0, 0, 1]], np.array([[[30], [90], [200]]], np.uint8))[0, :, 0]
    array([ 60,  17, 200], dtype=uint8)
    """
    labels = _checked_labels(labels, image)
    picture = np.rint(255 * mean_colours(labels, shown(image))).astype(np.uint8)
    ends = np.zeros(labels.shape, bool)
    ends[:, :-1] |= labels[:, 1:] != labels[:, :-1]
    ends[:-1] |= labels[1:] != labels[:-1]
    picture[ends] = tuple(bytes.fromhex(LINE[1:]))
    return picture


def _checked_labels(labels, image):
    labels = np.asarray(labels)
    if image is not None and np.shape(image)[:2] != labels.shape:
        raise ValueError(f"image: shape is {np.shape(image)}; wanted the sides {labels.shape} of the labels")
    return labels


def shown(image):
    """(H, W, C) to (H, W, 3) from 0 to 1: three channels as they are, others as their mean; more than 1 is of 255."""
    image = np.asarray(image, float)
    image = image if image.shape[2] == 3 else np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    return np.clip(image / (255 if image.max(initial=0) > 1 else 1), 0, 1)


def mean_colours(labels, colours):
    """Each pixel in the mean colour of its region, (H, W, 3)."""
    numbers, place = np.unique(labels, return_inverse=True)
    place, counts = place.reshape(-1), np.bincount(place.reshape(-1))
    sums = [np.bincount(place, colours[..., c].reshape(-1), len(numbers)) / counts for c in range(3)]
    return np.stack(sums, axis=1)[place].reshape(*labels.shape, 3)


def by_number(labels):
    """Each pixel in a light colour that depends on its region's number alone, (H, W, 3)."""
    turns = (np.asarray(labels) * 0.618034) % 1  # golden: neighbouring numbers lie far apart on the circle
    angle = 2 * np.pi * (turns[..., None] + np.array([0, 1 / 3, 2 / 3]))
    return 0.72 + 0.25 * np.cos(angle)


def borders(labels):
    """Ends of the lines between pixels of different regions, (L, 2, 2) as x and y."""
    y, x = np.nonzero(labels[:, 1:] != labels[:, :-1])
    upright = np.stack([np.stack([x + 1, y], axis=1), np.stack([x + 1, y + 1], axis=1)], axis=1)
    y, x = np.nonzero(labels[1:] != labels[:-1])
    level = np.stack([np.stack([x, y + 1], axis=1), np.stack([x + 1, y + 1], axis=1)], axis=1)
    return np.concatenate([upright, level])
