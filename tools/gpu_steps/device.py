"""What the steps run on: the device through CuPy, or, in a dry run, the emulator and NumPy."""

from __future__ import annotations

import time
from contextlib import nullcontext

import numpy as np

from gpu_steps import NotRun
from refdet import kernels


class Emulated:
    """The CUDA files on the CPU; arrays are NumPy's."""

    name = "emulator"
    torch = "cpu"

    def __init__(self):
        from refdet.kernels import emulator

        self.ops = emulator

    def there(self, value):
        """The value where kernels can read it."""
        return value

    def here(self, value):
        """The value as NumPy arrays."""
        return value

    def milliseconds(self, call):
        """Of one call."""
        start = time.perf_counter()
        call()
        return 1000 * (time.perf_counter() - start)

    def stream(self):
        """A queue of work of its own while it is entered; here work is done at once."""
        return nullcontext()

    def wait(self):
        """Until all work of all streams is done."""

    def free_bytes(self):
        """As much as anyone may want."""
        return 2**63


class Real(Emulated):
    """CuPy's current device."""

    name = "CUDA"
    torch = "cuda"

    def __init__(self):
        try:
            kernels.require_device()
        except ImportError as lack:
            raise NotRun(str(lack)) from None
        import cupy

        from refdet.kernels import cuda

        self.ops, self.cupy = cuda, cupy

    def there(self, value):
        """The value where kernels can read it."""
        if isinstance(value, list):
            return [self.there(part) for part in value]
        return self.cupy.asarray(value) if isinstance(value, np.ndarray) else value

    def here(self, value):
        """The value as NumPy arrays."""
        if isinstance(value, tuple):
            return tuple(map(self.here, value))
        return self.cupy.asnumpy(value)

    def milliseconds(self, call):
        """Of one call, between two events of the current stream."""
        start, end = self.cupy.cuda.Event(), self.cupy.cuda.Event()
        start.record()
        call()
        end.record()
        end.synchronize()
        return self.cupy.cuda.get_elapsed_time(start, end)

    def stream(self):
        """A queue of work of its own while it is entered."""
        return self.cupy.cuda.Stream(non_blocking=True)

    def wait(self):
        """Until all work of all streams is done."""
        self.cupy.cuda.Device().synchronize()

    def free_bytes(self):
        """Memory that an array could get."""
        self.cupy.get_default_memory_pool().free_all_blocks()
        return self.cupy.cuda.runtime.memGetInfo()[0]


def device(dry_run):
    """The one that was asked for."""
    return Emulated() if dry_run else Real()


def run(device, op, *arguments, **keywords):
    """One op with NumPy arrays in and out."""
    given = [device.there(a) for a in arguments]
    return device.here(getattr(device.ops, op)(*given, **keywords))
