"""The logistic and its inverse, which ENC-6 bounds at logit(1e-9)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import DTYPES
from tolerances import close

from refdet.boxes.logistic import FARTHEST, logit, sigmoid


def test_values_by_hand():
    assert sigmoid([-10, -4, 0, 4, 10]).round(9).tolist() == [
        0.000045398,
        0.01798621,
        0.5,
        0.98201379,
        0.999954602,
    ]
    assert logit([0.5, 0.75]).tolist() == [0, np.log(3)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_ends_are_finite_and_far_values_saturate(dtype):
    ends = logit(np.array([-1, 0, 1e-12, 1, 7], dtype))
    assert ends.dtype == dtype and ends.tolist() == [dtype(sign * FARTHEST) for sign in (1, 1, 1, -1, -1)]
    assert sigmoid(np.array([-np.inf, -1e30, 1e30, np.inf], dtype)).tolist() == [0, 0, 1, 1]
    assert np.isnan(sigmoid([np.nan])).all() and np.isnan(logit([np.nan])).all()


@given(x=st.integers(-200, 40))
def test_one_undoes_the_other(x):
    """Up to 4: near 1 the logistic has lost what the logit would need."""
    assert close(1 + abs(logit(sigmoid([x / 10])) - x / 10), 1, "round trip")


@given(x=st.integers(-200, 200), dtype=DTYPES)
def test_the_logistic_of_the_opposite_is_the_rest(x, dtype):
    p, rest = sigmoid(np.array([x / 10, -x / 10], dtype))
    assert type(p) is dtype and close(p + rest, 1, "libm float32")


def test_other_than_real_numbers_are_refused():
    with pytest.raises(TypeError, match="x: dtype is complex128"):
        sigmoid(np.zeros(1, complex))
    with pytest.raises(TypeError, match="p: dtype is bool"):
        logit([True])
