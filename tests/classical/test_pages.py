"""The pages of R-CNN's stages are true: their examples print what they show, their steps are those of the code."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = {
    "docs/classical/linear_svm.md": ["classical/linear_svm.py", "classical/hard_negatives.py"],
    "docs/classical/ridge_boxes.md": ["classical/ridge_boxes.py"],
    "docs/matching/rcnn_labels.md": ["matching/best_ground_truth.py", "matching/rcnn_labels.py"],
    "docs/matching/sampling.md": ["matching/sampling.py"],
}


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_print_what_the_page_shows(page):
    # The parser takes the fence for a part of what is printed.
    text = (ROOT / page).read_text().replace("\n```", "\n\n")
    examples = doctest.DocTestParser().get_doctest(text, {}, page, page, 0)
    found = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(examples)
    assert found.attempted >= 2 and found.failed == 0


@pytest.mark.parametrize("page", PAGES)
def test_the_page_and_the_docstrings_name_the_steps_in_order(page):
    sources = [(ROOT / "refdet" / name).read_text() for name in PAGES[page]]
    steps = [key for source in sources for key in re.findall(r'yield "(\w+): ', source)]
    bold = re.findall(r"^- \*\*(\w+)\*\*", (ROOT / page).read_text(), re.M)
    notes = [key for source in sources for key in re.findall(r"^    (\w+)\. +[A-Z]", source, re.M)]
    assert [key for key in bold if key in steps] == steps
    assert [key for key in notes if key in steps] == steps
