"""Label maps as pictures, and the drawings of the segmentation, of the search and of the warp."""

import numpy as np
import pytest

from refdet import nms
from refdet.proposals.grouping import hierarchical_grouping
from refdet.proposals.region_features import measure_regions
from refdet.proposals.segmentation import graph_segmentation
from refdet.proposals.selective_search import selective_search
from refdet.proposals.warping import warp_proposal
from refdet.viz import regions, segmentation, warping
from refdet.viz import selective_search as search

LABELS = np.array([[0, 0, 1], [2, 0, 1]])
IMAGE = np.array([[0, 10, 40], [30, 20, 60]])
SIX = np.array([[0, 0, 9], [0, 1, 9]])


def lines(ax, mark):
    """Ends of the line segments with that mark, as pairs of (x, y)."""
    found = [c for c in ax.collections if c.get_gid() == mark]
    return {tuple(map(tuple, line.tolist())) for c in found for line in np.array(c.get_segments())}


def picture(ax):
    return np.asarray(ax.images[0].get_array())


# By hand


def test_a_region_has_its_mean_colour_and_lines_around_it(ax):
    regions.draw_regions(ax, LABELS, IMAGE[..., None])
    means = np.array([[10, 10, 50], [30, 10, 50]]) / 255
    assert picture(ax).tolist() == np.repeat(means[..., None], 3, axis=2).tolist()
    upright = {((2, 0), (2, 1)), ((2, 1), (2, 2)), ((1, 1), (1, 2))}
    assert lines(ax, "border") == upright | {((0, 1), (1, 1))}
    assert ax.get_xlim() == (0, 3) and ax.get_ylim() == (2, 0)


def test_as_an_array_the_pixels_left_of_and_above_an_end_are_dark():
    """Regions end right of the pixels (1, 0), (0, 1) and (1, 1), and below (0, 0); (x, y)."""
    found = regions.painted(LABELS, IMAGE[..., None].astype(np.uint8))
    assert found.dtype == np.uint8 and (found == found[..., :1]).all()
    assert found[..., 0].tolist() == [[17, 17, 50], [17, 17, 50]]
    alone = regions.painted(np.zeros((2, 3), int), IMAGE[..., None].astype(np.uint8))
    assert (alone == round(IMAGE.mean())).all()
    with pytest.raises(ValueError, match="image: shape is"):
        regions.painted(LABELS, IMAGE[:1, :, None])


def test_without_an_image_a_colour_stands_for_a_number(ax):
    regions.draw_regions(ax, LABELS)
    colours = picture(ax)
    assert (
        len(np.unique(colours.reshape(-1, 3), axis=0)) == 3 and (colours[LABELS == 0] == colours[0, 0]).all()
    )
    assert (colours > 0.4).all() and (colours <= 1).all()
    assert len(np.unique(regions.by_number(np.arange(200)), axis=0)) == 200


def test_colours_of_three_channels_of_others_and_of_floats():
    assert regions.shown(np.full((1, 1, 3), 51)).tolist() == [[[0.2] * 3]]
    assert regions.shown(np.full((1, 1, 3), 2)).tolist() == [[[2 / 255] * 3]]
    assert regions.shown(np.array([[[0.0, 1.0]]])).tolist() == [[[0.5] * 3]]
    assert regions.shown(np.array([[[0.25, 0.5, 1.0]]])).tolist() == [[[0.25, 0.5, 1]]]


def test_the_segmentation_shows_edges_and_then_who_joins(ax):
    trace = graph_segmentation.trace(SIX, 8, sigma=0, min_size=3)
    segmentation.draw(ax, trace.named("edges")[0])
    assert len(lines(ax, "edge")) == 11 and ((0.5, 0.5), (1.5, 0.5)) in lines(ax, "edge")
    grey = {
        tuple(line.tolist()[0]): c
        for line, c in zip(
            [np.array(s) for s in ax.collections[0].get_segments()],
            ax.collections[0].get_colors(),
            strict=True,
        )
    }
    assert grey[(0.5, 0.5)][0] > 0.8 and len(grey) == 5  # every pixel but the last is a first one
    ax.clear()
    merge = trace.named("merge")[-1]
    segmentation.draw(ax, merge)
    (joining,) = [line for line in ax.lines if line.get_gid() == "joining"]
    assert joining.get_xydata().tolist() == [[0.5, 0.5], [1.5, 1.5]]  # 0 and 1 over the corner, or the side
    ax.clear()
    small = trace.named("small")[0]
    segmentation.draw(ax, small)
    assert lines(ax, "border") == set() and ax.lines[0].get_color() == segmentation.JOINING["small"]


def test_grouping_shows_pairs_and_then_the_box_of_the_new_region(ax, outlines):
    trace = hierarchical_grouping.trace(measure_regions([[0, 0, 1, 2]], [[0, 0, 9, 99]]), "C")
    search.draw(ax, trace[0])
    widths = {tuple(map(tuple, line.get_xydata().tolist())): line.get_linewidth() for line in ax.lines}
    assert set(widths) == {((1, 0.5), (2.5, 0.5)), ((2.5, 0.5), (3.5, 0.5))}
    assert sorted(widths.values()) == [0.4, 3.4] and widths[((1, 0.5), (2.5, 0.5))] == 3.4
    ax.clear()
    search.draw(ax, trace[1])
    assert outlines(ax, "new") == [(0, 0, 3, 1)] and [t.get_text() for t in ax.texts] == ["0 + 1 = 3"]
    assert lines(ax, "border") == {((3, 0), (3, 1))}


def test_the_search_shows_regions_hierarchies_and_the_best_boxes(ax, outlines):
    image = np.full((20, 30, 3), 200, np.uint8)
    image[5:15, 5:15] = 0, 90, 0
    trace = selective_search.trace(image, rng=np.random.default_rng(0), sigma=0, width=60, min_side=0)
    shown = {}
    for step in trace:
        if step.name not in shown:
            ax.clear()
            search.draw(ax, step, most=2)
            if step.name == "rank":
                best = [(x, y, x + w, y + h) for x, y, w, h in outlines(ax, "best")]
                assert best == [tuple(box) for box in step.found[step.order[:2]].tolist()]
            shown[step.name] = (
                len(outlines(ax, "hierarchy")),
                len(outlines(ax, "best")),
                picture(ax).shape[:2],
            )
    assert {name: shown[name] for name in ("resize", "segment", "measure", "rank", "boxes")} == {
        "resize": (0, 0, (40, 60)),
        "segment": (0, 0, (40, 60)),
        "measure": (0, 0, (40, 60)),
        "rank": (0, 2, (40, 60)),
        "boxes": (0, 2, (20, 30)),
    }
    assert shown["group"][0] == len(trace.named("group")[0].hierarchy.box) and "merge" in shown
    assert outlines(ax, "best")[0] == (*trace.result[0, :2], *(trace.result[0, 2:] - trace.result[0, :2]))


def test_the_warp_shows_box_window_cut_and_result(ax, outlines):
    trace = warp_proposal.trace(np.arange(16).reshape(4, 4), [0.25, 2, 2.25, 4], 8, padding=2)
    expected = {
        "dilate": ([(0.25, 2, 2, 2)], [(-0.75, 1, 4, 4)], []),
        "round": ([(0.25, 2, 2, 2)], [(-1, 1, 4, 4)], []),
        "clip": ([(0.25, 2, 2, 2)], [(-1, 1, 4, 4)], [(0, 1, 3, 3)]),
        "resize": ([], [], []),
        "fill": ([(2, 2, 4, 4)], [], []),
    }
    for step in trace:
        ax.clear()
        warping.draw(ax, step)
        assert tuple(outlines(ax, mark) for mark in ("box", "window", "cut")) == expected[step.name]
    assert picture(ax).shape == (8, 8, 3) and ax.get_xlim() == (0, 8)


@pytest.mark.parametrize(
    ("values", "mean", "shares"),
    [
        ([0, 51, 204], 102, [0, 0.2, 0.8, 0.4]),  # of 255
        ([0, 0.1, 0.8], 0.5, [0, 0.1, 0.8, 0.5]),  # of 1
        ([1, 5, 8], 0, [0.125, 0.625, 1, 0]),
        ([1, 5, 4], 10, [0.1, 0.5, 0.4, 1]),  # the mean is the largest
        ([-4, 0, 4], 2, [0, 0.5, 1, 0.75]),
        ([0, 0, 0], 0, [0, 0, 0, 0]),
        ([0, 256, 512], 128, [0, 0.5, 1, 0.25]),
    ],
)
def test_one_scale_shows_the_image_and_what_is_filled_in(ax, values, mean, shares):
    """Three pixels in a row, warped as they are; beside them the mean."""
    trace = warp_proposal.trace(np.array([values]), [0, 0, 3, 3], 3, padding=0, mean=[mean])
    assert len(trace) == 5
    for step in trace:
        ax.clear()
        warping.draw(ax, step)
        assert picture(ax)[0, :, 0].tolist() == shares[:3]
    assert (picture(ax)[1:] == shares[3]).all()


# Properties


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (3, 5, 1), (3, 5, 2), (3, 5, 3)])
def test_every_step_draws_whatever_the_channels(ax, shape):
    image = np.random.default_rng(0).integers(0, 255, shape)
    for trace, drawing in (
        (graph_segmentation.trace(image, 100, min_size=3), segmentation),
        (warp_proposal.trace(image, [-9, -9, 2, 2], 5, padding=1), warping),
        (warp_proposal.trace(image, [20, 20, 22, 22], 5, padding=1), warping),  # wholly beside the image
    ):
        for step in trace:
            ax.clear()
            drawing.draw(ax, step)
            assert ax.images or step.name == "resize"


def test_labels_now_are_those_after_the_merges():
    labels = np.array([[0, 1, 2, 3]])
    assert search.labels_now(labels, [], 4).tolist() == labels.tolist()
    assert search.labels_now(labels, [(1, 2)], 4).tolist() == [[0, 4, 4, 3]]
    assert search.labels_now(labels, [(1, 2), (0, 4)], 4).tolist() == [[5, 5, 5, 3]]


def test_of_many_edges_some_are_drawn(ax):
    trace = graph_segmentation.trace(np.zeros((60, 60)), 1, max_steps=3)
    segmentation.draw(ax, trace.named("sort")[0])
    assert 0.5 * segmentation.MOST_EDGES <= len(lines(ax, "edge")) <= segmentation.MOST_EDGES


# Bad input


@pytest.mark.parametrize("drawing", [segmentation, search, warping])
def test_a_step_of_another_algorithm_is_refused(ax, drawing):
    step = nms.trace([[0, 0, 1, 1]], [1], 0.5)[0]
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of"):
        drawing.draw(ax, step)


def test_an_image_of_another_size_is_refused(ax):
    with pytest.raises(ValueError, match=r"image: shape is \(3, 3, 1\); wanted the sides \(2, 3\)"):
        regions.draw_regions(ax, LABELS, np.zeros((3, 3, 1)))
