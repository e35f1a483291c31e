"""Maps, regions of interest and gradients to try kernels with: those first that find most.

Corners on halves of a cell and scales that are powers of two leave nothing open; tenths and thirds leave open what
rounding decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet.conventions import Convention
from refdet.verify import lattice
from refdet.verify.contract import Arguments, Case

Floats = NDArray[np.floating[Any]]

SCALES = (1.0, 0.5, 0.25, 1 / 16, 2.0)
ROUNDED = (0.1, 1 / 3, 0.7, 1 / 24)
HALVES = ((1, 1), (2, 2), (1, 4), (4, 1), (2, 4), (8, 2))
BINS = (*HALVES, (3, 3), (7, 7), (5, 2), (1, 6))
RATIOS = (0, -1, 1, 2, 3, 4)
MOST_CELLS = 60.0


def cells(rng: np.random.Generator, shape: tuple[int, ...], dtype: Any, kind: str) -> Floats:
    """(N, C, H, W) maps: "different" numbers, of "few" levels so that many are equal, or "any"."""
    count = int(np.prod(shape))
    if kind == "any":
        return rng.normal(size=shape).astype(dtype)
    if kind == "few":
        return (rng.integers(0, 3, shape) - float(rng.choice([0, 1, 4]))).astype(dtype)
    return (rng.permutation(count).reshape(shape) - float(rng.choice([0, count // 2, count]))).astype(dtype)


def rois(
    rng: np.random.Generator, count: int, shape: tuple[int, ...], dtype: Any, scale: float, tick: float = 0.5
) -> Floats:
    """(K, 5) RoIs in, across and outside a map; their scaled corners are multiples of `tick`, or any if it is 0."""
    images, _, height, width = shape
    side = np.array([width, height])
    around = rng.choice([0.0, 0.0, 1.0, 3.0], (count, 1))
    first = rng.uniform(-around, side - 0.5 + around, (count, 2))
    last = first + rng.uniform(0, side + 3, (count, 2)) * rng.choice([0.0, 0.2, 1.0], (count, 1))
    corners = np.hstack([first, last])
    if tick:
        corners = np.rint(corners / tick) * tick
    image = rng.integers(0, images, (count, 1))
    return np.hstack([image, corners / scale]).astype(dtype)


def pooled(
    rng: np.random.Generator,
    dtype: Any,
    *,
    count: int | None = None,
    shape: tuple[int, ...] | None = None,
    kind: str = "different",
    scale: float | None = None,
    bins: tuple[int, int] | None = None,
    tick: float = 0.5,
) -> Arguments:
    """Arguments of RoI pooling; what is not given is drawn, small and exact."""
    shape = _drawn_shape(rng) if shape is None else shape
    scale = float(rng.choice(SCALES)) if scale is None else scale
    count = int(rng.integers(1, 7)) if count is None else count
    return {
        "input": cells(rng, shape, dtype, kind),
        "boxes": rois(rng, count, shape, dtype, scale, tick),
        "output_size": HALVES[rng.integers(len(HALVES))] if bins is None else bins,
        "spatial_scale": scale,
    }


def rounded(rng: np.random.Generator, dtype: Any) -> Arguments:
    """The same, where rounding shows: scales and corners that no precision holds."""
    tick = float(rng.choice([0.0, 0.5, 1.0]))
    bins, scale = BINS[rng.integers(len(BINS))], float(rng.choice(ROUNDED if tick else ROUNDED + SCALES))
    return pooled(rng, dtype, kind=_kind(rng), scale=scale, bins=bins, tick=tick)


def inexact_edges(dtype: Any) -> Arguments:
    """A region whose last bin ends one cell late where bin edges are rounded: 235 cells in 7 bins, or the like."""
    sizes, counts = np.arange(1, 1200)[:, None], np.arange(3, 16)
    late = counts.astype(dtype) * (sizes.astype(dtype) / counts.astype(dtype)) > sizes
    size, count = (int(n) for n in np.argwhere(late)[0] + (1, 3))
    ramp = np.arange(size + 4, dtype=dtype)
    return {
        "input": np.stack([ramp, -ramp])[None, :, None],
        "boxes": np.array([[0, 0, 0, size - 1, 0], [0, 2, 0, size + 1, 0]], dtype),
        "output_size": (1, count),
        "spatial_scale": 1.0,
    }


def draw_pool(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Halves of cells, outside of the map, none and one, ties, every block size, then any."""
    table = np.arange(100.0).reshape(1, 1, 10, 10).astype(dtype)
    lost = {"input": table, "boxes": np.array([[0, 50, 30, 290, 310]], dtype)}
    yield Case({**lost, "output_size": (2, 2), "spatial_scale": 1 / 40}, "worked example")
    yield from common(rng, dtype)
    yield Case(inexact_edges(dtype), "rounded edges")
    while True:
        given = pooled(rng, dtype, kind=_kind(rng), bins=_bins(rng, convention))
        if convention.part("roi").edges != "continuous" and rng.random() < 0.3:
            # ROI-3: corners in any order; such a RoI is one cell wide.
            given["boxes"][::2, 1:] = np.roll(given["boxes"][::2, 1:], 2, axis=1)
        yield Case(given, "halves")
        yield Case(rounded(rng, dtype), "rounded")


def common(rng: np.random.Generator, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Cases of pooling and of align alike."""
    for _ in range(8):
        yield Case(pooled(rng, dtype, count=8, shape=(2, 2, 6, 7)), "halves of cells")
    for count, shape, bins in (
        (0, (1, 1, 2, 3), (2, 2)),
        (1, (1, 1, 1, 1), (1, 1)),
        (3, (2, 1, 1, 1), (2, 1)),
        (2, (3, 2, 1, 5), (1, 2)),
        (2, (3, 2, 5, 1), (2, 1)),
    ):
        yield Case(pooled(rng, dtype, count=count, shape=shape, bins=bins), "few")
    outside = pooled(rng, dtype, shape=(1, 2, 4, 5), scale=1.0, bins=(2, 2))
    corners = [[-9, 0, -6, 3], [0, -9, 3, -6], [8, 0, 11, 3], [0, 8, 3, 11], [-4, -4, 1, 1], [3, 2, 9, 9]]
    outside["boxes"] = np.insert(np.array(corners, dtype), 0, 0, axis=1)
    yield Case(outside, "outside")
    for _ in range(8):
        yield Case(pooled(rng, dtype, kind="few"), "ties")
    for layout in lattice.LAYOUTS:
        yield Case(pooled(rng, dtype, count=5, shape=(2, 3, 5, 6)), f"{layout} arrays", layout)
    for count in (*lattice.EDGE_COUNTS[3:9], lattice.EDGE_COUNTS[-1]):
        yield _block(rng, dtype, "RoIs", count=count, shape=(2, 1, 3, 4), bins=(1, 2))
        if count <= 129:
            yield _block(rng, dtype, "channels", count=2, shape=(2, count, 3, 4), bins=(2, 1))
            yield _block(rng, dtype, "columns", count=2, shape=(1, 2, 3, count), scale=1.0)
    for bins in ((7, 9), (8, 8), (5, 13), (16, 16)):
        yield _block(rng, dtype, "bins", count=2, shape=(2, 1, 9, 10), scale=1.0, bins=bins)


def _block(rng, dtype, name, **given):
    """Many of something; the last RoI covers the map, so that it shows if the last is missed."""
    drawn = pooled(rng, dtype, **given)
    height, width = drawn["input"].shape[2:]
    drawn["boxes"][-1, 1:] = np.array([0, 0, width - 1, height - 1]) / drawn["spatial_scale"]
    return Case(drawn, f"blocks of {name}")


def sampled(rng: np.random.Generator, given: Arguments) -> Arguments:
    """With the points and the alignment that RoI align asks for."""
    return {
        **given,
        "sampling_ratio": int(rng.choice(RATIOS)),
        "aligned": bool(rng.random() < 0.5),
    }


def border_points(dtype: Any, aligned: bool) -> Iterator[Case]:
    """Single points on quarters of cells across the border of a small map."""
    for height, width in ((1, 3), (4, 1), (3, 2)):
        x, y = np.meshgrid(np.arange(-1.5, width + 2, 0.25), np.arange(-1.5, height + 2, 0.5))
        boxes = np.stack([np.zeros(x.size), *(part.ravel() for part in (x, y, x, y))], axis=1)
        table = 2.0 ** np.arange(height * width).reshape(1, 1, height, width)
        yield Case(
            {
                "input": table.astype(dtype),
                "boxes": boxes.astype(dtype),
                "output_size": (1, 1),
                "spatial_scale": 1.0,
                "sampling_ratio": 1,
                "aligned": aligned,
            },
            "points at the border",
        )


def ramp(rng: np.random.Generator, dtype: Any, aligned: bool) -> Case:
    """A plane: the mean of points inside is the height in the middle of the bin, however many they are."""
    y, x = np.mgrid[:9, :11]
    boxes = np.array([[0, 2, 2, 6, 6], [0, 2.5, 2, 9.5, 6], [0, 3, 1, 3, 5]], dtype)
    given = {"input": (4 * y + x).astype(dtype)[None, None], "boxes": boxes}
    return Case(
        sampled(rng, {**given, "output_size": (2, 2), "spatial_scale": 1.0}) | {"aligned": aligned}, "ramp"
    )


def draw_align(rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]) -> Iterator[Case]:
    """Ramps and points at the border, halves of cells, outside, none and one, every block size, then any."""
    usual = convention.part("roi").aligned is not False
    for aligned in (usual, not usual):
        yield ramp(rng, dtype, aligned)
        yield from border_points(dtype, aligned)
    for case in common(rng, dtype):
        yield case.with_arguments(sampled(rng, case.arguments))
    while True:
        tick = float(rng.choice([0.25, 0.5, 1.0]))
        given = pooled(rng, dtype, kind=_kind(rng), bins=_bins(rng, convention), tick=tick)
        yield Case(sampled(rng, given), "halves")
        yield Case(sampled(rng, rounded(rng, dtype)), "rounded")


def draw_pool_backward(
    rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]
) -> Iterator[Case]:
    """Cells that many values, one value or none came from."""
    for case in draw_pool(rng, convention, dtype):
        given = _gradient(rng, case.arguments)
        count = given["input_shape"][2] * given["input_shape"][3]
        # Any cell or none, any, all from one, from the first or none, from the last two.
        few = [(-1, count), (0, count), (count // 2, count // 2 + 1), (-1, 1), (max(count - 2, -1), count)]
        argmax = rng.integers(*few[rng.integers(len(few))], given["grad_output"].shape)
        yield case.with_arguments(
            {
                "grad_output": given["grad_output"],
                "argmax": argmax,
                "boxes": given["boxes"],
                "input_shape": given["input_shape"],
            }
        )


def draw_align_backward(
    rng: np.random.Generator, convention: Convention, dtype: np.dtype[Any]
) -> Iterator[Case]:
    """The regions of RoI align, and gradients of whole numbers or any."""
    for case in draw_align(rng, convention, dtype):
        yield case.with_arguments(_gradient(rng, case.arguments))


def _gradient(rng, given):
    """Arguments of the gradient for those of the forward pass."""
    given = dict(given)
    table = given.pop("input")
    shape = len(given["boxes"]), table.shape[1], *given.pop("output_size")
    grad = cells(rng, shape, table.dtype, _kind(rng)) if np.prod(shape) else np.zeros(shape, table.dtype)
    return {"grad_output": grad, "boxes": given.pop("boxes"), "input_shape": table.shape, **given}


def _drawn_shape(rng):
    return tuple(int(rng.integers(low, high)) for low, high in ((1, 4), (1, 4), (2, 9), (2, 9)))


def _kind(rng):
    return str(rng.choice(["different", "few", "any"]))


def _bins(rng, convention):
    """Powers of two, which keep all edges exact; integer edges are exact for any."""
    several = BINS if convention.part("roi").edges == "integer" else HALVES
    return several[rng.integers(len(several))]
