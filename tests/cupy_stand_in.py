"""A stand-in for CuPy whose arrays are NumPy's and whose kernels run in the emulator, for a machine without a device.

It shows what refdet and its tools ask of CuPy, in which types and on which device; it shows nothing about CuPy.
"""

import importlib
import sys
import time
import types

import numpy as np

from refdet import kernels


class Device:
    """Device 0, or the one that was entered last."""

    entered = [0]

    def __init__(self, number=None):
        self.id = self.entered[-1] if number is None else number

    def __enter__(self):
        self.entered.append(self.id)

    def __exit__(self, *_):
        self.entered.pop()

    def synchronize(self):
        pass


class Array(np.ndarray):
    def __array_finalize__(self, origin):
        self.number = getattr(origin, "number", 0)

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


class Stream:
    """Work is done at once."""

    def __init__(self, non_blocking=False):
        self.non_blocking = non_blocking

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def synchronize(self):
        pass


class Event:
    def record(self):
        self.time = time.perf_counter()

    def synchronize(self):
        pass


class RawKernel:
    def __init__(self, source, name):
        assert f"void {name}(" in source

    def __call__(self, grid, block, arguments):
        assert all(isinstance(array, Array) for array in arguments)


RUNTIME = types.SimpleNamespace(
    CUDARuntimeError=type("CUDARuntimeError", (RuntimeError,), {}),
    driverGetVersion=lambda: 13000,
    getDeviceCount=lambda: 2,
    getDeviceProperties=lambda number: {
        "name": b"stand-in",
        "major": 9,
        "minor": 0,
        "multiProcessorCount": 132,
        "totalGlobalMem": 141 * 10**9,
        "ECCEnabled": 1,
    },
    memGetInfo=lambda: (140 * 10**9, 141 * 10**9),
    runtimeGetVersion=lambda: 13000,
)


def _wrapped(name):
    """NumPy's function, its results on the device."""
    if name.startswith("__"):
        raise AttributeError(name)
    function = getattr(np, name)
    if not callable(function) or isinstance(function, type):
        return function

    def call(*args, **kwargs):
        result = function(*args, **kwargs)
        return on(Device.entered[-1], result) if isinstance(result, np.ndarray) else result

    return call


def _asarray(value):
    return value if isinstance(value, Array) else on(Device.entered[-1], value)


CUPY = {
    "__version__": "stand-in",
    "ndarray": Array,
    "asarray": _asarray,
    "asnumpy": np.array,
    "RawKernel": RawKernel,
    "get_default_memory_pool": lambda: types.SimpleNamespace(free_all_blocks=lambda: None),
}
CUDA = {
    "Device": Device,
    "Event": Event,
    "Stream": Stream,
    "function": types.SimpleNamespace(Module=Module),
    "get_current_stream": Stream,
    "get_elapsed_time": lambda start, end: 1000 * (end.time - start.time),
    "is_available": lambda: True,
    "nvrtc": types.SimpleNamespace(getVersion=lambda: (13, 0)),
    "runtime": RUNTIME,
    "set_allocator": lambda allocator: None,
}


def install(monkeypatch, compilations):
    """Put it in the place of CuPy until the test is over; each compilation goes to the list."""

    def compile_using_nvrtc(source, options, filename):
        compilations.append((filename, options, source, Device.entered[-1]))
        return "float64" if "-Dreal_t=double" in options else "float32", None

    stand_in, cuda = types.ModuleType("cupy"), types.ModuleType("cupy.cuda")
    compiler = types.ModuleType("cupy.cuda.compiler")
    compiler.compile_using_nvrtc = compile_using_nvrtc
    vars(cuda).update(CUDA)
    vars(stand_in).update(CUPY, cuda=cuda, __getattr__=_wrapped)
    for name, module in (("cupy", stand_in), ("cupy.cuda", cuda), ("cupy.cuda.compiler", compiler)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "refdet.kernels.cuda", raising=False)
    monkeypatch.delattr(kernels, "cuda", raising=False)


def remove():
    """Leave nothing of it in refdet."""
    sys.modules.pop("refdet.kernels.cuda", None)
    vars(kernels).pop("cuda", None)
