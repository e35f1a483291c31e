"""LOSS-6 (the machine), RCNN-5, by dual coordinate descent."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tolerances import close

from refdet.classical.linear_svm import ConvergenceWarning, fit_linear_svm


def rng(seed=0):
    return np.random.default_rng(seed)


def cloud(seed=0, count=60, features=4, classes=3):
    """Overlapping classes, so that no plane is without a loss."""
    draw = rng(seed)
    labels = draw.integers(0, classes, count)
    centres = draw.normal(0, 1, (classes, features))
    one_against_rest = np.where(labels[:, None] == np.arange(classes), 1, -1)
    return centres[labels] + draw.normal(0, 1, (count, features)), one_against_rest


def objective(svm, features, labels, cost, positive_weight=1.0, bias_scale=1.0, power=1):
    """LOSS-6 from its definition, (K,)."""
    margin = labels * (features @ svm.weights + svm.bias)
    price = cost * np.where(labels > 0, positive_weight, 1.0) * (labels != 0)
    regulariser = 0.5 * (svm.weights**2).sum(axis=0) + 0.5 * (svm.bias / bias_scale) ** 2
    return regulariser + (price * np.maximum(0, 1 - margin) ** power).sum(axis=0)


# By hand


def test_two_points_without_bias():
    """x = 2 and x = -1: the margin of the second needs w = 1, the first is beyond it."""
    svm = fit_linear_svm([[2.0], [-1.0]], [1, -1], 10, bias_scale=0, tolerance=1e-12, rng=rng())
    assert close(svm.weights, 1, "by hand") and svm.bias == 0
    assert close(svm.alpha.ravel(), [0, 1], "by hand") and close([svm.primal, svm.dual], 0.5, "by hand")


def test_a_small_cost_bounds_the_dual_variables():
    """One point at 1, no bias: w = min(C, 1) for the hinge; for its square w = 2 C / (1 + 2 C)."""
    for cost, weight in ((0.25, 0.25), (3.0, 1.0)):
        svm = fit_linear_svm([[1.0]], [1], cost, bias_scale=0, tolerance=1e-12, rng=rng())
        assert close(svm.weights[0, 0], weight, "by hand")
    svm = fit_linear_svm([[1.0]], [1], 0.25, bias_scale=0, loss="squared_hinge", tolerance=1e-12, rng=rng())
    assert close(svm.weights[0, 0], 1 / 3, "by hand")


def test_the_bias_is_one_more_weight_of_a_constant_feature():
    """One example without features: only w_B B is left, and w_B = min(C B, 1 / B)."""
    for cost, weight in ((0.001, 0.01), (1.0, 0.1)):
        svm = fit_linear_svm(np.zeros((1, 1)), [1], cost, bias_scale=10, tolerance=1e-12, rng=rng())
        assert close(svm.bias[0], 10 * weight, "by hand") and svm.weights[0, 0] == 0


def test_an_example_of_zeros_without_a_bias_pays_its_price():
    """No weight can mend it: its dual variable goes to C, and C is what it costs."""
    svm = fit_linear_svm([[0.0]], [1], 3, bias_scale=0, rng=rng())
    assert (svm.weights, svm.alpha, svm.primal, svm.dual) == (0, 3, 3, 3)


def test_a_start_above_the_price_begins_at_the_price():
    """One point at 1, no bias, C = 2: w = 2, which has 2 to pay and a dual of 2 - 2."""
    with pytest.warns(ConvergenceWarning):
        svm = fit_linear_svm([[1.0]], [1], 2, bias_scale=0, start=[[5]], max_epochs=0, rng=rng())
    assert (svm.alpha, svm.weights, svm.primal, svm.dual) == (2, 2, 2, 0)


def test_one_sweep_is_enough_for_a_feature_however_short():
    """x = 2e-30 at the highest price, 1e60: w x = 1 needs w = 5e29, and that a dual variable of w / x."""
    dearest = {"cost": 1e30, "positive_weight": 1e30, "bias_scale": 0, "max_epochs": 1}
    svm = fit_linear_svm([[2e-30]], [1], rng=rng(), **dearest)
    assert close(svm.weights / 5e29, 1, "by hand") and close(svm.alpha / 2.5e59, 1, "by hand")


def test_a_label_of_zero_takes_no_part():
    features, labels = cloud(classes=1, count=20)
    marked = np.where(np.arange(20)[:, None] % 2 == 0, labels * rng(1).choice([-1, 1], (20, 1)), 0)
    with_idle = fit_linear_svm(features, marked, tolerance=1e-9, max_epochs=9999, rng=rng())
    without = fit_linear_svm(features[::2], marked[::2], tolerance=1e-9, max_epochs=9999, rng=rng())
    assert close(with_idle.weights, without.weights, "weights") and not with_idle.alpha[1::2].any()


# Properties


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
@pytest.mark.parametrize("positive_weight", [1.0, 2.0])
def test_the_gap_is_as_small_as_asked_and_the_primal_is_the_definition(loss, positive_weight):
    features, labels = cloud()
    options = {"positive_weight": positive_weight, "bias_scale": 10.0}
    svm = fit_linear_svm(features, labels, 0.3, loss=loss, tolerance=1e-3, rng=rng(), **options)
    assert (svm.dual <= svm.primal * (1 + 1e-12)).all() and (svm.primal - svm.dual <= 1e-3 * svm.primal).all()
    power = 1 if loss == "hinge" else 2
    assert close(svm.primal, objective(svm, features, labels, 0.3, power=power, **options), "objective")


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_no_step_away_from_the_solution_is_cheaper(loss):
    features, labels = cloud(seed=2, classes=1)
    labels = labels * rng(3).choice([-1, 1], labels.shape)
    svm = fit_linear_svm(features, labels, 0.5, loss=loss, tolerance=1e-9, max_epochs=99999, rng=rng())
    power = 1 if loss == "hinge" else 2
    best = objective(svm, features, labels, 0.5, power=power)
    for direction in rng(4).normal(0, 1e-3, (50, 5)):
        moved = replace(svm, weights=svm.weights + direction[:4, None], bias=svm.bias + direction[4])
        assert (objective(moved, features, labels, 0.5, power=power) >= best * (1 - 1e-8)).all()


@pytest.mark.filterwarnings("ignore::refdet.classical.linear_svm.ConvergenceWarning")
@given(st.integers(0, 99), st.sampled_from(["hinge", "squared_hinge"]))
def test_sweeps_never_lower_the_dual(seed, loss):
    features, labels = cloud(seed, count=12)
    trace = fit_linear_svm.trace(features, labels, 0.5, loss=loss, max_epochs=20, rng=rng(seed))
    duals = np.array([step.dual for step in trace.named("measure")])
    assert (np.diff(duals, axis=0) >= -1e-9).all()
    assert all(((step.alpha >= 0) & (step.alpha <= step.upper)).all() for step in trace.named("measure"))


@st.composite
def problems(draw):
    """A few points on a lattice, some twice, with contradicting labels or none; prices and kinds of machines."""
    count, features, classes = (draw(st.integers(1, most)) for most in (8, 3, 2))
    places = st.lists(st.integers(-3, 3), min_size=features, max_size=features)
    marks = st.lists(st.sampled_from([-1, 0, 1]), min_size=classes, max_size=classes)
    points = np.array(draw(st.lists(places, min_size=count, max_size=count)), float)
    labels = np.array(draw(st.lists(marks, min_size=count, max_size=count)))
    options = {"cost": (0.25, 1.0, 2.0, 20.0), "positive_weight": (1.0, 2.0), "bias_scale": (0.0, 1.0, 2.0)}
    return points, labels, {name: draw(st.sampled_from(values)) for name, values in options.items()}


def slackness(svm, points, labels, cost, positive_weight, loss):
    """What each example adds to the gap, (N, K): 0 if it is complementary to its dual variable."""
    margin = labels * (points @ svm.weights + svm.bias)
    price = cost * np.where(labels > 0, positive_weight, 1.0) * (labels != 0)
    lack, beyond = np.maximum(0, 1 - margin), np.maximum(0, margin - 1)
    if loss == "hinge":
        return (price - svm.alpha) * lack + svm.alpha * beyond
    taking_part = np.where(price > 0, price, 1.0)
    return price * (lack - svm.alpha / (2 * taking_part)) ** 2 + svm.alpha * beyond


@given(problems(), st.sampled_from(["hinge", "squared_hinge"]))
def test_every_machine_satisfies_its_conditions_of_optimality(problem, loss):
    """Karush, Kuhn and Tucker: dual feasible, stationary, complementary up to the gap, which no example undercuts."""
    points, labels, options = problem
    # Descent along one coordinate at a time is slow where a dear or long pair contradicts each other.
    svm = fit_linear_svm(points, labels, **options, loss=loss, max_epochs=10**5, rng=rng())
    price = options["cost"] * np.where(labels > 0, options["positive_weight"], 1.0) * (labels != 0)
    upper = price if loss == "hinge" else np.where(labels != 0, np.inf, 0)
    assert (svm.alpha >= 0).all() and (svm.alpha <= upper).all()
    pulls = svm.alpha * labels
    assert close(svm.weights, points.T @ pulls, "float64 sums")
    assert close(svm.bias, options["bias_scale"] ** 2 * pulls.sum(axis=0), "objective")
    slack = slackness(svm, points, labels, options["cost"], options["positive_weight"], loss)
    assert (slack >= -1e-12).all()
    assert close(svm.dual + slack.sum(axis=0), svm.primal, "objective")
    assert (svm.dual <= svm.primal * (1 + 1e-12)).all()
    assert (svm.primal - svm.dual <= 1e-3 * svm.primal).all() and (svm.gap <= 1e-3).all()


DEAR = {"features": [[30.0], [30.0], [-20.0]], "labels": [1, -1, 1], "cost": 10}
"""The first two contradict each other: each sweep brings their dual variables 1 / 900 nearer to their price."""


def test_too_few_sweeps_are_told():
    with pytest.warns(ConvergenceWarning, match=r"after 50 sweeps class 0 has a gap of 0\.\d+; wanted 0.001"):
        svm = fit_linear_svm(**DEAR, max_epochs=50, rng=rng())
    assert svm.gap > 0.001 and close(svm.gap, (svm.primal - svm.dual) / svm.primal, "by hand")


def test_sweeps_enough_are_silent():
    """Every warning is an error here."""
    svm = fit_linear_svm(**DEAR, max_epochs=10**5, rng=rng())
    assert svm.gap <= 0.001 and close(
        svm.primal, objective(svm, *map(np.array, (DEAR["features"], [[1], [-1], [1]])), 10), "objective"
    )


def test_a_class_without_examples_has_no_gap():
    assert fit_linear_svm([[1.0]], [0], rng=rng()).gap == 0


def test_classes_side_by_side_are_the_classes_one_by_one():
    features, labels = cloud()
    options = {"tolerance": 1e-8, "max_epochs": 99999, "cost": 0.2}
    together = fit_linear_svm(features, labels, rng=rng(), **options)
    for k in range(labels.shape[1]):
        alone = fit_linear_svm(features, labels[:, k], rng=rng(5), **options)
        assert close(together.weights[:, k], alone.weights[:, 0], "weights")
        assert close(together.primal[k], alone.primal[0], "same optimum")


def test_a_start_at_the_solution_is_at_rest():
    features, labels = cloud()
    svm = fit_linear_svm(features, labels, tolerance=1e-4, rng=rng())
    trace = fit_linear_svm.trace(features, labels, tolerance=1e-3, start=svm.alpha, rng=rng())
    assert [step.name for step in trace] == ["measure"]


def test_no_examples_no_weights():
    svm = fit_linear_svm(np.zeros((0, 3)), np.zeros((0, 2)), rng=rng())
    assert not svm.weights.any() and svm.weights.shape == (3, 2) and svm.bias.tolist() == [0, 0]


def test_precision_stays():
    features, labels = cloud()
    svm = fit_linear_svm(features.astype(np.float32), labels, rng=rng())
    assert svm.weights.dtype == svm.bias.dtype == np.float32 and svm.decision(features).shape == labels.shape


# Paths agree


def test_the_trace_ends_in_the_same_machine():
    features, labels = cloud()
    plain = fit_linear_svm(features, labels, rng=rng(7))
    traced = fit_linear_svm.trace(features, labels, rng=rng(7)).result
    assert (plain.weights == traced.weights).all() and (plain.alpha == traced.alpha).all()


@pytest.mark.oracle
@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_the_objective_is_as_low_as_liblinear_s(loss):
    LinearSVC = pytest.importorskip("sklearn.svm").LinearSVC
    features, labels = cloud(count=120)
    options = {"loss": loss, "bias_scale": 10, "tolerance": 1e-7, "max_epochs": 99999}
    svm = fit_linear_svm(features, labels, 0.1, rng=rng(), **options)
    for k in range(labels.shape[1]):
        theirs = LinearSVC(C=0.1, loss=loss, dual=True, intercept_scaling=10, tol=1e-8, max_iter=10**6)
        theirs.fit(features, labels[:, k])
        same = replace(svm, weights=theirs.coef_.T, bias=theirs.intercept_)
        power = 1 if loss == "hinge" else 2
        expected = objective(same, features, labels[:, k : k + 1], 0.1, bias_scale=10, power=power)[0]
        assert close(svm.primal[k], expected, "optimum")
        assert close(svm.weights[:, k], theirs.coef_[0], "weights of peers")


@pytest.mark.oracle
@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_r_cnn_s_machines_on_digits_are_within_a_thousandth_of_the_optimum(loss):
    """LOSS-6's numbers, features of mean length 20, as they come: the gap stops them in time."""
    LinearSVC = pytest.importorskip("sklearn.svm").LinearSVC
    features, digits = pytest.importorskip("sklearn.datasets").load_digits(return_X_y=True)
    features *= 20 / np.linalg.norm(features, axis=1).mean()
    labels = np.where(digits[:, None] == np.arange(10), 1, -1)
    options = {"positive_weight": 2.0, "bias_scale": 10.0}
    svm = fit_linear_svm(features, labels, 1e-3, loss=loss, rng=rng(), **options)
    power = 1 if loss == "hinge" else 2
    reached = objective(svm, features, labels, 1e-3, power=power, **options)
    for k in range(10):
        prices = {1: 2.0, -1: 1.0}
        theirs = LinearSVC(
            C=1e-3, loss=loss, dual=True, intercept_scaling=10, class_weight=prices, tol=1e-6, max_iter=10**5
        ).fit(features, labels[:, k])
        same = replace(svm, weights=theirs.coef_.T, bias=theirs.intercept_)
        optimum = objective(same, features, labels[:, k : k + 1], 1e-3, power=power, **options)[0]
        assert svm.dual[k] <= optimum and close(reached[k], optimum, "default gap")


# Bad input


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"features": np.ones(3)}, ValueError, "features: shape"),
        ({"features": [[np.nan], [0.0]]}, ValueError, "features: row 0"),
        ({"labels": [1]}, ValueError, "labels: shape"),
        ({"labels": [1, 2]}, ValueError, "labels: wanted"),
        ({"cost": 0}, ValueError, "cost: 0.0"),
        ({"positive_weight": -1}, ValueError, "positive_weight"),
        ({"tolerance": np.nan}, ValueError, "tolerance"),
        ({"loss": "log"}, ValueError, "loss: 'log'"),
        ({"max_epochs": -1}, ValueError, "max_epochs"),
        ({"start": [[1.0]]}, ValueError, "start"),
        ({"start": [[-1.0], [0.0]]}, ValueError, "start"),
    ],
)
def test_bad_arguments_are_named(changed, error, words):
    arguments = {"features": [[1.0], [2.0]], "labels": [1, -1], "rng": rng()} | changed
    with pytest.raises(error, match=words):
        fit_linear_svm(**arguments)
