"""Measurements in words: one wording for the terminal and for the tables of the documentation."""

from __future__ import annotations

from benchmarks.rounds import quartiles, ratios


def number(value):
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def spread(values):
    """Median, and the quartiles behind it."""
    low, middle, high = map(number, values)
    return f"{middle} ({low}-{high})"


def why_not(row):
    """Why there is no time; empty if there is one."""
    kinds = {"absent": "", "skipped": "skipped: ", "failed": "FAILED: "}
    return next((text + row[kind] for kind, text in kinds.items() if kind in row), "")


def row_line(row, base):
    """One candidate: milliseconds, ratio to the baseline, agreement; or why there are none."""
    if why_not(row):
        return why_not(row)
    line = f"{spread(quartiles(row['ms'])):>26s} ms"
    if base:
        line += f"  {spread(ratios(row, base)):>20s} x {base['candidate']}"
    return f"{line}  {row['agreement']}"


def goal_line(goal):
    """One verdict."""
    subject = f"{goal['op']}, {goal['workload']}, {goal['candidate']}"
    return f"{goal['verdict']:12s} {subject:58s} {goal['measured']:>8s}   goal: {goal['wanted']}"


def memory_line(row):
    """One peak of memory."""
    told = why_not(row) or (
        f"peak {row['peak'] / 1e9:.2f} GB, {row['before'] / 1e9:.2f} GB of it before, {row['seconds']} s"
    )
    return f"memory: {row['op']}, {row['workload']}, {row['candidate']}: {told}"
