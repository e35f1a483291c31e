"""The README is true: its example runs, its links and files exist, its commands are those of the package."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_example_prints_what_it_says():
    example = re.search(r"```python\n(.*?)```", README, re.S)[1]
    test = doctest.DocTestParser().get_doctest(example, {}, "README", None, 0)
    runner = doctest.DocTestRunner(verbose=False)
    runner.run(test)
    assert runner.summarize(verbose=False) == (0, len(test.examples))
    assert len(test.examples) >= 6


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


def test_every_file_that_the_map_names_exists():
    rows = README.split("## Where things are")[1].split("## Limits")[0]
    for name in re.findall(r"`([\w/.]+)`", rows):
        places = [ROOT / name, ROOT / "refdet" / name, ROOT / "refdet/ops" / name, ROOT / "csrc" / name]
        places += [ROOT / "refdet/kernels" / name, ROOT / "tools" / name]
        assert any(place.exists() for place in places) or "." not in name.strip("."), name


def test_it_stays_one_screen_and_a_half():
    assert len(README.splitlines()) <= 90
