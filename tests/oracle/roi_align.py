"""RoI align where every rounding shows, on maps and corners of random mantissas, and its gradient.

python -m tests.oracle.roi_align          runs torchvision and onnxruntime, writes recorded/roi_align.npz
"""

from __future__ import annotations

import importlib.metadata

import numpy as np

from . import recordings
from .cases import FLOATS, Stream, ordered
from .systems import onnx_roi_align, torchvision_roi_align

FAMILIES = ("uniform", "malformed", "tiny", "large")
RATIOS = (0, 0, 1, 2, 3, 5)
SCALES = (1, 0.5, 0.1, 1 / 3, 1 / 16)


def corners(stream, family, n):
    """(n, 4) corners in cells: in, across and outside a map of about ten cells."""
    if family == "malformed":
        return stream.unit((n, 4)) * 20 - 4
    if family == "tiny":
        first = stream.unit((n, 2)) * 12 - 1
        return np.hstack([first, first + stream.unit((n, 2)) * 0.5])
    if family == "large":
        return ordered(stream.unit((n, 4)) * 900 - 400)
    return ordered(stream.unit((n, 4)) * 16 - 3)


def case(seed, family, dtype, aligned):
    """A map, RoIs, bins, scale, points, alignment, and a gradient."""
    stream = Stream(seed)
    n, c, h, w = (int(stream.integers(1, most, (1,))[0]) for most in (3, 3, 12, 12))
    cells = (stream.unit((n, c, h, w)) - 0.5).astype(dtype)
    # A float32 number, because ONNX keeps the scale in one.
    scale = float(np.float32(SCALES[stream.integers(0, len(SCALES), (1,))[0]]))
    rois = np.hstack([stream.integers(0, n, (5, 1)), corners(stream, family, 5) / scale]).astype(dtype)
    output = tuple(int(side) for side in stream.integers(1, 6, (2,)))
    ratio = RATIOS[stream.integers(0, len(RATIOS), (1,))[0]]
    grad = (stream.unit((5, c, *output)) - 0.5).astype(dtype)
    return cells, rois, output, scale, ratio, aligned, grad


def inside_out(dtype):
    """An aligned RoI that is inside out along one axis."""
    cells = np.arange(16, dtype=dtype).reshape(1, 1, 4, 4)
    return cells, np.array([[0, 3, 0, 1, 2]], dtype), (2, 2), 1.0, 0, True, np.ones((1, 1, 2, 2), dtype)


def over_the_most(dtype):
    """A bin of 5000 cells."""
    cells = Stream(0).unit((1, 1, 1, 6000)).astype(dtype)
    return cells, np.array([[0, 0, 0, 5000, 1]], dtype), (1, 1), 1.0, 0, True, np.ones((1, 1, 1, 1), dtype)


def infinite_corner(dtype):
    """Cell 0 is infinite, and the RoI lies off the map."""
    cells, rois, *rest = inside_out(dtype)
    cells[0, 0, 0, 0] = np.inf
    return cells, np.array([[0, 20, 20, 24, 24]], dtype), *rest


GROUPS = {
    f"{system}/{part}/{family}, {'aligned' if aligned else 'plain'}/{dtype}": (family, dtype, aligned)
    for system, part, dtypes in (
        ("torchvision", "forward", FLOATS),
        ("torchvision", "backward", FLOATS),
        ("onnxruntime", "forward", FLOATS[:1]),
    )
    for family in FAMILIES
    for aligned in (False, True)
    # Both ask for less than no memory where an aligned RoI is inside out along one axis.
    if not (family == "malformed" and aligned and part == "forward")
    for dtype in dtypes
}
WRITTEN = {
    f"torchvision/forward/{make.__name__}/float32": make
    for make in (inside_out, over_the_most, infinite_corner)
}


def cases(group, count=6):
    """The recorded cases of a group."""
    if group in WRITTEN:
        return [WRITTEN[group]("float32")]
    return [case(f"{group}/{i}", *GROUPS[group]) for i in range(count)]


def answer(group, cells, rois, output, scale, ratio, aligned, grad):
    """What the system gives; an error is no number."""
    system, part, *_ = group.split("/")
    if part == "backward":
        return torchvision_backward(grad, rois, cells.shape, scale, ratio, aligned)
    run = torchvision_roi_align if system == "torchvision" else onnx_roi_align
    try:
        return run(cells, rois, output, scale, ratio, aligned)
    except RuntimeError:
        return np.full((len(rois), cells.shape[1], *output), np.nan, cells.dtype)


def torchvision_backward(grad, rois, shape, scale, ratio, aligned):
    """The kernel behind autograd."""
    import torch
    import torchvision

    assert torchvision.ops.roi_align
    tensors = torch.tensor(grad), torch.tensor(rois)
    backward = torch.ops.torchvision._roi_align_backward
    return backward(*tensors, scale, *grad.shape[2:], *shape, ratio, aligned).numpy()


def versions():
    """What is installed; LookupError that says what is missing."""
    try:
        return {name: importlib.metadata.version(name) for name in ("torch", "torchvision", "onnxruntime")}
    except importlib.metadata.PackageNotFoundError as error:
        raise LookupError(f"{error.name} is not installed") from None


def record():
    """Write the answers, and the versions."""
    groups = [*GROUPS, *WRITTEN]
    answers = {group: [answer(group, *arguments) for arguments in cases(group)] for group in groups}
    recordings.save("roi_align", answers)
    recordings.save_text("roi_align_versions.json", {"roi_align": versions()})
    print(f"{sum(map(len, answers.values()))} cases in {len(answers)} groups")


if __name__ == "__main__":
    record()
