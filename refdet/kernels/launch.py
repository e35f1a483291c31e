"""The host side of the CUDA kernels: checks, workspaces and grids, the same for CuPy and for the emulator.

`Operations` is written once against a `Device`, so that the tests of the emulator test the code that
drives a real device too. Every argument of a kernel is an array of the expected dtype or a NumPy scalar
of the parameter's exact type, for CuPy passes anything else on as garbage.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol

import numpy as np

from refdet.conventions import REFDET, Overlap
from refdet.ops.box_iou import check_box_iou
from refdet.ops.diou_nms import check_diou_nms
from refdet.ops.nms import check_batched_nms, check_nms
from refdet.ops.overlaps import check_complete, check_overlaps
from refdet.ops.soft_nms import check_soft_nms

THREADS = 256
"""Threads of a block at most, where the kernel leaves that open."""
TILE = 64
"""Boxes of a tile in nms.cu: the bits of a mask word, and the threads of a block of nms_mask."""
MAX_GRID = (2**31 - 1, 65_535)
"""Blocks along x and y that a launch can have."""
MAX_WORKSPACE = 4 * 2**30
"""Bytes that an operation may take for itself: the masks of 185,000 boxes."""

_INVERTED = {"empty": 0, "signed": 1, "height": 2, "sorted": 0}  # scalar.cuh's enums: the checks sort corners
_DIVISIONS = ("guarded", "ieee", "distance", "floored")
_KINDS = {"giou": 1, "diou": 2, "ciou": 3}  # overlap.cuh's enum


class Device(Protocol):
    """Where kernels run: CuPy's current device, or the emulator."""

    @property
    def xp(self) -> Any:
        """The array module, numpy or cupy."""

    def empty(self, shape: Any, dtype: Any) -> Any:
        """An array that a kernel will fill."""

    def of(self, array: Any) -> AbstractContextManager:
        """A context in which the device of the array is the current one."""

    def launch(self, kernel: str, dtype: str, grid: tuple, block: tuple, arguments: tuple) -> None:
        """Run a kernel of that precision."""


class Launcher:
    """Arrays and launches on one device."""

    def __init__(self, device: Device):
        self._device, self._xp = device, device.xp

    def _packed(self, array):
        return self._xp.ascontiguousarray(array)

    def _target(self, out):
        """Where the kernel writes: `out` itself if it is contiguous."""
        return out if out.flags.c_contiguous else self._device.empty(out.shape, out.dtype)

    def _launch(self, kernel, dtype, grid, threads, *arguments):
        for count, most, axis in zip(grid, MAX_GRID, "xy", strict=False):
            if count > most:
                raise ValueError(f"{kernel}: {count} blocks along {axis}; a launch can have {most}")
        self._device.launch(kernel, dtype.name, grid, (threads,), arguments)

    def _each(self, kernel, dtype, count, *arguments):
        """One thread for each of `count` items."""
        self._launch(kernel, dtype, (_blocks(count, THREADS),), THREADS, *arguments)


class Operations(Launcher):
    """The paired operations on one device, but for RoIs; names and signatures are the references'."""

    def box_iou(self, boxes1, boxes2, *, out=None, convention=REFDET):
        """`refdet.box_iou` (IOU-1), one thread per pair of boxes."""
        with self._device.of(boxes1):
            checked = check_box_iou(boxes1, boxes2, out=out, convention=convention, xp=self._xp)
            return self._pairwise("box_iou", *checked)

    def generalized_box_iou(self, boxes1, boxes2, *, out=None, convention=REFDET):
        """`refdet.generalized_box_iou` (IOU-3), one thread per pair of boxes."""
        with self._device.of(boxes1):
            checked = check_overlaps(boxes1, boxes2, out=out, convention=convention, xp=self._xp)
            return self._pairwise(
                "overlaps", *checked, *_penalty(convention.overlap), np.int32(_KINDS["giou"])
            )

    def distance_box_iou(self, boxes1, boxes2, *, out=None, convention=REFDET):
        """`refdet.distance_box_iou` (IOU-4), one thread per pair of boxes."""
        with self._device.of(boxes1):
            checked = check_overlaps(boxes1, boxes2, out=out, convention=convention, xp=self._xp)
            return self._pairwise(
                "overlaps", *checked, *_penalty(convention.overlap), np.int32(_KINDS["diou"])
            )

    def complete_box_iou(self, boxes1, boxes2, *, out=None, alpha_gate=None, convention=REFDET):
        """`refdet.complete_box_iou` (IOU-5), one thread per pair of boxes; the arc tangent is the device's."""
        with self._device.of(boxes1):
            boxes1, boxes2, out, gate, convention = check_complete(
                boxes1, boxes2, out=out, alpha_gate=alpha_gate, convention=convention, xp=self._xp
            )
            switches = *_penalty(convention.overlap, gate), np.int32(_KINDS["ciou"])
            return self._pairwise("overlaps", boxes1, boxes2, out, convention, *switches)

    def _pairwise(self, kernel, boxes1, boxes2, out, convention, *switches):
        """One value per pair, by a kernel whose threads own columns."""
        if out.size:
            n, m = out.shape
            values = self._target(out)
            threads = _threads(m)
            grid = (_blocks(m, threads), min(n, MAX_GRID[1]))
            given = self._packed(boxes1), self._packed(boxes2), np.int64(n), np.int64(m)
            rule = *_overlap(convention.overlap), *switches
            self._launch(kernel, out.dtype, grid, threads, *given, *rule, values)
            _deliver(values, out)
        return out

    def nms(self, boxes, scores, iou_threshold, *, convention=REFDET):
        """`refdet.nms` (NMS-1, NMS-8) by a mask of all pairs, 64 boxes a word; never leaves the device.

        Raises
        ------
        MemoryError
            If the mask, ``n * ceil(n / 64) * 8`` bytes, is over `MAX_WORKSPACE`.
        """
        with self._device.of(boxes):
            return self._masked("nms", *self._ranked(boxes, scores, iou_threshold, convention))

    def nms_plain(self, boxes, scores, iou_threshold, *, convention=REFDET):
        """`refdet.nms` (NMS-1) step by step, in one block: the twin to read."""
        with self._device.of(boxes):
            return self._greedy("nms_plain", *self._ranked(boxes, scores, iou_threshold, convention))

    def batched_nms(self, boxes, scores, idxs, iou_threshold, *, convention=REFDET):
        """`refdet.batched_nms` (NMS-3): as `nms`, but boxes of different classes pass each other by."""
        with self._device.of(boxes):
            return self._masked("nms", *self._classified(boxes, scores, idxs, iou_threshold, convention))

    def batched_nms_plain(self, boxes, scores, idxs, iou_threshold, *, convention=REFDET):
        """`refdet.batched_nms` (NMS-3) step by step, in one block: the twin to read."""
        with self._device.of(boxes):
            ranked = self._classified(boxes, scores, idxs, iou_threshold, convention)
            return self._greedy("nms_plain", *ranked)

    def diou_nms(self, boxes, scores, threshold, beta=None, *, convention=REFDET):
        """`refdet.diou_nms` (NMS-6) by a mask of all pairs, as `nms`; MemoryError as there."""
        with self._device.of(boxes):
            return self._masked("diou_nms", *self._ranked_by_diou(boxes, scores, threshold, beta, convention))

    def diou_nms_plain(self, boxes, scores, threshold, beta=None, *, convention=REFDET):
        """`refdet.diou_nms` (NMS-6) step by step, in one block: the twin to read."""
        with self._device.of(boxes):
            ranked = self._ranked_by_diou(boxes, scores, threshold, beta, convention)
            return self._greedy("diou_nms_plain", *ranked)

    def _masked(self, op, boxes, order, rule):
        """The kept boxes, by the kernels <op>_mask and nms_reduce."""
        n, words = len(boxes), _blocks(len(boxes), TILE)
        if n == 0:
            return order
        if n * words * 8 > MAX_WORKSPACE:
            raise MemoryError(
                f"{op}: the mask of {n} boxes needs {n * words * 8} bytes, more than {MAX_WORKSPACE}; "
                f"{op}_plain needs none"
            )
        mask = self._device.empty(n * words, np.uint64)
        removed, (keep, kept) = self._xp.zeros(words, np.uint64), self._kept(n)
        given = boxes, order, np.int64(n), *rule
        self._launch(f"{op}_mask", boxes.dtype, (words, words), TILE, *given, mask)
        given = mask, order, np.int64(n)
        self._launch("nms_reduce", boxes.dtype, (1,), THREADS, *given, removed, keep, kept)
        return keep[: int(kept[0])]

    def _greedy(self, kernel, boxes, order, rule):
        """The kept boxes, by a kernel of one block."""
        n = len(boxes)
        if n == 0:
            return order
        alive, (keep, kept) = self._xp.ones(n, np.uint8), self._kept(n)
        given = boxes, order, np.int64(n), *rule
        self._launch(kernel, boxes.dtype, (1,), _threads(n), *given, alive, keep, kept)
        return keep[: int(kept[0])]

    def soft_nms(
        self,
        boxes,
        scores,
        iou_threshold=0.3,
        sigma=0.5,
        score_threshold=1e-3,
        method="linear",
        *,
        convention=REFDET,
    ):
        """`refdet.soft_nms`, in one block: every pick waits for the decays of the one before."""
        numbers = iou_threshold, sigma, score_threshold, method
        with self._device.of(boxes):
            boxes, scores, threshold, sigma, least, method, convention = check_soft_nms(
                boxes, scores, *numbers, convention=convention, xp=self._xp
            )
            rule, n = convention.suppression, len(boxes)
            if n == 0:
                return self._device.empty(0, np.int64), scores.copy()
            switches = (
                np.int32(rule.soft_inclusive),
                np.float64(threshold),
                np.int32(rule.ties == "last"),
                np.int32(rule.soft_order == "swap"),
                np.int32(method == "gaussian"),
                np.float64(sigma),
                np.float64(least),
            )
            new_scores = _without_negative_zero(self._xp.array(scores, order="C"))
            queue = self._device.empty(n, np.int64)
            keep, kept = self._kept(n)
            given = self._packed(boxes), np.int64(n), *_overlap(convention.overlap), *switches
            kernel = "soft_nms_float" if scores.dtype == np.float32 else "soft_nms_double"
            self._launch(kernel, boxes.dtype, (1,), _threads(n), *given, new_scores, queue, keep, kept)
            keep = keep[: int(kept[0])]
            return keep, new_scores[keep]

    def _ranked(self, boxes, scores, iou_threshold, convention):
        """Boxes, their order from best to worst, and the rule's arguments: the step `sort`."""
        boxes, scores, threshold, convention = check_nms(
            boxes, scores, iou_threshold, convention=convention, xp=self._xp
        )
        one_class = self._xp.zeros(len(boxes), np.int64)
        return self._sorted(boxes, scores, threshold, convention, classes=(one_class,))

    def _classified(self, boxes, scores, idxs, iou_threshold, convention):
        """As `_ranked`, with the classes of the boxes, or with boxes that were moved apart."""
        boxes, scores, idxs, threshold, convention = check_batched_nms(
            boxes, scores, idxs, iou_threshold, convention=convention, xp=self._xp
        )
        offset = convention.suppression.class_offset(boxes)
        if offset is None:
            return self._sorted(boxes, scores, threshold, convention, classes=(self._packed(idxs),))
        moved = self._device.empty(boxes.shape, boxes.dtype)
        shift = self._packed(offset.reshape(1))
        given = self._packed(boxes), self._packed(idxs), np.int64(boxes.size), shift
        self._launch("nms_shift", boxes.dtype, (_blocks(boxes.size, THREADS),), THREADS, *given, moved)
        return self._ranked(moved, scores, threshold, convention)

    def _ranked_by_diou(self, boxes, scores, threshold, beta, convention):
        """As `_ranked`, with two other arguments in place of the classes."""
        boxes, scores, threshold, beta, convention = check_diou_nms(
            boxes, scores, threshold, beta, convention=convention, xp=self._xp
        )
        distance = np.float64(convention.overlap.diou_eps), np.float64(beta)
        return self._sorted(boxes, scores, threshold, convention, distance=distance)

    def _sorted(self, boxes, scores, threshold, convention, *, classes=(), distance=()):
        rule = convention.suppression
        order = self._packed(rule.by_score(scores).astype(np.int64, copy=False))
        suppression = np.int32(rule.inclusive), np.float64(threshold)
        return self._packed(boxes), order, (*classes, *_overlap(convention.overlap), *distance, *suppression)

    def _kept(self, count):
        """Room for the kept boxes, and for their number."""
        return self._device.empty(count, np.int64), self._device.empty(1, np.int64)


def _overlap(rule: Overlap):
    """plus_one, inverted, division and union_eps, as the kernels take them."""
    switches = rule.plus_one, _INVERTED[rule.inverted], _DIVISIONS.index(rule.division)
    return *map(np.int32, switches), np.float64(rule.union_eps)


def _penalty(rule: Overlap, alpha_gate: float = 0.0):
    """giou_eps, diou_eps, ciou_eps, beta and alpha_gate, as the kernels take them."""
    return tuple(map(np.float64, (rule.giou_eps, rule.diou_eps, rule.ciou_eps, rule.beta, alpha_gate)))


def _without_negative_zero(array):
    """The array with 0.0 for -0.0, by its bits: CuPy's arithmetic would flush small numbers to zero too."""
    bits = array.view(f"i{array.itemsize}")
    bits[bits == np.iinfo(bits.dtype).min] = 0
    return array


def _threads(count):
    """Threads of a block for so many items: whole warps."""
    return min(THREADS, 32 * _blocks(count, 32))


def _blocks(count, width):
    """How many times `width` covers `count`."""
    return -(-count // width)


def _deliver(target, out):
    if target is not out:
        out[...] = target
