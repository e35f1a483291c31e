"""ENC-9: boxes of DETR."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits, sized_boxes
from tolerances import close_boxes

from refdet import decode_detr, encode_detr

# By hand


def test_parts_of_the_image_width_with_x_and_height_with_y():
    assert encode_detr([[100, 50, 300, 100]], (200, 400)).tolist() == [[0.5, 0.375, 0.5, 0.25]]
    assert decode_detr([[0.5, 0.375, 0.5, 0.25]], (200, 400)).tolist() == [[100, 50, 300, 100]]


def test_the_logistic_comes_first_where_logits_come():
    """log 3 is the logit of three quarters."""
    boxes = decode_detr([[0, 0, np.log(3), 0]], (100, 100), "logits")
    assert boxes.round(9).tolist() == [[12.5, 25, 87.5, 75]]
    assert encode_detr(boxes, (100, 100), "logits").round(9).tolist() == [[0, 0, round(np.log(3), 9), 0]]


def test_a_box_as_large_as_the_image_has_the_farthest_logit():
    assert encode_detr([[0, 0, 8, 4]], (4, 8), "logits").round(4).tolist() == [[0, 0, 20.7233, 20.7233]]


def test_boxes_of_many_images_keep_their_axes():
    assert decode_detr(np.full((2, 100, 4), 0.5), (4, 4)).shape == (2, 100, 4)


def test_the_steps():
    assert [step.name for step in decode_detr.trace([[0, 0, 0, 0]], (4, 4), "logits")] == [
        "activate",
        "corners",
        "scale",
    ]
    assert [step.name for step in encode_detr.trace([[0, 0, 1, 1]], (4, 4))] == ["measure", "divide"]


# Properties


@given(boxes=sized_boxes(), form=st.sampled_from(["normalized", "logits"]))
def test_decoding_undoes_encoding(boxes, form):
    boxes = (boxes - boxes.min(initial=0)).astype(np.float64)
    side = int(boxes.max(initial=1)) + 2
    targets = encode_detr(boxes, (side, side), form)
    assert close_boxes(decode_detr(targets, (side, side), form), boxes, "coders")


@given(boxes=sized_boxes())
def test_dtype_is_kept_and_the_trace_agrees(boxes):
    targets = encode_detr(boxes, (64, 48))
    assert targets.dtype == boxes.dtype and same_bits(encode_detr.trace(boxes, (64, 48)).result, targets)


def test_nothing_encodes_and_decodes_to_nothing():
    assert encode_detr([], (4, 4)).shape == decode_detr([], (4, 4)).shape == (0, 4)


# Bad input


def test_logits_taken_for_parts_are_noticed():
    with pytest.raises(
        ValueError, match=r"outputs: row 1 is .*; wanted parts of the image .* or form='logits'"
    ):
        decode_detr([[0.5, 0.5, 0.1, 0.1], [0.1, -1.2, 0.3, 0.4]], (4, 4))


@pytest.mark.parametrize("part", [np.nextafter(1, 2), -np.nextafter(0, 1), 1.5])
def test_a_part_just_outside_is_refused_and_the_ends_are_not(part):
    assert decode_detr([[1, 0, 1, 0]], (4, 4)).tolist() == [[2, 0, 6, 0]]
    with pytest.raises(ValueError, match="outputs: row 0 is"):
        decode_detr([[part, 0.5, 0.1, 0.1]], (4, 4))


def test_forms_and_sizes_are_checked():
    with pytest.raises(ValueError, match="form: 'pixels' came; wanted one of normalized, logits"):
        encode_detr([[0, 0, 1, 1]], (4, 4), "pixels")
    with pytest.raises(ValueError, match="boxes: row 0 is"):
        encode_detr([[0, 0, 0, 1]], (4, 4))
    with pytest.raises(ValueError, match=r"size\[0\]: 0 came"):
        encode_detr([[0, 0, 1, 1]], (0, 4))
