"""docs/evaluation is true: its steps are those of the code, and every stepwise function has a section."""

import inspect
import re
from pathlib import Path

import pytest

from refdet import evaluation
from refdet.evaluation.mean_average_precision import evaluated

PAGE = (Path(__file__).parents[2] / "docs" / "evaluation" / "average_precision.md").read_text()
SECTIONS = {
    "match_detections": "## Matching (EVAL-3)",
    "precision_recall_curve": "## The curve (EVAL-4, EVAL-5)",
}
# Whose steps another function takes, or all of them.
SHARED = {"evaluate_detections": evaluated, "compute_map": evaluated}
# These compute nothing: they choose a rule, whose steps are the trace.
HANDING_ON = ("voc_ap", "integrate")
WITHOUT_STEPS = {
    "f1_score": "2 p r / (p + r)",
    "mean_over_classes": "the mean of those that are not NaN",
    "precision_at": "right ones over all",
    "recall_at": "right ones over objects",
}
STEPPED = [name for name in evaluation.__all__ if hasattr(getattr(evaluation, name), "trace")]


@pytest.mark.parametrize("name", [name for name in STEPPED if name not in HANDING_ON])
def test_steps_stand_in_order_in_the_docstring_and_on_the_page(name):
    function = getattr(evaluation, name)
    steps = re.findall(r'yield "(\w+): ', inspect.getsource(SHARED.get(name, function)))
    section = PAGE.split(SECTIONS.get(name, f"### `{name}`") + "\n")[1].split("\n##")[0]
    assert re.findall(r"^- \*\*(\w+)\*\*", section, re.M) == steps and len(steps) > 1
    assert re.findall(r"^(\w+)\. +[A-Z]", inspect.getdoc(function), re.M)[: len(steps)] == steps


def test_every_function_has_steps_unless_it_is_one_formula():
    functions = {name for name in evaluation.__all__ if inspect.isfunction(getattr(evaluation, name))}
    assert functions - set(STEPPED) == set(WITHOUT_STEPS) and set(HANDING_ON) < set(STEPPED)


@pytest.mark.parametrize("name", HANDING_ON)
def test_those_that_only_choose_a_rule_say_so(name):
    assert "its steps are th" in inspect.getdoc(getattr(evaluation, name)).splitlines()[0]
    assert f"`{name}(" in PAGE
