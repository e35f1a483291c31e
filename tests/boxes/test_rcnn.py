"""ENC-1, ENC-2: the box transform of the R-CNN family. ERR-15: the formulas that the notes lost."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, same_bits, sized_boxes
from tolerances import close_boxes

from refdet import FAST_RCNN, REFDET, TORCHVISION, box_convert, decode_rcnn, encode_rcnn

PROPOSAL = box_convert([[100, 100, 50, 80]], "cxcywh", "xyxy")
OBJECT = box_convert([[110, 96, 60, 72]], "cxcywh", "xyxy")


def with_coder(**changes):
    return dataclasses.replace(REFDET, coder=dataclasses.replace(REFDET.coder, **changes))


# By hand


def test_the_worked_example():
    """(110 - 100) / 50, (96 - 100) / 80, log(60 / 50), log(72 / 80)."""
    assert encode_rcnn(OBJECT, PROPOSAL).round(6).tolist() == [[0.2, -0.05, 0.182322, -0.105361]]


def test_deltas_of_nothing_leave_the_proposal():
    assert decode_rcnn([[0, 0, 0, 0]], [[2, 4, 10, 8]]).tolist() == [[2, 4, 10, 8]]


def test_inclusive_pixels_grow_by_one_when_decoded():
    """py-faster-rcnn takes nothing off again: a width of 8 from 0 on ends at 8."""
    assert decode_rcnn([[0, 0, 0, 0]], [[0, 0, 7, 7]], convention=FAST_RCNN).tolist() == [[0, 0, 8, 8]]


def test_the_bound_is_applied_after_the_weights_are_taken_off():
    """dw = 5 * 4.2 is 4.2 without its weight, above log(62.5) = 4.135; 5 * 4 is not, though 20 is."""
    deltas = [[0, 0, 21, 20]]
    x1, y1, x2, y2 = decode_rcnn(deltas, [[0, 0, 16, 16]], convention=TORCHVISION)[0]
    assert round(x2 - x1, 9) == 1000 and round(y2 - y1, 9) == round(16 * np.exp(4), 9)


def test_weights_multiply_what_is_encoded_and_divide_what_is_decoded():
    weighted = encode_rcnn(OBJECT, PROPOSAL, (10, 10, 5, 5))
    assert weighted.round(6).tolist() == [[2, -0.5, 0.911608, -0.526803]]
    assert close_boxes(decode_rcnn(weighted, PROPOSAL, (10, 10, 5, 5)), OBJECT, "coders")


def test_each_class_decodes_its_own_box():
    deltas = [[1, 0, 0, 0, 0, -1, 0, np.log(2)], [0, 0, 0, 0, 0, 0, 0, 0]]
    boxes = decode_rcnn(deltas, [[0, 0, 4, 2], [4, 4, 8, 8]])
    assert boxes.round(12).tolist() == [[4, 0, 8, 2, 0, -3, 4, 1], [4, 4, 8, 8, 4, 4, 8, 8]]


def test_the_steps_of_a_decoding():
    trace = decode_rcnn.trace([[0, 0.5, np.log(2), 0]], [[0, 0, 4, 2]])
    assert [step.name for step in trace] == ["unscale", "clamp", "move", "corners"]
    assert trace[2].centre.tolist() == [[[2, 2]]] and trace[2].size.round(12).tolist() == [[[8, 2]]]
    assert trace[2].note == "centres are [2, 2], sizes [8, 2]"


# Properties


@given(
    data=st.data(), count=st.integers(0, 6), weights=st.sampled_from([None, (10, 10, 5, 5), (1, 2, 3, 0.3)])
)
@pytest.mark.parametrize("scaling", ["weights", "variances"])
def test_decoding_undoes_encoding(scaling, data, count, weights):
    boxes, proposals = (data.draw(sized_boxes(count, np.float64)) for _ in range(2))
    convention = with_coder(scaling=scaling, centre=data.draw(st.sampled_from(["corner", "mean"])))
    deltas = encode_rcnn(boxes, proposals, weights, convention=convention)
    back = decode_rcnn(deltas, proposals, weights, convention=convention)
    both = np.vstack([back, proposals]), np.vstack([boxes, proposals])
    assert close_boxes(*both, "coders")


@given(boxes=sized_boxes())
def test_dtype_and_shape_are_kept_and_the_input_too(boxes):
    before = boxes.tobytes()
    deltas = encode_rcnn(boxes, boxes)
    assert deltas.dtype == boxes.dtype and deltas.shape == boxes.shape and (deltas == 0).all()
    assert decode_rcnn(deltas, boxes).dtype == boxes.dtype and boxes.tobytes() == before


@given(data=st.data(), count=st.integers(1, 5), dtype=DTYPES, factor=st.sampled_from([0.5, 2.0, 4.0]))
def test_deltas_do_not_depend_on_the_unit(data, count, dtype, factor):
    boxes, proposals = (data.draw(sized_boxes(count, dtype)) for _ in range(2))
    scaled = encode_rcnn(boxes * dtype(factor), proposals * dtype(factor))
    assert same_bits(scaled, encode_rcnn(boxes, proposals))


@given(data=st.data(), count=st.integers(0, 5))
def test_the_trace_has_the_same_result_and_classes_are_apart(data, count):
    proposals = data.draw(sized_boxes(count))
    deltas = np.array(data.draw(st.lists(st.integers(-4, 4), min_size=8 * count, max_size=8 * count)))
    deltas = (deltas.reshape(count, 8) / 2).astype(proposals.dtype)
    boxes = decode_rcnn(deltas, proposals)
    assert same_bits(decode_rcnn.trace(deltas, proposals).result, boxes)
    assert same_bits(decode_rcnn(deltas[:, 4:], proposals), boxes[:, 4:].copy())


def test_of_two_precisions_the_wider_is_taken_and_integers_are_float64():
    assert encode_rcnn(OBJECT.astype(np.float32), PROPOSAL).dtype == np.float64
    assert encode_rcnn([[0, 0, 2, 2]], [[0, 0, 2, 2]]).dtype == np.float64
    assert decode_rcnn(np.zeros((1, 4), np.float16), PROPOSAL.astype(np.float32)).dtype == np.float32


def test_nothing_encodes_and_decodes_to_nothing():
    assert encode_rcnn([], []).shape == (0, 4) and decode_rcnn([], []).shape == (0, 4)
    assert decode_rcnn(np.zeros((0, 84)), np.zeros((0, 4))).shape == (0, 84)
    assert decode_rcnn(np.zeros((2, 0)), np.zeros((2, 4))).shape == (2, 0)


def test_what_overflows_is_infinite_without_a_bound():
    assert decode_rcnn([[0, 0, 800, 0]], [[0, 0, 4, 4]])[0].tolist() == [-np.inf, 0, np.inf, 4]


# Bad input


@pytest.mark.parametrize("bad", [[3, 3, 3, 5], [3, 3, 2, 5]])
def test_a_box_without_a_size_is_named(bad):
    good = [0, 0, 1, 1]
    with pytest.raises(ValueError, match=r"boxes: row 1 is .*; wanted a width and a height above 0"):
        encode_rcnn([good, bad], [good, good])
    with pytest.raises(ValueError, match="proposals: row 0 is"):
        encode_rcnn([good], [bad])


def test_a_convention_may_let_it_in():
    """The logarithm of 0 is -inf, and anchors alone may be looked at."""
    flat, good = [[0, 0, 0, 2]], [[0, 0, 2, 2]]
    assert encode_rcnn(flat, good, convention=with_coder(sizes="anchors")).tolist() == [[-0.5, 0, -np.inf, 0]]
    assert encode_rcnn(good, flat, convention=TORCHVISION)[0, 0] == np.inf
    with pytest.raises(ValueError, match="proposals: row 0"):
        encode_rcnn(good, flat, convention=with_coder(sizes="anchors"))


def test_as_many_proposals_as_boxes():
    with pytest.raises(ValueError, match="proposals: 2 boxes came; wanted 1, as many as boxes"):
        encode_rcnn(OBJECT, np.vstack([PROPOSAL, PROPOSAL]))


@pytest.mark.parametrize("shape", [(1, 5), (2, 4), (4,), (1, 1, 4), ()])
def test_deltas_have_a_row_per_proposal_and_four_numbers_per_class(shape):
    with pytest.raises(ValueError, match=r"deltas: shape is .*; wanted \(N, 4 K\)"):
        decode_rcnn(np.zeros(shape), PROPOSAL)


@pytest.mark.parametrize(
    "weights", [(1, 1, 1), (1, 1, 1, 0), (1, 1, 1, -1), (1, 1, np.nan, 1), np.ones((3, 4)), 5]
)
def test_weights_are_four_numbers_above_zero(weights):
    with pytest.raises(ValueError, match="weights: "):
        encode_rcnn(OBJECT, PROPOSAL, weights)


def test_nan_is_refused_or_kept_as_the_convention_says():
    bad = [[0, 0, np.nan, 0]]
    with pytest.raises(ValueError, match=r"deltas: row 0 is \[0.0, 0.0, nan, 0.0\]"):
        decode_rcnn(bad, PROPOSAL)
    assert np.isnan(decode_rcnn(bad, PROPOSAL, convention=TORCHVISION)).tolist() == [
        [True, False, True, False]
    ]


def test_a_system_without_a_coder_is_an_error_with_a_remedy():
    with pytest.raises(ValueError, match=r"convention: ONNX has no rule for coder"):
        from refdet import ONNX

        encode_rcnn(OBJECT, PROPOSAL, convention=ONNX)
