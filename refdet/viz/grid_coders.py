"""Steps of the coders of SSD, YOLO and DETR, of cells and of letterboxes, as pictures of what a box is relative to."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.viz.nms import view_of

# Drawn in this order, so that what matters lies on top.
STYLES: dict[str, dict[str, Any]] = {
    "image": {"color": "#222222", "linestyle": "-", "linewidth": 1.0},
    "border": {"color": "#6D6D6D", "linestyle": "-.", "linewidth": 1.2},
    "grid": {"color": "#CCCCCC", "linestyle": "-", "linewidth": 0.6},
    "cell": {"color": "#C25400", "linestyle": "-", "linewidth": 1.6},
    "start": {"color": "#767676", "linestyle": "--", "linewidth": 2.0},
    "box": {"color": "#007A55", "linestyle": "-", "linewidth": 2.2},
}
CENTRE = "#007A55"


def draw(ax, step):
    """Draw what the step of a coder knows: image, cells, priors or anchors, and the boxes as far as they are known.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    step : Step
        Of the coders of SSD, YOLO and DETR, of `grid_cell`, or of the functions of a letterbox.

    Raises
    ------
    ValueError
        A step of another algorithm.

    Notes
    -----
    BOX-5, BOX-7, ENC-4 to ENC-9. The image is black, the cells of boxes orange, other cells light grey; priors and
    anchors are grey and dashed, an anchor around the middle of its cell. Boxes are green, and so is the point of a
    centre whose box is not known yet. What is not finite is left out.
    """
    from matplotlib.patches import Rectangle

    if step.function not in READERS:
        raise ValueError(f"step: {step.function}.{step.name} came; wanted a step of a coder but R-CNN's")
    named, centres = READERS[step.function](step.variables)
    rectangles = {kind: np.reshape(np.asarray(rows, float), (-1, 4)) for kind, rows in named.items()}
    left, top, right, bottom = view_of(np.concatenate(list(rectangles.values())))
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    for order, (kind, style) in enumerate(STYLES.items(), start=2):
        for x1, y1, x2, y2 in rectangles.get(kind, ()):
            if np.isfinite([x1, y1, x2, y2]).all():
                ax.add_patch(
                    Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, gid=kind, zorder=order, **style)
                )
    for centre in np.reshape(np.asarray(centres, float), (-1, 2)):
        if np.isfinite(centre).all():
            ax.plot(*centre, "o", color=CENTRE, markersize=5, gid="centre", zorder=9)


def _ssd(seen):
    boxes = seen.get("boxes")
    return {"start": seen["priors"], "box": () if boxes is None else boxes}, ()


def _anchored(seen):
    cells, half = seen["cells"] * seen["stride"], seen["anchors"] / 2
    middle = cells + seen["stride"] / 2
    named = {
        "cell": np.concatenate([cells, cells + seen["stride"]], axis=1),
        "start": np.concatenate([middle - half, middle + half], axis=1),
    }
    return _with_boxes(named, seen, "size")


def _with_boxes(named, seen, size, unit=1):
    """The boxes of a step, from corners, or from centre and size; else the centres that it knows."""
    if "boxes" in seen:
        return named | {"box": seen["boxes"]}, ()
    centre = seen.get("centre", np.zeros((0, 2))) * unit
    if size not in seen or not len(centre):
        return named, centre
    half = seen[size] * unit / 2
    return named | {"box": np.concatenate([centre - half, centre + half], axis=1)}, ()


def _cells(cells, columns, rows, width, height):
    """All cells of an image, and those of the boxes."""
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    grid = np.stack([x, y, x + 1, y + 1], axis=-1).reshape(-1, 4)
    unit = np.tile([width / columns, height / rows], 2)
    own = np.zeros((0, 4)) if cells is None else np.concatenate([cells, cells + 1], axis=1)
    return {"image": [[0, 0, width, height]], "grid": grid * unit, "cell": own * unit}


def _grid_cell(seen):
    named = _cells(seen.get("cells"), seen["columns"], seen["rows"], 1, 1)
    return named, seen["centres"]


def _yolov1(seen):
    rows, columns = seen["grid"] if "rows" not in seen else (seen["rows"], seen["columns"])
    named = _cells(seen.get("cells"), columns, rows, seen["width"], seen["height"])
    return _with_boxes(named, seen, "extent", np.array([seen["width"], seen["height"]]))


def _detr(seen):
    named = {"image": [[0, 0, seen["width"], seen["height"]]]}
    if "boxes" not in seen and "parts" in seen:
        return named | {"box": seen["parts"] * np.tile([seen["width"], seen["height"]], 2)}, ()
    return named | {"box": seen.get("boxes", ())}, ()


def _letterbox(seen):
    canvas = [0, 0, *seen["canvas"][::-1]]
    if "new_size" not in seen:
        return {"image": [[0, 0, *seen["size"][::-1]]], "border": [canvas]}, ()
    height, width = seen["new_size"]
    top, bottom, left, right = seen.get("borders", (0, 0, 0, 0))
    if "borders" in seen:  # up to a stride the canvas may be smaller than was asked for
        canvas = [0, 0, width + left + right, height + top + bottom]
    return {"image": [[left, top, left + width, top + height]], "border": [canvas]}, ()


def _letterbox_boxes(seen):
    mapping = seen["mapping"]
    height, width = mapping.new_size
    x, y = mapping.offset
    if "restored" in seen:
        size = np.array([width, height]) / mapping.scale
        return {"image": [[0, 0, *size]], "box": seen["restored"]}, ()
    canvas = [[0, 0, *mapping.canvas[::-1]]]
    if "scaled" in seen and "moved" in seen:
        return {"border": canvas, "image": [[x, y, x + width, y + height]], "box": seen["moved"]}, ()
    return {"image": [[0, 0, width, height]], "box": seen.get("scaled", seen.get("moved"))}, ()


READERS = {
    "encode_ssd": _ssd,
    "decode_ssd": _ssd,
    "grid_cell": _grid_cell,
    "encode_yolov1": _yolov1,
    "decode_yolov1": _yolov1,
    **{f"{way}_yolov{version}": _anchored for way in ("encode", "decode") for version in (3, 5)},
    "encode_detr": _detr,
    "decode_detr": _detr,
    "letterbox": _letterbox,
    "letterbox_boxes": _letterbox_boxes,
    "unletterbox_boxes": _letterbox_boxes,
}
