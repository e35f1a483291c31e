"""How arrays go into a C++ kernel and come back."""

from __future__ import annotations

import numpy as np

from refdet import checks
from refdet.kernels import load_extension

core = load_extension("_core")

MOST_THREADS = 256


def threads_of(value):
    """A number of threads, `MOST_THREADS` at most."""
    return min(checks.whole_number(value, "threads", 1), MOST_THREADS)


def plain(array, dtype=None):
    """The array itself if a pointer can walk over it, a copy otherwise."""
    return np.require(array, dtype, ["C", "ALIGNED"])


def direct(out):
    """`out` if a kernel can write to it, an array in its place otherwise."""
    return out if out.flags.c_contiguous and out.flags.aligned else np.empty(out.shape, out.dtype)


def delivered(result, out):
    """`out`, which now holds the result."""
    if result is not out:
        out[...] = result
    return out
