"""The drawings of losses: what each row adds to a total, and the curves of the families."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from loss_draws import TOTALS
from tolerances import close

from refdet import losses, nms
from refdet.viz import filmstrip, terms, totals
from refdet.viz import losses as drawing

ROOT = Path(__file__).parents[2]
TRACES = {
    case: getattr(losses, name).trace(**draw(np.random.default_rng(0)))
    for case, (name, draw, _) in TOTALS.items()
}
TWO = [[0.0, 0.0], [0.0, 0.0]], [[2.0, 0, 0, 0], [9, 9, 9, 9]], [1, 0], np.zeros((2, 4))


def own(trace):
    """The steps without those of the terms."""
    return [step for step in trace if step.function in (*totals.TOTALS, "rcnn_svm_loss", "rcnn_ridge_loss")]


def bars(ax, name):
    """Left end and length of each piece of a term's bar."""
    drawn = [patch for patch in ax.patches if patch.get_gid() == name]
    return [(patch.get_x(), patch.get_width()) for patch in drawn]


def shapes(ax):
    """Where the rectangles lie, and what is written."""
    return [patch.get_bbox().bounds for patch in ax.patches] + [text.get_text() for text in ax.texts]


# By hand


def test_each_region_adds_its_piece(ax):
    """ln 2 / 2 of both classes; 3/2 / 2 of the first box, twice as dear; the total has two pieces."""
    first, _, last = own(losses.fast_rcnn_loss.trace(*TWO, box_weight=2))
    drawing.draw(ax, first)
    half = np.log(2) / 2
    assert close(bars(ax, "class"), [(0, half), (half, half)], "float64 sums") and not bars(ax, "box")
    ax.clear()
    drawing.draw(ax, last)
    assert close(bars(ax, "box"), [(0, 1.5)], "float64 sums")
    assert close(bars(ax, "total"), [(0, 2 * half), (2 * half, 1.5)], "float64 sums")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["class", "box", "total"]
    values = [text.get_text() for text in ax.texts if text.get_gid() == "value"]
    assert values == ["0.6931", "1.5", "2.193"]
    assert [text.get_text() for text in ax.texts if text.get_gid() != "value"] == ["0", "1", "0"]


def test_the_paper_divides_by_two_numbers():
    step = losses.rpn_loss.trace(np.zeros((1, 2)), [[2, 0, 0, 0]], [1], np.zeros((1, 4)))[-1]
    parts = drawing.contributions(step)
    assert close(parts["class"], [np.log(2) / 256], "float64 sums")
    assert close(parts["box"], [15 / 2400], "float64 sums")


# Properties


@pytest.mark.parametrize("case", TRACES)
def test_the_pieces_of_the_last_step_are_the_total(case, ax):
    trace = TRACES[case]
    parts = drawing.contributions(trace[-1])
    assert close(sum(part.sum() for part in parts.values()), trace.result["total"], "round trip")
    for step in own(trace):
        ax.clear()
        drawing.draw(ax, step)
        assert ax.patches and len(ax.get_yticks()) in (1, 2, 3)
    assert close(sum(length for _, length in bars(ax, "total")), trace.result["total"], "round trip")


def test_a_filmstrip_has_a_panel_per_step():
    pytest.importorskip("matplotlib.figure")
    trace = TRACES["faster r-cnn"]
    assert len(filmstrip(trace, totals.draw).axes) == len(trace) == 25 and len(own(trace)) == 7


@pytest.mark.parametrize("case", [case for case in TRACES if case not in ("svm", "ridge")])
def test_the_steps_of_a_total_are_drawn_as_totals_and_those_of_its_terms_as_terms(case, ax):
    other, drawn = ax.figure.add_subplot(), set()
    for step in TRACES[case]:
        is_own = step in own(TRACES[case])
        for axes, draw in ((ax, totals.draw), (other, drawing.draw if is_own else terms.draw)):
            axes.clear()
            draw(axes, step)
        assert shapes(ax) == shapes(other) != []
        drawn.add(is_own)
    assert drawn == {True, False}


@pytest.mark.parametrize("name", drawing.FAMILIES)
def test_the_second_panel_is_the_slope_of_the_first(name):
    """Of every curve, wherever its slope runs straight on; each curve has a look of its own."""
    axes = pytest.importorskip("matplotlib.figure").Figure().subplots(1, 2)
    drawing.draw_family(axes, name)
    curves = [[line for line in ax.lines if not line.get_label().startswith("_")] for ax in axes]
    assert len(curves[0]) == len(curves[1]) == len(axes[0].get_legend().get_texts()) >= 3
    assert len({(line.get_color(), line.get_linewidth()) for line in curves[0]}) == len(curves[0])
    for values, slopes in zip(*curves, strict=True):
        (x, y), (_, slope) = values.get_xydata().T, slopes.get_xydata().T
        straight = np.abs(np.diff(slope, 2)) < 1e-3 * (1 + np.abs(slope[1:-1]))
        measured = (y[2:] - y[:-2]) / (x[2:] - x[:-2])
        assert straight.sum() > 100
        apart = (measured - slope[1:-1]) / (1 + np.abs(slope[1:-1]))
        # The gradient of CIoU holds alpha (C-11), and so is not quite the slope.
        assert close(apart[straight], np.zeros(straight.sum()), "drawn curve") == (
            "CIoU" not in values.get_label()
        )


def test_the_pictures_of_the_pages_are_those_that_the_example_draws(tmp_path, monkeypatch, capsys):
    """The same files with the same words and marks in them; the numbers of other versions of matplotlib may differ."""
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(sys, "argv", ["loss_curves.py", str(tmp_path)])
    runpy.run_path(str(ROOT / "examples" / "loss_curves.py"))
    assert "total: class plus 1 times box, 1.32576" in capsys.readouterr().out
    on_file = sorted((ROOT / "docs" / "losses").glob("*.svg"))
    assert [path.name for path in on_file] == sorted(path.name for path in tmp_path.iterdir())
    for path in on_file:
        assert words(path) == words(tmp_path / path.name), path.name


def words(path):
    """What is written in a picture, numbers left out, and the colours of its shapes."""
    text = path.read_text()
    return re.findall(r"<text[^>]*>([^<\d]+)</text>", text), sorted(
        re.findall(r"(?:stroke|fill): (#\w+)", text)
    )


# Bad input


def test_another_family_or_step_is_refused(ax):
    with pytest.raises(
        ValueError, match="name: 'boxes' came; wanted one of classes, binary, numbers, overlaps"
    ):
        drawing.draw_family([ax, ax], "boxes")
    with pytest.raises(ValueError, match="step: nms.sort came; wanted a step of a total of refdet.losses"):
        drawing.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])
    with pytest.raises(
        ValueError, match="step: nms.sort came; wanted a step of localizer_loss, fast_rcnn_loss"
    ):
        totals.draw(ax, nms.trace(np.zeros((1, 4)), np.ones(1), 0.5)[0])


def test_a_total_of_nothing_draws(ax):
    nothing = losses.fast_rcnn_loss.trace(np.zeros((0, 3)), [], [], [])
    for step in nothing:
        totals.draw(ax, step)
    assert not ax.patches
