"""Any array at any public function: the documented result, or a ValueError or TypeError that names the argument."""

import inspect
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import refdet
from refdet import kernels

GOOD_BOXES = np.array([[0, 0, 4, 4], [1, 1, 5, 5], [2, 0, 3, 9]], np.float32)
GOOD_SCORES = np.array([0.9, 0.8, 0.7], np.float32)
MAP = np.arange(36, dtype=np.float32).reshape(1, 1, 6, 6)
ROIS = np.array([[0, 0, 0, 3, 3], [0, 1, 1, 5, 5]], np.float32)
POOLED, ARGMAX = refdet.roi_pool_with_argmax(MAP, ROIS, (2, 2))
SOFT = {
    "boxes": GOOD_BOXES,
    "scores": GOOD_SCORES,
    "iou_threshold": 0.3,
    "sigma": 0.5,
    "score_threshold": 1e-3,
    "method": "gaussian",
}
DELTAS = np.array([[0, 0.5, 0.25, 0.125], [0.75, 0.5, 0, 0], [0.5, 0.25, 1, 1]], np.float32)
VARIANCES = np.full((3, 4), 0.1, np.float32)
CELLS = np.array([[0, 1], [2, 3], [4, 5]])
ON_GRID = {"cells": CELLS, "anchors": np.array([[2, 3], [4, 5], [6, 7]], np.float32), "stride": 8}

KINDS = ("", "generalized_", "distance_", "complete_")
SCORED = {"boxes": GOOD_BOXES, "scores": GOOD_SCORES}
PAIRWISE = {"boxes1": GOOD_BOXES, "boxes2": GOOD_BOXES, "out": None}
ALIGNED = {"boxes1": GOOD_BOXES, "boxes2": GOOD_BOXES}
# Every public function with arguments that work.
CALLS = {
    **{f"{kind}_box_iou": PAIRWISE for kind in ("generalized", "distance")},
    **{f"aligned_{kind}_box_iou": ALIGNED for kind in ("generalized", "distance")},
    "complete_box_iou": {**PAIRWISE, "alpha_gate": 0.5},
    "aligned_complete_box_iou": {**ALIGNED, "alpha_gate": 0.5},
    "overlap": {**PAIRWISE, "kind": "giou"},
    "aligned_overlap": {**ALIGNED, "kind": "giou"},
    **{f"{kind}box_iou_backward": {"grad": np.ones((3, 3)), **ALIGNED} for kind in KINDS},
    **{f"aligned_{kind}box_iou_backward": {"grad": np.ones(3), **ALIGNED} for kind in KINDS},
    "box_convert_backward": {"grad": GOOD_BOXES, "in_fmt": "xywh", "out_fmt": "xyxy"},
    "diou_nms": {**SCORED, "threshold": 0.5, "beta": 0.6},
    "batched_diou_nms": {**SCORED, "idxs": np.array([0, 1, 0]), "threshold": 0.5, "beta": 0.6},
    "aligned_box_iou": {"boxes1": GOOD_BOXES, "boxes2": GOOD_BOXES},
    "batched_nms": {
        "boxes": GOOD_BOXES,
        "scores": GOOD_SCORES,
        "idxs": np.array([0, 1, 0]),
        "iou_threshold": 0.5,
    },
    "best_label_above": {"scores": GOOD_BOXES, "score_threshold": 0.5},
    "box_area": {"boxes": GOOD_BOXES},
    "box_convert": {"boxes": GOOD_BOXES, "in_fmt": "xyxy", "out_fmt": "xywh"},
    "box_iou": {"boxes1": GOOD_BOXES, "boxes2": GOOD_BOXES, "out": None},
    "class_specific_scores": {"objectness": GOOD_SCORES, "class_probs": GOOD_BOXES},
    "clip_boxes_to_image": {"boxes": GOOD_BOXES, "size": (4, 4)},
    "labels_above": {"scores": GOOD_BOXES, "score_threshold": 0.5},
    "nms": {"boxes": GOOD_BOXES, "scores": GOOD_SCORES, "iou_threshold": 0.5},
    "select_candidates": {"scores": GOOD_SCORES, "score_threshold": 0.5, "top_k": 2},
    "soft_nms": SOFT,
    "batched_soft_nms": {**SOFT, "idxs": np.array([0, 1, 0])},
    "remove_small_boxes": {"boxes": GOOD_BOXES, "min_size": 2},
    "roi_pool": {"input": MAP, "boxes": ROIS, "output_size": (2, 2), "spatial_scale": 1.0, "out": None},
    "roi_pool_with_argmax": {
        "input": MAP,
        "boxes": ROIS,
        "output_size": (2, 2),
        "spatial_scale": 1.0,
        "out": None,
    },
    "roi_pool_backward": {"grad_output": POOLED, "argmax": ARGMAX, "boxes": ROIS, "input_shape": MAP.shape},
    "roi_align": {
        "input": MAP,
        "boxes": ROIS,
        "output_size": (2, 2),
        "spatial_scale": 1.0,
        "sampling_ratio": 0,
        "aligned": True,
        "out": None,
    },
    "roi_align_backward": {
        "grad_output": POOLED,
        "boxes": ROIS,
        "input_shape": MAP.shape,
        "spatial_scale": 1.0,
        "sampling_ratio": 0,
        "aligned": True,
    },
    "encode_rcnn": {"boxes": GOOD_BOXES, "proposals": GOOD_BOXES, "weights": (10, 10, 5, 5)},
    "decode_rcnn": {"deltas": DELTAS, "proposals": GOOD_BOXES, "weights": (10, 10, 5, 5)},
    "encode_ssd": {"boxes": GOOD_BOXES, "priors": GOOD_BOXES, "variances": VARIANCES, "code": "corner"},
    "decode_ssd": {"deltas": DELTAS, "priors": GOOD_BOXES, "variances": VARIANCES, "code": "center_size"},
    "normalize_deltas": {"deltas": DELTAS, "means": VARIANCES[0], "stds": VARIANCES[0]},
    "denormalize_deltas": {"deltas": DELTAS, "means": VARIANCES[0], "stds": VARIANCES[0]},
    "delta_statistics": {"deltas": DELTAS, "labels": np.array([0, 1, 0]), "num_classes": 2},
    "grid_cell": {"centres": DELTAS[:, :2], "grid": (7, 7)},
    "every_cell": {"grid": (7, 7)},
    "encode_yolov1": {"boxes": GOOD_BOXES, "size": (9, 9), "grid": (7, 7)},
    "decode_yolov1": {"outputs": DELTAS, "cells": CELLS, "size": (9, 9), "grid": (7, 7)},
    "encode_yolov3": {"boxes": GOOD_BOXES, **ON_GRID, "scale_x_y": 1.2, "form": "exp"},
    "decode_yolov3": {"outputs": DELTAS, **ON_GRID, "scale_x_y": 1.2, "form": "new_coords"},
    "encode_yolov5": {"boxes": GOOD_BOXES, **ON_GRID},
    "decode_yolov5": {"outputs": DELTAS, **ON_GRID},
    "encode_detr": {"boxes": GOOD_BOXES, "size": (9, 9), "form": "logits"},
    "decode_detr": {"outputs": DELTAS, "size": (9, 9), "form": "normalized"},
    "letterbox": {"size": (4, 6), "canvas": (8, 8), "form": "yolov5", "stride": 4, "scaleup": True},
    "letterbox_boxes": {"boxes": GOOD_BOXES, "mapping": refdet.letterbox((4, 6), (8, 8))},
    "unletterbox_boxes": {"boxes": GOOD_BOXES, "mapping": refdet.letterbox((4, 6), (8, 8))},
}


class Subclass(np.ndarray):
    """A subclass whose indexing would break an algorithm that trusted it."""

    def __getitem__(self, index):
        raise AssertionError("the subclass was not stripped")


PAIRED = kernels._REFERENCES


def hostile(like):
    """Values of every odd kind, some of them legal."""
    base = np.asarray(like, np.float64)
    with_bad = [base.copy() for _ in range(6)]
    for array, value in zip(with_bad, (np.nan, np.inf, -np.inf, 1e30, -1e308, 5e-324), strict=True):
        array.reshape(-1)[-1:] = value
    read_only = base.copy()
    read_only.flags.writeable = False
    with np.errstate(over="ignore", invalid="ignore"):
        narrow = [array.astype(dtype) for array in (base, *with_bad) for dtype in (np.float32, np.float16)]
    return [
        *with_bad,
        *narrow,
        read_only,
        base[::-1],
        base.astype(">f8"),
        *(
            base.astype(dtype)
            for dtype in ("i1", "u1", "i8", "u8", bool, complex, object, "U8", "S8", np.longdouble)
        ),
        np.full(base.shape, np.iinfo(np.int64).max),
        np.full(base.shape, np.iinfo(np.int64).min),
        np.ma.masked_greater(base, 0),
        base.view(Subclass),
        base[:0],
        base[..., :0],
        base[None],
        base.reshape(-1),
        base.astype("M8[s]"),
        np.zeros((1,) * 7),
        np.array(3.0),
        base.tolist(),
        [],
        [[]],
        [[1, 2], [3]],
        [None],
        {},
        None,
        True,
        -1,
        0,
        2.5,
        1e30,
        "boxes",
        b"boxes",
        object(),
        (0, 0),
        (-1, 3),
        (2**40, 1),
    ]


def checked_call(function, arguments):
    """Call; the error, if any, must be a clear one; inputs stay as they were; no warning leaks."""
    before = {name: value.tobytes() for name, value in arguments.items() if isinstance(value, np.ndarray)}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            function(**arguments)
        except (ValueError, TypeError) as error:
            text = str(error)
            assert any(text.startswith((f"{name}:", f"{name}[")) for name in arguments), text
            assert len(text) < 400, text
    for name, bytes_before in before.items():
        if name != "out":
            assert arguments[name].tobytes() == bytes_before, f"{name} was changed"


def cases():
    return [(name, argument) for name, call in CALLS.items() for argument in call]


@pytest.mark.parametrize(("name", "argument"), cases())
def test_hostile_values_one_argument_at_a_time(name, argument):
    good = CALLS[name]
    like = good[argument] if isinstance(good[argument], np.ndarray) else GOOD_BOXES
    for value in hostile(like):
        if argument == "input_shape" and isinstance(value, tuple):
            value = (
                1,
                1,
                *(side % 2**20 for side in value),
            )  # larger is legal, and more than any machine holds
        checked_call(getattr(refdet, name), {**good, argument: value})


@pytest.mark.parametrize("op", PAIRED)
def test_every_backend_gives_the_same_error(op):
    """The kernels call the reference's check: the same words for the same mistake."""
    found = kernels.implementations(op)
    for argument, value in CALLS[op].items():
        for bad in hostile(value)[:12] if isinstance(value, np.ndarray) else [None, "x", -1, (0, 2), 2.5]:
            if argument in ("out", "input_shape") or (argument == "spatial_scale" and bad == 2.5):
                continue
            texts = set()
            for backend, function in found.items():
                if backend == "cuda":
                    continue  # takes CuPy arrays
                try:
                    function(**{**CALLS[op], argument: bad})
                    texts.add("no error")
                except (ValueError, TypeError) as error:
                    texts.add(f"{type(error).__name__}: {error}")
            assert len(texts) == 1, texts


def test_every_public_function_is_in_the_table():
    functions = {name for name in refdet.__all__ if callable(getattr(refdet, name)) and name[0].islower()}
    assert functions == set(CALLS)


@given(data=st.data(), name=st.sampled_from(sorted(CALLS)))
def test_hostile_values_in_several_arguments(data, name):
    arguments = dict(CALLS[name])
    for argument in data.draw(st.sets(st.sampled_from(sorted(arguments)), min_size=1)):
        if argument not in ("output_size", "input_shape"):
            like = arguments[argument] if isinstance(arguments[argument], np.ndarray) else GOOD_BOXES
            pool = hostile(like)
            arguments[argument] = pool[data.draw(st.integers(0, len(pool) - 1))]
    checked_call(getattr(refdet, name), arguments)


WITH_CONVENTION = [
    name for name in CALLS if "convention" in inspect.signature(getattr(refdet, name)).parameters
]


@pytest.mark.parametrize("name", WITH_CONVENTION)
@pytest.mark.parametrize("value", ["torchvision", None, 5, refdet.REFDET.roi])
def test_a_convention_must_be_one(name, value):
    with pytest.raises(
        TypeError, match=r"convention: .* came; wanted a Convention such as refdet.TORCHVISION"
    ):
        getattr(refdet, name)(**CALLS[name], convention=value)


def test_an_integer_of_thousands_of_digits_is_an_error_of_one_line():
    with pytest.raises(TypeError, match="iou_threshold: int of thousands of digits came"):
        refdet.nms(GOOD_BOXES, GOOD_SCORES, 10**5000)


def test_classes_that_shift_boxes_out_of_range_are_named():
    far = np.array([[8e307, 0, 8e307, 1]] * 2)
    with pytest.raises(
        ValueError, match="idxs: 4611686018427387904 came; its boxes, shifted aside, overflow"
    ):
        refdet.batched_nms(far, [1, 0.5], [0, 2**62], 0.5, convention=refdet.OPENCV)


def test_the_checker_refuses_a_function_that_changes_its_input_or_warns():
    def changes(boxes):
        boxes[0] = 0

    def warns(boxes):
        np.float64(1) / np.float64(0)

    def mumbles(boxes):
        raise ValueError("bad")

    with pytest.raises(AssertionError, match="boxes was changed"):
        checked_call(changes, {"boxes": GOOD_BOXES.copy()})
    with pytest.raises(RuntimeWarning):
        checked_call(warns, {"boxes": GOOD_BOXES})
    with pytest.raises(AssertionError, match="bad"):
        checked_call(mumbles, {"boxes": GOOD_BOXES})
