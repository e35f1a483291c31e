"""SMP-5, LOSS-6."""

import inspect

import numpy as np
import pytest
from tolerances import close

from refdet.classical.hard_negatives import mine_hard_negatives
from refdet.classical.linear_svm import fit_linear_svm
from refdet.classical.ridge_boxes import fit_ridge_boxes
from refdet.losses import rcnn_ridge_loss, rcnn_svm_loss


def rng(seed=0):
    return np.random.default_rng(seed)


# By hand


# One feature: positives at 3; image after image the windows.
POSITIVES, LABELS = np.array([[3.0]]), np.array([[1]])


def pass_over(*images, **options):
    """A trace of one pass over images of one-feature windows, all of them negatives."""
    pairs = [(np.array(image, float).reshape(-1, 1), -np.ones((len(image), 1))) for image in images]
    options = {"cost": 1.0, "retrain_after": 1, "bias_scale": 1.0, "tolerance": 1e-6} | options
    return mine_hard_negatives.trace(POSITIVES, LABELS, pairs, rng=rng(), **options)


def test_of_the_first_image_all_windows_count_and_then_the_hard_ones():
    trace = pass_over([-9, -8], [-9, 1, 2.5], [-7])
    mined = [step for step in trace if step.function == "mine_hard_negatives"]
    assert [step.name for step in mined] == ["score", "train", "evict"] * 3
    assert [step.hard.tolist() for step in mined if step.name == "score"] == [[0, 1], [1, 2], []]


def test_easy_negatives_leave_and_hard_ones_stay():
    trace = pass_over([-9, 1], [2.5])
    after = [step for step in trace if step.name == "evict"]
    assert after[0].examples.ravel().tolist() == [3, 1]  # -9 scores far below -1.2
    assert after[1].examples.ravel().tolist() == [3, 1, 2.5]


def test_a_negative_at_the_bound_stays():
    """-1.2 itself is not easy: rcnn_train.m drops what scores less."""
    scores = pass_over([-2, 1]).result.decision(np.array([[-2.0], [1.0]])).ravel()
    assert scores[0] < -1.2 < scores[1]
    kept = {bound: pass_over([-2, 1], easy_below=bound).named("evict")[-1] for bound in scores}
    assert kept[scores[0]].examples.ravel().tolist() == [3, -2, 1]
    assert kept[scores[1]].examples.ravel().tolist() == [3, 1]


def test_an_object_stays_however_easy_it_is_as_a_negative():
    """The object at -9 is of another class, and scores below the window at -8, which leaves."""
    positives, labels, windows = [[3.0], [-9.0]], [[1], [-1]], ([[-8.0], [1.0]], [[-1], [-1]])
    trace = mine_hard_negatives.trace(positives, labels, [windows], rng=rng(), cost=1, bias_scale=1)
    assert trace.named("evict")[0].examples.ravel().tolist() == [3, -9, 1]


def test_a_window_at_the_bound_is_not_hard():
    """rcnn_train.m takes what scores more than -1.0001."""
    trace = pass_over([-9, 1], [0.5, 0.25])
    machine = next(step for step in trace.named("train")).svm
    at_bound = float(machine.decision(np.array([[0.5]])).item())
    assert trace.named("score")[1].hard.tolist() == [0, 1]
    again = pass_over([-9, 1], [0.5, 0.25, 0.75], hard_above=at_bound)
    assert again.named("score")[1].hard.tolist() == [2]


def test_the_numbers_are_those_of_rcnn():
    """SMP-5: R-CNN's code; its C, positive weight and bias of LOSS-6."""
    given = inspect.signature(mine_hard_negatives).parameters
    wanted = {"cost": 1e-3, "positive_weight": 2, "bias_scale": 10, "hard_above": -1.0001, "easy_below": -1.2}
    assert {name: given[name].default for name in wanted} == wanted
    assert given["retrain_after"].default == 2000
    assert inspect.signature(rcnn_svm_loss).parameters["cost"].default == 1e-3
    assert inspect.signature(fit_ridge_boxes).parameters["ridge"].default == 1000
    assert inspect.signature(rcnn_ridge_loss).parameters["ridge"].default == 1000


def test_training_waits_until_enough_have_come():
    trace = pass_over([-9], [1], [2], [2.5], retrain_after=2)
    names = [step.name for step in trace if step.function == "mine_hard_negatives"]
    assert names == ["score", "train", "evict", "score", "score", "score", "train", "evict"]


def starts(trace):
    """Of each training: its examples and the dual variables with which it began."""
    return [
        (step.features, step.alpha)
        for step in trace.named("measure")
        if step.function == "fit_linear_svm" and step.epoch == 0
    ]


def test_the_second_training_goes_on_from_the_dual_variables_of_the_first():
    """The examples 3 | -9 1 -8 0.5, of which -9 and -8 leave; then 2.5 joins with a dual variable of 0."""
    trace = pass_over([-9, 1, -8, 0.5], [2.5], tolerance=0.2, positive_weight=2)
    first = trace.named("train")[0].svm.alpha.ravel().tolist()
    (_, at_first), (examples, again) = starts(trace)
    assert not at_first.any()
    assert len({first[0], first[2], first[4], 0.0}) == 4  # told apart
    assert examples.ravel().tolist() == [3, 1, 0.5, 2.5]
    assert again.ravel().tolist() == [first[0], first[2], first[4], 0]


# Properties


def test_every_training_goes_on_from_the_rows_that_stayed():
    """Two classes: whoever was among the examples before has the same dual variables, to the bit, the others 0."""
    draw = rng(5)
    positives, labels = draw.normal([2, 0, 0], 0.7, (8, 3)), np.tile([1, -1], (8, 1))
    images = [(draw.normal(0, 1, (30, 3)), draw.choice([-1, -1, 0], (30, 2))) for _ in range(6)]
    options = {"cost": 1.0, "retrain_after": 5, "easy_below": -1.05}
    trace = mine_hard_negatives.trace(positives, labels, images, rng=rng(), **options)
    left, inside, new = 0, 0, 0
    for before, (examples, alpha) in zip(trace.named("train"), starts(trace)[1:], strict=False):
        known = dict(zip(map(bytes, before.examples), before.svm.alpha.tolist(), strict=True))
        assert alpha.tolist() == [known.get(bytes(row), [0, 0]) for row in examples]
        left += len(set(known) - set(map(bytes, examples)))
        inside += np.count_nonzero(alpha[len(positives) :])
        new += sum(bytes(row) not in known for row in examples)
    assert min(left, inside, new) >= 10


def test_without_images_the_machine_rests_on_the_positives():
    svm = mine_hard_negatives(POSITIVES, LABELS, [], rng=rng())
    alone = fit_linear_svm(POSITIVES, LABELS, 1e-3, positive_weight=2, bias_scale=10, rng=rng())
    assert (svm.weights == alone.weights).all() and (svm.bias == alone.bias).all()


def test_mining_reaches_the_machine_that_all_windows_would_give():
    """Two classes, 600 windows in ten images; what is left out has no say: its dual variable is 0."""
    draw = rng(3)
    positives, labels = draw.normal([2, 0, 0], 0.7, (30, 3)), np.tile([1, -1], (30, 1))
    positives[15:, :2], labels[15:] = positives[15:, 1::-1], [-1, 1]
    images = [(draw.normal(-0.5, 1, (60, 3)), -np.ones((60, 2))) for _ in range(10)]
    options = {"cost": 0.05, "positive_weight": 2.0, "bias_scale": 10.0, "tolerance": 1e-4}
    mined = mine_hard_negatives.trace(positives, labels, images, rng=rng(), retrain_after=50, **options)
    everything = np.concatenate([positives, *(f for f, _ in images)])
    targets = np.concatenate([labels, *(t for _, t in images)])
    full = fit_linear_svm(everything, targets, rng=rng(), max_epochs=9999, **options)
    assert close(mined.result.weights, full.weights, "mined weights")
    used = mined.named("train")[-1].examples
    assert 30 < len(used) < len(everything)


def test_ignored_windows_never_join():
    pairs = [(np.array([[5.0], [-1.0]]), np.array([[0.0], [-1.0]]))] * 2
    trace = mine_hard_negatives.trace(POSITIVES, LABELS, pairs, rng=rng(), retrain_after=0)
    assert 5.0 not in trace.named("train")[-1].examples


# Paths agree


def test_the_plain_call_gives_what_the_trace_gives():
    images = [(rng(i).normal(0, 1, (20, 2)), -np.ones((20, 1))) for i in range(3)]
    positives, labels = np.array([[1.0, 2.0]]), np.array([[1]])
    plain = mine_hard_negatives(positives, labels, images, rng=rng())
    trace = mine_hard_negatives.trace(positives, labels, images, rng=rng())
    assert (plain.weights == trace.result.weights).all()


# Bad input


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"positives": np.ones(3)}, ValueError, "positives: shape"),
        ({"labels": [[1], [1]]}, ValueError, "labels: shape"),
        ({"cost": -1}, ValueError, "cost"),
        ({"retrain_after": -1}, ValueError, "retrain_after"),
        ({"hard_above": np.nan}, ValueError, "hard_above"),
        ({"hard_above": 0.5}, ValueError, "hard_above: 0.5 came; wanted a score below 0"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    arguments = {"positives": POSITIVES, "labels": LABELS, "images": [], "rng": rng()} | changed
    with pytest.raises(error, match=words):
        mine_hard_negatives(**arguments)
