"""Detections over an image, as SVG."""

from __future__ import annotations

import numpy as np

from refdet.report.markup import Markup, element, svg
from refdet.report.png import data_uri

SMOOTH_FROM = 256
"""Pixels; smaller images are enlarged with their pixels as squares, larger ones smoothly."""


def draw(image, boxes, labels=None, scores=None, *, right=None, truths=None, title=None):
    """The image with its detections, and the ground truth dashed.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) uint8 array
    boxes : (N, 4) array or None
        Corners x1, y1, x2, y2 in pixels of the image; pixel (0, 0) covers 0 to 1.
    labels, scores : sequences of length N, optional
        What to write at each box.
    right : sequence of N booleans, optional
        Which detections are right; the wrong ones get another colour and a dashed line.
    truths : (G, 4) array, optional
        Ground-truth boxes.
    title : str, optional
        What is read out to those who cannot see it; how many boxes there are, by default.

    Returns
    -------
    svg : Markup

    Raises
    ------
    ValueError, TypeError
        An image of another shape or dtype; labels, scores or right of another length; a box not finite.
    """
    boxes, truths = (_finite(part, name) for part, name in ((boxes, "boxes"), (truths, "truths")))
    for name, column in (("labels", labels), ("scores", scores), ("right", right)):
        if column is not None and len(column) != len(boxes):
            raise ValueError(f"{name}: {len(column)} came; wanted {len(boxes)}, one per box")
    height, width = np.shape(image)[:2]
    size = max(height, width) / 22  # of the letters
    kind = "pixels" if max(height, width) < SMOOTH_FROM else None
    picture = element("image", href=data_uri(image), width=width, height=height, class_=kind)
    drawn, tags = [_rectangle(box, "truth") for box in truths], []
    for b, box in enumerate(boxes):
        fate = "wrong" if right is not None and not right[b] else "right"
        drawn.append(_rectangle(box, fate))
        tags.append(_tag(box, _text(labels, scores, b), fate, size, width))
    title = title or f"{len(boxes)} detections" + (f", {len(truths)} ground truths" if len(truths) else "")
    return svg(width, height, picture, *drawn, *tags, title=title)


def _finite(boxes, name):
    boxes = np.zeros((0, 4)) if boxes is None else np.asarray(boxes, float).reshape(-1, 4)
    if not np.isfinite(boxes).all():
        raise ValueError(f"{name}: a value is not finite; wanted corners in pixels")
    return boxes


def _rectangle(box, fate):
    (x, y), (width, height) = box[:2], np.maximum(box[2:] - box[:2], 0)
    return element("rect", x=x, y=y, width=width, height=height, class_=f"box {fate}")


def _text(labels, scores, b):
    label = "" if labels is None else str(labels[b])
    return label if scores is None else f"{label} {scores[b]:.2f}".lstrip()


def _tag(box, text, fate, size, width):
    """A tag above the box, or inside it where the image ends; pushed left where it would leave the image."""
    if not text:
        return ""
    x, y = float(box[0]), float(box[1])
    long = 0.6 * size * len(text) + 0.4 * size
    x, y = max(min(x, width - long), 0.0), y - 1.2 * size if y >= 1.2 * size else y
    ground = element("rect", x=x, y=y, width=long, height=1.2 * size, class_=f"tag {fate}")
    place = {"x": x + 0.2 * size, "y": y + 0.92 * size, "style": f"font-size:{size:.4g}px"}
    return Markup(ground + element("text", text, class_="tag-text", **place))
