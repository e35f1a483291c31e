"""``refdet backends``: what computes the paired ops on this machine, and why not what does not."""

from __future__ import annotations

import argparse


def add(subparsers):
    """Declare the command."""
    parser = subparsers.add_parser(
        "backends",
        help="print which kernels are here, and why not the others",
        description="Which kernels are here, and why not the others.",
        epilog="example:\n  refdet backends",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)


def run(args):
    """Print the report of `refdet.kernels.backends`."""
    from refdet import kernels

    print(kernels.backends())
    return 0
