"""ENC-3: targets with mean 0 and deviation 1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from strategies import same_bits
from tolerances import close

from refdet import delta_statistics, denormalize_deltas, encode_rcnn, normalize_deltas

# By hand


def test_less_the_mean_over_the_deviation():
    assert normalize_deltas([[3, 1, 4, 0]], (1, 1, 2, 0), (2, 1, 4, 0.5)).tolist() == [[1, 0, 0.5, 0]]
    assert denormalize_deltas([[1, 0, 0.5, 0]], (1, 1, 2, 0), (2, 1, 4, 0.5)).tolist() == [[3, 1, 4, 0]]


def test_faster_r_cnns_defaults_are_torchvisions_weights():
    proposals, boxes = [[75, 60, 125, 140]], [[80, 60, 140, 132]]
    weighted = encode_rcnn(boxes, proposals, (10, 10, 5, 5))
    assert close(normalize_deltas(encode_rcnn(boxes, proposals)), weighted, "round trip")


def test_a_deviation_of_nothing_is_one():
    assert normalize_deltas([[2, 2, 2, 2]], (1, 1, 1, 1), (0, 0, 1, 2)).tolist() == [[1, 1, 1, 0.5]]


def test_classes_have_means_of_their_own():
    deltas, means, stds = [[1, 1, 1, 1, 5, 5, 5, 5]], [[1] * 4, [3] * 4], [[1] * 4, [2] * 4]
    assert normalize_deltas(deltas, means, stds).tolist() == [[0, 0, 0, 0, 1, 1, 1, 1]]


def test_statistics_of_two_classes():
    """Class 0 has 1 and 3: mean 2, deviation 1. Class 1 has one row, class 2 none."""
    means, stds = delta_statistics([[1, 0, 0, 0], [3, 0, 0, 4], [7, 7, 7, 7]], [0, 0, 1], 3)
    assert means.tolist() == [[2, 0, 0, 2], [7, 7, 7, 7], [0, 0, 0, 0]]
    assert stds.tolist() == [[1, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0]]


# Properties


@given(deltas=arrays(np.float64, (5, 8), elements=st.integers(-9, 9)), mean=st.integers(-3, 3))
def test_one_undoes_the_other(deltas, mean):
    means, stds = np.full(4, mean / 4), (0.1, 0.1, 0.2, 0.2)
    back = denormalize_deltas(normalize_deltas(deltas, means, stds), means, stds)
    assert close(back + 20, deltas + 20, "round trip")


@given(deltas=arrays(np.float64, (6, 4), elements=st.integers(-9, 9)))
def test_normalised_by_their_statistics_they_have_mean_0_and_deviation_1_or_0(deltas):
    means, stds = delta_statistics(deltas, np.zeros(6, int), 1)
    normal = normalize_deltas(deltas, means, stds)
    wanted = np.where(stds[0] == 0, 0, 1)
    assert close(1 + normal.mean(axis=0), np.ones(4), "round trip")
    assert close(normal.std(axis=0), wanted, "float64 sums")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept_and_nothing_stays_nothing(dtype):
    for function in (normalize_deltas, denormalize_deltas):
        assert function(np.zeros((3, 8), dtype)).dtype == dtype
        assert function([]).shape == (0, 4) and function(np.zeros((0, 84))).shape == (0, 84)
    assert [part.shape for part in delta_statistics([], [], 2)] == [(2, 4), (2, 4)]
    trace = normalize_deltas.trace(np.ones((1, 4), dtype))
    assert [step.name for step in trace] == ["centre", "divide"]
    assert same_bits(trace.result, normalize_deltas(np.ones((1, 4), dtype)))


# Bad input


def test_what_is_wrong_is_named():
    with pytest.raises(ValueError, match=r"deltas: shape is \(1, 5\)"):
        normalize_deltas(np.zeros((1, 5)))
    with pytest.raises(ValueError, match=r"means: 8 numbers came; wanted 4, or \(K, 4\) for K = 3 classes"):
        normalize_deltas(np.zeros((1, 12)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match="stds: -1.0 came; wanted 0 or more"):
        normalize_deltas(np.zeros((1, 4)), stds=(1, 1, 1, -1))
    with pytest.raises(ValueError, match="labels: row 1 is 2; wanted 0 to 1"):
        delta_statistics(np.zeros((2, 4)), [0, 2], 2)
