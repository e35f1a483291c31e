"""The part of a convention that says how a region of interest (RoI) lies on the cells of a map; see conventions.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refdet.rule import Rule

Floats = NDArray[np.floating]

# Cells beyond +-2^30 lie outside every map; the bound keeps 64-bit bin arithmetic from overflowing.
FARTHEST_CELL = 2**30


def saturated(whole: Floats) -> NDArray[np.int64]:
    """Whole numbers as integers within the bound; NaN is 0."""
    return np.clip(np.nan_to_num(whole, nan=0.0), -FARTHEST_CELL, FARTHEST_CELL).astype(np.int64)


@dataclass(frozen=True)
class Roi(Rule):
    """How a region of interest is laid on the cells of a feature map, and cut into bins."""

    edges: Literal["integer", "float", "continuous"] = "integer"
    """Bin edges of rounded corners: exact integers, or products of a bin size in the map's dtype; or those of
    unrounded corners, x1 and x2 + 1, where a RoI without positive size has no cell (mmcv)."""
    lowest: float = -np.inf
    """A cell must be greater than this to be the largest of its bin."""
    finite: Literal["reject", "propagate"] = "reject"
    """NaN and infinity: an error, or what the comparisons make of them."""
    aligned: bool | None = True
    """RoI align: cell i lies at i + 1/2, not at i, and no RoI is widened to one cell. None: it has no RoI align."""
    sampling_ratio: int = 0
    """RoI align: points along each side of a bin; 0: as many as the bin has cells, rounded up."""
    most_samples: int = 4096
    """RoI align: at most so many of them, so that no RoI takes for ever; their square is exact in float32. At most
    65536: the points of a bin are laid before any is taken."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.within("sampling_ratio", 0)
        self.within("most_samples", 1, 2**16)

    def cells(self, corners: Floats) -> NDArray[np.int64]:
        """The cells of scaled corners: rounded half away from zero, kept within the bound."""
        with np.errstate(invalid="ignore"):
            whole = np.trunc(corners)
            return saturated(whole + np.copysign(np.abs(corners - whole) >= 0.5, corners))

    @np.errstate(over="ignore", invalid="ignore")
    def span(self, first: Floats, last: Floats, scale: float) -> tuple[NDArray[Any], NDArray[Any]]:
        """Where RoIs begin along an axis, and how many cells they cover: both end cells count in."""
        if self.edges == "continuous":
            begin = first * scale
            return begin, (last + 1) * scale - begin
        cell = self.cells(first * scale)
        return cell, np.maximum(self.cells(last * scale) - cell + 1, 1)

    @np.errstate(over="ignore", invalid="ignore")
    def bins(
        self, first: NDArray[Any], size: NDArray[Any], count: int, limit: int, dtype: np.dtype[np.floating]
    ) -> NDArray[np.int64]:
        """`count` half-open ranges (..., count, 2) that cover `size` from `first` on, clipped to [0, limit]."""
        first, size = np.asarray(first)[..., None], np.asarray(size)[..., None]
        p = np.arange(count)
        if self.edges == "integer":
            begin, end = first + p * size // count, first - (-(p + 1) * size // count)
        else:
            step = size.astype(dtype) / np.array([count], dtype)
            begin, end = p.astype(dtype) * step, (p + 1).astype(dtype) * step
            if self.edges == "float":
                begin, end = first + np.floor(begin).astype(np.int64), first + np.ceil(end).astype(np.int64)
            else:
                begin, end = saturated(np.floor(begin + first)), saturated(np.ceil(end + first))
                end = np.where(size > 0, end, begin)
        return np.clip(np.stack([begin, end], axis=-1), 0, limit)

    def samples(self, bin_size: Floats, sampling_ratio: int | None) -> NDArray[np.int64]:
        """How many points lie along sides of that length: the ratio, or, without one, one for each cell begun."""
        if sampling_ratio:
            return np.full(bin_size.shape, sampling_ratio)
        return np.clip(np.nan_to_num(np.ceil(bin_size), nan=0.0), 0, self.most_samples).astype(np.int64)

    def first_largest(self, cells: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Of each row of (C, cells): the largest value and its first place, or `lowest` and -1."""
        floor = np.array(self.lowest, cells.dtype)
        seen = np.where(cells > floor, cells, floor)  # NaN is greater than nothing
        place = seen.argmax(axis=1)
        value = seen[np.arange(len(seen)), place]
        return value, np.where(value > floor, place, -1)
