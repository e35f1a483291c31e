"""What the step player needs of a trace: its JSON, the bodies that ran, and which lines led to each step."""

from __future__ import annotations

import ast
import json
import textwrap
from typing import Any

from refdet.stepwise import Trace


def player_data(trace, limit=4096):
    """An object for the player, ready for JSON.

    Parameters
    ----------
    trace : Trace
    limit : int
        Arrays of more values are summarised.

    Returns
    -------
    data : dict
        "trace" is ``trace.to_json()``, read back; "bodies" maps a function's name to {"lines": [[number,
        text], ...]} without its docstring; "ran" holds, per step, the first and last line number that ran
        since the previous yield of its frame, or null where the source is unknown.

    Raises
    ------
    TypeError
        `trace` is not a `Trace`.
    """
    if not isinstance(trace, Trace):
        raise TypeError(f"trace: {type(trace).__name__} came; wanted what nms.trace(...) returns")
    sources = {name: _Source(*source) for name, source in trace.sources.items()}
    last: dict[int, int] = {}
    ran: list[list[int] | None] = []
    for step in trace:
        source = sources.get(step.function)
        ran.append(None if source is None else source.ran(last.get(step.frame), step.line))
        last[step.frame] = step.line
    return {
        "trace": json.loads(trace.to_json(limit=limit)),
        "bodies": {name: {"lines": source.lines()} for name, source in sources.items()},
        "ran": ran,
    }


class _Source:
    """The text of one body, and the loops that its yields stand in."""

    def __init__(self, first, text):
        self.first, self.text = first, textwrap.dedent(text)
        self.body: Any = ast.parse(self.text).body[0]

    def lines(self):
        """[number, text] of every line outside the docstring."""
        start, end = self.docstring()
        numbered = enumerate(self.text.splitlines(), start=1)
        return [[n + self.first - 1, text] for n, text in numbered if not start <= n <= end]

    def docstring(self):
        """First and last line of the docstring, counted from 1; an empty range if there is none."""
        head = self.body.body[0]
        if ast.get_docstring(self.body, clean=False) is not None:
            return head.lineno, head.end_lineno
        return 1, 0

    def ran(self, before, now):
        """First and last line that ran between the yields at lines `before` (None at the start) and `now`."""
        now = now - self.first + 1
        start = self.docstring()[1] + 1 if before is None else before - self.first + 2
        if before is None and start == 1:
            start = self.body.body[0].lineno
        if start > now:  # around a loop: from the head of the innermost one that holds both yields
            holding = [loop for loop in self.loops() if loop.lineno <= now and start - 1 <= loop.end_lineno]
            start = max((loop.lineno for loop in holding), default=now)
        return [start + self.first - 1, now + self.first - 1]

    def loops(self):
        """Every for and while of the body."""
        return [node for node in ast.walk(self.body) if isinstance(node, (ast.For, ast.While))]
