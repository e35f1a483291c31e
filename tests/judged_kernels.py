"""Kernels before the contracts: right ones have to pass, planted ones to be found."""

import itertools

import numpy as np

from refdet.conventions import REFDET
from refdet.verify.contract import Terms, broken
from refdet.verify.contracts import CONTRACTS


def copied(arguments):
    return {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}


def first_broken(op, kernel, cases, convention=REFDET, dtype="float32", seed=0, band=True):
    """Number of the first case and the promise that it breaks; None if all cases pass."""
    contract, rng = CONTRACTS[op], np.random.default_rng(seed)
    drawn = contract.cases(rng, convention, np.dtype(dtype))
    for number, case in enumerate(itertools.islice(drawn, cases)):
        with np.errstate(all="ignore"):
            try:
                answer = kernel(**copied(case.arguments))
            except (IndexError, ValueError) as error:  # a planted bug may trip over an empty array
                return number, f"it raised {type(error).__name__}"
        words = broken(contract, case, answer, Terms(convention, band=band))
        if words is not None:
            return number, words
    return None


def hopeless(count):
    """Answers that are none, of an operation with so many results."""
    wrong = [
        None,
        7,
        "boxes",
        [],
        (),
        np.array(3.0),
        np.zeros((2, 3, 5), complex),
        np.full((1, 4), np.nan),
        np.array([None, "x"], object),
        np.zeros(0, bool),
    ]
    yield from wrong
    for part in wrong:
        yield (part,) * count
        yield [part] * count
