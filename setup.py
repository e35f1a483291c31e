"""Build the extension modules with CMake; without a compiler refdet installs as pure NumPy and says why.

REFDET_REQUIRE_CPP=1 makes a failed build an error; REFDET_NO_CPP=1 does not build. Metadata: pyproject.toml.
For development: ``python setup.py build_ext --inplace`` rebuilds what changed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
REQUIRED = os.environ.get("REFDET_REQUIRE_CPP") == "1"
SKIPPED = os.environ.get("REFDET_NO_CPP") == "1"
FAILURE_FILE = "_build_failure.txt"  # read by refdet.kernels.backends()
LAST_LINES = 20


class CMakeExtension(Extension):
    """A target of CMakeLists.txt, called as the last part of the module's name."""

    def __init__(self, name):
        super().__init__(name, sources=[], optional=not REQUIRED)
        self.target = name.rpartition(".")[2]


class CMakeBuild(build_ext):
    """Configure once, build each target, and note in the package what failed."""

    def run(self):
        """Build all of them; start afresh unless they are built in place."""
        if REQUIRED and SKIPPED:
            raise SystemExit("refdet: REFDET_REQUIRE_CPP=1 and REFDET_NO_CPP=1 contradict each other")
        self.source_too = self.inplace  # setuptools builds elsewhere and copies afterwards
        self.failures = {}
        self.configured = False
        if not self.source_too:
            # The tools of an isolated build live in a new folder each time; a cache names the last one.
            shutil.rmtree(self.build_temp, ignore_errors=True)
        super().run()
        self._note_failures()

    def build_extension(self, ext):
        """Build one of them; a failure is an error only if it was required."""
        if SKIPPED:
            self._failed(ext, "REFDET_NO_CPP=1 was set when refdet was installed")
            return
        try:
            self._configure(ext)
            self._cmake(
                "--build", self.build_temp, "--config=Release", f"--target={ext.target}", "--parallel"
            )
        except BuildError as error:
            if REQUIRED:
                raise SystemExit(f"refdet: {ext.name} is required and was not built:\n{error}") from None
            self._failed(ext, str(error))
            print(
                f"refdet: {ext.name} was not built; refdet will run without it.\n"
                f"refdet: {str(error).splitlines()[-1]}\n"
                "refdet: refdet.kernels.backends() tells more; REFDET_REQUIRE_CPP=1 makes this an error.",
                file=sys.stderr,
            )

    def _configure(self, ext):
        if self.configured:
            return
        try:
            import pybind11
        except ImportError as error:
            raise BuildError(f"pybind11 is missing: {error}") from None
        folder = Path(self.get_ext_fullpath(ext.name)).resolve().parent
        options = {
            "CMAKE_BUILD_TYPE": "Release",
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY": folder,
            "CMAKE_LIBRARY_OUTPUT_DIRECTORY_RELEASE": folder,  # generators with several configurations
            "Python_EXECUTABLE": sys.executable,
            "pybind11_DIR": pybind11.get_cmake_dir(),
        }
        ninja = shutil.which("ninja")
        generator = ["-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={ninja}"] if ninja else []
        defined = [f"-D{name}={value}" for name, value in options.items()]
        Path(self.build_temp).mkdir(parents=True, exist_ok=True)
        self._cmake("-S", str(ROOT), "-B", self.build_temp, *generator, *defined)
        self.configured = True

    def _cmake(self, *arguments):
        """Run cmake and show what it prints; BuildError with the last of it if it fails."""
        try:
            done = subprocess.run(["cmake", *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except OSError as error:
            raise BuildError(f"cmake cannot be run: {error}") from None
        printed = done.stdout.decode(errors="replace")
        print(printed, end="", flush=True)
        if done.returncode:
            lines = [line for line in printed.splitlines() if line.strip()][-LAST_LINES:]
            raise BuildError("\n".join([*lines, f"cmake {arguments[0]} ended with {done.returncode}"]))

    def _failed(self, ext, reason):
        """Note the reason, and remove a module that an earlier build left."""
        self.failures[ext.name] = reason
        for folder in self._package_folders():
            (folder / Path(self.get_ext_filename(ext.name)).name).unlink(missing_ok=True)

    def _package_folders(self):
        """Where the package is put together, and the source tree if it is built in place."""
        return [Path(self.build_lib, "refdet"), *([ROOT / "refdet"] if self.source_too else [])]

    def _note_failures(self):
        text = "\n".join(f"[{name}]\n{reason}\n" for name, reason in self.failures.items())
        for folder in self._package_folders():
            folder.mkdir(parents=True, exist_ok=True)
            if text:
                (folder / FAILURE_FILE).write_text(text, encoding="utf-8")
            else:
                (folder / FAILURE_FILE).unlink(missing_ok=True)


class BuildError(Exception):
    """Why CMake, the compiler or a tool that they need did not do its work."""


EXTENSIONS = [CMakeExtension("refdet._core")]
if sys.platform == "linux":
    EXTENSIONS.append(CMakeExtension("refdet._emulator"))  # the CUDA kernels on the CPU, for tests

setup(
    # csrc lies beside the package; an installed one carries the CUDA sources as refdet/_csrc.
    packages=[*find_packages(include=["refdet", "refdet.*"]), "refdet._csrc"],
    package_dir={"refdet._csrc": "csrc"},
    package_data={
        "refdet": ["py.typed"],
        "refdet.report": ["*.js", "*.css"],
        "refdet._csrc": ["*.cu", "*.cuh", "*.h"],
    },
    include_package_data=False,  # these patterns alone; not the C++ sources, which MANIFEST.in names
    ext_modules=EXTENSIONS,
    cmdclass={"build_ext": CMakeBuild},
)
