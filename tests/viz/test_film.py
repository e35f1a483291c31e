"""The filmstrip: a panel per step, captions that fit, and no window system."""

import io
import subprocess
import sys

import numpy as np
import pytest

from refdet import batched_nms, nms, roi_pool
from refdet.viz import filmstrip
from refdet.viz import nms as nms_drawing
from refdet.viz import roi_pool as roi_drawing

pytest.importorskip("matplotlib")
TRACE = nms.trace([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]], [0.9, 0.8, 0.7], 0.5)


def test_there_is_a_panel_per_step_with_its_note():
    titles = [ax.get_title(loc="left").replace("\n", " ") for ax in filmstrip(TRACE, nms_drawing.draw).axes]
    assert titles == [f"{i} {step.name}: {step.note}" for i, step in enumerate(TRACE)]


def test_captions_and_labels_of_a_batched_trace_number_the_boxes_alike():
    trace = batched_nms.trace(
        [[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]], [0.9, 0.8, 0.7], [1, 0, 1], 0.5
    )
    figure = filmstrip(trace, nms_drawing.draw, steps=[6, 7])  # of class 1
    labels = [sorted(text.get_text()[0] for text in ax.texts) for ax in figure.axes]
    titles = [ax.get_title(loc="left").replace("\n", " ") for ax in figure.axes]
    assert labels == [["0", "2"]] * 2
    assert titles == ["6 suppress: boxes over 0.5 with box 0 go", "7 pick: box 2 is the best still alive"]


def test_chosen_steps_keep_their_numbers():
    figure = filmstrip(TRACE, nms_drawing.draw, steps=[2, 0])
    assert [ax.get_title(loc="left")[:6] for ax in figure.axes] == ["2 supp", "0 sort"]


@pytest.mark.parametrize(
    ("trace", "draw"),
    [
        (TRACE, nms_drawing.draw),
        (roi_pool.trace(np.zeros((1, 1, 4, 4)), [[0, 0, 0, 3, 3]], 3), roi_drawing.draw),
        (nms.trace(np.zeros((30, 4)), np.ones(30), 0.5, max_steps=1), nms_drawing.draw),
    ],
    ids=["nms", "roi_pool", "long caption"],
)
def test_captions_lie_within_the_figure_and_apart(trace, draw):
    figure = filmstrip(trace, draw)
    figure.savefig(io.BytesIO(), format="png")  # lays it out
    places = [ax._left_title.get_window_extent() for ax in figure.axes]
    width, height = figure.bbox.size
    assert all(p.x0 >= 0 and p.y0 >= 0 and p.x1 <= width and p.y1 <= height for p in places)
    assert not any(a.overlaps(b) for i, a in enumerate(places) for b in places[:i])


def test_a_dollar_in_a_caption_is_no_mathematics():
    seen = []

    class Odd:
        function, name, note = "odd", "cost", "costs $5 and $6_x"

    class Trace(list):
        function = "odd"

    figure = filmstrip(Trace([Odd()]), lambda ax, step: seen.append(step))
    figure.savefig(io.BytesIO(), format="png")
    assert figure.axes[0].get_title(loc="left") == r"0 cost: costs \$5 and \$6_x" and len(seen) == 1


def test_neither_pyplot_nor_a_backend_is_chosen():
    code = """
import sys, io
from refdet import nms, viz
assert not any(name.startswith("matplotlib") for name in sys.modules)
viz.filmstrip(nms.trace([[0, 0, 1, 1]], [1.0], 0.5), viz.nms.draw).savefig(io.BytesIO(), format="png")
assert "matplotlib.pyplot" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_step_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="steps: 'sort' came; wanted a whole number"):
        filmstrip(TRACE, nms_drawing.draw, steps=["sort"])


def test_no_steps_are_refused():
    with pytest.raises(ValueError, match="steps: none came; wanted some of the 5 steps of nms"):
        filmstrip(TRACE, nms_drawing.draw, steps=[])
    empty = nms.trace([[0, 0, 1, 1]], [1.0], 0.5, max_steps=0)
    with pytest.raises(ValueError, match="none came; wanted some of the 0 steps"):
        filmstrip(empty, nms_drawing.draw)


def test_a_step_beyond_the_trace_is_refused():
    with pytest.raises(ValueError, match="steps: 5 came; wanted numbers below 5"):
        filmstrip(TRACE, nms_drawing.draw, steps=[5])
