"""Hypothesis strategies on small integer and dyadic lattices.

Uniform random boxes almost never touch, tie, have no area or meet a threshold exactly; boxes on a small
lattice do all the time, and every IoU that decides is exact or falls on the same side in every precision.
"""

import numpy as np
from hypothesis import strategies as st

DTYPES = st.sampled_from([np.float32, np.float64])
THRESHOLDS = st.sampled_from([0.0, 0.1, 0.25, 0.3, 1 / 3, 0.5, 0.6, 0.7, 0.75, 1.0])
# Powers of two keep every intermediate exact; 0.1 makes rounding matter.
SCALES = st.sampled_from([1.0, 0.5, 2.0**-6, 64.0, 0.1])


@st.composite
def boxes(draw, min_size=0, max_size=24, dtype=None, inverted=True):
    """(N, 4) boxes on {0..8} times a scale, moved by a whole offset; zero areas and inversions included."""
    dtype = draw(DTYPES) if dtype is None else dtype
    count = draw(st.integers(min_size, max_size))
    corners = draw(st.lists(st.tuples(*[st.integers(0, 8)] * 4), min_size=count, max_size=count))
    array = np.array(corners, np.float64).reshape(count, 4)
    if not inverted:
        array = np.hstack([np.minimum(array[:, :2], array[:, 2:]), np.maximum(array[:, :2], array[:, 2:])])
    return ((array + draw(st.integers(-8, 8))) * draw(SCALES)).astype(dtype)


@st.composite
def sized_boxes(draw, count=None, dtype=None):
    """(N, 4) boxes of sides 1..9 with corners in -8..24, times a scale: what can be encoded."""
    count = draw(st.integers(0, 8)) if count is None else count
    row = st.tuples(*[st.integers(-8, 24)] * 2, *[st.integers(1, 9)] * 2)
    rows = np.array(draw(st.lists(row, min_size=count, max_size=count)), np.float64).reshape(count, 4)
    corners = np.hstack([rows[:, :2], rows[:, :2] + rows[:, 2:]]) * draw(SCALES)
    return corners.astype(draw(DTYPES) if dtype is None else dtype)


@st.composite
def scored_boxes(draw, max_size=24, dtype=None):
    """Boxes, and scores of five levels so that ties are common."""
    drawn = draw(boxes(max_size=max_size, dtype=dtype))
    levels = draw(st.lists(st.integers(0, 4), min_size=len(drawn), max_size=len(drawn)))
    return drawn, np.array(levels, np.float64).astype(drawn.dtype) / 4


@st.composite
def classified_boxes(draw, max_size=24, dtype=None):
    """Scored boxes, and a class for each, of few."""
    drawn, scores = draw(scored_boxes(max_size=max_size, dtype=dtype))
    few = draw(st.sampled_from([[3], [0, 1], [-1, 0, 1, 2**62]]))
    classes = draw(st.lists(st.sampled_from(few), min_size=len(drawn), max_size=len(drawn)))
    return drawn, scores, np.array(classes, np.int64)


@st.composite
def pooling(draw):
    """A map of small whole numbers (ties), RoIs on half pixels in and around it, output size and scale."""
    dtype = draw(DTYPES)
    n, c, h, w = (draw(st.integers(low, high)) for low, high in ((1, 2), (1, 3), (1, 9), (1, 9)))
    cells = draw(st.lists(st.integers(-3, 3), min_size=n * c * h * w, max_size=n * c * h * w))
    corner = st.integers(-8, 24)
    row = st.tuples(st.integers(0, n - 1), corner, corner, corner, corner)
    rois = np.array(draw(st.lists(row, max_size=6)), np.float64).reshape(-1, 5)
    rois[:, 1:] /= 2
    size = draw(st.tuples(st.integers(1, 7), st.integers(1, 7)))
    scale = draw(st.sampled_from([1.0, 0.5, 0.25, 2.0, 0.1, 1 / 3]))
    return np.array(cells, dtype).reshape(n, c, h, w), rois.astype(dtype), size, scale


def layouts(array):
    """The same values in every memory layout that a caller may bring: name -> array."""
    doubled = np.repeat(array, 2, axis=0)[::2] if array.ndim else array
    raw = np.zeros(array.nbytes + 1, np.uint8)
    misaligned = raw[1:].view(array.dtype).reshape(array.shape) if array.size else array.copy()
    misaligned[...] = array
    read_only = array.copy()
    read_only.flags.writeable = False
    return {
        "contiguous": np.ascontiguousarray(array),
        "fortran": np.asfortranarray(array),
        "strided": doubled,
        "negative stride": array[::-1].copy()[::-1],
        "read-only": read_only,
        "misaligned": misaligned,
        "byte-swapped": array.astype(array.dtype.newbyteorder()),
    }


def same_bits(result, expected):
    """True if type, dtype, shape and every bit agree; NaN equals NaN, whatever its payload."""
    if isinstance(expected, tuple):
        return len(result) == len(expected) and all(map(same_bits, result, expected))
    if type(result) is not type(expected) or result.dtype != expected.dtype or result.shape != expected.shape:
        return False
    if expected.dtype.kind != "f":
        return result.tobytes() == expected.tobytes()
    nan = np.isnan(expected)
    return bool((np.isnan(result) == nan).all()) and result[~nan].tobytes() == expected[~nan].tobytes()
