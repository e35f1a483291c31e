"""A trace as strict JSON, for players, graders and the comparison of two runs.

Version 1: {"schema": "refdet-trace", "version": 1, "function", "sources": {function: {"first_line", "text"}},
"steps": [{"function", "name", "caption", "note", "line", "depth", "frame",
"callers_rows", "set": {name: value}}], "dropped", "result"}. "set" holds the variables that changed since the last
step of the same frame; "callers_rows" lists which rows of its caller a body ran on, or is null for all of them.

A value is null, a boolean, a number, a string, a list, or an object with one of these keys:
"array": {"dtype", "shape", "data": flat list}, or for a large one "min", "max", "mean" and "head" instead of
"data"; "set", "dict" (list of pairs), "record" (the fields of a dataclass that holds arrays), "float" ("NaN",
"Infinity", "-Infinity") or "repr", from which addresses of memory are left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import is_dataclass

import numpy as np

SCHEMA, VERSION = "refdet-trace", 1


def trace_json(trace, *, limit=4096, indent=None):
    """The text; arrays of more than `limit` values are written as shape, range, mean and first values."""
    if limit < 0:
        raise ValueError(f"limit: {limit} came; wanted how many values of an array to write, 0 or more")
    shown: dict[int, dict] = {}
    steps = []
    for step in trace.steps:
        last = shown.get(step.frame, {})
        changed = {n: v for n, v in step.variables.items() if n not in last or last[n] is not v}
        shown[step.frame] = step.variables
        steps.append(
            {
                "function": step.function,
                "name": step.name,
                "caption": step.caption,
                "note": step.note,
                "line": step.line,
                "depth": step.depth,
                "frame": step.frame,
                "callers_rows": None if step.callers_rows is None else step.callers_rows.tolist(),
                "set": {name: encode(value, limit) for name, value in changed.items()},
            }
        )
    whole = {
        "schema": SCHEMA,
        "version": VERSION,
        "function": trace.function,
        "sources": {name: {"first_line": line, "text": text} for name, (line, text) in trace.sources.items()},
        "steps": steps,
        "dropped": trace.dropped,
        "result": encode(trace.result, limit),
    }
    return json.dumps(whole, allow_nan=False, indent=indent)


def encode(value, limit=4096):
    """One value in the form that the module describes."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": _word(value)}
    if isinstance(value, np.ndarray):
        return {"array": _array(value, limit)}
    if isinstance(value, (list, tuple)):
        return [encode(item, limit) for item in value]
    if isinstance(value, (set, frozenset)):
        return {
            "set": [
                encode(item, limit) for item in sorted(value, key=lambda item: (type(item).__name__, item))
            ]
        }
    if isinstance(value, dict):
        return {"dict": [[encode(k, limit), encode(v, limit)] for k, v in value.items()]}
    if is_dataclass(value) and any(isinstance(part, np.ndarray) for part in vars(value).values()):
        return {"record": {name: encode(part, limit) for name, part in vars(value).items()}}
    return {"repr": re.sub(r" at 0x[0-9A-Fa-f]+", "", repr(value))}


def decode(value):
    """The value that `encode` wrote; a summarised array stays an object, and a record becomes a dict."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, body),) = value.items()
    if kind == "float":
        return float(body)
    if kind == "array" and "data" in body:
        flat = [decode(item) for item in body["data"]]
        return np.array(flat, body["dtype"]).reshape(body["shape"])
    if kind == "set":
        return {decode(item) for item in body}
    if kind == "record":
        return {name: decode(part) for name, part in body.items()}
    if kind == "dict":
        return {decode(k): decode(v) for k, v in body}
    return body


def _array(array, limit):
    shape = {"dtype": str(array.dtype), "shape": list(array.shape)}
    if array.size <= limit or array.dtype.kind not in "biuf":
        return {**shape, "data": [encode(item) for item in array.ravel().tolist()]}
    seen = {
        "min": encode(array.min()),
        "max": encode(array.max()),
        "mean": encode(float(array.mean(dtype=np.float64))),
    }
    return {**shape, **seen, "head": [encode(item) for item in array.ravel()[:16].tolist()]}


def _word(value):
    return "NaN" if np.isnan(value) else "Infinity" if value > 0 else "-Infinity"
