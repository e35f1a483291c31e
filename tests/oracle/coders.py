"""Coders of production systems: inputs, how each system is run on them, and the writing of their answers.

    python -m tests.oracle.coders                     every system that is installed
    python -m tests.oracle.coders torchvision         this one

torchvision: BoxCoder, which its RoI heads, its RPN and its SSD use. `fast_rcnn`: needs py-faster-rcnn's
lib/fast_rcnn/bbox_transform.py, unchanged, in the folder that REFDET_FAST_RCNN names. `opencv_4`: the last OpenCV that
reads Caffe's and darknet's networks (5.0 has dropped them); its DetectionOutput and Yolo layers decode what they get.
`detectron2`, `mmcv` (mmdet's coder) and `caffe_ssd` are what build_sources.py built.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from . import recordings
from .cases import BOXES, FLOATS, Stream
from .systems import SYSTEMS, built

GROUPS: dict[str, dict[str, list]] = {}
DRAW: dict[str, dict] = {}
"""How a case of a group is drawn from a name, for the recorded ones and for fresh ones."""
STEPS_UP_TO = 64  # deltas are multiples of 1/8 in -8..8, beyond the bound log(1000 / 16) = 4.135


def deltas(stream, n, classes, still):
    """(n, 4 classes) deltas; `still` leaves sizes as they are, so that no exponential is taken."""
    drawn = stream.integers(-STEPS_UP_TO, STEPS_UP_TO + 1, (n, classes, 4)) / 8
    if still:
        drawn[..., 2:] = 0
    return drawn.reshape(n, -1)


def encoding(name, family, dtype):
    stream = Stream(name)
    return BOXES[family](stream, 12).astype(dtype), BOXES[family](stream, 12).astype(dtype)


def decoding(name, family, dtype, still):
    stream = Stream(name)
    boxes, classes = BOXES[family](stream, 12), int(stream.integers(1, 4, (1,))[0])
    drawn = deltas(stream, 12, classes, still)
    if family == "non_finite":
        drawn[:4, :4] = [[np.nan, 0, 0, 0], [0, np.inf, 0, 0], [0, 0, np.nan, -np.inf], [0, 0, np.inf, 0]]
    return drawn.astype(dtype), boxes.astype(dtype)


def add(system, group, make, count=4):
    DRAW.setdefault(system, {})[group] = make
    GROUPS.setdefault(system, {})[group] = [make(f"{group}/{i}") for i in range(count)]


for _dtype in FLOATS:
    for _system, _families in {
        "torchvision": ("uniform", "lattice", "inverted", "non_finite"),
        "fast_rcnn": ("uniform", "lattice", "inverted"),
    }.items():
        for _family in _families:
            add(_system, f"encode/{_family}/{_dtype}", lambda name, f=_family, d=_dtype: encoding(name, f, d))
            add(
                _system,
                f"decode/{_family}/{_dtype}",
                lambda name, f=_family, d=_dtype: decoding(name, f, d, False),
            )
            add(
                _system,
                f"still/{_family}/{_dtype}",
                lambda name, f=_family, d=_dtype: decoding(name, f, d, True),
            )
    for _op, _make in (("encode", encoding), ("decode", lambda name, f, d: decoding(name, f, d, False))):
        add(
            "torchvision",
            f"{_op}_ones/uniform/{_dtype}",
            lambda name, m=_make, d=_dtype: m(name, "uniform", d),
        )


def ssd_case(name):
    """Deltas, priors and variances of 10 priors, all in the unit square."""
    stream = Stream(name)
    corner = stream.unit((10, 2)) * 0.6
    priors = np.hstack([corner, corner + 0.1 + stream.unit((10, 2)) * 0.3])
    variances = (stream.integers(1, 4, (10, 4)) * np.array([0.1, 0.1, 0.2, 0.2])).astype(np.float32)
    return (deltas(stream, 10, 1, False) / 4).astype(np.float32), priors.astype(np.float32), variances


def yolo_case(name):
    """The map (A, rows, columns, 4) of a YOLO layer and its anchors in cells; `new_coords` wants values in [0, 1]."""
    stream = Stream(name)
    anchors, rows, columns = (int(stream.integers(1, 5, (1,))[0]) for _ in range(3))
    outputs = stream.unit((anchors, rows, columns, 4))
    outputs = outputs if "new_coords" in name else outputs * 8 - 4
    return outputs.astype(np.float32), stream.integers(1, 9, (anchors, 2)).astype(np.float32)


for _code in ("center_size", "corner"):
    add("opencv_4", f"ssd/{_code}", ssd_case)
for _form in ("exp", "new_coords"):
    for _scale in (1.0, 1.2, 2.0):
        add("opencv_4", f"yolo/{_form}/{_scale}", yolo_case)


def wide(name, family, dtype):
    """Deltas beyond every bound, whatever they are divided by."""
    drawn, boxes = decoding(name, family, dtype, False)
    return drawn * 5, boxes


def sized(name, dtype):
    """Boxes of any size, proposals that have one."""
    stream = Stream(name)
    return BOXES["lattice"](stream, 12).astype(dtype), BOXES["sized"](stream, 12).astype(dtype)


def with_variances(make, variances):
    """A case of one class, and the variances of the priors."""

    def case(name):
        first, priors = make(name)
        return first[:, :4], priors, np.float32(variances)

    return case


for _family in ("uniform", "sized"):
    _makes = {
        "encode": partial(encoding, family=_family, dtype="float32"),
        "decode": partial(decoding, family=_family, dtype="float32", still=False),
        "still": partial(decoding, family=_family, dtype="float32", still=True),
        "decode_wide": partial(wide, family=_family, dtype="float32"),
    }
    for _op, _make in _makes.items():
        add("detectron2", f"{_op}/{_family}/float32", _make)
        add("mmcv", f"{_op}/{_family}/float32", _make)
        for _variances in ((0.1, 0.1, 0.2, 0.2), (1, 1, 1, 1)):
            add(
                "caffe_ssd", f"{_op}_ssd/{_family}/{_variances[0]}/float32", with_variances(_make, _variances)
            )
for _system in ("detectron2", "mmcv"):
    add(_system, "encode/lattice/float32", partial(sized, dtype="float32"))
add("mmcv", "encode/points/float32", partial(encoding, family="points", dtype="float32"))


def built_coder(system):
    """The op of a system that build_sources.py built."""

    def run(group, *case):
        names = [
            op
            for op in SYSTEMS[system].ops
            if op.startswith("encode" if group.startswith("encode") else "decode")
        ]
        return SYSTEMS[system].ops[names[0]](*case)

    return run


def torchvision(group, first, second):
    import torch
    from torchvision.models.detection._utils import BoxCoder

    coder = BoxCoder((1.0,) * 4 if "ones" in group else (10.0, 10.0, 5.0, 5.0))
    method = coder.encode_single if group.startswith("encode") else coder.decode_single
    return method(torch.tensor(first), torch.tensor(second)).numpy()


def fast_rcnn(group, first, second):
    module = built("bbox_transform")
    with np.errstate(all="ignore"):
        if group.startswith("encode"):
            return module.bbox_transform(second, first)
        return module.bbox_transform_inv(second, first)


def opencv_4(group, *case):
    kind, *options = group.split("/")
    return opencv_ssd(*options, *case) if kind == "ssd" else opencv_yolo(*options, *case)


def opencv_ssd(code, deltas, priors, variances):
    """Scores fall from prior to prior, so that the layer's order is the priors'."""
    n = len(deltas)
    shapes = {"loc": [1, 4 * n], "conf": [1, 2 * n], "priors": [1, 2, 4 * n]}
    inputs = [
        f'input: "{name}" input_shape {{ {" ".join(f"dim: {d}" for d in shape)} }}'
        for name, shape in shapes.items()
    ]
    options = f"num_classes: 2 share_location: true background_label_id: 0 keep_top_k: {n} confidence_threshold: 0.01"
    layer = (
        'layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "out" '
        f"detection_output_param {{ {options} code_type: {code.upper()} nms_param {{ nms_threshold: 0.999 }} }} }}"
    )
    scores = np.stack([np.zeros(n), np.linspace(0.9, 0.1, n)], axis=1)
    table = np.stack([priors.ravel(), variances.ravel()])[
        None, :, :, None
    ]  # three axes would be taken for channels
    feed = {"loc": deltas.reshape(1, -1), "conf": scores.reshape(1, -1), "priors": table}
    return forward("readNetFromCaffe", "\n".join([*inputs, layer]), feed)[0, 0][:, 3:]


def opencv_yolo(form, scale, outputs, anchors):
    """A network of this layer alone, whose input is the map: so a cell is a pixel, and answers are parts of it."""
    count, rows, columns, _ = outputs.shape
    maps = np.concatenate([outputs, np.ones((count, rows, columns, 2))], axis=-1)  # objectness, one class
    text = (
        f"[net]\nwidth={columns}\nheight={rows}\nchannels={6 * count}\n\n[yolo]\nclasses=1\nnum={count}\nthresh=0\n"
        f"mask={','.join(map(str, range(count)))}\nanchors={','.join(str(int(side)) for side in anchors.ravel())}\n"
        f"scale_x_y={scale}\nnew_coords={int(form == 'new_coords')}\n"
    )
    answer = forward(
        "readNetFromDarknet", text, {"": maps.transpose(0, 3, 1, 2).reshape(1, -1, rows, columns)}
    )
    return answer[:, :4].reshape(rows, columns, count, 4).transpose(2, 0, 1, 3).copy()


def forward(reader, text, feed):
    import cv2

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network"
        path.write_text(text)
        network = getattr(cv2.dnn, reader)(str(path))
    for name, array in feed.items():
        network.setInput(np.ascontiguousarray(array, np.float32), name)
    return network.forward()


BUILT = ("detectron2", "mmcv", "caffe_ssd")
RUNNERS = {"torchvision": torchvision, "fast_rcnn": fast_rcnn, "opencv_4": opencv_4}
RUNNERS |= {system: built_coder(system) for system in BUILT}


def versions(system):
    """What is installed; LookupError that says what is missing."""
    if system in BUILT:
        return SYSTEMS[system].versions()
    if system == "fast_rcnn":
        if not (Path(os.environ.get("REFDET_FAST_RCNN", "")) / "bbox_transform.py").is_file():
            raise LookupError("REFDET_FAST_RCNN does not name a folder with bbox_transform.py")
        return {
            "bbox_transform.py": "rbgirshick/py-faster-rcnn, as RodrigoGonzalez/py-faster-rcnn 14ef221 has it"
        }
    names = ("torch", "torchvision") if system == "torchvision" else ("opencv-python-headless",)
    try:
        found = {name: importlib.metadata.version(name) for name in names}
    except importlib.metadata.PackageNotFoundError as error:
        raise LookupError(f"{error.name} is not installed") from None
    if system == "opencv_4" and not found["opencv-python-headless"].startswith("4."):
        raise LookupError("OpenCV 5 does not read Caffe's and darknet's networks")
    return found


def record(system):
    """Write one system's answers, and its versions into the table of these."""
    table = recordings.FOLDER / "coders_versions.json"
    known = recordings.load_text(table.name) if table.exists() else {}
    known[system] = versions(system)
    answers = {
        group: [RUNNERS[system](group, *case) for case in cases] for group, cases in GROUPS[system].items()
    }
    recordings.save(f"coders_{system}", answers)
    recordings.save_text(table.name, dict(sorted(known.items())))
    print(f"{system}: {sum(map(len, answers.values()))} cases in {len(answers)} groups")


if __name__ == "__main__":
    for name in sys.argv[1:] or RUNNERS:
        try:
            record(name)
        except LookupError as missing:
            print(f"{name}: not recorded: {missing}")
