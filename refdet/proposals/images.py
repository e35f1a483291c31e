"""What every proposal method takes: an image as (H, W, C) float32, in its own units."""

from __future__ import annotations

import numpy as np

from refdet import checks

# The squares of the differences of many channels of this size are finite in float32.
LARGEST = 1e15


def check_image(image, name="image", dtype=np.float32):
    """`image` as (H, W, C) float32, or float64, bytes as 0 to 255."""
    array = checks.real_array(image, name)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or 0 in array.shape:
        raise ValueError(f"{name}: shape is {np.shape(image)}; wanted (H, W) or (H, W, C), none of them 0")
    checks.reject_beyond(array, name, LARGEST)
    return array.astype(dtype)
