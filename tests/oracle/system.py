"""What stands for one real system: which version is installed, and its ops.

Each op takes the arguments that cases.py draws, NumPy arrays in and out, and nothing of refdet. Boxes come as
corners; a system that wants another format gets it from the op.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class System:
    """One system: the packages or sources whose versions matter, and its ops."""

    packages: tuple[str, ...]
    ops: dict
    sources: dict = field(default_factory=dict)
    """File: repository and commit, for code that was built."""
    folder: tuple[str, str] = ("", "")
    """Where what was built lies: an environment variable, and a folder in the one that it names."""
    program: str = ""
    """A program that runs it."""

    def versions(self):
        """What is installed, by package; LookupError that says what is missing."""
        if self.folder[0]:
            built(*self.folder)
        if self.program and not shutil.which(self.program):
            raise LookupError(f"no {self.program}")
        try:
            return {name: importlib.metadata.version(name) for name in self.packages} | self.sources
        except importlib.metadata.PackageNotFoundError as error:
            raise LookupError(f"{error.name} is not installed") from None


def built(variable, folder=""):
    """The folder of a system that was built; LookupError if it is not there."""
    path = Path(os.environ.get(variable, "."), folder)
    if variable not in os.environ or not path.is_dir():
        raise LookupError(f"{variable} names no folder with what build_*.py made: {folder}")
    return path


def xywh(boxes):
    """Corner and size; exact on the lattices."""
    return np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]).astype(np.float64)


def cxcywh(boxes):
    """Centre and size; exact on the lattices."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return np.hstack([boxes[:, :2] + sides / 2, sides])
