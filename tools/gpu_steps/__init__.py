"""The steps of tools/gpu_check.py, each a process of its own: ``python -m gpu_steps.facts --out DIR``.

A step prints what it does, and a line ``RESULT`` with a JSON object, which the summary keeps. It ends
with 0 if all is well, with `NOT_RUN` if this machine lacks what it needs, and with anything else if it failed.
"""

from __future__ import annotations

import json
import sys
import traceback

NOT_RUN = 77
RESULT = "RESULT "


class NotRun(Exception):
    """What this machine lacks; what is known all the same may stand behind it."""


class Failed(Exception):
    """What went wrong, in one line."""


def main(step):
    """Run ``step(dry_run, *arguments)`` with the command line's arguments, and end as the table above says."""
    arguments = [a for a in sys.argv[1:] if a != "--dry-run"]
    try:
        result = step("--dry-run" in sys.argv, *arguments)
    except NotRun as lack:
        if lack.args[1:]:
            print(RESULT + json.dumps(lack.args[1]))
        print(lack.args[0])
        raise SystemExit(NOT_RUN) from None
    except Exception as error:
        if not isinstance(error, Failed):
            traceback.print_exc(file=sys.stdout)
        print(f"{type(error).__name__}: {error}" if not isinstance(error, Failed) else error)
        raise SystemExit(1) from None
    print(RESULT + json.dumps(result))


def short(error):
    """The first line of an error's text."""
    return (str(error).splitlines() or [""])[0]
