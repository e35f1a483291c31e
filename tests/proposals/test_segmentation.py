"""PROP-3."""

from collections import deque
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from regions import KS, MIN_SIZES, SIGMAS, images
from strategies import same_bits
from tolerances import close

from refdet.proposals import segmentation, segmentation_cpp, segmentation_fast
from refdet.proposals.gaussian import gaussian_weights, slopes, smoothed
from refdet.proposals.segmentation import graph_segmentation

# By hand


@pytest.mark.parametrize(
    ("row", "labels"),
    [
        # k = 2: 0 and 1 join (1 <= 2); the limit of the pair is 1 + 2/2 = 2, that of a single pixel 2.
        ([0, 1, 3], [0, 0, 0]),
        ([0, 1, 3.5], [0, 0, 1]),
        # The limit of a pair of equal pixels is 0 + 2/2 = 1.
        ([4, 4, 5], [0, 0, 0]),
        ([4, 4, 5.5], [0, 0, 1]),
        # The pairs join at 1; the limit of each is then 1 + 2/2 = 2.
        ([0, 1, 3, 4], [0, 0, 0, 0]),
        ([0, 1, 4, 5], [0, 0, 1, 1]),
    ],
)
def test_the_merge_rule_with_a_pencil(row, labels):
    assert graph_segmentation([row], 2, sigma=0, min_size=0).tolist() == [labels]


def test_a_small_region_joins_over_the_lightest_edge():
    row = [[0, 0, 0, 7, 11, 11, 11]]
    assert graph_segmentation(row, 1, sigma=0, min_size=1).tolist() == [[0, 0, 0, 1, 2, 2, 2]]
    assert graph_segmentation(row, 1, sigma=0, min_size=2).tolist() == [[0, 0, 0, 1, 1, 1, 1]]
    assert graph_segmentation(row, 1, sigma=0, min_size=4).tolist() == [[0] * 7]
    # Of equal edges the one that a scan meets first.
    assert graph_segmentation([[0, 4, 8]], 1, sigma=0, min_size=2).tolist() == [[0, 0, 0]]
    assert graph_segmentation([[0, 0, 4, 8, 8]], 1, sigma=0, min_size=2).tolist() == [[0, 0, 0, 1, 1]]


@pytest.mark.parametrize(
    ("image", "labels"),
    [
        # The first pixel is 4 away from the one to its right and from those below.
        ([[4, 8, 8], [0, 0, 0]], [[0, 0, 0], [1, 1, 1]]),
        # The second one is 4 away from those at its lower left and lower right, and goes left.
        ([[20, 4, 20], [0, 30, 8], [0, 30, 8]], [[0, 1, 0], [1, 0, 2], [1, 0, 2]]),
        ([[20, 4, 20], [0, 8, 30], [0, 8, 30]], [[0, 1, 2], [1, 0, 2], [1, 0, 2]]),
    ],
)
def test_equal_edges_of_a_pixel_go_right_then_lower_left_then_down(image, labels):
    assert graph_segmentation(image, 1, sigma=0, min_size=2).tolist() == labels


def test_neighbours_touch_at_corners_and_a_scan_numbers_the_regions():
    image = [[9, 9, 0, 9], [9, 0, 9, 9], [5, 9, 9, 9]]
    assert graph_segmentation(image, 1, sigma=0, min_size=0).tolist() == [
        [0, 0, 1, 0],
        [0, 1, 0, 0],
        [2, 0, 0, 0],
    ]


def test_a_weight_is_the_distance_of_two_colours():
    two = [[[0, 0, 0], [3, 4, 0]]]
    assert graph_segmentation(two, 5, sigma=0, min_size=0).max() == 0
    assert graph_segmentation(two, 4.99, sigma=0, min_size=0).max() == 1


def test_the_kernel_reaches_four_sigmas_and_sums_to_1():
    for sigma, taps in ((0, 1), (1e-300, 2), (0.5, 3), (0.8, 5), (1, 5), (100, 401)):
        weights = gaussian_weights(sigma)
        assert weights.dtype == np.float32 and len(weights) == taps and (np.diff(weights) <= 0).all()
        assert close(2 * weights.sum() - weights[0], 1, "six digits")
    # e^(-1/2), e^(-2), ... beside 1
    assert close(gaussian_weights(1)[:3] / gaussian_weights(1)[0], [1, 0.606531, 0.135335], "six digits")


def test_smoothing_keeps_what_is_even_and_slopes_measure_a_ramp():
    ramp = np.broadcast_to(np.arange(20, dtype=np.float32)[None, :, None], (12, 20, 1))
    across, down = slopes(ramp, 1.0)
    assert close(across[:, 5:-5], 1, "float32 map") and not down.any()
    assert close(smoothed(ramp, gaussian_weights(1.0))[:, 5:-5], ramp[:, 5:-5], "float32 map")
    # The border is repeated: two pixels 0 and 1 with the weights a, b, b, ... to either side give 0 + b + c + ...
    pair, weights = np.array([[[0], [1]]], np.float32), gaussian_weights(0.5)
    assert close(smoothed(pair, weights)[0, :, 0], [weights[1:].sum(), 1 - weights[1:].sum()], "six digits")


def test_a_slope_is_that_of_a_gaussian():
    """Its weights are d e^(-d^2 / 2), which an impulse shows."""
    impulse = np.zeros((1, 21, 1), np.float32)
    impulse[0, 10] = 1
    across = slopes(impulse, 1.0)[0][0, :, 0]
    assert across[10] == 0 and (across[11:] == -across[9::-1]).all() and (across[6:10] > 0).all()
    assert close(across[[8, 7]] / across[9], [2 * np.exp(-1.5), 3 * np.exp(-4)], "six digits")


# Properties


def edges_of(image):
    """(weight, pixel, pixel) of the 8-neighbour graph, from its definition; sigma is 0."""
    height, width, _ = image.shape
    found = []
    for y, x, (dy, dx) in product(range(height), range(width), ((0, 1), (1, -1), (1, 0), (1, 1))):
        if y + dy < height and 0 <= x + dx < width:
            difference = image[y, x].astype(np.float32) - image[y + dy, x + dx].astype(np.float32)
            weight = np.sqrt(np.float32((difference**2).sum()))
            found.append((float(weight), y * width + x, (y + dy) * width + x + dx))
    return found


def reached(start, edges):
    """The pixels that the edges connect with the first one."""
    found, queue = {start}, deque([start])
    while queue:
        here = queue.popleft()
        for _, a, b in edges:
            for other in ({a, b} - {here}) if here in (a, b) else ():
                if other not in found:
                    found.add(other)
                    queue.append(other)
    return found


def heaviest_inside(region, edges):
    """Int: the least weight whose edges up to it connect the region, the heaviest edge of its spanning tree."""
    own = [edge for edge in edges if edge[1] in region and edge[2] in region]
    for limit in sorted({0.0, *(w for w, _, _ in own)}):
        if reached(min(region), [edge for edge in own if edge[0] <= limit]) == region:
            return limit
    raise AssertionError("not connected")


def evidence(one, other, edges, k):
    """True if a boundary between the regions is called for: the predicate D of the paper, section 3.1."""
    between = [w for w, a, b in edges if (a in one and b in other) or (a in other and b in one)]
    limits = [heaviest_inside(region, edges) + k / len(region) for region in (one, other)]
    return not between or min(between) > min(limits)


def regions_of(labels):
    flat = labels.reshape(-1)
    return [set(np.flatnonzero(flat == label).tolist()) for label in range(flat.max() + 1)]


@given(images(most=5), KS)
def test_no_two_regions_should_be_one(image, k):
    """Theorem 1 of the paper: not too fine."""
    edges, regions = edges_of(image), regions_of(graph_segmentation(image, k, sigma=0, min_size=0))
    assert all(evidence(one, other, edges, k) for one in regions for other in regions if one is not other)


def partitions(items):
    """Every way to divide the items."""
    if not items:
        yield []
        return
    first, *rest = items
    for parts in partitions(rest):
        yield [{first}, *parts]
        for i in range(len(parts)):
            yield [*parts[:i], parts[i] | {first}, *parts[i + 1 :]]


@given(st.lists(st.integers(0, 4), min_size=6, max_size=6), KS)
def test_every_finer_division_is_too_fine(values, k):
    """Theorem 2 of the paper: not too coarse; every proper refinement has two regions that should be one."""
    image = np.array(values).reshape(2, 3, 1)
    edges, regions = edges_of(image), regions_of(graph_segmentation(image, k, sigma=0, min_size=0))
    for finer in partitions(list(range(6))):
        refines = all(any(part <= region for region in regions) for part in finer)
        connected = all(reached(min(p), [e for e in edges if e[1] in p and e[2] in p]) == p for p in finer)
        if refines and connected and len(finer) > len(regions):
            assert not all(
                evidence(one, other, edges, k) for one in finer for other in finer if one is not other
            )


@given(images(most=5), KS, MIN_SIZES)
def test_the_steps_replay_the_rules(image, k, min_size):
    """Every edge that may join does, in the order of the weights: Int and sizes anew, from the pixels, at each step."""
    trace = graph_segmentation.trace(image, k, sigma=0, min_size=min_size)
    sort = trace.named("sort")[0]
    region = {pixel: {pixel} for pixel in range(image.shape[0] * image.shape[1])}
    edges, joined = edges_of(image), {name: [s.e for s in trace.named(name)] for name in ("merge", "small")}
    assert (np.diff(sort.weight[sort.order]) >= 0).all()
    for name in ("merge", "small"):
        for e in sort.order:
            a, b, w = region[sort.first[e]], region[sort.second[e]], sort.weight[e]
            limits = [heaviest_inside(r, edges) + k / len(r) for r in (a, b)]
            joins = w <= min(limits) if name == "merge" else min(len(a), len(b)) < min_size
            assert (e in joined[name]) == (a is not b and joins)
            if e in joined[name]:
                union = a | b
                region.update(dict.fromkeys(union, union))
    assert sorted(map(min, regions_of(trace.result))) == sorted({min(r) for r in region.values()})
    assert all(region[min(r)] == r for r in regions_of(trace.result))


@given(images(), KS, SIGMAS, MIN_SIZES)
def test_regions_are_connected_numbered_and_large_enough(image, k, sigma, min_size):
    labels = graph_segmentation(image, k, sigma=sigma, min_size=min_size)
    assert labels.shape == image.shape[:2] and labels.dtype == np.int64
    assert np.unique(labels, return_index=True)[1].tolist() == sorted(np.unique(labels, return_index=True)[1])
    edges = edges_of(image)
    for region in regions_of(labels):
        assert len(region) >= min(min_size, labels.size)
        assert reached(min(region), [e for e in edges if e[1] in region and e[2] in region]) == region


@given(images(), KS, SIGMAS)
def test_a_mirrored_image_has_the_mirrored_regions(image, k, sigma):
    """So the order of equal weights does not matter: it is another one."""
    options = {"k": k, "sigma": sigma, "min_size": 0}
    labels, mirrored = (graph_segmentation(i, **options) for i in (image, image[:, ::-1]))
    pairs = set(zip(labels.reshape(-1).tolist(), mirrored[:, ::-1].reshape(-1).tolist(), strict=True))
    assert len(pairs) == labels.max() + 1 == mirrored.max() + 1


@given(st.integers(1, 6), st.integers(1, 6), SIGMAS, st.sampled_from([0, 1e-3, 50]))
def test_a_uniform_image_is_one_region(height, width, sigma, k):
    assert not graph_segmentation(np.full((height, width, 3), 200, np.uint8), k, sigma=sigma).any()


@given(images(), KS, SIGMAS, MIN_SIZES)
def test_the_trace_ends_with_the_result(image, k, sigma, min_size):
    arguments = {"k": k, "sigma": sigma, "min_size": min_size}
    trace = graph_segmentation.trace(image, **arguments)
    assert same_bits(trace.result, graph_segmentation(image, **arguments))
    assert all(step.note for step in trace)


# Paths agree: test_segmentation_paths.py


# Bad input


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((np.zeros((0, 3, 3)),), {}, ValueError, r"image: shape is \(0, 3, 3\)"),
        ((np.zeros(3),), {}, ValueError, r"image: shape is \(3,\)"),
        (([[1, np.nan]],), {}, ValueError, "image: row 0 has nan"),
        (([[1e16, 0]],), {}, ValueError, "image: row 0 has 1e"),
        (([["a"]],), {}, TypeError, "image: dtype"),
        (([[1]], -1), {}, ValueError, "k: -1.0 came; wanted 0 or more"),
        (([[1]], np.inf), {}, ValueError, "k: inf"),
        (([[1]],), {"sigma": -0.1}, ValueError, "sigma: -0.1 came; wanted 0 to 100"),
        (([[1]],), {"sigma": 101}, ValueError, "sigma: 101.0 came"),
        (([[1]],), {"min_size": -1}, ValueError, "min_size: -1"),
        (([[1]],), {"min_size": 2.5}, TypeError, "min_size: 2.5"),
    ],
)
@pytest.mark.parametrize("form", [segmentation, segmentation_fast, segmentation_cpp])
def test_bad_arguments_are_named(form, arguments, options, error, words):
    with pytest.raises(error, match=words):
        form.graph_segmentation(*arguments, **options)
