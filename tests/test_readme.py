"""The README is true: its example runs, its links and files exist, its commands are those of the package."""

import doctest
import re
from pathlib import Path

import pytest

from refdet.cli import COMMANDS

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
def test_python_blocks_run_in_the_order_of_the_page(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scope = {}
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.S):
        if ">>>" in block:
            continue  # the README's, which is compared with what it prints
        for needed, package in (
            ("load_digits", "sklearn"),
            ("filmstrip", "matplotlib"),
            ("savefig", "matplotlib"),
        ):
            if needed in block:
                pytest.importorskip(package)
        exec(compile(block, str(page), "exec"), scope)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in link:
            assert (page.parent / link).exists(), link


PLACES = (".", "refdet", "refdet/ops", "csrc", "refdet/kernels", "tools")


def missing(rows):
    """Names of files and folders in backquotes that are nowhere the map could mean."""
    names = re.findall(r"`([\w./]+)`", rows)
    return [name for name in names if not any((ROOT / place / name).exists() for place in PLACES)]


def test_every_file_and_folder_that_the_map_names_exists():
    rows = README.split("## Where things are")[1].split("## Limits")[0]
    rows = rows.replace("`nms(...)`", "").replace("`nms.trace(...)`", "")
    assert len(re.findall(r"`", rows)) > 40 and missing(rows) == []
    assert missing("`refdet/nonsense/` and `samples/`") == ["refdet/nonsense/", "samples/"]


def test_every_command_that_is_named_exists():
    for page in PAGES:
        named = re.findall(r"(?:^|[`$&] *|    )refdet ([a-z]+)\b", page.read_text(), re.M)
        later = {"verify", "train", "detect", "eval"}  # named as not there yet
        assert set(named) <= {*COMMANDS, *later}, page


def test_it_stays_one_screen_and_a_half():
    assert len(README.splitlines()) <= 90
