"""Contracts of the coders: boxes relative to anchors, priors, cells and images (ENC-1 to ENC-9).

Each number has to lie within the error that rounding leaves around what the formula says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from refdet.boxes.detr import decode_detr, encode_detr
from refdet.boxes.rcnn import decode_rcnn, encode_rcnn
from refdet.boxes.ssd import decode_ssd, encode_ssd
from refdet.boxes.yolov1 import decode_yolov1, encode_yolov1
from refdet.boxes.yolov3 import decode_yolov3, encode_yolov3
from refdet.boxes.yolov5 import decode_yolov5, encode_yolov5
from refdet.conventions import REFDET, Coder
from refdet.verify import coder_cases
from refdet.verify.answers import array_like, parts
from refdet.verify.bounded import limits, open_ended
from refdet.verify.coder_definitions import DEFINITIONS
from refdet.verify.contract import Arguments, Case, Contract, Lines, Terms
from refdet.verify.shrink import fewer_rows, one_of, plainer_numbers

COLUMNS = {"corners": ("x1", "y1", "x2", "y2"), "deltas": ("dx", "dy", "dw", "dh")}


def judged(op: str, reads: tuple[str, ...]) -> Callable[[Case, Any, Terms], Lines]:
    """The judge of that coder."""

    def judge(case: Case, answer: Any, terms: Terms) -> Lines:
        a = case.arguments
        rule = (terms.convention if reads else REFDET).part("coder")
        rows = a["boxes"] if op.startswith("encode") else a[next(iter(a))]
        value = DEFINITIONS[op](a, rule)
        if op == "encode_yolov1":
            yield from parts(answer, 2, "targets, cells")
            yield from array_like(answer[0], rows.shape, {rows.dtype}, "targets")
            yield from _in_their_cells(a, answer[1], value)
            value[..., :2].value[...] -= answer[1]
            answer = answer[0]
        yield from array_like(answer, rows.shape, {rows.dtype})
        yield from _near(answer, value, COLUMNS["deltas" if op.startswith("encode") else "corners"])

    return judge


def _in_their_cells(a, cells, in_cells):
    """Promises of the cell of each centre; one on an edge between two may be rounded into either."""
    yield from array_like(
        cells, (*a["boxes"].shape[:-1], 2), {np.dtype(kind) for kind in ("int32", "int64")}, "cells"
    )
    low, high = limits(in_cells[..., :2])
    if _exact_cells(a):
        low = high = in_cells[..., :2].value
    last = np.array(a["grid"][::-1]) - 1
    least, most = (np.clip(np.floor(part), 0, last) for part in (low, high))
    wrong = (cells < least) | (cells > most)
    place = tuple(np.argwhere(wrong)[0]) if wrong.any() else None
    words = "" if place is None else f"; row {place[0]} lies at {high[place]:.9g}, {cells[place]} came"
    yield (
        f"a centre is in the column and row that it lies in, on the last edge in the last{words}",
        place is None,
    )


def _exact_cells(a):
    whole = all(number & (number - 1) == 0 for number in (*a["size"], *a["grid"]))
    eighths = a["boxes"].astype(np.float64) * 8
    return whole and not (eighths % 1).any() and np.abs(eighths).max(initial=0) < 2**22


def _near(answer, value, columns):
    low, high = limits(value)
    wrong = ~((answer >= low) & (answer <= high) | open_ended(value))
    if wrong.any():
        place = tuple(np.argwhere(wrong)[0])
        kind = place[-1] // 4
        yield (
            f"{columns[place[-1] % 4]} of row {place[0]}{f', class {kind},' if kind else ''} lies from "
            f"{low[place]:.9g} to {high[place]:.9g}; {answer[place]:.9g} came",
            False,
        )


def with_size(*names: str) -> Callable[[Arguments], bool]:
    """A domain: widths and heights above 0 in these arrays."""
    return lambda a: all(bool((a[name][:, 2:] > a[name][:, :2]).all()) for name in names)


def contract(op: str, reference: Any, fill: Any, says: str, signature: str = "") -> Contract:
    """The contract of one of them; rows are those of its arrays that have one for each box."""
    a = fill(
        np.random.default_rng(0), np.zeros((9, 4)) + [0, 0, 1, 1], np.zeros((9, 4)) + [0, 0, 1, 1], Coder()
    )
    rows = tuple(name for name, part in a.items() if isinstance(part, np.ndarray) and len(part) == 9)
    arrays = tuple(name for name, part in a.items() if isinstance(part, np.ndarray))
    reads = ("coder",) if op.endswith(("rcnn", "ssd")) else ()
    choices = {
        "stride": (1.0, 8.0),
        "scale_x_y": (1.0, 2.0),
        "grid": ((4, 4),),
        "size": (coder_cases.IMAGES[0],),
    }
    simpler = tuple(one_of(name, *values) for name, values in choices.items() if name in a)
    boxes = tuple(name for name in ("boxes", "proposals", "priors") if name in a)
    result = "encoded" if op.startswith("encode") else "decoded"
    shaped = rows[0]
    return Contract(
        op,
        reference,
        says,
        reads,
        coder_cases.drawn_by(fill),
        judged(op, reads),
        (fewer_rows(*rows), *simpler, plainer_numbers(*arrays)),
        {},
        with_size(*boxes),
        f"void {op}({signature}, real *{result})" if signature else "",
        lambda a: {result: (a[shaped].shape, a[shaped].dtype)},
    )


RCNN = "const real *{}, const real *proposals, int64_t num_proposals, {}const real *weights"
SSD = "const real *{}, const real *priors, int64_t num_priors, {}const real *variances, const char *code"
GRID = "const real *{}, const int64_t *cells, const real *anchors, int64_t num_{}, double stride"
YOLOV3 = GRID + ", double scale_x_y, const char *form"
DETR = "const real *{}, int64_t num_{}, int64_t height, int64_t width, const char *form"
CLASSES = "int64_t columns, "

CONTRACTS = (
    contract(
        "encode_rcnn",
        encode_rcnn,
        coder_cases.encode_rcnn_arguments,
        "moves in sizes of the proposal, logarithms of ratios of sizes, times the weights",
        RCNN.format("boxes", ""),
    ),
    contract(
        "decode_rcnn",
        decode_rcnn,
        coder_cases.decode_rcnn_arguments,
        "the boxes that R-CNN's deltas make of proposals",
        RCNN.format("deltas", CLASSES),
    ),
    contract(
        "encode_ssd",
        encode_ssd,
        coder_cases.encode_ssd_arguments,
        "R-CNN's or corners, over the variances",
        SSD.format("boxes", ""),
    ),
    contract(
        "decode_ssd",
        decode_ssd,
        coder_cases.decode_ssd_arguments,
        "the boxes that SSD's deltas make of priors",
        SSD.format("deltas", CLASSES),
    ),
    contract(
        "encode_yolov1",
        encode_yolov1,
        coder_cases.encode_yolov1_arguments,
        "centres in their cells, roots of sides",
    ),
    contract(
        "decode_yolov1", decode_yolov1, coder_cases.decode_yolov1_arguments, "the boxes that YOLOv1 means"
    ),
    contract(
        "encode_yolov3",
        encode_yolov3,
        coder_cases.encode_yolov3_arguments,
        "logits of centres, logarithms of sizes",
        YOLOV3.format("boxes", "boxes"),
    ),
    contract(
        "decode_yolov3",
        decode_yolov3,
        coder_cases.decode_yolov3_arguments,
        "the boxes that YOLOv2, v3 and v4 mean",
        YOLOV3.format("outputs", "outputs"),
    ),
    contract(
        "encode_yolov5",
        encode_yolov5,
        coder_cases.encode_yolov5_arguments,
        "logits of centres and of roots of sizes",
        GRID.format("boxes", "boxes"),
    ),
    contract(
        "decode_yolov5",
        decode_yolov5,
        coder_cases.decode_yolov5_arguments,
        "the boxes that YOLOv5 means",
        GRID.format("outputs", "outputs"),
    ),
    contract(
        "encode_detr",
        encode_detr,
        coder_cases.encode_detr_arguments,
        "centre and size as parts of the image",
        DETR.format("boxes", "boxes"),
    ),
    contract(
        "decode_detr",
        decode_detr,
        coder_cases.decode_detr_arguments,
        "the boxes that DETR means",
        DETR.format("outputs", "outputs"),
    ),
)
