"""The terminal view of a trace of `nms` or `batched_nms`: who is picked, who goes and why, and a drawing."""

from __future__ import annotations

import numpy as np

from refdet.cli.box_file import printable
from refdet.viz.nms import fates, numbers

DRAWN = 12  # boxes up to which a drawing helps
WIDTH, HEIGHT = 60, 18  # characters
INDENT = " " * 10


def step_lines(trace, labels=None):
    """The lines; boxes are numbered as the caller numbered them, also inside a class."""
    for step in trace:
        rows = numbers(step)
        head, *rest = _told(step, rows, labels)
        yield f"{step.name:<{len(INDENT)}}{head}"
        for line in rest:
            yield INDENT + line
        if step.name in ("sort", "suppress") and 0 < len(rows) <= DRAWN:
            for line in box_drawing(step.boxes, fates(step), rows):
                yield (INDENT + line).rstrip()
            yield ""


def _told(step, rows, labels):
    if step.name == "sort":
        ranked = ", ".join(f"{rows[b]} ({step.scores[b]:.4g})" for b in step.order)
        return [f"best to worst: {ranked or 'no boxes'}"]
    if step.name == "pick":
        return [f"box {rows[step.i]}, score {step.scores[step.i]:.4g}, is the best still alive"]
    if step.name == "suppress":
        return _told_suppress(step, rows)
    if step.name == "class":
        return [told_class(step, labels)]
    if step.name == "merge":
        return [f"kept, best to worst: {listed(step.keep)}"]
    return [step.note]


def told_class(step, labels):
    """The line of a step `class`, also of the other batched forms."""
    which = step.label if labels is None else printable(labels[step.members[0]])
    return f"{which}: of boxes {listed(step.members)} it keeps {listed(step.members[step.winners])}"


def _told_suppress(step, rows):
    sign = ">=" if step.rule.inclusive else ">"
    by_distance = "diou" in step.variables
    name, overlaps = ("DIoU", step.diou) if by_distance else ("IoU", step.overlap)
    threshold = step.threshold if by_distance else step.iou_threshold
    lines = []
    for b, overlap in zip(step.rest, overlaps, strict=True):
        if not step.alive[b]:
            lines.append(f"box {rows[b]} goes:  {name} {overlap:.6f} {sign} {threshold:g}")
        elif overlap > 0 or by_distance:
            lines.append(f"box {rows[b]} stays: {name} {overlap:.6f}")
    apart = len(step.rest) - len(lines)
    if apart:
        lines.append(f"{apart} more {'does' if apart == 1 else 'do'} not overlap box {rows[step.i]}")
    return lines or ["nothing else is alive"]


def listed(indices):
    """Numbers as text."""
    return ", ".join(map(str, np.asarray(indices).tolist())) or "none"


def box_drawing(boxes, words, numbers):
    """The boxes in characters: ``#`` picked or kept, ``.`` suppressed just now, ``- |`` still alive."""
    finite = np.isfinite(boxes).all(axis=1)
    shown = [b for b in np.flatnonzero(finite) if words[b] != "gone"]
    if not shown:
        return []
    corners = boxes[finite].astype(float).reshape(-1, 2)  # the gone ones too: every step has the same scale
    low, span = corners.min(axis=0), np.ptp(corners, axis=0)
    # Pixels per character; one is twice as high as wide.
    cell = max(span[0] / (WIDTH - 1), span[1] / (2 * (HEIGHT - 1)), 1e-300)
    canvas = [[" "] * WIDTH for _ in range(HEIGHT)]
    strokes = {"alive": "-|+", "suppressed": "...", "kept": "###", "picked": "###"}
    order = list(strokes)
    for b in sorted(shown, key=lambda b: order.index(words[b])):
        places = np.rint((boxes[b].reshape(2, 2) - low) / cell / (1, 2)).astype(int)
        _outline(canvas, np.sort(places, axis=0), strokes[words[b]])
    for b in shown:
        x, y = np.rint((boxes[b].reshape(2, 2).min(axis=0) - low) / cell / (1, 2)).astype(int)
        _write(canvas, x, y, str(numbers[b]))
    return "\n".join("".join(row).rstrip() for row in canvas).rstrip("\n").split("\n")


def _outline(canvas, corners, strokes):
    ((x1, y1), (x2, y2)), (across, down, corner) = corners, strokes
    for x in range(x1, x2 + 1):
        canvas[y1][x] = canvas[y2][x] = across
    for y in range(y1, y2 + 1):
        canvas[y][x1] = canvas[y][x2] = down
    for x, y in ((x1, y1), (x2, y1), (x1, y2), (x2, y2)):
        canvas[y][x] = corner


def _write(canvas, x, y, text):
    """The number inside the corner of its box, or to the right of numbers that already stand there."""
    x, y = x + 1, min(y + 1, HEIGHT - 1)
    while x + len(text) < WIDTH and any(c.isdigit() for c in canvas[y][max(x - 1, 0) : x + len(text)]):
        x += 1
    canvas[y][x : x + len(text)] = text[: max(WIDTH - x, 0)]
