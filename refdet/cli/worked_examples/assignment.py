"""Worked examples: assignment."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

REDUCED = {"cost": [[8, 4, 6, 0], [0, 3, 5, 2], [0, 7, 1, 7], [2, 0, 0, 1]]}
"""Three lines cover its zeros; after one shift they hold the only assignment that costs 1 (docs/matching)."""

EXAMPLES = {
    "kuhn_munkres": Example(
        "matching.kuhn_munkres:kuhn_munkres",
        "the Hungarian method, in its seven steps (HUN-2)",
        REDUCED,
        [[0, 1, 2, 3], [3, 0, 2, 1]],
        "assignment",
    ),
    "linear_sum_assignment": Example(
        "matching.assignment:linear_sum_assignment",
        "the cheapest assignment, or the dearest (HUN-1)",
        {"cost": [[4, 1, 3], [2, 0, 5]]},
        [[0, 1], [1, 0]],
        "assignment",
    ),
    "shortest_augmenting_path": Example(
        "matching.assignment:shortest_augmenting_path",
        "the same, with prices that prove it (HUN-1)",
        {"cost": [[1, 2], [1, 4]]},
        [[0, 1], [1, 0], [2, 2], [-1, 0]],
        "assignment",
    ),
}
