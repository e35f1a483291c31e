"""The kernel that a TARGET names: a function of a module, a file or a shared library, or a node of an ONNX file."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from refdet.verify.c_library import c_function
from refdet.verify.contract import Contract

LIBRARIES = (".so", ".dylib", ".dll")


class NotLoaded(Exception):
    """The target cannot be imported, or is no function."""


def parted(target: str) -> tuple[str, str]:
    """File or module, and the name of the function in it, "" if none is given; NotLoaded if there is no such form."""
    place, colon, name = target.rpartition(":")
    if not colon or "/" in name or "\\" in name:  # the colon of C:\file.dll
        place, name = target, ""
    if not place or (not name and not place.endswith((*LIBRARIES, ".onnx"))):
        raise NotLoaded(
            f"{target!r} came; wanted module:function, file.py:function, a shared library such as ./my.so:function, "
            "or model.onnx:node"
        )
    return place, name


def is_library(target: str) -> bool:
    """True of a shared library, with or without the name of a function."""
    return (target.rpartition(":")[0] or target).endswith(LIBRARIES)


def loaded(target: str, contract: Contract) -> Callable[..., Any]:
    """The function itself; NotLoaded, with the reason, if it cannot be had."""
    place, name = parted(target)
    if place.endswith(LIBRARIES):
        return c_function(place, name or contract.op, contract)
    if place.endswith(".onnx"):
        from refdet.verify.onnx_node import onnx_function

        return onnx_function(place, name, contract)
    try:
        module = _from_file(place) if place.endswith(".py") else importlib.import_module(place)
    except BaseException as error:  # an import may do anything, exit as well
        raise NotLoaded(f"{place} cannot be imported: {type(error).__name__}: {error}") from error
    function: Any = module
    for part in name.split("."):
        if not hasattr(function, part):
            raise NotLoaded(f"{place} has no {name}")
        function = getattr(function, part)
    if not callable(function):
        raise NotLoaded(f"{target} is no function: {type(function).__name__} came")
    return function


def _from_file(place):
    path = Path(place)
    if not path.is_file():
        raise FileNotFoundError("there is no such file")
    sys.path.insert(0, str(path.resolve().parent))  # what lies beside it can be imported
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def mismatch(function: Callable[..., Any], arguments: dict[str, Any]) -> str | None:
    """Why the function does not take these arguments, in order; None if it does or says nothing."""
    try:
        inspect.signature(function).bind(*arguments.values())
    except TypeError as error:
        return f"it does not take ({', '.join(arguments)}): {error}"
    except ValueError:  # a built-in function without a signature
        return None
    return None
