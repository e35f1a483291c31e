"""The steps of single losses show what stands in their formulas, and change no bit of the result."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loss_draws import TERMS
from strategies import same_bits
from tolerances import close

from refdet import losses
from refdet.losses.softmax import log_softmax, softmax
from refdet.ops.overlaps import aligned_generalized_box_iou

# By hand

THIRD = np.log([[1.0, 3.0]])  # probabilities 1/4 and 3/4


def test_softmax_shifts_sums_and_subtracts():
    shift, total, subtract, exponentiate = softmax.trace(THIRD)
    assert close(shift.below, [[-np.log(3), 0]], "six digits") and close(total.total, 4 / 3, "six digits")
    assert close(subtract.log_probs, np.log([[0.25, 0.75]]), "six digits")
    assert close(exponentiate.probs, [[0.25, 0.75]], "six digits")
    assert not log_softmax.trace([[1e4, -1e4]])[0].below.max() > 0


def test_cross_entropy_picks_the_shares_and_reduces_them():
    trace = losses.cross_entropy.trace([*THIRD, [0, 0]], [1, 0], weights=[1, 3], reduction="weighted_mean")
    assert [step.name for step in trace] == ["shift", "sum", "subtract", "pick", "reduce"]
    assert trace[3].targets.tolist() == [[0, 1], [1, 0]]
    assert close(trace[3].losses, [0.287682, 0.693147], "six digits")
    assert trace[4].weights.tolist() == [1, 3] and trace[4].divisor == 4
    assert close(trace[4].loss, (0.287682 + 3 * 0.693147) / 4, "six digits")


def test_yes_and_no_are_mixed_as_the_target_says():
    answers, mix, _ = losses.binary_cross_entropy_with_logits.trace([np.log(3)], [0.25], pos_weight=2)
    assert close(answers.yes, np.log(4 / 3), "six digits") and close(answers.no, np.log(4), "six digits")
    assert close(mix.losses, 2 * 0.25 * np.log(4 / 3) + 0.75 * np.log(4), "six digits")


def test_focal_losses_are_entropy_times_a_factor():
    trace = losses.sigmoid_focal_loss.trace(np.full(2, np.log(3)), [1, 0], 0.25, 2)
    assert trace[1].wrong.round(12).tolist() == [0.25, 0.75] and trace[2].alpha.tolist() == [0.25, 0.75]
    assert close(trace[2].losses, [np.log(4 / 3) / 64, 27 / 64 * np.log(4)], "six digits")
    trace = losses.quality_focal_loss.trace([0, 0], [0.5, 1], None, 2)
    assert trace[1].apart.tolist() == [0, -0.5] and trace[2].losses[0] == 0


def test_smooth_l1_splits_the_difference_at_beta():
    trace = losses.smooth_l1_loss.trace([0, 0.5, -1, 3], [0, 0, 0, 0], 2, reduction="sum")
    assert trace[0].far.tolist() == [0, 0.5, 1, 3]
    assert (trace[1].near.tolist(), trace[1].beyond.tolist()) == ([0, 0.5, 1, 2], [0, 0, 0, 1])
    assert trace[2].losses.tolist() == [0, 0.0625, 0.25, 2] and trace[3].loss == 2.3125


def test_a_hinge_lacks_and_has_a_price():
    lack, price, _ = losses.hinge_loss.trace(
        [0.25, 2, 0.5], [1, -1, 0], positive_weight=2, form="squared_hinge"
    )
    assert lack.lack.tolist() == [0.75, 3, 1] and price.positive_weight.tolist() == [2, 1, 0]
    assert price.losses.tolist() == [1.125, 9, 0]


@pytest.mark.parametrize(
    ("form", "given"), [("szegedy", 0.025), ("binary", 0.05), ("darknet_cls", [0, 1 / 30, 1 / 30, 1 / 30])]
)
def test_smoothing_keeps_and_gives(form, given):
    keep, give = losses.smooth_labels.trace([1.0, 0, 0, 0], 0.1, form)
    assert keep.kept.tolist() == [0.9, 0, 0, 0] and close(give.given, given, "six digits")


def test_an_overlap_loss_has_the_steps_of_the_overlap():
    pair = [[0, 0, 2, 2]], [[1, 1, 3, 3]]
    trace = losses.generalized_box_iou_loss.trace(*pair)
    inner = aligned_generalized_box_iou.trace(*pair)
    assert [step.note for step in trace[:-2]] == [step.note for step in inner]
    assert same_bits(trace[-2].overlap, inner.result) and trace[-2].losses == 1 - inner.result
    assert close(losses.box_iou_loss.trace(*pair, form="log")[-2].losses, np.log(7), "six digits")


# Properties


@given(
    st.sampled_from(sorted(TERMS)),
    st.integers(0, 9),
    st.sampled_from(["none", "sum", "mean", "weighted_mean"]),
)
def test_the_last_step_is_the_result_and_the_one_before_the_losses_themselves(case, seed, reduction):
    name, draw = TERMS[case]
    function, arguments = getattr(losses, name), draw(np.random.default_rng(seed))
    if not hasattr(function, "trace"):
        return
    weights = np.random.default_rng(seed).random(function(**arguments).shape)
    trace = function.trace(**arguments, weights=weights, reduction=reduction)
    plain = function(**arguments, weights=weights, reduction=reduction)
    assert trace[-1].name == "reduce" and same_bits(np.asarray(trace[-1].loss), np.asarray(plain))
    assert same_bits(np.asarray(trace.result), np.asarray(plain))
    assert same_bits(trace[-1].losses, trace[-2].losses) and same_bits(
        trace[-1].losses, function(**arguments)
    )
    assert all("{" not in step.note for step in trace)


# Bad input


def test_what_is_wrong_is_said_before_the_first_step():
    with pytest.raises(ValueError, match="targets: "):
        losses.cross_entropy.steps(THIRD, [2])
    with pytest.raises(ValueError, match="reduction: 'max' came"):
        losses.smooth_l1_loss.steps([1.0], [1.0], reduction="max")
    with pytest.raises(ValueError, match="form: 'ln' came"):
        losses.box_iou_loss.steps([[0, 0, 1, 1]], [[0, 0, 1, 1]], form="ln")
