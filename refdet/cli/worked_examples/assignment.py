"""Worked examples: assignment."""

from __future__ import annotations

from refdet.cli.worked_examples.example import Example

TASKS = {"cost": [[10, 7, 8, 2], [6, 4, 5, 3], [7, 6, 9, 5], [8, 5, 6, 4]]}
"""HUN-4; of its two best assignments, both 19, the first."""

EXAMPLES = {
    "kuhn_munkres": Example(
        "matching.kuhn_munkres:kuhn_munkres",
        "the Hungarian method, in its seven steps (HUN-2, HUN-4)",
        TASKS,
        [[0, 1, 2, 3], [3, 1, 0, 2]],
    ),
    "shortest_augmenting_path": Example(
        "matching.assignment:shortest_augmenting_path",
        "assignment with prices that prove it the cheapest (HUN-1)",
        {"cost": [[1, 2], [1, 4]]},
        [[0, 1], [1, 0], [2, 2], [-1, 0]],
    ),
}
