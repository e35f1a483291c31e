"""What a machine without a GPU cannot hold: masks and results beyond 2^31 elements, grids at their limits, streams.

``python -m gpu_steps.large NAME``; a dry run takes sizes that the emulator can do, and sets the limits as low.
"""

from __future__ import annotations

from itertools import product

import numpy as np

import refdet
from benchmarks import inputs
from gpu_steps import Failed, NotRun, main
from gpu_steps.device import device, run
from refdet import kernels
from refdet.kernels import launch

GB = 10**9


def large(dry_run, name):
    """One of the cases below."""
    return CASES[name](device(dry_run), dry_run)


def _expected(op, *arguments):
    """The result of C++, which is quick enough; of the fast NumPy form where it is not built."""
    found = kernels.implementations(op)
    return found.get("cpp", found["vectorized"])(*arguments)


def _same(came, wanted, what):
    if came.dtype != wanted.dtype or came.shape != wanted.shape or came.tobytes() != wanted.tobytes():
        raise Failed(f"{what} differs")


def _need(on, gigabytes):
    """NotRun unless the device has so much free memory."""
    free = on.free_bytes()
    if free < gigabytes * GB:
        raise NotRun(f"needs {gigabytes:.1f} GB of the device's memory; {free / GB:.1f} are free")


def _masked(count, kind, dtype):
    """Each op that makes a mask of all pairs, with its arguments."""
    boxes, scores = inputs.scored(kind, count, dtype, 0)
    classes = np.random.default_rng(1).integers(0, 80, count)
    yield "nms", (boxes, scores, 0.5)
    yield "batched_nms", (boxes, scores, classes, 0.5)
    yield "diou_nms", (boxes, scores, 0.5)


def mask(on, dry_run):
    """More than 46,341 boxes, whose pairs are more than 2^31."""
    count = 700 if dry_run else 46_400
    for kind, dtype in product((inputs.clustered, inputs.sparse), (np.float32, np.float64)):
        for op, case in _masked(count, kind, dtype):
            what = f"{op} of {count} {kind.__name__} boxes, {dtype.__name__}"
            _same(run(on, op, *case), _expected(op, *case), what)
    return {"boxes": count}


def refused(on, dry_run):
    """A mask over the workspace's limit is refused in words; `nms_plain` does it."""
    count = 700 if dry_run else 370_752
    if dry_run:
        launch.MAX_WORKSPACE = 1000
    for op, case in _masked(count, inputs.crowded, np.float32):
        try:
            run(on, op, *case)
        except MemoryError as error:
            print(error)
            if str(count) not in str(error) or "nms_plain" not in str(error):
                raise Failed(f"the refusal of {op} does not help: {error}") from None
        else:
            raise Failed(f"{op} of {count} boxes was not refused")
        if op == "nms":
            _same(run(on, "nms_plain", *case), _expected(op, *case), f"nms_plain of {count} boxes")
    return {"boxes": count}


def wide_mask(on, dry_run):
    """With the limit lifted: more than 2^31 words of mask."""
    count = 700 if dry_run else 370_752
    launch.MAX_WORKSPACE = 2**40
    words = count * -(-count // 64)
    _need(on, 8 * words / GB + 1)
    for op, case in _masked(count, inputs.crowded, np.float32):
        _same(run(on, op, *case), _expected(op, *case), f"{op} with {words} words of mask")
    return {"boxes": count, "words": words}


def soft(on, dry_run):
    """Many picks, one after the other, in one block. Linear: the exponential has other last bits elsewhere."""
    count = 300 if dry_run else 20_000
    case = *inputs.scored(inputs.clustered, count, np.float32, 0), 0.3
    for came, wanted in zip(run(on, "soft_nms", *case), _expected("soft_nms", *case), strict=True):
        _same(came, wanted, f"soft_nms of {count} boxes")
    return {"boxes": count}


def _about(place, count):
    """The first and last of so many, and those about one of them."""
    near = (place - 1, place, place + 1)
    return sorted({0, 1, count - 1, *(i for i in near if 0 <= i < count)})


def wide_overlaps(on, dry_run):
    """Matrices of more than 2^31 values: their first and last rows, and those about value 2^31."""
    count = 300 if dry_run else 46_400
    _need(on, 4.5 * count**2 / GB)
    first, second = inputs.pairs(count, count, np.float32, 0)
    given = on.there(first), on.there(second)
    for op in (
        "box_iou",
        "generalized_box_iou",
        "distance_box_iou",
    ):  # the arc tangent of CIoU is the device's own
        overlap = getattr(on.ops, op)(*given)
        for row in _about(2**31 // count, count):
            wanted = getattr(refdet, op)(first[row : row + 1], second)[0]
            _same(on.here(overlap[row]), wanted, f"row {row} of {count}, {op}")
        del overlap  # before there is another
    return {"values": count**2}


def wide_pool(on, dry_run):
    """Pooled values beyond 2^31, of RoI pooling and RoI align: the first and last regions, those about value 2^31."""
    channels, bins = (3, 5) if dry_run else (64, 32)
    count = 40 if dry_run else 33_000
    features, rois = inputs.regions(channels, 8, 9, count, 0)
    each = channels * bins**2
    _need(on, 13 * count * each / GB)
    rest = (bins, bins), 1 / 16
    for op in ("roi_pool_with_argmax", "roi_align"):
        came = arrays_of(getattr(on.ops, op)(on.there(features), on.there(rois), *rest))
        for k in _about(2**31 // each, count):
            wanted = arrays_of(getattr(refdet, op)(features, rois[k : k + 1], *rest))
            for part, right in zip(came, wanted, strict=True):
                _same(on.here(part[k : k + 1]), right, f"region {k} of {count}, {op}")
        del came, part
    return {"values": count * each}


def arrays_of(result):
    """One array or more, as a tuple."""
    return result if isinstance(result, tuple) else (result,)


def wide_backward(on, dry_run):
    """Gradients beyond 2^31 values, of the map and then of the bins: the first and last channels, those about 2^31."""
    maps = (7, 8, 9, 3, 2) if dry_run else (33_000, 256, 256, 5, 2)
    many = (20, 3, 2, 3, 4) if dry_run else (2_900_000, 8, 9, 3, 16)
    for channels, height, width, count, bins in (maps, many):
        cells, each = height * width, count * bins**2
        _need(on, channels * (5 * cells + 35 * each) / GB)
        rois = inputs.regions(1, height, width, count, 0)[1]
        grad, argmax = _gradients(on, channels, cells, (count, bins, bins))
        middle = (2**31 // size % channels for size in (cells, bins**2))
        some = sorted({c for place in middle for c in _about(place, channels)})
        for op, sources, rest in (
            ("roi_pool_backward", (grad, argmax), ()),
            ("roi_align_backward", (grad,), (1 / 16, 1)),
        ):
            came = getattr(on.ops, op)(*sources, on.there(rois), (1, channels, height, width), *rest)
            for c in some:
                part = (on.here(source[:, c : c + 1]) for source in sources)
                wanted = getattr(refdet, op)(*part, rois, (1, 1, height, width), *rest)
                _same(on.here(came[:, c : c + 1]), wanted, f"channel {c} of {channels}, {op}")
            del came  # before there is another
        del grad, argmax, sources
    return {"channels": (maps[0], many[0])}


def _gradients(on, channels, cells, shape):
    """Made on the device: a gradient of the bins, other in every channel, and the cells that it goes to."""
    rng = np.random.default_rng(0)
    weights = on.there(rng.standard_normal(channels, np.float32))[None, :, None, None]
    numbers = on.there(np.arange(channels))[None, :, None, None]
    pattern = on.there(rng.standard_normal(shape, np.float32))[:, None]
    taken = on.there(rng.integers(0, cells, shape))[:, None]
    return weights * pattern, (taken + numbers) % cells


def grid(on, dry_run):
    """Rows beyond the 65,535 blocks that a grid can have along y, at the limit, and columns beyond one block each."""
    if dry_run:
        launch.MAX_GRID = launch.MAX_GRID[0], 7
    limit = launch.MAX_GRID[1]
    for rows, columns in ((limit - 1, 3), (limit, 3), (limit + 1, 3), (3 * limit + 5, 2), (1, 40 * limit)):
        first, second = inputs.pairs(rows, columns, np.float32, 0)
        _same(
            run(on, "box_iou", first, second),
            _expected("box_iou", first, second),
            f"{rows} x {columns}, box_iou",
        )
    return {"most blocks": limit}


def streams(on, dry_run):
    """Eight streams with work of their own at once, three times over."""
    work = [_stream_work(seed, 200 if dry_run else 3000) for seed in range(8)]
    wanted = [[_expected(op, *arguments) for op, arguments in calls] for calls in work]
    for _ in range(3):
        came = _on_streams(on, work)
        for number, (results, expected) in enumerate(zip(came, wanted, strict=True)):
            for (op, _), result, right in zip(work[number], results, expected, strict=True):
                _same(on.here(result), right, f"{op} in stream {number}")
    return {"streams": len(work)}


def _stream_work(seed, count):
    boxes, scores = inputs.scored(inputs.clustered, count + count // 30 * seed, np.float32, seed)
    features, rois = inputs.regions(4, 20, 20, 50, seed)
    return [
        ("nms", (boxes, scores, 0.5)),
        ("box_iou", (boxes, boxes[: count // 10])),
        ("roi_pool", (features, rois, (7, 7), 1 / 16)),
        ("roi_align", (features, rois, (7, 7), 1 / 16)),
        ("diou_nms", (boxes, scores, 0.3)),
    ]


def _on_streams(on, work):
    """The first op of every stream, then the second of every stream, and so on; waits at the end."""
    made = [on.stream() for _ in work]
    given = []
    for stream, calls in zip(made, work, strict=True):
        with stream:
            given.append([(op, [on.there(a) for a in arguments]) for op, arguments in calls])
    came = [[] for _ in work]
    for turn in range(len(work[0])):
        for stream, calls, results in zip(made, given, came, strict=True):
            op, arguments = calls[turn]
            with stream:
                results.append(getattr(on.ops, op)(*arguments))
    on.wait()
    return came


def second_device(on, dry_run):
    """Arrays on another device than the current one stay there; a machine with one device says so."""
    count = 1 if dry_run else on.cupy.cuda.runtime.getDeviceCount()
    if count < 2:
        print("one device: nothing to check")
        return {"devices": count}
    boxes, scores = inputs.scored(inputs.clustered, 3000, np.float32, 0)
    with on.cupy.cuda.Device(1):
        given = on.there(boxes), on.there(scores)
    keep = on.ops.nms(*given, 0.5)  # with device 0 as the current one
    if keep.device.id != 1:
        raise Failed(f"the result is on device {keep.device.id}, its arguments on 1")
    _same(on.here(keep), _expected("nms", boxes, scores, 0.5), "nms on device 1")
    return {"devices": count}


CASES = {
    "mask": mask,
    "refused": refused,
    "wide mask": wide_mask,
    "soft": soft,
    "wide overlaps": wide_overlaps,
    "wide pool": wide_pool,
    "wide backward": wide_backward,
    "grid": grid,
    "streams": streams,
    "second device": second_device,
}

if __name__ == "__main__":
    main(large)
