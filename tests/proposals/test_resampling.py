"""Images of another size, by linear interpolation (PROP-2, ROI-1)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet.proposals.resampling import interpolation_weights, resized

# By hand


def test_twice_as_many_pixels():
    """The new middles lie at -1/4, 1/4, 3/4, 5/4; beyond the outermost ones the pixel is repeated."""
    row = np.array([[[0.0], [4]]])
    assert resized(row, 1, 4, antialias=False)[0, :, 0].tolist() == [0, 1, 3, 4]
    assert resized(row, 1, 4, antialias=True)[0, :, 0].tolist() == [0, 1, 3, 4]


def test_half_as_many_pixels_with_and_without_a_mean():
    """The new middles lie at 1/2 and 5/2. Over two pixels each way 0, 2, 4 have the weights 3/4, 3/4 and 1/4."""
    row = np.array([[[0.0], [2], [4], [6]]])
    assert resized(row, 1, 2, antialias=False)[0, :, 0].tolist() == [1, 5]
    assert close(resized(row, 1, 2, antialias=True)[0, :, 0], [2.5 / 1.75, 6 - 2.5 / 1.75], "float64 sums")


def test_rows_and_columns_go_their_own_ways():
    image = np.arange(6.0).reshape(2, 3, 1)
    assert resized(image, 1, 3, antialias=False)[..., 0].tolist() == [[1.5, 2.5, 3.5]]
    assert resized(image, 2, 1, antialias=False)[..., 0].tolist() == [[1], [4]]


# Properties


@given(st.integers(1, 12), st.integers(1, 12), st.booleans())
def test_weights_are_shares_and_mirror_each_other(length, count, antialias):
    weights = interpolation_weights(length, count, antialias=antialias)
    assert weights.shape == (count, length) and (weights >= 0).all()
    assert close(weights.sum(axis=1), np.ones(count), "float64 sums")
    assert close(weights, weights[::-1, ::-1], "float64 sums")


@given(st.integers(1, 8), st.integers(1, 8), st.booleans())
def test_the_same_size_is_the_same_image(height, width, antialias):
    image = np.random.default_rng(0).random((height, width, 2)).astype(np.float32)
    assert resized(image, height, width, antialias=antialias) is image
    assert close(interpolation_weights(height, height, antialias=antialias), np.eye(height), "float64 sums")
