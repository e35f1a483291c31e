"""BOX-5: where an image and its boxes lie on a canvas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import same_bits, sized_boxes
from tolerances import close, close_boxes

from refdet import letterbox, letterbox_boxes, unletterbox_boxes
from refdet.boxes.letterbox import FORMS, Letterbox

SIDES = st.integers(1, 2000)

# By hand


@pytest.mark.parametrize("form", FORMS)
def test_the_worked_example(form):
    """640 x 480 on 416 x 416: 0.65 as large, 416 x 312, and 52 above and below."""
    mapping = letterbox((480, 640), (416, 416), form)
    assert mapping.new_size == (312, 416) and mapping.borders == (52, 52, 0, 0)
    assert mapping.scale == (0.65, 0.65) and mapping.offset == (0, 52) and mapping.canvas == (416, 416)
    assert letterbox_boxes([[0, 0, 640, 480]], mapping).tolist() == [[0, 52, 416, 364]]


def test_each_form_rounds_in_its_own_way():
    """427 x 640 on 416 x 416: 0.65 as large, so 277.55 rows, of which 138.45 are left over."""
    exact, yolov5, darknet = (letterbox((427, 640), (416, 416), form) for form in FORMS)
    assert exact.new_size == (277.55, 416) and round(exact.offset[1], 9) == 69.225
    assert yolov5.new_size == (278, 416) and yolov5.borders == (69, 69, 0, 0) and yolov5.scale == (0.65, 0.65)
    assert darknet.new_size == (277, 416) and darknet.borders == (69, 70, 0, 0)
    assert darknet.scale == (0.65, 277 / 427) and darknet.offset == (0, 69.5)


def test_yolov5_rounds_half_to_even_and_gives_the_odd_pixel_to_the_bottom():
    """5 rows at 0.5 are 2.5, which Python rounds to 2; 7 are 3.5, rounded to 4. 3 left over are 1 and 2."""
    assert letterbox((5, 16), (8, 8), "yolov5").new_size == (2, 8)
    assert letterbox((7, 16), (8, 8), "yolov5").new_size == (4, 8)
    odd = letterbox((10, 16), (8, 8), "yolov5")
    assert odd.borders == (1, 2, 0, 0) and odd.offset == (0, 1.5)


def test_with_a_stride_the_canvas_shrinks_by_whole_strides():
    """640 x 480 on 640 x 640 at stride 32: 160 left over are five strides, so nothing is padded."""
    assert letterbox((480, 640), (640, 640), "yolov5", stride=32).canvas == (480, 640)
    assert letterbox((470, 640), (640, 640), "yolov5", stride=32).borders == (5, 5, 0, 0)


def test_a_small_image_grows_unless_it_may_not():
    assert letterbox((10, 20), (40, 40)).scale == (2, 2)
    still = letterbox((10, 20), (40, 40), scaleup=False)
    assert still.scale == (1, 1) and still.borders == (15, 15, 10, 10)
    assert letterbox((80, 20), (40, 40), scaleup=False).scale == (0.5, 0.5)


def test_the_steps():
    trace = letterbox.trace((480, 640), (416, 416))
    assert [step.name for step in trace] == ["fit", "resize", "pad"]
    assert trace[1].note == "it becomes (312.0, 416.0) pixels high and wide"


# Properties


@given(
    boxes=sized_boxes(),
    size=st.tuples(SIDES, SIDES),
    canvas=st.tuples(SIDES, SIDES),
    form=st.sampled_from(FORMS),
)
def test_the_way_back_undoes_the_way_there(boxes, size, canvas, form):
    boxes = boxes.astype(np.float64)
    try:
        mapping = letterbox(size, canvas, form)
    except ValueError as error:
        assert "wanted a pixel at least" in str(error) and form != "exact"
        return
    back = unletterbox_boxes(letterbox_boxes(boxes, mapping), mapping)
    # Subtracting the offset costs what it is larger than the box.
    span = 1 + max(mapping.offset) / min(mapping.scale) / max(1.0, np.abs(boxes).max(initial=0))
    assert close_boxes(boxes + (back - boxes) / span, boxes, "coders")


@given(size=st.tuples(SIDES, SIDES), canvas=st.tuples(SIDES, SIDES), stride=st.none() | st.integers(1, 64))
def test_the_image_touches_two_sides_and_is_in_the_middle(size, canvas, stride):
    mapping = letterbox(size, canvas, stride=stride)
    corners = letterbox_boxes([[0, 0, size[1], size[0]]], mapping)[0]
    middle = np.array([mapping.canvas[1], mapping.canvas[0]]) / 2
    assert close((corners[:2] + corners[2:]) / 2, middle, "round trip")
    assert min(mapping.borders[:2]) == 0 or min(mapping.borders[2:]) == 0
    assert min(mapping.borders) >= 0
    assert all(side == whole or stride for side, whole in zip(mapping.canvas, canvas, strict=True))


@given(boxes=sized_boxes())
def test_dtype_is_kept_and_the_trace_agrees(boxes):
    mapping = letterbox((480, 640), (416, 416))
    for function in (letterbox_boxes, unletterbox_boxes):
        result = function(boxes, mapping)
        assert result.dtype == boxes.dtype and same_bits(function.trace(boxes, mapping).result, result)
        assert function([], mapping).shape == (0, 4)


# Bad input


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match=r"size: \(1, 10000\) came; scaled to \(416, 416\) it is \(0, 416\)"):
        letterbox((1, 10000), (416, 416), "yolov5")
    with pytest.raises(ValueError, match="form: 'torch' came; wanted one of exact, yolov5, darknet"):
        letterbox((4, 4), (4, 4), "torch")
    with pytest.raises(ValueError, match="stride: 0 came"):
        letterbox((4, 4), (4, 4), stride=0)
    with pytest.raises(TypeError, match="scaleup: 1 came; wanted True or False"):
        letterbox((4, 4), (4, 4), scaleup=1)
    with pytest.raises(TypeError, match=r"mapping: \(0.5, 0.5\) came; wanted what letterbox"):
        letterbox_boxes([[0, 0, 1, 1]], (0.5, 0.5))
    whole = dict(letterbox((4, 4), (4, 4)).__dict__)
    for wrong in ({"scale": (1.0, 0.0)}, {"scale": (np.inf, 1.0)}, {"offset": (0.0, -np.inf)}):
        with pytest.raises(ValueError, match="wanted finite numbers, and scales above 0"):
            Letterbox(**whole | wrong)
    with pytest.raises(TypeError, match=r"Letterbox.offset: .* came; wanted a tuple of 2 numbers"):
        Letterbox(**whole | {"offset": [0.0, 0.0]})
    with pytest.raises(ValueError, match=r"boxes: row 0 is \[0.0, nan, 1.0, 1.0\]; wanted finite numbers"):
        unletterbox_boxes([[0, np.nan, 1, 1]], letterbox((4, 4), (4, 4)))
