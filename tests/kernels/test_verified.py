"""refdet's own kernels, tried by the tool that tries everybody's: they are the first clients of `refdet.testing`."""

import pytest

from refdet import kernels, testing
from refdet.verify.contracts import CONTRACTS

OPS = [op for op in CONTRACTS if op in kernels._REFERENCES]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_kernel_keeps_its_promises(op, dtype, backend, implementation):
    examples = 40 if backend.startswith("emulator") else 120  # the emulator takes its time
    testing.verify_kernel(op, implementation(op), dtypes=(dtype,), max_examples=examples)
