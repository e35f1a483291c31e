"""The workloads: for each op the sizes that are measured, smallest first, and who takes part.

A ladder is the same kind of input in growing sizes. What a candidate took on one rung tells, by `work`,
whether the next one is hopeless. Pooling is compared under torchvision's convention, for with other bin edges
two different functions would race.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

import refdet
from benchmarks import inputs
from benchmarks.candidates import Absent, Candidate, own
from benchmarks.peers import beside

THRESHOLD = 0.5
CLASSES = 80
BINS, SCALE = (7, 7), 1 / 16
SAMPLES = 2
HOST = "reference", "vectorized", "C++"


@dataclass(frozen=True)
class Workload:
    """One op on one input; `work` grows as the time of the simplest algorithm does."""

    op: str
    name: str
    ladder: str
    work: float
    quick: bool
    prepare: Callable[[int], list[Candidate | Absent]]
    """From the seed to the candidates; refdet's stand first, the reference before all."""


def workloads() -> Iterator[Workload]:
    """Every workload, op by op."""
    yield from _overlaps()
    yield from _suppressions()
    yield from _batched()
    yield from _poolings()


# Overlaps


def _overlaps():
    sizes = (100, 100), (1000, 1000), (4000, 4000), (8732, 50), (20_000, 50)
    for n, m in sizes:
        yield _overlap("box_iou", n, m, np.float32)
    for n, m in sizes[1:3]:
        yield _overlap("box_iou", n, m, np.float64)
    for op in ("generalized_box_iou", "distance_box_iou", "complete_box_iou"):
        yield _overlap(op, 1000, 1000, np.float32)


def _overlap(op, n, m, dtype):
    def prepare(seed):
        given = inputs.pairs(n, m, dtype, seed)
        found = own(op, *given)
        if op == "box_iou":
            out = np.empty((n, m), dtype)
            found += own(op, *given, names=("vectorized", "C++"), label="out=", out=out)
        return found + [p for p in beside(op, *given) if p.name != "cython-bbox" or dtype == np.float64]

    name = f"{n:,} x {m:,}" + (" float64" if dtype == np.float64 else "")
    return Workload(op, name, f"{op} {dtype.__name__}", n * m, n * m <= 10**6, prepare)


# Suppression


def _suppressions():
    ladders = {
        inputs.clustered: (300, 2000, 6000, 20_000, 100_000),
        inputs.crowded: (6000, 20_000, 100_000),
        inputs.sparse: (2000, 6000, 20_000, 100_000),
    }
    for kind, counts in ladders.items():
        for count in counts:
            yield _suppression("nms", kind, count, lambda boxes, scores: (boxes, scores, THRESHOLD))
    for kind in (inputs.clustered, inputs.sparse):
        for count in (300, 2000):
            yield _suppression("diou_nms", kind, count, lambda boxes, scores: (boxes, scores, THRESHOLD))
    for method in ("linear", "gaussian"):
        for count in (300, 2000):
            yield _soft(method, count)


def _suppression(op, kind, count, arguments, note=""):
    def prepare(seed):
        given = arguments(*inputs.scored(kind, count, np.float32, seed))
        return own(op, *given) + beside(op, *given)

    name = f"{note}{kind.__name__} {count:,}"
    return Workload(op, name, f"{op} {note}{kind.__name__}", count**2, count <= 6000, prepare)


def _soft(method, count):
    def arguments(boxes, scores):
        return boxes.round(), scores, 0.3, 0.5, 0.001, method  # OpenCV's boxes are of whole numbers

    return _suppression("soft_nms", inputs.clustered, count, arguments, f"{method}, ")


def _batched():
    sizes = [(inputs.clustered, count) for count in (2000, 6000, 20_000, 100_000)]
    for kind, count in (*sizes, (inputs.sparse, 20_000)):

        def arguments(boxes, scores):
            return boxes, scores, np.arange(len(boxes)) % CLASSES, THRESHOLD

        yield _suppression("batched_nms", kind, count, arguments)


# Regions


def _poolings():
    maps = ((512, 38, 38, 300), (256, 50, 68, 1000), (256, 50, 68, 2000))
    for shape in maps:
        yield _pooling("roi_pool", shape, _pool)
    for shape in maps:
        yield _pooling("roi_pool_with_argmax", shape, _pool_with_argmax)
    for shape in maps:
        yield _pooling("roi_pool_backward", shape, _pool_backward)
    for shape in maps:
        yield _pooling("roi_align", shape, _align)
    for shape in maps:
        yield _pooling("roi_align_backward", shape, _align_backward)


def _pooling(op, shape, candidates):
    channels, height, width, count = shape

    def prepare(seed):
        features, rois = inputs.regions(*shape, seed)
        pooled = np.empty((count, channels, *BINS), np.float32)
        return candidates(features, rois, pooled, np.random.default_rng(seed))

    name, work = f"{channels} x {height} x {width}, {count:,} RoIs", channels * count
    return Workload(op, name, op, work, count == 300, prepare)


def _pool(features, rois, pooled, rng):
    given, rule = (features, rois, BINS, SCALE), {"convention": refdet.TORCHVISION}
    found = own("roi_pool", *given, **rule)
    found += own("roi_pool", *given, names=("C++",), label="out=", out=pooled, **rule)
    return found + beside("roi_pool", *given)


def _pool_with_argmax(features, rois, pooled, rng):
    given, rule = (features, rois, BINS, SCALE), {"convention": refdet.TORCHVISION}
    found = own("roi_pool_with_argmax", *given, **rule)
    found += own("roi_pool_with_argmax", *given, names=("C++",), label="out=", out=pooled, **rule)
    return found + beside("roi_pool_with_argmax", *given)


def _pool_backward(features, rois, pooled, rng):
    pools = own(
        "roi_pool_with_argmax", features, rois, BINS, SCALE, names=HOST, convention=refdet.TORCHVISION
    )
    _, argmax = [pool for pool in pools if isinstance(pool, Candidate)][-1].call()
    given = rng.standard_normal(pooled.shape, np.float32), argmax, rois, features.shape
    return own("roi_pool_backward", *given) + beside("roi_pool_backward", *given)


def _align(features, rois, pooled, rng):
    given = features, rois, BINS, SCALE, SAMPLES, True
    found = own("roi_align", *given)
    found += own("roi_align", *given, names=("C++",), label="out=", out=pooled)
    return found + beside("roi_align", *given)


def _align_backward(features, rois, pooled, rng):
    given = rng.standard_normal(pooled.shape, np.float32), rois, features.shape, SCALE, SAMPLES, True
    return own("roi_align_backward", *given) + beside("roi_align_backward", *given)
