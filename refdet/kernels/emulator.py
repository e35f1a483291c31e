"""The CUDA kernels on the CPU, without CUDA: the same .cu files, driven by the same code as on a device.

For tests, not for speed. ``schedule`` chooses in which order the threads of a block run; a kernel that is
right gives the same bits under every one. Importing this raises ImportError, with the reason, where the
extension module was not built. Sources: csrc/emulator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import Literal

import numpy as np

from refdet.kernels import load_extension
from refdet.kernels.launch import Operations
from refdet.kernels.launch_rois import RoiOperations

_emulator = load_extension("_emulator")

Order = Literal["forward", "reverse", "shuffle"]

_SCHEDULE: ContextVar[tuple[Order, int]] = ContextVar("schedule", default=("forward", 0))


@contextmanager
def schedule(order: Order, seed: int = 0) -> Iterator[None]:
    """Within ``with``, blocks and threads run forward, in reverse, or shuffled anew at each barrier."""
    token = _SCHEDULE.set((order, seed))
    try:
        yield
    finally:
        _SCHEDULE.reset(token)


class _EmulatedDevice:
    xp = np

    def empty(self, shape, dtype):
        """An array full of 0xFF, so that what a kernel leaves out shows."""
        array = np.empty(shape, dtype)
        array.view(np.uint8).fill(0xFF)
        return array

    def of(self, array):
        return nullcontext()

    def launch(self, kernel, dtype, grid, block, arguments):
        try:
            _emulator.launch(kernel, dtype, grid, block, arguments, *_SCHEDULE.get())
        except (TypeError, ValueError, RuntimeError) as error:
            raise type(error)(f"{kernel}: {error}") from None


_device = _EmulatedDevice()
_operations, _rois = Operations(_device), RoiOperations(_device)

box_iou = _operations.box_iou
generalized_box_iou = _operations.generalized_box_iou
distance_box_iou = _operations.distance_box_iou
complete_box_iou = _operations.complete_box_iou
nms = _operations.nms
nms_plain = _operations.nms_plain
batched_nms = _operations.batched_nms
batched_nms_plain = _operations.batched_nms_plain
diou_nms = _operations.diou_nms
diou_nms_plain = _operations.diou_nms_plain
roi_align = _rois.roi_align
roi_align_backward = _rois.roi_align_backward
roi_pool = _rois.roi_pool
roi_pool_with_argmax = _rois.roi_pool_with_argmax
roi_pool_backward = _rois.roi_pool_backward
soft_nms = _operations.soft_nms
