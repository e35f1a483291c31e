"""How production systems measure boxes, suppress them and pool them: one frozen `Convention` per system.

A function reads only its own part (`overlap`, `suppression`, `roi`, `coder`, `average_precision`); a switch that
is a decision is a method, so that the algorithms stay free of branches. ``dataclasses.replace`` builds a
variant. A part that is None means that the system has no such operation. "run" = values recorded from
the system stand in tests/oracle; "read" = taken from its source alone.

Widths (C-2), score order (C-4), rounding (C-5) and variants (C-9) of the specification are decided here. x
runs to the right, y down, and arrays are indexed [y, x] (C-3).

Survey and smallest disagreements: docs/conventions.md. Letters: x1, y1, x2, y2 corners, w width, h height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refdet.overlap_rule import MOST_PIXELS
from refdet.overlap_rule import Overlap as Overlap
from refdet.roi_rule import Roi as Roi
from refdet.rule import Rule

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Suppression(Rule):
    """Which box goes first, and when another one must go."""

    inclusive: bool = False
    """Suppress at overlap == threshold too (``>=``), not only above it."""
    ties: Literal["first", "last"] = "first"
    """Of equal scores, the lower or the higher index goes first."""
    threshold_dtype: Literal["boxes", "float32", "float64"] = "boxes"
    """The precision that the threshold is rounded to, once, before any comparison."""
    offset_classes_up_to: int = 0
    """`batched_nms` shifts each class aside and runs once, if there are at most so many coordinates."""
    least_offset: float = -np.inf
    """The shift from class to class is one more than the largest coordinate, but at least one more than this."""
    most_offset: float = np.inf
    """And at most one more than this."""
    soft_inclusive: bool = False
    """Linear `soft_nms` lowers a score at overlap == threshold too."""
    soft_order: Literal["stable", "swap"] = "stable"
    """The queue of `soft_nms`, which decides ties: by index; or, as in Bodla's own code, the picked box changes
    places with the first one, the last one takes the place of a dropped one, and a box is dropped only after
    another was picked."""

    def by_score(self, scores: Floats) -> NDArray[np.int64]:
        """Indices from best to worst score; NaN, where it is let in, counts as best."""
        if self.ties == "last":
            return scores.argsort(kind="stable")[::-1]
        # Sorting backwards and counting from the end turns "later wins a tie" into "earlier wins".
        return len(scores) - 1 - scores[::-1].argsort(kind="stable")[::-1]

    def rounded(self, threshold: float, dtype: np.dtype[np.floating]) -> np.floating:
        """The threshold as a scalar of the dtype that it is compared in."""
        return (
            dtype.type(threshold)
            if self.threshold_dtype == "boxes"
            else getattr(np, self.threshold_dtype)(threshold)
        )

    def suppresses(self, overlap: Floats, threshold: float) -> NDArray[np.bool_]:
        """True where a box that overlaps a better one so much must go."""
        return _over(overlap, threshold, self.inclusive)

    def decays(self, overlap: Floats, threshold: float) -> NDArray[np.bool_]:
        """True where linear `soft_nms` lowers the score of a box that overlaps a better one so much."""
        return _over(overlap, threshold, self.soft_inclusive)

    def best(self, scores: Floats) -> int:
        """The place of the best score in a queue; NaN, where it is let in, is best, or under "swap" only in front."""
        last = self.ties == "last"
        if self.soft_order == "stable":
            return len(scores) - 1 - int(scores[::-1].argmax()) if last else int(scores.argmax())
        nan = np.isnan(scores)
        if nan[0]:
            return 0
        best = np.flatnonzero(scores == np.max(scores, where=~nan, initial=-np.inf))
        return int(best[-1] if last else best[0])

    def queue(self, low: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The boxes that `soft_nms` starts with: those whose score is not too low, or all."""
        return np.flatnonzero(~low) if self.soft_order == "stable" else np.arange(len(low))

    def without_picked(self, queue: NDArray[np.int64], place: int) -> NDArray[np.int64]:
        """The queue after the box at `place` was picked."""
        if self.soft_order == "stable":
            return np.delete(queue, place)
        queue = queue.copy()
        queue[place] = queue[0]
        return queue[1:]

    def without_dropped(self, queue: NDArray[np.int64], drop: NDArray[np.bool_]) -> NDArray[np.int64]:
        """The queue after the boxes marked in `drop` went."""
        if self.soft_order == "stable":
            return queue[~drop]
        queue, drop, place, end = queue.copy(), drop.copy(), 0, len(queue)
        while place < end:
            if drop[place]:
                end -= 1
                queue[place], drop[place] = queue[end], drop[end]
            else:
                place += 1
        return queue[:end]

    def class_offset(self, boxes: Floats) -> np.floating | None:
        """The shift from class to class; None if `batched_nms` loops over the classes instead."""
        if not 0 < boxes.size <= self.offset_classes_up_to:
            return None
        real = boxes.dtype.type
        reach = np.maximum(boxes.max(), real(self.least_offset))
        return np.minimum(reach, real(self.most_offset)) + real(1)

    @np.errstate(over="ignore", invalid="ignore")
    def moved_apart(self, boxes: Floats, idxs: NDArray[np.int64]) -> Floats | None:
        """The boxes with each class shifted aside; None if there is no shift."""
        offset = self.class_offset(boxes)
        return None if offset is None else boxes + (idxs.astype(boxes.dtype) * offset)[:, None]


def _over(overlap, threshold, inclusive):
    overlap = overlap.astype(np.float64)  # exact, so every NumPy compares alike
    return overlap >= float(threshold) if inclusive else overlap > float(threshold)


@dataclass(frozen=True)
class Coder(Rule):
    """How a box is written relative to an anchor, a proposal or a prior ("anchor" below), and read back."""

    plus_one: int = 0
    """Added to every width and height, and not taken off again where a corner is decoded."""
    centre: Literal["corner", "mean"] = "corner"
    """Half a size from the first corner, or the mean of both corners; they round differently."""
    weights: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    """What dx, dy, dw, dh are multiplied by in `encode_rcnn`, unless the caller says so."""
    scaling: Literal["weights", "variances"] = "weights"
    """Differences are multiplied by weights, or quotients are divided by variances, the reciprocals."""
    clamp: float | None = None
    """Largest dw and dh that are decoded, once the scaling is undone; None is no bound."""
    clamp_below: bool = False
    """dw and dh are kept above -clamp too."""
    second_corner: Literal["centre", "first"] = "centre"
    """Decoded as centre + size / 2, or as first corner + size."""
    sizes: Literal["reject", "anchors", "propagate"] = "reject"
    """To encode a size of 0 or less: an error, one in anchors alone, or what the logarithm makes of it."""
    finite: Literal["reject", "propagate"] = "reject"
    """NaN, infinity and overflowing areas: an error, or what the arithmetic makes of them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.within("plus_one", 0, MOST_PIXELS)
        if not all(1e-30 <= weight <= 1e30 for weight in self.weights):  # float32 can divide by them
            raise ValueError(f"Coder.weights: {self.weights} came; wanted four numbers from 1e-30 to 1e30")

    @np.errstate(over="ignore", invalid="ignore")
    def centre_and_size(self, boxes: Floats) -> tuple[Floats, Floats]:
        """Centre x, y and width, height of each box: twice (N, 2)."""
        size = boxes[:, 2:] - boxes[:, :2] + self.plus_one
        if self.centre == "mean":
            return (boxes[:, :2] + boxes[:, 2:]) / 2, size
        return boxes[:, :2] + size / 2, size

    def encodes(self, boxes: Floats, anchors: Floats) -> NDArray[np.bool_]:
        """True for pairs with the sizes that are wanted."""
        wanted = {"reject": (boxes, anchors), "anchors": (anchors,), "propagate": ()}[self.sizes]
        fits = [(self.centre_and_size(part)[1] > 0).all(axis=-1) for part in wanted]
        return np.logical_and.reduce([*fits, np.ones(len(boxes), bool)])

    def factors(
        self, *, weights: Floats | None = None, variances: Floats | None = None
    ) -> tuple[Floats, Floats]:
        """What to multiply and what to divide by: weights and ones, or ones and variances, whichever is given."""
        given: Any = weights if variances is None else variances
        used = given if (self.scaling == "weights") == (variances is None) else 1 / given
        ones = np.ones_like(used)
        return (used, ones) if self.scaling == "weights" else (ones, used)

    def clamped(self, stretch: Floats) -> Floats:
        """Of dw and dh, what lies within the bounds; NaN stays."""
        if self.clamp is None:
            return stretch
        bound = stretch.dtype.type(self.clamp)
        stretch = np.minimum(stretch, bound)
        return np.maximum(stretch, -bound) if self.clamp_below else stretch

    @np.errstate(over="ignore", invalid="ignore")
    def corners(self, centre: Floats, size: Floats) -> Floats:
        """x1, y1, x2, y2 of boxes of that centre and size, (..., 2) each."""
        first = centre - size / 2
        second = first + size if self.second_corner == "first" else centre + size / 2
        return np.concatenate([first, second], axis=-1)


@dataclass(frozen=True)
class AveragePrecision(Rule):
    """When a detection is right, and how its curve becomes a number."""

    strict: bool = False
    """A match needs IoU > threshold instead of ``>=``."""
    reassign: bool = False
    """If the best ground truth is taken, try the best free one (COCO) instead of failing (VOC)."""
    ties: Literal["first", "last"] = "first"
    """Of ground truths that overlap equally, the first or the last is taken."""
    integration: Literal["area", "11point", "101point"] = "area"
    """Area under the envelope, or its mean over 11 or 101 recall levels."""

    def matches(self, overlap: Floats, threshold: float) -> NDArray[np.bool_]:
        """True where the overlap is enough."""
        return overlap > threshold if self.strict else overlap >= threshold


@dataclass(frozen=True)
class Convention(Rule):
    """What one system does, in parts; `system` names it, its version, and how it is known."""

    name: str
    system: str
    overlap: Overlap = Overlap()
    suppression: Suppression | None = Suppression()
    roi: Roi | None = Roi()
    coder: Coder | None = Coder()
    average_precision: AveragePrecision | None = AveragePrecision()

    def part(self, name: str) -> Any:
        """The part of that name; ValueError if the system has no such operation."""
        part = getattr(self, name)
        if part is None:
            raise ValueError(
                f"convention: {self.name} has no rule for {name} ({self.system}); take another profile or "
                f"dataclasses.replace({self.name}, {name}=REFDET.{name})"
            )
        return part

    def __repr__(self) -> str:
        return self.name


REFDET = Convention("REFDET", "refdet's own choices: see docs/conventions.md")
