"""Conventions that no system has: any legal value in any field, read from the annotations of the parts.

`WRONG` has what no field may be; `any_convention` draws a profile some of whose fields are replaced.
"""

import dataclasses
import math
from types import UnionType
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
from hypothesis import strategies as st

from refdet.conventions import AveragePrecision, Coder, Overlap, Roi, Suppression
from refdet.profiles import PROFILES

PARTS = {
    "overlap": Overlap,
    "suppression": Suppression,
    "roi": Roi,
    "coder": Coder,
    "average_precision": AveragePrecision,
}
LARGEST = float(np.finfo(np.float32).max)
FLOATS = (0.0, -0.0, 0.5, 1.0, 1, -1.0, 1e-45, 1e-7, 1e-310, 1e30, LARGEST, -LARGEST, math.inf, -math.inf)
FLOATS += (np.float64(0.1), np.float32(0.1), np.longdouble(2), np.float16(0.5), np.int8(-1))
WHOLE = (0, 1, 3, 2**16 - 1, np.uint8(2), np.int64(5))
# Some fields take less than their annotation says; of the points of a bin, few enough to be laid quickly.
NOT_NEGATIVE = (*(value for value in FLOATS if 0 <= float(value) < 1e38), 1e38)
NARROWER = {
    "sampling_ratio": (0, 1, 2, 3, np.int8(2)),
    "most_samples": (1, 2, 3, np.int64(7)),
    **{f"{area}_eps": NOT_NEGATIVE for area in ("union", "giou", "diou", "ciou")},
    "beta": tuple(value for value in NOT_NEGATIVE if float(value)),
    "weights": ((10, 10, 5, 5), (1e-30, 1, 1e30, 0.1)),
}
WRONG = (
    math.nan,
    10**400,
    1e39,
    1 + 1j,
    "",
    "Area",
    b"area",
    (),
    [],
    {},
    object(),
    np.zeros(2),
    ...,
)


def fields(part):
    """Name of each field of a part, and what it may be."""
    for name, kind in get_type_hints(PARTS[part]).items():
        yield name, get_args(kind) if isinstance(kind, UnionType) else (kind,)


def legal(name, kinds):
    """A strategy of what a field may be."""
    if name in NARROWER:
        return st.sampled_from(NARROWER[name])
    return st.one_of([_of_kind(kind) for kind in kinds])


def _of_kind(kind):
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.tuples(*map(_of_kind, get_args(kind)))
    return {
        bool: st.booleans(),
        int: st.sampled_from(WHOLE),
        float: st.sampled_from(FLOATS) | st.floats(0, 4, width=32),
        type(None): st.none(),
    }[kind]


@st.composite
def any_convention(draw, parts=tuple(PARTS)):
    """A profile; some of the fields of its parts, all of one part or none are replaced by any legal values."""
    convention = draw(st.sampled_from(list(PROFILES.values())))
    for part in parts:
        kept = getattr(convention, part) or PARTS[part]()
        often = draw(st.sampled_from([0, 1, 2]))  # of two
        odd = {
            name: draw(legal(name, kinds)) for name, kinds in fields(part) if draw(st.integers(1, 2)) <= often
        }
        convention = dataclasses.replace(convention, **{part: dataclasses.replace(kept, **odd)})
    return convention
