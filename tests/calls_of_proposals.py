"""The rows of refdet.proposals for `calls`."""

import numpy as np

from refdet.proposals import segmentation_fast
from refdet.proposals.region_features import measure_regions

BOXES = np.array([[0, 0, 4, 4], [1, 1, 5, 5], [2, 0, 3, 9]], np.float32)
IMAGE = np.arange(576, dtype=np.float32).reshape(24, 24) / 576
WINDOWS = {"width": 6, "height": 5, "sizes": [(2, 2), (3, 4)], "stride": 2}
SEGMENTED = {"image": BOXES, "k": 1.0, "sigma": 0.8, "min_size": 2}

CALLS_OF_PROPOSALS = {
    "proposals.recall.best_overlaps": {"proposals": [BOXES], "gt_boxes": [BOXES], "top": 2},
    "proposals.recall.proposal_recall": {
        "proposals": [BOXES],
        "gt_boxes": [BOXES],
        "iou_threshold": 0.5,
        "top": 2,
    },
    "proposals.grouping.hierarchical_grouping": {
        "regions": measure_regions(np.array([[0, 0, 1], [2, 2, 1]]), IMAGE[:2, :3]),
        "similarity": "CTSF",
    },
    "proposals.region_features.measure_regions": {
        "labels": np.array([[0, 1, 1, 2]] * 3),
        "channels": BOXES,
    },
    "proposals.segmentation.graph_segmentation": SEGMENTED,
    "proposals.segmentation_fast.graph_segmentation": SEGMENTED,
    "proposals.selective_search.selective_search": {
        "image": (255 * IMAGE).astype(np.uint8),
        "mode": "fast",
        "rng": np.random.default_rng(0),
        "colour_spaces": ["hsv"],
        "similarities": ["CTSF", "F"],
        "ks": [50],
        "sigma": 0.8,
        "width": 20,
        "min_side": 2,
        "kernels": segmentation_fast,
    },
    "proposals.warping.warp_proposal": {
        "image": IMAGE[:4, :4],
        "box": BOXES[2],
        "size": 5,
        "padding": 1,
        "mode": "warp",
        "mean": np.array([0.5], np.float32),
    },
    "proposals.windows.count_windows": WINDOWS,
    "proposals.windows.iterate_windows": WINDOWS,
    "proposals.windows.sliding_windows": WINDOWS,
}
