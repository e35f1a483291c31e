"""Contracts of RoI align and its gradient: each planted bug is found, and what they leave open is small."""

import itertools
import math

import numpy as np
import pytest

from refdet import MMCV, REFDET
from refdet.kernels import vectorized
from refdet.verify.contract import Case, Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.shrink import shrunk

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def first_broken(op, kernel, dtype=FLOAT32, seed=0):
    """The first promise that a kernel breaks within 150 cases, and the case."""
    drawn = CONTRACTS[op].cases(np.random.default_rng(seed), REFDET, dtype)
    for case in itertools.islice(drawn, 150):
        words = broken(CONTRACTS[op], case, kernel(*case.arguments.values()), Terms(REFDET))
        if words:
            return words, case
    return "none is broken", None


def judged(op, arguments, came, **terms):
    return broken(CONTRACTS[op], Case(arguments, "by hand"), came, Terms(REFDET, **terms))


def one_bin(value, corners, **other):
    """Cells 0, 0, 8, and an answer."""
    row = np.array([0.0, 0, 8]).reshape(1, 1, 1, 3).astype(np.float32)
    given = {"input": row, "boxes": np.array([[0, corners[0], 0, corners[1], 1]], np.float32)}
    plain = {"output_size": (1, 1), "spatial_scale": 1.0, "sampling_ratio": 0, "aligned": True}
    return judged("roi_align", {**given, **plain, **other}, np.full((1, 1, 1, 1), value, np.float32))


# By hand


def test_an_exact_number_of_points_has_one_answer():
    """Two cells have two points, at indices 1 and 2: the mean is 4; three points would give 40/9."""
    assert one_bin(4, (1, 3)) is None
    assert "mean of 1 x 2 points is 4" in one_bin(40 / 9, (1, 3))


def test_a_rounded_number_of_points_has_two():
    """From 3.3 to 6.3 at scale 1/3: a cell or a trifle more, so one point, at index 1.1, or two, at 0.85 and 1.35."""
    scaled = {"spatial_scale": 1 / 3}
    one, two = 8 * 0.1, 8 * 0.35 / 2
    assert one_bin(one, (3.3, 6.3), **scaled) is None and one_bin(two, (3.3, 6.3), **scaled) is None
    assert "the mean of" in one_bin((one + two) / 2, (3.3, 6.3), **scaled)


def test_the_map_ends_a_cell_off_its_last():
    """A point at index 3 of 3 cells still takes the last one; one at 3.25 is 0, and neither is open."""
    single = {"sampling_ratio": 1}
    assert one_bin(8, (3.5, 3.5), **single) is None and "8" in one_bin(0, (3.5, 3.5), **single)
    assert one_bin(0, (3.75, 3.75), **single) is None and "is 0," in one_bin(8, (3.75, 3.75), **single)


def test_a_region_without_size_has_no_points():
    assert one_bin(0, (2.5, 2.5)) is None and "mean of 1 x 0 points" in one_bin(8, (2.5, 2.5))


def test_the_gradient_is_the_transpose():
    """<grad, forward(x)> = <backward(grad), x>, of every case alike."""
    for case in itertools.islice(
        CONTRACTS["roi_align"].cases(np.random.default_rng(2), REFDET, FLOAT64), 120
    ):
        a = dict(case.arguments)
        table = a.pop("input")
        pooled = vectorized.roi_align(table, *a.values())
        grad = np.random.default_rng(0).normal(size=pooled.shape)
        rest = {"boxes": a["boxes"], "input_shape": table.shape} | {
            name: a[name] for name in ("spatial_scale", "sampling_ratio", "aligned")
        }
        sent = vectorized.roi_align_backward(grad, *rest.values())
        assert judged("roi_align_backward", {"grad_output": grad, **rest}, sent) is None
        size = (np.abs(grad) * np.abs(pooled)).sum() + np.abs(table).max(initial=1) * np.abs(grad).sum()
        assert abs((grad * pooled).sum() - (sent * table).sum()) <= 1e-12 * size


# Planted bugs


def usual_points(side, ratio):
    return ratio if ratio > 0 else math.ceil(side)


def on_map(place, cells):
    return -1 <= place <= cells


def weights(first, last, bins, cells, ratio, aligned, bug):
    """(bins, cells) weights of means along an axis, each part of which can be wrong."""
    offset = bug.get("offset", 0.5 if aligned else 0.0)
    begin, size = first - offset, last - first + bug.get("extra", 0)
    side = max(size, bug.get("least", 0 if aligned else 1)) / bins
    count = bug.get("points", usual_points)(side, ratio)
    table = np.zeros((bins, cells))
    for p in range(bins):
        places = [begin + p * side + (i + bug.get("middle", 0.5)) * side / count for i in range(count)]
        inside = [place for place in places if bug.get("inside", on_map)(place, cells)]
        for place in inside:
            low = min(int(max(place, 0)), cells - 1)
            past = bug.get("past", float)(min(max(place, 0), cells - 1) - low)
            high = min(low + 1, cells - 1)
            table[p, low] += 1 - past
            table[p, high] += past
            if bug.get("padded") and not 0 <= place <= cells - 1:
                table[p, low] -= min(abs(place - min(max(place, 0), cells - 1)), 1)
        table[p] /= max(len(inside) if bug.get("on_map_only") else count, 1) * bug.get("times", 1)
    return table


def both(box, size, shape, scale, ratio, aligned, bug):
    """The weights of rows and of columns."""
    x1, y1, x2, y2 = (float(c) * bug.get("scale", scale) for c in box[list(bug.get("axes", (1, 2, 3, 4)))])
    ratio, aligned = bug.get("ratio", ratio), bug.get("aligned", aligned)
    rows = weights(y1, y2, size[0], shape[0], ratio, aligned, bug)
    return rows, weights(x1, x2, size[1], shape[1], ratio, aligned, bug)


def turned(table, bug):
    square = bug.get("turned") and table.shape[-1] == table.shape[-2]
    return table.swapaxes(-1, -2) if square else table


def align_kernel(**bug):
    def kernel(input, boxes, size, scale, ratio, aligned):
        pooled = np.zeros((len(boxes), input.shape[1], *size), input.dtype)
        table = input.astype(bug.get("dtype", np.float64))
        for k, box in enumerate(boxes[: bug.get("rois")]):
            rows, columns = both(box, size, input.shape[2:], scale, ratio, aligned, bug)
            pooled[k] = turned(rows @ table[bug.get("image", int)(box[0])] @ columns.T, bug)
        pooled[:, bug.get("channels", pooled.shape[1]) :] = 0
        return pooled

    return kernel


def gradient_kernel(**bug):
    def kernel(grad, boxes, shape, scale, ratio, aligned):
        out = np.zeros(shape, bug.get("dtype", np.float64))
        for k, box in enumerate(boxes[: bug.get("rois")]):
            rows, columns = both(box, grad.shape[2:], shape[2:], scale, ratio, aligned, bug)
            sent = rows.T @ turned(grad[k].astype(np.float64), bug) @ columns
            n = bug.get("image", int)(box[0])
            out[n] = np.where(sent, sent, out[n]) if bug.get("overwrites") else out[n] + sent
        out[:, bug.get("channels", shape[1]) :] = 0
        return (out * bug.get("sign", 1)).astype(grad.dtype)

    return kernel


BOTH = {
    "no half cell": {"offset": 0.0},
    "half a cell always": {"offset": 0.5},
    "half a cell the other way": {"offset": -0.5},
    "always aligned": {"aligned": True},
    "never aligned": {"aligned": False},
    "widens where aligned too": {"least": 1},
    "never widens": {"least": 0},
    "one pixel more": {"extra": 1},
    "one point": {"ratio": 1},
    "two points always": {"ratio": 2},
    "as many points as cells, whatever is asked for": {"ratio": 0},
    "cells rounded down": {"points": lambda side, ratio: ratio if ratio > 0 else math.floor(side)},
    "cells rounded": {"points": lambda side, ratio: ratio if ratio > 0 else round(side)},
    "one point at least": {"points": lambda side, ratio: max(usual_points(side, ratio), 1)},
    "points at the left of their share": {"middle": 0.0},
    "a point at -1 is off the map": {"inside": lambda place, cells: -1 < place <= cells},
    "a point at the end is off the map": {"inside": lambda place, cells: -1 <= place < cells},
    "off the map beyond the middle of the last cell": {
        "inside": lambda place, cells: 0 <= place <= cells - 1
    },
    "never off the map": {"inside": lambda place, cells: True},
    "fades at the border": {"padded": True},
    "takes the cell before": {"past": lambda past: 0.0},
    "takes the nearest cell": {"past": round},
    "weights exchanged": {"past": lambda past: 1 - past},
    "mean of the points on the map": {"on_map_only": True},
    "share of four points": {"times": 2},
    "x for y": {"axes": (2, 1, 4, 3)},
    "ignores the scale": {"scale": 1.0},
    "ignores the image": {"image": lambda _: 0},
    "bins turned": {"turned": True},
    "stops after 1024 regions": {"rois": 1024},
    "misses the last region": {"rois": -1},
    "stops after 64 channels": {"channels": 64},
    "zeros": {"rois": 0},
    "float32 sums of float64": {"dtype": np.float32},
}
GRADIENT = {"overwrites": {"overwrites": True}, "the other sign": {"sign": -1}}


@pytest.mark.parametrize("bug", BOTH)
def test_a_wrong_roi_align_is_found(bug):
    kernel = align_kernel(**BOTH[bug])
    words, _ = first_broken("roi_align", kernel, FLOAT64 if "float64" in bug else FLOAT32)
    assert "the mean of" in words, bug


@pytest.mark.parametrize("bug", [*BOTH, *GRADIENT])
def test_a_wrong_gradient_of_roi_align_is_found(bug):
    kernel = gradient_kernel(**(BOTH | GRADIENT)[bug])
    words, _ = first_broken("roi_align_backward", kernel, FLOAT64 if "float64" in bug else FLOAT32)
    assert words.startswith("the gradient of cell"), bug


@pytest.mark.parametrize("dtype", [FLOAT32, FLOAT64], ids=str)
def test_the_right_kernels_of_the_tests_pass(dtype):
    assert first_broken("roi_align", align_kernel(), dtype)[0] == "none is broken"
    assert first_broken("roi_align_backward", gradient_kernel(), dtype)[0] == "none is broken"


def test_other_kinds_of_answers_are_named():
    kernel = vectorized.roi_align
    assert "float32; float64 came" in first_broken("roi_align", lambda *a: kernel(*a).astype(np.float64))[0]
    assert "shape" in first_broken("roi_align", lambda *a: kernel(*a).reshape(len(a[1]), -1))[0]
    assert "nan came" in first_broken("roi_align", lambda *a: kernel(*a) * np.float32(np.nan))[0]


@pytest.mark.parametrize(
    ("op", "kernel"),
    [
        ("roi_align", align_kernel(inside=lambda place, cells: -1 < place <= cells)),
        ("roi_align", align_kernel(least=1)),
        ("roi_align_backward", gradient_kernel(image=lambda _: 0)),
        ("roi_align_backward", gradient_kernel(least=1)),
    ],
)
def test_a_failure_becomes_small(op, kernel):
    _, case = first_broken(op, kernel, seed=1)

    def fails(arguments):
        came = kernel(*arguments.values())
        words = broken(CONTRACTS[op], case.with_arguments(arguments), came, Terms(REFDET))
        return words is not None and CONTRACTS[op].domain(arguments)

    small = shrunk(case.arguments, fails, CONTRACTS[op].shrink, 5)
    cells = small["input"].shape if "input" in small else small["input_shape"]
    assert fails(small) and len(small["boxes"]) == 1 and small["spatial_scale"] == 1
    assert np.prod(cells) <= 4
    assert (small["boxes"][:, 1:3] <= small["boxes"][:, 3:]).all()


def test_a_profile_does_not_change_what_is_given():
    """Alignment and points stand among the arguments: any profile judges alike."""
    for case in itertools.islice(CONTRACTS["roi_align"].cases(np.random.default_rng(5), MMCV, FLOAT32), 60):
        came = vectorized.roi_align(*case.arguments.values())
        assert broken(CONTRACTS["roi_align"], case, came, Terms(MMCV)) is None
