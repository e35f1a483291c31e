"""Hypothesis profiles, and the rule that a backend which was asked for may not be missing."""

import os

import pytest
from hypothesis import HealthCheck, settings

from refdet import kernels

# The fixtures hand out functions, which carry nothing from one example to the next.
STATELESS = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}
settings.register_profile("dev", max_examples=50, **STATELESS)
settings.register_profile("ci", max_examples=50, derandomize=True, print_blob=True, **STATELESS)
settings.register_profile("deep", max_examples=2000, **STATELESS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

BACKENDS = ("numpy", "vectorized", "cpp", "emulator", "cuda")


def pytest_report_header():
    return ["refdet: " + ", ".join(kernels.implementations("nms"))]


def required(backend):
    """True if the environment asks for that backend: REFDET_REQUIRE_CPP=1, REFDET_REQUIRE_CUDA=1, ..."""
    return backend in ("numpy", "vectorized") or os.environ.get(f"REFDET_REQUIRE_{backend.upper()}") == "1"


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Name of each backend in turn; a missing one skips, and fails if it is required."""
    if request.param not in kernels.implementations("nms"):
        if required(request.param):
            pytest.fail(f"the {request.param} backend is required and not there: {kernels.backends()}")
        pytest.skip(f"no {request.param} backend")
    return request.param


@pytest.fixture
def implementation(backend):
    """``implementation("nms")`` is the function of the backend under test, on NumPy arrays."""

    def take(op):
        function = kernels.implementations(op)[backend]
        return function if backend != "cuda" else _on_host(function)

    return take


def _on_host(function):
    """A CuPy kernel that takes and returns NumPy arrays."""
    import cupy

    def call(*args, **kwargs):
        out = kwargs.get("out")
        kwargs = {name: cupy.asarray(v) if name == "out" and v is not None else v for name, v in kwargs.items()}
        result = function(*(_device(arg) for arg in args), **kwargs)
        host = tuple(map(cupy.asnumpy, result)) if isinstance(result, tuple) else cupy.asnumpy(result)
        if out is not None:
            out[...] = host[0] if isinstance(host, tuple) else host
        return host

    return call


def _device(value):
    import cupy
    import numpy as np

    if isinstance(value, np.ndarray):
        return cupy.asarray(value)
    return [_device(part) for part in value] if isinstance(value, list) else value
