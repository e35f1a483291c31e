"""Worked examples: proposals."""

from __future__ import annotations

import numpy as np

from refdet.cli.worked_examples.example import Example
from refdet.proposals.region_features import measure_regions

GREY = np.full((40, 60, 3), 128, np.uint8)
GREY[10:30, 20:50] = 200, 0, 0
"""A red square on grey."""
STRIPES = np.array([[[21.0], [21], [22], [22], [90], [90]]], np.float32)

EXAMPLES = {
    "graph_segmentation": Example(
        "proposals.segmentation:graph_segmentation",
        "regions by the smallest edge between them (PROP-3)",
        {"image": [[0, 0, 9, 9]] * 3, "k": 8, "sigma": 0, "min_size": 0},
        [[0, 0, 1, 1]] * 3,
        "segmentation",
    ),
    "hierarchical_grouping": Example(
        "proposals.grouping:hierarchical_grouping",
        "merge the two most similar neighbours, again and again (PROP-2)",
        {"regions": measure_regions(np.array([[0, 0, 1, 1, 2, 2]]), STRIPES)},
        {"parts": [[0, 1], [2, 3]]},
        "selective_search",
    ),
    "selective_search": Example(
        "proposals.selective_search:selective_search",
        "the boxes of all regions ever formed (PROP-2)",
        {"image": GREY, "sigma": 0, "width": None, "rng": 0},
        [[0, 0, 60, 40], [20, 10, 50, 30]],
        "selective_search",
        any_order=True,
    ),
    "warp_proposal": Example(
        "proposals.warping:warp_proposal",
        "cut out with context, and warp to a square (ROI-1)",
        {
            "image": [[1.0, 2, 3], [4, 5, 6], [7, 8, 9]],
            "box": [0, 0, 2, 2],
            "size": 4,
            "padding": 1,
            "mean": [0],
        },
        [[0, 0, 0, 0], [0, 1, 2, 3], [0, 4, 5, 6], [0, 7, 8, 9]],
        "warping",
    ),
}
