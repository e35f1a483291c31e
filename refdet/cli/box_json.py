"""Boxes from JSON: COCO results, or one object that holds columns."""

from __future__ import annotations

import json

import numpy as np

from refdet.boxes.formats import xywh_to_xyxy
from refdet.cli.input_error import InputError

_WANTED = (
    'wanted COCO results, [{"bbox": [x, y, w, h], "score": s, "category_id": c}, ...], '
    'or {"boxes": [[x1, y1, x2, y2], ...], "scores": [...]}'
)


def boxes_from_json(name, text):
    """Corners (N, 4), scores or None, labels or None, images or None."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{name}:{error.lineno}: {error.msg}, column {error.colno}; wanted JSON") from None
    except ValueError:  # Python's limit on the digits of an int
        raise InputError(f"{name}: a number of thousands of digits came; {_WANTED}") from None
    except RecursionError:
        raise InputError(f"{name}: brackets nested too deep came; {_WANTED}") from None
    if isinstance(found, list):
        return _coco_results(name, found)
    if isinstance(found, dict) and "boxes" in found:
        return _columns(name, found)
    came = f"an object with {_shown(list(found))}" if isinstance(found, dict) else _shown(found)
    raise InputError(f"{name}: {came} came; {_WANTED}")


def _coco_results(name, entries):
    for i, entry in enumerate(entries):
        if not isinstance(entry, dict) or "bbox" not in entry:
            raise InputError(f"{name}: entry {i} is {_shown(entry)}; {_WANTED}")
    boxes = [_row(f'{name}: entry {i}, "bbox"', e["bbox"], "[x, y, w, h]") for i, e in enumerate(entries)]
    scores = _optional(name, entries, "score")
    if scores is not None or not entries:
        scores = _numbers(f'{name}: "score"', scores or [])
    labels, images = _optional(name, entries, "category_id"), _optional(name, entries, "image_id")
    for key, ids in (("category_id", labels), ("image_id", images)):
        _check_ids(name, key, ids)
    with np.errstate(over="ignore", invalid="ignore"):
        corners = xywh_to_xyxy(np.array(boxes, float).reshape(-1, 4))
    return corners, scores, labels, images


def _columns(name, found):
    if not isinstance(found["boxes"], list):
        raise InputError(f'{name}: "boxes" is {_shown(found["boxes"])}; wanted a list of [x1, y1, x2, y2]')
    rows = [_row(f"{name}: boxes, row {i}", row, "[x1, y1, x2, y2]") for i, row in enumerate(found["boxes"])]
    for key in ("scores", "labels"):
        column = found.get(key)
        if column is not None and (not isinstance(column, list) or len(column) != len(rows)):
            raise InputError(f"{name}: {key} is {_shown(column)}; wanted a list of {len(rows)}, one per box")
    scores, labels = found.get("scores"), found.get("labels")
    _check_ids(name, "labels", labels)
    scores = None if scores is None else _numbers(f'{name}: "scores"', scores)
    return np.array(rows, float).reshape(-1, 4), scores, labels, None


def _optional(name, entries, key):
    """The column of that key, or None if no entry has it."""
    if not any(key in entry for entry in entries):
        return None
    for i, entry in enumerate(entries):
        if key not in entry:
            raise InputError(f'{name}: entry {i} has no "{key}", but others do; wanted it in all or in none')
    return [entry[key] for entry in entries]


def _check_ids(name, key, ids):
    for i, value in enumerate(ids or []):
        if not isinstance(value, (int, str)) or isinstance(value, bool):
            raise InputError(f'{name}: "{key}" {i} is {_shown(value)}; wanted a whole number or a name')


def _row(where, row, wanted):
    if not isinstance(row, list) or len(row) != 4:
        raise InputError(f"{where} is {_shown(row)}; wanted {wanted}")
    return _numbers(where, row)


def _numbers(where, values):
    for i, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise InputError(f"{where}, value {i} is {_shown(value)}; wanted a number")
    try:
        return np.array(values, float)
    except OverflowError:
        raise InputError(f"{where} holds a number beyond float64; wanted numbers below 1e308") from None


def _shown(value):
    try:
        text = json.dumps(value)
    except RecursionError:
        return "brackets nested too deep"
    return text if len(text) <= 60 else text[:57] + "..."
