"""Build py-faster-rcnn's and Caffe's own code, so that record.py can run it; no line of it is kept here.

    python -m tests.oracle.build_fast_rcnn SOURCES OUT      (needs Cython, a C and a C++ compiler)

and then record.py with REFDET_FAST_RCNN=OUT.

SOURCES is a folder with four files, each as its repository has it:

    cpu_nms.pyx             rbgirshick/py-faster-rcnn, lib/nms (utils/nms.pyx at 0c8afa4 has the same body)
    bbox.pyx                rbgirshick/py-faster-rcnn, utils, at 0c8afa4
    voc_eval.py             rbgirshick/py-faster-rcnn, lib/datasets, at 45e0da9
    roi_pooling_layer.cpp   rbgirshick/caffe-fast-rcnn, src/caffe/layers, at 4c85442

The patches below are mechanical: names that NumPy and Python 3 dropped. The layer compiles unchanged against
caffe/fast_rcnn_layers.hpp, which stands in for the parts of Caffe that it names.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
PATCHES = {
    # The argument type np.float stays: Cython reads it as Python's float, so the threshold is a double.
    "cpu_nms.pyx": [("np.int_t", "np.int64_t"), ("dtype=np.int)", "dtype=np.int64)")],
    "bbox.pyx": [("np.float_t", "np.float64_t"), ("DTYPE = np.float\n", "DTYPE = float\n")],
    "voc_eval.py": [
        ("import cPickle", "import pickle as cPickle"),
        ("astype(np.bool)", "astype(bool)"),
        ("cachefile, 'w'", "cachefile, 'wb'"),
        ("cachefile, 'r'", "cachefile, 'rb'"),
        ("print 'Reading annotation for {:d}/{:d}'", "'Reading annotation for {:d}/{:d}'"),
        ("print 'Saving cached annotations to {:s}'", "'Saving cached annotations to {:s}'"),
    ],
    "roi_pooling_layer.cpp": [],
}


def build(sources, out):
    """Patch the sources into `out` and compile them there."""
    for name, changes in PATCHES.items():
        text = (sources / name).read_text()
        for old, new in changes:
            if old not in text:
                raise SystemExit(f"{name}: {old!r} is not there; is this the file that the table names?")
            text = text.replace(old, new)
        (out / name).write_text(text)
    include = ["-I", sysconfig.get_paths()["include"], "-I", np.get_include()]
    for stem in ("cpu_nms", "bbox"):
        run(sys.executable, "-m", "cython", "-3", f"{stem}.pyx", cwd=out)
        run("cc", "-O2", "-shared", "-fPIC", *include, f"{stem}.c", "-o", f"{stem}.so", cwd=out)
    flags = ["-O2", "-ffp-contract=off", "-shared", "-fPIC", "-I", HERE, "-I", out]
    run("c++", *flags, HERE / "caffe" / "roi_pooling.cpp", "-o", "roi_pooling.so", cwd=out)


def run(*command, cwd):
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    out = Path(sys.argv[2]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    build(Path(sys.argv[1]).resolve(), out)
