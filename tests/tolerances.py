"""The one table of tolerances: everything else in the tests is compared with ``==``.

Each has its kind, its size and its reason. NaN is close to nothing.
"""

import numpy as np

TOLERANCES = {
    "float64 sums": (
        "absolute",
        1e-12,
        "means and areas of values up to 1, some hundred terms in another order",
    ),
    "float32 average precision": (
        "absolute",
        1e-6,
        "mmdet and Caffe keep precision and the sum of some ten terms below 1 in float32",
    ),
    "round trip": ("relative", 1e-12, "two roundings of a coordinate in float64, there and back (BOX-2)"),
    "by hand": (
        "absolute",
        1e-5,
        "the machine stops at a gap of 1e-12 of the objective, whose square root bounds it",
    ),
    "objective": ("relative", 1e-5, "the objective of float64 weights, computed anew in another order"),
    "optimum": ("relative", 1e-6, "two solvers, each stopped at a relative gap of 1e-7 or less"),
    "same optimum": ("relative", 1e-7, "two runs, each stopped at a relative gap of 1e-8"),
    "weights": (
        "absolute",
        1e-3,
        "the objective is strongly convex: a gap of 1e-8 allows weights sqrt(2e-8) apart",
    ),
    "weights of peers": ("absolute", 2e-3, "the same, with the peer's own stopping rule"),
    "mined weights": ("absolute", 0.02, "a gap of 1e-4 allows weights sqrt(2e-4) apart"),
    "float32 map": ("absolute", 1e-5, "the map is float32: some twenty operations on values up to 1"),
    "float32 vote": (
        "absolute",
        1e-4,
        "the direction of a gradient is an arc tangent in float32, times bins per turn",
    ),
    "float32 vote, relative": ("relative", 1e-4, "the same"),
    "float32 votes": ("relative", 1e-3, "the quotient of two votes, one of them a quarter"),
    "without contrast": (
        "absolute",
        1e-3,
        "epsilon of the normalisation is not nothing beside a contrast of 100",
    ),
    "float32 scores": ("absolute", 1e-5, "288 products in float32, grouped by BLAS as it likes"),
    "svg pixels": ("absolute", 1e-3, "numbers in the drawing are written with three decimals"),
}


def close(actual, expected, name):
    """True if every value lies within the tolerance of that name."""
    kind, size, _ = TOLERANCES[name]
    expected = np.asarray(expected, float)
    allowed = size * np.abs(expected) if kind == "relative" else size
    return bool((np.abs(np.asarray(actual, float) - expected) <= allowed).all())
