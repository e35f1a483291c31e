"""``refdet verify``: prove a kernel, or find the smallest input on which it is wrong."""

from __future__ import annotations

import argparse
import re

from refdet.cli.input_error import InputError
from refdet.profiles import PROFILES

EPILOG = """\
TARGET is one of
  module:function      importable from here
  file.py:function     a Python file
  ./lib.so:function    a shared library with the C signature that --list shows
  model.onnx:node      a node of an ONNX file, run by ONNX Runtime (nms, roi_align, roi_pool)

verdicts and exit codes:
  0  PASS; PASS-BOUNDARY: right, in some cases only because rounding may decide
  1  FAIL: a wrong answer
  2  the command is at fault
  3  ERROR: the target cannot be loaded, raised, crashed or did not come back
  4  SKIP: nothing ran; a missing GPU is never a pass

example:
  refdet verify --list
  refdet verify nms refdet.kernels.vectorized:nms
  refdet verify nms my_kernel.py:nms --profile torchvision --array torch --html report.html --case case.json
  refdet replay case.json my_kernel.py:nms
"""
DTYPES = ("float16", "float32", "float64")


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "verify",
        help="prove a kernel, or find the smallest input that breaks it",
        description="Try a kernel on cases that decide, and judge its answers by the definition of the operation.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("op", metavar="OP", nargs="?", help="the operation, such as nms; --list has all")
    parser.add_argument("target", metavar="TARGET", nargs="?", help="the kernel, see below")
    parser.add_argument("--list", action="store_true", help="print the contracts and their C signatures")
    add_calling(parser)
    parser.add_argument(
        "--profile", choices=list(PROFILES), default="refdet", help="whose conventions (refdet)"
    )
    parser.add_argument(
        "--infer-profile", action="store_true", help="print the profiles that it follows to the bit, no more"
    )
    parser.add_argument(
        "--dtype",
        metavar="D",
        help="float16, float32, float64, or some with commas (float32; NumPy: and float64)",
    )
    parser.add_argument(
        "--max-examples", type=int, default=400, metavar="N", help="cases for each precision (400)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (0)")
    parser.add_argument(
        "--strict", action="store_true", help="where rounding may decide, wants the reference's bits"
    )
    parser.add_argument("--free-ties", action="store_true", help="boxes of one score may come in any order")
    parser.add_argument(
        "--shrink-seconds", type=float, default=20.0, metavar="S", help="to make a failing case small (20)"
    )
    parser.add_argument("--case", metavar="FILE", help="write the counterexample, for `refdet replay`")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON")
    parser.add_argument("--junit", metavar="FILE", help="write it as JUnit XML")
    parser.add_argument("--html", metavar="FILE", help="write it as a page with drawing and steps")
    parser.set_defaults(run=run)


def add_calling(parser):
    """Declare how a kernel is called: here and in ``refdet replay``."""
    from refdet.verify.arrays import KINDS

    parser.add_argument(
        "--array", choices=KINDS, default="numpy", help="what arrays it takes (numpy), as copies"
    )
    parser.add_argument("--device", default="cpu", help="where PyTorch's arrays lie: cpu, cuda:0, ... (cpu)")
    parser.add_argument("--time-limit", type=float, default=10.0, metavar="S", help="of one call (10)")


def run(args):
    """Try the kernel, tell what came of it, and return the verdict's code."""
    from refdet.cli.progress import Progress
    from refdet.verify.contracts import CONTRACTS
    from refdet.verify.run import verify

    if args.list:
        _list(CONTRACTS)
        return 0
    contract = contract_of(args.op, CONTRACTS)
    plan = _plan(args, contract)
    target = target_of(args, contract)
    try:
        if args.infer_profile:
            return _infer(args, contract, target, plan)
        with Progress() as progress:
            report = verify(contract, target, args.target, plan, lambda done, of: progress("cases", done, of))
    finally:
        target.close()
    from refdet.verify.told import lines

    print("\n".join(lines(report, contract)))
    _write(args, report, contract)
    return report.exit_code


def contract_of(op, contracts):
    """The contract of that operation."""
    if op is None:
        raise InputError("no operation came; wanted `refdet verify OP TARGET`, or --list")
    if op not in contracts:
        import difflib

        near = difflib.get_close_matches(op, contracts, 3)
        hint = f"perhaps {' or '.join(near)}" if near else "`refdet verify --list` has all"
        raise InputError(f"{op}: no contract of that name; {hint}")
    return contracts[op]


def target_of(args, contract):
    """The target in a process of its own."""
    from refdet.verify.loading import NotLoaded, parted
    from refdet.verify.target import InChild

    if args.target is None:
        raise InputError(f"no target came; wanted `refdet verify {contract.op} module:function`")
    if args.time_limit <= 0:
        raise InputError(f"--time-limit: {args.time_limit:g} came; wanted seconds above 0")
    if args.array != "torch" and args.device != "cpu":
        raise InputError(f"--device {args.device}: only --array torch takes a device")
    if not re.fullmatch(r"cpu|cuda(:\d+)?|mps", args.device):
        raise InputError(f"--device: {args.device!r} came; wanted cpu, cuda, cuda:0, ... or mps")
    try:
        parted(args.target)
    except NotLoaded as error:
        raise InputError(str(error)) from None
    return InChild(args.target, contract.op, args.array, args.device, args.time_limit)


def _plan(args, contract):
    from refdet.verify.loading import LIBRARIES
    from refdet.verify.run import Plan

    convention = PROFILES[args.profile]
    if not contract.here(convention):
        raise InputError(f"--profile {args.profile}: {convention.system} has no {contract.op}")
    for name, least in (("max_examples", 1), ("seed", 0), ("shrink_seconds", 0)):
        if getattr(args, name) < least:
            raise InputError(
                f"--{name.replace('_', '-')}: {getattr(args, name)} came; wanted {least} or more"
            )
    plain = args.array == "numpy" and not any(end in (args.target or "") for end in LIBRARIES)
    dtypes = (args.dtype or ("float32,float64" if plain else "float32")).split(",")
    unknown = [name for name in dtypes if name not in DTYPES]
    if unknown:
        raise InputError(f"--dtype: {unknown[0]!r} came; wanted some of {', '.join(DTYPES)}")
    return Plan(
        convention,
        tuple(dtypes),
        args.max_examples,
        args.seed,
        args.strict,
        args.free_ties,
        args.shrink_seconds,
    )


def _list(contracts):
    for contract in contracts.values():
        print(f"{contract.op}({', '.join(contract.arguments)})\n  {contract.says}")
        if contract.c_signature:
            print(f"  C: {contract.c_signature}")


def _infer(args, contract, target, plan):
    """Print the profiles that fit; 0 if there are some."""
    from refdet.verify.run import fitting

    if not contract.parts:
        raise InputError(f"--infer-profile: {contract.op} is the same under every profile")
    from refdet.verify.target import Refused, Skipped

    try:
        names = list(fitting(contract, target, plan))
    except Skipped as error:
        print(f"SKIP  {error}")
        return 4
    except Refused as error:
        print(f"ERROR  {error}")
        return 3
    print("\n".join(f"{name:<18}{PROFILES[name].system}" for name in names) or "it follows no profile")
    return 0 if names else 1


def _write(args, report, contract):
    from refdet.report.atomic_write import atomic_write
    from refdet.verify import case_file, formats

    found = report.counterexample
    try:
        if args.case and found is not None:
            name = report.plan.convention.name.lower()
            atomic_write(args.case, case_file.to_json(report.op, name, found.case, found.words))
            print(f"  the case is in {args.case}: refdet replay {args.case} {args.target}")
        if args.json:
            atomic_write(args.json, formats.to_json(report, contract))
        if args.junit:
            atomic_write(args.junit, formats.to_junit(report, contract))
        if args.html:
            formats.to_page(report, contract).write(args.html)
    except OSError as error:
        raise InputError(f"{error.filename or args.target}: {error.strerror or error}") from None
