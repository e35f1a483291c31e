"""refdet under a profile on the recorded cases: one function per op, and what differs."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from strategies import same_bits
from tolerances import close

from refdet.boxes.area import box_area
from refdet.ops.box_iou import box_iou
from refdet.ops.diou_nms import diou_nms
from refdet.ops.nms import batched_nms, nms
from refdet.ops.overlaps import complete_box_iou, distance_box_iou, generalized_box_iou
from refdet.ops.roi_align import roi_align
from refdet.ops.roi_pool import roi_pool, roi_pool_backward, roi_pool_with_argmax
from refdet.ops.soft_nms import soft_nms
from refdet.profiles import PROFILES

from . import recordings
from .groups import DISAGREEMENTS, GROUPS


def loss_of(overlap, **options):
    """What a loss makes of an overlap."""
    return lambda first, second, convention: 1 - overlap(first, second, convention=convention, **options)


REFERENCE = {
    "box_area": box_area,
    "box_iou": box_iou,
    "generalized_box_iou": generalized_box_iou,
    "distance_box_iou": distance_box_iou,
    "complete_box_iou": complete_box_iou,
    "generalized_box_iou_loss": loss_of(generalized_box_iou),
    "distance_box_iou_loss": loss_of(distance_box_iou),
    "complete_box_iou_loss": loss_of(complete_box_iou),
    # The journal version of the paper, and mmdet.
    "gated_complete_box_iou_loss": loss_of(complete_box_iou, alpha_gate=0.5),
    "diou_nms": diou_nms,
    "nms": nms,
    "batched_nms": batched_nms,
    "soft_nms": soft_nms,
    "roi_align": roi_align,
    "roi_pool": roi_pool,
    "roi_pool_with_argmax": roi_pool_with_argmax,
    "roi_pool_backward": roi_pool_backward,
}
GIOU, DIOU = ((name, f"{name}_loss") for name in ("generalized_box_iou", "distance_box_iou"))
CIOU = ("complete_box_iou", "complete_box_iou_loss", "gated_complete_box_iou_loss")
POOLING = ("roi_pool", "roi_pool_with_argmax")
# A part, or one of its fields, decides these ops; the gradient follows from the pooling.
DECIDES = {
    "offset_classes_up_to": ("batched_nms",),
    "least_offset": ("batched_nms",),
    "most_offset": ("batched_nms",),
    "soft_inclusive": ("soft_nms",),
    "soft_order": ("soft_nms",),
    "giou_eps": GIOU,
    "diou_eps": DIOU + CIOU,
    "ciou_eps": CIOU,
    "beta": (*DIOU, "diou_nms"),
    "overlap": ("box_area", "box_iou", *GIOU, *DIOU, *CIOU, "nms", "batched_nms"),
    "suppression": ("nms", "batched_nms"),
    "edges": POOLING,
    "lowest": POOLING,
    "aligned": ("roi_align",),
    "sampling_ratio": ("roi_align",),
    "most_samples": ("roi_align",),
    "roi": (*POOLING, "roi_align"),
}


# A word of a group's name, and the tolerance of its numbers: where the machine's own functions are taken.
TOLERANCES = {
    "gaussian": "float32 scores of an exponential",
    "power": "power",
    "regrouped": "regrouped losses",
    "complete_box_iou": "arc tangent",
    "gated_complete_box_iou_loss": "arc tangent",
}


@cache
def recorded(system):
    """The recorded answers of one system by group."""
    return recordings.load(system)


@cache
def given(system, group):
    """The cases of one group."""
    return GROUPS[system][group]()


def agreeing(system, ops=tuple(REFERENCE)):
    """Groups of these ops that no disagreement is listed for."""
    names = [name for name in GROUPS[system] if name.partition("/")[0] in ops]
    return [name for name in names if (system, name) not in DISAGREEMENTS]


def differences(system, group, convention=None, answers=None, take=REFERENCE.get):
    """Each case of a group where the bits are not the system's: (number, arguments, their answer, ours)."""
    answers = answers or recorded(system)[group]
    for i, (arguments, answer) in enumerate(zip(given(system, group), answers, strict=True)):
        result = attempt(group, arguments, convention or PROFILES[system], take)
        if isinstance(result, ValueError) or not agree(group, result, answer):
            yield i, arguments, answer, result


def agree(group, result, answer):
    """True if the bits are the same; or, within the tolerance of the group, the numbers."""
    tolerance = next((TOLERANCES[word] for word in re.split("[/ ]", group) if word in TOLERANCES), None)
    if tolerance is None:
        return same_bits(result, answer)
    if isinstance(answer, tuple):
        return len(result) == len(answer) and all(
            agree(group, *pair) for pair in zip(result, answer, strict=True)
        )
    if answer.dtype.kind != "f" or result.dtype != answer.dtype or result.shape != answer.shape:
        return same_bits(result, answer)
    odd = ~np.isfinite(answer)
    return same_bits(result[odd], answer[odd]) and close(result[~odd], answer[~odd], tolerance)


def attempt(group, arguments, convention, take=REFERENCE.get):
    """What the function that `take` finds for the group's op returns, or the error that came instead."""
    op = group.partition("/")[0]
    try:
        if op != "roi_pool_backward":
            return take(op)(*arguments, convention=convention)
        cells, rois, output, scale, grad = arguments
        _, argmax = take("roi_pool_with_argmax")(cells, rois, output, scale, convention=convention)
        return take(op)(grad, argmax, rois, cells.shape)
    except ValueError as error:
        return error


def told(difference):
    """A difference as text: the smallest thing to look at."""
    i, arguments, answer, result = difference
    shown = ", ".join(repr(a.tolist() if hasattr(a, "tolist") else a)[:300] for a in arguments)
    return f"case {i}: {shown}\nthe system: {answer!r:.900}\nrefdet:     {result!r:.900}"
