"""The steps of single losses show what stands in their formulas, and change no bit of the result."""

import importlib
import pkgutil

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

# Gradients without steps: the page of each writes down its one formula, or it hands on to one that has steps.
OVERLAP = "minus the slope of the overlap, whose own gradient has steps"
WITHOUT_STEPS = {
    "binary_cross_entropy_with_logits_backward": "(1 - y) s(z) - w y s(-z)",
    "box_iou_loss_backward": OVERLAP,
    "complete_box_iou_loss_backward": OVERLAP,
    "cross_entropy_backward": "p - q",
    "cross_entropy_of_probs_backward": "-q / p",
    "distance_box_iou_loss_backward": OVERLAP,
    "faster_rcnn_loss_backward": "those of both its losses, side by side",
    "generalized_box_iou_loss_backward": OVERLAP,
    "hinge_loss_backward": "-y of what lacks something",
    "l1_loss_backward": "the sign of the difference",
    "log_softmax_backward": "g - p sum(g)",
    "quality_focal_loss_backward": "the product rule, over the factors that the steps of the loss show",
    "rcnn_ridge_loss_backward": "2 lambda w - 2 F'(t - F w)",
    "sigmoid_focal_loss_backward": "the product rule, over the factors that the steps of the loss show",
    "smooth_l1_loss_backward": "x / beta, kept within -1 and 1",
    "softmax_backward": "p (g - sum(p g))",
    "squared_error_backward": "twice the difference",
}


def test_every_gradient_has_steps_or_says_why_not():
    modules = [
        importlib.import_module(name)
        for _, name, _ in pkgutil.iter_modules(losses.__path__, "refdet.losses.")
    ]
    found = {name: f for module in modules for name, f in vars(module).items() if name.endswith("_backward")}
    found = {name: f for name, f in found.items() if f.__module__.startswith("refdet.losses.")}
    assert {name for name, f in found.items() if not hasattr(f, "trace")} == set(WITHOUT_STEPS)
    assert set(found) - set(WITHOUT_STEPS) >= {"fast_rcnn_loss_backward", "rpn_loss_backward"}


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


REGIONS = (np.log([[1.0, 3], [1, 1]]), [[9.0, 9, 9, 9, 2, 0.5, 0, 0], [9] * 8], [1, 0], np.zeros((2, 4)))
ANCHORS = (np.zeros((3, 2)), [[2.0, 0, 0, 0]] * 3, [1, 0, -1], np.zeros((3, 4)))


def told(steps):
    """Names and notes, to compare traces; the depth is another one."""
    return [(step.function, step.name, step.note) for step in steps]


def test_a_total_has_the_steps_of_its_terms_before_its_own():
    """Its deltas are those of the one object's own class."""
    trace = losses.fast_rcnn_loss.trace(*REGIONS, sigma=3)
    entropy = losses.cross_entropy.trace(REGIONS[0], REGIONS[2])
    off = losses.smooth_l1_loss.trace([[2, 0.5, 0, 0]], np.zeros((1, 4)), sigma=3)
    assert told(trace) == [
        *(*told(entropy), *told([trace.named("class")[0]])),
        *(*told(off), *told([trace.named("box")[0], trace.named("total")[0]])),
    ]
    assert [step.name for step in trace if step.depth == 0] == ["class", "box", "total"]


def test_the_regions_proposals_have_the_entropy_of_their_objectness():
    off = losses.smooth_l1_loss.trace([[2, 0, 0, 0]], np.zeros((1, 4)), sigma=1)
    two = losses.rpn_loss.trace(*ANCHORS)
    one = losses.rpn_loss.trace(ANCHORS[0][:, 0], *ANCHORS[1:], objectness="sigmoid")
    for trace, entropy in (
        (two, losses.cross_entropy.trace(ANCHORS[0], ANCHORS[2], ignore_index=-1)),
        (one, losses.binary_cross_entropy_with_logits.trace([0, 0, 0], [1, 0, 0], weights=[1.0, 1, 0])),
    ):
        assert told(trace)[: len(entropy)] == told(entropy)
        assert told(trace)[len(entropy) + 1 :][: len(off)] == told(off)


def test_the_localizer_and_the_joint_loss_nest_too():
    trace = losses.localizer_loss.trace(REGIONS[0], np.ones((2, 4)), [1, 0], np.zeros((2, 4)))
    entropy = told(losses.cross_entropy.trace(REGIONS[0], [1, 0]))
    assert [*entropy, "class", "box", "total"] == [*told(trace)[:5], *[step.name for step in trace[5:]]]
    joint = told(losses.faster_rcnn_loss.trace(*ANCHORS, *REGIONS))
    parts = told(losses.rpn_loss.trace(*ANCHORS)) + told(losses.fast_rcnn_loss.trace(*REGIONS))
    assert joint[:-1] == parts and joint[-1][1] == "join"


def test_the_gradients_of_totals_have_a_step_for_each_that_was_predicted():
    """Two regions: the object's p is 3/4 at its class, the background's 1/2; dx is off by 2, dy by 1/2."""
    logits, deltas = losses.fast_rcnn_loss_backward.trace(1, *REGIONS, box_weight=4)
    assert close(logits.by_logits, [[0.125, -0.125], [-0.25, 0.25]], "six digits")
    assert deltas.slopes.tolist() == [[1, 0.5, 0, 0]] and deltas.by_deltas[0, 4:6].tolist() == [2, 1]
    logits, deltas = losses.rpn_loss_backward.trace(1, *ANCHORS)
    assert logits.by_logits[:, 0].tolist() == [0.5 / 256, -0.5 / 256, 0]
    assert deltas.objects.tolist() == [0] and deltas.by_deltas[0, 0] == 10 * (1 / 2400)
    logits, boxes = losses.localizer_loss_backward.trace(
        2, REGIONS[0], np.ones((2, 4)), [1, 0], np.zeros((2, 4))
    )
    assert close(logits.by_logits, [[0.25, -0.25], [-0.5, 0.5]], "six digits")
    assert boxes.by_boxes.tolist() == [[2] * 4] * 2


def test_only_who_is_within_the_margin_pulls():
    """Scores 1 and -1/2 of a positive and a negative, and 3 of one that takes no part: 1 is at the margin."""
    given_ = [[0.5]], [0.0], [[2.0], [-1], [6]], [[1], [-1], [0]]
    violate, pull, weights, bias = losses.rcnn_svm_loss_backward.trace(1, *given_, cost=10)
    assert violate.violated[:2].ravel().tolist() == [False, True]
    assert pull.pull.ravel().tolist() == [0, -1, 0]
    assert weights.by_weights.tolist() == [[-9.5]] and bias.by_bias.tolist() == [10]


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
