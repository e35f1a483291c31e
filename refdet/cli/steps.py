"""``refdet steps``: an algorithm by its name, step by step, drawn, and verified on its worked example."""

from __future__ import annotations

import argparse
import json

from refdet.cli.input_error import InputError
from refdet.profiles import PROFILES

EXAMPLE = """\
example:
  refdet steps
  refdet steps nms --verify
  refdet steps kuhn_munkres --html steps.html
  printf '{"iou_threshold": 0.9}' | refdet steps nms --arguments -
"""

PANELS = 40
"""Pictures side by side at most; of more none can be seen, and each takes a tenth of a second."""


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "steps",
        help="show any algorithm step by step, by its name",
        description="The steps of ALGORITHM on its worked example, or on other arguments. Without it, the names.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("algorithm", nargs="?", metavar="ALGORITHM", help="one of the names; none lists them")
    parser.add_argument(
        "--arguments", metavar="FILE", help="JSON object of arguments that replace the example's; - reads it"
    )
    parser.add_argument(
        "--profile", choices=list(PROFILES), help="whose conventions, where there are several"
    )
    parser.add_argument(
        "--verify", action="store_true", help="compare the result with what it has to be, and certify it"
    )
    parser.add_argument("--png", metavar="FILE", help="write the steps as pictures side by side")
    parser.add_argument(
        "--html", metavar="FILE", help="write a page that replays the steps beside the source"
    )
    parser.add_argument("--json", metavar="FILE", help="write the trace")
    parser.set_defaults(run=run)


def run(args):
    """Print the steps; write and compare what was asked for."""
    from refdet.cli.worked_examples import CHAPTERS, EXAMPLES

    if args.algorithm is None:
        width = max(map(len, EXAMPLES)) + 2
        for chapter, names in CHAPTERS.items():
            print(chapter)
            for name in names:
                print(f"  {name:<{width}}{EXAMPLES[name].summary}")
        return 0
    if args.algorithm not in EXAMPLES:
        raise InputError(f"{args.algorithm}: no such algorithm; {_meant(args.algorithm, EXAMPLES)}")
    example = EXAMPLES[args.algorithm]
    arguments = _arguments(args, example)
    try:
        trace = example.function.trace(**example.fresh(arguments))
    except (ValueError, TypeError, MemoryError) as error:
        raise InputError(f"{args.algorithm}: {error}") from None
    print(f"{args.algorithm}: {example.summary}")
    outermost = min((step.depth for step in trace), default=0)  # some functions only hand on to a body
    for step in trace:
        print(f"{'  ' * (step.depth - outermost)}{step.name:<12}{step.note}")
    print(f"result      {_told(trace.result)}")
    code = _verified(args, example, arguments, trace) if args.verify else 0
    _write(args, example, trace)
    return code


def _meant(name, examples):
    """What to type instead: names like it, or whose summary has the word."""
    import difflib

    holding = [key for key in examples if name.lower() in f"{key} {examples[key].summary}".lower()]
    known = holding[:5] or difflib.get_close_matches(name.lower(), examples)
    return f"perhaps {' or '.join(known)}" if known else f"`refdet steps` lists {len(examples)} of them"


def _arguments(args, example):
    """Those of the example, with what came in their place."""
    arguments = dict(example.given)
    if args.arguments:
        came = _read(args.arguments)
        unknown = [name for name in came if name not in example.parameters()]
        if unknown:
            known = ", ".join(example.parameters())
            raise InputError(f"{args.arguments}: {unknown[0]!r} came; wanted some of {known}")
        if not isinstance(came.get("rng", 0), int) or came.get("rng", 0) < 0:
            raise InputError(f"{args.arguments}: rng is {came['rng']!r}; wanted a whole number, the seed")
        arguments |= came
    if args.profile:
        if "convention" not in example.parameters():
            raise InputError(f"--profile: {args.algorithm} has no convention")
        arguments["convention"] = PROFILES[args.profile]
    return arguments


def _read(path):
    """The JSON object of a file."""
    import sys

    try:
        if path == "-":
            came = json.load(sys.stdin)
        else:
            with open(path, encoding="utf-8") as file:
                came = json.load(file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{path}: {reason}") from None
    if not isinstance(came, dict):
        raise InputError(f"{path}: a {type(came).__name__} came; wanted an object, argument by argument")
    return came


def _told(result):
    """The result in one line, or a line for each of its parts."""
    from refdet.cli.steps_verified import plain

    value = plain(result)
    if isinstance(value, dict):
        return "\n            ".join(f"{name} = {part}" for name, part in value.items())
    return str(value)


def _write(args, example, trace):
    from refdet.report.atomic_write import atomic_write

    try:
        if args.json:
            atomic_write(args.json, trace.to_json())
        if args.html:
            _page(args.algorithm, example, trace).write(args.html)
        if args.png:
            _filmstrip(example, trace).savefig(args.png, format="png")
    except OSError as error:
        raise InputError(f"{error.filename or args.algorithm}: {error.strerror or error}") from None


def _page(name, example, trace):
    from refdet.report.page import Page

    page = Page(f"{name}, step by step")
    page.text(f"{example.summary}.")
    # The player draws boxes that are kept or go; of the others it shows the source.
    page.player(trace, "boxes" if example.drawing in ("nms", "soft_nms") else "source")
    return page


def _filmstrip(example, trace):
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise InputError("--png needs matplotlib: pip install 'refdet[viz]'") from None
    from refdet import viz

    try:
        return viz.filmstrip(trace, getattr(viz, example.drawing).draw, _panels(len(trace)))
    except ValueError as error:  # such as an SVM over more than two features
        raise InputError(f"--png: {error}") from None


def _panels(count):
    """Which steps are drawn: all, or some from the first to the last."""
    import sys

    if count <= PANELS:
        return None
    print(f"--png: {PANELS} of {count} steps are drawn; --html has all", file=sys.stderr)
    return [round(place * (count - 1) / (PANELS - 1)) for place in range(PANELS)]


def _verified(args, example, arguments, trace):
    """Print each comparison and each certificate; 0 if all hold."""
    from refdet.cli.certificates import certified
    from refdet.cli.steps_verified import comparisons

    known = not (args.arguments or args.profile)

    def call(function):
        return function(**example.fresh(arguments))

    compared = comparisons(args.algorithm, example, call, trace, known=known)
    agree = _told_of(compared, "same", "DIFFERENT")
    given = example.fresh(arguments)
    agree &= _told_of(certified(args.algorithm, example.function, given, trace.result), "holds", "BROKEN")
    return 0 if agree else 1


def _told_of(lines, right, wrong):
    """Print words and verdicts; True if nothing is wrong."""
    agree = True
    for words, holds in lines:
        print(f"{'not here' if holds is None else right if holds else wrong:<12}{words}")
        agree = agree and holds is not False
    return agree
