"""The drawing of a machine over two features: marks, dual variables, the line and its margins."""

import numpy as np
import pytest
from tolerances import close

from refdet import nms
from refdet.classical.linear_svm import fit_linear_svm
from refdet.viz import filmstrip
from refdet.viz import linear_svm as drawing


def trace(points, labels, **options):
    options = {"cost": 10.0, "bias_scale": 0.0, "tolerance": 1e-9} | options
    return fit_linear_svm.trace(points, labels, rng=np.random.default_rng(0), **options)


# w = (1, 0): the points at x = 1 and -1 lie on the margins, the third beyond its own, the fourth takes no part.
TRACE = trace([[1, 0], [-1, 0], [3, 2], [0, -2]], [1, -1, 1, 0])


def line(ax, score):
    """The ends of the line of that score."""
    return [drawn.get_xydata() for drawn in ax.lines if drawn.get_gid() == f"score {score}"]


def marks(ax, gid):
    """Where the marks of that kind lie."""
    drawn = [marks for marks in ax.collections if marks.get_gid() == gid]
    return sorted(tuple(map(float, mark.get_offsets()[0])) for mark in drawn)


# By hand


def test_before_the_first_sweep_there_is_no_line_and_every_mark_is_hollow(ax):
    drawing.draw(ax, TRACE[0])
    assert line(ax, 0) == [] and marks(ax, "resting on") == [] and len(marks(ax, "beside")) == 4
    assert ax.get_xlabel() == "primal 30, dual 0"
    assert all(len(mark.get_facecolors()) == 0 for mark in ax.collections if len(mark.get_edgecolors()) > 1)


def test_the_machine_rests_on_the_examples_at_its_margins(ax):
    drawing.draw(ax, TRACE[-1])
    x = {score: line(ax, score)[0][:, 0] for score in (-1, 0, 1)}
    assert all(close(x[score], [score, score], "by hand") for score in x)
    written = sum(float(text.get_text()) for text in ax.texts)  # both share the length of w
    assert close(written, 1, "by hand") and (3, 2) not in marks(ax, "resting on")
    assert ax.get_xlabel() == "primal 0.5, dual 0.5"


def test_a_sweep_says_what_was_measured_before(ax):
    drawing.draw(ax, TRACE[1])
    assert ax.get_xlabel().splitlines() == ["before: primal 30, dual 0", "swept 3 of 4"]


def test_a_flat_line_with_a_bias(ax):
    """Between (0, 0) and (0, 2): y = 1, margins at 0 and 2; w = 1 and b = -1 are the least that reach them."""
    last = trace([[0, 2], [0, 0]], [1, -1], bias_scale=3.0)[-1]
    drawing.draw(ax, last)
    for score, y in ((-1, 0), (0, 1), (1, 2)):
        assert close(line(ax, score)[0][:, 1], [y, y], "by hand")


def test_the_second_machine(ax):
    both = trace([[1, 0], [-1, 0]], [[1, -1], [-1, 1]])[-1]
    drawing.draw(ax, both, machine=1)
    assert close(line(ax, 1)[0][:, 0], [-1, -1], "by hand")


# Properties


@pytest.mark.filterwarnings("ignore::refdet.classical.linear_svm.ConvergenceWarning")
def test_kinds_differ_in_colour_and_in_mark_and_all_are_in_view(ax):
    assert len({style["marker"] for style in drawing.MARKS.values()}) == 3
    assert len({style["color"] for style in drawing.MARKS.values()}) == 3
    points = np.random.default_rng(0).normal(5, 3, (30, 2))
    for step in trace(points, np.sign(points[:, 0] - 5), max_epochs=3):
        ax.clear()
        drawing.draw(ax, step)
        assert len(ax.collections) == 30 and not ax.texts  # too many to write their numbers
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        assert (points > [left, bottom]).all() and (points < [right, top]).all()


def test_no_examples_and_a_filmstrip(ax):
    drawing.draw(ax, trace(np.zeros((0, 2)), [])[0])
    assert not ax.collections
    assert len(filmstrip(TRACE, drawing.draw).axes) == len(TRACE)


# Bad input


def test_what_cannot_be_drawn_is_refused(ax):
    with pytest.raises(ValueError, match="machine: 1 came; wanted 0 to 0"):
        drawing.draw(ax, TRACE[0], machine=1)
    with pytest.raises(ValueError, match="step: its machine has 1 features; wanted 2"):
        drawing.draw(ax, trace([[1.0]], [1])[0])
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of fit_linear_svm"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
