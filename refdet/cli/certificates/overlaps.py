"""Certificates of boxes and overlaps: exact arithmetic, and what an overlap is when the two change places."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from refdet.boxes.formats import box_convert
from refdet.cli.certificates.nearness import near
from refdet.conventions import REFDET
from refdet.ops import box_iou as ious
from refdet.ops import overlaps as others
from refdet.ops.overlap_kinds import aligned_overlap, overlap
from refdet.overlap_rule import LEAST_SIDE

PAIRS = 500
"""Of so many pairs the overlap is computed anew; of more, of so many of them, evenly spread."""

KINDS = {
    "iou": (ious.box_iou, ious.aligned_box_iou),
    "giou": (others.generalized_box_iou, others.aligned_generalized_box_iou),
    "diou": (others.distance_box_iou, others.aligned_distance_box_iou),
    "ciou": (others.complete_box_iou, others.aligned_complete_box_iou),
}


def of_kind(kind, *, aligned=False):
    """The certificate of an overlap of that kind; of that in the arguments if it is None."""

    def certificate(a, result):
        chosen = kind or a.kind
        function = (aligned_overlap if aligned else overlap) if kind is None else KINDS[chosen][aligned]
        given = {"convention": a.convention}
        given |= {"kind": a.kind} if kind is None else {}
        given |= {"alpha_gate": a.alpha_gate} if hasattr(a, "alpha_gate") else {}
        swapped = function(a.boxes2, a.boxes1, **given)
        yield "the same when the two change places", near(result, swapped if aligned else swapped.T, size=1)
        first, second = rows(a.boxes1), rows(a.boxes2)
        pairs = (
            np.stack([np.arange(len(first))] * 2, 1) if aligned else np.argwhere(np.ones(np.shape(result)))
        )
        pairs = pairs[np.linspace(0, len(pairs) - 1, min(len(pairs), PAIRS)).astype(int)]
        came = [result[i] if aligned else result[i, j] for i, j in pairs]
        yield from pair_by_pair(came, [(first[i], second[j]) for i, j in pairs], chosen, a)

    return certificate


def pair_by_pair(came, pairs, kind, a):
    """Whether each overlap is what exact fractions make of the corners, by the definition."""
    if not is_plain(a.convention.overlap):
        yield "by exact fractions of the corners: this convention adds to them or bounds them", None
        return
    wanted = [exact(kind, pair, a.convention.overlap, getattr(a, "alpha_gate", None)) for pair in pairs]
    yield "by exact fractions of the corners", near(np.array(came, np.float64), wanted, size=1)


def is_plain(rule):
    """Whether the rule is the papers', but for the pixels of a side and the exponent of the distance."""
    bounds = rule.union_eps, rule.giou_eps, rule.diou_eps, rule.ciou_eps
    return rule.inverted == "empty" and rule.division == "guarded" and not any(bounds)


def rows(boxes):
    """The boxes as rows of floats."""
    return np.asarray(boxes, np.float64).reshape(-1, 4).tolist()


def exact(kind, pair, rule=REFDET.overlap, gate=None):
    """IOU-1, IOU-3, IOU-4 or IOU-5 of two boxes, in fractions until something irrational comes.

    >>> exact("iou", ([0, 0, 4, 2], [1, 0, 3, 4]))
    0.3333333333333333
    """
    p, q = ([Fraction(value) for value in box] for box in pair)

    def sides(box):
        return [max(box[k + 2] - box[k] + rule.plus_one, 0) for k in (0, 1)]

    inner = sides([max(p[0], q[0]), max(p[1], q[1]), min(p[2], q[2]), min(p[3], q[3])])
    outer = sides([min(p[0], q[0]), min(p[1], q[1]), max(p[2], q[2]), max(p[3], q[3])])
    shared, around = math.prod(inner), math.prod(outer)
    both = math.prod(sides(p)) + math.prod(sides(q)) - shared
    iou = shared / both if shared else Fraction(0)
    if kind == "iou":
        return float(iou)
    if kind == "giou":
        return float(iou - (around - both) / around) if around else float(iou)
    apart = sum(((p[i] + p[i + 2] - q[i] - q[i + 2]) / 2) ** 2 for i in (0, 1))
    diagonal = sum(side**2 for side in outer)
    share = apart / diagonal if diagonal else Fraction(0)
    if kind == "diou":
        return float(iou - share) if rule.beta == 1 else float(iou) - float(share) ** rule.beta
    turned = [_angle(*map(float, sides(box))) for box in (p, q)]
    v = 4 / math.pi**2 * (turned[0] - turned[1]) ** 2
    weight = v / (1 - float(iou) + v) if v and (gate is None or iou >= Fraction(gate)) else 0.0
    return float(iou - share) - weight * v


def _angle(width, height):
    """Arc tangent of the aspect ratio; without height, of both sides and a little (IOU-5)."""
    little = 0.0 if height else LEAST_SIDE
    return math.atan((width + little) / (height + little))


def box_converted(a, result):
    """BOX-2: what is written must be read as the same box."""
    back = box_convert(result, a.out_fmt, a.in_fmt)
    yield (
        "converted back it is the same box",
        near(back, np.asarray(a.boxes, np.float64), size=np.max(np.abs(result), initial=0)),
    )
    corners = [
        _corners(fmt, row) for fmt, boxes in ((a.in_fmt, a.boxes), (a.out_fmt, result)) for row in rows(boxes)
    ]
    half = len(corners) // 2
    yield (
        "both have the same corners",
        near(corners[half:], corners[:half], size=np.max(np.abs(result), initial=0)),
    )


def _corners(fmt, row):
    p, q, r, s = map(Fraction, row)
    found = {
        "xyxy": (p, q, r, s),
        "xywh": (p, q, p + r, q + s),
        "cxcywh": (p - r / 2, q - s / 2, p + r / 2, q + s / 2),
    }
    return [float(value) for value in found[fmt]]


def convert_backward(a, result):
    """IOU-6: the conversion is linear, so its gradient can be read off any four steps."""
    grad = np.asarray(a.grad, np.float64)
    worth = [(grad * box_convert(step, a.in_fmt, a.out_fmt)).sum(axis=-1) for step in np.eye(4)]
    yield "a step of 1 in each number changes the loss by the gradient", near(result, np.stack(worth, -1))


def letterboxed(a, found):
    """BOX-5: image and borders make the canvas; a scale that fits; the image in the middle."""
    slack = 0 if a.form == "exact" else 1
    size, canvas, new = (np.array(pair, float) for pair in (a.size, a.canvas, found.new_size))
    borders = np.array(found.borders).reshape(2, 2)
    yield "image and borders fill the canvas", near(new + borders.sum(axis=1), np.array(found.canvas, float))
    less = canvas - found.canvas
    strides = less == 0 if a.stride is None else (less % a.stride == 0) & (borders.sum(axis=1) < a.stride)
    yield "of the canvas nothing is missing but whole strides", bool(strides.all())
    scaled = size * found.scale[::-1]
    yield "the image has its size, scaled", _within(new, scaled, slack)
    tight = np.abs(canvas - new).min() <= max(slack, 1e-9 * canvas.max())
    kept = not a.scaleup and near(new, size)
    yield (
        "it touches the canvas and keeps within it",
        bool((tight or kept) and (new <= canvas * (1 + 1e-12)).all()),
    )
    yield "its sides grow alike", near(found.scale[0], found.scale[1]) or a.form == "darknet"
    yield (
        "it lies in the middle",
        near(found.offset[::-1], borders.mean(axis=1), size=canvas)
        and _within(borders[:, 0], borders[:, 1], slack),
    )


def _within(value, wanted, slack):
    return bool((np.abs(value - wanted) <= slack + 1e-9 * np.abs(wanted).max()).all())


def letterboxed_boxes(a, result):
    """BOX-5: each corner of the image, in units of the mapping."""
    yield "off the borders and scaled back they are the boxes", _mapped(a.boxes, result, a.mapping)


def unletterboxed_boxes(a, result):
    """BOX-5, the other way."""
    yield "scaled and moved onto the canvas they are the boxes", _mapped(result, a.boxes, a.mapping)


def _mapped(inside, on_canvas, mapping):
    """Whether each corner on the canvas is that of the image, times scale plus offset."""
    wanted = [
        [v * mapping.scale[i % 2] + mapping.offset[i % 2] for i, v in enumerate(row)] for row in rows(inside)
    ]
    return near(np.asarray(on_canvas).reshape(-1, 4), wanted)


CERTIFICATES = {
    **{
        name: of_kind(kind)
        for name, kind in zip(
            ("box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou"), KINDS, strict=True
        )
    },
    **{
        name: of_kind(kind, aligned=True)
        for name, kind in zip(
            (
                "aligned_box_iou",
                "aligned_generalized_box_iou",
                "aligned_distance_box_iou",
                "aligned_complete_box_iou",
            ),
            KINDS,
            strict=True,
        )
    },
    "overlap": of_kind(None),
    "aligned_overlap": of_kind(None, aligned=True),
    "box_convert": box_converted,
    "box_convert_backward": convert_backward,
    "letterbox": letterboxed,
    "letterbox_boxes": letterboxed_boxes,
    "unletterbox_boxes": unletterboxed_boxes,
}
