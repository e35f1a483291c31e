"""Detections over an image."""

from __future__ import annotations

import numpy as np

# Okabe and Ito's colours without black and yellow, which photographs swallow.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")


def draw(ax, image, boxes, labels=None, scores=None):
    """Draw the image and its boxes, a colour per label.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    image : (H, W) or (H, W, 3) array
        uint8, or float in [0, 1].
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in pixels of the image; pixel (0, 0) covers 0 to 1.
    labels, scores : sequences of length N, optional
        What to write at each box.

    Raises
    ------
    ValueError
        Labels or scores of another length.
    """
    from matplotlib.patches import Rectangle

    boxes = np.asarray(boxes, float).reshape(-1, 4)
    for name, column in (("labels", labels), ("scores", scores)):
        if column is not None and len(column) != len(boxes):
            raise ValueError(f"{name}: {len(column)} came; wanted {len(boxes)}, one per box")
    height, width = np.shape(image)[:2]
    extent = (0, width, height, 0)
    ax.imshow(image, cmap="gray", vmin=0, vmax=_white(image), extent=extent, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    names = {} if labels is None else {name: i for i, name in enumerate(dict.fromkeys(map(str, labels)))}
    for b, (x1, y1, x2, y2) in enumerate(boxes):
        colour = COLOURS[names.get(str(labels[b]), 0) % len(COLOURS)] if labels is not None else COLOURS[0]
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, edgecolor=colour, linewidth=1.8))
        text = _text(labels, scores, b)
        if text:
            # Above the box, or inside it where the image ends.
            side = "top" if y1 < 0.08 * height else "bottom"
            box = {"facecolor": colour, "edgecolor": "none", "pad": 1.0}
            ax.text(x1, y1, text, color="white", fontsize=7, va=side, bbox=box, clip_on=True)


def _white(image):
    return 255 if np.asarray(image).dtype == np.uint8 else 1


def _text(labels, scores, b):
    parts = ([] if labels is None else [str(labels[b])]) + ([] if scores is None else [f"{scores[b]:.2f}"])
    return " ".join(parts).replace("$", r"\$")
