"""LOSS-2, LOSS-23: binary cross-entropy, focal loss and quality focal loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet.boxes.logistic import sigmoid, softplus
from refdet.losses import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    quality_focal_loss,
    quality_focal_loss_backward,
    sigmoid_focal_loss,
    sigmoid_focal_loss_backward,
)

LN = np.log
Z = LN(3)  # probability 3/4
PAIRS = [
    (binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward),
    (sigmoid_focal_loss, sigmoid_focal_loss_backward),
    (quality_focal_loss, quality_focal_loss_backward),
]

# By hand


def test_the_loss_is_how_improbable_the_answer_was():
    found = binary_cross_entropy_with_logits([0, Z, Z, -Z], [1, 1, 0, 0])
    assert close(found, [LN(2), LN(4 / 3), LN(4), LN(4 / 3)], "float64 sums")


def test_the_gradient_is_probability_minus_target():
    found = binary_cross_entropy_with_logits_backward([1, 1, 2], [Z, Z, Z], [1, 0, 0.5])
    assert close(found, [-0.25, 0.75, 2 * 0.25], "float64 sums")


def test_a_dearer_yes():
    """Three times ln 4/3 for yes; ln 4 for no, as before; half and half between."""
    found = binary_cross_entropy_with_logits([Z, Z, Z], [1, 0, 0.5], pos_weight=3)
    assert close(found, [3 * LN(4 / 3), LN(4), (3 * LN(4 / 3) + LN(4)) / 2], "float64 sums")
    slope = binary_cross_entropy_with_logits_backward([1, 1], [Z, Z], [1, 0], pos_weight=[3, 3])
    assert close(slope, [-0.75, 0.75], "float64 sums")


def test_the_logit_is_given_and_not_the_probability():
    """The notes write BCE(sigma(p), y): sigma is taken here. Of a probability of 3/4 it would be taken twice."""
    right, twice = binary_cross_entropy_with_logits([Z, 0.75], [1, 1])
    assert close(right, -LN(0.75), "float64 sums") and close(twice, LN(1 + np.exp(-0.75)), "float64 sums")


def test_focal_loss_of_what_is_three_quarters_right():
    """(1/4)^2 ln 4/3; a quarter of it for yes, three quarters for no; with 1/4 right it is (3/4)^2 ln 4."""
    plain = sigmoid_focal_loss([Z, -Z, -Z], [1, 0, 1], None, 2)
    assert close(plain, [LN(4 / 3) / 16, LN(4 / 3) / 16, LN(4) * 9 / 16], "float64 sums")
    assert close(
        sigmoid_focal_loss([Z, -Z], [1, 0], gamma=2), [LN(4 / 3) / 64, LN(4 / 3) * 3 / 64], "float64 sums"
    )
    assert close(sigmoid_focal_loss([Z], [1]), [LN(4 / 3) / 32], "float64 sums")  # (1/4)^1.5 = 1/8, a = 1/4


def test_a_balance_of_nothing_leaves_the_noes():
    for loss in (sigmoid_focal_loss, quality_focal_loss):
        assert close(loss([Z, -Z], [1, 0], alpha=0, gamma=2), [0, LN(4 / 3) / 16], "float64 sums")
        assert close(loss([Z, -Z], [1, 0], alpha=1, gamma=2), [LN(4 / 3) / 16, 0], "float64 sums")


def test_the_gradient_of_focal_loss():
    """y = 1, p = 3/4, g = 2: -m^g (g p L + m) = -(1/16) (3/2 ln 4/3 + 1/4)."""
    expected = -(1.5 * LN(4 / 3) + 0.25) / 16
    assert close(sigmoid_focal_loss_backward([1], [Z], [1], None, 2), [expected], "float64 sums")
    assert close(sigmoid_focal_loss_backward([1], [-Z], [0], None, 2), [-expected], "float64 sums")


def test_quality_is_right_where_the_probability_is_the_target():
    assert quality_focal_loss([0.0], [0.5]).tolist() == [0]
    found = quality_focal_loss([Z], [0.25], None, 2)  # 1/2 off; B = 1/4 ln 4/3 + 3/4 ln 4
    assert close(found, [(LN(4 / 3) + 3 * LN(4)) / 16], "float64 sums")


# Properties


@given(z=st.floats(-40, 40), y=st.floats(0, 1))
def test_it_is_the_textbook_formula(z, y):
    """max(z, 0) - z y + ln(1 + exp(-|z|))."""
    textbook = max(z, 0) - z * y + np.log1p(np.exp(-abs(z)))
    assert close(binary_cross_entropy_with_logits([z], [y]), [textbook], "float64 sums")


@given(z=st.floats(-1e4, 1e4), y=st.floats(0, 1), gamma=st.sampled_from([0, 0.5, 1, 1.5, 2, 5]))
def test_focal_losses_lie_between_nothing_and_the_entropy(z, y, gamma):
    entropy = binary_cross_entropy_with_logits([z], [y])
    for focal in (sigmoid_focal_loss, quality_focal_loss):
        assert 0 <= focal([z], [y], None, gamma)[0] <= entropy[0]
        assert np.array_equal(focal([z], [y], None, 0), entropy)


@given(z=st.floats(-40, 40), y=st.sampled_from([0, 1]), gamma=st.sampled_from([0.5, 1, 1.5, 2]))
def test_quality_focal_loss_of_yes_and_no_is_focal_loss(z, y, gamma):
    assert np.array_equal(
        quality_focal_loss([z], [y], gamma=gamma), sigmoid_focal_loss([z], [y], gamma=gamma)
    )
    both = [f([1], [z], [y], gamma=gamma) for f in (quality_focal_loss_backward, sigmoid_focal_loss_backward)]
    assert close(*both, "float64 sums")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("gamma", [0, 0.5, 1.5, 2])
def test_logits_of_ten_thousand_and_answers_that_round_to_certain_have_a_gradient(dtype, gamma):
    """With gamma 0.5 autograd has infinity times 0, NaN, from a logit of 17 on in float32 and 37 in float64."""
    logits = np.array([-1e4, -40, -17.5, 0, 17.5, 40, 1e4], dtype)
    for y in (0, 1, 0.25):
        targets = np.full(7, y, dtype)
        for loss, backward in PAIRS[1:]:
            assert np.isfinite(loss(logits, targets, gamma=gamma)).all()
            assert np.isfinite(backward(np.ones(7), logits, targets, gamma=gamma)).all()
        assert np.isfinite(binary_cross_entropy_with_logits(logits, targets)).all()
    assert binary_cross_entropy_with_logits(logits[[0, -1]], [1, 1]).tolist() == [1e4, 0]


def test_a_tiny_gradient_is_not_rounded_to_nothing():
    """exp(-40): 1 - s(40) would be 0."""
    found = binary_cross_entropy_with_logits_backward([1], [40.0], [1])
    assert close(found, [-np.exp(-40)], "slope")


@given(z=st.floats(-40, 40))
def test_softplus_is_the_integral_of_the_logistic_function(z):
    assert close(softplus([z]) - softplus([-z]), [z], "float64 sums") and softplus([z])[0] >= max(z, 0)
    slope = (softplus([z + 1e-6]) - softplus([z - 1e-6])) / 2e-6
    assert close(slope, sigmoid([z]), "slope")


# Bad input


@pytest.mark.parametrize(("loss", "backward"), PAIRS)
def test_targets_outside_no_and_yes_are_refused(loss, backward):
    first = "logits" if loss is binary_cross_entropy_with_logits else "inputs"
    with pytest.raises(ValueError, match="targets: row 0 is 1.5; wanted numbers from 0 to 1"):
        loss([0.0], [1.5])
    with pytest.raises(ValueError, match=rf"targets: shape is \(2,\); wanted \(1,\), that of {first}"):
        backward([1], [0.0], [1, 1])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"alpha": 2}, "alpha: 2.0 came; wanted a number from 0 to 1"),
        ({"alpha": -1}, "alpha: -1.0 came"),
        ({"gamma": -0.5}, "gamma: -0.5 came; wanted a number from 0"),
    ],
)
def test_odd_numbers_are_refused(change, text):
    for loss in (sigmoid_focal_loss, quality_focal_loss):
        with pytest.raises(ValueError, match=text):
            loss([0.0], [1], **change)


def test_a_negative_weight_of_yes_is_refused():
    with pytest.raises(ValueError, match="pos_weight: -1.0; wanted numbers from 0"):
        binary_cross_entropy_with_logits([0.0], [1], pos_weight=-1)
