"""PNG files that other readers read."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from refdet.report.png import data_uri, png

SIDES = st.integers(1, 9)


def test_one_white_pixel_by_hand():
    """Signature, then IHDR: width 1, height 1, 8 bits, grey."""
    file = png(np.array([[255]], np.uint8))
    assert file[:8] == b"\x89PNG\r\n\x1a\n"
    assert file[8:29] == b"\x00\x00\x00\rIHDR" + b"\x00\x00\x00\x01" * 2 + b"\x08\x00\x00\x00\x00"
    assert file.endswith(b"IEND\xaeB`\x82")


@given(data=st.data())
def test_pillow_reads_back_every_pixel(data):
    pillow = pytest.importorskip("PIL.Image")
    colours = data.draw(st.sampled_from([(), (3,)]))
    shape = (data.draw(SIDES), data.draw(SIDES), *colours)
    image = data.draw(arrays.arrays(np.uint8, shape))
    view = image[::-1, ::-1]  # negative strides
    assert np.array_equal(np.asarray(pillow.open(io.BytesIO(png(view)))), view)


def test_the_uri_holds_the_file():
    image = np.zeros((2, 3), np.uint8)
    head, _, body = data_uri(image).partition(",")
    assert head == "data:image/png;base64" and base64.b64decode(body) == png(image)


@pytest.mark.parametrize("shape", [(4,), (0, 3), (3, 0), (2, 2, 4), (2, 2, 1), (1, 2, 2, 3)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="wanted \\(H, W\\) or \\(H, W, 3\\) with at least one pixel"):
        png(np.zeros(shape, np.uint8))


def test_other_dtypes_are_refused():
    with pytest.raises(TypeError, match="image: dtype is float64; wanted uint8"):
        png(np.zeros((2, 2)))
