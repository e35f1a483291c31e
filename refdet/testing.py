"""For your own tests: judge one answer, try a whole kernel, or turn a function into a pytest test.

The options of `verify` are those of ``refdet verify``; the kernel runs in the process of the tests. Known failures go
into a file, one test a line, which ``pytest -p refdet.testing --refdet-xfails FILE`` reads.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from refdet.conventions import Convention
from refdet.profiles import PROFILES
from refdet.verify.contract import Case, Contract, Terms, broken
from refdet.verify.contracts import CONTRACTS

DTYPES = ("float32", "float64")


def check(op: str, answer: Any, *arguments: Any, profile: str = "refdet", strict: bool = False) -> None:
    """Judge one answer to arguments of your own.

    Parameters
    ----------
    op : str
        An operation that ``refdet verify --list`` names.
    answer : array, or tuple of arrays
        What your kernel gave.
    *arguments
        What it was given, as NumPy arrays and plain numbers in the order of the reference.
    profile : str
        Whose conventions.
    strict : bool
        Where rounding may decide, take the side of the arrays' own arithmetic.

    Raises
    ------
    AssertionError
        With the first promise that the answer breaks.
    TypeError
        More arguments than the operation takes, or too few.
    ValueError
        An operation or a profile of another name.

    Examples
    --------
    >>> import numpy as np
    >>> boxes = np.array([[0.0, 0, 4, 4], [0, 0, 4, 3]])
    >>> check("nms", np.array([0]), boxes, np.array([0.9, 0.8]), 0.5)
    >>> check("nms", np.array([0, 1]), boxes, np.array([0.9, 0.8]), 0.5)
    Traceback (most recent call last):
    ...
    AssertionError: nms: no two that stay overlap over the threshold; 0 and 1 do
    """
    contract, convention = _found(op, profile)
    try:
        given = inspect.signature(contract.reference).bind(*arguments).arguments
    except TypeError as error:
        wanted = ", ".join(contract.arguments)
        raise TypeError(f"{op}: {error}; wanted {wanted}, and {len(arguments)} came") from None
    case = Case(dict(given), "given")
    words = broken(contract, case, answer, Terms(convention, band=not strict))
    if words is not None:
        raise AssertionError(f"{op}: {words}")


def verify_kernel(
    op: str,
    kernel: Callable[..., Any],
    *,
    profile: str = "refdet",
    array: str = "numpy",
    device: str = "cpu",
    dtypes: tuple[str, ...] = DTYPES,
    max_examples: int = 200,
    seed: int = 0,
    strict: bool = False,
    free_ties: bool = False,
) -> None:
    """Try a kernel as ``refdet verify`` does, in this process.

    Parameters
    ----------
    op, profile, strict
        As for `check`.
    kernel : callable
        Takes the reference's arguments in their order.
    array : {"numpy", "torch", "cupy", "jax"}
        What arrays it takes.
    device : str
        Where PyTorch's arrays lie.
    dtypes : tuple of str
        Precisions that are tried.
    max_examples : int
        Cases of each precision.
    seed : int
        Of what is drawn.
    free_ties : bool
        Boxes of one score may come in any order.

    Raises
    ------
    AssertionError
        With the smallest counterexample that was found, both answers and the reference's steps.
    ValueError
        An operation or a profile of another name.

    Examples
    --------
    >>> from refdet.kernels import vectorized
    >>> verify_kernel("box_iou", vectorized.box_iou, max_examples=20)
    >>> import numpy as np
    >>> def nothing(boxes1, boxes2):
    ...     return np.zeros((len(boxes1), len(boxes2)), boxes1.dtype)
    >>> verify_kernel("box_iou", nothing)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    AssertionError: FAIL  box_iou of nothing, profile refdet...
    """
    from refdet.verify.arrays import NotHere, require
    from refdet.verify.run import Plan, verify
    from refdet.verify.target import InProcess
    from refdet.verify.told import lines

    contract, convention = _found(op, profile)
    try:
        require(array, device)
    except NotHere as error:
        import pytest

        pytest.skip(str(error))
    plan = Plan(convention, dtypes, max_examples, seed, strict, free_ties)
    name = getattr(kernel, "__name__", str(kernel))
    report = verify(contract, InProcess(kernel, array, device), name, plan)
    if report.exit_code:
        raise AssertionError("\n".join(lines(report, contract)))


def verify(
    op: str, *, dtypes: tuple[str, ...] = DTYPES, **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Make a pytest test of a kernel, one for each precision.

    Parameters
    ----------
    op : str
        The operation.
    dtypes : tuple of str
        Precisions that are tried.
    **options
        Those of `verify_kernel`.

    Returns
    -------
    decorator : callable
        Of a function that takes the reference's arguments and returns the kernel's answer.

    Examples
    --------
    In a test file::

        @refdet.testing.verify("nms", profile="torchvision", array="torch")
        def test_my_nms(boxes, scores, iou_threshold):
            return my_nms(boxes, scores, iou_threshold)
    """
    import pytest

    _found(op, options.get("profile", "refdet"))

    def decorator(kernel: Callable[..., Any]) -> Any:
        @pytest.mark.parametrize("dtype", dtypes)
        def test(dtype: str) -> None:
            verify_kernel(op, kernel, dtypes=(dtype,), **options)

        test.__name__, test.__doc__, test.__module__ = kernel.__name__, kernel.__doc__, kernel.__module__
        return test

    return decorator


def _found(op: str, profile: str) -> tuple[Contract, Convention]:
    if op not in CONTRACTS:
        raise ValueError(f"op: {op!r} came; wanted one of {', '.join(CONTRACTS)}")
    if profile not in PROFILES:
        raise ValueError(f"profile: {profile!r} came; wanted one of {', '.join(PROFILES)}")
    contract, convention = CONTRACTS[op], PROFILES[profile]
    if not contract.here(convention):
        raise ValueError(f"profile: {convention.system} has no {op}")
    return contract, convention


# What pytest calls when this module is one of its plugins.


def pytest_addoption(parser: Any) -> None:
    """Declare the file of expected failures."""
    parser.getgroup("refdet").addoption(
        "--refdet-xfails",
        metavar="FILE",
        help="tests that are known to fail: a node id a line, # for comments",
    )


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    """Mark the tests of that file; one that passes after all fails, so that the file stays true."""
    import pytest

    if not (path := config.getoption("--refdet-xfails")):
        return
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise pytest.UsageError(f"--refdet-xfails {path}: {error.strerror}") from None
    known = {line.split("#")[0].strip() for line in text.splitlines()} - {""}
    for item in items:
        if any(item.nodeid == line or item.nodeid.endswith("/" + line) for line in known):
            item.add_marker(pytest.mark.xfail(strict=True, reason=f"listed in {path}"))
