"""Worked examples: regions of interest."""

from __future__ import annotations

import numpy as np

from refdet.cli.worked_examples.example import Example

REGION = {
    # The region covers 8 x 7 cells, numbered from 0.
    "input": np.pad(np.arange(56.0).reshape(8, 7), ((1, 1), (1, 2)))[None, None],
    "boxes": [[0, 50, 30, 290, 310]],
    "output_size": 2,
    "spatial_scale": 1 / 40,
}

EXAMPLES = {
    "roi_pool": Example(
        "ops.roi_pool:roi_pool",
        "the largest value of each bin, edges by floor and ceil (ROI-2 to ROI-5)",
        REGION,
        [[[[24, 27], [52, 55]]]],
        "roi_pool",
    ),
    "roi_pool_with_argmax": Example(
        "ops.roi_pool:roi_pool_with_argmax",
        "the same, and in which cell (ROI-5)",
        {"input": np.arange(16.0).reshape(1, 1, 4, 4), "boxes": [[0, 0, 0, 3, 3]], "output_size": 2},
        [[[[[5, 7], [13, 15]]]], [[[[5, 7], [13, 15]]]]],
        "roi_pool",
    ),
    "roi_align": Example(
        "ops.roi_align:roi_align",
        "the mean of points between the cells",
        {
            "input": np.arange(16.0).reshape(1, 1, 4, 4),
            "boxes": [[0, 4, 4, 12, 28]],
            "output_size": (2, 1),
            "spatial_scale": 1 / 8,
        },
        [[[[3.5], [9.5]]]],
        "roi_align",
    ),
    "roi_pool_backward": Example(
        "ops.roi_pool:roi_pool_backward",
        "the gradient goes to the cells that were taken (ROI-5)",
        {
            "grad_output": [[[[1, 2]]], [[[4, 8]]]],
            "argmax": [[[[1, 1]]], [[[1, 2]]]],
            "boxes": [[0, 0, 0, 2, 0], [0, 1, 0, 2, 0]],
            "input_shape": (1, 1, 1, 3),
        },
        [[[[0, 7, 8]]]],
        "roi_pool",
    ),
    "roi_align_backward": Example(
        "ops.roi_align:roi_align_backward",
        "the gradient goes to the cells around each point",
        {
            "grad_output": [[[[8]]]],
            "boxes": [[0, 1, 0.75, 1, 0.75]],
            "input_shape": (1, 1, 2, 2),
            "sampling_ratio": 1,
        },
        [[[[3, 3], [1, 1]]]],
        "roi_align",
    ),
}
