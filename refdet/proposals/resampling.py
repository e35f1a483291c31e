"""Images of another size, by linear interpolation.

A pixel is a square whose middle carries its value; the middles of the new pixels are spread evenly over the old image.
With antialias a pixel of a shrunk image is a mean over a triangle two new pixels wide; without, over one of two old
pixels, and what lies between two triangles is missed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def interpolation_weights(length: int, count: int, *, antialias: bool) -> NDArray[np.float64]:
    """(count, length) weights: each row makes one new sample of the old ones, and sums to 1."""
    place = (np.arange(count) + 0.5) * length / count - 0.5
    reach = max(1.0, length / count) if antialias else 1.0
    weights = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(length)) / reach)
    # Beyond the outermost middles the last pixel is repeated: what falls outside counts for those inside.
    return weights / weights.sum(axis=1, keepdims=True)


def resized(image: NDArray[np.floating], height: int, width: int, *, antialias: bool) -> NDArray[np.floating]:
    """(H, W, C) to (height, width, C), of the same dtype; the image itself if it has that size."""
    if image.shape[:2] == (height, width):
        return image
    rows = interpolation_weights(image.shape[0], height, antialias=antialias).astype(image.dtype)
    columns = interpolation_weights(image.shape[1], width, antialias=antialias).astype(image.dtype)
    down = rows @ image.reshape(image.shape[0], -1)
    return columns @ down.reshape(height, *image.shape[1:])  # (w, W) (h, W, C) -> (h, w, C)
