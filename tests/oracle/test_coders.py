"""Encoding and decoding give what production systems gave, and the systems still give it where they are installed.

Bit for bit where no exponential and no logarithm is taken: dx and dy, and boxes whose size the deltas leave alone.
The rest is within the rows "libm" of the table of tolerances.
"""

import dataclasses
import itertools
import typing
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits
from tolerances import close

from refdet import (
    CAFFE_SSD,
    DETECTRON2,
    FAST_RCNN,
    MMCV,
    REFDET,
    TORCHVISION,
    box_convert,
    decode_rcnn,
    decode_ssd,
    decode_yolov3,
    encode_rcnn,
    encode_ssd,
    every_cell,
)
from refdet.conventions import Coder

from . import coders, recordings

PROFILES = {
    "torchvision": TORCHVISION,
    "fast_rcnn": FAST_RCNN,
    "detectron2": DETECTRON2,
    "mmcv": MMCV,
    "caffe_ssd": CAFFE_SSD,
}
# Caffe's order of the arithmetic, which OpenCV took over.
CAFFE = dataclasses.replace(REFDET, coder=Coder(centre="mean", scaling="variances"))
ALL = [(system, group) for system, groups in coders.GROUPS.items() for group in groups]
RECORDED = {system: recordings.load(f"coders_{system}") for system in coders.GROUPS}
LIBM = {"float32": "libm float32", "float64": "libm float64"}


def ours(system, group, case, convention=None):
    """What refdet says, in the form in which the system answered."""
    op, *options = group.split("/")
    if op == "ssd":
        return decode_ssd(*case, options[0], convention=CAFFE)
    if op == "yolo":
        outputs, anchors = case
        rows, columns = outputs.shape[1:3]
        form, scale = options[0], float(options[1])
        boxes = decode_yolov3(outputs, every_cell((rows, columns)), anchors[:, None, None], 1, scale, form)
        return box_convert(boxes, "xyxy", "cxcywh") / np.float32([columns, rows, columns, rows])
    if op.endswith("_ssd"):
        function = encode_ssd if op.startswith("encode") else decode_ssd
        return function(*case, convention=convention or PROFILES[system])
    function = encode_rcnn if op.startswith("encode") else decode_rcnn
    weights = (1, 1, 1, 1) if "ones" in op else None
    return function(*case, weights, convention=convention or PROFILES[system])


def agree(group, result, answer):
    """True if the bits are the same where they can be, and the rest lies within the tolerance."""
    if result.dtype != answer.dtype or result.shape != answer.shape:
        return False
    if group.startswith("still"):
        return same_bits(result, answer)
    if group.startswith("encode") and not same_bits(result[:, :2].copy(), answer[:, :2].copy()):
        return False
    finite = np.isfinite(answer)
    if not same_bits(np.where(finite, 0, result), np.where(finite, 0, answer)):
        return False
    result, answer = (np.where(finite, part, 0).astype(float) for part in (result, answer))
    if not group.startswith("encode"):
        # A corner is a difference; what it is rounded to is the extent of its box.
        extent = np.abs(answer.reshape(-1, 4)).max(axis=1, initial=1e-30).repeat(4).reshape(answer.shape)
        result, answer = 1 + (result - answer) / extent, np.ones_like(answer)
    return close(result, answer, LIBM["float32" if "float64" not in group else "float64"])


def agreeing(system, group, convention=None, answers=None):
    cases = zip(coders.GROUPS[system][group], answers or RECORDED[system][group], strict=True)
    try:
        return all(agree(group, ours(system, group, case, convention), answer) for case, answer in cases)
    except ValueError:
        return False


@pytest.mark.parametrize(("system", "group"), ALL)
def test_refdet_gives_what_was_recorded(system, group):
    assert agreeing(system, group)


def test_ssd_is_the_same_coder_in_torchvision():
    for dtype in coders.FLOATS:
        group = f"encode/uniform/{dtype}"
        for (boxes, priors), answer in zip(
            coders.GROUPS["torchvision"][group], RECORDED["torchvision"][group], strict=True
        ):
            assert agree(group, encode_ssd(boxes, priors, convention=TORCHVISION), answer)


# Every field is pinned: another value changes a recorded answer

OTHERS = {
    "plus_one": (0, 1),
    "weights": ((1.0,) * 4, (10.0, 10.0, 5.0, 5.0), (10.0, 10.0, 5.0, 4.0)),
    "clamp": (None, float(np.log(1000 / 16)), 4.0),
    "clamp_below": (False, True),
}
IMMATERIAL = {
    ("fast_rcnn", "scaling", "variances"): "its weights are ones",
    ("fast_rcnn", "clamp_below", True): "it has no bound",
    **{
        (system, "finite", "propagate"): "its inputs are finite"
        for system in PROFILES
        if system != "torchvision"
    },
    ("mmcv", "scaling", "weights"): "its weights are ones",
    ("detectron2", "sizes", "propagate"): "a proposal without width is an assertion, which has no answer",
    ("caffe_ssd", "clamp_below", True): "it has no bound",
    **{("caffe_ssd", "weights", weights): "its caller gives variances" for weights in OTHERS["weights"][1:]},
    **{
        ("caffe_ssd", "sizes", value): "a box without a size ends the program, which has no answer"
        for value in ("anchors", "propagate")
    },
}


def flips():
    for system, field in itertools.product(PROFILES, dataclasses.fields(Coder)):
        options = OTHERS.get(field.name) or typing.get_args(typing.get_type_hints(Coder)[field.name])
        now = getattr(PROFILES[system].coder, field.name)
        yield from ((system, field.name, value) for value in options if value != now)


@pytest.mark.parametrize("flip", list(flips()), ids=lambda flip: "-".join(map(str, flip)))
def test_every_field_of_a_profile_is_pinned_by_a_recorded_case(flip):
    system, field, value = flip
    changed = dataclasses.replace(PROFILES[system].coder, **{field: value})
    convention = dataclasses.replace(PROFILES[system], coder=changed)
    same = all(agreeing(system, group, convention) for group in coders.GROUPS[system])
    assert same == (flip in IMMATERIAL)


def test_the_page_counts_the_recorded_cases():
    page = " ".join((Path(__file__).parents[2] / "docs" / "conventions.md").read_text().split())
    count = {system: sum(map(len, groups.values())) for system, groups in RECORDED.items()}
    assert (
        f"{count['torchvision']} cases of torchvision's BoxCoder, {count['fast_rcnn']} of py-faster-rcnn's"
        in page
    )
    assert f"{count['detectron2']} of detectron2's Box2BoxTransform, {count['mmcv']} of mmdet's coder" in page
    assert f"{count['caffe_ssd']} of Caffe SSD's EncodeBBox and DecodeBBox" in page
    assert f"and {count['opencv_4']} of OpenCV 4.10" in page


def test_a_last_bit_is_seen_where_bits_must_agree_and_a_thousandth_elsewhere():
    answer = RECORDED["torchvision"]["encode/uniform/float32"][0]
    moved = answer.copy()
    moved[3, 1] = np.nextafter(moved[3, 1], np.float32(np.inf))
    assert not agree("encode/uniform/float32", moved, answer)
    stretched = answer * np.float32([1, 1, 1.001, 1])
    assert not agree("encode/uniform/float32", stretched, answer) and agree("encode", answer, answer)


# The systems themselves

VERSIONS = recordings.load_text("coders_versions.json")


def live(test):
    """Runs the system; its own imports warn of much, a warning of ours stays one."""
    for mark in ("ignore", "default:recorded with"):
        test = pytest.mark.filterwarnings(mark)(test)
    return pytest.mark.oracle(test)


def installed(system):
    """The versions that are here; skips the test if something is missing."""
    try:
        return coders.versions(system)
    except LookupError as missing:
        pytest.skip(str(missing))


def judge(same, versions, system, text):
    """Fail on a difference from the recorded version, warn of one from another version."""
    if not same and versions == VERSIONS[system]:
        pytest.fail(text)
    if not same:
        warnings.warn(f"recorded with {VERSIONS[system]}, this is {versions}: {text}", stacklevel=2)


@live
@pytest.mark.parametrize("system", coders.RUNNERS)
def test_the_system_gives_what_was_recorded(system):
    versions = installed(system)
    for group, cases in coders.GROUPS[system].items():
        now = [coders.RUNNERS[system](group, *case) for case in cases]
        for was, answer in zip(RECORDED[system][group], now, strict=True):
            judge(agree(group, answer, was), versions, system, f"{group}: {was} was recorded, now {answer}")


@live
@pytest.mark.parametrize("system", coders.RUNNERS)
@given(data=st.data())
def test_refdet_agrees_with_the_system_on_fresh_cases(system, data):
    versions = installed(system)
    group = data.draw(st.sampled_from(list(coders.DRAW[system])))
    case = coders.DRAW[system][group](f"{group} {data.draw(st.integers(0, 2**32))}")
    theirs = coders.RUNNERS[system](group, *case)
    judge(agree(group, ours(system, group, case), theirs), versions, system, f"{group}: {case}: {theirs}")


@live
def test_torchvisions_heads_have_the_weights_of_the_profile():
    heads = pytest.importorskip("torchvision.models.detection.roi_heads")
    head = heads.RoIHeads(None, None, None, 0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 100)
    assert tuple(head.box_coder.weights) == TORCHVISION.coder.weights
    assert head.box_coder.bbox_xform_clip == TORCHVISION.coder.clamp
