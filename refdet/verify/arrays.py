"""NumPy arrays handed to a kernel as it wants them, always copies, and its answer as NumPy again."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

KINDS = ("numpy", "torch", "cupy", "jax")


class Unknown:
    """Stands for an answer of a type that cannot travel from one process to another."""

    def __init__(self, name: str) -> None:
        self.name = name


class NotHere(Exception):
    """What an array library or a device needs is missing; nothing can run."""


def require(kind: str, device: str) -> None:
    """Return if that library can make arrays on that device; `NotHere` with the reason otherwise."""
    try:
        library = importlib.import_module("jax.numpy" if kind == "jax" else kind)
    except ImportError as error:
        raise NotHere(f"--array {kind}: {error}") from None
    if kind == "torch" and device.startswith("cuda") and not library.cuda.is_available():
        raise NotHere(f"--device {device}: PyTorch sees no CUDA device")
    if kind == "cupy" and not library.cuda.is_available():
        raise NotHere("--array cupy: CuPy sees no CUDA device")


def laid_out(array: Any, layout: str) -> Any:
    """A copy of an array with that memory layout; a copy of anything else as it is."""
    if not isinstance(array, np.ndarray):
        return array
    if layout == "strided":
        room = np.full((2 * len(array), *array.shape[1:]), -7).astype(
            array.dtype
        )  # between the rows lie others
        room[::2] = array
        return room[::2]
    if layout == "backwards":
        return np.ascontiguousarray(array[::-1])[::-1]
    if layout == "offset":
        room = np.full(array.size + 3, -7).astype(array.dtype)
        room[3:] = array.reshape(-1)
        return room[3:].reshape(array.shape)
    return array.copy()


def handed_over(array: Any, kind: str, device: str) -> Any:
    """An array as that library's, on that device."""
    if not isinstance(array, np.ndarray) or kind == "numpy":
        return array
    if kind == "torch":
        import torch

        positive = all(step >= 0 for step in array.strides)
        return torch.from_numpy(array if positive else array.copy()).to(device)
    if kind == "cupy":
        import cupy

        return cupy.asarray(array)
    import jax.numpy

    return jax.numpy.asarray(array)


def handed_back(answer: Any) -> Any:
    """An answer with every array in it as NumPy's, waiting for the device; what is no array stays what it is."""
    if isinstance(answer, (tuple, list)) and any(_is_array(part) for part in answer):
        return tuple(handed_back(part) for part in answer)
    if isinstance(answer, (np.ndarray, np.generic)) or not _is_array(answer):
        return answer
    if hasattr(answer, "detach"):
        return answer.detach().cpu().numpy()
    if hasattr(answer, "get"):
        return answer.get()
    return np.array(answer)


def whereabouts(answer: Any) -> set[str]:
    """The devices on which the arrays of an answer lie, as far as they say so."""
    if isinstance(answer, (tuple, list)):
        return set().union(*map(whereabouts, answer)) if answer else set()
    return {str(answer.device)} if hasattr(answer, "detach") else set()


def _is_array(answer):
    return hasattr(answer, "shape") and hasattr(answer, "dtype")
