"""`import refdet` needs NumPy alone and is quick."""

import subprocess
import sys

HEAVY = ("scipy", "matplotlib", "cupy", "torch", "sklearn", "skimage", "PIL", "hypothesis", "refdet.kernels")


def fresh(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_import_brings_no_heavy_package():
    loaded = fresh("import sys, refdet; print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith(HEAVY)] == []
    assert "refdet.ops.nms" in loaded


def test_a_heavy_import_would_be_seen():
    loaded = fresh("import sys, refdet, refdet.kernels; print(*sys.modules)").split()
    assert [name for name in loaded if name.startswith(HEAVY)] != []


def test_import_loads_little():
    """Beside NumPy's own import it loads little: the modules of refdet, and some of Python's."""
    code = "import sys, numpy; before = set(sys.modules); import refdet; print(*set(sys.modules) - before)"
    loaded = [name for name in fresh(code).split() if not name.startswith("refdet")]
    assert len(loaded) < 20, loaded


def test_public_names_are_those_that_are_listed():
    names = fresh("import refdet; print(*[n for n in refdet.__all__ if not hasattr(refdet, n)])").split()
    assert names == []
