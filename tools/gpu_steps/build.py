"""Build the extension modules in place, as a developer does; by setup.py, else by CMake, else by the compiler alone."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from gpu_steps import Failed, main
from gpu_steps.facts import find

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"_core": "*.cpp", "_emulator": "emulator/*.cpp"}
DEFINED = {"_core": ("-O3",), "_emulator": ("-O1", "-DREFDET_EMULATOR")}


def build(dry_run):
    """The way that worked; a dry run takes modules that are built already."""
    if dry_run and not _missing():
        print("both modules are there already")
        return {"by": "an earlier build"}
    tried = []
    for way in (by_setup, by_cmake, by_compiler):
        print(f"--- {way.__name__}", flush=True)
        try:
            way()
        except (Failed, OSError, ImportError, subprocess.SubprocessError) as error:
            tried.append(f"{way.__name__}: {error}")
            print(tried[-1], flush=True)
            continue
        missing = _missing()
        if not missing:
            return {"by": way.__name__, "failed before": tried}
        tried.append(f"{way.__name__}: {missing}")
    raise Failed("; ".join(tried))


def _missing():
    """Why the modules cannot be imported, asked of a fresh interpreter; empty if they can."""
    code = "import refdet.kernels.cpp, refdet.kernels.emulator"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    return (done.stderr.strip().splitlines() or [""])[-1]


def _run(*command):
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    print(done.stdout.decode(errors="replace"), flush=True)
    if done.returncode:
        raise Failed(f"{Path(str(command[0])).name} ended with {done.returncode}")


def by_setup():
    """`python setup.py build_ext --inplace`."""
    _run(sys.executable, "setup.py", "build_ext", "--inplace")


def by_cmake():
    """CMake with pybind11's own configuration, for a setuptools that does not do it."""
    import pybind11

    with tempfile.TemporaryDirectory() as folder:
        options = {
            "CMAKE_BUILD_TYPE": "Release",
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY": ROOT / "refdet",
            "Python_EXECUTABLE": sys.executable,
            "pybind11_DIR": pybind11.get_cmake_dir(),
        }
        cmake = find("cmake") or "cmake"
        generator = ("-G", "Ninja") if find("ninja") else ()
        defined = (f"-D{name}={value}" for name, value in options.items())
        _run(cmake, "-S", ROOT, "-B", folder, *generator, *defined)
        _run(cmake, "--build", folder, "--parallel")


def by_compiler():
    """One call of the compiler for each module, with pybind11's headers or the copy that PyTorch carries."""
    include = [ROOT / "csrc", sysconfig.get_paths()["include"], _pybind11_headers()]
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    for name, pattern in SOURCES.items():
        files = sorted((ROOT / "csrc").glob(pattern))
        flags = (
            *DEFINED[name],
            "-std=c++17",
            "-fPIC",
            "-shared",
            "-ffp-contract=off",
            "-fno-trapping-math",
            "-fvisibility=hidden",
            "-pthread",
        )
        _run(
            "g++",
            *flags,
            *(f"-I{folder}" for folder in include),
            *files,
            "-o",
            ROOT / "refdet" / f"{name}{suffix}",
        )


def _pybind11_headers():
    try:
        return importlib.import_module("pybind11").get_include()
    except ImportError:
        spec = importlib.util.find_spec("torch")
        if spec is None:
            raise Failed("pybind11 is not there, and no PyTorch with a copy of its headers") from None
        return Path(spec.origin).parent / "include"


if __name__ == "__main__":
    main(build)
