"""How production systems measure boxes, suppress them and pool them: one frozen `Convention` per system.

A function reads only its own part (`overlap`, `suppression`, `roi`, `average_precision`); a switch that
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

Floats = NDArray[np.floating]

# Cells beyond +-2^30 lie outside every map; the bound keeps 64-bit bin arithmetic from overflowing.
FARTHEST_CELL = 2**30


@dataclass(frozen=True)
class Overlap:
    """How wide a box is, and what its overlap with another is."""

    plus_one: int = 0
    """Added to every width and height: 1 where corners are inclusive pixels."""
    inverted: Literal["empty", "signed", "sorted"] = "empty"
    """A box with x2 < x1: area 0, the signed product w * h, or its corners put in order first."""
    division: Literal["guarded", "ieee", "distance"] = "guarded"
    """0 unless the boxes meet; plain IEEE (0/0 is NaN); or OpenCV's ``1.f - float(1 - IoU)``."""
    dtype: Literal["boxes", "float64"] = "boxes"
    """The precision it is computed in."""
    finite: Literal["reject", "propagate"] = "reject"
    """NaN, infinity and overflowing areas: an error, or what the arithmetic makes of them."""

    def area(self, boxes: Floats) -> Floats:
        """Area of each box, (N,)."""
        sides = boxes[:, 2:] - boxes[:, :2] + self.plus_one  # (N, 2)
        if self.inverted != "signed":
            sides = np.maximum(sides, 0)
        return sides[:, 0] * sides[:, 1]

    def ratio(self, inter: Floats, total: Floats) -> Floats:
        """Intersection over union, where `total` is the sum of the two areas."""
        union = total - inter
        if self.division == "guarded":
            return np.divide(inter, union, out=np.zeros_like(inter), where=inter > 0)
        if self.division == "ieee":
            return inter / union
        distance = (1 - inter / union).astype(np.float32)
        # Two boxes without area are "the same" to OpenCV, wherever they lie.
        same = total <= np.finfo(np.float64).eps
        return np.where(same, 1, (1 - distance)).astype(inter.dtype)


@dataclass(frozen=True)
class Suppression:
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
        overlap = overlap.astype(np.float64)  # exact, so every NumPy compares alike
        return overlap >= float(threshold) if self.inclusive else overlap > float(threshold)

    def class_offset(self, boxes: Floats) -> np.floating | None:
        """The shift from class to class; None if `batched_nms` loops over the classes instead."""
        if not 0 < boxes.size <= self.offset_classes_up_to:
            return None
        real = boxes.dtype.type
        return np.maximum(boxes.max(), real(self.least_offset)) + real(1)

    @np.errstate(over="ignore", invalid="ignore")
    def moved_apart(self, boxes: Floats, idxs: NDArray[np.int64]) -> Floats | None:
        """The boxes with each class shifted aside; None if there is no shift."""
        offset = self.class_offset(boxes)
        return None if offset is None else boxes + (idxs.astype(boxes.dtype) * offset)[:, None]


@dataclass(frozen=True)
class Roi:
    """How a region of interest is laid on the cells of a feature map, and cut into bins."""

    edges: Literal["integer", "float"] = "integer"
    """Bin edges as exact integers, or as products of a rounded bin size in the map's dtype."""
    lowest: float = -np.inf
    """A cell must be greater than this to be the largest of its bin."""
    finite: Literal["reject", "propagate"] = "reject"
    """NaN and infinity: an error, or what the comparisons make of them."""

    def cells(self, corners: Floats) -> list[int]:
        """First and last cell of scaled corners: rounded half away from zero, kept within the bound."""
        with np.errstate(invalid="ignore"):
            whole = np.trunc(corners)
            rounded = whole + np.copysign(np.abs(corners - whole) >= 0.5, corners)
        rounded = np.clip(np.nan_to_num(rounded, nan=0.0), -FARTHEST_CELL, FARTHEST_CELL)
        return [int(cell) for cell in rounded]

    def bins(
        self, first: int, size: int, count: int, limit: int, dtype: np.dtype[np.floating]
    ) -> list[tuple[int, int]]:
        """`count` half-open ranges that cover `size` cells from `first` on, clipped to [0, limit]."""
        if self.edges == "integer":
            edges = [(p * size // count, -(-(p + 1) * size // count)) for p in range(count)]
        else:
            real = np.dtype(dtype).type
            step = real(size) / real(count)
            edges = [(int(np.floor(real(p) * step)), int(np.ceil(real(p + 1) * step))) for p in range(count)]
        return [(min(max(a + first, 0), limit), min(max(b + first, 0), limit)) for a, b in edges]

    def first_largest(self, cells: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Of each row of (C, cells): the largest value and its first place, or `lowest` and -1."""
        floor = np.array(self.lowest, cells.dtype)
        seen = np.where(cells > floor, cells, floor)  # NaN is greater than nothing
        place = seen.argmax(axis=1)
        value = seen[np.arange(len(seen)), place]
        return value, np.where(value > floor, place, -1)


@dataclass(frozen=True)
class AveragePrecision:
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
class Convention:
    """What one system does, in parts; `system` names it, its version, and how it is known."""

    name: str
    system: str
    overlap: Overlap = Overlap()
    suppression: Suppression | None = Suppression()
    roi: Roi | None = Roi()
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
