"""The drawing of the normalisation of deltas: bars, four by four."""

import pytest

from refdet import delta_statistics, nms, normalize_deltas
from refdet.boxes.delta_normalization import denormalize_deltas
from refdet.viz import delta_normalization as drawing


def heights(ax, gid):
    return [round(bar.get_height(), 6) for bar in ax.patches if bar.get_gid() == gid]


def test_normalised_and_back(ax):
    centre, divide = normalize_deltas.trace([[0.2, -0.05, 0.4, 0]])
    drawing.draw(ax, centre)
    assert heights(ax, "deltas") == heights(ax, "less the means") == [0.2, -0.05, 0.4, 0]
    ax.clear()
    drawing.draw(ax, divide)
    assert heights(ax, "over the deviations") == [2, -0.5, 2, 0]
    ax.clear()
    drawing.draw(ax, denormalize_deltas.trace([[2, -0.5, 2, 0]])[0])
    assert heights(ax, "targets") == [2, -0.5, 2, 0]
    assert heights(ax, "times the deviations") == [0.2, -0.05, 0.4, 0]


def test_mean_and_deviation_of_each_class(ax):
    drawing.draw(ax, delta_statistics.trace([[0.1, 0, 0, 0], [0.3, 0, 0, 0]], [0, 0], 2)[-1])
    assert heights(ax, "mean") == [0.2] + [0] * 7 and heights(ax, "deviation") == [0.1] + [0] * 7
    assert ax.get_xlabel() == "dx, dy, dw, dh, row by row"


def test_a_step_of_another_algorithm_is_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of a normalisation of deltas"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [0.5], 0.5)[0])
