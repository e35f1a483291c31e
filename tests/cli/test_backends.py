"""``refdet backends`` prints the report, one line for each backend at least."""

from refdet import kernels


def test_the_report_is_that_of_the_package(refdet):
    done = refdet("backends")
    assert (done.code, done.out) == (0, f"{kernels.backends()}\n")
    assert all(f"\n{name}" in f"\n{done.out}" for name in kernels.backends())
