"""Gaussian smoothing and slopes of an image, with every operation and its order written down.

The sums are float32, term by term from the middle outward, so that C++ can give the same bits. The border is repeated.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

REACH = 4
"""A kernel ends after so many sigmas."""


def gaussian_weights(sigma: float) -> NDArray[np.float32]:
    """Weights of the middle and of 1, 2, ... pixels to either side, as (r + 1,) float32; they sum to 1."""
    radius = math.ceil(REACH * sigma)
    weights = _bell(np.arange(radius + 1), sigma) if radius else np.ones(1)
    return (weights / (2 * weights.sum() - weights[0])).astype(np.float32)


def slope_weights(sigma: float) -> NDArray[np.float32]:
    """Weights of the differences over 1, 2, ... pixels that make a slope: a ramp of 1 per pixel gives 1."""
    distance = np.arange(1, math.ceil(REACH * sigma) + 1)
    weights = distance * _bell(distance, sigma)
    return (weights / (2 * distance * weights).sum()).astype(np.float32)


def _bell(distance, sigma):
    with np.errstate(over="ignore"):  # of a sigma close to 0
        return np.exp(-0.5 * (distance / sigma) ** 2)


def smoothed(image: Image, weights: NDArray[np.float32]) -> Image:
    """(H, W, C) to the same, along the rows first and then along the columns."""
    return _smoothed_along(_smoothed_along(image, weights, 1), weights, 0)


def slopes(image: Image, sigma: float) -> tuple[Image, Image]:
    """Derivatives of the smoothed image to the right and down, (H, W, C) each."""
    weights, steps = gaussian_weights(sigma), slope_weights(sigma)
    across = _slope_along(_smoothed_along(image, weights, 0), steps, 1)
    return across, _slope_along(_smoothed_along(image, weights, 1), steps, 0)


def _smoothed_along(image, weights, axis):
    at = _shifts(image, len(weights) - 1, axis)
    total = weights[0] * at(0)
    for distance, weight in enumerate(weights[1:], start=1):
        total += weight * (at(-distance) + at(distance))
    return total


def _slope_along(image, weights, axis):
    at = _shifts(image, len(weights), axis)
    total = np.zeros_like(image)
    for distance, weight in enumerate(weights, start=1):
        total += weight * (at(distance) - at(-distance))
    return total


def _shifts(image, radius, axis):
    """``at(d)`` is the image as seen d pixels further along the axis."""
    border = [(0, 0)] * image.ndim
    border[axis] = (radius, radius)
    padded = np.moveaxis(np.pad(image, border, mode="edge"), axis, 0)
    length = image.shape[axis]
    return lambda shift: np.moveaxis(padded[radius + shift : radius + shift + length], 0, axis)
