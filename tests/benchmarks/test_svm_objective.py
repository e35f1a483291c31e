"""The machines come as near to LIBLINEAR's objective as is said, and the page quotes what was measured."""

import inspect
import json
from pathlib import Path

import pytest

from benchmarks import svm_objective
from refdet.classical.linear_svm import fit_linear_svm

ROOT = Path(__file__).parents[2]
RESULT = json.loads((ROOT / "benchmarks" / "results" / "svm_objective.json").read_text())
PAGE = (ROOT / "docs" / "classical" / "linear_svm.md").read_text()


def test_within_a_thousandth_of_the_optimum_at_the_default_tolerance():
    default = inspect.signature(fit_linear_svm).parameters["tolerance"].default
    above = [row["above"] for row in RESULT["rows"] if row["tolerance"] == default and row["cost"] < 1]
    assert len(above) == 4 and max(above) <= 1e-3


def test_the_gap_says_how_far_from_the_optimum_the_dearest_machines_ended():
    """LIBLINEAR's objective is the optimum but for a millionth; the page says what each came to."""
    dear = [row for row in RESULT["rows"] if row["cost"] == 1]
    assert len(dear) == 2 and all(
        row["tolerance"] < row["gap"] and row["above"] > row["tolerance"] for row in dear
    )
    assert all(f"{100 * row['above']:.0f} %" in PAGE for row in dear)
    for row in RESULT["rows"]:
        assert row["above"] <= row["gap"] / (1 - row["gap"]) + 1e-5


def test_it_was_made_from_a_commit_on_a_known_machine():
    assert len(RESULT["commit"]) == 40 and RESULT["dirty"] is False
    assert RESULT["machine"]["processor"] and RESULT["versions"]["scikit-learn"]


@pytest.mark.parametrize("tolerance", svm_objective.TOLERANCES[1e-3])
def test_the_page_quotes_the_numbers(tolerance):
    rows = [row for row in RESULT["rows"] if row["tolerance"] == tolerance and row["cost"] < 1]
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {tolerance:f}".rstrip("0")))
    quoted = [cell.split(",")[0].strip() for cell in line.split("|")[2:-1]]
    assert [float(cell) for cell in quoted] == [float(f"{row['above']:.1e}") for row in rows]
