"""The drawing of a roi_align step: the region, its bins and points, the cells around them, the means."""

import numpy as np
import pytest

from refdet import roi_align, roi_align_backward, roi_pool
from refdet.viz import roi_align as drawing

MAP = np.arange(64.0).reshape(1, 1, 8, 8)
ROI = [[0, 1.5, 1, 5.5, 3]]  # columns 1.5 to 5.5, rows 1 to 3


def points(ax, mark):
    """Where the points with that mark stand, as (x, y)."""
    return [tuple(place) for dots in ax.collections if dots.get_gid() == mark for place in dots.get_offsets()]


# By hand


def test_each_step_adds_what_it_is_about(ax, outlines):
    project, sample, interpolate, average = roi_align.trace(MAP, ROI, (1, 2))
    drawing.draw(ax, project)
    assert outlines(ax, "roi") == [(1.5, 1, 4, 2)] and outlines(ax, "bin") == [] and not ax.collections
    ax.clear()
    drawing.draw(ax, sample)
    assert outlines(ax, "bin") == [(1.5, 1, 2, 2), (3.5, 1, 2, 2)]
    # Two points along each side of a bin of two cells.
    assert sorted(points(ax, "point")) == [(x, y) for x in (2, 3, 4, 5) for y in (1.5, 2.5)]
    ax.clear()
    drawing.draw(ax, interpolate)
    # The points lie in the middle of rows 1 and 2, and between columns 1 to 5.
    assert outlines(ax, "taken") == [(column, row, 1, 1) for row in (1, 2) for column in (1, 2, 3, 4, 5)]
    assert len(points(ax, "point")) == 8
    ax.clear()
    drawing.draw(ax, average)
    means = {text.get_text(): text.get_position() for text in ax.texts if text.get_gid() == "mean"}
    # F = 8 y + x at the middles (1.5, 2) and (1.5, 4) of the bins.
    assert means == {"14": (2.5, 2), "16": (4.5, 2)} and not ax.collections


def test_the_gradient_shows_the_cells_around_the_points(ax, outlines):
    """One point between the middles of cells 1 and 2 of row 1: half of 8 each."""
    grad = np.full((1, 1, 1, 1), 8.0)
    roi = [[0, 1.5, 1, 2.5, 2]]
    drawing.draw(ax, roi_align_backward.trace(grad, roi, (1, 1, 3, 4))[0])
    assert outlines(ax, "roi") == outlines(ax, "bin") == [(1.5, 1, 1, 1)]
    assert points(ax, "point") == [(2, 1.5)] and outlines(ax, "taken") == [(1, 1, 1, 1), (2, 1, 1, 1)]
    written = {text.get_position(): text.get_text() for text in ax.texts if text.get_text() != "0"}
    assert written == {(1.5, 1.5): "4", (2.5, 1.5): "4"}


def test_points_off_the_map_are_hollow(ax, outlines):
    drawing.draw(ax, roi_align.trace(MAP, [[0, 6, 0, 12, 1]], 1)[2])
    # Six points from 6.5 to 11.5; a place of 8 is one cell off, 9 is two.
    assert points(ax, "point") == [(6.5, 0.5), (7.5, 0.5), (8.5, 0.5)]
    assert points(ax, "point off the map") == [(9.5, 0.5), (10.5, 0.5), (11.5, 0.5)]
    assert outlines(ax, "taken") == [(6, 0, 1, 1), (7, 0, 1, 1)]


# Properties


def test_every_step_of_two_rois_draws_on_its_own_image(ax, outlines):
    features = np.stack([MAP[0], -MAP[0]])
    trace = roi_align.trace(features, [[1, 0, 0, 2, 2], [0, 4, 4, 9, 9]], (2, 2))
    shown = []
    for step in trace:
        ax.clear()
        drawing.draw(ax, step)
        shown.append((outlines(ax, "roi")[0][:2], np.asarray(ax.images[0].get_array())[0, 1]))
    assert shown == [((0, 0), -1)] * 4 + [((4, 4), 1)] * 4


def test_a_region_without_points_has_no_dots(ax):
    drawing.draw(ax, roi_align.trace(MAP, [[0, 3, 3, 3, 3]], 1)[1])
    assert points(ax, "point") == points(ax, "point off the map") == []


# Bad input


def test_a_channel_that_is_not_there_is_refused(ax):
    step = roi_align.trace(MAP, ROI, (2, 2))[0]
    with pytest.raises(ValueError, match="channel: 1 came; wanted 0 to 0"):
        drawing.draw(ax, step, channel=1)


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="roi_pool_with_argmax.project came; wanted a step of roi_align"):
        drawing.draw(ax, roi_pool.trace(MAP, ROI, 2)[0])
