"""Worked examples: boxes and overlaps."""

from __future__ import annotations

from refdet.boxes.letterbox import letterbox
from refdet.cli.worked_examples.example import Example

ACROSS = {"boxes1": [[0, 0, 4, 2]], "boxes2": [[1, 0, 3, 4]]}
CORNERED = {"boxes1": [[0, 0, 2, 1]], "boxes2": [[0, 0, 1, 2]]}
APART = {"boxes1": [[0, 0, 2, 2]], "boxes2": [[1, 1, 3, 3]]}

EXAMPLES = {
    "box_iou": Example(
        "ops.box_iou:box_iou", "intersection over union (IOU-1)", ACROSS, [[0.333333]], "overlaps"
    ),
    "aligned_box_iou": Example(
        "ops.box_iou:aligned_box_iou", "the same, row by row (IOU-7)", ACROSS, [0.333333], "overlaps"
    ),
    "generalized_box_iou": Example(
        "ops.overlaps:generalized_box_iou",
        "GIoU: less the empty part of the box around both (IOU-3)",
        CORNERED,
        [[0.083333]],
        "overlaps",
    ),
    "aligned_generalized_box_iou": Example(
        "ops.overlaps:aligned_generalized_box_iou",
        "the same, row by row",
        CORNERED,
        [0.083333],
        "overlaps",
    ),
    "distance_box_iou": Example(
        "ops.overlaps:distance_box_iou",
        "DIoU: less the distance of the centres (IOU-4)",
        APART,
        [[0.031746]],
        "overlaps",
    ),
    "aligned_distance_box_iou": Example(
        "ops.overlaps:aligned_distance_box_iou", "the same, row by row", APART, [0.031746], "overlaps"
    ),
    "complete_box_iou": Example(
        "ops.overlaps:complete_box_iou",
        "CIoU: less the difference of the aspect ratios too (IOU-5)",
        CORNERED,
        [[0.237082]],
        "overlaps",
    ),
    "aligned_complete_box_iou": Example(
        "ops.overlaps:aligned_complete_box_iou", "the same, row by row", CORNERED, [0.237082], "overlaps"
    ),
    "overlap": Example(
        "ops.overlap_kinds:overlap",
        "any of them, by its name (IOU-8)",
        {**CORNERED, "kind": "giou"},
        [[0.083333]],
        "overlaps",
    ),
    "aligned_overlap": Example(
        "ops.overlap_kinds:aligned_overlap",
        "the same, row by row (IOU-8)",
        {**APART, "kind": "diou"},
        [0.031746],
        "overlaps",
    ),
    "box_convert": Example(
        "boxes.formats:box_convert",
        "a box in another format (BOX-2)",
        {"boxes": [[150, 200, 100, 150]], "in_fmt": "cxcywh", "out_fmt": "xyxy"},
        [[100, 125, 200, 275]],
        "box_formats",
    ),
    "box_convert_backward": Example(
        "boxes.formats:box_convert_backward",
        "its gradient (IOU-6)",
        {"grad": [[1, 10, 5, 30]], "in_fmt": "cxcywh", "out_fmt": "xyxy"},
        [[6, 40, 2, 10]],
        "box_formats",
    ),
    "letterbox": Example(
        "boxes.letterbox:letterbox",
        "fit an image onto a canvas (BOX-5)",
        {"size": (480, 640), "canvas": (416, 416)},
        {"scale": [0.65, 0.65], "offset": [0.0, 52.0]},
        "grid_coders",
    ),
    "letterbox_boxes": Example(
        "boxes.letterbox:letterbox_boxes",
        "its boxes there (BOX-5)",
        {"boxes": [[0, 0, 640, 480], [160, 80, 320, 400]], "mapping": letterbox((480, 640), (416, 416))},
        [[0, 52, 416, 364], [104, 104, 208, 312]],
        "grid_coders",
    ),
    "unletterbox_boxes": Example(
        "boxes.letterbox:unletterbox_boxes",
        "and back (BOX-5)",
        {"boxes": [[0, 52, 416, 364]], "mapping": letterbox((480, 640), (416, 416))},
        [[0, 0, 640, 480]],
        "grid_coders",
    ),
}
