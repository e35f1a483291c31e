"""Losses of PyTorch and torchvision, with their gradients by autograd: inputs, how they are run, and their recording.

    python -m tests.oracle.losses

An answer is the losses one by one and their gradient, then their sum and its gradient, then their mean and its
gradient; of a total its two terms and the gradients of their sum.
"""

from __future__ import annotations

import importlib.metadata

import numpy as np

from . import recordings
from .cases import BOXES, FLOATS, Stream

REDUCTIONS = ("none", "sum", "mean")
CLASS_WEIGHTS = np.array([0.5, 3, 0, 2])
ROWS, CLASSES = 6, 4

# What PyTorch is called with, beside the arrays. `weight` and `pos_weight` are arrays of their own.
OPTIONS = {
    "cross_entropy": {
        "plain": {},
        "ignored": {"ignore_index": 2},
        "weighted": {"weight": CLASS_WEIGHTS},
        "smoothed": {"label_smoothing": 0.1},
        "smoothed_weighted": {"label_smoothing": 0.1, "weight": CLASS_WEIGHTS},
        "shares": {},
        "shares_weighted": {"weight": CLASS_WEIGHTS},
        "all_ignored": {"ignore_index": -100},
    },
    "binary_cross_entropy_with_logits": {
        "hard": {},
        "soft": {},
        "dear": {"pos_weight": np.array([1, 3, 0.5, 0])},
        "weighted": {"weight": np.array([1, 3, 0.5, 0])},
    },
    "sigmoid_focal_loss": {
        "soft": {"alpha": 0.25, "gamma": 2.0},
        "plain": {"alpha": 0.25, "gamma": 2.0},
        "yolov5": {"alpha": 0.25, "gamma": 1.5},
        "unbalanced": {"alpha": -1.0, "gamma": 1.0},
        "root": {"alpha": 0.25, "gamma": 0.5},
    },
    "smooth_l1_loss": {f"beta_{beta:.3g}": {"beta": beta} for beta in (0.0, 1 / 9, 0.5, 1.0, 2.0)},
    "mse_loss": {"plain": {}},
    "l1_loss": {"plain": {}},
}
OVERLAPS = ("generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss")
FAMILIES = ("uniform", "lattice", "far")
BOX_FAMILIES = ("uniform", "sized", "lattice")
TOTALS = ("fast_rcnn", "rpn")


def numbers(stream, family, shape):
    """Random mantissas; halves, which meet every kink; or up to 10,000 in size."""
    if family == "lattice":
        return stream.integers(-6, 7, shape) / 2
    return (stream.unit(shape) * 2 - 1) * (1e4 if family == "far" else 6)


def groups():
    for dtype in FLOATS:
        for term, options in OPTIONS.items():
            yield from (f"{term}/{option}/{family}/{dtype}" for option in options for family in FAMILIES)
        yield from (f"{term}/plain/{family}/{dtype}" for term in OVERLAPS for family in BOX_FAMILIES)
        yield from (f"{total}/plain/{family}/{dtype}" for total in TOTALS for family in FAMILIES[:2])
    yield from (
        f"{term}/empty/lattice/float64" for term in ("cross_entropy", "l1_loss", *OVERLAPS[:1], *TOTALS)
    )


GROUPS = list(groups())


def case(seed, group):
    """What is predicted, the targets, and a gradient by the losses; of a total what it takes."""
    term, option, family, dtype = group.split("/")
    stream, rows = Stream(seed), 0 if option == "empty" else ROWS
    if term in OVERLAPS:
        pair = tuple(BOXES[family](stream, ROWS)[:rows].astype(dtype) for _ in range(2))
        return *pair, numbers(stream, "lattice", (rows,)).astype(dtype)
    if term in TOTALS:
        shapes = {"fast_rcnn": [(rows, CLASSES), (rows, 4 * CLASSES)], "rpn": [(rows, 1), (rows, 4)]}[term]
        logits, deltas, targets = (
            numbers(stream, family, shape).astype(dtype) for shape in (*shapes, (rows, 4))
        )
        low, high = (0, CLASSES) if term == "fast_rcnn" else (-1, 2)
        return logits, deltas, stream.integers(low, high, (rows,)), targets
    predicted = numbers(stream, family, (rows, CLASSES)).astype(dtype)
    wanted = drawn_targets(stream, term, option, family, (rows, CLASSES))
    wanted = wanted if wanted.dtype == np.int64 else wanted.astype(dtype)
    count = (rows,) if term == "cross_entropy" else (rows, CLASSES)
    return predicted, wanted, numbers(stream, "lattice", count).astype(dtype)


def drawn_targets(stream, term, option, family, shape):
    if term == "cross_entropy":
        if option.startswith("shares"):
            drawn = stream.integers(1, 9, shape)
            return drawn / drawn.sum(axis=1, keepdims=True)
        labels = stream.integers(0, CLASSES, shape[:1])
        return np.full_like(labels, -100) if option == "all_ignored" else labels
    if term in ("binary_cross_entropy_with_logits", "sigmoid_focal_loss"):
        soft = option in ("soft", "weighted")
        return stream.unit(shape) if soft else stream.integers(0, 2, shape).astype(float)
    return numbers(stream, family, shape)


def cases(group, count=2):
    """The recorded cases of a group."""
    return [case(f"{group}/{i}", group) for i in range(count)]


def answer(group, arguments):
    """What PyTorch says."""
    import torch

    torch.set_num_threads(1)
    term, option, _, _ = group.split("/")
    return total(term, arguments) if term in TOTALS else terms(term, option, arguments)


def terms(term, option, arguments):
    """Losses and gradients under each reduction."""
    import torch
    import torch.nn.functional as F
    import torchvision

    function = getattr(F, term, None) or getattr(torchvision.ops, term)
    found = OPTIONS.get(term, {}).get(option, {})
    dtype = torch.tensor(arguments[0]).dtype
    options = {k: torch.tensor(v, dtype=dtype) if isinstance(v, np.ndarray) else v for k, v in found.items()}
    answers = []
    for reduction in REDUCTIONS:
        first = torch.tensor(arguments[0], requires_grad=True)
        second = torch.tensor(arguments[1], requires_grad=term in OVERLAPS)
        loss = function(first, second, reduction=reduction, **options)
        grad = torch.tensor(arguments[2]) if reduction == "none" else torch.tensor(2.0, dtype=dtype)
        loss.backward(grad.reshape(loss.shape))
        answers += [loss.detach().numpy(), first.grad.numpy()]
        answers += [second.grad.numpy()] if term in OVERLAPS else []
    return tuple(np.array(part) for part in answers)


def total(term, arguments):
    """Both terms, and the gradients of their sum; every anchor that is not ignored is sampled."""
    import torch
    from torchvision.models.detection.roi_heads import fastrcnn_loss
    from torchvision.models.detection.rpn import RegionProposalNetwork

    logits, deltas = (torch.tensor(part, requires_grad=True) for part in arguments[:2])
    labels, wanted = (torch.tensor(part) for part in arguments[2:])
    if term == "fast_rcnn":
        classes, boxes = fastrcnn_loss(logits, deltas, [labels], [wanted])
    else:
        network = RegionProposalNetwork(None, None, 0.7, 0.3, 256, 0.5, {}, {}, 0.7)
        network.fg_bg_sampler = lambda every: ([part == 1 for part in every], [part == 0 for part in every])
        labels = labels.to(logits.dtype)
        classes, boxes = network.compute_loss(logits, deltas, [labels], [wanted])
    (classes + boxes).backward()
    return tuple(np.array(part) for part in (classes.detach(), boxes.detach(), logits.grad, deltas.grad))


def versions():
    """What is installed; LookupError that says what is missing."""
    try:
        return {name: importlib.metadata.version(name) for name in ("torch", "torchvision")}
    except importlib.metadata.PackageNotFoundError as error:
        raise LookupError(f"{error.name} is not installed") from None


def record():
    """Write the answers, and the versions."""
    answers = {group: [answer(group, arguments) for arguments in cases(group)] for group in GROUPS}
    recordings.save("torch_losses", answers)
    recordings.save_text("losses_versions.json", {"torch": versions()})
    print(f"{sum(map(len, answers.values()))} cases in {len(answers)} groups")


if __name__ == "__main__":
    record()
