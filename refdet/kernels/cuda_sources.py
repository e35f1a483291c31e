"""Where the CUDA files lie and how they are compiled; needs neither CuPy nor a device."""

from __future__ import annotations

from pathlib import Path

KERNELS = {
    "box_iou": ("box_iou",),
    "diou_nms": ("diou_nms_plain", "diou_nms_mask"),
    "nms": ("nms_shift", "nms_plain", "nms_mask", "nms_reduce"),
    "overlaps": ("overlaps",),
    "roi_align": ("roi_align", "roi_align_backward"),
    "roi_pool": ("roi_pool", "roi_pool_backward"),
    "soft_nms": ("soft_nms_float", "soft_nms_double"),
}
"""For each .cu file, by its stem, the kernels in it."""

_REAL = {"float32": "float", "float64": "double"}


def folder() -> Path:
    """The folder of the .cu files: inside an installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    places = (package / "_csrc", package.parent / "csrc")
    for place in places:
        if all((place / f"{stem}.cu").is_file() for stem in KERNELS):
            return place
    raise ImportError(f"refdet.kernels.cuda: the .cu files are neither in {places[0]} nor in {places[1]}")


def source(stem: str) -> str:
    """The text of one .cu file."""
    return (folder() / f"{stem}.cu").read_text(encoding="utf-8")


def options(dtype: str) -> tuple[str, ...]:
    """What the compiler is told: the precision; no contraction, no inexact division, no flushing to zero."""
    return (
        f"-Dreal_t={_REAL[dtype]}",
        "--std=c++17",
        "--fmad=false",
        "--ftz=false",
        "--prec-div=true",
        "--prec-sqrt=true",
        f"-I{folder()}",
    )
