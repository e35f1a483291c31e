"""Where and with what a measurement was made: processor, load, versions, commit."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

from refdet import kernels

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    *("numpy", "scipy", "scikit-learn"),
    *(
        "torch",
        "torchvision",
        "onnx",
        "onnxruntime",
        "powerboxes",
        "pycocotools",
        "cython-bbox",
    ),
    *("supervision", "opencv-contrib-python-headless", "opencv-python-headless", "opencv-python"),
    *("cupy-cuda12x", "cupy-cuda13x"),
)


def facts():
    """Processor, cores, memory and caches, as far as the system tells."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor() or "unknown",
        "family and model": f"{_field('/proc/cpuinfo', 'cpu family')} {_field('/proc/cpuinfo', 'model')}".strip(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory GB": round(int(_field("/proc/meminfo", "MemTotal").split()[0] or 0) * 1024 / 1e9, 1)
        if _field("/proc/meminfo", "MemTotal")
        else "unknown",
        "caches": _caches(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _field(path, name):
    """The first value of that name in a file of "name : value" lines; empty if there is none."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    rows = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in rows if key.strip() == name), "")


def _caches():
    """What the first core has: "L1d 32K, ..."."""
    found = []
    for folder in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        found.append(f"L{level}{'' if kind == 'Unified' else kind[0].lower()} {size}")
    return ", ".join(found) or "unknown"


def load():
    """How many programs wanted a core in the last minute."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def versions():
    """Of Python, refdet's backends, and every package that is there."""
    found = {"python": platform.python_version()}
    for name, entry in kernels.backends().items():
        if name in ("cpp", "cuda") and entry["available"]:
            told = {key: value for key, value in entry.items() if key != "available"}
            found[f"refdet {name}"] = ", ".join(f"{key} {value}" for key, value in told.items())
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def commit():
    """{"commit", "dirty"}: what git says of the source tree; dirty if files that it knows were changed."""
    try:
        head = _git("rev-parse", "HEAD")
        return {"commit": head, "dirty": bool(_git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.CalledProcessError):
        return {"commit": "unknown", "dirty": None}


def _git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def heading(command):
    """What stands above every result: how, when and from what it was made."""
    return {
        "command": command,
        **commit(),
        "machine": facts(),
        "versions": versions(),
        "made": now(),
        "load": load(),
    }


def now():
    """Date and time of day, to the second, in UTC."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
