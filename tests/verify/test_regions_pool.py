"""Contracts of RoI pooling and its gradient: each planted bug is found."""

import itertools

import numpy as np
import pytest

import refdet
from refdet import FAST_RCNN, MMCV, REFDET
from refdet.verify.contract import Terms, broken
from refdet.verify.contracts import CONTRACTS
from refdet.verify.shrink import shrunk

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)


def first_broken(op, kernel, convention=REFDET, dtype=FLOAT32, band=True):
    """The first promise that a kernel breaks within 150 cases, and the case."""
    drawn = CONTRACTS[op].cases(np.random.default_rng(0), convention, dtype)
    for case in itertools.islice(drawn, 150):
        words = broken(CONTRACTS[op], case, kernel(*case.arguments.values()), Terms(convention, band))
        if words:
            return words, case
    return "none is broken", None


def half_away(x):
    return np.trunc(x + np.copysign(x.dtype.type(0.5), x))


def cut_exactly(size, count):
    return [(p * size // count, -(-(p + 1) * size // count)) for p in range(count)]


def cut_rounded(size, count):
    step = np.float32(size) / np.float32(count)
    return [
        (int(np.floor(np.float32(p) * step)), int(np.ceil(np.float32(p + 1) * step))) for p in range(count)
    ]


def cut_apart(size, count):
    return [(p * size // count, (p + 1) * size // count) for p in range(count)]


def pool_kernel(
    rounding=half_away, last=1, least=1, cut=cut_exactly, margin=0, image=int, axes=(1, 2, 3, 4), **more
):
    """RoI pooling written once more, each part of which can be wrong."""

    def kernel(input, boxes, size, scale):
        height, width = input.shape[2:]
        pooled = np.full((len(boxes), input.shape[1], *size), more.get("empty", 0), input.dtype)
        argmax = np.full(pooled.shape, more.get("nowhere", -1), np.int64)
        for k, box in enumerate(boxes[: more.get("rois")]):
            x1, y1, x2, y2 = map(int, rounding(box[list(axes)] * input.dtype.type(more.get("scale", scale))))
            if more.get("clipped"):
                x1, x2, y1, y2 = *np.clip([x1, x2], 0, width - 1), *np.clip([y1, y2], 0, height - 1)
            rows = cut(max(y2 - y1 + last, least), size[0])
            columns = cut(max(x2 - x1 + last, least), size[1])
            for i, j in np.ndindex(*size):
                top, bottom = (min(max(y1 + y, 0), height - margin) for y in rows[i])
                left, right = (min(max(x1 + x, 0), width - margin) for x in columns[j])
                if top >= bottom or left >= right:
                    continue
                cells = input[image(box[0]), :, top:bottom, left:right].reshape(input.shape[1], -1)
                at = more.get("pick", np.argmax)(cells, axis=1)
                place = (k, slice(None), *((j, i) if more.get("turned") and size[0] == size[1] else (i, j)))
                pooled[place] = np.maximum(cells[np.arange(len(cells)), at], more.get("start", -np.inf))
                y, x = np.divmod(at, right - left)
                argmax[place] = more.get("index", lambda y, x, *_: y * width + x)(
                    top * (not more.get("local")) + y,
                    left * (not more.get("local")) + x,
                    height,
                    width,
                    box[0],
                )
        pooled[:, more.get("channels", pooled.shape[1]) :] = 0
        return (pooled, argmax) if more.get("argmax") else pooled

    return kernel


def last_largest(cells, axis):
    return cells.shape[1] - 1 - cells[:, ::-1].argmax(axis=axis)


POOL = {
    "rounds half to even": {"rounding": np.round},
    "rounds half up": {"rounding": lambda x: np.floor(x + 0.5)},
    "rounds down": {"rounding": np.floor},
    "leaves the last cell out": {"last": 0},
    "a region inside out is empty": {"least": 0},
    "bins do not overlap": {"cut": cut_apart},
    "edges in float32": {"cut": cut_rounded},
    "misses the last row and column of the map": {"margin": 1},
    "ignores the image": {"image": lambda _: 0},
    "x for y": {"axes": (2, 1, 4, 3)},
    "ignores the scale": {"scale": 1.0},
    "clips the corners first": {"clipped": True},
    "starts from 0": {"start": 0},
    "an empty bin is -1": {"empty": -1},
    "takes the smallest": {"pick": np.argmin},
    "bins turned": {"turned": True},
    "stops after 1024 regions": {"rois": 1024},
    "stops after 64 channels": {"channels": 64},
    "zeros": {"rois": 0},
}
ARGMAX = {
    "the last of equal cells": {"pick": last_largest},
    "an empty bin is cell 0": {"nowhere": 0},
    "an index into the region": {"local": True},
    "x * height + y": {"index": lambda y, x, height, width, n: x * height + y},
    "y * height + x": {"index": lambda y, x, height, width, n: y * height + x},
    "counts from 1": {"index": lambda y, x, height, width, n: y * width + x + 1},
    "an index into the batch": {"index": lambda y, x, height, width, n: (n * height + y) * width + x},
    "only the row": {"index": lambda y, x, height, width, n: y},
}


@pytest.mark.parametrize("bug", POOL)
@pytest.mark.parametrize(
    ("convention", "dtype"), [(REFDET, FLOAT32), (REFDET, FLOAT64), (FAST_RCNN, FLOAT32)], ids=str
)
def test_a_wrong_roi_pool_is_found(bug, convention, dtype):
    if bug == "edges in float32" and (convention, dtype) != (REFDET, FLOAT32):
        return  # right in FAST_RCNN, and late in other places in float64
    words, _ = first_broken("roi_pool", pool_kernel(**POOL[bug]), convention, dtype)
    assert "came" in words and "RoI" in words, bug


@pytest.mark.parametrize("bug", [*POOL, *ARGMAX])
def test_a_wrong_argmax_is_found(bug):
    words, _ = first_broken("roi_pool_with_argmax", pool_kernel(argmax=True, **(POOL | ARGMAX)[bug]))
    assert "from cell" in words or "0 and -1" in words, bug


def test_rounding_may_decide_where_edges_are_floats():
    """A kernel that multiplies by the reciprocal of the number of bins, and one with exact edges."""

    def by_reciprocal(size, count):
        step = np.float32(size) * (np.float32(1) / np.float32(count))
        return [
            (int(np.floor(np.float32(p) * step)), int(np.ceil(np.float32(p + 1) * step)))
            for p in range(count)
        ]

    for cut in (by_reciprocal, cut_exactly):
        assert first_broken("roi_pool", pool_kernel(cut=cut), FAST_RCNN)[0] == "none is broken"
        assert "came" in first_broken("roi_pool", pool_kernel(cut=cut), FAST_RCNN, band=False)[0]
    assert (
        first_broken("roi_pool", pool_kernel(cut=cut_rounded), FAST_RCNN, band=False)[0] == "none is broken"
    )


def test_the_right_pool_of_the_tests_passes():
    assert first_broken("roi_pool", pool_kernel())[0] == "none is broken"
    assert first_broken("roi_pool_with_argmax", pool_kernel(argmax=True))[0] == "none is broken"


@pytest.mark.parametrize(("judged_by", "follows"), [*itertools.permutations([REFDET, FAST_RCNN, MMCV], 2)])
def test_another_profile_is_found(judged_by, follows):
    """The edges of REFDET lie within what FAST_RCNN leaves open; its nominal arithmetic tells them apart."""
    kernel = lambda *arguments: refdet.roi_pool(*arguments, convention=follows)  # noqa: E731
    band = (judged_by, follows) != (FAST_RCNN, REFDET)
    assert "came" in first_broken("roi_pool", kernel, judged_by, band=band)[0]


def test_a_failure_becomes_small():
    contract, kernel = CONTRACTS["roi_pool"], pool_kernel(rounding=np.round)
    _, case = first_broken("roi_pool", kernel)

    def fails(arguments):
        return (
            broken(contract, case.with_arguments(arguments), kernel(*arguments.values()), Terms(REFDET))
            is not None
        )

    small = shrunk(case.arguments, fails, contract.shrink, 5)
    assert (
        fails(small)
        and len(small["boxes"]) == 1
        and small["input"].size <= 4
        and small["output_size"] == (1, 1)
    )


def scatter_kernel(image=int, cell=lambda y, x, height, width: (y, x), **more):
    """The gradient of RoI pooling written once more, each part of which can be wrong."""

    def kernel(grad, argmax, boxes, shape):
        out = np.zeros(shape, more.get("dtype", grad.dtype))
        for k, c, i, j in np.argwhere(argmax >= more.get("least", 0))[: more.get("values")]:
            y, x = cell(*divmod(int(argmax[k, c, i, j]), shape[3]), *shape[2:])
            place = image(boxes[k, 0]), (0 if more.get("one_channel") else c), y, x
            value = grad[
                (k, c, j, i) if more.get("turned") and grad.shape[2] == grad.shape[3] else (k, c, i, j)
            ]
            out[place] = value if more.get("overwrites") else out[place] + value
        return (out * more.get("times", 1)).astype(grad.dtype)

    return kernel


SCATTER = {
    "overwrites": {"overwrites": True},
    "ignores the image": {"image": lambda _: 0},
    "one channel for all": {"one_channel": True},
    "row and column change places": {
        "cell": lambda y, x, height, width: (min(x, height - 1), min(y, width - 1))
    },
    "the next cell": {"cell": lambda y, x, height, width: (y, (x + 1) % width)},
    "-1 is the last cell": {"least": -1},
    "cell 0 gets nothing": {"least": 1},
    "bins turned": {"turned": True},
    "the last value is missed": {"values": -1},
    "stops after 1024 values": {"values": 1024},
    "zeros": {"values": 0},
    "the other sign": {"times": -1},
    "sums of whole numbers": {"dtype": np.int64},
    "float32 sums of float64": {"dtype": np.float32},
}


@pytest.mark.parametrize("bug", SCATTER)
def test_a_wrong_gradient_of_roi_pool_is_found(bug):
    dtype = FLOAT64 if "float64" in bug else FLOAT32
    words, _ = first_broken("roi_pool_backward", scatter_kernel(**SCATTER[bug]), dtype=dtype)
    assert words.startswith("the gradient of cell"), bug


def test_the_right_gradient_of_the_tests_passes():
    assert first_broken("roi_pool_backward", scatter_kernel())[0] == "none is broken"
