"""PROP-2: selective search as a whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from regions import images, scene
from strategies import layouts, same_bits

from refdet.proposals import segmentation, segmentation_fast
from refdet.proposals.colour_spaces import in_colour_space
from refdet.proposals.selective_search import MODES, Strategies, selective_search


def search(image, seed=0, **options):
    return selective_search(image, rng=np.random.default_rng(seed), **options)


def painted(height=40, width=60):
    """A red rectangle and a green one on grey; no smoothing, no two groupings differ."""
    image = np.full((height, width, 3), 128, np.uint8)
    image[10:30, 5:25], image[5:35, 30:55] = (200, 0, 0), (0, 200, 0)
    return image


OBJECTS = {(5, 10, 25, 30), (30, 5, 55, 35)}


def rows(boxes):
    return {tuple(box) for box in boxes.tolist()}


# By hand


def test_rectangles_are_found_and_what_is_grouped_of_them():
    found = rows(search(painted(), sigma=0, width=None))
    assert OBJECTS | {(0, 0, 60, 40)} <= found <= OBJECTS | {(0, 0, 60, 40), (5, 5, 55, 35)}


def test_boxes_come_back_in_pixels_of_the_image():
    """Searched at half the size: even coordinates are exact, and the whole image is the whole image."""
    large = painted().repeat(2, axis=0).repeat(2, axis=1)[:-1, :-1]  # 79 x 119
    boxes = search(large, width=60, sigma=0, min_side=0)
    assert (0, 0, 119, 79) in rows(boxes)
    for box in OBJECTS:
        assert np.abs(boxes - 2 * np.array(box)).max(axis=1).min() <= 3


def test_the_height_is_rounded_to_the_nearest_pixel():
    heights = []
    for height in (30, 31, 32):
        step = selective_search.trace(np.zeros((height, 10), int), rng=np.random.default_rng(0), width=4)[0]
        assert step.searched.shape[:2] == step.size
        heights.append(step.size[0])
    assert heights == [12, 12, 13]  # of 12.0, 12.4 and 12.8


@pytest.mark.parametrize(("mode", "groupings"), [("fast", 8), ("quality", 80)])
def test_a_mode_combines_each_with_each(mode, groupings):
    trace = selective_search.trace(
        painted(8, 12), mode, rng=np.random.default_rng(0), width=None, keep=["space", "k", "similarity"]
    )
    combined = [(s.space, s.k, s.similarity) for s in trace.named("group")]
    assert len(combined) == len(set(combined)) == groupings
    assert (
        len(trace.named("segment"))
        == len(trace.named("measure"))
        == groupings // len(MODES[mode].similarities)
    )


def test_the_modes_are_those_of_the_paper():
    """PROP-2: colour spaces, similarities and scales."""
    assert MODES["fast"] == Strategies(("hsv", "lab"), ("CTSF", "TSF"), (50, 100))
    spaces = ("hsv", "lab", "rgi", "hue", "intensity")
    assert MODES["quality"] == Strategies(spaces, ("CTSF", "TSF", "F", "S"), (50, 100, 150, 300))


def test_a_shrunk_image_is_a_mean_of_all_its_pixels():
    """At a third of the width every new pixel lies on one stripe; its neighbours count too."""
    stripes = np.tile(np.arange(30) % 2 * 255, (30, 1)).astype(np.uint8)
    searched = selective_search.trace(stripes, rng=np.random.default_rng(0), width=10)[0].searched
    assert np.abs(searched[1:-1, 1:-1] - 127.5).max() < 30


def test_the_mode_yields_to_what_is_given():
    options = {"colour_spaces": ["rgb"], "similarities": ["F"], "ks": [7.5], "width": None}
    trace = selective_search.trace(painted(), "quality", rng=np.random.default_rng(0), **options)
    assert [s.similarity for s in trace.named("group")] == ["F"]
    labels = segmentation.graph_segmentation(painted(), 7.5, min_size=7)
    assert same_bits(trace.named("segment")[0].labels, labels)


def test_the_least_region_has_as_many_pixels_as_k_rounded_down():
    """k of 7.5: of two spots on grey, one of 7 pixels stays a region and one of 6 does not."""
    image = np.full((9, 12), 128, np.uint8)
    image[1, 1:8], image[4:7, 2:4] = 255, 255
    boxes = search(
        image, colour_spaces=["rgb"], similarities=["S"], ks=[7.5], sigma=0, width=None, min_side=0
    )
    assert rows(boxes) == {(1, 1, 8, 2), (0, 0, 12, 9)}


def test_small_boxes_go_by_the_pixels_of_the_searched_image():
    assert (5, 10, 25, 30) in rows(search(painted(), sigma=0, width=None, min_side=20))
    assert (5, 10, 25, 30) not in rows(search(painted(), sigma=0, width=None, min_side=21))
    # At twice the width its sides are 40.
    boxes = search(painted(), sigma=0, width=120, min_side=21)
    assert np.abs(boxes - [5, 10, 25, 30]).max(axis=1).min() <= 1


@pytest.mark.parametrize("mode", MODES)
def test_a_uniform_image_is_one_box(mode):
    assert search(np.full((30, 70, 3), 90, np.uint8), mode=mode, width=100).tolist() == [[0, 0, 70, 30]]
    assert search(np.full((19, 70), 90, np.uint8), mode=mode, width=None).shape == (0, 4)


def test_without_a_strategy_there_are_no_boxes():
    for nothing in ({"colour_spaces": []}, {"ks": ()}, {"similarities": []}):
        assert search(painted(), width=None, **nothing).shape == (0, 4)


# Properties


IMAGES = images(most=9, channels=(3,)).map(lambda image: image * 50)
SMALL = {"width": None, "min_side": 0, "ks": [1.5, 4]}  # so small that the least regions are too


@settings(max_examples=20)
@given(IMAGES, st.integers(0, 3))
def test_boxes_are_those_of_the_hierarchies_sorted_by_rank_times_chance(image, min_side):
    options = {**SMALL, "min_side": min_side}
    trace = selective_search.trace(image, rng=np.random.default_rng(1), keep="hierarchy", **options)
    rng, scored = np.random.default_rng(1), []
    for step in trace.named("group"):
        ranks = range(len(step.hierarchy.box), 0, -1)
        chance = rng.random(len(ranks))
        scored += zip(ranks * chance, map(tuple, step.hierarchy.box.tolist()), strict=True)
    expected = list(dict.fromkeys(box for _, box in sorted(scored, key=lambda pair: pair[0])))
    expected = [b for b in expected if min(b[2] - b[0], b[3] - b[1]) >= min_side]
    assert [tuple(box) for box in trace.result.tolist()] == expected


@settings(max_examples=20)
@given(IMAGES)
def test_boxes_are_different_lie_inside_and_hold_the_whole(image):
    boxes = search(image, **SMALL)
    assert boxes.dtype == np.float64 and len(rows(boxes)) == len(boxes)
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= image.shape[1::-1]).all()
    assert (0, 0, image.shape[1], image.shape[0]) in rows(boxes)
    assert (boxes[:, 2:] - boxes[:, :2] >= 1).all()


@settings(max_examples=20)
@given(IMAGES)
def test_a_seed_gives_the_same_order_and_another_one_the_same_boxes(image):
    first = search(image, **SMALL)
    assert same_bits(search(image, **SMALL), first)
    assert rows(search(image, seed=7, **SMALL)) == rows(first)


def test_large_boxes_come_early():
    """A priority is a place from the top times chance: among the first tenth, large boxes are far more common."""
    boxes = search(scene(3, (75, 100, 3)).astype(np.uint8), seed=2, width=None, min_side=0)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    tenth = len(boxes) // 10
    assert np.median(area[:tenth]) > 2 * np.median(area[tenth:])


# Paths agree


@settings(max_examples=20)
@given(IMAGES)
def test_any_form_of_the_segmentation_gives_the_same_boxes(image):
    assert same_bits(
        search(image, kernels=segmentation, **SMALL), search(image, kernels=segmentation_fast, **SMALL)
    )


def test_bytes_floats_and_layouts_give_the_same_boxes():
    image = scene(1, (24, 32, 3)).astype(np.uint8)
    expected = search(image, **SMALL)
    assert len(expected) > 10
    for name, laid in layouts(image).items():
        assert same_bits(search(laid, **SMALL), expected), name
    assert same_bits(search(image.astype(np.int64), **SMALL), expected)
    assert same_bits(search(image / 255, **SMALL), expected)


def test_grey_is_three_equal_channels():
    grey = scene(1, (24, 32, 1)).astype(np.uint8)[..., 0]
    assert same_bits(search(grey, **SMALL), search(np.repeat(grey[..., None], 3, axis=2), **SMALL))


def test_the_trace_ends_with_the_result_and_nests_the_grouping():
    trace = selective_search.trace(painted(), rng=np.random.default_rng(0), width=None)
    assert same_bits(trace.result, search(painted(), width=None)) and all(step.note for step in trace)
    assert {step.function for step in trace if step.depth} == {"hierarchical_grouping"}
    assert same_bits(trace.named("segment")[0].channels, in_colour_space(painted().astype(np.float32), "hsv"))


# Bad input


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"image": np.zeros((4, 4, 2))}, ValueError, r"image: shape is \(4, 4, 2\)"),
        ({"image": np.zeros((0, 4, 3))}, ValueError, "image: shape"),
        ({"image": np.full((4, 4), 1.5)}, ValueError, "image: 1.5 came; wanted floats from 0 to 1"),
        ({"image": np.full((4, 4), 256)}, ValueError, "image: 256.0 came"),
        ({"image": np.full((4, 4), np.nan)}, ValueError, "image: nan came"),
        ({"mode": "slow"}, ValueError, "mode: 'slow' came; wanted one of fast, quality"),
        ({"colour_spaces": ["hsv", "cmyk"]}, ValueError, r"colour_spaces\[1\]: 'cmyk' came"),
        ({"similarities": ["CX"]}, ValueError, r"similarities\[0\]: 'CX' came"),
        ({"similarities": "CTSF"}, TypeError, "similarities: 'CTSF' came; wanted a sequence"),
        ({"ks": [-1]}, ValueError, r"ks\[0\]: -1.0 came"),
        ({"rng": 0}, TypeError, "rng: 0 came"),
        ({"sigma": 101}, ValueError, "sigma: 101.0 came"),
        ({"width": 0}, ValueError, "width: 0 came"),
        ({"width": 2**23}, ValueError, "width: 8388608 came, which makes 8388608 x 8388608 pixels"),
        ({"min_side": -1}, ValueError, "min_side: -1"),
        ({"kernels": np}, TypeError, "kernels: .* came; wanted a module with graph_segmentation"),
    ],
)
def test_bad_arguments_are_named(options, error, words):
    image = options.pop("image", np.zeros((4, 4, 3)))
    with pytest.raises(error, match=words):
        selective_search(image, **{"rng": np.random.default_rng(0), **options})
