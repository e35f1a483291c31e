"""The command line: ``refdet COMMAND``, one module per command.

A module has ``add(subparsers)``, which declares its arguments, and ``run(args)``, which does the work and
returns the exit code: 0 done, 1 the answer is no, 2 the input is at fault, 130 interrupted. Modules import
what is heavy inside `run`, so that ``refdet --help`` stays quick.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import sys

from refdet.cli.input_error import InputError

COMMANDS = ("tour", "verify", "replay", "steps", "nms", "iou", "backends", "profiles")


def main(argv=None):
    """Run one command and return its exit code."""
    name = "refdet"
    try:
        args = _parser().parse_args(argv)
        name = f"refdet {args.command}"
        if hasattr(sys.stdout, "reconfigure"):  # a class name need not fit the terminal's encoding
            sys.stdout.reconfigure(errors="backslashreplace")
        code = args.run(args)
        sys.stdout.flush()
        return code
    except InputError as error:
        print(f"{name}: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        _forget_stdout()
        return 141  # what a shell reports for a program that a closed pipe ended
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130


def _parser():
    from refdet import __version__

    parser = argparse.ArgumentParser(
        prog="refdet",
        description="Object detection in NumPy that one can read, step through and trust.",
        epilog="example:\n  refdet nms boxes.csv --steps\n\nhelp on a command:\n  refdet nms --help",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"refdet {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        if is_there(name):
            importlib.import_module(f"refdet.cli.{name}").add(subparsers)
    return parser


def is_there(name):
    """True if a command of that name has a module."""
    return importlib.util.find_spec(f"refdet.cli.{name}") is not None


def _forget_stdout():
    """Point stdout at nothing, so that Python's last flush does not meet the closed pipe again."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
