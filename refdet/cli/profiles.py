"""``refdet profiles``: the named conventions, the fields of one, and where two differ."""

from __future__ import annotations

import argparse
from dataclasses import fields

from refdet.cli.input_error import InputError
from refdet.conventions import Convention
from refdet.profiles import PROFILES


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "profiles",
        help="list the named conventions, or compare two",
        description="No name: the profiles and their systems. One: its fields. Two: the fields in which they "
        "differ. diff and two: the smallest inputs on which they differ.",
        epilog="example:\n  refdet profiles\n  refdet profiles fast_rcnn\n  refdet profiles refdet onnx\n"
        "  refdet profiles diff torchvision onnx --op nms",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"one or two of {', '.join(PROFILES)}")
    parser.add_argument("--op", help="with diff: the operation, such as nms; `refdet verify --list` has all")
    parser.set_defaults(run=run)


def run(args):
    """Print the list, one profile, or a comparison."""
    if args.names[:1] == ["diff"]:
        return _diff(args)
    if args.op:
        raise InputError("--op goes with diff: `refdet profiles diff ONE OTHER --op OP`")
    unknown = [name for name in args.names if name.lower() not in PROFILES]
    if unknown:
        raise InputError(f"{unknown[0]!r} came; wanted one of {', '.join(PROFILES)}")
    if len(args.names) > 2:
        raise InputError(f"{len(args.names)} names came; wanted none, one or two")
    chosen = [PROFILES[name.lower()] for name in args.names]
    if not chosen:
        width = max(map(len, PROFILES)) + 2
        for name, profile in PROFILES.items():
            print(f"{name:<{width}}{profile.system}")
    elif len(chosen) == 1:
        _print_one(chosen[0])
    else:
        _print_differences(*chosen)
    return 0


def _diff(args):
    """Print the smallest inputs on which two profiles give two answers."""
    from refdet.cli.verify import contract_of
    from refdet.verify.contracts import CONTRACTS
    from refdet.verify.differences import differences
    from refdet.verify.told import code, shown

    names = [name.lower() for name in args.names[1:]]
    if len(names) != 2 or not set(names) <= set(PROFILES) or args.op is None:
        raise InputError(f"wanted `diff ONE OTHER --op OP`, two of {', '.join(PROFILES)}")
    contract = contract_of(args.op, CONTRACTS)
    one, other = (PROFILES[name] for name in names)
    for convention in (one, other):
        if not contract.here(convention):
            raise InputError(f"{convention.name}: {convention.system} has no {args.op}")
    agree = True
    for found in differences(contract, one, other):
        agree = False
        print("\n".join(code(found.case)))
        for name, answer in zip(names, found.answers, strict=True):
            print(f"# {name:<18}{shown(answer)}")
        print()
    if agree:
        print(f"no case was found on which {args.op} differs")
    return 0


def _print_one(profile):
    print(f"{profile.name}: {profile.system}")
    for field, value in _flat(profile).items():
        print(f"  {field:<38}{value}")


def _print_differences(first, second):
    print(f"{first.name}: {first.system}\n{second.name}: {second.system}")
    rows = [("", first.name, second.name)]
    left, right = _flat(first), _flat(second)
    for field in {**left, **right}:
        one, other = left.get(field, ""), right.get(field, "")
        if one != other and not _belongs_to_missing(field, first, second):
            rows.append((f"  {field}", one or "has a rule", other or "has a rule"))
    for row in rows if len(rows) > 1 else [("no field differs", "", "")]:
        print(f"{row[0]:<40}{row[1]:<26}{row[2]}".rstrip())


def _belongs_to_missing(field, *profiles):
    part, dot, _ = field.partition(".")
    return bool(dot) and any(getattr(profile, part) is None for profile in profiles)


def _flat(profile):
    """Every field as ``part.field``; of a part that the system has not, one line that says so."""
    flat = {}
    for part in fields(Convention):
        rule = getattr(profile, part.name)
        if rule is None:
            flat[part.name] = "no such operation"
        elif part.name not in ("name", "system"):
            for field in fields(rule):
                flat[f"{part.name}.{field.name}"] = str(getattr(rule, field.name))
    return flat
