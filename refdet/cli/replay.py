"""``refdet replay``: run one counterexample again."""

from __future__ import annotations

import argparse

from refdet.cli.input_error import InputError
from refdet.cli.verify import add_calling, contract_of, target_of
from refdet.profiles import PROFILES


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "replay",
        help="run a counterexample of `refdet verify` again",
        description="Call a kernel with the one case of a file that `refdet verify --case FILE` wrote, and judge it.",
        epilog="exit codes as those of `refdet verify`\n\nexample:\n  refdet replay case.json my_kernel.py:nms",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="FILE", help="the case")
    parser.add_argument("target", metavar="TARGET", help="the kernel, as for `refdet verify`")
    parser.add_argument("--profile", choices=list(PROFILES), help="whose conventions (those of the case)")
    add_calling(parser)
    parser.set_defaults(run=run)


def run(args):
    """Judge the one answer; 0 if it is right."""
    from refdet.verify import case_file, told
    from refdet.verify.contracts import CONTRACTS
    from refdet.verify.run import Counterexample, Plan, Report, legal
    from refdet.verify.target import Refused, Skipped
    from refdet.verify.trial import trial

    try:
        op, profile, case = case_file.read(args.file)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise InputError(f"{args.file}: {reason}") from None
    contract = contract_of(op, CONTRACTS)
    convention = PROFILES.get(args.profile or profile)
    if convention is None or not contract.here(convention):
        raise InputError(f"{args.file}: {profile!r} is no profile that has {op}")
    if set(case.arguments) != set(contract.arguments[: len(case.arguments)]):
        wanted = ", ".join(contract.arguments)
        raise InputError(f"{args.file}: the arguments {', '.join(case.arguments)} came; wanted {wanted}")
    if not legal(contract, case.arguments, convention):
        raise InputError(f"{args.file}: nothing is promised of these arguments")
    report = Report(op, args.target, Plan(convention))
    target = target_of(args, contract)
    try:
        found = trial(contract, target, case, report.plan.terms)
        report.families[case.family] += 1
        report.verdict, report.words = found.verdict, found.words
        if found.failed:
            report.counterexample = Counterexample(
                case, found.words, found.outcome.answer, case, found.outcome.trace
            )
    except Skipped as error:
        report.verdict, report.words = "SKIP", str(error)
    except Refused as error:
        report.verdict, report.words = "ERROR", str(error)
    finally:
        report.printed = target.printed
        target.close()
    print("\n".join(told.lines(report, contract)))
    return report.exit_code
