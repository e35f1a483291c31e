"""The table of cases: ``GROUPS[system]["op/family/dtype"]()`` is the list of them.

Groups in `FRESH` can be drawn again from any seed, for a run against the system itself.
"""

from __future__ import annotations

from .cases import Stream

GROUPS: dict[str, dict] = {}
FRESH: dict[str, dict] = {}


def add(system, op, family, draw, count):
    """A group of `count` cases, `draw(stream)` each; the dtype is part of the family's name."""
    name = f"{op}/{family}"
    GROUPS.setdefault(system, {})[name] = lambda: [draw(Stream(f"{name}/{i}")) for i in range(count)]
    FRESH.setdefault(system, {})[name] = draw


def add_fixed(system, op, family, make):
    """A group that is written out, not drawn."""
    GROUPS.setdefault(system, {})[f"{op}/{family}"] = make


def draw(function, *args):
    return lambda stream: function(stream, *args)
