"""The steps of the proposals stand in their docstrings and on their pages, in order."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "refdet"
PROPOSALS = [
    path.stem for path in sorted((PACKAGE / "proposals").glob("*.py")) if 'yield "' in path.read_text()
]


@pytest.mark.parametrize("stem", PROPOSALS)
def test_proposals_carry_their_steps_in_their_docstrings_and_on_their_page(stem):
    source = (PACKAGE / "proposals" / f"{stem}.py").read_text()
    steps = list(dict.fromkeys(re.findall(r'yield "(\w+): ', source)))
    page = ROOT / "docs" / "proposals" / f"{'selective_search' if stem == 'grouping' else stem}.md"
    page = re.findall(r"^(?:- )?\*\*(\w+)\*\*", page.read_text(), re.M)
    notes = re.findall(r"^    (\w+)\. +[A-Z]", source, re.M)
    assert steps and [key for key in page if key in steps] == steps
    assert [key for key in notes if key in steps] == steps
