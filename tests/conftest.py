"""Hypothesis profiles, and the rule that a backend which was asked for may not be missing."""

import importlib.util
import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from refdet import kernels

# The fixtures hand out functions, which carry nothing from one example to the next.
STATELESS = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
}
settings.register_profile("dev", max_examples=50, **STATELESS)
settings.register_profile("ci", max_examples=50, derandomize=True, print_blob=True, **STATELESS)
settings.register_profile("deep", max_examples=2000, **STATELESS)
settings.register_profile("sanitized", max_examples=20, derandomize=True, print_blob=True, **STATELESS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))

if os.environ.get("REFDET_EXACT_BUFFERS") == "1":
    import exact_buffers

    exact_buffers.install()

BACKENDS = ("vectorized", "cpp", "emulator forward", "emulator reverse", "emulator shuffle", "cuda")


def pytest_configure(config):
    if os.environ.get("REFDET_NO_SKIPS") == "1":
        config.pluginmanager.import_plugin("no_skips")


def pytest_report_header():
    return ["refdet: " + ", ".join(kernels.implementations("nms"))]


def pytest_collection_modifyitems(items):
    """The examples of `viz` draw: without matplotlib they are skipped."""
    if importlib.util.find_spec("matplotlib") is None:
        for item in items:
            if isinstance(item, pytest.DoctestItem) and item.name.startswith("refdet.viz."):
                item.add_marker(pytest.mark.skip(reason="no matplotlib: pip install 'refdet[viz]'"))


def required(backend):
    """True if the environment asks for that backend: REFDET_REQUIRE_CPP=1, REFDET_REQUIRE_CUDA=1, ..."""
    return backend == "vectorized" or os.environ.get(f"REFDET_REQUIRE_{backend.upper()}") == "1"


@pytest.fixture(params=BACKENDS)
def backend(request):
    """Name of each backend in turn; a missing one skips, and fails if it is required."""
    name = request.param.split()[0]
    if name not in kernels.implementations("nms"):
        if required(name):
            pytest.fail(f"the {name} backend is required and not there: {kernels.backends()}")
        pytest.skip(f"no {name} backend")
    return request.param


@pytest.fixture
def implementation(backend):
    """``implementation("nms")`` is the function of the backend under test, on NumPy arrays."""

    name, *schedule = backend.split()

    def take(op):
        function = kernels.implementations(op.removesuffix("_plain"))[name]
        # The plain twin stands beside the fast form, where there are two.
        function = getattr(sys.modules[f"refdet.kernels.{name}"], op, function)
        return (
            _scheduled(function, *schedule)
            if schedule
            else _on_host(function)
            if name == "cuda"
            else function
        )

    return take


def _scheduled(function, order):
    """An emulated kernel whose threads run in that order."""

    def call(*args, **kwargs):
        with kernels.emulator.schedule(order, seed=1):
            return function(*args, **kwargs)

    return call


def _on_host(function):
    """A CuPy kernel that takes and returns NumPy arrays."""
    import cupy

    def call(*args, **kwargs):
        out = kwargs.get("out")
        kwargs = {
            name: cupy.asarray(v) if name == "out" and v is not None else v for name, v in kwargs.items()
        }
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
