"""The CUDA kernels on a device, through CuPy: the references' signatures, CuPy arrays in and out.

Everything runs on the device of the first array and on CuPy's current stream; the number of kept boxes is
the one value that `nms` and `diou_nms` bring to the host. Importing this raises ImportError, with the
reason, where CuPy or a device is missing. Sources: csrc/*.cu.

The checks use a little of CuPy's own arithmetic, which takes float32 numbers below 1.2e-38 for zero; the
kernels do not.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache

from refdet.kernels import require_device
from refdet.kernels.cuda_sources import KERNELS, options, source
from refdet.kernels.launch import Operations
from refdet.kernels.launch_rois import RoiOperations

require_device()

import cupy  # noqa: E402  (only once it is known to be there)
from cupy.cuda.compiler import compile_using_nvrtc  # noqa: E402

_STEMS = {kernel: stem for stem, kernels in KERNELS.items() for kernel in kernels}


@cache
def _module(stem, dtype, device):
    """One .cu file, compiled for the device, which is the current one."""
    # Not cupy.RawModule: it appends -ftz=true, and small float32 numbers would become zero.
    binary, _ = compile_using_nvrtc(source(stem), options(dtype), filename=f"{stem}.cu")
    module = cupy.cuda.function.Module()
    module.load(binary)
    return module


class _CudaDevice:
    xp = cupy
    empty = staticmethod(cupy.empty)

    def of(self, array):
        return array.device if isinstance(array, cupy.ndarray) else nullcontext()

    def launch(self, kernel, dtype, grid, block, arguments):
        device = cupy.cuda.Device().id
        for array in arguments:
            if isinstance(array, cupy.ndarray) and array.device.id != device:
                raise ValueError(f"{kernel}: an array on device {array.device.id} came; wanted {device}")
        function = _module(_STEMS[kernel], dtype, device).get_function(kernel)
        function((*grid, 1, 1)[:3], (*block, 1, 1), arguments)


_device = _CudaDevice()
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
