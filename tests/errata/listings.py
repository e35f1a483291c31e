"""Four listings of the course notes with their mistakes, as the errata describe them; docs/errata.md shows them.

Typing mistakes that keep a listing from running at all are mended. Each leaves to refdet what its erratum does not
concern, so that it is wrong by that mistake alone.
"""

import numpy as np

from refdet import box_iou


def listed_iou(det, gt):
    """ERR-2: the areas are multiplied. ERR-3: 1e-6 in the union."""
    x1, y1 = max(det[0], gt[0]), max(det[1], gt[1])
    x2, y2 = min(det[2], gt[2]), min(det[3], gt[3])
    if x2 < x1 or y2 < y1:
        return 0.0
    intersection = (x2 - x1) * (y2 - y1)
    det_area = (det[2] - det[0]) * (det[3] - det[1])
    gt_area = (gt[2] - gt[0]) * (gt[3] - gt[1])
    union = det_area * gt_area - intersection + 1e-6
    return intersection / union


def listed_nms(boxes, scores, nms_threshold):
    """ERR-4: what has exactly the threshold goes, though the prose says "greater than"."""
    left, keep = list(np.argsort(-np.asarray(scores), kind="stable")), []
    overlap = box_iou(boxes, boxes)
    while left:
        best = left.pop(0)
        keep.append(int(best))
        left = [b for b in left if overlap[best, b] < nms_threshold]
    return keep


def listed_eleven_points(recall, precision):
    """ERR-83: three of these levels lie one bit above 3/10, 6/10 and 7/10."""
    total = 0.0
    for level in np.arange(0, 1.0001, 0.1):
        reached = [p for r, p in zip(recall, precision, strict=True) if r >= level]
        total += max(reached, default=0.0)
    return total / 11


def listed_matching(detections, gt_boxes, iou_threshold):
    """ERR-84: equality passes, though the prose says "greater than"; a second best box is not tried; none is difficult.

    Rows x1, y1, x2, y2, score of one image and class. True for each that is right, best score first; objects in all.
    """
    used, right = [False] * len(gt_boxes), []
    for *box, _ in sorted(detections, key=lambda row: -row[4]):
        overlap = box_iou([box], gt_boxes)[0].tolist()
        most = max(overlap, default=0.0)
        if not overlap or most < iou_threshold or used[overlap.index(most)]:
            right.append(False)
            continue
        used[overlap.index(most)] = True
        right.append(True)
    return right, len(gt_boxes)
