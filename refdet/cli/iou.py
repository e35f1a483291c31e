"""``refdet iou``: the overlap of every box in one file with every box in another."""

from __future__ import annotations

import argparse

import numpy as np

from refdet.cli.box_file import FORMATS, add_reading, read_boxes, told_dtypes
from refdet.cli.input_error import InputError
from refdet.profiles import PROFILES

# Precision of the boxes that each system's function takes.
DTYPES = {
    "refdet": ("float64", "float32"),
    "torchvision": ("float32", "float64"),  # a tensor of Python floats is float32
    "torchvision_cuda": ("float32", "float64"),
    "detectron2": ("float32",),
    "fast_rcnn": ("float64",),  # bbox_overlaps
    "caffe_ssd": ("float32",),
    "onnx": ("float32",),
    "opencv": ("float64",),
    "coco": ("float64",),
    "voc": ("float64",),
    "darknet": ("float32",),
    "darknet_ab": ("float32",),
    "yolov5": ("float32", "float64"),
    "mmcv": ("float32",),
}
NAMES = {"iou": "IoU", "giou": "GIoU", "diou": "DIoU", "ciou": "CIoU"}
EXAMPLE = """\
example:
  printf '0,0,2,2\\n' > a.csv; printf '1,1,3,3\\n0,0,2,2\\n' > b.csv; refdet iou a.csv b.csv
"""


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "iou",
        help="print the IoU of the boxes of two files, or GIoU, DIoU, CIoU",
        description="Intersection over union: a row for each box in FILE1, a column for each in FILE2. Other kinds of "
        "overlap take something off: what neither box covers, the distance of the centres, the aspect ratios.",
        epilog="\n".join([FORMATS, told_dtypes(DTYPES), EXAMPLE]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file1", metavar="FILE1", help="boxes as .csv, .json or .npz; - reads CSV")
    parser.add_argument("file2", metavar="FILE2", help="the same; may be FILE1 itself")
    parser.add_argument("--profile", choices=[*PROFILES], default="refdet", help="whose conventions (refdet)")
    parser.add_argument("--kind", choices=list(NAMES), default="iou", help="which overlap (iou)")
    add_reading(parser)
    parser.set_defaults(run=run)


def run(args):
    """Read both files and print the matrix."""
    from refdet import checks
    from refdet.ops.overlap_kinds import overlap

    if args.file1 == args.file2 == "-":
        raise InputError("- came twice; the standard input can be read once")
    convention, parts = PROFILES[args.profile], []
    for path in (args.file1, args.file2):
        found = read_boxes(path, args.max_mb, (args.dtype,) if args.dtype else DTYPES[args.profile])
        try:
            parts.append(checks.boxes(found.boxes, "boxes", convention.overlap))
        except (ValueError, TypeError) as error:
            raise InputError(f"{found.name}: {error}") from None
    first, second = parts
    print(" " * 6 + "".join(f"{column:>10}" for column in range(len(second))))
    for row in range(len(first)):  # a row at a time: the whole matrix may not fit
        try:
            values = overlap(first[row : row + 1], second, args.kind, convention=convention)[0]
        except ValueError as error:  # boxes too far apart for the distance of their centres
            raise InputError(f"{args.file1}, {args.file2}: {error}") from None
        print(f"{row:6}" + "".join(f"{value:10.6f}" for value in values))
    dtype = np.result_type(first, second)
    print(f"{NAMES[args.kind]} of {len(first)} by {len(second)} boxes; profile {args.profile}, {dtype}")
    return 0
