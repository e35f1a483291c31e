"""Contracts of RoI max pooling, RoI align and their gradients (ROI-2 to ROI-5)."""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.ops.roi_align import roi_align, roi_align_backward
from refdet.ops.roi_pool import roi_pool, roi_pool_backward, roi_pool_with_argmax
from refdet.verify import lattice
from refdet.verify.contract import Arguments, Contract, Fails, Pass, Relation
from refdet.verify.contracts import region_cases, regions_align, regions_pool
from refdet.verify.shrink import fewer_along, fewer_rows, one_of, plainer_numbers

MAP = "const real *input, int64_t batch, int64_t channels, int64_t height, int64_t width, "
ROIS = "const real *boxes, int64_t num_boxes, "
BINS = "int64_t out_height, int64_t out_width, "
SIZES = "int64_t batch, int64_t channels, int64_t height, int64_t width"
ORDERED = lattice.in_order("boxes", first=1)
POINTS = "double spatial_scale, int64_t sampling_ratio, int aligned, "


def other_order(_: np.random.Generator, a: Arguments) -> Any:
    """The RoIs in the other order."""
    return {**a, "boxes": a["boxes"][::-1].copy()}, _reversed


def _reversed(answer: Any) -> Any:
    return tuple(part[::-1] for part in answer) if isinstance(answer, tuple) else answer[::-1]


def doubled(name: str) -> Relation:
    """Numbers twice as large, which changes no rounding."""
    return lambda _, a: ({**a, name: a[name] * 2}, lambda answer: answer * 2)


def _pooled(a: Arguments) -> dict[str, Any]:
    shape = len(a["boxes"]), a["input"].shape[1], *a["output_size"]
    return {"pooled": (shape, a["input"].dtype)}


def _pooled_and_cells(a: Arguments) -> dict[str, Any]:
    pooled = _pooled(a)
    return {**pooled, "argmax": (pooled["pooled"][0], np.int64)}


def _gradient(a: Arguments) -> dict[str, Any]:
    return {"grad_input": (a["input_shape"], a["grad_output"].dtype)}


def one_channel(arguments: Arguments, fails: Fails) -> Arguments:
    """Only one channel of a gradient."""
    images, channels, *sides = arguments["input_shape"]
    for c in range(channels if channels > 1 else 0):
        candidate = {**arguments, "input_shape": (images, 1, *sides)}
        for name in ("grad_output", "argmax"):
            if name in arguments:
                candidate[name] = arguments[name][:, c : c + 1]
        if fails(candidate):
            return candidate
    return arguments


def used_images(arguments: Arguments, fails: Fails) -> Arguments:
    """Only the images that have RoIs, one at least."""
    images, number = np.unique(arguments["boxes"][:, 0].astype(np.int64), return_inverse=True)
    boxes = arguments["boxes"].copy()
    boxes[:, 0] = number.ravel()
    candidate = {**arguments, "boxes": boxes}
    if "input" in arguments:
        before, candidate["input"] = (
            len(arguments["input"]),
            arguments["input"][images if len(images) else [0]],
        )
    else:
        before, *rest = arguments["input_shape"]
        candidate["input_shape"] = (max(len(images), 1), *rest)
    return candidate if len(images) < before > 1 and fails(candidate) else arguments


def smaller_map(arguments: Arguments, fails: Fails) -> Arguments:
    """A gradient of fewer rows and columns of cells."""
    for axis in (2, 3):
        for length in range(1, arguments["input_shape"][axis]):
            shape = list(arguments["input_shape"])
            shape[axis] = length
            if arguments.get("argmax", np.zeros(0)).max(initial=-1) >= shape[2] * shape[3]:
                continue
            candidate = {**arguments, "input_shape": tuple(shape)}
            if fails(candidate):
                arguments = candidate
                break
    return arguments


def in_order(step: Pass) -> Pass:
    """A pass that leaves no RoI inside out, unless one was: what becomes of such a RoI is another question."""

    def kept(arguments: Arguments, fails: Fails) -> Arguments:
        if not ORDERED(arguments):
            return step(arguments, fails)
        return step(arguments, lambda candidate: ORDERED(candidate) and fails(candidate))

    return kept


FORWARD: tuple[Pass, ...] = (
    fewer_rows("boxes"),
    fewer_along(1, "input"),
    one_of("output_size", (1, 1), (1, 2), (2, 1), (2, 2)),
    one_of("spatial_scale", 1.0, 0.5),
    fewer_along(2, "input"),
    fewer_along(3, "input"),
    used_images,
)
NUMBERS = plainer_numbers("boxes", "input")
SAMPLING = (one_of("sampling_ratio", 1, 2, 0),)
OTHER_ORDER: dict[str, Relation] = {
    "what is pooled of a RoI does not depend on the order of the RoIs": other_order
}
DOUBLED = "numbers twice as large change no digit of the answer, which is twice as large"

CONTRACTS = (
    Contract(
        "roi_pool",
        roi_pool,
        "the largest cell of each bin, 0 of a bin without cells",
        ("roi",),
        region_cases.draw_pool,
        regions_pool.judge_pool,
        (*FORWARD, in_order(NUMBERS)),
        OTHER_ORDER,
        c_signature=f"void roi_pool({MAP}{ROIS}{BINS}double spatial_scale, real *pooled)",
        c_results=_pooled,
    ),
    Contract(
        "roi_pool_with_argmax",
        roi_pool_with_argmax,
        "the largest cell of each bin and which one it is, the first of equal ones; 0 and -1 without cells",
        ("roi",),
        region_cases.draw_pool,
        regions_pool.judge_with_argmax,
        (*FORWARD, in_order(NUMBERS)),
        OTHER_ORDER,
        c_signature=f"void roi_pool_with_argmax({MAP}{ROIS}{BINS}double spatial_scale, real *pooled, int64_t *argmax)",
        c_results=_pooled_and_cells,
    ),
    Contract(
        "roi_pool_backward",
        roi_pool_backward,
        "each value of the gradient goes to the cell that the pooled value came from",
        ("roi",),
        region_cases.draw_pool_backward,
        regions_pool.judge_pool_backward,
        (
            fewer_rows("boxes", "grad_output", "argmax"),
            one_channel,
            fewer_along(2, "grad_output", "argmax"),
            fewer_along(3, "grad_output", "argmax"),
            used_images,
            smaller_map,
            plainer_numbers("boxes", "grad_output", "argmax"),
        ),
        {DOUBLED: doubled("grad_output")},
        c_signature="void roi_pool_backward(const real *grad_output, const int64_t *argmax, "
        f"{ROIS}{BINS}{SIZES}, real *grad_input)",
        c_results=_gradient,
    ),
    Contract(
        "roi_align",
        roi_align,
        "the mean of points laid evenly in each bin, each interpolated between the four cells around it",
        ("roi",),
        region_cases.draw_align,
        regions_align.judge_align,
        (*FORWARD, *SAMPLING, NUMBERS),
        {DOUBLED: doubled("input")},
        ORDERED,
        f"void roi_align({MAP}{ROIS}{BINS}{POINTS}real *pooled)",
        _pooled,
    ),
    Contract(
        "roi_align_backward",
        roi_align_backward,
        "each value of the gradient goes to the cells around the points of its bin, by their weights",
        ("roi",),
        region_cases.draw_align_backward,
        regions_align.judge_align_backward,
        (
            fewer_rows("boxes", "grad_output"),
            one_channel,
            fewer_along(2, "grad_output"),
            fewer_along(3, "grad_output"),
            used_images,
            *SAMPLING,
            one_of("spatial_scale", 1.0, 0.5),
            smaller_map,
            plainer_numbers("boxes", "grad_output"),
        ),
        {DOUBLED: doubled("grad_output")},
        ORDERED,
        f"void roi_align_backward(const real *grad_output, {ROIS}{BINS}{SIZES}, {POINTS}real *grad_input)",
        _gradient,
    ),
)
