"""The host side of the CUDA kernels of RoI pooling and RoI align; see launch.py."""

from __future__ import annotations

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.launch import Launcher
from refdet.ops.roi_align import check_roi_align, check_roi_align_backward
from refdet.ops.roi_pool import check_roi_pool, check_roi_pool_backward

EDGES = ("integer", "float", "continuous")  # the order of roi.cuh's enum


class RoiOperations(Launcher):
    """RoI pooling and RoI align on one device; names and signatures are the references'."""

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
                switches = np.int32(EDGES.index(rule.edges)), out.dtype.type(rule.lowest)
                given = self._packed(input), self._packed(rois), *sizes, scale, *switches
                self._each("roi_pool", out.dtype, out.size, *given, pooled, argmax)
                if pooled is not out:
                    out[...] = pooled
            return out, argmax

    def roi_pool_backward(self, grad_output, argmax, boxes, input_shape):
        """`refdet.roi_pool_backward` (ROI-5), one thread per channel of an image, RoI after RoI."""
        with self._device.of(grad_output):
            grad_output, argmax, rois, (n, channels, height, width) = check_roi_pool_backward(
                grad_output, argmax, boxes, input_shape, xp=self._xp
            )
            images = rois[:, 0].astype(np.int64)
            grad_input = self._xp.zeros((n, channels, height, width), grad_output.dtype)
            if grad_input.size and grad_output.size:
                count, _, rows, columns = grad_output.shape
                sizes = map(np.int64, (n, channels, height * width, count, rows * columns))
                given = self._packed(grad_output), self._packed(argmax), self._packed(images), *sizes
                self._each("roi_pool_backward", grad_output.dtype, n * channels, *given, grad_input)
            return grad_input

    def roi_align(
        self,
        input,
        boxes,
        output_size,
        spatial_scale=1.0,
        sampling_ratio=None,
        aligned=None,
        *,
        out=None,
        convention=REFDET,
    ):
        """`refdet.roi_align`, one thread per pooled value."""
        with self._device.of(input):
            arguments = input, boxes, output_size, spatial_scale, sampling_ratio, aligned
            input, rois, (rows, columns), scale, ratio, aligned, out, convention = check_roi_align(
                *arguments, out=out, convention=convention, xp=self._xp
            )
            if out.size:
                pooled = self._target(out)
                sizes = map(np.int64, (*input.shape, len(rois), rows, columns))
                rule = np.int32(aligned), np.int64(ratio), np.int64(convention.roi.most_samples)
                given = self._packed(input), self._packed(rois), *sizes, scale, *rule
                self._each("roi_align", out.dtype, out.size, *given, pooled)
                if pooled is not out:
                    out[...] = pooled
            return out

    def roi_align_backward(
        self,
        grad_output,
        boxes,
        input_shape,
        spatial_scale=1.0,
        sampling_ratio=None,
        aligned=None,
        *,
        convention=REFDET,
    ):
        """`refdet.roi_align_backward`, one thread per channel of an image, RoI after RoI."""
        with self._device.of(grad_output):
            arguments = grad_output, boxes, input_shape, spatial_scale, sampling_ratio, aligned, convention
            grad_output, rois, shape, scale, ratio, aligned, _ = check_roi_align_backward(
                *arguments, xp=self._xp
            )
            grad_input = self._xp.zeros(shape, grad_output.dtype)
            if grad_input.size and grad_output.size:
                count, _, rows, columns = grad_output.shape
                sizes = map(np.int64, (*shape, count, rows, columns))
                rule = np.int32(aligned), np.int64(ratio), np.int64(convention.roi.most_samples)
                given = self._packed(grad_output), self._packed(rois), *sizes, scale, *rule
                self._each("roi_align_backward", grad_output.dtype, shape[0] * shape[1], *given, grad_input)
            return grad_input
