"""The boxes of a counterexample as a picture: letters in a terminal, SVG in a page.

A box that both keep is drawn whole, one that both drop dotted, and one on which kernel and reference differ in red.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.report.markup import Markup, element, svg

MOST = 80
"""Boxes that are drawn; more hide each other."""

WIDE, TALL = 45, 16  # letters

FATES = {
    "both": ("#007A55", None, "kept by both"),
    "neither": ("#777777", "2 2", "dropped by both"),
    "kernel": ("#C00000", None, "kept by the kernel alone"),
    "reference": ("#C00000", "6 3", "kept by the reference alone"),
    "given": ("#0072B2", None, "given"),
    "second": ("#C25400", "6 3", "of the second list"),
}


def fates(count: int, kept: Any, wanted: Any) -> list[str]:
    """What kernel and reference make of each box, keys of `FATES`."""
    one, other = (set(np.asarray(part).reshape(-1).tolist()) for part in (kept, wanted))
    words = {
        (True, True): "both",
        (False, False): "neither",
        (True, False): "kernel",
        (False, True): "reference",
    }
    return [words[i in one, i in other] for i in range(count)]


def in_letters(boxes: Any) -> list[str]:
    """Lines of text: each box's outline in its own digit, the last box on top; [] if nothing can be drawn."""
    boxes = np.asarray(boxes, np.float64)
    if not _drawable(boxes) or len(boxes) > 10:
        return []
    low, span = _frame(boxes)
    size = np.array([WIDE - 1, TALL - 1])
    cells = np.rint((boxes.reshape(-1, 2, 2) - low) / span * size * np.minimum(1, span / span.max())).astype(
        int
    )
    canvas = np.full((cells[:, 1, 1].max() + 1, cells[:, 1, 0].max() + 1), " ")
    for number, ((left, top), (right, bottom)) in enumerate(cells):
        canvas[[top, bottom], left : right + 1] = str(number)
        canvas[top : bottom + 1, [left, right]] = str(number)
    return ["".join(row).rstrip() for row in canvas]


def in_svg(boxes: Any, words: list[str]) -> Markup | None:
    """The drawing; None if nothing can be drawn. Boxes that coincide stand a little apart, with their number."""
    boxes = np.asarray(boxes, np.float64)
    if not _drawable(boxes) or len(boxes) > MOST:
        return None
    low, span = _frame(boxes)
    scale = 300 / span.max() if (boxes != boxes[0, 0]).any() else 0.0
    parts = []
    seen: dict[bytes, list[int]] = {}
    for number, (box, word) in enumerate(zip(boxes, words, strict=True)):
        place = seen.setdefault(box.tobytes(), [])
        place.append(number)
        shift = 12 + 2.5 * min(len(place) - 1, 6)
        (left, top), (right, bottom) = (box.reshape(2, 2) - low) * scale + shift
        colour, dashes, told = FATES[word]
        style = {"fill": "none", "stroke": colour, "stroke_width": 2, "stroke_dasharray": dashes}
        rect = {"x": left, "y": top, "width": max(right - left, 1), "height": max(bottom - top, 1)}
        parts.append(element("rect", element("title", f"box {number}, {told}"), **rect, **style))
    lines: dict[bytes, int] = {}  # labels below each other where corners coincide
    for numbers in seen.values():
        corner = boxes[numbers[0], :2]
        line = lines[corner.tobytes()] = lines.get(corner.tobytes(), 0) + 1
        x, y = (corner - low) * scale + [26, 14 + 14 * line]
        label = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]} x{len(numbers)}"
        parts.append(element("text", label, x=x, y=y, font_size=12, fill=FATES[words[numbers[0]]][0]))
    width, height = np.maximum(span * scale, 20 + 14 * max(lines.values())) + 40
    return svg(width, height, *parts, title="the boxes of the counterexample")


def _drawable(boxes):
    return boxes.ndim == 2 and boxes.shape[1] == 4 and len(boxes) > 0 and bool(np.isfinite(boxes).all())


def _frame(boxes):
    corners = boxes.reshape(-1, 2)
    low = corners.min(axis=0)
    return low, np.maximum(corners.max(axis=0) - low, 1e-30 + 1e-9 * np.abs(corners).max())
