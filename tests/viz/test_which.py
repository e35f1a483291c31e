"""Which algorithms have a picture of their steps: those that the docstring of the package lists, and no others."""

import inspect
import re

import pytest
from calls import CALLS, function_of

from refdet import viz

DRAWINGS = (
    *(
        "nms",
        "soft_nms",
        "overlaps",
        "coders",
        "roi_pool",
        "roi_align",
        "losses",
        "matching",
        "average_precision",
        "evaluation",
        "assignment",
        "terms",
        "grid_coders",
        "hard_negatives",
        "delta_normalization",
    ),
    *("box_formats", "candidates", "overlap_gradients"),
    *("segmentation", "selective_search", "warping", "rcnn_labels", "linear_svm", "ridge_boxes"),
    *("sampling", "totals"),
)
STEPWISE = {
    name.rpartition(".")[2]: (function_of(name), CALLS[name])
    for name in CALLS
    if hasattr(function_of(name), "trace")
}


def listed(drawing):
    """The functions of the docstring's entry of that drawing, batched and aligned forms written out."""
    line = re.search(rf"^- ``{drawing}``: (.*(?:\n  .*)*)$", viz.__doc__, re.M).group(1)
    names = set(re.findall(r"(?<!`)`(\w+)`", line))
    forms = re.findall(r"(\w+) forms", line)
    return names | {f"{form}_{name}" for form in forms for name in names}


def drawn_by(drawing, ax):
    """The functions whose every step that module draws."""
    for name, (function, call) in STEPWISE.items():
        try:
            for step in function.trace(**call):
                getattr(viz, drawing).draw(ax, step)
        except ValueError as refusal:
            assert re.match(r"step: .* came; wanted a step", str(refusal))
        else:
            yield name


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_each_drawing_draws_the_algorithms_that_it_names_and_refuses_all_others(drawing, ax):
    assert set(drawn_by(drawing, ax)) == listed(drawing) <= set(STEPWISE)


def test_every_drawing_of_steps_is_listed():
    draws = {name: getattr(getattr(viz, name), "draw", None) for name in viz.__all__}
    of_steps = {name for name, draw in draws.items() if draw and "step" in inspect.signature(draw).parameters}
    assert of_steps == set(DRAWINGS)
