"""LOSS-5, LOSS-7, LOSS-12, LOSS-13: the totals of the localizer and of the R-CNN family, term by term."""

import numpy as np
import pytest
from loss_draws import TOTALS, anchors, images, joint, regions
from tolerances import close

import refdet
from refdet import losses
from refdet.losses import (
    cross_entropy,
    fast_rcnn_loss,
    fast_rcnn_loss_backward,
    faster_rcnn_loss,
    faster_rcnn_loss_backward,
    localizer_loss,
    localizer_loss_backward,
    rpn_loss,
    rpn_loss_backward,
    smooth_l1_loss,
    squared_error,
)

LN = np.log
RNG = np.random.default_rng

# By hand


def test_a_localizer_pays_for_class_and_box():
    """Two images: ln 4/3 and ln 2; boxes off by (.1, .2) and by nothing. Means: half of each sum."""
    given = [[0, LN(3)], [0, 0]], [[0.1, 0.2, 0, 0], [1, 1, 1, 1]], [1, 0], [[0, 0, 0, 0], [1, 1, 1, 1]]
    terms = localizer_loss(*given, box_weight=4)
    assert close(terms["class"], (LN(4 / 3) + LN(2)) / 2, "float64 sums")
    assert close(terms["box"], 0.05 / 2, "float64 sums")
    assert close(terms["total"], terms["class"] + 4 * 0.025, "float64 sums")
    by_logits, by_boxes = localizer_loss_backward(1, *given, box_weight=4)
    assert close(by_logits, [[0.125, -0.125], [-0.25, 0.25]], "float64 sums")
    assert close(by_boxes, [[0.4, 0.8, 0, 0], [0, 0, 0, 0]], "float64 sums")  # 4 * 2 * .1 / 2


def test_the_box_branch_is_a_regressor_and_no_classifier():
    """ERR-10: its loss does not look at the label, and its pull is the distance that is missing."""
    arguments = images(RNG(0))
    terms = localizer_loss(**arguments)
    relabelled = localizer_loss(**(arguments | {"labels": np.array([1, 1, 2])}))
    assert relabelled["box"] == terms["box"] and relabelled["class"] != terms["class"]
    _, pull = localizer_loss_backward(1, **arguments)
    assert close(pull, 2 * (arguments["boxes"] - arguments["gt_boxes"]) / 3, "float64 sums")


# Logits of three classes with probabilities 1/2, 1/4, 1/4; dx off by 2 and dy by 1/2: 3/2 + 1/8.
THREE = np.log([[2.0, 1, 1]])
DELTAS = np.array([[9, 9, 9, 9, 2, 0.5, 0, 0, 9, 9, 9, 9]])


def test_fast_rcnn_of_one_object():
    terms = fast_rcnn_loss(THREE, DELTAS, [1], [[0, 0, 0, 0]])
    assert close(terms["class"], LN(4), "float64 sums") and terms["box"] == 1.625
    assert close(terms["total"], LN(4) + 1.625, "float64 sums")
    assert close(
        fast_rcnn_loss(THREE, DELTAS, [1], [[0, 0, 0, 0]], box_weight=2)["total"],
        LN(4) + 3.25,
        "float64 sums",
    )
    by_logits, by_deltas = fast_rcnn_loss_backward(1, THREE, DELTAS, [1], [[0, 0, 0, 0]], box_weight=2)
    assert close(by_logits, [[0.5, -0.75, 0.25]], "float64 sums")
    assert by_deltas.tolist() == [[0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0]]


def test_background_has_no_box_and_is_counted():
    """[u >= 1] is 0 for it; both terms are divided by 4 regions, of which one holds an object."""
    logits, deltas = np.repeat(THREE, 4, axis=0), np.repeat(DELTAS, 4, axis=0)
    terms = fast_rcnn_loss(logits, deltas, [1, 0, 0, 0], np.zeros((4, 4)))
    assert close(terms["class"], (LN(4) + 3 * LN(2)) / 4, "float64 sums") and terms["box"] == 1.625 / 4
    _, by_deltas = fast_rcnn_loss_backward(1, logits, deltas, [1, 0, 0, 0], np.zeros((4, 4)))
    assert by_deltas[0, 4:6].tolist() == [0.25, 0.125] and np.count_nonzero(by_deltas) == 2


def test_deltas_without_those_of_the_background():
    terms = fast_rcnn_loss(THREE, DELTAS[:, 4:], [1], [[0, 0, 0, 0]])
    assert terms == fast_rcnn_loss(THREE, DELTAS, [1], [[0, 0, 0, 0]])


def test_the_terms_are_added():
    """ERR-29: the signs of the formula are lost. As a product, a class that is certain would forgive every box."""
    certain = fast_rcnn_loss([[-1e4, 1e4]], [[2.0, 0, 0, 0]], [1], [[0, 0, 0, 0]])
    assert certain["class"] == 0 and certain["class"] * certain["box"] == 0
    assert certain["total"] == certain["box"] == 1.5


def test_the_region_proposals_of_the_paper():
    """One object, one background, one ignored: 2 ln 2 / 256; the object's dx off by 2: 10 * 3/2 / 2400."""
    given = np.zeros((3, 2)), np.repeat([[2.0, 0, 0, 0]], 3, axis=0), [1, 0, -1], np.zeros((3, 4))
    terms = rpn_loss(*given)
    assert close(terms["class"], 2 * LN(2) / 256, "float64 sums") and close(
        terms["box"], 1.5 / 2400, "float64 sums"
    )
    assert close(terms["total"], terms["class"] + 15 / 2400, "float64 sums")
    by_logits, by_deltas = rpn_loss_backward(1, *given)
    assert close(by_logits, np.array([[0.5, -0.5], [-0.5, 0.5], [0, 0]]) / 256, "float64 sums")
    assert close(by_deltas, np.array([[10, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]) / 2400, "float64 sums")


def test_the_region_proposals_of_the_code():
    """Both divided by 2 anchors; sigma 3: 2 - 1/18."""
    given = np.zeros((3, 2)), np.repeat([[2.0, 0, 0, 0]], 3, axis=0), [1, 0, -1], np.zeros((3, 4))
    terms = rpn_loss(*given, variant="code")
    assert close(terms["class"], LN(2), "float64 sums") and close(
        terms["box"], (2 - 1 / 18) / 2, "float64 sums"
    )


def test_ten_makes_up_for_the_number_of_places_and_for_nothing_else():
    """ERR-38: an anchor counts 1/256 = .003906 and 10/2400 = .004167; over a common 256, 10 would count ten times."""
    given = anchors(RNG(0))
    class_pull, box_pull = (np.abs(part).max(initial=0) for part in weights_of(given, variant="paper"))
    assert close([class_pull, box_pull], [1 / 256, 10 / 2400], "float64 sums")
    assert close([1 / 256, 10 / 2400], [0.003906, 0.004167], "six digits")
    class_pull, box_pull = (
        np.abs(part).max(initial=0) for part in weights_of(given, variant="code", box_weight=10)
    )
    assert close(box_pull / class_pull, 10, "float64 sums")
    class_pull, box_pull = (np.abs(part).max(initial=0) for part in weights_of(given, variant="code"))
    assert close([class_pull, box_pull], [1 / 4, 1 / 4], "float64 sums")  # 4 anchors are sampled


def weights_of(given, **options):
    """The longest pull that an anchor's class and its box can have: certain of the wrong one, far off."""
    wrong = np.where(given["labels"][:, None] == [0, 1], -1e4, 1e4)
    return rpn_loss_backward(1, **(given | {"logits": wrong, "deltas": given["deltas"] + 1e4}), **options)


def test_an_anchor_without_an_object_has_no_box():
    """ERR-38: p* has lost its star. With the prediction p in its place, background would be drawn to targets that it
    has not, and the loss would depend on them."""
    given = anchors(RNG(0), variant="code")
    moved = given | {"targets": given["targets"] + (given["labels"] < 1)[:, None]}
    _, pull = rpn_loss_backward(1, **given)
    assert pull[given["labels"] == 1].any() and not pull[given["labels"] < 1].any()
    assert rpn_loss(**moved) == rpn_loss(**given)
    starless = [starless_box(arguments) for arguments in (given, moved)]
    assert not close(*starless, "six digits")


def starless_box(given):
    """The box term with the predicted probability where the label belongs."""
    objectness = np.exp(given["logits"])[:, 1] / np.exp(given["logits"]).sum(axis=1)
    sampled = given["labels"] >= 0
    each = smooth_l1_loss(given["deltas"], given["targets"], sigma=3).sum(axis=1)
    return (objectness * each)[sampled].sum() / sampled.sum()


def test_two_logits_are_one():
    """ERR-32: softmax of background and object is the logistic function of their difference."""
    for variant in ("paper", "code"):
        given = anchors(RNG(1), variant=variant)
        one = given | {"logits": given["logits"][:, 1] - given["logits"][:, 0], "objectness": "sigmoid"}
        two_terms, one_term = rpn_loss(**given), rpn_loss(**one)
        assert close([two_terms[t] for t in two_terms], [one_term[t] for t in two_terms], "float64 sums")
        (by_two, deltas), (by_one, same) = rpn_loss_backward(1, **given), rpn_loss_backward(1, **one)
        assert close(by_two, np.stack([-by_one, by_one], axis=1), "float64 sums") and np.array_equal(
            deltas, same
        )


def test_the_joint_loss_is_the_sum_and_each_branch_has_its_own_gradient():
    given = joint(RNG(2), variant="code", sigma=3.0)
    own = {name.removeprefix("rpn_"): given[name] for name in given if name.startswith("rpn_")}
    others = {name: given[name] for name in ("logits", "deltas", "labels", "targets", "sigma")}
    rpn, detector = rpn_loss(**own, variant="code"), fast_rcnn_loss(**others)
    terms = faster_rcnn_loss(**given)
    assert terms == {
        "rpn_class": rpn["class"],
        "rpn_box": rpn["box"],
        **detector,
        "total": rpn["total"] + detector["total"],
    }
    pulls = *rpn_loss_backward(2, **own, variant="code"), *fast_rcnn_loss_backward(2, **others)
    assert all(map(np.array_equal, faster_rcnn_loss_backward(2, **given), pulls))


def test_no_gradient_flows_through_the_coordinates_of_the_proposals():
    """ERR-37, C-11: regions are decoded anchors, so their targets move with the RPN's deltas; the gradient does not."""
    anchor, gt = np.array([[0.0, 0, 10, 10]]), np.array([[1.0, 1, 13, 9]])
    start = np.array([[0.1, 0, 0.2, 0]])
    fixed = np.zeros((1, 2)), start, [1], refdet.encode_rcnn(gt, anchor)
    detector = np.zeros((1, 2)), np.full((1, 4), 0.3), [1]

    def joint_total(deltas, proposals):
        targets = refdet.encode_rcnn(gt, proposals)
        return faster_rcnn_loss(fixed[0], deltas, *fixed[2:], *detector, targets, variant="code")["total"]

    proposals = refdet.decode_rcnn(start, anchor)
    way = np.array([[1e-6, 0, 0, 0]])
    held = (joint_total(start + way, proposals) - joint_total(start - way, proposals)) / 2e-6
    ends = [joint_total(start + s * way, refdet.decode_rcnn(start + s * way, anchor)) for s in (1, -1)]
    targets = refdet.encode_rcnn(gt, proposals)
    found = faster_rcnn_loss_backward(1, *fixed, *detector, targets, variant="code")[1][0, 0]
    assert close(found, held, "slope") and not close(found, (ends[0] - ends[1]) / 2e-6, "slope")


# Properties


@pytest.mark.parametrize("case", TOTALS)
def test_a_total_is_its_trace_and_its_terms_are_numbers(case):
    name, draw, _ = TOTALS[case]
    arguments, total = draw(RNG(3)), getattr(losses, name)
    trace = total.trace(**arguments)
    assert trace.result == total(**arguments)
    assert all(isinstance(value, np.float64) and value >= 0 for value in trace.result.values())
    assert all(step.note for step in trace) and trace[-1].total == trace.result["total"]


def test_totals_are_made_of_the_terms():
    given = regions(RNG(4))
    terms = fast_rcnn_loss(**given, sigma=3)
    assert close(
        terms["class"], cross_entropy(given["logits"], given["labels"], reduction="mean"), "round trip"
    )
    own = np.stack([given["deltas"][i, 4 * u : 4 * u + 4] for i, u in enumerate(given["labels"])])
    objects = given["labels"] > 0
    boxes = smooth_l1_loss(own[objects], given["targets"][objects], sigma=3, reduction="sum") / 4
    assert close(terms["box"], boxes, "round trip")
    given = images(RNG(5))
    boxes = squared_error(given["boxes"], given["gt_boxes"], reduction="sum") / 3
    assert close(localizer_loss(**given)["box"], boxes, "round trip")


NOTHING = {
    "localizer": {"logits": np.zeros((0, 3)), "boxes": [], "labels": [], "gt_boxes": []},
    "fast_rcnn": {"logits": np.zeros((0, 3)), "deltas": [], "labels": [], "targets": []},
    "rpn": {"logits": [], "deltas": [], "labels": [], "targets": []},
    "rcnn_svm": {"weights": np.zeros((2, 1)), "bias": [0], "features": np.zeros((0, 2)), "labels": []},
    "rcnn_ridge": {"weights": np.zeros((2, 1)), "features": np.zeros((0, 2)), "targets": []},
}


@pytest.mark.parametrize("name", NOTHING)
def test_of_nothing_every_term_is_nothing(name):
    """C-7: and never NaN; where all anchors are ignored too."""
    terms = getattr(losses, f"{name}_loss")(**NOTHING[name])
    assert set(terms.values()) == {0}
    getattr(losses, f"{name}_loss_backward")(1, **NOTHING[name])
    ignored = rpn_loss(np.ones((2, 2)), np.ones((2, 4)), [-1, -1], np.zeros((2, 4)), variant="code")
    assert set(ignored.values()) == {0}


@pytest.mark.parametrize("case", TOTALS)
def test_float32_stays_float32(case):
    """C-1: what is predicted decides, whatever the targets are."""
    name, draw, by = TOTALS[case]
    arguments = draw(RNG(6))
    arguments |= {key: arguments[key].astype(np.float32) for key in (*by, "features") if key in arguments}
    assert {value.dtype for value in getattr(losses, name)(**arguments).values()} == {np.dtype("f4")}
    gradients = getattr(losses, f"{name}_backward")(1, **arguments)
    assert {part.dtype for part in (gradients if len(by) > 1 else (gradients,))} == {np.dtype("f4")}


# Bad input


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"deltas": np.zeros((4, 10))}, r"deltas: shape is \(4, 10\); wanted \(4, 12\), or \(4, 8\) without"),
        ({"labels": [0, 1, 2, 3]}, "labels: row 3 is 3; wanted labels from 0 to 2"),
        ({"targets": np.zeros((3, 4))}, r"targets: shape is \(3, 4\); wanted \(4, 4\)"),
        ({"sigma": 0}, "sigma: 0.0 came"),
        ({"box_weight": -1}, "box_weight: -1.0 came; wanted a number from 0"),
    ],
)
def test_fast_rcnn_tells_what_is_wrong(change, text):
    with pytest.raises(ValueError, match=text):
        fast_rcnn_loss(**(regions(RNG(0)) | change))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"rpn_logits": np.zeros(5)}, r"rpn_logits: shape is \(5,\); wanted \(5, 2\), what softmax2 takes"),
        ({"rpn_labels": [2, 0, 0, 0, 0]}, "rpn_labels: row 0 is 2; wanted labels from -1 to 1"),
        ({"rpn_sigma": -1}, "rpn_sigma: -1.0 came"),
        ({"labels": [0, 1, 2, -1]}, "labels: row 3 is -1"),
        ({"variant": "notes"}, "variant: 'notes' came; wanted one of paper, code"),
        ({"objectness": "softmax"}, "objectness: 'softmax' came; wanted one of softmax2, sigmoid"),
        ({"batch_size": 0}, "batch_size: 0 came; wanted a whole number of at least 1"),
        ({"locations": 0}, "locations: 0 came; wanted a whole number of at least 1"),
    ],
)
def test_the_joint_loss_names_the_branch(change, text):
    with pytest.raises(ValueError, match=f"^{text}"):
        faster_rcnn_loss(**(joint(RNG(0)) | change))


def test_a_localizer_wants_a_box_per_image():
    with pytest.raises(ValueError, match=r"boxes: shape is \(2, 4\); wanted \(3, 4\), one box per row"):
        localizer_loss(**(images(RNG(0)) | {"boxes": np.zeros((2, 4))}))
