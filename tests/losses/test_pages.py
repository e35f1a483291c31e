"""docs/losses is true: its examples print what they show, its steps are those of the code, every loss has its place."""

import doctest
import inspect
import re
from pathlib import Path

import pytest

from refdet import losses
from refdet.losses import softmax

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "losses").glob("*.md"))
STEPPED = {
    "localizer": "totals",
    "fast_rcnn": "totals",
    "rpn": "totals",
    "faster_rcnn": "totals",
    "rcnn_svm": "hinge",
    "rcnn_ridge": "hinge",
}

TERMS = {
    "binary_cross_entropy_with_logits": "binary",
    "box_iou_loss": "overlaps",
    "complete_box_iou_loss": "overlaps",
    "cross_entropy": "classes",
    "distance_box_iou_loss": "overlaps",
    "generalized_box_iou_loss": "overlaps",
    "hinge_loss": "hinge",
    "log_softmax": "classes",
    "quality_focal_loss": "binary",
    "sigmoid_focal_loss": "binary",
    "smooth_l1_loss": "numbers",
    "smooth_labels": "classes",
    "softmax": "classes",
}
PLAIN = {"cross_entropy_of_probs", "l1_loss", "squared_error"}


class SameNumbers(doctest.OutputChecker):
    """Numbers are compared as numbers, however many zeros and blanks stand behind them."""

    def check_output(self, want, got, optionflags):
        return plain(want) == plain(got)


def plain(text):
    text = re.sub(r"-?\d+\.?\d*(?:e[-+]?\d+)?", lambda found: f"{float(found[0]):.6g}", text)
    return re.sub(r"\s+", " ", re.sub(r"\s+(?=[,\])])|(?<=[(\[])\s+", "", text)).strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_print_what_the_page_shows(page):
    code = "\n".join(re.findall(r"```python\n(.*?)```", page.read_text(), re.S))
    test = doctest.DocTestParser().get_doctest(code, {}, page.name, str(page), 0)
    told = []
    doctest.DocTestRunner(checker=SameNumbers(), verbose=False).run(test, out=told.append)
    assert len(test.examples) >= 4 and "".join(told) == ""


def test_another_number_would_be_seen():
    checker = SameNumbers()
    assert checker.check_output("[1.625, 0.5  , 0.   ]\n", "[1.625, 0.5, 0]\n", 0)
    assert not checker.check_output("0.490415\n", "0.490416\n", 0)


@pytest.mark.parametrize("stem", STEPPED)
def test_a_total_carries_its_steps_in_its_docstring_and_on_its_page(stem):
    source = (ROOT / "refdet" / "losses" / f"{stem}.py").read_text()
    steps = re.findall(r'yield "(\w+): ', source)
    text = (ROOT / "docs" / "losses" / f"{STEPPED[stem]}.md").read_text()
    headings = {"rcnn_svm": "## R-CNN's machines", "rcnn_ridge": "## R-CNN's box regressors"}
    section = text.split(headings.get(stem, f"(`{stem}.py`)\n"))[1].split("\n## ")[0]
    assert steps and re.findall(r"^- \*\*(\w+)\*\*", section, re.M) == steps
    assert [key for key in re.findall(r"^    (\w+)\. +[A-Z]", source, re.M) if key in steps] == steps


@pytest.mark.parametrize("name", TERMS)
def test_a_term_carries_its_steps_in_its_docstring_and_on_its_page(name):
    function = getattr(softmax, name, None) or getattr(losses, name)
    source = inspect.getsource(function)
    steps = re.findall(r'yield "(\w+): ', source) + ["reduce"] * ("weighed(" in source)
    text = (ROOT / "docs" / "losses" / f"{TERMS[name]}.md").read_text()
    section = text.split(f"### Steps of `{name}`\n")[1].split("\n##")[0]
    assert steps and re.findall(r"^- \*\*(\w+)\*\*", section, re.M) == steps
    assert re.findall(r"^(\w+)\. +[A-Z0-9-]", inspect.getdoc(function), re.M) == steps


def test_all_stepwise_losses_are_in_these_tables_and_the_others_are_said_to_have_no_steps():
    public = [name for name in losses.__all__ if not name.endswith("_backward")]
    stepped = {name for name in public if hasattr(getattr(losses, name), "trace")}
    assert stepped == {f"{stem}_loss" for stem in STEPPED} | set(TERMS) - {"softmax", "log_softmax"}
    assert PLAIN == set(public) - stepped
    sentence = (
        (ROOT / "docs" / "losses" / "terms.md").read_text().split("All but three of them")[1].split("\n\n")[0]
    )
    assert all(f"`{name}`" in sentence for name in PLAIN)


def test_every_loss_stands_on_a_page():
    text = "".join(page.read_text() for page in PAGES)
    names = [name for name in losses.__all__ if not name.endswith("_backward")]
    assert [
        name
        for name in names
        if f"`{name}" not in text and f"`{name.replace('box_iou_loss', '')}`" not in text
    ] == []


def test_every_family_has_its_picture():
    for page in PAGES:
        pictures = re.findall(r"!\[[^\]]+\]\((\w+)\.svg\)", page.read_text())
        assert pictures == ([] if page.stem == "terms" else [page.stem])
