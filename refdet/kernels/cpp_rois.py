"""RoI pooling and RoI align in C++; see cpp.py. Sources: csrc/roi_pool.cpp, csrc/roi_align.cpp."""

from __future__ import annotations

import numpy as np

from refdet.conventions import REFDET
from refdet.kernels.cpp_arrays import core, delivered, direct, plain, threads_of
from refdet.ops.roi_align import check_roi_align, check_roi_align_backward
from refdet.ops.roi_pool import check_roi_pool, check_roi_pool_backward

EDGES = ("integer", "float", "continuous")  # as in csrc/roi.cuh


def roi_pool(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET, threads=1):
    """`refdet.roi_pool` on up to `threads` cores; small inputs take one."""
    arguments = input, boxes, output_size, spatial_scale, out, convention
    return _roi_pool(core.roi_pool, *arguments, threads, want_argmax=False)[0]


def roi_pool_with_argmax(
    input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET, threads=1
):
    """`refdet.roi_pool_with_argmax` on up to `threads` cores; small inputs take one."""
    arguments = input, boxes, output_size, spatial_scale, out, convention
    return _roi_pool(core.roi_pool, *arguments, threads, want_argmax=True)


def roi_pool_with_argmax_plain(input, boxes, output_size, spatial_scale=1.0, *, out=None, convention=REFDET):
    """`refdet.roi_pool_with_argmax`, step by step as the reference."""
    arguments = input, boxes, output_size, spatial_scale, out, convention
    return _roi_pool(core.roi_pool_plain, *arguments, 1, want_argmax=True)


def _roi_pool(kernel, input, boxes, output_size, spatial_scale, out, convention, threads, *, want_argmax):
    input, rois, _, scale, out, convention = check_roi_pool(
        input, boxes, output_size, spatial_scale, out=out, convention=convention
    )
    rule = convention.roi
    threads = threads_of(threads)
    result, argmax = direct(out), np.empty(out.shape, np.int64) if want_argmax else None
    kernel(
        plain(input),
        plain(rois),
        scale=float(scale),
        edges=EDGES.index(rule.edges),
        lowest=rule.lowest,
        threads=threads,
        out=result,
        argmax=argmax,
    )
    return delivered(result, out), argmax


def roi_pool_backward(grad_output, argmax, boxes, input_shape):
    """`refdet.roi_pool_backward`."""
    grad_output, argmax, rois, shape = check_roi_pool_backward(grad_output, argmax, boxes, input_shape)
    images, grad_input = rois[:, 0].astype(np.int64), np.zeros(shape, grad_output.dtype)
    core.roi_pool_backward(plain(grad_output), plain(argmax), plain(images), grad_input)
    return grad_input


def roi_align(
    input,
    boxes,
    output_size,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    *,
    out=None,
    convention=REFDET,
    threads=1,
):
    """`refdet.roi_align` on up to `threads` cores; small inputs take one."""
    arguments = input, boxes, output_size, spatial_scale, sampling_ratio, aligned, out, convention
    return _roi_align(core.roi_align, *arguments, threads)


def roi_align_plain(
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
    """`refdet.roi_align`, step by step as the reference."""
    arguments = input, boxes, output_size, spatial_scale, sampling_ratio, aligned, out, convention
    return _roi_align(core.roi_align_plain, *arguments, 1)


def _roi_align(
    kernel, input, boxes, output_size, spatial_scale, sampling_ratio, aligned, out, convention, threads
):
    input, rois, _, scale, ratio, aligned, out, convention = check_roi_align(
        input, boxes, output_size, spatial_scale, sampling_ratio, aligned, out=out, convention=convention
    )
    result, threads = direct(out), threads_of(threads)
    rule = {"scale": float(scale), "aligned": aligned, "ratio": ratio, "most": convention.roi.most_samples}
    kernel(plain(input), plain(rois), **rule, threads=threads, out=result)
    return delivered(result, out)


def roi_align_backward(
    grad_output,
    boxes,
    input_shape,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    *,
    convention=REFDET,
    threads=1,
):
    """`refdet.roi_align_backward` on up to `threads` cores; small inputs take one."""
    arguments = grad_output, boxes, input_shape, spatial_scale, sampling_ratio, aligned, convention
    return _roi_align_backward(core.roi_align_backward, arguments, threads)


def roi_align_backward_plain(
    grad_output,
    boxes,
    input_shape,
    spatial_scale=1.0,
    sampling_ratio=None,
    aligned=None,
    *,
    convention=REFDET,
):
    """`refdet.roi_align_backward`, step by step as the reference."""
    arguments = grad_output, boxes, input_shape, spatial_scale, sampling_ratio, aligned, convention
    return _roi_align_backward(core.roi_align_backward_plain, arguments, 1)


def _roi_align_backward(kernel, arguments, threads):
    grad_output, rois, shape, scale, ratio, aligned, convention = check_roi_align_backward(*arguments)
    threads, grad_input = threads_of(threads), np.zeros(shape, grad_output.dtype)
    rule = {"scale": float(scale), "aligned": aligned, "ratio": ratio, "most": convention.roi.most_samples}
    kernel(plain(grad_output), plain(rois), **rule, threads=threads, grad_input=grad_input)
    return grad_input
