"""Fast NumPy for the overlap family: coordinate planes, a block of rows at a time; part of `vectorized`."""

from __future__ import annotations

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.vectorized_areas import shared_area
from refdet.ops.diou_nms import check_batched_diou_nms, check_diou_nms
from refdet.ops.overlaps import check_complete, check_overlaps

# The buffers of this many values stay in the second-level cache.
_BLOCK = 2**14


def generalized_box_iou(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.generalized_box_iou`, a block of rows at a time."""
    boxes1, boxes2, out, convention = check_overlaps(boxes1, boxes2, out=out, convention=convention)
    rule = convention.overlap
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for block, iou, inter, total, sides in _blocks(boxes1, boxes2, rule):
            union = rule.union(inter, total)
            enclosing = rule.bounded(sides[0] * sides[1], rule.giou_eps)
            np.subtract(iou, rule.fraction(enclosing - union, enclosing), out=out[block])
    return out


def distance_box_iou(boxes1, boxes2, *, out=None, convention=REFDET):
    """`refdet.distance_box_iou`, a block of rows at a time."""
    boxes1, boxes2, out, convention = check_overlaps(boxes1, boxes2, out=out, convention=convention)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for block, diou, _ in _distances(boxes1, boxes2, convention.overlap):
            out[block] = diou
    return out


def complete_box_iou(boxes1, boxes2, *, out=None, alpha_gate=None, convention=REFDET):
    """`refdet.complete_box_iou`, a block of rows at a time."""
    boxes1, boxes2, out, gate, convention = check_complete(
        boxes1, boxes2, out=out, alpha_gate=alpha_gate, convention=convention
    )
    rule = convention.overlap
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        angle1, angle2 = rule.angle(boxes1), rule.angle(boxes2)
        for block, diou, iou in _distances(boxes1, boxes2, rule):
            v = angle2 - angle1[block, None]  # (M,) with (rows, 1) -> (rows, M)
            v *= v
            v *= 4 / np.pi**2
            alpha = rule.fraction(v, 1 - iou + v + rule.ciou_eps)
            alpha[iou < gate] = 0
            alpha *= v
            np.subtract(diou, alpha, out=out[block])
    return out


def _distances(boxes1, boxes2, rule):
    """Of each block of rows: DIoU and IoU."""
    centres1, centres2 = ((boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (boxes1, boxes2))
    x, y = np.ascontiguousarray(centres2.T)
    for block, iou, _, _, (width, height) in _blocks(boxes1, boxes2, rule):
        width *= width
        height *= height
        width += height
        width += rule.diou_eps
        across, down = centres1[block, :1] - x, centres1[block, 1:] - y  # (rows, 1) with (M,) -> (rows, M)
        across *= across
        down *= down
        across += down
        yield block, iou - rule.distance_term(across, width), iou


def _blocks(boxes1, boxes2, rule):
    """Rows by the block: IoU, shared area, sum of areas, and both sides of the enclosing boxes."""
    area1, area2 = rule.area(boxes1), rule.area(boxes2)
    planes = np.ascontiguousarray(boxes2.T)
    rows = max(1, _BLOCK // max(len(boxes2), 1))
    for start in range(0, len(boxes1), rows):
        block = slice(start, start + rows)
        inter = shared_area(boxes1[block].T[:, :, None], planes, rule.plus_one)
        total = area1[block, None] + area2  # (rows, 1) with (M,) -> (rows, M)
        yield block, rule.ratio(inter, total), inter, total, _enclosing(boxes1[block], planes, rule)


def _enclosing(boxes, planes, rule):
    x1, y1, x2, y2 = (boxes[:, i, None] for i in range(4))  # (R, 1)
    width = np.maximum(x2, planes[2])
    width -= np.minimum(x1, planes[0])
    height = np.maximum(y2, planes[3])
    height -= np.minimum(y1, planes[1])
    for side in (width, height):
        side += rule.plus_one
        if rule.inverted != "height":
            np.maximum(side, 0, out=side)
    return width, height


def diou_nms(boxes, scores, threshold, beta=None, *, convention=REFDET):
    """`refdet.diou_nms`, a chunk of the order at a time; distances only where IoU is over the threshold."""
    boxes, scores, threshold, _, convention = check_diou_nms(
        boxes, scores, threshold, beta, convention=convention
    )
    rule, overlap = convention.suppression, convention.overlap
    order = rule.by_score(scores)
    boxes, keep = boxes[order], [np.zeros(0, np.int64)]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        area = overlap.area(boxes)
        while len(order):
            head = slice(0, 256)
            planes = np.ascontiguousarray(boxes.T)
            inter = shared_area(boxes[head].T[:, :, None], planes, overlap.plus_one)
            iou = overlap.ratio(inter, area[head, None] + area)  # (chunk, 1) with (N,) -> (chunk, N)
            over = rule.suppresses(iou, threshold)
            i, j = np.nonzero(over)
            over[i, j] = rule.suppresses(iou[i, j] - _distance_term(boxes[i], boxes[j], overlap), threshold)
            alive, kept = np.ones(len(over), bool), []
            for row in range(len(over)):
                if alive[row]:
                    kept.append(row)
                    alive &= ~over[row, : len(over)]
            keep.append(order[head][kept])
            rest = ~over[kept].any(axis=0)
            rest[head] = False
            order, boxes, area = order[rest], boxes[rest], area[rest]
    return np.concatenate(keep).astype(np.int64)


def batched_diou_nms(boxes, scores, idxs, threshold, beta=None, *, convention=REFDET):
    """`refdet.batched_diou_nms`, each class by `diou_nms` above."""
    boxes, scores, idxs, threshold, beta, convention = check_batched_diou_nms(
        boxes, scores, idxs, threshold, beta, convention=convention
    )
    rule = convention.suppression
    moved = rule.moved_apart(boxes, idxs)
    if moved is not None:
        return diou_nms(moved, scores, threshold, beta, convention=convention)
    kept = [np.zeros(0, np.int64)]
    for label in np.unique(idxs):
        members = np.flatnonzero(idxs == label)
        kept.append(
            members[diou_nms(boxes[members], scores[members], threshold, beta, convention=convention)]
        )
    keep = np.sort(np.concatenate(kept))
    return keep[rule.by_score(scores[keep])].astype(np.int64)


def _distance_term(boxes1, boxes2, rule):
    """What DIoU takes off, of box i and box i."""
    sides = rule.enclosing_sides(boxes1, boxes2)
    apart = (boxes1[:, :2] + boxes1[:, 2:]) / 2 - (boxes2[:, :2] + boxes2[:, 2:]) / 2
    distance = apart[:, 0] ** 2 + apart[:, 1] ** 2
    return rule.distance_term(distance, sides[:, 0] ** 2 + sides[:, 1] ** 2 + rule.diou_eps)
