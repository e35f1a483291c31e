"""One algorithm on one small input, for ``refdet steps``."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Example:
    """One algorithm on one small input."""

    path: str
    """Where the function is: "module:name", below ``refdet``."""
    summary: str
    given: dict[str, Any]
    """The arguments; a whole number as `rng` is the seed of a generator."""
    expected: Any
    """What comes out, to six digits, or the parts of it that are known."""
    drawing: str
    """The module of ``refdet.viz`` that draws its steps."""
    any_order: bool = False
    """Whether the rows of the result may come in any order."""

    @property
    def function(self) -> Any:
        """The algorithm."""
        module, name = self.path.split(":")
        return getattr(importlib.import_module(f"refdet.{module}"), name)

    def parameters(self) -> list[str]:
        """Names of its arguments."""
        return list(inspect.signature(self.function).parameters)

    def fresh(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """The arguments, with a generator in place of a seed."""
        if "rng" in arguments:
            return arguments | {"rng": np.random.default_rng(arguments["rng"])}
        return arguments
