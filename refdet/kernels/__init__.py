"""The paired operations, faster: the names and signatures of the references, and the same bits.

Take one by import: ``from refdet.kernels import cpp; cpp.nms(boxes, scores, 0.5)``. One that is not there
is an ImportError that says why; none replaces another in silence. `backends` reports, `implementations`
collects.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from refdet.ops import box_iou as _box_iou
from refdet.ops import diou_nms as _diou_nms
from refdet.ops import nms as _nms
from refdet.ops import overlaps as _overlaps
from refdet.ops import roi_align as _roi_align
from refdet.ops import roi_pool as _roi_pool
from refdet.ops import soft_nms as _soft_nms

_PACKAGE = Path(__file__).resolve().parents[1]
_REFERENCES: dict[str, Callable[..., Any]] = {
    "box_iou": _box_iou.box_iou,
    "generalized_box_iou": _overlaps.generalized_box_iou,
    "distance_box_iou": _overlaps.distance_box_iou,
    "complete_box_iou": _overlaps.complete_box_iou,
    "nms": _nms.nms,
    "diou_nms": _diou_nms.diou_nms,
    "batched_nms": _nms.batched_nms,
    "roi_pool": _roi_pool.roi_pool,
    "roi_pool_with_argmax": _roi_pool.roi_pool_with_argmax,
    "roi_pool_backward": _roi_pool.roi_pool_backward,
    "roi_align": _roi_align.roi_align,
    "roi_align_backward": _roi_align.roi_align_backward,
    "soft_nms": _soft_nms.soft_nms,
}
_MODULES = ("vectorized", "cpp", "emulator", "cuda")


class Backends(dict[str, dict[str, Any]]):
    """What `backends` returns: name -> {"available": bool, "reason": why not, facts}; prints as a table."""

    def __repr__(self):
        return "\n".join(f"{name:11s} {_line(entry)}" for name, entry in self.items())


def backends() -> Backends:
    """Which implementations are there, with which compiler or device, and why the others are not.

    Returns
    -------
    report : dict
        "numpy", "vectorized", "cpp", "emulator" (the CUDA kernels on the CPU) and "cuda"; each entry holds
        "available", if that is False "reason", and what is known: "version", "compiler", "isa" (the
        instruction set in use), "device", "driver", "runtime". Printed, it is one line each.

    Examples
    --------
    >>> backends()["numpy"]["available"]
    True
    """
    report = Backends(numpy={"available": True, "version": np.__version__})
    for name in _MODULES:
        try:
            report[name] = {"available": True, **_facts(name, _module(name))}
        except ImportError as error:
            report[name] = {"available": False, "reason": str(error)}
    return report


def implementations(op: str) -> dict[str, Callable[..., Any]]:
    """Every implementation of a paired operation that is present.

    Parameters
    ----------
    op : str
        "box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou", "nms", "batched_nms",
        "diou_nms", "soft_nms", "roi_pool", "roi_pool_with_argmax", "roi_pool_backward", "roi_align" or
        "roi_align_backward".

    Returns
    -------
    functions : dict
        The reference as "numpy", then "vectorized", "cpp", "emulator" and "cuda" as far as they are there.
        All have the reference's signature; "cuda" takes and returns CuPy arrays.

    Raises
    ------
    ValueError
        Another name.

    Examples
    --------
    >>> from refdet import nms
    >>> implementations("nms")["numpy"] is nms
    True
    """
    if op not in _REFERENCES:
        raise ValueError(f"op: {op!r} came; wanted one of {', '.join(_REFERENCES)}")
    found = {"numpy": _REFERENCES[op]}
    for name in _MODULES:
        try:
            found[name] = getattr(_module(name), op)
        except ImportError:  # `backends` says why
            continue
    return found


def load_extension(name: str) -> ModuleType:
    """Import the compiled module ``refdet.<name>``; if it was not built, an ImportError that says why."""
    full = f"refdet.{name}"
    try:
        return importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name != full:
            raise
        raise ImportError(f"{full} is not there: {_why_not_built(full)}", name=full) from None
    except ImportError as error:
        raise ImportError(f"{full} was built but cannot be loaded: {error}", name=full) from error


def _why_not_built(full):
    """The last lines of the failed build, which setup.py leaves in the package."""
    note = _PACKAGE / "_build_failure.txt"
    text = note.read_text(encoding="utf-8") if note.exists() else ""
    _, found, rest = text.partition(f"[{full}]\n")
    if found:
        reason = rest.split("\n\n[refdet.")[0].strip()
        return f"it was not built with this installation:\n{reason}\nInstall refdet again to repeat it."
    return (
        f"{_PACKAGE} was never built. In a source tree run `pip install -e .` or "
        "`python setup.py build_ext --inplace`; to use an installed refdet, start Python in another folder"
    )


def _module(name):
    """The module of one backend; ImportError with the reason if it cannot run here."""
    if name == "cuda":
        require_device()
    return importlib.import_module(f"refdet.kernels.{name}")


def require_device():
    """Return if CuPy and a device are there; ImportError with the reason otherwise."""
    try:
        import cupy
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise
        raise ImportError("CuPy is not installed: pip install 'refdet[cuda13]' or 'refdet[cuda12]'") from None
    if not cupy.cuda.is_available():
        raise ImportError(f"CuPy {cupy.__version__} is installed, but no CUDA device can be used")


def _facts(name, module):
    """What is worth knowing about a backend that is there."""
    if name == "cpp":
        core = load_extension("_core")
        return {"compiler": core.compiler, "isa": core.isa}
    if name == "cuda":
        import cupy

        runtime = cupy.cuda.runtime
        device = runtime.getDeviceProperties(cupy.cuda.Device().id)["name"].decode()
        versions = {"driver": runtime.driverGetVersion(), "runtime": runtime.runtimeGetVersion()}
        return {"version": cupy.__version__, "device": device, **versions}
    return {}


def _line(entry):
    if not entry["available"]:
        return "not there: " + entry["reason"].replace("\n", "\n" + 12 * " ")
    return ", ".join(["ready", *(f"{name} {value}" for name, value in entry.items() if name != "available")])
