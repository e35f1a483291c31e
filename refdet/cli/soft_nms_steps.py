"""The terminal view of a trace of `soft_nms` or `batched_soft_nms`: who falls, by how much, and a drawing."""

from __future__ import annotations

from refdet.cli.nms_steps import DRAWN, INDENT, box_drawing, listed, told_class
from refdet.viz.nms import numbers
from refdet.viz.soft_nms import fates

# As the drawing of nms knows them.
WORDS = {
    "waiting": "alive",
    "lowered": "suppressed",
    "dropped": "gone",
    "gone": "gone",
    "kept": "kept",
    "picked": "picked",
}


def step_lines(trace, labels=None):
    """The lines; boxes are numbered as the caller numbered them, also inside a class."""
    for k, step in enumerate(trace):
        rows = numbers(step)
        head, *rest = _told(step, trace[k - 1], rows, labels)
        yield f"{step.name:<{len(INDENT)}}{head}"
        for line in rest:
            yield INDENT + line
        if step.name in ("queue", "decay") and 0 < len(rows) <= DRAWN:
            for line in box_drawing(step.boxes, [WORDS[word] for word in fates(step)], rows):
                yield (INDENT + line).rstrip()
            yield ""


def _told(step, before, rows, labels):
    if step.name == "queue":
        waiting = ", ".join(f"{rows[b]} ({step.scores[b]:.4g})" for b in step.queue)
        low = len(step.boxes) - len(step.queue)
        return [
            f"waiting: {waiting or 'no boxes'}",
            *([f"{low} below {step.score_threshold:g}"] if low else []),
        ]
    if step.name == "pick":
        return [f"box {rows[step.i]}, score {step.new_scores[step.i]:.4g}, is the best in the queue"]
    if step.name == "decay":
        return _told_decay(step, before, rows)
    if step.name == "drop":
        gone = [
            f"box {rows[b]} goes: {step.new_scores[b]:.4g} < {step.score_threshold:g}" for b in step.dropped
        ]
        return gone or ["no box"]
    if step.name == "class":
        return [told_class(step, labels)]
    return [f"kept, best to worst: {listed(step.keep)}"]


def _told_decay(step, before, rows):
    sign = ">=" if step.rule.soft_inclusive else ">"
    over = f" {sign} {step.iou_threshold:g}" if step.method == "linear" else ""
    lines = []
    for b, overlap, is_over in zip(step.queue, step.overlap, step.over, strict=True):
        if is_over if step.method == "linear" else overlap != 0:
            scores = f"{before.new_scores[b]:.4g} -> {step.new_scores[b]:.4g}"
            lines.append(f"box {rows[b]} falls: IoU {overlap:.6f}{over}, {scores}")
        elif overlap > 0:
            lines.append(f"box {rows[b]} stays: IoU {overlap:.6f}")
    apart = len(step.queue) - len(lines)
    if apart:
        lines.append(f"{apart} more {'does' if apart == 1 else 'do'} not overlap box {rows[step.i]}")
    return lines or ["nothing else waits"]
