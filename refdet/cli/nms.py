"""``refdet nms``: suppress the boxes of a file, and show every step if asked to."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from dataclasses import replace

import numpy as np

from refdet.cli.box_file import FORMATS, add_reading, cast, printable, read_boxes, told_dtypes
from refdet.cli.from_host import from_host
from refdet.cli.input_error import InputError
from refdet.cli.nms_method import add_method, by_kernel, method_of
from refdet.profiles import PROFILES

BACKENDS = ("numpy", "vectorized", "cpp", "emulator", "cuda")
FASTER = ("cuda", "cpp", "vectorized")
MANY = 20_000  # boxes from which the reference takes half a minute and more
# Precision of the boxes and scores that each system's nms takes.
DTYPES = {
    "refdet": ("float64", "float32"),
    "torchvision": ("float32", "float64"),  # a tensor of Python floats is float32
    "torchvision_cuda": ("float32", "float64"),
    "detectron2": ("float32",),
    "fast_rcnn": ("float32",),
    "caffe_ssd": ("float32",),
    "onnx": ("float32",),
    "opencv": ("float64",),
    "darknet": ("float32",),
    "darknet_ab": ("float32",),
    "yolov5": ("float32",),
    "mmcv": ("float32",),
}
EXAMPLE = """\
example:
  printf '0,0,10,10,0.9\\n1,1,11,11,0.8\\n20,20,30,30,0.7\\n' | refdet nms - --steps
  printf '0,0,4,2,0.9\\n0,0,4,4,0.8\\n' | refdet nms - --method soft-linear --threshold 0.4
"""


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "nms",
        help="suppress the boxes of a file, and show every step",
        description="Non-maximum suppression of the boxes in FILE, greedy or soft; prints those kept, best first.",
        epilog="\n".join([FORMATS, told_dtypes(DTYPES), EXAMPLE]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="boxes as .csv, .json or .npz; - reads CSV")
    add_method(parser)
    profiles = [name for name, profile in PROFILES.items() if profile.suppression]
    parser.add_argument("--profile", choices=profiles, default="refdet", help="whose conventions (refdet)")
    parser.add_argument("--backend", choices=BACKENDS, default="numpy", help="what computes it (numpy)")
    parser.add_argument(
        "--classes",
        choices=("per", "agnostic"),
        default="per",
        help="boxes suppress within their own class, or across classes (per); never across images",
    )
    parser.add_argument("--steps", action="store_true", help="print every step of the reference")
    parser.add_argument("--json", metavar="FILE", help="write the steps as JSON")
    parser.add_argument("--html", metavar="FILE", help="write a page that shows them, to click through")
    add_reading(parser)
    parser.set_defaults(run=run)


def run(args):
    """Read, suppress, print; 1 if the backend and the reference differ."""
    method = method_of(args)
    kernel = None if args.backend == "numpy" else _kernel(method.op, args.backend)
    for path in filter(None, (args.json, args.html)):
        _check_can_be_written(path)
    found = read_boxes(args.file, args.max_mb, (args.dtype,) if args.dtype else DTYPES[args.profile])
    if found.scores is None:
        raise InputError(f"{found.name}: no scores came; nms needs one per box")
    if args.profile == "opencv" and not args.dtype:
        found = replace(
            found, scores=cast(found.scores, "float32")
        )  # NMSBoxes: boxes in double, scores in float
    groups = _groups(found, args.classes)
    _note_if_long(args, method.op, len(found.boxes))
    try:
        answer, trace = _suppressed(args, method, found, groups, kernel)
    except (ValueError, TypeError, MemoryError) as error:
        raise InputError(f"{found.name}: {error}") from None
    _print_steps_and_rows(args, method, found, answer, trace)
    if trace is None:
        return 0
    _write(args, method, found, answer, trace)
    expected = method.answer(trace.result, found.scores)
    if not method.agrees(answer, expected):
        part = int(np.array_equal(answer[0], expected[0]))
        word = ("keeps", "gives the scores")[part]
        print(
            f"{args.backend} {word} {answer[part].tolist()}, but the reference {word} {expected[part].tolist()}"
        )
        return 1
    return 0


def _check_can_be_written(path):
    """InputError, before the work is done, if a file cannot be put there."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        code = errno.EISDIR
    elif not os.path.isdir(folder):
        code = errno.ENOENT
    elif not os.access(folder, os.W_OK | os.X_OK):
        code = errno.EACCES
    else:
        return
    raise InputError(f"{printable(path)}: {os.strerror(code)}")


def _note_if_long(args, op, count):
    views = args.steps or args.json or args.html
    if count <= MANY or (args.backend != "numpy" and not views):
        return
    from refdet import kernels

    present = kernels.implementations(op)
    faster = " or ".join(f"--backend {name}" for name in FASTER if name in present)
    advice = "the views are the reference's" if views else f"faster, and here: {faster}"
    note = f"refdet nms: {count} boxes will take the reference long; {advice}"
    print(note, file=sys.stderr, flush=True)


def _groups(found, classes):
    """A number per box, equal for those that may suppress each other; None if all may."""
    columns = [found.images, found.labels] if classes == "per" else [found.images]
    columns = [column for column in columns if column is not None]
    if not columns:
        return None
    if len(columns) == 1 and all(isinstance(key, int) and abs(key) < 2**63 for key in columns[0]):
        # As they are: a system that shifts the classes apart shifts by these numbers.
        return np.array(columns[0], np.int64)
    numbers: dict[tuple, int] = {}
    keys = zip(*columns, strict=True)
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)


def _suppressed(args, method, found, groups, kernel):
    """Kept indices and their scores from the backend, and the reference's trace if a view of it was asked for."""
    convention = PROFILES[args.profile]
    reference = method.reference(batched=groups is not None)
    case = (found.boxes, found.scores, *(() if groups is None else (groups,)), *method.numbers)
    trace = None
    if args.steps or args.json or args.html:
        trace = reference.trace(*case, convention=convention)
    if kernel is not None:
        return by_kernel(method, kernel, found, groups, convention), trace
    result = reference(*case, convention=convention) if trace is None else trace.result
    return method.answer(result, found.scores), trace


def _kernel(op, backend):
    from refdet import kernels

    present = kernels.implementations(op)
    if backend not in present:
        raise InputError(f"--backend {backend}: not there: {kernels.backends()[backend]['reason']}")
    return from_host(present[backend]) if backend == "cuda" else present[backend]


def _print_steps_and_rows(args, method, found, answer, trace):
    if args.steps:
        from refdet.cli import nms_steps, soft_nms_steps

        steps = soft_nms_steps if method.soft else nms_steps
        print("\n".join(steps.step_lines(trace, found.labels)).rstrip(), end="\n\n")
    header, rows = kept_rows(found, *answer, soft=method.soft)
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))
    print(f"kept {len(answer[0])} of {len(found.boxes)} boxes; {_how(args, method, found)}")


def kept_rows(found, keep, new_scores, *, soft=False):
    """Header and rows of text: index, score, what it was if that may differ, corners, class, image."""
    header = ["index", "score", *(["was"] if soft else []), "x1", "y1", "x2", "y2"]
    was = [np.asarray(found.scores)[keep]] if soft else []
    numbers = [keep, new_scores, *was, *found.boxes.reshape(-1, 4)[keep].T]
    columns = [[str(value) for value in column] for column in numbers]
    for name, values in (("class", found.labels), ("image", found.images)):
        if values is not None:
            header.append(name)
            columns.append([printable(values[i]) for i in keep])
    return header, [list(row) for row in zip(*columns, strict=True)]


def _how(args, method, found):
    rule = method.told(PROFILES[args.profile].part("suppression"))
    return f"{rule}, profile {args.profile}, {found.boxes.dtype}, backend {args.backend}"


def _write(args, method, found, answer, trace):
    from refdet.report.atomic_write import atomic_write

    try:
        if args.json:
            atomic_write(args.json, trace.to_json())
        if args.html:
            _page(args, method, found, answer, trace).write(args.html)
    except OSError as error:
        raise InputError(f"{printable(error.filename or '')}: {error.strerror or error}") from None


def _page(args, method, found, answer, trace):
    from refdet.report.page import Page

    page = Page(f"{method.name} of {found.name}")
    page.text(f"{len(answer[0])} of {len(found.boxes)} boxes are kept; {_how(args, method, found)}.")
    page.player(trace)
    page.heading("Kept, best first")
    page.table(*kept_rows(found, *answer, soft=method.soft))
    return page
