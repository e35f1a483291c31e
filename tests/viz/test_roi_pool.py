"""The drawing of a roi_pool step: the region, its bins, and the cells that were taken."""

import numpy as np
import pytest

from refdet import nms, roi_pool, roi_pool_backward, roi_pool_with_argmax
from refdet.viz import roi_pool as drawing

MAP = np.arange(64.0).reshape(1, 1, 8, 8)
ROI = [[0, 1, 1, 6, 5]]  # columns 1 to 6, rows 1 to 5

# By hand


def test_each_step_adds_its_outlines(ax, outlines):
    project, cut, take = roi_pool.trace(MAP, ROI, (2, 2))
    drawing.draw(ax, project)
    assert outlines(ax, "roi") == [(1, 1, 6, 5)] and outlines(ax, "bin") == []
    ax.clear()
    drawing.draw(ax, cut)
    # Rows 1 to 5 in two bins share row 3: [1, 4) and [3, 6).
    assert outlines(ax, "bin") == [(1, 1, 3, 3), (4, 1, 3, 3), (1, 3, 3, 3), (4, 3, 3, 3)]
    ax.clear()
    drawing.draw(ax, take)
    # The largest cell of a map that grows row by row is the last of each bin.
    assert outlines(ax, "taken") == [(3, 3, 1, 1), (6, 3, 1, 1), (3, 5, 1, 1), (6, 5, 1, 1)]


def test_values_are_written_light_on_dark_cells(ax):
    drawing.draw(ax, roi_pool.trace(MAP, ROI, (2, 2))[0])
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert len(colours) == 64 and colours["0"] == "black" and colours["63"] == "white"


def test_the_gradient_shows_the_cells_that_it_goes_to(ax, outlines):
    rois = [[0, 0, 0, 0, 0], *ROI]
    _, argmax = roi_pool_with_argmax(MAP, rois, (2, 2))
    grad = np.array([np.zeros((2, 2)), [[1, 2], [3, 4]]])[:, None]
    drawing.draw(ax, roi_pool_backward.trace(grad, argmax, rois, MAP.shape)[1])
    assert outlines(ax, "taken") == [(3, 3, 1, 1), (6, 3, 1, 1), (3, 5, 1, 1), (6, 5, 1, 1)]
    written = {text.get_position(): text.get_text() for text in ax.texts if text.get_text() != "0"}
    assert written == {(3.5, 3.5): "1", (6.5, 3.5): "2", (3.5, 5.5): "3", (6.5, 5.5): "4"}


# Properties


def test_every_step_of_two_rois_draws_on_its_own_image(ax, outlines):
    features = np.stack([MAP[0], -MAP[0]])
    trace = roi_pool_with_argmax.trace(features, [[1, 0, 0, 2, 2], [0, 4, 4, 9, 9]], (2, 2))
    shown = []
    for step in trace:
        ax.clear()
        drawing.draw(ax, step)
        shown.append((outlines(ax, "roi")[0][:2], np.asarray(ax.images[0].get_array())[0, 1]))
    assert shown == [((0, 0), -1)] * 3 + [((4, 4), 1)] * 3


def test_the_second_roi_shows_the_cells_that_it_took(ax, outlines):
    drawing.draw(ax, roi_pool.trace(MAP, [[0, 0, 0, 0, 0], [0, 2, 3, 2, 3]], (1, 1))[5])
    assert outlines(ax, "taken") == [(2, 3, 1, 1)]


def test_a_large_map_is_drawn_without_values(ax):
    drawing.draw(ax, roi_pool.trace(np.zeros((1, 1, 17, 4)), ROI, (1, 1))[0])
    assert len(ax.texts) == 0 and len(ax.images) == 1


def test_an_empty_bin_takes_nothing(ax, outlines):
    drawing.draw(ax, roi_pool.trace(MAP, [[0, 20, 20, 30, 30]], (1, 1))[2])
    assert outlines(ax, "taken") == []


# Bad input


def test_a_channel_that_is_not_there_is_refused(ax):
    step = roi_pool.trace(MAP, ROI, (2, 2))[0]
    with pytest.raises(ValueError, match="channel: 1 came; wanted 0 to 0"):
        drawing.draw(ax, step, channel=1)


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of roi_pool"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
