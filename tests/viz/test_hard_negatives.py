"""The drawing of the mining of hard negatives: windows, the hard ones, examples, and the machine so far."""

import numpy as np
import pytest

from refdet import nms
from refdet.classical.hard_negatives import mine_hard_negatives
from refdet.viz import filmstrip
from refdet.viz import hard_negatives as drawing

IMAGES = [
    (np.array([[-3.0, -3.0], [-5.0, 0.0]]), -np.ones((2, 1))),
    (np.array([[-0.5, -0.5], [-2.0, -3.0]]), -np.ones((2, 1))),
]


@pytest.fixture
def trace():
    options = {"cost": 10, "positive_weight": 1, "bias_scale": 0, "tolerance": 1e-9, "retrain_after": 0}
    rng = np.random.default_rng(0)
    return mine_hard_negatives.trace(np.ones((1, 2)), np.ones((1, 1)), IMAGES, rng=rng, **options)


def places(ax, gid):
    return [list(zip(*line.get_data(), strict=True)) for line in ax.lines if line.get_gid() == gid][0]


def examples(ax):
    return sorted(tuple(map(float, marks.get_offsets()[0])) for marks in ax.collections)


# By hand


def test_before_the_first_training_every_window_is_hard_and_there_is_no_line(ax, trace):
    drawing.draw(ax, trace[0])
    assert places(ax, "window") == places(ax, "hard") == [(-3, -3), (-5, 0)]
    assert examples(ax) == [(1, 1)] and ax.get_xlabel() == "1 examples, 2 windows"
    assert not [line for line in ax.lines if str(line.get_gid()).startswith("score")]


def test_then_those_that_the_machine_gets_wrong(ax, trace):
    drawing.draw(ax, trace.named("score")[1])
    assert places(ax, "window") == [(-0.5, -0.5), (-2, -3)] and places(ax, "hard") == [(-0.5, -0.5)]
    assert len([line for line in ax.lines if str(line.get_gid()).startswith("score")]) >= 1


def resting(ax):
    return [marks.get_offsets()[0].tolist() for marks in ax.collections if marks.get_gid() == "resting on"]


def test_the_easy_ones_leave(ax, trace):
    drawing.draw(ax, trace.named("train")[0])
    assert examples(ax) == [(-5, 0), (-3, -3), (1, 1)] and resting(ax) == [[1, 1]]
    ax.clear()
    drawing.draw(ax, trace.named("evict")[-1])
    assert examples(ax) == [(-0.5, -0.5), (1, 1)]
    assert resting(ax) == [[-0.5, -0.5]]


def test_the_trainings_inside_are_those_of_the_machine(ax, trace):
    drawing.draw(ax, trace.named("sweep")[0])
    assert "primal" in ax.get_xlabel() and "swept" in ax.get_xlabel()


# Properties


def film(images, steps=None):
    """The limits of every panel of a filmstrip."""
    pytest.importorskip("matplotlib")
    options = {
        "cost": 10,
        "bias_scale": 0,
        "tolerance": 1e-9,
        "retrain_after": 0,
        "rng": np.random.default_rng(0),
    }
    trace = mine_hard_negatives.trace(np.ones((1, 2)), np.ones((1, 1)), images, **options)
    return trace, [(*ax.get_xlim(), *ax.get_ylim()) for ax in filmstrip(trace, drawing.draw, steps).axes]


def test_only_training_moves_the_machine_the_limits_stay():
    """From a list of images the last window, far off, is in view from the first step on."""
    far = (np.array([[-9.0, -2.0]]), -np.ones((1, 1)))
    trace, views = film([*IMAGES, far])
    assert {step.function for step in trace} == {"mine_hard_negatives", "fit_linear_svm"}
    assert len(set(views)) == 1 and views[0][0] < -9 and views[0][1] > 1


def test_of_images_that_come_one_by_one_the_limits_hold_those_at_hand():
    trace, views = film(iter(IMAGES))
    for step, (left, right, bottom, top) in zip(trace, views, strict=True):
        inside = step.function == "fit_linear_svm"
        points = step.features if inside else np.concatenate([step.features, step.examples])
        assert (points > [left, bottom]).all() and (points < [right, top]).all()


def test_a_training_that_the_last_limits_do_not_hold_has_its_own():
    """The first step knows of the first image alone; the second training has a window beyond it."""
    images = [IMAGES[1], (np.array([[-0.5, 30.0]]), -np.ones((1, 1)))]
    trace, _ = film(iter(images))
    second = next(
        i for i, step in enumerate(trace) if step.function == "fit_linear_svm" and 30.0 in step.features
    )
    _, views = film(iter(images), [0, second])
    assert views[0] != views[1] and views[1][3] > 30


# Bad input


def test_other_steps_and_other_features_are_refused(ax):
    with pytest.raises(ValueError, match="nms.sort came; wanted a step of mine_hard_negatives"):
        drawing.draw(ax, nms.trace([[0, 0, 1, 1]], [0.5], 0.5)[0])
    step = mine_hard_negatives.trace([[3.0]], [[1]], [], rng=np.random.default_rng(0))[0]
    with pytest.raises(ValueError, match="its machine has 1 features; wanted 2"):
        drawing.draw(ax, step)
