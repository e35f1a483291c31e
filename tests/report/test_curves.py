"""Curves as SVG: where the points lie, and which lines can be told apart."""

import pytest

from refdet.report.curves import COLOURS, LEFT, SIDE, TOP, draw


def lines(document, drawing):
    return document(drawing).named("polyline")


def points(line):
    return [tuple(map(float, pair.split(","))) for pair in line["points"].split()]


def test_points_lie_where_the_axes_say(document):
    (line,) = lines(document, draw({"a": ([0, 0.5, 1], [1, 1, 0.25])}))
    assert points(line) == [(LEFT, TOP), (LEFT + SIDE / 2, TOP), (LEFT + SIDE, TOP + 0.75 * SIDE)]


def test_a_precision_that_is_not_defined_is_left_out(document):
    (line,) = lines(document, draw({"a": ([0, 1], [float("nan"), 1])}))
    assert points(line) == [(LEFT + SIDE, TOP)]


def test_every_line_has_its_own_look_and_its_name(document):
    drawing = draw({f"digit {k}": ([0, 1], [1, 0]) for k in range(3 * COLOURS)}, y="share")
    assert len({line["class"] for line in lines(document, drawing)}) == 3 * COLOURS
    assert {f"digit {k}" for k in range(3 * COLOURS)} | {"recall", "share"} <= set(document(drawing).texts)


def test_everything_lies_within_the_drawing(document):
    drawing = draw({f"a rather long name {k}": ([0, 1], [1, 0]) for k in range(7)})
    _, _, width, height = map(float, document(drawing).named("svg")[0]["viewbox"].split())
    for text in document(drawing).named("text"):
        assert 0 <= float(text["x"]) <= width and 0 <= float(text["y"]) <= height
    assert "a rather long n..." in document(drawing).texts


def test_no_curves_leave_the_axes(document):
    assert lines(document, draw({})) == [] and len(document(draw({})).named("line")) == 12


@pytest.mark.parametrize(
    ("curve", "message"),
    [
        (([0, 1], [1]), "equally many"),
        (([0, 1.5], [1, 1]), "leaves the range"),
        (([0, 1], [-0.1, 1]), "leaves the range"),
    ],
)
def test_a_curve_that_does_not_fit_is_refused(curve, message):
    with pytest.raises(ValueError, match=f"curves: 'a' .*{message}"):
        draw({"a": curve})
