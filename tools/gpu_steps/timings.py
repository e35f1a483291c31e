"""How long the kernels take, with CUDA's events; NumPy and C++ on the host beside them, and torchvision's kernels."""

from __future__ import annotations

import json
import statistics
import time

import numpy as np

from benchmarks import inputs
from benchmarks.agreement import compare
from benchmarks.candidates import arrays
from benchmarks.peers import PEERS
from gpu_steps import RESULT, Failed, main, short
from gpu_steps.cases import WITHOUT_CONVENTION
from gpu_steps.device import device
from refdet import kernels
from refdet.kernels.cuda_sources import KERNELS
from refdet.profiles import TORCHVISION_CUDA

INSIDE = (
    "Inside the time of CUDA: checks, sorting, workspaces from CuPy's pool, launches, for nms the copy of the count. "
    "Outside: copying arguments and results between host and device, and compiling. torchvision: the same, with "
    "PyTorch's allocator. vectorized and C++: NumPy arrays in and out, on one thread. All under the convention "
    "TORCHVISION_CUDA, so that torchvision computes the same."
)
REPETITIONS, WARM_UP, DEVICE_LIMIT = 30, 3, 2.5
"""Calls on the device that are timed, calls before them, and the seconds after which there are no more."""
HOST_REPETITIONS, HOST_LIMIT = 3, 1.0
"""Calls on the host that are timed; one that took longer than so many seconds is the last."""
CLASSES = 80


def timings(dry_run):
    """Quartiles in milliseconds and the calls timed, of each op, size and implementation."""
    on, failed = device(dry_run), []
    found = {"inside": INSIDE, "compilation ms": {} if dry_run else _compilation()}
    for title, op, arguments in _work(dry_run):
        found[title] = rows = _rows(on, op, arguments, 3 if dry_run else REPETITIONS)
        told = ", ".join(
            f"{name} {row if isinstance(row, str) else f'{row[1]:.3f} ms'}" for name, row in rows.items()
        )
        print(f"{title}: {told}", flush=True)
        print(RESULT + json.dumps(found), flush=True)  # should the time not suffice for all
        if isinstance(rows[on.name], str):
            failed.append(f"{title}: {rows[on.name]}")
    if failed:
        raise Failed("; ".join(failed))
    return found


def _work(dry_run):
    """Title, op and arguments, smallest first."""
    counts = (100, 200) if dry_run else (1000, 10_000, 50_000, 100_000)
    for kind in (inputs.clustered, inputs.sparse):
        for count in counts:
            yield f"nms {kind.__name__} {count:,}", "nms", (*inputs.scored(kind, count, np.float32, 0), 0.5)
    for count in counts[:3]:
        boxes, scores = inputs.scored(inputs.clustered, count, np.float32, 0)
        classes = np.random.default_rng(1).integers(0, CLASSES, count)
        yield f"batched_nms {count:,} in {CLASSES} classes", "batched_nms", (boxes, scores, classes, 0.5)
    for op, count in (("diou_nms", counts[0]), ("diou_nms", counts[1]), ("soft_nms", counts[0])):
        yield f"{op} {count:,}", op, (*inputs.scored(inputs.clustered, count, np.float32, 0), 0.5)
    for count in (50,) if dry_run else (1000, 4000, 10_000):
        yield f"box_iou {count:,}^2", "box_iou", inputs.pairs(count, count, np.float32, 0)
    count = 50 if dry_run else 4000
    for op in ("generalized_box_iou", "distance_box_iou", "complete_box_iou"):
        yield f"{op} {count:,}^2", op, inputs.pairs(count, count, np.float32, 0)
    yield from _regions(*((2, 8, 9, 10) if dry_run else (256, 50, 68, 2000)))


def _regions(channels, height, width, count):
    """RoI pooling, RoI align, and what goes back through them."""
    features, rois = inputs.regions(channels, height, width, count, 0)
    size = f"{channels} x {height} x {width}, {count:,} RoIs"
    given, points = (features, rois, (7, 7), 1 / 16), (2, False)
    pool = kernels.implementations("roi_pool_with_argmax")
    pooled, argmax = pool.get("cpp", pool["vectorized"])(*given, convention=TORCHVISION_CUDA)
    yield f"roi_pool {size}", "roi_pool_with_argmax", given
    yield f"roi_pool_backward {size}", "roi_pool_backward", (pooled, argmax, rois, features.shape)
    yield f"roi_align {size}", "roi_align", (*given, *points)
    yield f"roi_align_backward {size}", "roi_align_backward", (pooled, rois, features.shape, 1 / 16, *points)


def _rows(on, op, arguments, repetitions):
    """One op on the device, through torchvision and on the host."""
    rule = {} if op in WITHOUT_CONVENTION else {"convention": TORCHVISION_CUDA}
    given = [on.there(a) for a in arguments]

    def call():
        return getattr(on.ops, op)(*given, **rule)

    rows = {on.name: _device_time(on, call, repetitions)}
    if "torchvision" in PEERS.get(op, {}):
        rows |= _torchvision(on, op, arguments, call, repetitions)
    for name, key in (("C++", "cpp"), ("vectorized", "vectorized")):
        function = kernels.implementations(op).get(key)
        if function:
            rows[name] = _host_time(function, arguments, rule)
    return rows


def _torchvision(on, op, arguments, call, repetitions):
    """The kernel of torchvision on the same device, and how its result differs; or why there is none."""
    try:
        peer = PEERS[op]["torchvision"]("torchvision", *arguments, device=on.torch)
        row = _device_time(on, peer.call, repetitions)
        gives = compare(peer.host(peer.call()), arrays(on.here(call())))["agreement"]
    except ImportError as error:
        return {"torchvision": f"not installed: {error.name or error}"}
    except Exception as error:  # whatever is wrong with it is no fault of refdet
        return {"torchvision": f"{type(error).__name__}: {short(error)}"}
    return {"torchvision": row, "torchvision gives": gives}


def _device_time(on, call, repetitions):
    """Quartiles of the calls after the warm-up; the reason if one fails."""
    times, start = [], time.perf_counter()
    try:
        while len(times) < WARM_UP + repetitions and time.perf_counter() - start < DEVICE_LIMIT:
            times.append(on.milliseconds(call))
    except (RuntimeError, MemoryError) as error:
        return f"{type(error).__name__}: {short(error)}"
    return _quartiles(times[WARM_UP:] or times[-1:])


def _host_time(function, arguments, rule):
    times = []
    while len(times) < HOST_REPETITIONS and max(times, default=0) <= 1000 * HOST_LIMIT:
        start = time.perf_counter()
        function(*arguments, **rule)
        times.append(1000 * (time.perf_counter() - start))
    return _quartiles(times)


def _compilation():
    """Milliseconds that NVRTC takes for each file, without any cache."""
    from refdet.kernels import cuda

    found = {}
    for stem in KERNELS:
        for dtype in ("float32", "float64"):
            start = time.perf_counter()
            cuda._module.__wrapped__(stem, dtype, 0)
            found[f"{stem} {dtype}"] = round(1000 * (time.perf_counter() - start), 1)
    return found


def _quartiles(times):
    """Three of them, and of how many times."""
    parts = statistics.quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return [*(round(value, 4) for value in parts), len(times)]


if __name__ == "__main__":
    main(timings)
