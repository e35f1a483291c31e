"""ENC-5 to ENC-8: boxes of the YOLO family. Errata: ERR-25 (whose centre), ERR-26 (sizes of v2)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES, same_bits, sized_boxes
from tolerances import close_boxes

from refdet import (
    box_convert,
    decode_yolov1,
    decode_yolov3,
    decode_yolov5,
    encode_yolov1,
    encode_yolov3,
    encode_yolov5,
    every_cell,
    grid_cell,
)

T = [[0.2, -0.3, 0.1, -0.2]]
PRIOR = [[3.19275, 4.00944]]


def centre_and_size(boxes):
    return box_convert(boxes, "xyxy", "cxcywh").round(6).tolist()


def offset_at(t, scale_x_y):
    """Where a centre lies in cell 0 that is decoded from tx = t."""
    return centre_and_size(decode_yolov3([[t, 0, 0, 0]], [[0, 0]], [[1, 1]], 1, scale_x_y))[0][0]


# By hand


def test_yolov1_places_in_the_cell_and_takes_roots():
    """(200, 300) in 7 cells of 64 pixels is (0.125, 0.6875) of cell (3, 4); 224 of 448 pixels is half."""
    targets, cells = encode_yolov1([[88, 188, 312, 412]], (448, 448))
    assert cells.tolist() == [[3, 4]]
    assert targets.tolist() == [[0.125, 0.6875, 0.5**0.5, 0.5**0.5]]


def test_yolov1_takes_columns_from_the_width_and_a_centre_on_the_last_edge_into_the_last_cell():
    targets, cells = encode_yolov1([[64, 0, 128, 64], [0, 0, 2, 128]], (64, 128), (2, 4))
    assert cells.tolist() == [[3, 1], [0, 1]] and targets[:, :2].tolist() == [[0, 0], [1 / 32, 1]]


def test_yolov1_squares_a_negative_root_too():
    boxes = decode_yolov1([[0.5, 0.5, -0.5, 0.5]], [[0, 0]], (64, 64), 1)
    assert boxes.tolist() == [[24, 24, 40, 40]]


def test_yolov2_in_cells_of_a_13_x_13_grid():
    boxes = decode_yolov3(T, [[6, 4]], PRIOR, 1)
    assert centre_and_size(boxes) == [[6.549834, 4.425557, 3.528534, 3.282652]]
    assert centre_and_size(boxes / 13) == [[0.503833, 0.340427, 0.271426, 0.252512]]


def test_yolov3_in_pixels_is_the_same_times_the_stride():
    boxes = decode_yolov3(T, [[6, 4]], np.array(PRIOR) * 32, 32)
    assert close_boxes(boxes, decode_yolov3(T, [[6, 4]], PRIOR, 1) * 32, "coders")


@pytest.mark.parametrize(
    ("scale_x_y", "t"), [(1.05, -3.713572), (1.1, -3.044522), (1.2, -2.397895), (2, -1.098612)]
)
def test_yolov4_reaches_the_edges_of_the_cell(scale_x_y, t):
    assert abs(offset_at(t, scale_x_y)) < 2e-6 and abs(offset_at(-t, scale_x_y) - 1) < 2e-6


def test_yolov4_passes_them_and_yolov3_never_reaches_them():
    assert (offset_at(4, 1.2), offset_at(-4, 1.2)) == (1.078417, -0.078417)
    assert (offset_at(-4, 1), offset_at(4, 1), offset_at(10, 1)) == (0.017986, 0.982014, 0.999955)


def test_new_coords_squares_what_has_passed_the_logistic():
    """0.5 is the middle of the cell, and the size of the anchor: 4 / 4."""
    boxes = decode_yolov3([[0.5, 0.5, 0.5, 1]], [[2, 1]], [[6, 4]], 8, 2, "new_coords")
    assert centre_and_size(boxes) == [[20, 12, 6, 16]]
    assert encode_yolov3(boxes, [[2, 1]], [[6, 4]], 8, 2, "new_coords").tolist() == [[0.5, 0.5, 0.5, 1]]


def test_an_exponent_counts_no_more_than_twenty():
    size = decode_yolov3([[0, 0, 1000, 20]], [[0, 0]], [[1, 1]], 1) @ [[-1, 0], [0, -1], [1, 0], [0, 1]]
    assert size[0, 0] == size[0, 1] == np.exp(20)


def test_yolov5_by_hand():
    """Offsets 2 s - 0.5 are .599668, .351115, multipliers (2 s)^2 are 1.102413, .810598."""
    boxes = decode_yolov5(T, [[6, 4]], [[1, 1]], 1)
    assert centre_and_size(boxes) == [[6.599668, 4.351115, 1.102413, 0.810598]]
    assert decode_yolov5([[0, 0, 0, 0]], [[2, 1]], [[20, 20]], 8).tolist() == [[10, 2, 30, 22]]


def test_yolov5_is_new_coords_of_the_logistic():
    share = 1 / (1 + np.exp(-np.array(T)))
    darknet = decode_yolov3(share, [[6, 4]], [[30, 61]], 16, 2, "new_coords")
    assert close_boxes(decode_yolov5(T, [[6, 4]], [[30, 61]], 16), darknet, "coders")


def test_what_no_output_means_gets_the_nearest():
    """The centre lies on the cell's corner, which v3 reaches at infinity alone; 5 anchors are too many for v5."""
    assert encode_yolov3([[7, 7, 9, 9]], [[1, 1]], [[2, 2]], 8).round(4).tolist() == [
        [-20.7233, -20.7233, 0, 0]
    ]
    assert encode_yolov5([[0, 0, 8, 10]], [[0, 0]], [[2, 2]], 8).round(4)[0, 3] == 20.7233


def test_a_whole_map_is_decoded_at_once():
    """(A, rows, columns, 4): the third anchor at row 1, column 2."""
    outputs, anchors = np.zeros((3, 2, 4, 4)), np.array([[10, 13], [16, 30], [33, 23]])
    boxes = decode_yolov3(outputs, every_cell((2, 4)), anchors[:, None, None], 8)
    assert boxes.shape == (3, 2, 4, 4) and boxes[2, 1, 2].tolist() == [3.5, 0.5, 36.5, 23.5]
    assert same_bits(decode_yolov5(outputs, every_cell((2, 4)), anchors[:, None, None], 8), boxes)


# Properties


@given(boxes=sized_boxes(dtype=np.float64), grid=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_yolov1_decoding_undoes_encoding(boxes, grid):
    boxes = boxes - boxes.min(initial=0)
    height, width = (
        int(np.ceil(side)) + 1 for side in (boxes[:, 3].max(initial=1), boxes[:, 2].max(initial=1))
    )
    targets, cells = encode_yolov1(boxes, (height, width), grid)
    assert close_boxes(decode_yolov1(targets, cells, (height, width), grid), boxes, "coders")


@given(boxes=sized_boxes(dtype=np.float64), stride=st.sampled_from([1, 8, 13.5]), data=st.data())
def test_yolo_decoding_undoes_encoding(boxes, stride, data):
    """Each box in the cell of its centre, moved a little from the cell's edges, with an anchor of about its size."""
    boxes = boxes - boxes.min(initial=0)
    side = int(boxes.max(initial=1) / stride) + 1
    centres = box_convert(boxes, "xyxy", "cxcywh")[:, :2] / (side * stride)
    cells, offsets = grid_cell(centres, side)
    boxes = boxes + np.tile((0.25 + offsets / 2 - offsets) * stride, 2)
    anchors = (boxes[:, 2:] - boxes[:, :2]) * data.draw(st.sampled_from([0.5, 1, 3]))
    rest = cells, anchors, stride
    assert close_boxes(decode_yolov5(encode_yolov5(boxes, *rest), *rest), boxes, "coders")
    for form in ((1.0, "exp"), (1.2, "exp"), (2.0, "new_coords")):
        assert close_boxes(decode_yolov3(encode_yolov3(boxes, *rest, *form), *rest, *form), boxes, "coders")


@given(count=st.integers(0, 4), dtype=DTYPES)
def test_dtype_and_shape_are_kept_and_the_trace_agrees(count, dtype):
    outputs, cells = np.full((count, 4), 0.5, dtype), np.zeros((count, 2), np.int64)
    anchors = np.ones((count, 2), dtype)
    calls = [
        (decode_yolov1, (outputs, cells, (64, 64))),
        (decode_yolov3, (outputs, cells, anchors, 8)),
        (decode_yolov5, (outputs, cells, anchors, 8)),
    ]
    for function, arguments in calls:
        boxes = function(*arguments)
        assert boxes.dtype == dtype and boxes.shape == (count, 4)
        assert same_bits(function.trace(*arguments).result, boxes)
    boxes = np.tile(np.array([1, 1, 2, 2], dtype), (count, 1))
    assert encode_yolov1(boxes, (8, 8))[0].dtype == encode_yolov5(boxes, cells, anchors, 8).dtype == dtype
    assert encode_yolov3(boxes, cells, anchors, 8, 1.2).dtype == dtype


def test_nothing_encodes_and_decodes_to_nothing():
    assert [part.shape for part in encode_yolov1([], (8, 8))] == [(0, 4), (0, 2)]
    assert decode_yolov1([], [], (8, 8)).shape == encode_yolov3([], [], [], 8).shape == (0, 4)
    assert decode_yolov5([], [], [], 8).shape == (0, 4)


# Bad input


def test_a_box_without_size_or_with_its_centre_outside_is_named():
    with pytest.raises(ValueError, match=r"boxes: row 0 is .*; wanted a width and a height above 0"):
        encode_yolov5([[1, 1, 1, 2]], [[0, 0]], [[1, 1]], 8)
    with pytest.raises(
        ValueError, match=r"boxes: row 1 is .*; wanted a centre within the image of 8 x 4 pixels"
    ):
        encode_yolov1([[0, 0, 1, 1], [0, 3, 2, 7]], (4, 8))


def test_cells_lie_in_the_grid_and_fit_the_outputs():
    with pytest.raises(
        ValueError, match=r"cells: row 0 is \[0, 7\]; wanted column, row in 7 columns, 7 rows"
    ):
        decode_yolov1([[0, 0, 1, 1]], [[0, 7]], (8, 8))
    with pytest.raises(ValueError, match=r"cells: shape is \(3, 2\); wanted one that broadcasts to \(2, 2\)"):
        decode_yolov5(np.zeros((2, 4)), np.zeros((3, 2), int), [[1, 1]], 8)
    with pytest.raises(TypeError, match="cells: dtype is float64; wanted integers, column, row"):
        decode_yolov5(np.zeros((2, 4)), np.zeros((2, 2)), [[1, 1]], 8)


def test_anchors_strides_and_forms_are_what_they_must_be():
    box, cell = [[0, 0, 1, 1]], [[0, 0]]
    with pytest.raises(ValueError, match=r"anchors: 0.0 came; wanted widths and heights above 0"):
        encode_yolov5(box, cell, [[1, 0]], 8)
    with pytest.raises(ValueError, match="stride: -8.0 came; wanted a finite number above 0"):
        encode_yolov5(box, cell, [[1, 1]], -8)
    with pytest.raises(ValueError, match="form: 'sigmoid' came; wanted one of exp, new_coords"):
        decode_yolov3(box, cell, [[1, 1]], 8, form="sigmoid")
    with pytest.raises(ValueError, match="scale_x_y: 0.0 came"):
        decode_yolov3(box, cell, [[1, 1]], 8, 0)
    with pytest.raises(ValueError, match=r"outputs: row 0 is \[nan, 0.0, 0.0, 0.0\]; wanted finite numbers"):
        decode_yolov3([[np.nan, 0, 0, 0]], cell, [[1, 1]], 8)
