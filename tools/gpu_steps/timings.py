"""How long the kernels take, with CUDA's events; NumPy and C++ on the host beside them, and torchvision's kernels."""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks import inputs
from gpu_steps import main, short
from gpu_steps.device import device
from refdet import kernels
from refdet.kernels.cuda_sources import KERNELS

INSIDE = (
    "Inside the time of CUDA: checks, sorting, workspaces from CuPy's pool, launches, for nms the copy of the count. "
    "Outside: copying arguments and results between host and device, and compiling. torchvision: the same, with "
    "PyTorch's allocator. vectorized and C++: NumPy arrays in and out, on one thread."
)
REPETITIONS, WARM_UP = 30, 3
HOST_REPETITIONS, HOST_LIMIT = 3, 1.5
"""An implementation on the host gives up an op when it took longer than so many seconds."""


def timings(dry_run):
    """Median and quartiles in milliseconds, of each op, size and implementation."""
    on, slow = device(dry_run), set()
    repetitions = 3 if dry_run else REPETITIONS
    found = {
        "inside": INSIDE,
        "repetitions": repetitions,
        "compilation ms": {} if dry_run else _compilation(),
    }
    for title, op, arguments in _work(dry_run):
        rows = {on.name: _device_time(on, getattr(on.ops, op), arguments, repetitions)}
        if not dry_run:
            rows |= _torchvision(on, op, arguments)
        for name, key in (("C++", "cpp"), ("vectorized", "vectorized")):
            function = kernels.implementations(op).get(key)
            if function and (name, op) not in slow:
                rows[name] = _host_time(function, arguments)
                if isinstance(rows[name], list) and rows[name][1] > 1000 * HOST_LIMIT:
                    slow.add((name, op))
        found[title] = rows
        told = ", ".join(
            f"{name} {row if isinstance(row, str) else f'{row[1]:.3f} ms'}" for name, row in rows.items()
        )
        print(f"{title}: {told}", flush=True)
    return found


def _work(dry_run):
    """Title, op and arguments, smallest first."""
    counts = (100, 200) if dry_run else (1000, 10_000, 50_000, 100_000)
    for kind in (inputs.clustered, inputs.sparse):
        for count in counts:
            yield f"nms {kind.__name__} {count:,}", "nms", (*inputs.scored(kind, count, np.float32, 0), 0.5)
    for count in (50,) if dry_run else (1000, 4000, 10_000):
        yield f"box_iou {count:,}^2", "box_iou", inputs.pairs(count, count, np.float32, 0)
    shape = (2, 8, 9, 10) if dry_run else (256, 50, 68, 2000)
    features, rois = inputs.regions(*shape, 0)
    given = features, rois, (7, 7), 1 / 16
    pooled, argmax = kernels.implementations("roi_pool_with_argmax").get("cpp", _vectorized)(*given)
    size = f"{shape[0]} x {shape[1]} x {shape[2]}, {shape[3]:,} RoIs"
    yield f"roi_pool_with_argmax {size}", "roi_pool_with_argmax", given
    yield f"roi_pool_backward {size}", "roi_pool_backward", (pooled, argmax, rois, features.shape)
    if "roi_align" in kernels._REFERENCES:
        yield f"roi_align {size}", "roi_align", (*given, 2)
        yield f"roi_align_backward {size}", "roi_align_backward", (pooled, rois, features.shape, 1 / 16, 2)


def _vectorized(*arguments):
    from refdet.kernels import vectorized

    return vectorized.roi_pool_with_argmax(*arguments)


def _device_time(on, function, arguments, repetitions):
    """Quartiles of one call; the reason if it fails."""
    given = [on.there(a) for a in arguments]
    try:
        return _quartiles(
            [on.milliseconds(lambda: function(*given)) for _ in range(WARM_UP + repetitions)][WARM_UP:]
        )
    except (RuntimeError, MemoryError) as error:
        return f"{type(error).__name__}: {short(error)}"


def _host_time(function, arguments):
    times = []
    for _ in range(HOST_REPETITIONS):
        start = time.perf_counter()
        function(*arguments)
        times.append(1000 * (time.perf_counter() - start))
        if times[-1] > 1000 * HOST_LIMIT:
            break
    return _quartiles(times)


def _torchvision(on, op, arguments):
    """The kernel of torchvision on the same device, or why there is none."""
    try:
        import torch
        import torchvision
    except ImportError as error:
        return {"torchvision": f"not installed: {error.name}"}
    if not torch.cuda.is_available():
        return {"torchvision": "PyTorch finds no device"}
    functions = {"nms": torchvision.ops.nms, "box_iou": torchvision.ops.box_iou}
    functions["roi_pool_with_argmax"] = torchvision.ops.roi_pool
    if op not in functions:
        return {}
    given = [torch.from_numpy(a).cuda() if isinstance(a, np.ndarray) else a for a in arguments]
    if op == "roi_pool_with_argmax":
        given = [*given[:2], (7, 7), 1 / 16]
    return {"torchvision": _device_time(on, functions[op], given, REPETITIONS)}


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
    if len(times) == 1:
        return times * 3
    return [round(value, 4) for value in statistics.quantiles(times, n=4, method="inclusive")]


if __name__ == "__main__":
    main(timings)
