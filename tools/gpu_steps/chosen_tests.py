"""A plugin of pytest: the tests whose fixture `backend` is the one that REFDET_GPU_TESTS names, or all others.

"cuda" keeps every test whose parameter begins so, and those marked `cuda`; "not cuda" keeps what that leaves, so that
no test falls between the two. A word in a test's name says nothing: files that only tell of CUDA are full of it.
"""

from __future__ import annotations

import os

import pytest

VARIABLE = "REFDET_GPU_TESTS"
ANNOUNCED = "DeprecationWarning", "PendingDeprecationWarning", "FutureWarning"
"""Warnings of what the packages of this machine, which may be newer than those of CI, will do one day."""


def pytest_configure(config):
    """A warning that speaks of the present is an error, as everywhere in this project."""
    for name in ANNOUNCED:
        config.addinivalue_line("filterwarnings", f"default::{name}")


def backend(item):
    """The parameter of the fixture `backend`, or the mark of a test that has none; "" without either."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    if "backend" in getattr(item, "fixturenames", ()):
        return parameters.get("backend", "")
    return "cuda" if item.get_closest_marker("cuda") else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Deselect the tests that were not asked for."""
    wanted = os.environ[VARIABLE]
    name = wanted.removeprefix("not ")
    keep = [item for item in items if backend(item).startswith(name) is (name == wanted)]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(keep)])
    items[:] = keep
