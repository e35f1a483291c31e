"""What a detector answers for one image: boxes, scores and labels, row by row (BOX-1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.conventions import REFDET


@dataclass(frozen=True, eq=False)
class Detections:
    """Scored, labelled boxes of one image; ``detections[mask]`` or ``[indices]`` takes some of them.

    Parameters
    ----------
    boxes : (N, 4) array
        Corners x1, y1, x2, y2 in pixels of the image.
    scores : (N,) array
        Higher is better; need not be a probability.
    labels : (N,) integer array
        Class of each box.

    Raises
    ------
    ValueError, TypeError
        Lengths that differ, a wrong shape or dtype, NaN or infinity.

    Examples
    --------
    >>> found = Detections([[0, 0, 4, 4], [1, 1, 5, 5]], [0.9, 0.2], [7, 3])
    >>> len(found), found[found.scores > 0.5].labels
    (2, array([7]))
    """

    boxes: NDArray[np.floating]
    scores: NDArray[np.floating]
    labels: NDArray[np.int64]

    def __post_init__(self):
        boxes = checks.boxes(self.boxes, "boxes", REFDET.overlap)
        scores = checks.scores(self.scores, "scores", len(boxes))
        labels = checks.whole_numbers(self.labels, "labels", (len(boxes),), "one class per box")
        for name, value in (("boxes", boxes), ("scores", scores), ("labels", labels)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, index: Any) -> Detections:
        """The rows that a mask, indices, a slice or one index selects."""
        return Detections(
            self.boxes[index].reshape(-1, 4), self.scores[index].reshape(-1), self.labels[index].reshape(-1)
        )
