"""Certificates of encoding: what is coded, read by its definition, is the box; either way round."""

from __future__ import annotations

import math
import statistics

import numpy as np

from refdet.boxes.logistic import FARTHEST
from refdet.cli.certificates.nearness import near
from refdet.cli.certificates.overlaps import rows


def in_sizes_of(a, deltas, boxes, anchors, *, read, factors=None):
    """Whether the centre lies dx, dy sizes of the anchor from its own, and the sides are exp(dw), exp(dh) times its.

    `read`: whether the boxes are read as the convention reads boxes, or as they come out of a decoder.
    """
    rule = a.convention.coder
    weights, variances = rule.factors(**(factors or {"weights": np.array(rule.weights)}))
    deltas = np.asarray(deltas, np.float64)
    per_class = deltas.reshape(len(deltas), deltas.shape[1] // 4, 4)
    per_class = per_class * np.asarray(variances)[..., None, :] / np.asarray(weights)[..., None, :]
    boxes = np.asarray(boxes, np.float64).reshape(per_class.shape)
    centre, size = (
        part[:, None] for part in rule.centre_and_size(np.asarray(anchors, np.float64).reshape(-1, 4))
    )
    wanted = centre + per_class[..., :2] * size, size * np.exp(rule.clamped(per_class[..., 2:]))
    if read:
        found = [part.reshape(wanted[0].shape) for part in rule.centre_and_size(boxes.reshape(-1, 4))]
    else:
        whole = rule.corners(*wanted)
        return near(boxes, whole)
    reach = np.abs(boxes).max(initial=0.0)
    return near(found[0], wanted[0], size=reach) and near(found[1], wanted[1], size=reach)


def rcnn(*, encodes):
    """ENC-1 and ENC-2."""

    def certificate(a, result):
        weights = a.convention.coder.weights if a.weights is None else a.weights
        deltas, boxes = (result, a.boxes) if encodes else (a.deltas, result)
        factors = {"weights": np.asarray(weights, np.float64)}
        words = "dx, dy in sizes of the proposal and the exponentials of dw, dh take it to the box"
        if encodes and not _sized(boxes, a.proposals):
            yield words + ": not without a size", None
            return
        yield words, in_sizes_of(a, deltas, boxes, a.proposals, read=encodes, factors=factors)

    return certificate


def _sized(*parts):
    return all(box[2] > box[0] and box[3] > box[1] for boxes in parts for box in rows(boxes))


def ssd(*, encodes):
    """ENC-4."""

    def certificate(a, result):
        deltas, boxes = (result, a.boxes) if encodes else (a.deltas, result)
        factors = {"variances": np.asarray(a.variances, np.float64)}
        if a.code == "center_size":
            yield (
                "variances times deltas take the prior to the box",
                in_sizes_of(a, deltas, boxes, a.priors, read=encodes, factors=factors),
            )
            return
        rule, deltas = a.convention.coder, np.asarray(deltas, np.float64)
        weights, variances = rule.factors(**factors)
        priors = np.asarray(a.priors, np.float64).reshape(-1, 4)
        unit = (
            np.tile(rule.centre_and_size(priors)[1], 2) if a.code == "corner_size" else np.ones_like(priors)
        )
        moves = (
            deltas.reshape(len(deltas), deltas.shape[1] // 4, 4)
            * (variances / weights)[..., None, :]
            * unit[:, None]
        )
        moved = np.asarray(boxes, np.float64).reshape(moves.shape) - priors[:, None]
        yield (
            "variances times deltas take each corner of the prior to the box's",
            near(moves, moved, size=np.abs(priors).max(initial=0.0)),
        )

    return certificate


def delta_statistics(a, result):
    """ENC-3, by Python's statistics."""
    deltas, labels = rows(a.deltas), np.asarray(a.labels).tolist()
    wanted = np.zeros((2, a.num_classes, 4))
    for k in set(labels):
        for column, values in enumerate(
            zip(*(d for d, own in zip(deltas, labels, strict=True) if own == k), strict=True)
        ):
            wanted[:, k, column] = statistics.fmean(values), statistics.pstdev(values)
    size = np.abs(wanted[0]).max(initial=0.0)
    yield "mean of each class, and 0 without examples", near(result[0], wanted[0])
    yield "and its deviation", near(result[1], wanted[1], size=size)


def normalized(*, back):
    """ENC-3."""

    def certificate(a, result):
        plain, units = (result, a.deltas) if back else (a.deltas, result)
        plain, units = np.asarray(plain, np.float64), np.asarray(units, np.float64)
        classes = units.shape[-1] // 4
        means, stds = (np.asarray(part, np.float64).reshape(-1) for part in (a.means, a.stds))
        means, stds = (np.tile(part, classes) if len(part) == 4 else part for part in (means, stds))
        yield (
            "deviations times it, plus the mean, are the deltas",
            near(units * np.where(stds == 0, 1, stds) + means, plain, size=np.abs(means).max(initial=0.0)),
        )

    return certificate


def grid_cell(a, result):
    """BOX-7."""
    cells, places = result
    grid = np.array(a.grid if np.ndim(a.grid) else (a.grid, a.grid))[::-1]
    yield (
        "cell and place in it are the point, in cells",
        near(cells + places, np.asarray(a.centres, np.float64) * grid),
    )
    inside = (
        (cells >= 0) & (cells < grid) & (places >= 0) & ((places < 1) | (cells == grid - 1)) & (places <= 1)
    )
    yield "the cell is one of the grid, the place in it", bool(inside.all())


def _sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0


def _measured(row):
    """Centre and size of a row of corners."""
    return [(row[0] + row[2]) / 2, (row[1] + row[3]) / 2, row[2] - row[0], row[3] - row[1]]


def on_image(name, *, encodes):
    """ENC-5 and ENC-9: parts of the image."""

    def certificate(a, result):
        codes, boxes = (
            (result[0] if name == "yolov1" else result, a.boxes) if encodes else (a.outputs, result)
        )
        height, width = a.size if np.ndim(a.size) else (a.size, a.size)
        reach, wanted = [width, height] * 2, []
        if name == "yolov1":
            cells = np.asarray(result[1] if encodes else a.cells).reshape(-1, 2).tolist()
            lines, columns = a.grid if np.ndim(a.grid) else (a.grid, a.grid)
            for (x, y, w, h), (column, line) in zip(rows(codes), cells, strict=True):
                parts = [(column + x) / columns, (line + y) / lines, w**2, h**2]
                wanted.append([part * side for part, side in zip(parts, reach, strict=True)])
        else:
            for row in rows(codes):
                parts = [_sigmoid(t) for t in row] if a.form == "logits" else row
                wanted.append([part * side for part, side in zip(parts, reach, strict=True)])
        logits = encodes and name == "detr" and a.form == "logits"
        yield from _agree(boxes, wanted, codes if logits else None, FARTHEST, -FARTHEST)
        if name == "yolov1" and encodes:
            codes = np.asarray(codes)
            yield (
                "the place is in the cell, the roots are not below 0",
                bool((codes >= 0).all() and (codes[..., :2] <= 1).all()),
            )

    return certificate


def on_anchor(name, *, encodes):
    """ENC-6 to ENC-8: a cell of the grid, and a factor for the anchor."""

    def certificate(a, result):
        codes, boxes = (result, a.boxes) if encodes else (a.outputs, result)
        shape = np.asarray(codes).shape[:-1]
        cells, anchors = (
            np.broadcast_to(part, (*shape, 2)).reshape(-1, 2).tolist() for part in (a.cells, a.anchors)
        )
        wanted = []
        for code, cell, anchor in zip(rows(codes), cells, anchors, strict=True):
            shares, factors = _meant(name, code, a)
            centre = [(c + share) * a.stride for c, share in zip(cell, shares, strict=True)]
            wanted.append([*centre, *(f * side for f, side in zip(factors, anchor, strict=True))])
        bounds = (0, 1) if getattr(a, "form", None) == "new_coords" else (FARTHEST, -FARTHEST)
        yield from _agree(boxes, wanted, codes if encodes else None, *bounds)

    return certificate


def _meant(name, code, a):
    """How many cells from its own a centre lies, and how many anchors wide and high the box is."""
    if name == "yolov5":
        return [2 * _sigmoid(t) - 0.5 for t in code[:2]], [(2 * _sigmoid(t)) ** 2 for t in code[2:]]
    plain = a.form == "new_coords"
    shares = [t if plain else _sigmoid(t) for t in code[:2]]
    factors = [4 * t**2 if plain else math.exp(min(t, 20)) for t in code[2:]]
    return [a.scale_x_y * share - (a.scale_x_y - 1) / 2 for share in shares], factors


def _agree(boxes, wanted, codes, low, high):
    """Whether the boxes have these centres and sizes; but a code at its bounds may stand for any box beyond."""
    found, wanted = np.reshape([_measured(row) for row in rows(boxes)], (-1, 4)), np.reshape(wanted, (-1, 4))
    if codes is not None:
        codes = np.asarray(codes, np.float64).reshape(-1, 4)
        yield "a code for each box", codes.shape == found.shape
        centres = codes[:, :2]  # of these every form is bounded
        yield (
            f"no centre is coded beyond {low:.4g} and {high:.4g}",
            bool(((centres >= low) & (centres <= high)).all()),
        )
        found = np.where((codes == low) | (codes == high), wanted, found)
    reach = np.abs(boxes).max(initial=0.0) if np.size(boxes) else 0.0
    words = "read by the definition the code has the centre and the size of the box"
    yield words, near(found, wanted, size=reach)


CERTIFICATES = {
    "encode_rcnn": rcnn(encodes=True),
    "decode_rcnn": rcnn(encodes=False),
    "delta_statistics": delta_statistics,
    "normalize_deltas": normalized(back=False),
    "denormalize_deltas": normalized(back=True),
    "encode_ssd": ssd(encodes=True),
    "decode_ssd": ssd(encodes=False),
    "grid_cell": grid_cell,
    **{
        f"{way}_{name}": on_image(name, encodes=way == "encode")
        for name in ("yolov1", "detr")
        for way in ("encode", "decode")
    },
    **{
        f"{way}_{name}": on_anchor(name, encodes=way == "encode")
        for name in ("yolov3", "yolov5")
        for way in ("encode", "decode")
    },
}
