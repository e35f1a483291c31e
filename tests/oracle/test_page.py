"""docs/conventions.md says what the profiles and the recorded cases say."""

import dataclasses
from pathlib import Path

import pytest

from refdet.conventions import Convention
from refdet.profiles import PROFILES

from .groups import DISAGREEMENTS, GROUPS
from .replay import recorded

TEXT = (Path(__file__).parents[2] / "docs" / "conventions.md").read_text()
PARTS = [field.name for field in dataclasses.fields(Convention) if field.name not in ("name", "system")]


def rules(name):
    """The parts that a profile has, by name."""
    return {part: rule for part in PARTS if (rule := getattr(PROFILES[name], part))}


def tables():
    """Every table of the page: its head, and its rows."""
    rows = []
    for line in [*TEXT.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.split("|")[1:-1]])
        elif rows:
            yield rows[0], rows[2:]
            rows = []


def shown(value):
    """A field's value as the page writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(shown, value))
    if isinstance(value, float):
        return f"{value:.4g}".replace("e+", "e").replace("e-0", "e-")
    return "always" if value == 2**63 - 1 else "none" if value is None else str(value)


def test_the_page_explains_every_field():
    explained = {row[0] for head, rows in tables() if head == ["field", "what it decides"] for row in rows}
    fields = {field.name for rule in rules("refdet").values() for field in dataclasses.fields(rule)}
    assert explained == {f"`{field}`" for field in fields}


@pytest.mark.parametrize("part", PARTS)
def test_the_page_shows_the_values_of_every_profile(part):
    """One table a part, fields as columns; profiles that lack the part have no row."""
    fields = [field.name for field in dataclasses.fields(rules("refdet")[part])]
    (found,) = [rows for head, rows in tables() if head == ["profile", *(f"`{field}`" for field in fields)]]
    expected = [
        [f"`{name.upper()}`", *(shown(getattr(rules(name)[part], field)) for field in fields)]
        for name in PROFILES
        if part in rules(name)
    ]
    assert found == expected


def test_the_page_has_a_row_for_every_profile():
    heads = ["profile", "system and version", "known from", "operations", "recorded cases"]
    (rows,) = [rows for head, rows in tables() if head == heads]
    assert [row[0] for row in rows] == [f"`{name.upper()}`" for name in PROFILES]
    for name, row in zip(PROFILES, rows, strict=True):
        assert row[-1] == (str(sum(map(len, recorded(name).values()))) if name in GROUPS else "")


def test_the_page_lists_every_disagreement():
    (rows,) = [rows for head, rows in tables() if head == ["system", "recorded group", "cause"]]
    listed = {group.strip("` ") for row in rows for group in row[1].split(",")}
    assert listed >= {group for _, group in DISAGREEMENTS}
