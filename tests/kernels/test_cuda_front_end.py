"""refdet.kernels.cuda where there is no device: on a stand-in for CuPy whose kernels run in the emulator.

This shows what the front end asks of CuPy, in which types and on which device; it shows nothing about CuPy.
"""

import importlib
import sys
import types

import numpy as np
import pytest
from strategies import same_bits

import refdet
from refdet import kernels
from refdet.kernels import cuda_sources


class Device:
    """Device 0, or the one that was entered last."""

    entered = [0]

    def __init__(self, number=None):
        self.id = self.entered[-1] if number is None else number

    def __enter__(self):
        self.entered.append(self.id)

    def __exit__(self, *_):
        self.entered.pop()


class Array(np.ndarray):
    number = 0

    @property
    def device(self):
        return Device(self.number)


def on(number, array):
    array = np.array(array).view(Array)
    array.number = number
    return array


class Module:
    """What a compiled file becomes: it remembers its source, and launches in the emulator."""

    def load(self, binary):
        self.dtype = binary

    def get_function(self, kernel):
        assert Device.entered[-1] in (0, 1)
        launch = importlib.import_module("refdet._emulator").launch
        return lambda grid, block, arguments: launch(kernel, self.dtype, grid, block, arguments, "reverse", 0)


@pytest.fixture
def compilations():
    return []


@pytest.fixture
def cuda(monkeypatch, compilations):
    """The front end, imported anew with the stand-in."""
    if "emulator" not in kernels.implementations("nms"):
        pytest.skip("the emulator is not built")

    def compile_using_nvrtc(source, options, filename):
        compilations.append((filename, options, source, Device.entered[-1]))
        return "float64" if "-Dreal_t=double" in options else "float32", None

    def wrapped(name):
        function = getattr(np, name)
        if not callable(function) or isinstance(function, type):
            return function

        def call(*args, **kwargs):
            result = function(*args, **kwargs)
            return on(Device.entered[-1], result) if isinstance(result, np.ndarray) else result

        return call

    stand_in = types.ModuleType("cupy")
    stand_in.__getattr__, stand_in.ndarray, stand_in.asarray = wrapped, Array, np.asanyarray
    stand_in.__version__ = "stand-in"
    stand_in.cuda = types.ModuleType("cupy.cuda")
    stand_in.cuda.Device, stand_in.cuda.is_available = Device, lambda: True
    stand_in.cuda.function = types.SimpleNamespace(Module=Module)
    compiler = types.ModuleType("cupy.cuda.compiler")
    compiler.compile_using_nvrtc = compile_using_nvrtc
    for name, module in (("cupy", stand_in), ("cupy.cuda", stand_in.cuda), ("cupy.cuda.compiler", compiler)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "refdet.kernels.cuda", raising=False)
    monkeypatch.delattr(kernels, "cuda", raising=False)
    yield importlib.import_module("refdet.kernels.cuda")
    sys.modules.pop("refdet.kernels.cuda", None)
    vars(kernels).pop("cuda", None)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_operation_stays_on_the_device_and_agrees(cuda, compilations, dtype, number):
    rng = np.random.default_rng(0)
    drawn, scores = rng.integers(0, 9, (70, 4)).astype(dtype), rng.integers(0, 5, 70).astype(dtype)
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
    assert {name for name, *_ in compilations} == {f"{stem}.cu" for stem in cuda_sources.KERNELS} - {
        "soft_nms.cu"
    }
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
