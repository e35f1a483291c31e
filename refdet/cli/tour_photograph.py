"""The tour's photograph: selective search of it, and the section of the report that shows how it went."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet.proposals import segmentation_fast
from refdet.proposals.colour_spaces import in_colour_space
from refdet.proposals.grouping import Hierarchy, hierarchical_grouping
from refdet.proposals.region_features import measure_regions
from refdet.proposals.resampling import resized
from refdet.proposals.selective_search import new_size, selective_search
from refdet.report import detections
from refdet.viz.regions import painted
from refdet.viz.selective_search import labels_now

WIDTH = 500  # selective search's own
SPACE, K, SIMILARITY = "hsv", 100, "CTSF"  # the grouping that is shown, one of the eight of the fast mode
LEFT = (100, 64, 32, 16, 4)  # the grouping is shown when so many regions are left
BEST = 12


@dataclass(frozen=True, eq=False)
class Searched:
    """What `search` found; boxes in pixels of the searched image."""

    image: NDArray[np.uint8]
    """(H, 500, 3), the photograph at the width that is searched."""
    labels: NDArray[np.int64]
    """(H, 500) the regions of one segmentation."""
    hierarchy: Hierarchy
    """Of one grouping."""
    boxes: NDArray[np.float64]
    """(N, 4) proposals of the fast mode, the most promising first."""
    seconds: dict[str, float]
    """What is timed -> seconds on the clock of the wall."""


def search(photograph, seed, progress):
    """Selective search of the photograph in the fast mode, and one of its groupings once more, to be shown."""
    seconds, clock = {}, time.perf_counter

    def timed(name, function, *args, **options):
        start = clock()
        result = function(*args, **options)
        seconds[name] = clock() - start
        progress("photograph", len(seconds), 3)
        return result

    small = resized(photograph.astype(np.float32), *new_size(photograph.shape, WIDTH), antialias=True)
    channels = in_colour_space(small, SPACE)
    labels = timed("one segmentation", segmentation_fast.graph_segmentation, channels, K, min_size=K)
    hierarchy = timed(
        "one grouping", lambda: hierarchical_grouping(measure_regions(labels, channels), SIMILARITY)
    )
    rng = np.random.default_rng(seed)
    boxes = timed("the whole search", selective_search, small.round().astype(np.uint8), rng=rng, width=None)
    return Searched(small.round().astype(np.uint8), labels, hierarchy, boxes, seconds)


def numbers(found):
    """One line for the terminal."""
    return (
        f"photograph: {_first_regions(found)} regions in one segmentation, {len(found.boxes):,} proposals of the fast "
        f"mode, {found.seconds['the whole search']:.1f} s"
    )


def section(page, found):
    """Add the section to the report."""
    height, width = found.labels.shape
    regions, merges = _first_regions(found), len(found.hierarchy.parts)
    page.heading("Selective search of a photograph")
    page.text(
        "Where could an object be? Neighbouring pixels of similar colour become regions; the two most similar "
        "neighbours become one, until the image is one region; every region on the way gives its box. Nothing is "
        "learned and no class is known. The photograph has no ground truth, so there is no recall to tell."
    )
    page.table(
        ["of the photograph", "value"],
        [
            ["pixels searched", f"{width} x {height}"],
            [f"regions of the segmentation shown ({SPACE.upper()}, k = {K})", regions],
            ["merges of its grouping, until one is left", merges],
            ["groupings in the fast mode", 8],
            ["proposals, each once, sides of 20 pixels at least", f"{len(found.boxes):,}"],
            *[[f"seconds, {name}", f"{seconds:.2f}"] for name, seconds in found.seconds.items()],
        ],
    )
    page.gallery(
        [
            (
                _drawn(found.image, "A cup of coffee on a saucer, with a spoon"),
                "The photograph (R. Michetti, CC0)",
            ),
            (
                _drawn(painted(found.labels, found.image), f"The photograph in {regions} regions"),
                f"At the start: {regions} regions, each in its mean colour",
            ),
            *[_merge(found, left) for left in LEFT if left < regions],
            (
                _drawn(found.image, f"The photograph with {BEST} boxes", found.boxes[:BEST]),
                f"The {BEST} proposals that the search ranks first; all {len(found.boxes):,} go to a detector",
            ),
        ]
    )


def _first_regions(found):
    return len(found.hierarchy.parts) + 1


def _merge(found, left):
    """The regions when so many are left, and the box of the newest: a drawing and its caption."""
    count, done = _first_regions(found), _first_regions(found) - left
    a, b = found.hierarchy.parts[done - 1]
    labels = labels_now(found.labels, found.hierarchy.parts[:done], count)
    box = found.hierarchy.box[count + done - 1]
    across, down = box[2:] - box[:2]
    alt = f"The photograph in {left} regions, and the box of the newest"
    return (
        _drawn(painted(labels, found.image), alt, box[None]),
        f"After {done} merges {left} regions are left. The newest, {a} with {b}, gives a proposal of {across} x {down}",
    )


def _drawn(image, alt, boxes=None):
    return detections.draw(image, boxes, title=alt)
