"""How wide a box is, and what its overlap with another is: the part `overlap` of a convention.

The arithmetic of one pair stands here once, for the references and for `kernels.vectorized`; boxes (..., 4) that
broadcast go in. Its twins are csrc/scalar.cuh and csrc/overlap.cuh.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet.rule import Rule

Floats = NDArray[np.floating]

# Added to both sides of a box without height, so that its aspect ratio is a number (IOU-5).
LEAST_SIDE = 1e-7
# Beyond them NumPy 1 lifts a sum of float32 to float64.
MOST, MOST_PIXELS = 1e38, 2**16 - 1


@dataclass(frozen=True)
class Overlap(Rule):
    """How wide a box is, and what its overlap with another is."""

    plus_one: int = 0
    """Added to every width and height: 1 where corners are inclusive pixels."""
    inverted: Literal["empty", "signed", "height", "sorted"] = "empty"
    """A box with x2 < x1: area 0; the signed product w * h; that with a height of `union_eps` or more; or its
    corners put in order first."""
    division: Literal["guarded", "ieee", "distance", "floored"] = "guarded"
    """0 unless the boxes meet; plain IEEE (0/0 is NaN); OpenCV's ``1.f - float(1 - IoU)``; or a union of
    `union_eps` or more, and an enclosing area of `giou_eps` or more."""
    dtype: Literal["boxes", "float64"] = "boxes"
    """The precision it is computed in."""
    finite: Literal["reject", "propagate"] = "reject"
    """NaN, infinity and overflowing areas: an error, or what the arithmetic makes of them."""
    union_eps: float = 0.0
    """Added to the union, unless it is a bound."""
    giou_eps: float = 0.0
    """Added to the area of the enclosing box, unless it is a bound."""
    diou_eps: float = 0.0
    """Added to the squared diagonal of the enclosing box."""
    ciou_eps: float = 0.0
    """Added to the denominator of CIoU's weight alpha."""
    beta: float = 1.0
    """Exponent of DIoU's distance term, and of `diou_nms`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.within("plus_one", 0, MOST_PIXELS)
        for name in ("union_eps", "giou_eps", "diou_eps", "ciou_eps"):
            self.within(name, 0, MOST)  # less would make areas and distances negative
        if not 0 < self.beta <= MOST:
            raise ValueError(f"Overlap.beta: {self.beta} came; wanted a number above 0, up to {MOST}")

    def sides(self, boxes: Floats) -> Floats:
        """Width and height of each box, (..., 2)."""
        sides = boxes[..., 2:] - boxes[..., :2] + self.plus_one
        return sides if self.inverted == "signed" else np.maximum(sides, self.least_sides(sides.dtype))

    def least_sides(self, dtype: np.dtype[np.floating]) -> Floats:
        """What a width and a height are at least, (2,)."""
        least = {"signed": (-np.inf, -np.inf), "height": (-np.inf, self.union_eps)}.get(self.inverted, (0, 0))
        return np.array(least, dtype)

    def area(self, boxes: Floats) -> Floats:
        """Area of each box, (...)."""
        sides = self.sides(boxes)
        return sides[..., 0] * sides[..., 1]

    def union(self, inter: Floats, total: Floats) -> Floats:
        """Area that two boxes cover together, where `total` is the sum of their areas."""
        return self.bounded(total - inter, self.union_eps)

    def ratio(self, inter: Floats, total: Floats) -> Floats:
        """Intersection over union, where `total` is the sum of the two areas."""
        union = self.union(inter, total)
        if self.division == "guarded":
            return np.divide(inter, union, out=np.zeros_like(inter), where=inter > 0)
        if self.division != "distance":
            return inter / union
        distance = (1 - inter / union).astype(np.float32)
        # Two boxes without area are "the same" to OpenCV, wherever they lie.
        same = total <= np.finfo(np.float64).eps
        return np.where(same, 1, (1 - distance)).astype(inter.dtype)

    def enclosing_sides(self, boxes1: Floats, boxes2: Floats) -> Floats:
        """Width and height of the smallest box around each pair (BOX-8), (..., 2)."""
        top_left = np.minimum(boxes1[..., :2], boxes2[..., :2])
        sides = np.maximum(boxes1[..., 2:], boxes2[..., 2:]) - top_left + self.plus_one
        return sides if self.inverted == "height" else np.maximum(sides, 0)

    def enclosing_area(self, sides: Floats) -> Floats:
        """Area of an enclosing box, as GIoU divides by it."""
        return self.bounded(sides[..., 0] * sides[..., 1], self.giou_eps)

    def fraction(self, part: Floats, whole: Floats) -> Floats:
        """Part over whole; 0 unless there is a whole, or what IEEE says."""
        if self.division == "ieee":
            return part / whole
        return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

    def distance_term(self, distance: Floats, diagonal: Floats) -> Floats:
        """DIoU's penalty: squared distance of the centres over squared diagonal, to the power of beta."""
        share = self.fraction(distance, diagonal)
        return share if self.beta == 1 else share**self.beta

    def aspect_sides(self, boxes: Floats) -> Floats:
        """Width and height whose ratio CIoU takes (IOU-5), (..., 2); without height, both `LEAST_SIDE` more."""
        sides = self.sides(boxes)
        if self.division == "ieee":
            return sides
        return sides + (sides[..., 1:] == 0) * sides.dtype.type(LEAST_SIDE)

    def angle(self, boxes: Floats) -> Floats:
        """Arc tangent of width / height, (...)."""
        sides = self.aspect_sides(boxes)
        return np.arctan(sides[..., 0] / sides[..., 1])

    def bounded(self, area: Floats, eps: float) -> Floats:
        """The area plus eps, or at least eps."""
        if self.division == "floored":
            return np.maximum(area, eps)
        return area + eps if eps else area
