"""One function for all kinds of overlap: IoU, GIoU, DIoU or CIoU by name (IOU-8).

Where an algorithm leaves the kind open (YOLOv4 matches by ``iou_thresh_kind``), it calls these.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.ops import box_iou, overlaps
from refdet.stepwise import Steps, stepwise

Kind = Literal["iou", "giou", "diou", "ciou"]

PAIRWISE = {
    "iou": box_iou.box_iou,
    "giou": overlaps.generalized_box_iou,
    "diou": overlaps.distance_box_iou,
    "ciou": overlaps.complete_box_iou,
}
ALIGNED = {
    "iou": box_iou.aligned_box_iou,
    "giou": overlaps.aligned_generalized_box_iou,
    "diou": overlaps.aligned_distance_box_iou,
    "ciou": overlaps.aligned_complete_box_iou,
}


def check_overlap(boxes1, boxes2, kind, *, out=None, convention=REFDET):
    """A kind that there is; its function checks the rest."""
    return boxes1, boxes2, _known(kind), out, convention


@stepwise(check=check_overlap, quiet=True)
def overlap(
    boxes1: Array,
    boxes2: Array,
    kind: Kind,
    *,
    out: NDArray[np.floating] | None = None,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.floating]]:
    """Overlap of that kind of every box in `boxes1` with every box in `boxes2`.

    Parameters
    ----------
    boxes1 : (N, 4) array
    boxes2 : (M, 4) array
        Corners x1, y1, x2, y2 in continuous pixels.
    kind : {"iou", "giou", "diou", "ciou"}
        `box_iou`, `generalized_box_iou`, `distance_box_iou` or `complete_box_iou`.
    out : (N, M) array of the result's dtype, optional
        Receives the result; must not overlap an input.
    convention : Convention
        As for these.

    Returns
    -------
    overlap : (N, M) float array
        1 for equal boxes; at most IoU.

    Raises
    ------
    ValueError, TypeError
        Another kind; as the four functions.

    Notes
    -----
    IOU-8. The steps are those of the kind's function.

    Examples
    --------
    >>> for kind in ("iou", "giou", "diou", "ciou"):
    ...     print(kind, overlap([[0, 0, 2, 1]], [[0, 0, 1, 2]], kind).round(6))
    iou [[0.333333]]
    giou [[0.083333]]
    diou [[0.270833]]
    ciou [[0.237082]]
    """
    return (yield from PAIRWISE[kind].steps(boxes1, boxes2, out=out, convention=convention))


def check_aligned_overlap(boxes1, boxes2, kind, *, convention=REFDET):
    """As `check_overlap`."""
    return boxes1, boxes2, _known(kind), convention


@stepwise(check=check_aligned_overlap, quiet=True)
def aligned_overlap(
    boxes1: Array, boxes2: Array, kind: Kind, *, convention: Convention = REFDET
) -> Steps[NDArray[np.floating]]:
    """Overlap of that kind of box i in `boxes1` with box i in `boxes2`: the diagonal of `overlap`, (N,).

    Examples
    --------
    >>> aligned_overlap([[0.0, 0, 2, 2]], [[1, 1, 3, 3]], "diou").round(6)
    array([0.031746])
    """
    return (yield from ALIGNED[kind].steps(boxes1, boxes2, convention=convention))


def _known(kind):
    if not isinstance(kind, str) or kind not in PAIRWISE:
        raise ValueError(f"kind: {checks.shown(kind)} came; wanted one of {', '.join(PAIRWISE)}")
    return kind
