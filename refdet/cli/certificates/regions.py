"""Certificates of RoI pooling and RoI align: values from the map, and gradients that give back what they got."""

from __future__ import annotations

import numpy as np

from refdet.cli.certificates.nearness import near
from refdet.ops.roi_align import roi_align, roi_align_backward
from refdet.ops.roi_pool import roi_pool_with_argmax


def _probe(shape):
    """Numbers without a pattern that a mistake could share, the same in every run."""
    return np.random.default_rng(20).standard_normal(shape)


def _rois(boxes):
    """The image and the corners of each RoI."""
    if isinstance(boxes, (list, tuple)) and boxes and np.ndim(boxes[0]) == 2:
        return [(i, row) for i, part in enumerate(boxes) for row in np.asarray(part, float).tolist()]
    return [(int(row[0]), row[1:]) for row in np.asarray(boxes, float).reshape(-1, 5).tolist()]


def pooled(a, values):
    """ROI-2 to ROI-5: as `roi_pool_with_argmax` has it, and its places say why."""
    given = {name: getattr(a, name) for name in ("spatial_scale", "convention")}
    found = roi_pool_with_argmax(a.input, a.boxes, a.output_size, **given)
    yield "they are the values that argmax points at", np.array_equal(values, found[0])
    yield from pooled_with_argmax(a, (values, found[1]))


def pooled_with_argmax(a, result):
    """ROI-2 to ROI-5: a bin holds a value of its channel, from the RoI, and no larger one lies beside it."""
    values, places = result
    features, rois = np.asarray(a.input, np.float64), _rois(a.boxes)
    yield "a grid for each RoI", len(values) == len(places) == len(rois)
    named = inside = ordered = True
    for (k, c, i, j), place in np.ndenumerate(places):
        image, corners = rois[k]
        if place < 0:
            continue
        row, column = divmod(int(place), features.shape[3])
        named &= values[k, c, i, j] == features[image, c, row, column]
        low, high = np.reshape(corners, (2, 2))[:, ::-1] * a.spatial_scale
        inside &= bool(
            (np.array([row, column]) >= low - 1.5).all() and (np.array([row, column]) <= high + 1.5).all()
        )
        ordered &= not (i and 0 <= places[k, c, i - 1, j] // features.shape[3] > row)
    yield "each bin holds the value of its image and channel where argmax says", bool(named)
    yield "which lies in the RoI, or on its edge", inside
    yield "and not above that of the bin above", bool(ordered)


def pooled_backward(a, result):
    """ROI-5: what any map gets back is what was taken from it."""
    grad, argmax = np.asarray(a.grad_output, np.float64), np.asarray(a.argmax, np.int64)
    probe = _probe(a.input_shape)
    maps = probe.reshape(*probe.shape[:2], -1)
    taken = np.zeros(grad.shape)
    for (k, c, i, j), place in np.ndenumerate(argmax):
        if place >= 0:
            taken[k, c, i, j] = maps[_rois(a.boxes)[k][0], c, place]
    size = np.abs(grad).sum(initial=0.0)
    yield "no gradient is lost and none made up", near(result.sum(), grad[argmax >= 0].sum(), size=size)
    yield (
        "on any map it weighs as the gradient on the values taken from there",
        near((result * probe).sum(), (grad * taken).sum(), size=size),
    )


def aligned(a, result):
    """Linear in the map, and so given back by the gradient."""
    features = np.asarray(a.input, np.float64)
    probe = _probe(result.shape)
    given = {name: getattr(a, name) for name in ("spatial_scale", "sampling_ratio", "aligned", "convention")}
    back = roi_align_backward(probe, a.boxes, features.shape, **given)
    size = np.abs(features).max(initial=0.0) * np.abs(probe).sum(initial=0.0)
    yield (
        "on any gradient it weighs as the map on what that gives back",
        near((result * probe).sum(), (features * back).sum(), size=size),
    )
    low, high = min(features.min(initial=0), 0), max(features.max(initial=0), 0)
    slack = 1e-9 * max(high, -low)
    yield "no mean lies outside the values", bool(((result >= low - slack) & (result <= high + slack)).all())


def aligned_backward(a, result):
    """What any map gets back weighs as that map, aligned."""
    grad, probe = np.asarray(a.grad_output, np.float64), _probe(a.input_shape)
    given = {name: getattr(a, name) for name in ("spatial_scale", "sampling_ratio", "aligned", "convention")}
    there = roi_align(probe, a.boxes, grad.shape[2:], **given)
    size = np.abs(grad).sum(initial=0.0)
    yield (
        "on any map it weighs as the gradient on that map, aligned",
        near((result * probe).sum(), (grad * there).sum(), size=size),
    )


CERTIFICATES = {
    "roi_pool": pooled,
    "roi_pool_with_argmax": pooled_with_argmax,
    "roi_align": aligned,
    "roi_pool_backward": pooled_backward,
    "roi_align_backward": aligned_backward,
}
