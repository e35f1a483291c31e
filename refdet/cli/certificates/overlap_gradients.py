"""Certificates of the gradients of overlaps: a small step of every corner, back and forth (IOU-6)."""

from __future__ import annotations

import dataclasses

import numpy as np

from refdet.cli.certificates.nearness import between
from refdet.cli.certificates.overlaps import KINDS
from refdet.ops.overlaps import aligned_complete_box_iou, complete_box_iou

STEP = 1e-6
"""Of the longest side: small beside the box, large beside its rounding."""


def of_kind(kind, *, aligned):
    """The certificate of the gradient of an overlap of that kind."""

    def certificate(a, result):
        words = "small steps of each corner, back and forth, change the overlaps by the gradient"
        boxes = [np.asarray(part, np.float64).reshape(-1, 4) for part in (a.boxes1, a.boxes2)]
        sides = np.concatenate([part[:, 2:] - part[:, :2] for part in boxes])
        if getattr(a, "aspect_gradient", "exact") != "exact" or not (sides > 0).all():
            yield words + ": not where it is made stable, or for a box without size", None
            return
        if not len(boxes[0]) or not len(boxes[1]):
            yield "nothing flows without boxes", not np.any(result[0]) and not np.any(result[1])
            return
        yield "a slope for each corner", [part.shape for part in result] == [part.shape for part in boxes]
        loss, step = _loss(kind, aligned, a, boxes), STEP * sides.max()
        size = np.abs(a.grad).max() / sides.min()
        loose = kinks(boxes, a.convention.overlap.plus_one, 2 * step, aligned=aligned)
        holds = True
        for which, gradient in enumerate(result):
            for corner in range(4):
                moved = []
                for direction in (-1, 0, 1):
                    shifted = [part.copy() for part in boxes]
                    shifted[which][:, corner] += direction * step
                    moved.append(loss(*shifted))
                back, forth = (moved[1] - moved[0]) / step, (moved[2] - moved[1]) / step
                low = np.where(loose, np.minimum(back, forth), (back + forth) / 2)
                high = np.where(loose, np.maximum(back, forth), (back + forth) / 2)
                if not aligned:
                    low, high = low.sum(axis=1 - which), high.sum(axis=1 - which)
                holds &= between(gradient[:, corner], low, high, size=size)
        yield words, holds

    return certificate


def kinks(boxes, plus_one, reach, *, aligned):
    """Which pairs have a kink within reach whose slope is not the mean of both sides.

    Boxes that only touch have the slope of boxes apart (IOU-6). Of edges at the same place each box decides by half,
    which is that mean; of edges nearly there one box decides.
    """
    one, other = boxes if aligned else (boxes[0][:, None], boxes[1][None])
    shared = np.minimum(one[..., 2:], other[..., 2:]) + plus_one - np.maximum(one[..., :2], other[..., :2])
    apart = np.abs(one - other)
    return (np.abs(shared) <= reach).any(axis=-1) | ((apart > 0) & (apart <= reach)).any(axis=-1)


def _loss(kind, aligned, a, boxes):
    """What each pair adds to the sum of grad times overlap."""
    grad, convention = np.asarray(a.grad, np.float64), a.convention
    if kind == "ciou":  # its weight alpha is a constant (C-11)
        rule = dataclasses.replace(convention.overlap, beta=1.0)
        convention = dataclasses.replace(convention, overlap=rule)
        complete = aligned_complete_box_iou if aligned else complete_box_iou
        whole = complete(*boxes, alpha_gate=a.alpha_gate, convention=convention)
        aspect = _aspect(rule, boxes, aligned)
        rest = KINDS["diou"][aligned](*boxes, convention=convention) - whole
        alpha = np.divide(rest, aspect, out=np.zeros_like(rest), where=aspect > 0)

    def loss(one, other):
        value = KINDS["diou" if kind == "ciou" else kind][aligned](one, other, convention=convention)
        if kind == "ciou":
            value = value - alpha * _aspect(rule, (one, other), aligned)
        return grad * value

    return loss


def _aspect(rule, boxes, aligned):
    """v, by which the aspect ratios differ."""
    one, other = map(rule.angle, boxes)
    return 4 / np.pi**2 * ((one if aligned else one[:, None]) - other) ** 2


NAMES = {"iou": "", "giou": "generalized_", "diou": "distance_", "ciou": "complete_"}
CERTIFICATES = {
    f"{'aligned_' if aligned else ''}{prefix}box_iou_backward": of_kind(kind, aligned=aligned)
    for kind, prefix in NAMES.items()
    for aligned in (False, True)
}
