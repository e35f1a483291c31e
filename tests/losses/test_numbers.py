"""LOSS-3, LOSS-4: squared error, absolute error, smooth L1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet.losses import (
    l1_loss,
    l1_loss_backward,
    smooth_l1_loss,
    smooth_l1_loss_backward,
    squared_error,
    squared_error_backward,
)

ZEROS = np.zeros(7)
X = np.array([0, 0.5, -0.5, 1, -1, 2, -2])

# By hand


def test_squares_and_halves_of_them():
    assert squared_error([1, 5], [3, 2]).tolist() == [4, 9]
    assert squared_error([1, 5], [3, 2], reduction="sum") == 13
    assert squared_error([1, 5], [3, 2], half=True).tolist() == [2, 4.5]
    assert squared_error_backward([1, 2], [1, 5], [3, 2]).tolist() == [-4, 12]
    assert squared_error_backward([1, 2], [1, 5], [3, 2], half=True).tolist() == [-2, 6]


def test_sizes_of_differences():
    assert l1_loss([1, 5], [3, 2]).tolist() == [2, 3] and l1_loss([1, 5], [3, 2], reduction="sum") == 5
    assert l1_loss_backward([1, 2, 1], [1, 5, 7], [3, 2, 7]).tolist() == [-1, 2, 0]


def test_smooth_l1_by_hand():
    """0 -> 0, 1/2 -> 1/8, 1 -> 1/2, 2 -> 3/2; with sigma 3: 1/2 -> 1/2 - 1/18, 2 -> 2 - 1/18."""
    assert smooth_l1_loss(X, ZEROS).tolist() == [0, 0.125, 0.125, 0.5, 0.5, 1.5, 1.5]
    assert smooth_l1_loss_backward(np.ones(7), X, ZEROS).tolist() == [0, 0.5, -0.5, 1, -1, 1, -1]
    sharp = smooth_l1_loss(X, ZEROS, sigma=3)
    assert close(sharp[[1, 5]], [0.444444, 1.944444], "six digits")
    assert close(sharp[[1, 5]], [1 / 2 - 1 / 18, 2 - 1 / 18], "float64 sums")
    within = smooth_l1_loss([1 / 18], [0], sigma=3)  # 0.5 * 9 / 18^2
    assert close(within, [1 / 72], "float64 sums")
    assert close(smooth_l1_loss_backward([1], [1 / 18], [0], sigma=3), [0.5], "float64 sums")


def test_a_difference_without_its_square_is_no_loss():
    """ERR-27: unsquared it is negative on one side, without a least value; squared it is least at the target."""
    predicted = np.array([-10.0, 0, 10])
    assert (predicted - 0).min() == -10
    assert squared_error(predicted, np.zeros(3)).tolist() == [100, 0, 100]
    assert squared_error_backward(np.ones(3), predicted, np.zeros(3)).tolist() == [-20, 0, 20]


# Properties

NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=6)


@given(inputs=NUMBERS, sigma=st.sampled_from([0.5, 1, 2, 3, 10]))
def test_sigma_and_beta_say_the_same(inputs, sigma):
    given_both = smooth_l1_loss(inputs, np.zeros(len(inputs)), sigma=sigma)
    assert np.array_equal(given_both, smooth_l1_loss(inputs, np.zeros(len(inputs)), 1 / sigma**2))


# Squares of smaller numbers than 1e-100 lie near the subnormal ones, where rounding is no longer relative.
SIZES = st.lists(st.just(0.0) | st.floats(1e-100, 1e6), min_size=1, max_size=6)


@given(inputs=SIZES, beta=st.sampled_from([0.25, 1, 3]), sign=st.sampled_from([-1, 1]))
def test_smooth_l1_is_half_the_square_near_and_less_than_the_size_far(inputs, beta, sign):
    inputs, zeros = sign * np.array(inputs), np.zeros(len(inputs))
    smooth, size = smooth_l1_loss(inputs, zeros, beta), l1_loss(inputs, zeros)
    far = size >= beta
    assert close(smooth[far], size[far] - beta / 2, "round trip")
    assert close(smooth[~far], size[~far] ** 2 / (2 * beta), "round trip")
    assert (np.abs(smooth_l1_loss_backward(np.ones(len(inputs)), inputs, zeros, beta)) <= 1).all()


@given(inputs=NUMBERS)
def test_beta_of_nothing_is_the_size(inputs):
    zeros = np.zeros(len(inputs))
    assert np.array_equal(smooth_l1_loss(inputs, zeros, 0), l1_loss(inputs, zeros))
    slopes = [
        f(np.ones(len(inputs)), inputs, zeros, *b)
        for f, b in ((smooth_l1_loss_backward, (0,)), (l1_loss_backward, ()))
    ]
    assert np.array_equal(*slopes)


def test_value_and_slope_meet_where_the_parts_do():
    for beta in (0.25, 1 / 9, 1, 3):
        around = np.array([np.nextafter(beta, 0), beta, np.nextafter(beta, 9)])
        assert close(smooth_l1_loss(around, np.zeros(3), beta), np.full(3, beta / 2), "float64 sums")
        assert close(
            smooth_l1_loss_backward(np.ones(3), around, np.zeros(3), beta), np.ones(3), "float64 sums"
        )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_largest_numbers_that_are_let_in_have_squares(dtype):
    largest = dtype(2.0 ** (np.finfo(dtype).maxexp // 4))
    pair = np.array([largest] * 4), np.array([-largest] * 4)
    for loss, backward in (
        (squared_error, squared_error_backward),
        (smooth_l1_loss, smooth_l1_loss_backward),
    ):
        value = loss(*pair, weights=largest, reduction="sum")
        assert np.isfinite(value) and value.dtype == dtype
        assert np.isfinite(backward(largest, *pair, weights=largest, reduction="sum")).all()


# Bad input


def test_numbers_whose_squares_overflow_are_refused():
    with pytest.raises(ValueError, match=r"inputs: row 1 is .*; wanted numbers from -4.29e\+09 to 4.29e\+09"):
        squared_error(np.float32([0, 1e10]), np.float32([0, 0]))
    with pytest.raises(ValueError, match="targets: row 0 is inf"):
        l1_loss([0.0], [np.inf])


def test_different_shapes_are_refused():
    """PyTorch repeats one of them with a warning."""
    with pytest.raises(ValueError, match=r"targets: shape is \(2,\); wanted \(2, 1\), that of inputs"):
        squared_error([[1.0], [2.0]], [1.0, 2.0])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"beta": -1}, "beta: -1.0 came; wanted a number from 0 to"),
        ({"sigma": 0}, "sigma: 0.0 came; wanted a number from"),
        ({"beta": 1, "sigma": 1}, "sigma: 1 came with beta 1; wanted one of them, beta = 1 / sigma"),
        ({"reduction": None}, "reduction: None came; wanted one of none, sum"),
    ],
)
def test_odd_options_are_refused(change, text):
    with pytest.raises(ValueError, match=text):
        smooth_l1_loss([0.0], [1.0], **change)


def test_half_is_yes_or_no():
    with pytest.raises(TypeError, match="half: 1 came; wanted True or False"):
        squared_error([0.0], [1.0], half=1)
