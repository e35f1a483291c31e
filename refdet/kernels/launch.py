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
from refdet.ops.nms import check_batched_nms, check_nms
from refdet.ops.roi_pool import check_roi_pool, check_roi_pool_backward

THREADS = 256
"""Threads of a block at most, where the kernel leaves that open."""
TILE = 64
"""Boxes of a tile in nms.cu: the bits of a mask word, and the threads of a block of nms_mask."""
MAX_GRID = (2**31 - 1, 65_535)
"""Blocks along x and y that a launch can have."""
MAX_WORKSPACE = 4 * 2**30
"""Bytes that an operation may take for itself: the masks of 185,000 boxes."""

_DIVISIONS = ("guarded", "ieee", "distance")  # the order of scalar.cuh's enum


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


class Operations:
    """The paired operations on one device; names and signatures are the references'."""

    def __init__(self, device: Device):
        self._device, self._xp = device, device.xp

    def box_iou(self, boxes1, boxes2, *, out=None, convention=REFDET):
        """`refdet.box_iou` (IOU-1), one thread per pair of boxes."""
        with self._device.of(boxes1):
            boxes1, boxes2, out = check_box_iou(boxes1, boxes2, out=out, convention=convention, xp=self._xp)
            if out.size:
                n, m = out.shape
                iou = self._target(out)
                threads = _threads(m)
                grid = (_blocks(m, threads), min(n, MAX_GRID[1]))
                given = self._packed(boxes1), self._packed(boxes2), np.int64(n), np.int64(m)
                self._launch("box_iou", out.dtype, grid, threads, *given, *_overlap(convention.overlap), iou)
                _deliver(iou, out)
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

    def roi_pool(self, input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
        """`refdet.roi_pool` (ROI-5), one thread per pooled value."""
        pooled, _ = self.roi_pool_with_argmax(
            input, boxes, output_size, spatial_scale, out=out, convention=convention
        )
        return pooled

    def roi_pool_with_argmax(
        self, input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET
    ):
        """`refdet.roi_pool_with_argmax` (ROI-5), one thread per pooled value."""
        with self._device.of(input):
            input, rois, (rows, columns), scale, out, convention = check_roi_pool(
                input, boxes, output_size, spatial_scale, out=out, convention=convention, xp=self._xp
            )
            argmax = self._device.empty(out.shape, np.int64)
            if out.size:
                pooled = self._target(out)
                sizes = map(np.int64, (*input.shape, len(rois), rows, columns))
                rule = convention.roi
                switches = np.int32(rule.edges == "float"), out.dtype.type(rule.lowest)
                given = self._packed(input), self._packed(rois), *sizes, scale, *switches
                grid = (_blocks(out.size, THREADS),)
                self._launch("roi_pool", out.dtype, grid, THREADS, *given, pooled, argmax)
                _deliver(pooled, out)
            return out, argmax

    def roi_pool_backward(self, grad_output, argmax, boxes, input_shape):
        """`refdet.roi_pool_backward` (ROI-5), one thread per channel of an image, RoI after RoI."""
        with self._device.of(grad_output):
            grad_output, argmax, images, (n, channels, height, width) = check_roi_pool_backward(
                grad_output, argmax, boxes, input_shape, xp=self._xp
            )
            grad_input = self._xp.zeros((n, channels, height, width), grad_output.dtype)
            if grad_input.size and grad_output.size:
                count, _, rows, columns = grad_output.shape
                sizes = map(np.int64, (n, channels, height * width, count, rows * columns))
                given = self._packed(grad_output), self._packed(argmax), self._packed(images), *sizes
                grid = (_blocks(n * channels, THREADS),)
                self._launch("roi_pool_backward", grad_output.dtype, grid, THREADS, *given, grad_input)
            return grad_input

    def _ranked(self, boxes, scores, iou_threshold, convention):
        """Boxes, their order from best to worst, and the rule's arguments: the step `sort`."""
        boxes, scores, threshold, convention = check_nms(
            boxes, scores, iou_threshold, convention=convention, xp=self._xp
        )
        one_class = self._xp.zeros(len(boxes), np.int64)
        return self._sorted(boxes, scores, threshold, convention, one_class)

    def _classified(self, boxes, scores, idxs, iou_threshold, convention):
        """As `_ranked`, with the classes of the boxes, or with boxes that were moved apart."""
        boxes, scores, idxs, threshold, convention = check_batched_nms(
            boxes, scores, idxs, iou_threshold, convention=convention, xp=self._xp
        )
        offset = convention.suppression.class_offset(boxes)
        if offset is None:
            return self._sorted(boxes, scores, threshold, convention, self._packed(idxs))
        moved = self._device.empty(boxes.shape, boxes.dtype)
        shift = self._packed(offset.reshape(1))
        given = self._packed(boxes), self._packed(idxs), np.int64(boxes.size), shift
        self._launch("nms_shift", boxes.dtype, (_blocks(boxes.size, THREADS),), THREADS, *given, moved)
        return self._ranked(moved, scores, threshold, convention)

    def _sorted(self, boxes, scores, threshold, convention, classes):
        rule = convention.suppression
        order = self._packed(rule.by_score(scores).astype(np.int64, copy=False))
        suppression = np.int32(rule.inclusive), np.float64(threshold)
        return self._packed(boxes), order, (classes, *_overlap(convention.overlap), *suppression)

    def _kept(self, count):
        """Room for the kept boxes, and for their number."""
        return self._device.empty(count, np.int64), self._device.empty(1, np.int64)

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


def _overlap(rule: Overlap):
    """plus_one, signed_area and division, as the kernels take them."""
    signed, division = rule.inverted == "signed", _DIVISIONS.index(rule.division)
    return np.int32(rule.plus_one), np.int32(signed), np.int32(division)


def _threads(count):
    """Threads of a block for so many items: whole warps."""
    return min(THREADS, 32 * _blocks(count, 32))


def _blocks(count, width):
    """How many times `width` covers `count`."""
    return -(-count // width)


def _deliver(target, out):
    if target is not out:
        out[...] = target
