"""The sizes of `hog_svm`, and the boxes that it looks at.

Source of the proposals: J. Uijlings et al., Selective Search, IJCV 2013, as in R. Girshick et al., R-CNN, CVPR 2014,
section 2.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.boxes.clip import clip_boxes_to_image
from refdet.checks import Array
from refdet.conventions import REFDET
from refdet.proposals.selective_search import check_colours, selective_search
from refdet.proposals.windows import sliding_windows

PROPOSALS = ("selective_search", "windows")


@dataclass(frozen=True)
class Preset:
    """The sizes of the detector; chosen on digits held out of the training rows."""

    proposals: Literal["selective_search", "windows"] = "selective_search"
    """Where the boxes to look at come from: from the image, or from a grid."""
    colour_spaces: tuple[str, ...] = ("intensity", "lab")
    """Of the search; of a grey image these are its brightness and its lightness. Each takes as long as the first."""
    similarities: tuple[str, ...] = ("CTSF", "TSF", "F", "S")
    ks: tuple[float, ...] = (50.0,)
    """Scales of the segmentation, and its least regions in pixels."""
    min_side: int = 6
    """Proposals with a side below this go, in pixels."""
    square: bool = True
    """Make every proposal the square around it (R-CNN, Appendix A): the digits' boxes are squares."""
    sides: tuple[int, ...] = (20, 24, 28, 32, 36, 40)
    """Sides of the square windows in pixels."""
    stride: int = 4
    """Step of the windows in pixels."""
    mining_stride: int = 8
    """The same in training, where neighbours are nearly the same example."""
    cell: int = 2
    """Side of a cell of the orientation map in pixels."""
    orientations: int = 8
    grid: int = 6
    """Each box is pooled to grid x grid bins."""
    regress: bool = True
    """Train box regressors, and move the boxes by them."""
    overlap_above: float = 0.6
    """The regressors learn from proposals that overlap an object by more (MAT-4)."""
    ridge: float = 1000.0
    """Of the regressors (R-CNN)."""
    score_above: float = -1.0
    """Boxes that score less are dropped before suppression; -1 is the margin of the negatives."""
    nms_threshold: float = 0.3
    """Of two boxes of one class that overlap by more, the better stays (R-CNN)."""
    most: int = 100
    """Detections per image."""

    def __post_init__(self):
        object_checks.option(self.proposals, "proposals", PROPOSALS)

    def propose(self, image: Array, *, training: bool = False, name: str = "image") -> NDArray[np.float32]:
        """(N, 4) boxes to look at in that image; in training, windows are fewer.

        The search draws nothing but the order of its boxes, and the detector looks at all of them: so the seed is
        always the same.
        """
        if self.proposals == "windows":
            return self.windows(np.shape(image), self.mining_stride if training else None)
        check_colours(image, name)
        boxes = selective_search(
            image,
            rng=np.random.default_rng(0),
            colour_spaces=self.colour_spaces,
            similarities=self.similarities,
            ks=self.ks,
            width=None,
            min_side=self.min_side,
        )
        if self.square:
            boxes = squares(boxes, np.shape(image)[:2])
        return boxes.astype(np.float32)

    def windows(self, shape: tuple[int, ...], stride: int | None = None) -> NDArray[np.float32]:
        """(N, 4) windows in an image of that shape; `stride` is the preset's own by default."""
        height, width = shape[:2]
        return sliding_windows(width, height, self.sides, stride or self.stride)


def squares(boxes: Array, size: tuple[int, int]) -> NDArray[np.float64]:
    """(M, 4) squares around (N, 4) boxes: same centres, the longer side, cut off at the image; equal ones once.

    Examples
    --------
    >>> squares([[10, 4, 14, 12], [11, 4, 13, 12], [0, 10, 4, 20]], (20, 20))
    array([[ 8.,  4., 16., 12.],
           [ 0., 10.,  7., 20.]])
    """
    boxes = checks.boxes(boxes, "boxes", REFDET.overlap).astype(np.float64)
    middle, longer = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    half = longer[:, None] / 2
    around = clip_boxes_to_image(np.hstack([middle - half, middle + half]), size)
    return around[np.sort(np.unique(around, axis=0, return_index=True)[1])]


PRESET = Preset()
# Looks everywhere instead. There are forty times as many boxes to pool: hence coarse cells, and no regressors.
WINDOWS = Preset(proposals="windows", cell=4, regress=False)
