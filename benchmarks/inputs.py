"""What is measured: boxes and scores as detectors make them, anchors, feature maps and their regions.

Every array comes from a seed. The three ways in which boxes crowd decide what suppression costs, and every
measured library is good at one of them at most.
"""

from __future__ import annotations

import numpy as np


def _around(rng, centres, sizes, spread):
    """Boxes whose centres and sizes scatter about the given ones, relative to the size."""
    centres = centres + rng.normal(0, spread, centres.shape) * sizes
    sizes = sizes * np.exp(rng.normal(0, spread, sizes.shape))
    return np.hstack([centres - sizes / 2, centres + sizes / 2])


def _anywhere(rng, count, canvas, smallest, largest):
    """Centres, uniform on a square, and sizes, uniform on a logarithmic scale."""
    centres = rng.uniform(0, canvas, (count, 2))
    return centres, np.exp(rng.uniform(np.log(smallest), np.log(largest), (count, 2)))


def _heaps(rng, objects, count, clutter):
    """Detections of so many objects, and `clutter` boxes of none, on one image."""
    centres, sizes = _anywhere(rng, objects, 1000, 16, 256)
    heap = rng.integers(0, objects, count - clutter)
    boxes = _around(rng, centres[heap], sizes[heap], 0.06)
    return np.vstack([boxes, _around(rng, *_anywhere(rng, clutter, 1000, 16, 256), 0)])


def clustered(count, rng):
    """25 detections of each object, and a fifth of clutter."""
    return _heaps(rng, max(1, round(0.8 * count / 25)), count, count // 5)


def crowded(count, rng):
    """60 objects, however many boxes, and a fiftieth of clutter."""
    return _heaps(rng, 60, count, count // 50)


def sparse(count, rng):
    """As many objects as boxes, on a canvas that grows with them: almost nothing overlaps."""
    return _around(rng, *_anywhere(rng, count, 60 * count**0.5, 16, 64), 0)


def scored(kind, count, dtype, seed):
    """Boxes of that kind in random order, and their scores."""
    rng = np.random.default_rng(seed)
    boxes = rng.permutation(kind(count, rng))
    return boxes.astype(dtype), rng.random(count).astype(dtype)


def pairs(n, m, dtype, seed):
    """Two lists of boxes on one image, as anchors and ground truth are."""
    rng = np.random.default_rng(seed)
    return tuple(_around(rng, *_anywhere(rng, count, 800, 16, 400), 0).astype(dtype) for count in (n, m))


def regions(channels, height, width, count, seed):
    """A feature map of stride 16 and `count` regions of interest on its image, in float32."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((1, channels, height, width), np.float32)
    centres, sizes = _anywhere(rng, count, 1, 32, 512)
    corners = _around(rng, centres * (16 * width, 16 * height), sizes, 0)
    corners = np.clip(corners, 0, np.tile([16 * width - 1, 16 * height - 1], 2))
    return features, np.hstack([np.zeros((count, 1)), corners]).astype(np.float32)
