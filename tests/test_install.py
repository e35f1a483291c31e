"""What an installation contains, with a compiler, without one, and when the build is required.

Slow: each builds in a copy of the source tree and installs it into a virtual environment of its own, which
sees this one's packages. Run with REFDET_TEST_INSTALL=1.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import refdet

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("REFDET_TEST_INSTALL") != "1", reason="set REFDET_TEST_INSTALL=1"),
]

ROOT = Path(__file__).parents[1]
SOURCES = (
    "setup.py",
    "pyproject.toml",
    "CMakeLists.txt",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "refdet",
    "csrc",
)
SETTINGS = ("PYTHONPATH", "REFDET_REQUIRE_CPP", "REFDET_NO_CPP")
NO_COMPILER = {"CC": "/nowhere/cc", "CXX": "/nowhere/c++"}

PROBE = """
import json, pathlib, refdet, refdet.kernels
folder = pathlib.Path(refdet.__file__).parent
report = refdet.kernels.backends()
try:
    import refdet.kernels.cpp
    error = None
except ImportError as raised:
    error = str(raised)
keep = refdet.nms([[0, 0, 10, 10], [1, 1, 11, 11], [20, 20, 30, 30]], [0.9, 0.8, 0.7], 0.5).tolist()
print(json.dumps({"folder": str(folder), "report": report, "error": error, "keep": keep}))
"""


def run(command, cwd, **settings):
    """The finished process; `settings` replace the variables that steer a build."""
    env = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env | settings, capture_output=True, text=True
    )


class Place:
    """A copy of the source tree, and a virtual environment to install it into."""

    def __init__(self, folder):
        self.tree, self.venv = folder / "tree", folder / "venv"
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        built = shutil.ignore_patterns("*.so", "__pycache__", "_build_failure.txt")
        for name in SOURCES:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.tree / name, ignore=built)
            elif source.exists():
                self.tree.mkdir(exist_ok=True)
                shutil.copy(source, self.tree)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self.venv], check=True)
        self.python = self.venv / "bin" / "python"
        (packages,) = self.venv.glob("lib/python*/site-packages")
        (packages / "tools.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def pip(self, *arguments, **settings):
        options = "--no-build-isolation", "--no-deps", "--no-index"
        return run(
            [sys.executable, "-m", "pip", "--python", self.python, *arguments, *options],
            self.tree,
            **settings,
        )

    def probe(self):
        done = run([self.python, "-c", PROBE], self.elsewhere)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def place(tmp_path):
    if sys.platform != "linux":
        pytest.skip("written for Linux")
    return Place(tmp_path)


def installed(done):
    assert done.returncode == 0, done.stdout + done.stderr


def works(seen):
    """The kernels are there, and what a user calls gives a result."""
    assert seen["report"]["cpp"]["available"] and seen["error"] is None, seen
    assert seen["keep"] == [0, 2]


def works_without_kernels(seen, reason):
    assert not seen["report"]["cpp"]["available"] and seen["keep"] == [0, 2]
    assert reason in seen["report"]["cpp"]["reason"] and reason in seen["error"]


# With a compiler


def test_sdist_becomes_a_wheel_with_modules_and_cuda_sources_and_no_others(place):
    code = "import sys, setuptools.build_meta as backend; print(backend.build_sdist(sys.argv[1]))"
    installed(run([sys.executable, "-c", code, "dist"], place.tree))
    (sdist,) = (place.tree / "dist").glob("refdet-*.tar.gz")
    installed(place.pip("wheel", sdist, "-w", "dist", REFDET_REQUIRE_CPP="1"))
    (wheel,) = (place.tree / "dist").glob("refdet-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name.removeprefix("refdet/_csrc/") for name in names if name.startswith("refdet/_csrc/")}
    csrc = place.tree / "csrc"
    assert shipped == {path.name for pattern in ("*.cu", "*.cuh", "*.h") for path in csrc.glob(pattern)}
    assert not [name for name in names if name.endswith((".cpp", "_build_failure.txt"))]
    assert {"refdet/py.typed", "refdet/kernels/cpp.py"} < set(names)
    assert all(
        any(name.startswith(f"refdet/{module}.") for name in names) for module in ("_core", "_emulator")
    )
    assets = {str(path.relative_to(ROOT)) for path in (ROOT / "refdet").rglob("*.[jc]s*") if path.is_file()}
    assert assets <= set(names)

    installed(place.pip("install", wheel))
    seen = place.probe()
    works(seen)
    assert Path(seen["folder"]).is_relative_to(place.venv)
    asked = "import importlib.metadata as m; print(m.version('refdet'))"
    assert run([place.python, "-c", asked], place.elsewhere).stdout.strip() == refdet.__version__
    helped = run([place.venv / "bin" / "refdet", "--help"], place.elsewhere)
    assert helped.returncode == 0 and "usage: refdet" in helped.stdout, helped.stderr


def test_editable_install_is_the_source_tree_and_remembers_no_earlier_one(place):
    installed(place.pip("install", "-e", ".", REFDET_NO_CPP="1"))
    works_without_kernels(place.probe(), "REFDET_NO_CPP=1 was set")
    installed(place.pip("install", "-e", ".", REFDET_REQUIRE_CPP="1"))
    seen = place.probe()
    works(seen)
    assert Path(seen["folder"]) == place.tree / "refdet"
    assert not Path(seen["folder"], "_build_failure.txt").exists()
    installed(place.pip("install", "-e", ".", **NO_COMPILER))
    works_without_kernels(place.probe(), "/nowhere/c++")


def test_a_broken_emulator_does_not_take_the_kernels_along(place):
    (place.tree / "csrc" / "emulator" / "planted.cpp").write_text("#error planted\n")
    installed(place.pip("install", "."))
    seen = place.probe()
    works(seen)
    note = Path(seen["folder"], "_build_failure.txt").read_text()
    assert note.startswith("[refdet._emulator]\n") and "#error planted" in note and "_core]" not in note

    # The folder build/lib still holds the module: it must not get into the next wheel.
    installed(place.pip("install", ".", **NO_COMPILER))
    works_without_kernels(place.probe(), "/nowhere/c++")


# Without a compiler


def hidden(kind, place):
    """Settings under which CMake finds no compiler, or cannot be run at all."""
    return NO_COMPILER if kind == "no compiler" else {"PATH": str(place.elsewhere)}


@pytest.mark.parametrize(
    ("kind", "reason"), [("no compiler", "/nowhere/c++"), ("no cmake", "cmake cannot be run")]
)
@pytest.mark.parametrize("editable", [False, True])
def test_without_a_compiler_numpy_is_enough(place, kind, reason, editable):
    installed(place.pip("install", *["-e"] * editable, ".", **hidden(kind, place)))
    works_without_kernels(place.probe(), reason)


@pytest.mark.parametrize(
    ("kind", "reason"), [("no compiler", "/nowhere/c++"), ("no cmake", "cmake cannot be run")]
)
def test_without_a_compiler_a_required_build_fails(place, kind, reason):
    done = place.pip("install", ".", REFDET_REQUIRE_CPP="1", **hidden(kind, place))
    assert done.returncode != 0
    assert "refdet._core is required and was not built" in done.stdout + done.stderr
    assert reason in done.stdout + done.stderr


def test_a_mistake_in_the_sources_fails_a_required_build(place):
    (place.tree / "csrc" / "nms.cpp").write_text("#error planted\n")
    done = place.pip("install", ".", REFDET_REQUIRE_CPP="1")
    assert done.returncode != 0 and "#error planted" in done.stdout + done.stderr


def test_the_build_can_be_left_out(place):
    installed(place.pip("install", ".", REFDET_NO_CPP="1"))
    works_without_kernels(place.probe(), "REFDET_NO_CPP=1 was set")
    done = place.pip("install", ".", REFDET_NO_CPP="1", REFDET_REQUIRE_CPP="1")
    assert done.returncode != 0 and "contradict each other" in done.stdout + done.stderr
