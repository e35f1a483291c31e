"""What a wrong kernel is: a function of the reference and of a case's arguments, and how soon a contract finds it."""

import itertools

import numpy as np

from refdet.conventions import REFDET
from refdet.verify.contract import Terms, broken


def words(contract, kernel, dtype=np.float32, count=150, convention=REFDET, seed=0):
    """What the contract says of the first answer that breaks a promise, among so many cases; None if none does."""
    cases = contract.cases(np.random.default_rng(seed), convention, np.dtype(dtype))
    for case in itertools.islice(cases, count):
        with np.errstate(all="ignore"):
            answer = kernel(case.arguments)
        said = broken(contract, case, answer, Terms(convention))
        if said is not None:
            return said
    return None


def spoilt(change):
    """A kernel that gets the numbers right and then changes each of its answers."""

    def wrong(reference, a):
        answer = reference(**a)
        if isinstance(answer, tuple):
            return tuple(np.asarray(change(part), part.dtype) for part in answer)
        return np.asarray(change(answer), answer.dtype)

    return wrong


def given(**changes):
    """A kernel that computes right from other arguments: each change takes the arguments."""

    def wrong(reference, a):
        return reference(**{**a, **{name: change(a) for name, change in changes.items()}})

    wrong.of_arguments = True
    return wrong


def last_missed(answer):
    """The last of several numbers is never written."""
    answer = np.array(answer)
    answer.reshape(-1)[-1:] = 0
    return answer


ANY = {
    "zeros": spoilt(lambda answer: answer * 0),
    "a thousandth more": spoilt(lambda answer: answer * 1.001),
    "opposite sign": spoilt(lambda answer: -answer),
    "half precision": spoilt(np.float16),
    "NaN": spoilt(lambda answer: answer * np.nan),
    "last missed": spoilt(last_missed),
    "backwards": spoilt(lambda answer: answer[::-1] if np.ndim(answer) else answer),
    "nothing": lambda reference, a: None,
    "a list": lambda reference, a: [1.0],
    "another precision": lambda reference, a: np.float16(0),
}
"""Bugs of any kernel that gives numbers."""


def told(part):
    """Names of the operation and of the bug in the name of a test."""
    return part if isinstance(part, str) else ""
