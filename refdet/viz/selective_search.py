"""A step of `selective_search` or `hierarchical_grouping` as a picture: regions, who joins whom, and the boxes."""

from __future__ import annotations

import numpy as np

from refdet.viz.regions import draw_regions, shown

BOX, JOINED, LINK = "#D55E00", "#C2185B", "#222222"
MOST_BOXES = 50
"""Of the proposals so many are drawn, the most promising ones."""


def draw(ax, step, most=MOST_BOXES):
    """Draw a step of `refdet.proposals.selective_search.selective_search` or of the grouping inside.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        resize shows the searched image; segment and measure its regions; compare the regions and a line for each pair
        of neighbours, the wider the more alike; merge the regions then, and the box of the new one; group all boxes of
        the hierarchy; rank and boxes the best ones.
    most : int
        How many boxes of rank and boxes are drawn.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    PROP-2. Without the image, in compare and merge, a region has a colour by its number; the new one is outlined.
    """
    seen = step.variables
    if {"regions", "similarity", "parts"} <= set(seen):
        _draw_grouping(ax, step)
    elif {"searched", "size"} <= set(seen):
        _draw_search(ax, step, most)
    else:
        wanted = "wanted a step of selective_search or hierarchical_grouping"
        raise ValueError(f"step: {step.function}.{step.name} came; {wanted}")


def _draw_grouping(ax, step):
    regions, count = step.regions, len(step.regions.size)
    draw_regions(ax, labels_now(regions.labels, step.parts, count))
    if step.name == "merge":
        draw_boxes(ax, step.box[step.t : step.t + 1], JOINED, "new", 2.5)
        x1, y1 = step.box[step.t, :2]
        tag = {"facecolor": JOINED, "edgecolor": "none", "pad": 1.2}
        ax.text(x1, y1, f"{step.a} + {step.b} = {step.t}", color="white", fontsize=7, va="top", bbox=tag)
        return
    middle = (step.box[:count, :2] + step.box[:count, 2:]) / 2
    low, high = step.alike.min(initial=np.inf), step.alike.max(initial=-np.inf)
    for (a, b), alike in zip(step.pairs, step.alike, strict=True):
        share = (alike - low) / (high - low) if high > low else 1
        ax.plot(*middle[[a, b]].T, color=LINK, linewidth=0.4 + 3 * share, gid="pair")


def labels_now(labels, parts, count):
    """The label map after these merges of the regions 0 to count - 1."""
    number = np.arange(count + len(parts))
    for t, (a, b) in enumerate(parts, start=count):
        number[[a, b]] = t
    while not np.array_equal(number, number[number]):
        number = number[number]
    return number[labels]


def _draw_search(ax, step, most):
    if step.name in ("segment", "measure"):
        draw_regions(ax, step.labels, step.searched)
        return
    image = step.image if step.name == "boxes" else step.searched  # the last boxes are in its own pixels
    height, width = image.shape[:2]
    ax.imshow(shown(image), extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[])
    if step.name == "group":
        draw_boxes(ax, step.hierarchy.box, BOX, "hierarchy", 0.6)
    elif step.name in ("rank", "boxes"):
        best = step.found[step.order[:most]] if step.name == "rank" else step.boxes[:most]
        draw_boxes(ax, best, BOX, "best", 1.0)


def draw_boxes(ax, boxes, colour, gid, linewidth):
    """Draw the outlines, the first on top."""
    from matplotlib.patches import Rectangle

    for order, (x1, y1, x2, y2) in enumerate(boxes):
        corner = (x1, y1), x2 - x1, y2 - y1
        style = {
            "edgecolor": colour,
            "linewidth": linewidth,
            "gid": gid,
            "zorder": 3 - order / (len(boxes) + 1),
        }
        ax.add_patch(Rectangle(*corner, fill=False, **style))
