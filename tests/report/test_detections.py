"""Detections as SVG: every box, its label, whether it is right, and the ground truth."""

import numpy as np
import pytest
from tolerances import TOLERANCES

from refdet.report.detections import draw

IMAGE = np.zeros((44, 60), np.uint8)
BOXES = [[5, 20, 20, 35], [30, 1, 50, 30]]


def rectangles(document, drawing, word):
    found = [r for r in document(drawing).named("rect") if r["class"] == word]
    return [tuple(float(r[name]) for name in ("x", "y", "width", "height")) for r in found]


def test_boxes_stand_where_they_were_found(document):
    drawing = draw(IMAGE, BOXES, ["cat", "dog"], [0.9, 0.25], right=[True, False], truths=[[4, 20, 20, 36]])
    assert rectangles(document, drawing, "box right") == [(5, 20, 15, 15)]
    assert rectangles(document, drawing, "box wrong") == [(30, 1, 20, 29)]
    assert rectangles(document, drawing, "box truth") == [(4, 20, 16, 16)]
    assert document(drawing).texts == ["cat 0.90", "dog 0.25"]
    assert document(drawing).named("svg")[0] == {
        "viewbox": "0 0 60 44", "role": "img", "aria-label": "2 detections, 1 ground truths",
    }  # fmt: skip


def test_the_image_is_there_once(document):
    (image,) = document(draw(IMAGE, BOXES)).named("image")
    assert image["href"].startswith("data:image/png;base64,")
    assert (image["width"], image["height"]) == ("60", "44")


def test_a_title_of_ones_own_is_read_out(document):
    (drawn,) = document(draw(IMAGE, BOXES, title="two <cups>")).named("svg")
    assert drawn["aria-label"] == "two <cups>"


def test_a_small_image_shows_its_pixels_and_a_large_one_is_smooth(document):
    for side, kind in ((255, "pixels"), (256, None)):
        (image,) = document(draw(np.zeros((8, side), np.uint8), None)).named("image")
        assert image.get("class") == kind


def test_a_label_stays_inside_the_image(document):
    corners = [[-5, -5, 10, 10], [50, 0, 70, 20], [0, 40, 10, 60]]
    drawing = draw(IMAGE, corners, ["left", "a long name", "low"])
    for x, y, width, height in rectangles(document, drawing, "tag right"):
        slack = TOLERANCES["svg pixels"][1]
        assert x >= 0 and y + height <= 44 + slack and (x + width <= 60 + slack or x == 0)


def test_no_box_is_drawn_over_a_label(document):
    marks = [r["class"].split()[0] for r in document(draw(IMAGE, BOXES, ["a", "b"])).named("rect")]
    assert marks == ["box", "box", "tag", "tag"]


@pytest.mark.parametrize(
    ("labels", "scores", "texts"),
    [(None, None, []), (None, [1, 0.5], ["1.00", "0.50"]), (["a", "b"], None, ["a", "b"])],
)
def test_labels_and_scores_are_optional(labels, scores, texts, document):
    assert document(draw(IMAGE, BOXES, labels, scores)).texts == texts


def test_no_detections_and_inverted_boxes_are_legal(document):
    assert rectangles(document, draw(IMAGE, []), "box right") == []
    assert rectangles(document, draw(IMAGE, [[9, 9, 3, 3]]), "box right") == [(9, 9, 0, 0)]


@pytest.mark.parametrize("name", ["labels", "scores", "right"])
def test_other_lengths_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}: 1 came; wanted 2, one per box"):
        draw(IMAGE, BOXES, **{name: [1]})


def test_boxes_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match="boxes: a value is not finite"):
        draw(IMAGE, [[0, 0, np.nan, 1]])
    with pytest.raises(ValueError, match="truths: a value is not finite"):
        draw(IMAGE, BOXES, truths=[[0, 0, np.inf, 1]])
