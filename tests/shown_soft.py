"""What shows the fields of a convention that soft suppression reads: rows for test_conventions.py."""

import numpy as np

from refdet.ops.soft_nms import soft_nms


def lowered_at_the_threshold(convention):
    # IoU 1/2.
    return soft_nms(np.array([[0, 0, 4, 2], [0, 0, 4, 1.0]]), [0.9, 0.8], 0.5, convention=convention)[
        1
    ].tolist()


def queued(scores, least, convention):
    boxes = np.arange(len(scores))[:, None] * 3.0 + np.array([0, 0, 1, 1])
    return soft_nms(boxes, scores, score_threshold=least, convention=convention)[0].tolist()


def one_picked_from_behind(convention):
    # Box 0 takes the place of box 2, and stands behind box 1, which ties with it.
    return queued([0.5, 0.5, 0.9], 0.1, convention)


def low_scores_behind(convention):
    # Box 4 takes the place of box 1, and is picked before box 2.
    return queued([0.9, 0.05, 0.5, 0.4, 0.5], 0.1, convention)


def all_low(convention):
    return queued([0.05, 0.07], 0.1, convention)


SOFT = [
    ("suppression", "soft_inclusive", True, lowered_at_the_threshold, [0.9, 0.4], [0.9, 0.8]),
    ("suppression", "soft_order", "swap", one_picked_from_behind, [2, 1, 0], [2, 0, 1]),
    ("suppression", "soft_order", "swap", low_scores_behind, [0, 4, 2, 3], [0, 2, 4, 3]),
    ("suppression", "soft_order", "swap", all_low, [1], []),
]
