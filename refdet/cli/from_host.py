"""CuPy kernels for commands, whose arrays lie on the host."""

from __future__ import annotations

import numpy as np


def from_host(kernel):
    """A CuPy kernel that takes and gives NumPy arrays; a list is an array too, a tuple is not."""
    import cupy

    def there(value):
        return cupy.asarray(value) if isinstance(value, (np.ndarray, list)) else value

    def call(*arguments, **keywords):
        result = kernel(*map(there, arguments), **{name: there(value) for name, value in keywords.items()})
        return tuple(map(cupy.asnumpy, result)) if isinstance(result, tuple) else cupy.asnumpy(result)

    return call
