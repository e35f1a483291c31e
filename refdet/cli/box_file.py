"""Boxes from a file: CSV, JSON (COCO results, or a table of columns) and npz.

A file that cannot be read is an `InputError` of one line: the file, the line or entry, what came, what is
wanted. The size is checked before anything is read.
"""

from __future__ import annotations

import csv
import io
import os
import stat
import sys
from array import array
from dataclasses import dataclass, replace

import numpy as np

from refdet.cli.input_error import InputError

CORNERS = ["x1", "y1", "x2", "y2"]
COLUMNS = "x1,y1,x2,y2[,score[,class]]"
PIECE = 2**20  # bytes asked for at once
WANTED = f"rows of {COLUMNS}, or a header alone for no boxes"
FORMATS = f"""\
files:
  .csv   {COLUMNS}; a header line may name the columns, then in any order
  .json  COCO results, [{{"bbox": [x, y, w, h], "score": 0.9, "category_id": 1}}, ...],
         or columns, {{"boxes": [[x1, y1, x2, y2], ...], "scores": [...], "labels": [...]}}
  .npz   arrays boxes (N, 4) and scores (N,), and labels (N,) if there are classes
  -      CSV from the standard input
"""


@dataclass(frozen=True)
class BoxFile:
    """What a file holds: corners, and scores, classes and images where it has them."""

    name: str
    boxes: np.ndarray
    """(N, 4) xyxy."""
    scores: np.ndarray | None = None
    """(N,)"""
    labels: list | None = None
    """N class names or numbers."""
    images: list | None = None
    """N image ids, from COCO results."""


def add_reading(parser):
    """The arguments of every command that reads boxes."""
    parser.add_argument(
        "--dtype",
        choices=("float32", "float64"),
        help="precision of boxes and scores (the profile's: what its system takes, see below)",
    )
    parser.add_argument("--max-mb", type=float, default=64, metavar="MB", help="largest file to read (64)")


def told_dtypes(dtypes):
    """The part of a command's help that says what ``--dtype`` is if it is not given."""
    lines = [f"  {profile:<16} {' or '.join(taken)}" for profile, taken in dtypes.items()]
    note = "  (of two the first, except that an npz file in the other keeps it)"
    return "\n".join(["precision that a profile's system takes:", *lines, note, ""])


def read_boxes(path, max_mb, dtypes=()):
    """The `BoxFile` at `path`; ``-`` is CSV from the standard input.

    Boxes and scores come in the first of `dtypes`, or as an npz file has them if that is another of `dtypes`.
    """
    if not 0 < max_mb < float("inf"):
        raise InputError(f"--max-mb: {max_mb:g} came; wanted a finite size above 0")
    name = "<stdin>" if path == "-" else printable(path)
    readers = {".csv": _read_csv, ".json": _read_json, ".npz": _read_npz}
    suffix = ".csv" if path == "-" else os.path.splitext(path)[1].lower()
    content = _content(path, name, max_mb)
    if suffix not in readers:
        raise InputError(f"{name}: the extension {suffix!r} came; wanted .csv, .json or .npz, or - for CSV")
    if not content:
        raise InputError(f"{name}: the file is empty; wanted {WANTED}")
    found = readers[suffix](name, content, max_mb)
    if not dtypes:
        return found
    own = found.boxes.dtype.name if suffix == ".npz" else None  # text has no precision
    dtype = own if own in dtypes else dtypes[0]
    return replace(found, boxes=cast(found.boxes, dtype), scores=cast(found.scores, dtype))


def cast(values, dtype):
    """Numbers in that dtype; anything else as it is, for the op to refuse."""
    if values is None or values.dtype.kind not in "fiu" or values.dtype.itemsize > 8:
        return values
    with np.errstate(over="ignore"):
        return values.astype(dtype, copy=False)


def printable(value):
    """`value` as text that cannot move the cursor or break a line."""
    text = str(value)
    return text if text.isprintable() else ascii(text)[1:-1]


def _content(path, name, max_mb):
    """The bytes of the file, at most `max_mb` of them."""
    limit = _bytes(max_mb)
    try:
        if path == "-":
            content = _read(sys.stdin.buffer, limit)
        else:
            status = os.stat(path)
            if stat.S_ISDIR(status.st_mode):
                raise InputError(f"{name}: a folder came; wanted a file")
            _check_size(name, status.st_size, limit, max_mb)
            with open(path, "rb") as file:
                content = _read(file, limit)
    except MemoryError:
        raise InputError(f"{name}: it does not fit in memory; wanted a smaller file") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        raise InputError(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    _check_size(name, len(content), limit, max_mb)
    return content


def _bytes(max_mb):
    return int(min(max_mb * 2**20, sys.maxsize))


def _read(stream, limit):
    """At most `limit` + 1 bytes, piece by piece: a buffer for all that is allowed may not fit in memory."""
    pieces, left = [], limit + 1
    while left > 0 and (piece := stream.read(min(PIECE, left))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _check_size(name, size, limit, max_mb):
    if size > limit:
        raise InputError(f"{name}: more than {max_mb:g} MB; raise the limit with --max-mb if it is meant")


def _text(name, content, wanted):
    if b"\0" in content:
        raise InputError(f"{name}: binary data came; wanted {wanted}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        byte = f"0x{content[error.start]:02x}"
        raise InputError(f"{name}:{line}: byte {byte} is not UTF-8; wanted {wanted}") from None


def _read_csv(name, content, max_mb):
    _text(name, content, f"rows of {COLUMNS}")  # refuses what is not text, and names the line
    lines = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="\n")
    reader = csv.reader(lines, strict=True)
    names, numbers, classes = None, array("d"), []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            cells = [cell.strip() for cell in cells]
            where = f"{name}:{reader.line_num}"
            if names is None and _is_header(cells):
                names = _checked_header(where, cells)
                continue
            names = names or _columns_by_count(where, cells)
            row = _checked_row(where, names, cells)
            if "class" in names:
                classes.append(row.pop(names.index("class")))
            numbers.extend(row)
    except csv.Error as error:
        raise InputError(f"{name}:{reader.line_num}: {error}; wanted {COLUMNS}") from None
    if names is None:
        raise InputError(f"{name}: blank lines only; wanted {WANTED}")
    columns = [column for column in names if column != "class"]
    table = np.array(numbers).reshape(-1, len(columns))
    boxes = table.take([columns.index(corner) for corner in CORNERS], axis=1)
    scores = table[:, columns.index("score")].copy() if "score" in columns else None
    return BoxFile(name, boxes, scores, _labels(classes) if "class" in names else None)


def _labels(cells):
    """Whole numbers if all are, names otherwise."""
    whole = all(cell.removeprefix("-").isdecimal() and len(cell) < 19 for cell in cells)
    return [int(cell) for cell in cells] if whole else cells


def _is_header(cells):
    return all(_number(cell) is None for cell in cells)


def _checked_header(where, cells):
    names = [cell.lower() for cell in cells]
    known = {*CORNERS, "score", "class"}
    if len(set(names)) < len(names) or not set(CORNERS) <= set(names) <= known:
        raise InputError(f"{where}: the header {_shown(','.join(cells))} came; wanted the columns {COLUMNS}")
    return names


def _columns_by_count(where, cells):
    if not 4 <= len(cells) <= 6:
        raise InputError(f"{where}: {_cells(len(cells))} came; wanted 4 to 6, {COLUMNS}")
    return [*CORNERS, "score", "class"][: len(cells)]


def _checked_row(where, names, cells):
    """The cells as numbers, except the class."""
    if len(cells) != len(names):
        raise InputError(f"{where}: {_cells(len(cells))} came; wanted {len(names)}, {','.join(names)}")
    row = [cell if name == "class" else _number(cell) for name, cell in zip(names, cells, strict=True)]
    if None in row:
        wrong = row.index(None)
        raise InputError(f"{where}: {_shown(cells[wrong])} came for {names[wrong]}; wanted a number")
    return row


def _cells(count):
    return f"{count} cell{'' if count == 1 else 's'}"


def _number(cell):
    try:
        return None if "_" in cell else float(cell)  # Python alone reads 1_000
    except ValueError:
        return None


def _read_json(name, content, max_mb):
    from refdet.cli.box_json import boxes_from_json

    return BoxFile(name, *boxes_from_json(name, _text(name, content, "JSON text")))


def _read_npz(name, content, max_mb):
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        _check_size(f"{name}, unpacked", unpacked, _bytes(max_mb), max_mb)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            found = {key: arrays[key] for key in ("boxes", "scores", "labels") if key in arrays.files}
            keys = arrays.files
    except (zipfile.BadZipFile, ValueError, EOFError, OSError, MemoryError, RuntimeError) as error:
        raise InputError(f"{name}: not a readable npz file: {_shown(str(error))}") from None
    if "boxes" not in found:
        raise InputError(f"{name}: it holds {_shown(', '.join(keys))}; wanted arrays boxes and scores")
    labels = found.get("labels")
    if labels is not None:
        if labels.shape != found["boxes"].shape[:1] or labels.dtype.kind not in "iuU":
            came = f"{labels.dtype} of shape {labels.shape}"
            raise InputError(f"{name}: labels is {came}; wanted one integer or name per box")
        labels = labels.tolist()
    return BoxFile(name, found["boxes"], found.get("scores"), labels)


def _shown(text):
    return repr(text if len(text) <= 60 else text[:57] + "...")
