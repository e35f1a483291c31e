"""Graph-based segmentation in C++: the labels of `refdet.proposals.segmentation`.

There is no CUDA form: every merge depends on the merges before it. Source: csrc/cpp_only/segmentation.cpp.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.kernels import load_extension
from refdet.proposals.gaussian import gaussian_weights
from refdet.proposals.segmentation import check_graph_segmentation


def graph_segmentation(
    image: Array, k: float = 300.0, *, sigma: float = 0.8, min_size: int = 50
) -> NDArray[np.int64]:
    """`refdet.proposals.segmentation.graph_segmentation`; ImportError if C++ was not built, with the reason."""
    return _segmented("graph_segmentation", image, k, sigma, min_size)


def graph_segmentation_plain(
    image: Array, k: float = 300.0, *, sigma: float = 0.8, min_size: int = 50
) -> NDArray[np.int64]:
    """The same, step by step as the reference."""
    return _segmented("graph_segmentation_plain", image, k, sigma, min_size)


def _segmented(name, image, k, sigma, min_size):
    image, k, sigma, min_size = check_graph_segmentation(image, k, sigma=sigma, min_size=min_size)
    labels = np.empty(image.shape[:2], np.int64)
    kernel = getattr(load_extension("_core"), name)
    kernel(np.ascontiguousarray(image), gaussian_weights(sigma), k, min_size, labels)
    return labels
