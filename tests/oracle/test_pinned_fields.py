"""Every field of a profile is pinned by a recorded case: any other value of it changes an answer."""

import dataclasses
import itertools
import typing

import numpy as np
import pytest

from refdet.profiles import PROFILES

from .groups import GROUPS
from .replay import DECIDES, agreeing, differences

FLIPS = {
    "plus_one": (0, 1),
    "aligned": (False, True),
    "sampling_ratio": (0, 2),
    "most_samples": (4096, 1),
    "lowest": (-np.inf, 0.0, float(np.finfo(np.float32).min)),
    "union_eps": (0.0, 1e-7, 1e-6),
    "giou_eps": (0.0, 1e-7, 1e-6),
    "diou_eps": (0.0, 1e-7),
    "ciou_eps": (0.0, 1e-7, 1e-6),
    "beta": (1.0, 0.6),
    "least_offset": (-np.inf, 0.0, 7679.0),
    "most_offset": (np.inf, 7679.0),
}
AREA_OF_INVERTED = "its overlap is 0 for an inverted box, whatever the area"
FLOAT32 = "it takes float32 boxes alone"
NO_SHIFT = "it does not move classes aside"
SMALL_WEIGHT = "it shows only where 1 - IoU + v is as small as it, and v then is far smaller; 0/0 is 0"
IMMATERIAL = {
    **{
        (system, "overlap", "inverted", "height"): AREA_OF_INVERTED
        for system in ("fast_rcnn", "coco", "caffe_ssd", "voc", "darknet_ab")
    },
    ("darknet_ab", "overlap", "ciou_eps", 0.0): SMALL_WEIGHT,
    ("darknet_ab", "overlap", "ciou_eps", 1e-7): SMALL_WEIGHT,
    ("detectron2", "overlap", "ciou_eps", 0.0): SMALL_WEIGHT,
    ("detectron2", "overlap", "ciou_eps", 1e-6): SMALL_WEIGHT,
    ("mmcv", "overlap", "ciou_eps", 1e-7): SMALL_WEIGHT,
    ("mmcv", "overlap", "ciou_eps", 1e-6): SMALL_WEIGHT,
    ("fast_rcnn", "overlap", "inverted", "empty"): AREA_OF_INVERTED,
    ("coco", "overlap", "inverted", "signed"): AREA_OF_INVERTED,
    ("caffe_ssd", "overlap", "inverted", "signed"): AREA_OF_INVERTED,
    ("voc", "overlap", "inverted", "empty"): AREA_OF_INVERTED,
    ("darknet_ab", "overlap", "inverted", "empty"): AREA_OF_INVERTED,
    ("onnx", "roi", "lowest", -np.inf): "only an argmax shows it in a finite map, and ONNX gives none",
    **{
        (system, "suppression", "threshold_dtype", "boxes"): FLOAT32
        for system in ("onnx", "darknet", "darknet_ab", "caffe_ssd", "mmcv")
    },
    **{
        (system, "suppression", field, value): NO_SHIFT
        for system in ("onnx", "darknet", "darknet_ab")
        for field, value in (("least_offset", 0.0), ("least_offset", 7679.0), ("most_offset", 7679.0))
    },
    **{
        (system, "suppression", "most_offset", 7679.0): "no recorded coordinate is so large"
        for system in ("detectron2", "mmcv", "opencv")
    },
}
NO_CLASSES = "it has no operation for several classes"
NOT_RUN = {
    **{
        (system, part, field): "nothing that it decides was run, or the system has no such thing"
        for system, part, field in itertools.product(GROUPS, ("overlap", "suppression", "roi"), DECIDES)
        if not agreeing(system, DECIDES[field])
    },
    **{
        (system, "overlap", "finite"): "the source does not expect non-finite boxes"
        for system in GROUPS
        if not system.startswith("torchvision")
    },
    ("fast_rcnn", "roi", "finite"): "the layer does not expect non-finite maps",
    ("mmcv", "roi", "finite"): "the source does not expect non-finite maps",
    ("onnx", "roi", "finite"): "non-finite maps are a listed disagreement",
    **{
        (system, "suppression", field): NO_CLASSES
        for system in ("fast_rcnn", "caffe_ssd")
        for field in ("offset_classes_up_to", "least_offset", "most_offset")
    },
}


def alternatives(part, field):
    """Every other value of a field: all its literals, the other truth, or the numbers in `FLIPS`."""
    own = getattr(part, field.name)
    hint = typing.get_type_hints(type(part))[field.name]
    options = FLIPS.get(field.name) or ((False, True) if hint is bool else typing.get_args(hint))
    if field.name == "offset_classes_up_to":
        always = 2**63 - 1
        options = (0, always, *((own - 4, own + 4) if 0 < own < always else ()))
    return [value for value in options if value != own]


def flips():
    """(system, part, field, value) for each single change of each profile."""
    for system, name in itertools.product(GROUPS, ("overlap", "suppression", "roi")):
        part = getattr(PROFILES[system], name)
        for field in dataclasses.fields(part) if part else ():
            if (system, name, field.name) not in NOT_RUN:
                yield from ((system, name, field.name, value) for value in alternatives(part, field))


def flipped(system, name, field, value):
    profile = PROFILES[system]
    part = dataclasses.replace(getattr(profile, name), **{field: value})
    return dataclasses.replace(profile, **{name: part})


def notices(system, name, field, convention):
    """True if an agreeing group of the ops that the field decides has another answer under `convention`."""
    groups = agreeing(system, DECIDES.get(field, DECIDES[name]))
    return any(True for group in groups for _ in differences(system, group, convention))


@pytest.mark.parametrize("flip", list(flips()), ids=lambda flip: "-".join(map(str, flip)))
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_field_of_a_profile_is_pinned_by_a_recorded_case(flip):
    system, name, field, _ = flip
    assert notices(system, name, field, flipped(*flip)) == (flip not in IMMATERIAL)


def test_the_list_of_values_that_cannot_matter_names_real_flips():
    assert set(IMMATERIAL) <= set(flips())
