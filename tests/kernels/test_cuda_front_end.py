"""refdet.kernels.cuda where there is no device: on a stand-in for CuPy whose kernels run in the emulator.

This shows what the front end asks of CuPy, in which types and on which device; it shows nothing about CuPy.
"""

import importlib
import inspect
import sys

import cupy_stand_in
import numpy as np
import pytest
from cupy_stand_in import Array, Device, on
from strategies import same_bits

import refdet
from refdet import kernels
from refdet.kernels import cuda_sources


@pytest.fixture
def compilations():
    return []


@pytest.fixture
def cuda(monkeypatch, compilations):
    """The front end, imported anew with the stand-in."""
    if "emulator" not in kernels.implementations("nms"):
        pytest.skip("the emulator is not built")
    cupy_stand_in.install(monkeypatch, compilations)
    yield importlib.import_module("refdet.kernels.cuda")
    cupy_stand_in.remove()


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_operation_stays_on_the_device_and_agrees(cuda, compilations, dtype, number):
    rng = np.random.default_rng(0)
    drawn, scores = rng.integers(0, 9, (70, 4)).astype(dtype), rng.integers(0, 5, 70).astype(dtype)
    scores[:20][scores[:20] == 0] = -0.0  # which comes back as 0.0
    scores[:20][scores[:20] == 1] = np.finfo(dtype).smallest_subnormal
    classes = rng.integers(0, 3, 70)
    features, rois = rng.integers(-3, 4, (2, 3, 9, 8)).astype(dtype), rng.integers(0, 2, (7, 5)).astype(dtype)
    pooled, argmax = refdet.roi_pool_with_argmax(features, rois, (3, 2), 0.5)
    calls = {
        "box_iou": (drawn, drawn[:9]),
        "nms": (drawn, scores, 0.3),
        "nms_plain": (drawn, scores, 0.3),
        "generalized_box_iou": (drawn, drawn[:9]),
        "distance_box_iou": (drawn, drawn[:9]),
        "diou_nms": (drawn, scores, 0.3),
        "diou_nms_plain": (drawn, scores, 0.3),
        "batched_nms": (drawn, scores, classes, 0.3),
        "batched_nms_plain": (drawn, scores, classes, 0.3),
        "soft_nms": (drawn, scores, 0.3, 0.5, 0.0),
        "roi_pool": (features, rois, (3, 2), 0.5),
        "roi_pool_with_argmax": (features, rois, (3, 2), 0.5),
        "roi_pool_backward": (pooled, argmax, rois, features.shape),
        "roi_align": (features, rois, (3, 2), 0.5),
        "roi_align_backward": (pooled, rois, features.shape, 0.5),
    }
    for op, arguments in calls.items():
        moved = [on(number, a) if isinstance(a, np.ndarray) else a for a in arguments]
        result = getattr(cuda, op)(*moved)
        expected = getattr(refdet, op.removesuffix("_plain"))(*arguments)
        for part, wanted in zip(
            *(r if isinstance(r, tuple) else (r,) for r in (result, expected)), strict=True
        ):
            assert type(part) is Array and same_bits(np.array(part), wanted), op
    real = {np.float32: "-Dreal_t=float", np.float64: "-Dreal_t=double"}[dtype]
    assert {name for name, *_ in compilations} == {f"{stem}.cu" for stem in cuda_sources.KERNELS}
    assert len({name for name, *_ in compilations}) == len(compilations)  # each once
    assert all(real in options and "--ftz=false" in options for _, options, *_ in compilations)
    assert {device for *_, device in compilations} == {number}
    assert Device.entered == [0]


@pytest.mark.parametrize("number", [0, 1])
def test_classes_are_moved_apart_on_the_device(cuda, compilations, number):
    """Small numbers survive the shift: it is a kernel of refdet, not CuPy's arithmetic."""
    small = np.float32(1e-44)
    drawn = np.array([[0, 0, small, 9], [0, 0, small, 8], [0, 0, small, 7]], np.float32)
    arguments = drawn, np.array([3, 2, 1], np.float32), np.array([0, 1, 0])
    result = cuda.batched_nms(*(on(number, a) for a in arguments), 0.5, convention=refdet.TORCHVISION)
    expected = refdet.batched_nms(*arguments, 0.5, convention=refdet.TORCHVISION)
    assert type(result) is Array and same_bits(np.array(result), expected) and result.tolist() == [0, 1]
    assert {(name, device) for name, *_, device in compilations} == {("nms.cu", number)}


def test_the_stand_in_has_no_name_that_cupy_lacks():
    cupy = pytest.importorskip("cupy")
    compiler = importlib.import_module("cupy.cuda.compiler")
    assert not [name for name in cupy_stand_in.CUPY if not hasattr(cupy, name)]
    assert not [name for name in cupy_stand_in.CUDA if not hasattr(cupy.cuda, name)]
    assert not [name for name in vars(cupy_stand_in.RUNTIME) if not hasattr(cupy.cuda.runtime, name)]
    for theirs, ours in (
        (cupy.cuda.function.Module, cupy_stand_in.Module),
        (cupy.cuda.Device, Device),
        (cupy.cuda.Event, cupy_stand_in.Event),
        (cupy.cuda.Stream, cupy_stand_in.Stream),
    ):
        methods = {name for name, value in vars(ours).items() if callable(value) and name[0] != "_"}
        assert methods and methods <= set(dir(theirs))
    assert {"source", "options", "filename"} <= set(
        inspect.signature(compiler.compile_using_nvrtc).parameters
    )


def test_arrays_of_the_host_are_refused_with_their_name(cuda):
    with pytest.raises(TypeError, match="boxes: ndarray came; wanted a cupy.ndarray on the device"):
        cuda.nms(np.zeros((1, 4)), np.zeros(1), 0.5)


def test_arrays_on_another_device_are_refused(cuda):
    grad, argmax, rois = (
        on(0, np.ones((1, 1, 1, 1))),
        on(1, np.zeros((1, 1, 1, 1), int)),
        on(0, np.zeros((1, 5))),
    )
    cuda._operations._xp.ascontiguousarray = lambda array: array
    with pytest.raises(ValueError, match="roi_pool_backward: an array on device 1 came; wanted 0"):
        cuda._operations._device.launch("roi_pool_backward", "float64", (1,), (32,), (grad, argmax, rois))


def test_without_cupy_the_import_error_says_why(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.delitem(sys.modules, "refdet.kernels.cuda", raising=False)
    with pytest.raises(ImportError, match="CuPy is not installed"):
        importlib.import_module("refdet.kernels.cuda")


def test_with_cupy_and_no_device_the_import_error_says_why(cuda, monkeypatch):
    del sys.modules["refdet.kernels.cuda"]  # for good: monkeypatch would bring back the one of the stand-in
    monkeypatch.setattr(sys.modules["cupy"].cuda, "is_available", lambda: False)
    with pytest.raises(ImportError, match="no CUDA device can be used"):
        importlib.import_module("refdet.kernels.cuda")
