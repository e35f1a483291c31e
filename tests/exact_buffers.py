"""Every array that reaches `refdet._core` in a block of exactly its size, for AddressSanitizer.

NumPy reuses small blocks, and behind a slice lies the rest of its array: a step outside would touch memory
that is there. REFDET_EXACT_BUFFERS=1 puts these copies in place of the arguments; results are copied back.
"""

import ctypes
import functools
import importlib

import numpy as np

_libc = ctypes.CDLL(None)
_libc.malloc.restype = ctypes.c_void_p
_libc.malloc.argtypes = [ctypes.c_size_t]
_libc.free.argtypes = [ctypes.c_void_p]


def install():
    """Wrap each kernel of the module, whoever calls it."""
    core = importlib.import_module("refdet._core")
    for name in dir(core):
        kernel = getattr(core, name)
        if callable(kernel):
            setattr(core, name, exact(kernel))


def exact(kernel):
    """The kernel on such copies."""

    @functools.wraps(kernel)
    def call(*args, **kwargs):
        pairs = []
        try:
            args = [_moved(value, pairs) for value in args]
            result = kernel(*args, **{name: _moved(value, pairs) for name, value in kwargs.items()})
            for given, copy in pairs:
                if given.flags.writeable:
                    given[...] = copy
            return result
        finally:
            for _, copy in pairs:
                _libc.free(copy.ctypes.data)

    return call


def _moved(value, pairs):
    """A copy of an array that the module would take as it is; anything else unchanged, to be refused."""
    if type(value) is not np.ndarray or not value.flags.c_contiguous or not value.dtype.isnative:
        return value
    place = _libc.malloc(value.nbytes)
    memory = (ctypes.c_char * max(1, value.nbytes)).from_address(place)
    copy = np.ndarray(value.shape, value.dtype, memory)
    copy[...] = value
    copy.flags.writeable = value.flags.writeable
    pairs.append((value, copy))
    return copy
