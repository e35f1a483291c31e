"""The drawing of a single loss: a group of bars for each term, and a line for their sum or mean."""

import inspect
import re

import numpy as np
import pytest

from refdet import losses, nms
from refdet.losses.softmax import softmax
from refdet.viz import terms as drawing


def heights(ax, gid):
    return [round(bar.get_height(), 6) for bar in ax.patches if bar.get_gid() == gid]


def texts(ax):
    return [text.get_text() for text in ax.texts]


# By hand


def test_bars_are_what_the_step_has_computed(ax):
    split = losses.smooth_l1_loss.trace([0, 0.5, -1, 2], [0, 0, 0, 0]).named("split")[0]
    drawing.draw(ax, split)
    assert heights(ax, "within beta") == [0, 0.5, 1, 1] and heights(ax, "beyond") == [0, 0, 0, 1]
    assert texts(ax) == ["0", "0.5", "1", "1", "0", "0", "0", "1"]
    left = [bar.get_x() + bar.get_width() for bar in ax.patches if bar.get_gid() == "within beta"]
    right = [bar.get_x() for bar in ax.patches if bar.get_gid() == "beyond"]
    assert np.abs(np.subtract(left, right)).max() < 1e-12  # side by side
    assert [label.get_text() for label in ax.get_legend().get_texts()] == ["within beta", "beyond"]


def test_the_last_step_weighs_and_has_a_line_if_it_reduces(ax):
    given = {"logits": np.log([[1.0, 3], [1, 1]]), "targets": [1, 0], "weights": [1, 3]}
    drawing.draw(ax, losses.cross_entropy.trace(**given)[-1])
    assert heights(ax, "loss") == [0.287682, 2.079442]
    assert not [line for line in ax.lines if line.get_gid() == "reduced"]
    ax.clear()
    drawing.draw(ax, losses.cross_entropy.trace(**given, reduction="mean")[-1])
    (line,) = [line for line in ax.lines if line.get_gid() == "reduced"]
    assert round(line.get_ydata()[0], 6) == 1.183562 and line.get_label() == "mean"


def test_numbers_stay_inside_on_both_sides_of_zero(ax):
    drawing.draw(ax, softmax.trace([[0.0, 2]])[0])
    low, high = ax.get_ylim()
    assert low < -2 and high > 0


def test_an_overlap_loss_begins_with_the_boxes(ax):
    trace = losses.generalized_box_iou_loss.trace([[0, 0, 2, 2]], [[1, 1, 3, 3]])
    drawing.draw(ax, trace.named("enclose")[0])
    assert "enclosing 9" in ax.get_xlabel()
    ax.clear()
    drawing.draw(ax, trace.named("turn")[0])
    assert heights(ax, "overlap") == [-0.079365] and heights(ax, "loss") == [1.079365]


@pytest.mark.parametrize("name", [name for name in drawing.SHOWN if name != "weighed"])
def test_every_step_that_is_listed_exists(name):
    """And every step of the function is listed."""
    function = getattr(losses.softmax, name, None) or getattr(losses, name)
    assert list(drawing.SHOWN[name]) == re.findall(r'yield "(\w+): ', inspect.getsource(function))


# Bad input


def test_no_terms_and_many_draw(ax):
    for count in (0, 40):
        for step in losses.sigmoid_focal_loss.trace(np.ones(count), np.ones(count), reduction="sum"):
            ax.clear()
            drawing.draw(ax, step)
            assert texts(ax) == []


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match=r"step: nms.sort came; wanted a step"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [0.5], 0.5)[0])
