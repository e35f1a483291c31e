"""Detections over an image: a box and a label each, a colour per class."""

import io

import numpy as np
import pytest

from refdet.viz import detections

IMAGE = np.zeros((40, 60), np.uint8)
BOXES = [[5, 20, 20, 35], [30, 1, 50, 30], [0, 10, 9, 19]]


def test_each_detection_has_its_box_and_its_label(ax):
    detections.draw(ax, IMAGE, BOXES, ["cat", "dog", "cat"], [0.9, 0.8, 0.75])
    bounds = [patch.get_bbox().bounds for patch in ax.patches]
    assert bounds == [(5, 20, 15, 15), (30, 1, 20, 29), (0, 10, 9, 9)]
    assert [text.get_text() for text in ax.texts] == ["cat 0.90", "dog 0.80", "cat 0.75"]
    colours = [patch.get_edgecolor() for patch in ax.patches]
    assert colours[0] == colours[2] != colours[1]


def test_pixel_0_covers_0_to_1(ax):
    detections.draw(ax, IMAGE, [])
    assert ax.images[0].get_extent() == [0, 60, 40, 0]


def test_a_label_at_the_upper_border_stands_inside(ax):
    detections.draw(ax, IMAGE, BOXES, scores=[1, 1, 1])
    assert [text.get_va() for text in ax.texts] == ["bottom", "top", "bottom"]


def test_labels_are_optional_and_may_hold_dollars(ax):
    detections.draw(ax, np.zeros((4, 4, 3)), [[0, 0, 1, 1]])
    assert len(ax.texts) == 0
    detections.draw(ax, np.zeros((4, 4, 3)), [[0, 0, 1, 1]], ["$a_1$"])
    ax.figure.savefig(io.BytesIO(), format="png")
    assert ax.texts[0].get_text() == r"\$a_1\$"


@pytest.mark.parametrize("name", ["labels", "scores"])
def test_other_lengths_are_refused(name, ax):
    with pytest.raises(ValueError, match=f"{name}: 2 came; wanted 3, one per box"):
        detections.draw(ax, IMAGE, BOXES, **{name: [1, 2]})
