"""The filmstrip's rows: no caption lies on another one, on a picture or outside, at any resolution."""

import functools
import itertools

import numpy as np
import pytest

import refdet
from refdet import viz

agg = pytest.importorskip("matplotlib.backends.backend_agg")

# Nine boxes in a wide view, so that the pictures are flat.
CORNERS = np.array([[20 * i, 7 * (i % 4)] for i in range(9)], float)
BOXES, SCORES = np.concatenate([CORNERS, CORNERS + [35, 20]], axis=1), np.linspace(0.9, 0.123, 9)
IDXS = np.arange(9) % 3
THREE = [[0, 0, 4, 2], [0, 0, 4, 4], [0, 2, 4, 6]]  # of docs/ops/soft_nms.md
PAIR = [[0, 0, 6, 4]], [[4, 2, 9, 8]]

STRIPS = {
    "batched_soft_nms": (refdet.batched_soft_nms.trace(BOXES, SCORES, IDXS), viz.soft_nms.draw),
    "batched_soft_nms, 2 classes": (
        refdet.batched_soft_nms.trace(BOXES, SCORES, IDXS % 2, method="gaussian"),
        viz.soft_nms.draw,
    ),
    "batched_diou_nms": (refdet.batched_diou_nms.trace(BOXES, SCORES, IDXS, 0.3), viz.nms.draw),
    "batched_nms": (refdet.batched_nms.trace(BOXES, SCORES, IDXS, 0.3), viz.nms.draw),
    "soft_nms": (refdet.soft_nms.trace(THREE, [0.9, 0.8, 0.7], 0.3), viz.soft_nms.draw),
    "complete_box_iou": (refdet.complete_box_iou.trace(*PAIR), viz.overlaps.draw),
    "generalized_box_iou": (refdet.generalized_box_iou.trace(*PAIR), viz.overlaps.draw),
    "decode_rcnn": (refdet.decode_rcnn.trace(np.eye(4).reshape(1, 16), [[0, 0, 4, 8]]), viz.coders.draw),
}


@functools.cache
def rendered(strip, dpi):
    figure = viz.filmstrip(*STRIPS[strip])
    figure.set_dpi(dpi)
    agg.FigureCanvasAgg(figure).draw()
    return figure


@pytest.mark.parametrize("dpi", [80, 120])
@pytest.mark.parametrize("strip", STRIPS)
def test_captions_and_numbers_lie_apart_and_within_the_figure(strip, dpi):
    figure = rendered(strip, dpi)
    captions = [ax._left_title.get_window_extent() for ax in figure.axes]
    numbers = [ax.xaxis.label.get_window_extent() for ax in figure.axes if ax.get_xlabel()]
    pictures = [ax.get_window_extent() for ax in figure.axes]
    everything = [*captions, *numbers, *pictures]
    assert [(a, b) for a, b in itertools.combinations(everything, 2) if a.overlaps(b)] == []
    width, height = figure.bbox.size
    assert all(p.x0 >= 0 and p.y0 >= 0 and p.x1 <= width and p.y1 <= height for p in everything)


@pytest.mark.parametrize("strip", STRIPS)
def test_a_row_is_as_high_as_it_needs_to_be(strip):
    """From the lowest of a row to the highest caption of the next one it is less than half an inch."""
    figure = rendered(strip, 120)
    tight = [ax.get_tightbbox() for ax in figure.axes]
    rows = [tight[first : first + 4] for first in range(0, len(tight), 4)]
    gaps = [min(p.y0 for p in row) - max(p.y1 for p in under) for row, under in itertools.pairwise(rows)]
    assert all(0 < gap < 0.5 * 120 for gap in gaps)
