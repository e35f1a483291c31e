"""Empty axes, and the rectangles that a drawing left on them."""

import pytest


@pytest.fixture
def ax():
    figure = pytest.importorskip("matplotlib.figure")
    return figure.Figure().add_subplot()


@pytest.fixture
def outlines():
    """``outlines(ax, "kept")``: the rectangles that were drawn with that mark, as (x, y, width, height)."""

    def of(ax, mark):
        return [patch.get_bbox().bounds for patch in ax.patches if patch.get_gid() == mark]

    return of
