"""Worked examples: gradients of the overlaps."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

SQUARES = {"boxes1": [[0, 0, 2, 2]], "boxes2": [[1, 0, 3, 2]]}
APART = {"boxes1": [[0, 0, 1, 1]], "boxes2": [[2, 0, 3, 1]]}
CROSSED = {"boxes1": [[0, 0, 2, 1]], "boxes2": [[0, 0, 1, 2]]}

OF_IOU = [[0.111111, 0, 0.333333, 0]], [[-0.333333, 0, -0.111111, 0]]
OF_GIOU = [[-0.111111, 0, 0.333333, 0]], [[-0.333333, 0, 0.111111, 0]]
OF_DIOU = [[-0.04, -0.04, 0.2, 0.04]], [[-0.2, -0.04, 0.04, 0.04]]
OF_CIOU = [[-0.168256, 0.004915, -0.163341, 0.326682]], [[0.004915, -0.168256, 0.326682, -0.163341]]


def _examples(kind, summary, pair, expected):
    """Both forms of one overlap: of one pair they give the same."""
    name, module = f"{kind}box_iou_backward", "ops.overlap_gradients"
    return {
        name: Example(
            f"{module}:{name}", summary, {"grad": [[1]], **pair}, list(expected), "overlap_gradients"
        ),
        f"aligned_{name}": Example(
            f"{module}:aligned_{name}",
            "the same, row by row",
            {"grad": [1], **pair},
            list(expected),
            "overlap_gradients",
        ),
    }


EXAMPLES = {
    **_examples("", "of IoU, by the corners of both boxes (IOU-6)", SQUARES, OF_IOU),
    **_examples("generalized_", "of GIoU: boxes apart are drawn to each other (IOU-6)", APART, OF_GIOU),
    **_examples("distance_", "of DIoU: centres are drawn to each other (IOU-6)", APART, OF_DIOU),
    **_examples("complete_", "of CIoU: it turns to the other aspect ratio (IOU-6)", CROSSED, OF_CIOU),
}
