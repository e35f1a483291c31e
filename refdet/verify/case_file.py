"""A case as JSON, and back: what ``refdet replay`` runs again, to the bit, without the rules that drew it.

Version 1. Numbers are written so that reading them gives the same bits; arrays carry precision and shape.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from refdet.verify.contract import Case

VERSION = 1


class NoCase(ValueError):
    """The file holds no case."""


def to_json(op: str, profile: str, case: Case, words: str = "") -> str:
    """The text of a case file."""
    arguments = {name: _written(value) for name, value in case.arguments.items()}
    told = {
        "refdet_case": VERSION,
        "op": op,
        "profile": profile,
        "family": case.family,
        "layout": case.layout,
    }
    return json.dumps({**told, "words": words, "arguments": arguments}, indent=1) + "\n"


def from_json(text: str) -> tuple[str, str, Case]:
    """Operation, profile and case of such a text; NoCase says what is wrong with it."""
    try:
        told = json.loads(text)
        if not isinstance(told, dict) or told.get("refdet_case") != VERSION:
            raise NoCase(f"no case of version {VERSION}; wanted what `refdet verify --case FILE` wrote")
        arguments = {name: _read(name, value) for name, value in told["arguments"].items()}
        return told["op"], told["profile"], Case(arguments, str(told["family"]), str(told["layout"]))
    except KeyError as error:
        raise NoCase(f"{error.args[0]} is missing") from None
    except (TypeError, AttributeError, json.JSONDecodeError) as error:
        raise NoCase(str(error)) from None


def read(path: str | Path) -> tuple[str, str, Case]:
    """`from_json` of a file."""
    return from_json(Path(path).read_text(encoding="utf-8"))


def _written(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "shape": list(value.shape), "values": value.reshape(-1).tolist()}
    if isinstance(value, np.generic):
        return value.item()
    return {"tuple": list(value)} if isinstance(value, tuple) else value


def _read(name: str, value: Any) -> Any:
    if isinstance(value, dict) and "tuple" in value:
        return tuple(value["tuple"])
    if not isinstance(value, dict):
        return value
    try:
        return np.array(value["values"], np.dtype(value["dtype"])).reshape(value["shape"])
    except (ValueError, TypeError) as error:
        raise NoCase(f"{name}: {error}") from None
