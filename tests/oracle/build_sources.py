"""Build the functions that record.py runs from the systems' own sources; no line of them is kept here.

    python -m tests.oracle.build_sources SOURCES OUT [SYSTEM ...]

and then record.py with REFDET_SOURCES=OUT. SOURCES has a folder for each system, with these files as their
repository has them; a system whose folder is missing is left out.

    darknet/            box.c (pjreddie/darknet 61c9d02, src)
    darknet_ab/         box.c (AlexeyAB/darknet, src; read from the copy in SpongeBab/darknet 8233a17)
    caffe_ssd/          bbox_util.cpp (weiliu89/caffe 0d455ff, branch ssd, src/caffe/util)
    torchvision_cuda/   nms_kernel.cu, roi_pool_kernel.cu, roi_align_kernel.cu
                        (pytorch/vision 0.14.1, torchvision/csrc/ops/cuda)
    mmcv/               mmcv 2.2.0, mmcv/ops: nms.py; csrc/pytorch/cpu: nms.cpp, roi_align.cpp,
                        bbox_overlaps_cpu.cpp; csrc/common: pytorch_cpp_helper.hpp,
                        pytorch_device_registry.hpp, cuda/roi_pool_cuda_kernel.cuh.
                        mmdet 3.3.0, mmdet: structures/bbox/bbox_overlaps.py,
                        models/losses/iou_loss.py, models/task_modules/coders/delta_xywh_bbox_coder.py,
                        evaluation/functional/mean_ap.py and, as eval_bbox_overlaps.py, its bbox_overlaps.py
    detectron2/         detectron2 0.5, as the package detectron2-cdo has it: structures/boxes.py, layers/nms.py,
                        modeling/box_regression.py; layers/losses.py (5082f2e); fvcore 0.1.5: nn/giou_loss.py
    yolov5/             yolov5 7.0, as the package yolov5 7.0.14 has it: utils/metrics.py, utils/general.py
    voc/                VOCevaldet.m (npinto/VOCdevkit b0890ec, VOCcode), VOCap.m (VOC2011 devkit); runs in Octave

C and C++ functions are cut out of their files and compiled against the shims, which stand in for what they name.
mmcv's CPU kernels compile unchanged and need torch. Python and Octave files are copied, systems.py takes the
functions that it runs out of them.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

SHIMS = Path(__file__).parent / "shims"
FLAGS = ["-O2", "-ffp-contract=off", "-shared", "-fPIC"]
C, CPP = ["cc", "-std=gnu11", *FLAGS], ["c++", "-std=c++20", *FLAGS]
OVERLAP = ["overlap", "box_intersection", "box_union", "box_iou"]
# System: (the shim, its compiler, {file: functions that are cut out of it}).
CUT = {
    "darknet": ("darknet.c", C, {"box.c": [*OVERLAP, "nms_comparator", "do_nms_sort"]}),
    "darknet_ab": (
        "darknet.c",
        [*C, "-DALEXEY_AB"],
        {
            "box.c": ["box_c", *OVERLAP, "box_giou", "box_diou", "box_diounms", "box_ciou"]
            + ["nms_comparator_v3", "do_nms_sort", "diounms_sort"]
        },
    ),
    "caffe_ssd": (
        "caffe_ssd.cpp",
        CPP,
        {
            "bbox_util.cpp": [
                "SortScorePairDescend",
                "IntersectBBox",
                "BBoxSize",
                "ClipBBox",
                "JaccardOverlap",
            ]
            + ["EncodeBBox", "DecodeBBox", "GetMaxScoreIndex", "ApplyNMSFast", "CumSum", "ComputeAP"]
        },
    ),
    "torchvision_cuda": (
        "torchvision_cuda.cpp",
        CPP,
        {
            "nms_kernel.cu": ["devIoU", "nms_kernel_impl"],
            "roi_pool_kernel.cu": ["roi_pool_forward_kernel_impl"],
            "roi_align_kernel.cu": ["bilinear_interpolate", "roi_align_forward_kernel_impl"],
        },
    ),
    "mmcv": ("mmcv_cuda.cpp", CPP, {"roi_pool_cuda_kernel.cuh": ["roi_pool_forward_cuda_kernel"]}),
}
COPIED = ("mmcv", "detectron2", "yolov5", "voc")


def cut(text, name):
    """The definition of a function, from its first line, or that of its template, to the closing brace."""
    found = re.search(
        rf"^(template <[^>]*>\n)?[A-Za-z_][\w:<>*& ]*\b{name}\([^;{{]*\)\s*\{{", text, re.MULTILINE
    )
    if not found:
        raise SystemExit(f"{name} is not there; is this the file that the table names?")
    depth, end = 1, found.end()
    while depth:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[found.start() : end] + "\n\n"


def build(system, sources, out):
    """Cut, compile and copy one system into `out`."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    if system in CUT:
        shim, compiler, files = CUT[system]
        texts = {name: (sources / name).read_text() for name in files}
        (out / "cut.inc").write_text(
            "".join(cut(texts[file], name) for file in files for name in files[file])
        )
        run(*compiler, "-I", out, SHIMS / shim, "-lm", "-o", out / f"{system}.so")
    if system == "mmcv":
        build_mmcv(sources, out)
    if system in COPIED:
        for path in [*sources.glob("*.py"), *sources.glob("*.m")]:
            shutil.copy(path, out)


def build_mmcv(sources, out):
    """Its CPU kernels as the module mmcv_cpu."""
    import torch
    from torch.utils.cpp_extension import include_paths, library_paths

    folders = [sources, sysconfig.get_paths()["include"], *include_paths()]
    include = [flag for folder in folders for flag in ("-I", folder)]
    libraries = [flag for folder in library_paths() for flag in (f"-L{folder}", f"-Wl,-rpath,{folder}")]
    abi = f"-D_GLIBCXX_USE_CXX11_ABI={int(torch._C._GLIBCXX_USE_CXX11_ABI)}"
    name = out / f"mmcv_cpu{sysconfig.get_config_var('EXT_SUFFIX')}"
    linked = ["-lc10", "-ltorch", "-ltorch_cpu", "-ltorch_python"]
    run(
        *CPP,
        abi,
        "-DTORCH_EXTENSION_NAME=mmcv_cpu",
        *include,
        SHIMS / "mmcv.cpp",
        *libraries,
        *linked,
        "-o",
        name,
    )


def run(*command):
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    sources, out = (Path(path).resolve() for path in sys.argv[1:3])
    for system in sys.argv[3:] or dict.fromkeys((*CUT, *COPIED)):
        if (sources / system).exists():
            build(system, sources / system, out / system)
            print(f"{system}: built")
