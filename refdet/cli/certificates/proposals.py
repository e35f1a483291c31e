"""Certificates of proposals: regions that hang together, a tree that grows by its most similar pair, a crop by hand."""

from __future__ import annotations

import math

import numpy as np

from refdet.cli.certificates.nearness import near
from refdet.proposals import segmentation_fast
from refdet.proposals.colour_spaces import in_colour_space
from refdet.proposals.gaussian import gaussian_weights, smoothed
from refdet.proposals.grouping import Hierarchy, hierarchical_grouping
from refdet.proposals.images import check_image
from refdet.proposals.region_features import measure_regions
from refdet.proposals.resampling import resized
from refdet.proposals.segmentation import grid_edges
from refdet.proposals.selective_search import check_selective_search, new_size

MOST_REGIONS = 150
"""Of more of them the pairs are not compared again: that takes a time by their cube."""


def segmentation(a, labels):
    """PROP-3."""
    flat = labels.reshape(-1).tolist()
    image = check_image(a.image)
    yield (
        "the regions are numbered by their first pixels",
        list(dict.fromkeys(flat)) == list(range(max(flat) + 1)),
    )
    first, second, weight = grid_edges(smoothed(image, gaussian_weights(a.sigma)))
    edges = sorted(zip(weight.tolist(), first.tolist(), second.tolist(), strict=True))
    trees, inner = _trees(edges, flat)
    yield "each hangs together", trees == max(flat) + 1
    sizes = np.bincount(flat).tolist()
    yield "none is too small, or it is alone", len(sizes) == 1 or min(sizes) >= a.min_size
    if a.min_size <= 1:
        gaps: dict[tuple[int, int], float] = {}
        for w, p, q in edges:
            if flat[p] != flat[q]:
                gaps.setdefault((min(flat[p], flat[q]), max(flat[p], flat[q])), w)
        apart = all(
            w > min(inner[p] + a.k / sizes[p], inner[q] + a.k / sizes[q]) for (p, q), w in gaps.items()
        )
        yield "between two neighbours even the lightest edge is over what one of them bears inside", apart
    fast = segmentation_fast.graph_segmentation(a.image, a.k, sigma=a.sigma, min_size=a.min_size)
    yield "the faster form finds the same regions", np.array_equal(labels, fast)


def _trees(edges, labels):
    """How many trees the edges within regions leave, and the heaviest edge of each region's least tree."""
    root, inner = list(range(len(labels))), [0.0] * (max(labels) + 1)

    def find(p):
        while root[p] != p:
            root[p] = p = root[root[p]]
        return p

    trees = len(labels)
    for w, p, q in edges:
        if labels[p] == labels[q] and find(p) != find(q):
            root[find(p)] = find(q)
            inner[labels[p]] = w
            trees -= 1
    return trees, inner


def grouping(a, found):
    """PROP-2."""
    regions, count = a.regions, len(a.regions.size)
    yield from _tree(found, count, np.asarray(regions.labels).size)
    yield (
        "the first regions are those that were given",
        np.array_equal(found.size[:count], regions.size) and (np.array_equal(found.box[:count], regions.box)),
    )
    if count > MOST_REGIONS:
        yield "each merge joins the most similar neighbours: too many regions to compare again", None
        return
    yield "each merge joins the most similar neighbours of its time", _greedy(a, found, count)


def _tree(found: Hierarchy, count, pixels):
    """Whether every region but the last becomes part of another, once, later, and that one is both."""
    parts = found.parts.tolist()
    used = [p for pair in parts for p in pair]
    yield (
        "every region but the last is part of one later one",
        sorted(used) == list(range(2 * count - 2))
        and all(max(pair) < count + i for i, pair in enumerate(parts)),
    )
    sizes, boxes = found.size.tolist(), found.box.tolist()
    inside = [i for i, pair in enumerate(parts) if max(pair) < len(sizes)]
    sums = all(sizes[count + i] == sum(sizes[p] for p in parts[i]) for i in inside)
    yield "its pixels are those of both, in the end all", sums and sizes[-1] == pixels
    boxed = all(
        boxes[count + i] == [f(boxes[p][c] for p in parts[i]) for c, f in enumerate((min, min, max, max))]
        for i in inside
    )
    yield "its box encloses both", boxed


def _greedy(a, found, count):
    """Similarities by their definition, of all neighbours, before each merge."""
    regions = a.regions
    leaves = {i: [i] for i in range(count)}
    pairs = {tuple(pair) for pair in regions.neighbours.tolist()}

    def mean(table, t):
        sizes = np.asarray(regions.size, float)[leaves[t]]
        return (sizes[:, None] * np.asarray(table)[leaves[t]]).sum(axis=0) / sizes.sum()

    def alike(p, q):
        both = sum(int(regions.size[i]) for t in (p, q) for i in leaves[t])
        corners = np.array([regions.box[i] for t in (p, q) for i in leaves[t]])
        around = np.prod(corners[:, 2:].max(axis=0) - corners[:, :2].min(axis=0))
        area = float(np.sum(regions.size))
        value = {
            "C": lambda: np.minimum(mean(regions.colour, p), mean(regions.colour, q)).sum(),
            "T": lambda: np.minimum(mean(regions.texture, p), mean(regions.texture, q)).sum(),
            "S": lambda: 1 - both / area,
            "F": lambda: 1 - (around - both) / area,
        }
        return sum(value[letter]() for letter in a.similarity)

    known = {pair: alike(*pair) for pair in pairs}
    for t, (p, q) in enumerate(found.parts.tolist(), count):
        joined = (min(p, q), max(p, q))
        if joined not in known or known[joined] < max(known.values()) - 1e-9:
            return False
        leaves[t] = leaves[p] + leaves[q]
        beside = {other for pair in known if {p, q} & set(pair) for other in pair} - {p, q}
        known = {pair: s for pair, s in known.items() if not {p, q} & set(pair)}
        known |= {(other, t): alike(other, t) for other in beside}
    return True


def search(a, boxes):
    """PROP-2: stage after stage; the tickets are drawn anew from the seed."""
    image, _, rng, spaces, similarities, ks, sigma, width, min_side, _ = check_selective_search(**vars(a))
    size = new_size(image.shape, width)
    searched, ranked, whole = resized(image, *size, antialias=True), [], True
    for space in spaces:
        channels = in_colour_space(searched, space)
        for k in ks:
            labels = segmentation_fast.graph_segmentation(channels, k, sigma=sigma, min_size=int(k))
            regions = measure_regions(labels, channels)
            for similarity in similarities:
                found = hierarchical_grouping(regions, similarity).box.tolist()
                tickets = rng.random(len(found)).tolist()
                ranked += [((len(found) - i) * tickets[i], box) for i, box in enumerate(found)]
                whole &= found[-1] == [0, 0, *size[::-1]]
    best = dict.fromkeys(tuple(box) for _, box in sorted(ranked, key=lambda pair: pair[0]))
    wanted = [box for box in best if min(box[2] - box[0], box[3] - box[1]) >= min_side]
    scale = np.tile(image.shape[1::-1], 2) / np.tile(size[::-1], 2)
    yield "the last region of each hierarchy is the whole image", whole
    yield (
        "every region of every hierarchy gives its box, if it is large enough, and each box comes once",
        sorted(map(tuple, (boxes / scale).round(6).tolist())) == sorted(wanted),
    )
    yield "rank times ticket puts them in this order", near(boxes, np.reshape(wanted, (-1, 4)) * scale)


def warping(a, crop):
    """ROI-1, pixel by pixel: its middle is looked up between the middles of the window's pixels."""
    image = np.asarray(a.image, np.float64)
    image = image[..., None] if image.ndim == 2 else image
    mean = image.mean(axis=(0, 1)) if a.mean is None else np.asarray(a.mean, np.float64)
    wanted = np.zeros((a.size, a.size, image.shape[2])) + mean
    box = np.asarray(a.box, np.float64).tolist()
    across, down = _axis(box[0::2], a, image.shape[1], box), _axis(box[1::2], a, image.shape[0], box)
    for y, row in down.items():
        for x, column in across.items():
            corners = [(wy * wx, image[r, c]) for wy, r in row for wx, c in column]
            wanted[y, x] = sum(w * pixel for w, pixel in corners)
    wanted = wanted.reshape(np.shape(crop))
    yield (
        "each pixel lies between those of the window, the mean outside",
        near(
            crop.astype(np.float32) if crop.dtype == np.float32 else crop,
            wanted,
            size=np.abs(image).max(initial=0.0),
        ),
    )


def _axis(ends, a, length, box):
    """Of each pixel of the crop that lies on the image, along one axis: two pixels of the image, and their weights."""
    half = max(box[2] - box[0], box[3] - box[1]) / 2 if a.mode == "square" else (ends[1] - ends[0]) / 2
    middle, grown = (ends[0] + ends[1]) / 2, half * a.size / (a.size - 2 * a.padding)
    begin = _round(middle - grown)
    end = max(_round(middle + grown), begin + 1)
    low = max(begin, 0)
    high = max(min(end, length), low)
    scale = a.size / (end - begin)
    first = _round((low - begin) * scale)
    count = min(_round((high - low) * scale), a.size - first)
    found = {}
    for i in range(count):
        place = min(max((i + 0.5) * (high - low) / count - 0.5, 0), high - low - 1)
        left = min(int(place), max(high - low - 2, 0))
        right = min(left + 1, high - low - 1)
        found[first + i] = [(1 - (place - left), low + left), (place - left, low + right)]
    return found


def _round(value):
    """Half away from zero (C-5)."""
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


CERTIFICATES = {
    "graph_segmentation": segmentation,
    "hierarchical_grouping": grouping,
    "selective_search": search,
    "warp_proposal": warping,
}
