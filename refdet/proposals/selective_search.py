"""Selective search: boxes around regions of every size, grown from small ones in several ways (PROP-2).

An object may stand out by its colour, by its texture or by neither until its parts are put together. So the regions of
a segmentation are grouped step by step into the whole image, each step gives a box, and the grouping is repeated in
other colour spaces, from other segmentations and with other measures of similarity. R-CNN and Fast R-CNN begin here.

Letters: N boxes, R regions. Parts: segmentation.py, colour_spaces.py, region_features.py, grouping.py.
Source: J. Uijlings et al., Selective Search for Object Recognition, IJCV 2013.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.proposals import segmentation_fast
from refdet.proposals.colour_spaces import SPACES, in_colour_space
from refdet.proposals.grouping import check_similarity, hierarchical_grouping
from refdet.proposals.region_features import measure_regions
from refdet.proposals.resampling import resized
from refdet.stepwise import Steps, stepwise

MOST_PIXELS = 2**24
MOST_K = 1e9


@dataclass(frozen=True)
class Strategies:
    """What is combined, each with each."""

    colour_spaces: tuple[str, ...]
    similarities: tuple[str, ...]
    """Letters of `hierarchical_grouping`."""
    ks: tuple[float, ...]
    """Of the segmentation, whose least size they are too."""


MODES = {
    "fast": Strategies(("hsv", "lab"), ("CTSF", "TSF"), (50, 100)),
    "quality": Strategies(
        ("hsv", "lab", "rgi", "hue", "intensity"), ("CTSF", "TSF", "F", "S"), (50, 100, 150, 300)
    ),
}


def check_selective_search(
    image,
    mode="fast",
    *,
    rng,
    colour_spaces=None,
    similarities=None,
    ks=None,
    sigma=0.8,
    width=500,
    min_side=20,
    kernels=segmentation_fast,
):
    """The image as (H, W, 3) float32 from 0 to 255; what the mode leaves open."""
    image = check_colours(image)
    strategies = MODES[object_checks.option(mode, "mode", MODES)]
    colour_spaces = _each(colour_spaces, "colour_spaces", strategies.colour_spaces, _colour_space)
    similarities = _each(similarities, "similarities", strategies.similarities, check_similarity)
    ks = _each(ks, "ks", strategies.ks, _scale)
    object_checks.generator(rng, "rng")
    sigma = checks.real_number(sigma, "sigma")
    if not 0 <= sigma <= 100:
        raise ValueError(f"sigma: {sigma} came; wanted 0 to 100")
    if width is not None:
        width = checks.whole_number(width, "width", 1, below=MOST_PIXELS)
    height, across = new_size(image.shape, width)
    if height * across > MOST_PIXELS:
        raise ValueError(
            f"width: {width} came, which makes {height} x {across} pixels; wanted up to {MOST_PIXELS}"
        )
    min_side = checks.whole_number(min_side, "min_side", 0, below=2**31)
    object_checks.kernels(kernels, "kernels", "graph_segmentation")
    return image, mode, rng, colour_spaces, similarities, ks, sigma, width, min_side, kernels


def check_colours(image, name="image"):
    """`image` as (H, W, 3) float32 from 0 to 255: whole numbers as they are, floats times 255; grey three times."""
    is_float = checks.any_array(image, name).dtype.kind == "f"
    array = checks.real_array(image, name)
    if array.ndim == 2:
        array = np.repeat(array[..., None], 3, axis=-1)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        raise ValueError(f"{name}: shape is {array.shape}; wanted (H, W, 3) or (H, W), none of them 0")
    largest = 1 if is_float else 255
    outside = ~((array >= 0) & (array <= largest))
    if outside.any():
        came = array[outside][0]
        raise ValueError(f"{name}: {came} came; wanted floats from 0 to 1 or whole numbers from 0 to 255")
    return (array * (255 / largest)).astype(np.float32)


def _each(value, name, default, check):
    """The values, checked one by one; those of the mode if there are none."""
    if value is None:
        return default
    return tuple(
        check(v, f"{name}[{i}]") for i, v in enumerate(object_checks.sequence(value, name, "values"))
    )


def _colour_space(value, name):
    return object_checks.option(value, name, SPACES)


def _scale(value, name):
    k = checks.real_number(value, name)
    if not 0 <= k <= MOST_K:
        raise ValueError(f"{name}: {k} came; wanted 0 to {MOST_K:g}")
    return k


@stepwise(check=check_selective_search)
def selective_search(
    image: Array,
    mode: str = "fast",
    *,
    rng: np.random.Generator,
    colour_spaces: Sequence[str] | None = None,
    similarities: Sequence[str] | None = None,
    ks: Sequence[float] | None = None,
    sigma: float = 0.8,
    width: int | None = 500,
    min_side: int = 20,
    kernels: ModuleType = segmentation_fast,
) -> Steps[NDArray[np.float64]]:
    """Boxes that may hold an object, the most promising first.

    Parameters
    ----------
    image : (H, W, 3) or (H, W) array
        Red, green and blue: whole numbers from 0 to 255, or floats from 0 to 1.
    mode : {"fast", "quality"}
        "fast": HSV and Lab, the similarities CTSF and TSF, k of 50 and 100, so 8 groupings. "quality": HSV, Lab,
        rgI, hue and intensity, CTSF, TSF, F and S, k of 50, 100, 150 and 300, so 80.
    rng : numpy.random.Generator
        Draws the priorities; a seed gives the same order (C-6).
    colour_spaces : sequence of str, optional
        Instead of the mode's: "rgb", "intensity", "lab", "rgi", "hsv", "normalized_rgb", "c", "hue".
    similarities : sequence of str, optional
        Instead of the mode's: letters of `hierarchical_grouping`.
    ks : sequence of float, optional
        Instead of the mode's: scales of the segmentation, in units of colour from 0 to 255; its least region has as
        many pixels.
    sigma : float from 0 to 100
        Smoothing before the segmentation.
    width : int, optional
        The search runs on an image of that width, and as high as keeps its shape; None means the image as it is.
    min_side : int
        Boxes with a side below this go, in pixels of the searched image; of an image that is lower than this when it is
        searched, such as 30 x 2000 pixels at a width of 500, all.
    kernels : module
        Gives `graph_segmentation`: `segmentation_fast`, `segmentation_cpp` or `segmentation`, in `refdet.proposals`.

    Returns
    -------
    boxes : (N, 4) float64 array
        Corners in continuous pixels of the image; each one once.

    Raises
    ------
    ValueError, TypeError
        An image of another shape or out of range; unknown names; numbers out of range.

    Notes
    -----
    resize.  The image is brought to the width; shrunk, it is averaged.
    segment. In a colour space, whose channels go from 0 to 255, by `graph_segmentation`.
    measure. Size, box, colours, texture and neighbours of every region.
    group.   Make them one, by `hierarchical_grouping`; every region on the way gives its box.
    rank.    The priority of a box is its place from the top of its hierarchy, 1 being the whole image, times a random
             number from 0 to 1. All boxes are sorted by it, the smallest first.
    boxes.   Small ones go, and of equal ones all but the first; the rest is brought to the image's own pixels.

    PROP-2. "fast" is what R-CNN used. See docs/proposals/selective_search.md for what the paper leaves open.

    References
    ----------
    J. Uijlings, K. van de Sande, T. Gevers, A. Smeulders, Selective Search for Object Recognition, IJCV 104(2), 2013.

    Examples
    --------
    A red square on grey. All groupings find it, and the whole image:

    >>> image = np.full((40, 60, 3), 128, np.uint8)
    >>> image[10:30, 20:50] = 200, 0, 0
    >>> boxes = selective_search(image, rng=np.random.default_rng(0), sigma=0, width=None)
    >>> boxes[np.lexsort(boxes.T)]
    array([[20., 10., 50., 30.],
           [ 0.,  0., 60., 40.]])
    """
    size = new_size(image.shape, width)
    searched = resized(image, *size, antialias=True)
    yield "resize: the searched image has {size} rows and columns"
    every: list[NDArray[np.int64]] = []
    priority: list[NDArray[np.float64]] = []
    for space in colour_spaces:
        channels = in_colour_space(searched, space)
        for k in ks:
            labels = kernels.graph_segmentation(channels, k, sigma=sigma, min_size=int(k))
            yield "segment: {space} with k = {k}"
            regions = measure_regions(labels, channels)
            yield "measure: the regions"
            for similarity in similarities:
                hierarchy = yield from hierarchical_grouping.steps(regions, similarity)
                rank = np.arange(len(hierarchy.box), 0, -1)
                every.append(hierarchy.box)
                priority.append(rank * rng.random(len(rank)))
                yield "group: {similarity} in {space} with k = {k} is done"
    found = np.concatenate([np.zeros((0, 4), np.int64), *every])
    order = np.argsort(np.concatenate([np.zeros(0), *priority]), kind="stable")
    yield "rank: {order} is most to least promising"
    boxes = _first_of_equals(found[order])
    boxes = boxes[(boxes[:, 2:] - boxes[:, :2] >= min_side).all(axis=1)]
    boxes = boxes * np.tile(image.shape[1::-1], 2) / np.tile(size[::-1], 2)
    count = len(boxes)  # noqa: F841  (the caption names it)
    yield "boxes: {count} are different and large enough"
    return boxes


def new_size(shape, width):
    """Rows and columns of an image of that shape, brought to a width."""
    if width is None:
        return shape[:2]
    return max(1, int(shape[0] * width / shape[1] + 0.5)), width


def _first_of_equals(boxes):
    """The boxes without those that came before."""
    return boxes[np.sort(np.unique(boxes, axis=0, return_index=True)[1])]
