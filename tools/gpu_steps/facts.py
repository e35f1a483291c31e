"""What this machine is: Python, NumPy, CuPy, device, driver, compilers, tools."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sysconfig
from pathlib import Path

from gpu_steps import NotRun, main
from refdet import kernels

PACKAGES = "numpy", "pytest", "hypothesis", "pybind11", "setuptools", "cmake", "ninja", "torch", "torchvision"
COLUMNS = "name", "driver_version", "memory.total", "ecc.mode.current"
TOOLS = {
    "nvcc": ("nvcc", "--version"),
    "compute-sanitizer": ("compute-sanitizer", "--version"),
    "g++": ("g++", "--version"),
    "nvidia-smi": ("nvidia-smi", f"--query-gpu={','.join(COLUMNS)}", "--format=csv,noheader"),
}
CUDA_FOLDERS = (
    "/usr/local/cuda*/bin",
    "/usr/local/cuda*/compute-sanitizer",
    "/opt/cuda*/bin",
    "/usr/local/nvidia/bin",
    f"{sysconfig.get_paths()['purelib']}/nvidia/*/bin",
)


def find(tool):
    """Path of a program, on PATH or where CUDA, its packages and its driver usually are; None if it is nowhere."""
    found = [path for pattern in CUDA_FOLDERS for path in Path("/").glob(f"{pattern[1:]}/{tool}")]
    return shutil.which(tool) or next(map(str, sorted(found, reverse=True)), None)


def facts(dry_run):
    """Print and return them; NotRun if no device can be used."""
    found = {"python": platform.python_version(), "system": platform.platform(), "cores": os.cpu_count()}
    for name in PACKAGES:
        found[name] = _version(name)
    for name, (tool, *arguments) in TOOLS.items():
        found[name] = _told(tool, arguments)
    found["driver"] = driver(found["nvidia-smi"])
    lacking = "" if dry_run else _lacking()
    found |= {"device": "emulator"} if dry_run else {} if lacking else _device()
    for name, value in found.items():
        print(f"{name:26s} {value}")
    if lacking:
        raise NotRun(lacking, found)
    return found


def _version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def _told(tool, arguments):
    """The last line that says a version or a device."""
    path = find(tool)
    if path is None:
        return "not found"
    try:
        done = subprocess.run([path, *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not run: {error}"
    lines = [line.strip() for line in (done.stdout or done.stderr).splitlines() if line.strip()]
    release = [line for line in lines if "release" in line.lower() or "version" in line.lower()]
    return (release or lines or ["says nothing"])[0]


def driver(told):
    """Its own version, which nvidia-smi tells behind the device's name; CuPy knows only the driver's newest CUDA."""
    values = told.split(", ")
    return values[1] if len(values) == len(COLUMNS) else "?"


def _lacking():
    """Why no device can be used; empty if one can."""
    try:
        kernels.require_device()
    except ImportError as lack:
        return str(lack)
    return ""


def _device():
    """The device that CuPy uses, and its versions."""
    import cupy

    runtime = cupy.cuda.runtime
    told = runtime.getDeviceProperties(0)
    return {
        "device": told["name"].decode(),
        "devices": runtime.getDeviceCount(),
        "compute capability": f"{told['major']}.{told['minor']}",
        "multiprocessors": told["multiProcessorCount"],
        "memory GB": round(told["totalGlobalMem"] / 1e9, 1),
        "ECC": bool(told["ECCEnabled"]),
        "newest CUDA of the driver": runtime.driverGetVersion(),
        "CUDA runtime": runtime.runtimeGetVersion(),
        "NVRTC": ".".join(map(str, cupy.cuda.nvrtc.getVersion())),
        "CuPy": cupy.__version__,
    }


if __name__ == "__main__":
    main(facts)
