"""Gradients of torchvision's overlap losses by PyTorch's autograd: inputs, how they are run, and their recording.

    python -m tests.oracle.overlap_gradients

A loss is 1 - overlap of box i and box i; its gradient by both boxes is recorded, for a given one by the losses.
"""

from __future__ import annotations

import importlib.metadata

import numpy as np

from . import recordings
from .cases import BOXES, FLOATS, Stream

LOSSES = ("generalized_box_iou", "distance_box_iou", "complete_box_iou")
FAMILIES = ("uniform", "sized", "lattice", "dyadic", "equal", "touching", "points")
"""sized, lattice, dyadic, points: equal corners, where a larger or smaller one has a kink."""


def boxes(stream, family, n):
    """Two sets of n boxes, some of them, or all, placed where the overlaps have kinks."""
    if family not in ("equal", "touching"):
        return BOXES[family](stream, n), BOXES[family](stream, n)
    first = BOXES["sized"](stream, n)
    if family == "equal":
        return first, first.copy()
    width = first[:, 2] - first[:, 0]
    return first, first + np.stack([width, np.zeros(n), width, np.zeros(n)], axis=1)


def case(seed, family, dtype):
    """Two sets of boxes, and the gradient by each loss."""
    stream = Stream(seed)
    first, second = boxes(stream, family, 20)
    return first.astype(dtype), second.astype(dtype), (stream.unit((20,)) * 4 - 2).astype(dtype)


GROUPS = {
    f"{loss}/{family}/{dtype}": (family, dtype) for loss in LOSSES for family in FAMILIES for dtype in FLOATS
}


def cases(group, count=3):
    """The recorded cases of a group."""
    return [case(f"{group}/{i}", *GROUPS[group]) for i in range(count)]


def answer(group, first, second, grad):
    """The gradients by both sets of boxes."""
    import torch
    import torchvision

    tensors = [torch.tensor(part, requires_grad=True) for part in (first, second)]
    loss = getattr(torchvision.ops, f"{group.partition('/')[0]}_loss")
    loss(*tensors, reduction="none").backward(torch.tensor(grad))
    return tuple(tensor.grad.numpy() for tensor in tensors)


def versions():
    """What is installed; LookupError that says what is missing."""
    try:
        return {name: importlib.metadata.version(name) for name in ("torch", "torchvision")}
    except importlib.metadata.PackageNotFoundError as error:
        raise LookupError(f"{error.name} is not installed") from None


def record():
    """Write the answers, and the versions."""
    answers = {group: [answer(group, *arguments) for arguments in cases(group)] for group in GROUPS}
    recordings.save("torchvision_overlap_gradients", answers)
    recordings.save_text("overlap_gradients_versions.json", {"torchvision": versions()})
    print(f"{sum(map(len, answers.values()))} cases in {len(answers)} groups")


if __name__ == "__main__":
    record()
