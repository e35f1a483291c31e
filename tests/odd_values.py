"""Values that no function expects: arrays of every dtype, shape and memory layout, and what is no array at all."""

import array
import decimal
import fractions
import tempfile
import types

import numpy as np

SPECIAL = (np.nan, np.inf, -np.inf, 1e38, -1e38, 1e308, -1e308, 5e-324, 1e-40, -0.0, 2.0**53 + 2, 0.5, -1.0)
FLOATS = (np.float64, np.float32, np.float16)


class Subclass(np.ndarray):
    """A subclass whose indexing would break an algorithm that trusted it."""

    def __repr__(self):
        return f"Subclass({np.asarray(self)!r})"  # the inherited one would index

    def __getitem__(self, index):
        raise AssertionError("the subclass was not stripped")


class Refuses:
    """Something that NumPy asks for an array and that has none, such as a tensor that needs its gradient."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array today")


def with_value(values, special, dtype, place):
    """The numbers in that dtype, with a special one at one place."""
    with np.errstate(over="ignore", invalid="ignore"):
        changed = values.astype(np.float64)
        changed.reshape(-1)[place : place + 1 or None] = special
        return changed.astype(dtype)


def on_disk(values):
    with tempfile.NamedTemporaryFile() as file:
        mapped = np.memmap(file.name, values.dtype, "w+", shape=values.shape or (1,))
    mapped[...] = values
    return mapped


def read_only(values):
    values = values.copy()
    values.flags.writeable = False
    return values


def misaligned(values):
    raw = np.zeros(values.nbytes + 1, np.uint8)
    moved = raw[1:].view(values.dtype).reshape(values.shape)
    moved[...] = values
    return moved


# Each takes an array and gives one with other strides, flags or class; arrays of objects stay in plain memory.
LAYOUTS = {
    "as it is": lambda a: a,
    "read-only": read_only,
    "backwards": lambda a: a[::-1] if a.ndim else a,
    "fortran": np.asfortranarray,
    "every second": lambda a: np.repeat(a, 2, axis=0)[::2] if a.ndim else a,
    "misaligned": lambda a: a if a.dtype.hasobject else misaligned(a),
    "byte-swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "mapped from a file": lambda a: on_disk(a) if a.size and not a.dtype.hasobject else a,
    "subclass": lambda a: a.view(Subclass),
    "masked": lambda a: np.ma.MaskedArray(a),
    "one place for all": lambda a: (
        np.broadcast_to(a.reshape(-1)[:1].reshape((1,) * a.ndim), a.shape) if a.size else a
    ),
}
SHAPES = {
    "no rows": lambda a: a[:0] if a.ndim else a,
    "no columns": lambda a: a[..., :0] if a.ndim else a,
    "less columns": lambda a: a[..., :-1] if a.ndim else a,
    "one row": lambda a: a[:1] if a.ndim else a,
    "rows twice": lambda a: np.concatenate([a, a]) if a.ndim else a,
    "turned": lambda a: a.T,
    "flat": lambda a: a.reshape(-1),
    "one axis more": lambda a: a[None],
    "seven axes": lambda a: np.zeros((1,) * 7, a.dtype),
    "no axis": lambda a: np.zeros((), a.dtype),
    "nothing in seven axes": lambda a: np.zeros((0,) * 7, a.dtype),
}


def cast(dtype):
    """The numbers as whole ones between -99 and 99, in any dtype."""

    def change(values):
        whole = (
            np.nan_to_num(values.astype(np.float64), nan=0, posinf=9, neginf=-9).clip(-99, 99).astype("i8")
        )
        return np.asarray(whole).astype(dtype)

    return change


ODD_DTYPES = {
    dtype: cast(dtype)
    for dtype in (
        "i1",
        "i2",
        "i8",
        "c8",
        "c16",
        "O",
        "U8",
        "S8",
        "M8[s]",
        "m8[s]",
        "?",
        "longdouble",
        "f2",
        "i4",
    )
} | {
    "unsigned": lambda a: np.asarray(np.abs(cast("i8")(a))).astype("u8"),
    "largest int64": lambda a: np.full(a.shape, 2**63 - 1),
    "smallest int64": lambda a: np.full(a.shape, -(2**63)),
    "largest uint64": lambda a: np.full(a.shape, 2**64 - 1, "u8"),
    "void": lambda a: np.zeros(a.shape, "V8"),
    "structured": lambda a: np.zeros(a.shape, [("x", "f8"), ("y", "i4")]),
    "None": lambda a: np.full(a.shape, None, object),
    "huge integers": lambda a: np.full(a.shape, 10**30, object),
}

NUMBERS = (True, False, -1, 0, 1, 3, 2.5, 0.5, 1e30, -1e300, 5e-324, np.nan, np.inf, 10**400, 2**63, 1j)
NUMPYS = (np.float32(0.5), np.int8(1), np.bool_(True), np.datetime64(0, "s"), np.str_("x"), np.array(0.5))
TEXTS = ("boxes", "", b"boxes", bytearray(b"boxes"), memoryview(b"boxes"), array.array("d", [1, 2, 3, 4]))
OBJECTS = (
    None,
    ...,
    fractions.Fraction(1, 3),
    decimal.Decimal("0.5"),
    slice(None),
    int,
    abs,
    Refuses(),
    range(4),
)
PAIRS = (
    (0, 0),
    (-1, 3),
    (1, 1),
    (2.0, 2),
    ("a", "b"),
    (None, None),
    (1, 2, 3),
    {"boxes": 1},
    {1: [[0, 0, 1, 1]]},
)
LISTS = (
    [],
    (),
    {},
    set(),
    [[]],
    [None],
    [[1, 2], [3]],
    [[1, "a"]],
    [[[[[[]]]]]],
    [10**30],
    ["1"],
    [{}],
    [()],
)
ARRAYS = (
    [np.zeros((2, 4)), np.zeros((1, 4))],
    [np.zeros((2, 2)), "x"],
    [Refuses()],
    types.SimpleNamespace(boxes=1),
)


def things():
    """What is no array: scalars, containers, and objects."""
    itself: list = []
    itself.append(itself)
    return [
        *NUMBERS,
        *NUMPYS,
        *TEXTS,
        *OBJECTS,
        *PAIRS,
        *LISTS,
        *ARRAYS,
        itself,
        iter([1]),
        object(),
        np.array("x"),
    ]
