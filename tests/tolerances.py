"""The one table of tolerances: everything else in the tests is compared with ``==``.

Each has its kind, its size and its reason. NaN is close to nothing. "spacings" are those of the expected
number in its precision, but not finer than those of 1.
"""

import numpy as np

TOLERANCES = {
    "float64 sums": (
        "absolute",
        1e-12,
        "means and areas of values up to 1, some hundred terms in another order",
    ),
    "two products": (
        "absolute",
        4e-6,
        "vectorized RoI align in float32: BLAS adds some hundred shares of a bin or of a cell in its own order; 2e-6 "
        "of the largest sum of absolute terms was seen",
    ),
    "float32 average precision": (
        "absolute",
        1e-6,
        "mmdet and Caffe keep precision and the sum of some ten terms below 1 in float32",
    ),
    "six digits": ("absolute", 1e-6, "numbers of a page or a pencil, written with six digits"),
    "round trip": ("relative", 1e-12, "two roundings of a coordinate in float64, there and back (BOX-2)"),
    "coders": (
        "relative",
        1e-12,
        "encoded and decoded in float64: ten roundings and a logarithm of a ratio to 1e6",
    ),
    "libm float32": (
        "relative",
        1e-6,
        "libm: exp and log of NumPy, torch and OpenCV differ by up to 3 units in the last place, as measured",
    ),
    "libm float64": ("relative", 2e-15, "libm: the same, 2 units measured between NumPy 1.26, 2.4 and torch"),
    "by hand": (
        "absolute",
        1e-5,
        "the machine stops at a gap of 1e-12 of the objective, whose square root bounds it",
    ),
    "objective": ("relative", 1e-5, "the objective of float64 weights, computed anew in another order"),
    "optimum": ("relative", 1e-6, "two solvers, each stopped at a relative gap of 1e-7 or less"),
    "default gap": (
        "relative",
        1e-3,
        "fit_linear_svm stops at a gap of this share, which bounds what is left",
    ),
    "same optimum": ("relative", 1e-7, "two runs, each stopped at a relative gap of 1e-8"),
    "weights": (
        "absolute",
        1e-3,
        "the objective is strongly convex: a gap of 1e-8 allows weights sqrt(2e-8) apart",
    ),
    "weights of peers": ("absolute", 2e-3, "the same, with the peer's own stopping rule"),
    "normal equations": (
        "relative",
        1e-9,
        "a linear system of condition 1e5 at most, solved in float64 in one way and in another",
    ),
    "nearly no ridge": (
        "absolute",
        1e-6,
        "a ridge of 1e-8 moves weights up to 3 by its share of F'F, about 10",
    ),
    "all ridge": ("absolute", 1e-6, "a ridge of 1e9 leaves F'Y over 1e9 of the weights, F'Y about 100"),
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
    "float32 scores of an exponential": (
        "relative",
        2e-6,
        "libm: eleven decays by the C library's float exponential, a unit in the last place each",
    ),
    "peers": ("absolute", 1e-5, "other orders of float32 operations, on values up to about 5"),
    "gaussian decays": (
        "relative",
        2e-14,
        "libm: NumPy's exp in float64 lies up to 2 ulps from the C library's; 23 decays of 3 ulps each",
    ),
    "slope": ("relative", 1e-6, "a central difference of step 1e-6 in float64, away from kinks (C-10)"),
    "summed slopes": (
        "relative",
        1e-9,
        "at most 36 gradients summed in another order, some of them cancelling",
    ),
    "arc tangent": (
        "spacings",
        8,
        "libm: two arc tangents (IOU-5); at most 3 in 12 million pairs",
    ),
    "power": ("spacings", 4, "libm: a power with the exponent beta (IOU-4); at most 1 in 48 million"),
    "autograd": ("spacings", 8, "a dozen operations of PyTorch in another order"),
    "torch losses": (
        "spacings",
        32,
        "libm, and a dozen operations of PyTorch in another order; 22 was the most in 250 random cases of each kind",
    ),
    "regrouped losses": (
        "spacings",
        4,
        "1 - (IoU - penalty) against (1 - IoU) + penalty, of two terms or three",
    ),
    "float32 colours": ("absolute", 1e-4, "some ten operations in float32 on values up to 255"),
    "white of Lab": (
        "absolute",
        0.02,
        "scikit-image's white has four digits, refdet's is what its matrix makes of 1, 1, 1",
    ),
    "two digits of Lab": (
        "absolute",
        0.03,
        "references are written with two digits, lightness is scaled by 2.55",
    ),
    "sums of probabilities": ("absolute", 1e-6, "five probabilities in float32, a rounding each"),
    "drawn curve": ("absolute", 1e-3, "slopes of a curve by differences of its points, 0.02 to 0.05 apart"),
    "svg pixels": ("absolute", 1e-3, "numbers in the drawing are written with three decimals"),
}


def close(actual, expected, name):
    """True if every value lies within the tolerance of that name."""
    kind, size, _ = TOLERANCES[name]
    given, expected = np.asarray(expected), np.asarray(expected, float)
    if kind == "spacings":
        spacing = np.finfo(np.result_type(given, np.float32)).eps
        allowed = size * spacing * np.maximum(np.abs(expected), 1)
    else:
        allowed = size * np.abs(expected) if kind == "relative" else size
    return bool((np.abs(np.asarray(actual, float) - expected) <= allowed).all())


def close_boxes(actual, expected, name):
    """True if corners agree, relative to the largest coordinate of all: that is what they were rounded to."""
    if np.shape(actual) != np.shape(expected):
        return False
    extent = np.abs(expected).max(initial=1e-300)
    return close(1 + (np.asarray(actual, float) - expected) / extent, np.ones(np.shape(expected)), name)
