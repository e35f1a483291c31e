"""A step of `warp_proposal` as a picture: the box, what it grows to, what is cut out, and the result."""

from __future__ import annotations

import numpy as np

from refdet.viz.regions import shown

BOX, GROWN, CUT = "#D55E00", "#0072B2", "#009E73"


def draw(ax, step):
    """Draw a step of `refdet.proposals.warping.warp_proposal`.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        dilate shows the box and what it grows to, round and clip the window and the part of it on the image, resize
        that part at its new size, fill the result and in it the box.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    ROI-1. The box is orange, the grown box blue and dashed, what is cut out green. An image may be in any units, so one
    scale serves all steps: black is 0, or the least value of image and mean if that is below; white is their largest,
    but 1 or 255 where that lies in the upper half of 0 to 1 or of 0 to 255.
    """
    seen = step.variables
    if not {"dilated", "padding", "mode"} <= set(seen):
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of warp_proposal")
    if step.name in ("resize", "fill"):
        _draw_result(ax, step)
        return
    height, width = step.image.shape[:2]
    _show(ax, step.image, step)
    _outline(ax, step.box, BOX, "-", "box")
    grown = step.dilated if step.name == "dilate" else step.window
    _outline(ax, grown, GROWN, "--", "window")
    if step.name == "clip":
        _outline(ax, np.concatenate([step.low, step.high]), CUT, "-", "cut")
    low, high = np.minimum(0, grown[:2]), np.maximum([width, height], grown[2:])
    margin = 0.04 * (high - low).max()
    ax.set(xlim=(low[0] - margin, high[0] + margin), ylim=(high[1] + margin, low[1] - margin))


def _draw_result(ax, step):
    """The piece before it is put in its place, or the whole."""
    if step.name == "resize":
        if step.piece.size:
            _show(ax, step.piece, step)
        return
    _show(ax, step.crop, step)
    inner = [step.padding] * 2 + [step.size - step.padding] * 2
    _outline(ax, np.array(inner), BOX, "-", "box")


def _show(ax, image, step):
    """The image on its own pixels, by the scale of the step."""
    height, width = image.shape[:2]
    black, white = _scale(step)
    shares = (np.asarray(image, float).reshape(height, width, -1) - black) / (white - black)
    picture = shown(np.clip(shares, 0, 1))
    ax.imshow(picture, extent=(0, width, height, 0), interpolation="nearest")
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], aspect="equal")


def _scale(step):
    """The values that are black and white."""
    values = np.append(step.image, step.mean).astype(float)
    black, largest = min(0.0, values.min()), values.max()
    for white in (1.0, 255.0):
        if white / 2 <= largest <= white:
            return black, white
    return black, largest if largest > black else black + 1


def _outline(ax, corners, colour, line, gid):
    from matplotlib.patches import Rectangle

    x1, y1, x2, y2 = corners
    style = {"edgecolor": colour, "linestyle": line, "linewidth": 2.2, "gid": gid}
    ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, **style))
