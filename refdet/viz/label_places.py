"""Where the labels of boxes go, so that no two lie on each other."""

from __future__ import annotations

import numpy as np


def label_places(boxes, scores, width, height):
    """Top-left corner of a label of that size for each box, (N, 2); NaN where none is free.

    The best box chooses first: at the corners inside the box, along its edges, then above and below it.
    A box that is not finite has none.
    """
    taken: list[tuple[float, float]] = []
    places = np.full((len(boxes), 2), np.nan)
    for b in np.argsort(-np.asarray(scores), kind="stable"):
        if not np.isfinite(boxes[b]).all():
            continue
        for x, y in _wanted(boxes[b], width, height):
            if all(abs(x - u) >= width or abs(y - v) >= height for u, v in taken):
                taken.append((x, y))
                places[b] = x, y
                break
    return places


def _wanted(box, width, height):
    left, top, right, bottom = box[0], box[1], box[2] - width, box[3] - height
    corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
    lines = (top, bottom, top - height, bottom + height)
    return corners + [(left + t * (right - left), y) for y in lines for t in (0, 0.5, 1)]
