"""Where the labels of boxes go, so that no two lie on each other."""

from __future__ import annotations

import numpy as np


def label_places(boxes, scores, widths, height, view):
    """Top-left corner of a label for each box, (N, 2); NaN where no place is free.

    The best box chooses first: at the corners inside the box, along its edges, then above and below it,
    always inside `view` (left, top, right, bottom). Labels differ in width. A box that is not finite has none.
    """
    left, top, right, bottom = view
    taken: list[tuple[float, float, float]] = []
    places = np.full((len(boxes), 2), np.nan)
    for b in np.argsort(-np.asarray(scores), kind="stable"):
        if not np.isfinite(boxes[b]).all():
            continue
        for x, y in _wanted(boxes[b], widths[b], height):
            x, y = max(left, min(x, right - widths[b])), max(top, min(y, bottom - height))
            if all(x >= u + w or u >= x + widths[b] or abs(y - v) >= height for u, v, w in taken):
                taken.append((x, y, widths[b]))
                places[b] = x, y
                break
    return places


def _wanted(box, width, height):
    left, top, right, bottom = box[0], box[1], box[2] - width, box[3] - height
    corners = [(left, top), (right, top), (left, bottom), (right, bottom)]
    lines = (top, bottom, top - height, bottom + height)
    return corners + [(left + t * (right - left), y) for y in lines for t in (0, 0.5, 1)]
