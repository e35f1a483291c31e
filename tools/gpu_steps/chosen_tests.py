"""A plugin of pytest: the tests whose fixture `backend` is the one that REFDET_GPU_TESTS names, or all others.

"cuda" keeps every test whose parameter begins so; "not cuda" keeps what that leaves, so that no test falls between
the two. A word in a test's name says nothing: files that only tell of CUDA are full of it.
"""

from __future__ import annotations

import os

import pytest

VARIABLE = "REFDET_GPU_TESTS"


def backend(item):
    """The parameter of the fixture `backend`, "" without one."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("backend", "") if "backend" in getattr(item, "fixturenames", ()) else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Deselect the tests that were not asked for."""
    wanted = os.environ[VARIABLE]
    name = wanted.removeprefix("not ")
    keep = [item for item in items if backend(item).startswith(name) is (name == wanted)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(keep)])
    items[:] = keep
