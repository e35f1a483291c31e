"""What a machine without a GPU cannot hold: masks and results beyond 2^31 elements, grids at their limits, streams.

``python -m gpu_steps.large NAME``; a dry run takes sizes that the emulator can do, and sets the limits as low.
"""

from __future__ import annotations

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
        raise NotRun(f"needs {gigabytes} GB of the device's memory; {free / GB:.1f} are free")


def mask(on, dry_run):
    """More than 46,341 boxes, whose pairs are more than 2^31."""
    count = 700 if dry_run else 46_400
    for kind in (inputs.clustered, inputs.sparse):
        for dtype in (np.float32, np.float64):
            case = *inputs.scored(kind, count, dtype, 0), 0.5
            _same(
                run(on, "nms", *case),
                _expected("nms", *case),
                f"nms of {count} {kind.__name__} boxes, {dtype.__name__}",
            )
    return {"boxes": count}


def refused(on, dry_run):
    """A mask over the workspace's limit is refused in words; `nms_plain` does it."""
    count = 700 if dry_run else 370_752
    if dry_run:
        launch.MAX_WORKSPACE = 1000
    case = *inputs.scored(inputs.crowded, count, np.float32, 0), 0.5
    try:
        run(on, "nms", *case)
    except MemoryError as error:
        print(error)
        if str(count) not in str(error) or "nms_plain" not in str(error):
            raise Failed(f"the refusal does not help: {error}") from None
    else:
        raise Failed(f"nms of {count} boxes was not refused")
    _same(run(on, "nms_plain", *case), _expected("nms", *case), f"nms_plain of {count} boxes")
    return {"boxes": count}


def wide_mask(on, dry_run):
    """With the limit lifted: more than 2^31 words of mask."""
    count = 700 if dry_run else 370_752
    launch.MAX_WORKSPACE = 2**40
    words = count * -(-count // 64)
    _need(on, 8 * words / GB + 1)
    case = *inputs.scored(inputs.crowded, count, np.float32, 0), 0.5
    _same(run(on, "nms", *case), _expected("nms", *case), f"nms with {words} words of mask")
    return {"boxes": count, "words": words}


def wide_iou(on, dry_run):
    """A matrix of more than 2^31 values: its first and last rows, and those about value 2^31."""
    count = 300 if dry_run else 46_400
    _need(on, 4.5 * count**2 / GB)
    first, second = inputs.pairs(count, count, np.float32, 0)
    iou = on.ops.box_iou(on.there(first), on.there(second))
    middle = min(2**31 // count, count - 2)
    for row in (0, 1, middle - 1, middle, middle + 1, count - 1):
        _same(on.here(iou[row]), refdet.box_iou(first[row : row + 1], second)[0], f"row {row} of {count}")
    return {"values": count**2}


def wide_pool(on, dry_run):
    """Pooled values beyond 2^31: the first and last regions, and those about value 2^31."""
    channels, bins = (3, 5) if dry_run else (64, 32)
    count = 40 if dry_run else 33_000
    features, rois = inputs.regions(channels, 8, 9, count, 0)
    each = channels * bins**2
    _need(on, 13 * count * each / GB)
    pooled, argmax = on.ops.roi_pool_with_argmax(on.there(features), on.there(rois), (bins, bins), 1 / 16)
    middle = min(2**31 // each, count - 2)
    for k in (0, 1, middle - 1, middle, middle + 1, count - 1):
        wanted = refdet.roi_pool_with_argmax(features, rois[k : k + 1], (bins, bins), 1 / 16)
        _same(on.here(pooled[k : k + 1]), wanted[0], f"region {k} of {count}")
        _same(on.here(argmax[k : k + 1]), wanted[1], f"argmax of region {k} of {count}")
    return {"values": count * each}


def grid(on, dry_run):
    """Rows beyond the 65,535 blocks that a grid can have along y, at the limit, and columns beyond one block each."""
    if dry_run:
        launch.MAX_GRID = launch.MAX_GRID[0], 7
    limit = launch.MAX_GRID[1]
    for rows, columns in ((limit - 1, 3), (limit, 3), (limit + 1, 3), (3 * limit + 5, 2), (1, 40 * limit)):
        first, second = inputs.pairs(rows, columns, np.float32, 0)
        _same(run(on, "box_iou", first, second), _expected("box_iou", first, second), f"{rows} x {columns}")
    return {"most blocks": limit}


def streams(on, dry_run):
    """Eight streams with work of their own at once, three times over."""
    work = [_stream_work(seed, 200 if dry_run else 3000) for seed in range(8)]
    wanted = [[_expected(op, *arguments) for op, arguments in calls] for calls in work]
    for _ in range(3):
        if dry_run:
            came = [[getattr(on.ops, op)(*arguments) for op, arguments in calls] for calls in work]
        else:
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
        ("nms", (boxes, scores, 0.3)),
    ]


def _on_streams(on, work):
    """The first op of every stream, then the second of every stream, and so on; waits at the end."""
    cupy = on.cupy
    made = [cupy.cuda.Stream(non_blocking=True) for _ in work]
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
    for stream in made:
        stream.synchronize()
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
    "wide iou": wide_iou,
    "wide pool": wide_pool,
    "grid": grid,
    "streams": streams,
    "second device": second_device,
}

if __name__ == "__main__":
    main(large)
