"""Every .cu file compiles for every generation of devices, exactly as refdet.kernels.cuda has it compiled.

By NVRTC (the wheel nvidia-cuda-nvrtc, or an installed CUDA) or by nvcc; neither needs a device. Where both
are missing the tests skip, and fail if REFDET_REQUIRE_NVRTC=1.
"""

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from refdet.kernels import cuda_sources

ARCHITECTURES = (75, 80, 90, 120)
# Instructions that round once where NumPy rounds twice, divide inexactly, or flush small numbers to zero.
CARELESS = re.compile(r"\b(?:fma\.r|mad\.r|div\.approx|div\.full|\w+\.(?:\w+\.)*ftz)[.\w]*")
# The device's own power and arc tangent use them; each stands in a function of its own (overlap.cuh), or CUDA's.
LIBM = re.compile(r"^(?:\.\w+ )*\.func[^{;]*\b\w*(?:libm_|__internal_)\w*[^{;]*\{.*?^\}", re.M | re.S)

# Functions of the library, which are not ours to round: without them, every operation that is left must be.
LIBRARY = {"exp": "(x)"}
WITHOUT_LIBRARY = "#ifndef __CUDACC_RTC__\n#include <cmath>\n#endif\n" + "".join(
    f"#define {name}(x) {instead}\n" for name, instead in LIBRARY.items()
)


def nvrtc():
    """The NVRTC library, or None."""
    found = importlib.util.find_spec("nvidia")
    folders = found.submodule_search_locations if found else []
    wheels = [str(path) for folder in folders for path in sorted(Path(folder).glob("**/libnvrtc.so.*"))]
    for name in [*wheels, "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def by_nvrtc(library, stem, text, options):
    """Exit code, PTX, and what the compiler said."""
    program = ctypes.c_void_p()
    assert library.nvrtcCreateProgram(ctypes.byref(program), text.encode(), stem.encode(), 0, None, None) == 0
    # The first is what CuPy adds to the options.
    flags = [*options, "--device-as-default-execution-space", "--ptxas-options=-v"]
    flags = [flag.encode() for flag in flags]
    code = library.nvrtcCompileProgram(program, len(flags), (ctypes.c_char_p * len(flags))(*flags))

    def output(name):
        size = ctypes.c_size_t()
        assert getattr(library, f"nvrtcGet{name}Size")(program, ctypes.byref(size)) == 0
        buffer = ctypes.create_string_buffer(size.value)
        assert getattr(library, f"nvrtcGet{name}")(program, buffer) == 0
        return buffer.value.decode()

    result = code, output("PTX") if code == 0 else "", output("ProgramLog")
    library.nvrtcDestroyProgram(ctypes.byref(program))
    return result


def by_nvcc(path, stem, text, options, folder):
    """As `by_nvrtc`."""
    source = folder / f"{stem}.cu"
    source.write_text(text)
    command = [
        path,
        *options,
        "-Xptxas=-v",
        "--keep",
        "--keep-dir",
        folder,
        "-cubin",
        "-o",
        folder / "out",
        source,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    ptx = folder / f"{stem}.ptx"
    return done.returncode, ptx.read_text() if ptx.exists() else "", done.stdout + done.stderr


@pytest.fixture
def compiled(tmp_path):
    """``compiled(stem, text, options)`` is exit code, PTX and log, by the compiler that is there."""
    library, nvcc = nvrtc(), shutil.which("nvcc")
    if library:
        return lambda *program: by_nvrtc(library, *program)
    if nvcc:
        return lambda *program: by_nvcc(nvcc, *program, tmp_path)
    if os.environ.get("REFDET_REQUIRE_NVRTC") == "1":
        pytest.fail("REFDET_REQUIRE_NVRTC=1, and there is neither NVRTC nor nvcc")
    pytest.skip("NOT CHECKED: neither NVRTC nor nvcc is here to compile the CUDA kernels")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stem", cuda_sources.KERNELS)
def test_a_cuda_file_compiles_clean_and_rounds_every_operation(compiled, stem, dtype, architecture):
    options = (*cuda_sources.options(dtype), f"-arch=sm_{architecture}")
    code, ptx, log = compiled(stem, cuda_sources.source(stem), options)
    assert code == 0 and not re.search(r"warning|error", log, re.I), log
    spills = re.findall(r"(\d+) bytes spill (?:stores|loads)", log)
    assert len(spills) >= 2 * len(cuda_sources.KERNELS[stem]) and set(spills) == {"0"}, log
    assert set(re.findall(r"\.entry (\w+)", ptx)) == set(cuda_sources.KERNELS[stem])
    ptx = LIBM.sub("", ptx)
    if CARELESS.search(ptx):
        code, ptx, log = compiled(stem, WITHOUT_LIBRARY + cuda_sources.source(stem), options)
        assert code == 0, log
    assert not CARELESS.search(ptx)


@pytest.mark.parametrize(
    ("option", "instead", "instruction"),
    [
        ("--fmad=false", "--fmad=true", "fma.rn"),
        ("--ftz=false", "--ftz=true", ".ftz"),
        ("--prec-div=true", "--prec-div=false", "div.full"),
    ],
)
def test_a_careless_option_would_be_seen(compiled, option, instead, instruction):
    options = [instead if flag == option else flag for flag in cuda_sources.options("float32")]
    code, ptx, _ = compiled("box_iou", cuda_sources.source("box_iou"), (*options, "-arch=sm_90"))
    assert code == 0 and instead in options
    assert any(instruction in found for found in CARELESS.findall(ptx))


def test_a_careless_operation_outside_the_power_and_the_arc_tangent_would_be_seen(compiled):
    options = (*cuda_sources.options("float32"), "-arch=sm_90")
    text = cuda_sources.source("overlaps")
    code, ptx, _ = compiled("overlaps", text, options)
    assert code == 0 and CARELESS.search(ptx) and not CARELESS.search(LIBM.sub("", ptx))
    planted = text.replace("refdet::area(a, rule)", "fmaf(a[2] - a[0], a[3] - a[1], real_t(0))")
    code, ptx, _ = compiled("overlaps", planted, options)
    assert code == 0 and planted != text and CARELESS.search(LIBM.sub("", ptx))


@pytest.mark.parametrize("stem", ["soft_nms"])
def test_a_fused_operation_beside_a_function_of_the_library_would_be_seen(compiled, stem):
    """The exponential fuses; it must not hide a product and a sum of ours that do."""
    options = ["--fmad=true" if flag == "--fmad=false" else flag for flag in cuda_sources.options("float32")]
    source = WITHOUT_LIBRARY + cuda_sources.source(stem)
    code, ptx, _ = compiled(stem, source, (*options, "-arch=sm_90"))
    assert code == 0 and "fma.rn" in ptx


def test_every_kernel_in_the_files_is_listed():
    for path in cuda_sources.folder().glob("*.cu"):
        named = re.findall(r'extern "C" __global__ void (\w+)', path.read_text())
        assert tuple(named) == cuda_sources.KERNELS[path.stem]


HEADERS = {'"overlap.cuh"', '"roi.cuh"', '"scalar.cuh"'}


def test_the_cuda_files_include_no_header_of_the_host():
    for path in [*cuda_sources.folder().glob("*.cu"), *cuda_sources.folder().glob("*.cuh")]:
        text = path.read_text()
        device = re.sub(r"#ifndef __CUDACC_RTC__.*?#endif", "", text, flags=re.S)
        assert set(re.findall(r"#include (.*)", device)) <= HEADERS, path


def test_the_files_are_found_inside_an_installed_package_first(tmp_path, monkeypatch):
    monkeypatch.setattr(cuda_sources, "__file__", str(tmp_path / "refdet" / "kernels" / "cuda_sources.py"))
    with pytest.raises(ImportError, match="neither in .*_csrc nor in .*csrc"):
        cuda_sources.folder()
    for place in (tmp_path / "csrc", tmp_path / "refdet" / "_csrc"):
        place.mkdir(parents=True)
        for stem in cuda_sources.KERNELS:
            (place / f"{stem}.cu").write_text("")
        assert cuda_sources.folder() == place
