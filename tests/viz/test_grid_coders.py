"""The drawing of the coders of SSD, YOLO and DETR, of cells and letterboxes."""

import numpy as np
import pytest

import refdet
from refdet.viz import grid_coders as drawing


def centres(ax):
    return [
        tuple(float(part[0]) for part in line.get_data()) for line in ax.lines if line.get_gid() == "centre"
    ]


def drawn(ax, step):
    ax.clear()
    drawing.draw(ax, step)


# By hand


def test_a_prior_and_its_box(ax, outlines):
    first, second = refdet.decode_ssd.trace([[1, 1, 0, 0]], [[0, 0, 4, 2]])
    drawn(ax, first)
    assert outlines(ax, "start") == [(0, 0, 4, 2)] and outlines(ax, "box") == []
    drawn(ax, second)
    assert np.round(outlines(ax, "box"), 9).tolist() == [[0.4, 0.2, 4, 2]]


@pytest.mark.parametrize("version", [3, 5])
def test_an_anchor_stands_around_the_middle_of_its_cell(ax, outlines, version):
    given = [[2, 1]], [[20, 30]], 8  # the cell from (16, 8) to (24, 16)
    trace = getattr(refdet, f"decode_yolov{version}").trace([[0, 0, 0, 0]], *given)
    drawn(ax, trace.named("activate")[0])
    assert outlines(ax, "cell") == [(16, 8, 8, 8)] and outlines(ax, "start") == [(10, -3, 20, 30)]
    assert outlines(ax, "box") == [] and centres(ax) == []
    drawn(ax, trace.named("place")[0])
    assert centres(ax) == [(20, 12)]
    for name in ("stretch", "corners"):
        drawn(ax, trace.named(name)[0])
        assert outlines(ax, "box") == [(10, -3, 20, 30)] and centres(ax) == []
    trace = getattr(refdet, f"encode_yolov{version}").trace([[10, 2, 30, 22]], *given)
    drawn(ax, trace[0])
    assert outlines(ax, "box") == [(10, 2, 20, 20)]


def test_the_cells_of_an_image(ax, outlines):
    trace = refdet.encode_yolov1.trace([[20, 10, 60, 30]], (40, 80), (2, 4))
    drawn(ax, trace[0])
    assert len(outlines(ax, "grid")) == 8 and outlines(ax, "cell") == []
    assert outlines(ax, "image") == [(0, 0, 80, 40)] and outlines(ax, "box") == [(20, 10, 40, 20)]
    drawn(ax, trace.named("floor")[0])  # as parts of the image
    assert outlines(ax, "cell") == [(0.5, 0.5, 0.25, 0.5)] and centres(ax) == [(0.5, 0.5)]
    drawn(ax, trace[-1])
    assert outlines(ax, "cell") == [(40, 20, 20, 20)]
    place, square, corners = refdet.decode_yolov1.trace([[0.5, 0.5, 0.5, 1]], [[1, 0]], (40, 80), (2, 4))
    drawn(ax, place)
    assert centres(ax) == [(30, 10)] and outlines(ax, "box") == []
    for step in (square, corners):
        drawn(ax, step)
        assert outlines(ax, "box") == [(20, -10, 20, 40)]


def test_parts_of_the_image_become_pixels(ax, outlines):
    _, parts, pixels = refdet.decode_detr.trace([[0, 0, 0, 0]], (200, 400), "logits")
    for step in (parts, pixels):
        drawn(ax, step)
        assert outlines(ax, "image") == [(0, 0, 400, 200)] and outlines(ax, "box") == [(100, 50, 200, 100)]


def test_an_image_on_its_canvas_and_its_boxes(ax, outlines):
    fit, resize, pad = refdet.letterbox.trace((4, 8), (16, 16))
    drawn(ax, fit)
    assert outlines(ax, "image") == [(0, 0, 8, 4)] and outlines(ax, "border") == [(0, 0, 16, 16)]
    drawn(ax, resize)
    assert outlines(ax, "image") == [(0, 0, 16, 8)]
    drawn(ax, pad)
    assert outlines(ax, "image") == [(0, 4, 16, 8)] and outlines(ax, "border") == [(0, 0, 16, 16)]
    mapping = refdet.letterbox((4, 8), (16, 16))
    scale, shift = refdet.letterbox_boxes.trace([[0, 0, 4, 4]], mapping)
    drawn(ax, scale)
    assert outlines(ax, "box") == [(0, 0, 8, 8)] and outlines(ax, "border") == []
    drawn(ax, shift)
    assert outlines(ax, "box") == [(0, 4, 8, 8)] and outlines(ax, "image") == [(0, 4, 16, 8)]
    drawn(ax, refdet.unletterbox_boxes.trace([[0, 4, 8, 12]], mapping)[-1])
    assert outlines(ax, "box") == [(0, 0, 4, 4)] and outlines(ax, "image") == [(0, 0, 8, 4)]


# Bad input


def test_no_boxes_draw(ax, outlines):
    for step in refdet.decode_yolov3.trace(np.zeros((0, 4)), np.zeros((0, 2), int), np.zeros((0, 2)), 8):
        drawn(ax, step)
        assert outlines(ax, "box") == []


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="step: nms.sort came; wanted a step of a coder"):
        drawing.draw(ax, refdet.nms.trace([[0, 0, 1, 1]], [0.5], 0.5)[0])
