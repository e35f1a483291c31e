"""IOU-8: every kind by its name."""

import numpy as np
import pytest
from hypothesis import given
from strategies import boxes, same_bits

import refdet
from refdet import aligned_overlap, overlap

NAMES = {
    "iou": "box_iou",
    "giou": "generalized_box_iou",
    "diou": "distance_box_iou",
    "ciou": "complete_box_iou",
}

# By hand


def test_the_four_kinds_of_one_pair():
    found = {kind: overlap([[0, 0, 2, 1]], [[0, 0, 1, 2]], kind).round(6).item() for kind in NAMES}
    assert found == {"iou": 0.333333, "giou": 0.083333, "diou": 0.270833, "ciou": 0.237082}


def test_the_steps_are_those_of_the_kind():
    pair = [[0, 0, 2, 1]], [[0, 0, 1, 2]]
    names = {kind: [step.name for step in overlap.trace(*pair, kind)] for kind in NAMES}
    assert names["iou"] == ["area", "intersect", "divide"]
    assert names["giou"] == names["iou"] + ["enclose", "subtract"]
    assert names["diou"] == names["iou"] + ["span", "distance"]
    assert names["ciou"] == names["diou"] + ["aspect", "weigh"]
    for kind, other in NAMES.items():
        own = getattr(refdet, f"aligned_{other}").trace(*pair)
        assert [step.note for step in aligned_overlap.trace(*pair, kind)] == [step.note for step in own]


# Properties


@pytest.mark.parametrize("kind", NAMES)
@given(drawn=boxes(max_size=6))
def test_a_name_is_its_function(kind, drawn):
    for convention in (refdet.REFDET, refdet.TORCHVISION):
        expected = getattr(refdet, NAMES[kind])(drawn, drawn, convention=convention)
        out = np.empty_like(expected)
        assert overlap(drawn, drawn, kind, out=out, convention=convention) is out
        assert same_bits(out, expected)
        expected = getattr(refdet, f"aligned_{NAMES[kind]}")(drawn, drawn, convention=convention)
        assert same_bits(aligned_overlap(drawn, drawn, kind, convention=convention), expected)


# Bad input


@pytest.mark.parametrize("kind", ["IoU", "", None, 1, ["iou"], np.array(["iou"])])
def test_another_kind_is_refused(kind):
    for function in (overlap, aligned_overlap):
        with pytest.raises(ValueError, match="kind: .* came; wanted one of iou, giou, diou, ciou"):
            function(np.zeros((1, 4)), np.zeros((1, 4)), kind)
