"""ENC-4, ERR-24: SSD divides by variances; Caffe's three codes."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits, sized_boxes
from tolerances import close_boxes

from refdet import REFDET, TORCHVISION, box_convert, decode_ssd, encode_rcnn, encode_ssd
from refdet.boxes.ssd import CODES
from refdet.conventions import Coder

PRIOR = box_convert([[100, 100, 50, 80]], "cxcywh", "xyxy")
OBJECT = box_convert([[110, 96, 60, 72]], "cxcywh", "xyxy")
CAFFE = dataclasses.replace(REFDET, coder=Coder(centre="mean", scaling="variances"))

# By hand


def test_the_worked_example():
    assert encode_ssd(OBJECT, PRIOR).round(6).tolist() == [[2, -0.5, 0.911608, -0.526803]]


def test_variances_of_one_are_faster_r_cnns_targets():
    """What the notes take SSD's to be (ERR-24)."""
    assert same_bits(encode_ssd(OBJECT, PRIOR, (1, 1, 1, 1)), encode_rcnn(OBJECT, PRIOR))


def test_corners_are_compared_as_they_are_or_in_sizes_of_the_prior():
    """Corners move by (1, 0, -1, 1); the prior is 4 wide and 2 high."""
    box, prior = [[1, 0, 3, 3]], [[0, 0, 4, 2]]
    assert encode_ssd(box, prior, (1, 1, 0.5, 0.5), "corner").tolist() == [[1, 0, -2, 2]]
    assert encode_ssd(box, prior, (1, 1, 0.5, 0.5), "corner_size").tolist() == [[0.25, 0, -0.5, 1]]


def test_priors_may_have_variances_of_their_own():
    boxes, priors = np.repeat(OBJECT, 2, axis=0), np.repeat(PRIOR, 2, axis=0)
    deltas = encode_ssd(boxes, priors, [[0.1, 0.1, 0.2, 0.2], [1, 1, 1, 1]])
    assert deltas.round(6).tolist() == [[2, -0.5, 0.911608, -0.526803], [0.2, -0.05, 0.182322, -0.105361]]


def test_the_second_corner_may_be_the_first_plus_the_size():
    """ssd.pytorch: x2 = x1 + w. In binary the width 0.4 - 0.3 is a little more than 0.1."""
    first = dataclasses.replace(REFDET, coder=Coder(second_corner="first"))
    nothing, prior = np.zeros((1, 4)), [[0.3, 0.3, 0.4, 0.4]]
    assert decode_ssd(nothing, prior)[0, 2] == 0.4
    assert decode_ssd(nothing, prior, convention=first)[0, 2] == 0.39999999999999997


def test_the_steps_of_a_decoding():
    trace = decode_ssd.trace([[1, 1, 0, 0]], [[0, 0, 4, 2]], code="corner")
    assert [step.name for step in trace] == ["unscale", "apply"]
    assert trace[0].offsets.tolist() == [[[0.1, 0.1, 0, 0]]]


# Properties


@given(data=st.data(), count=st.integers(0, 6), code=st.sampled_from(CODES))
@pytest.mark.parametrize("convention", [REFDET, CAFFE], ids=["weights", "variances"])
def test_decoding_undoes_encoding(convention, data, count, code):
    boxes, priors = (data.draw(sized_boxes(count, np.float64)) for _ in range(2))
    variances = np.array(data.draw(st.lists(st.integers(1, 5), min_size=4 * count, max_size=4 * count))) / 10
    variances = variances.reshape(count, 4)
    deltas = encode_ssd(boxes, priors, variances, code, convention=convention)
    back = decode_ssd(deltas, priors, variances, code, convention=convention)
    assert close_boxes(np.vstack([back, priors]), np.vstack([boxes, priors]), "coders")


@given(boxes=sized_boxes(), code=st.sampled_from(CODES))
def test_dtype_and_shape_are_kept(boxes, code):
    deltas = encode_ssd(boxes, boxes, code=code)
    assert deltas.dtype == boxes.dtype and deltas.shape == boxes.shape and (deltas == 0).all()
    assert same_bits(decode_ssd.trace(deltas, boxes, code=code).result, decode_ssd(deltas, boxes, code=code))


@pytest.mark.parametrize("code", CODES)
def test_each_class_decodes_its_own_box(code):
    deltas = np.array([[1.0, 2, 0.5, 0], [0, 0, 1, -1]])
    apart = [decode_ssd(part[None], PRIOR, code=code) for part in deltas]
    assert same_bits(decode_ssd(deltas.reshape(1, 8), PRIOR, code=code), np.hstack(apart))


def test_nothing_encodes_and_decodes_to_nothing():
    for code in CODES:
        assert encode_ssd([], [], code=code).shape == decode_ssd([], [], code=code).shape == (0, 4)


def test_torchvision_bounds_the_size_and_corners_have_no_bound():
    wide = decode_ssd([[0, 0, 100, 0]], [[0, 0, 16, 16]], convention=TORCHVISION)[0]
    assert round(wide[2] - wide[0], 9) == 1000
    assert decode_ssd([[0, 0, 100, 0]], [[0, 0, 16, 16]], (1, 1, 1, 1), "corner")[0, 2] == 116


# Bad input


def test_another_code_is_refused():
    with pytest.raises(
        ValueError, match="code: 'center' came; wanted one of center_size, corner, corner_size"
    ):
        encode_ssd(OBJECT, PRIOR, code="center")


def test_sizes_matter_where_they_are_used():
    flat, good = [[0, 0, 0, 2]], [[0, 0, 2, 2]]
    with pytest.raises(ValueError, match="boxes: row 0"):
        encode_ssd(flat, good)
    assert encode_ssd(flat, good, (1, 1, 1, 1), "corner_size").tolist() == [[0, 0, -1, 0]]
    with pytest.raises(ValueError, match="priors: row 0"):
        encode_ssd(good, flat, code="corner_size")
    assert encode_ssd(good, flat, (1, 1, 1, 1), "corner").tolist() == [[0, 0, 2, 0]]


def test_variances_are_above_zero_and_as_many_as_priors():
    with pytest.raises(ValueError, match="variances: 0.0 came; wanted numbers above 0"):
        encode_ssd(OBJECT, PRIOR, (0.1, 0.1, 0.2, 0))
    with pytest.raises(ValueError, match=r"variances: shape is \(2, 4\); wanted \(4,\), or \(1, 4\)"):
        decode_ssd(np.zeros((1, 4)), PRIOR, np.ones((2, 4)))
