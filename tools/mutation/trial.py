"""What `refdet verify` says of one operation of the package beside it: ``trial.py reference|cpp OPERATION...``.

Run where the changed package lies; it exits with 1 and one line for the first fault that is found, in any profile.
"""

import inspect
import sys

from refdet.conventions import REFDET
from refdet.profiles import PROFILES
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import THOROUGH_EVERY, Plan, planned
from refdet.verify.target import InProcess
from refdet.verify.trial import trial

CASES = (20, 120)
"""Of each operation and profile: few first, for most faults show at once."""


def kernels(kind, name):
    """The operation, in each form that is under trial."""
    if kind == "reference":
        return [CONTRACTS[name].reference]
    from refdet.kernels import cpp

    kernel = getattr(cpp, name)
    if "threads" not in inspect.signature(kernel).parameters:
        return [kernel]
    return [kernel, lambda *given, **options: kernel(*given, threads=3, **options)]


def fault(kind, name, cases):
    """The first promise that is broken, in words; "" if none is."""
    contract = CONTRACTS[name.removesuffix("_plain")]
    for kernel in kernels(kind, name):
        for profile, convention in PROFILES.items():
            if not contract.here(convention) or (not contract.parts and convention != REFDET):
                continue
            rule = contract.under(convention)
            target = InProcess(lambda *given, kernel=kernel, rule=rule: kernel(*given, **rule))
            plan = Plan(convention, max_examples=cases)
            for number, case in enumerate(planned(contract, plan)):
                found = trial(contract, target, case, plan.terms, number % THOROUGH_EVERY == 0)
                if found.failed:
                    return f"{name}, {profile}, {case.family}: {found.words}"
    return ""


if __name__ == "__main__":
    for cases in CASES:
        for operation in sys.argv[2:]:
            if words := fault(sys.argv[1], operation, cases):
                print(words)
                sys.exit(1)
