"""Contracts of losses and of their gradients: no false alarm on the references, and every planted bug is found."""

import numpy as np
import pytest
from verify.planted import ANY, given, spoilt, told, words

from refdet import losses
from refdet.losses.softmax import softmax
from refdet.verify import loss_definitions
from refdet.verify.contracts.losses import CONTRACTS

OPS = {contract.op: contract for contract in CONTRACTS}
LOSSES = [op for op in OPS if f"{op}_backward" in OPS]


def reduced(terms, a):
    """A formula of single terms, right in all else."""
    w = a.get("weights", 1)
    counted = loss_definitions.counted(a)
    total = {"mean": max(np.count_nonzero(np.broadcast_to(counted, terms.shape)), 1)}.get(a["reduction"], 1)
    terms = (w * np.where(counted, terms, 0)).astype(terms.dtype)
    return terms if a["reduction"] == "none" else np.asarray(terms.sum() / total, terms.dtype)


def formula(terms):
    """A kernel with another formula; "weighted_mean" is the reference's."""

    def wrong(reference, a):
        if a["reduction"] == "weighted_mean":
            return reference(**a)
        return reduced(np.asarray(terms(a), a[next(iter(a))].dtype), a)

    return wrong


def x(a):
    return a["inputs"] - a["targets"]


def entropy(p, y):
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def s(z):
    return 1 / (1 + np.exp(-z))


def focal(a, wrong, stable=False):
    z, y, p = a["inputs"], a["targets"], s(a["inputs"])
    losses = entropy(np.clip(p, 1e-30, 1 - 1e-7), y)
    if stable:
        losses = z * (1 - y) + softplus(-z)
    return (a["alpha"] * y + (1 - a["alpha"]) * (1 - y)) * wrong(p, y) ** a["gamma"] * losses


def softplus(z):
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def log_softmax(z):
    below = z - z.max(axis=1, keepdims=True, initial=-np.inf)
    return below - np.log(np.exp(below).sum(axis=1, keepdims=True))


def rows(a, values):
    labels = np.where(loss_definitions.counted(a), a["targets"], 0)
    weights = a["class_weights"][labels] if "class_weights" in a else 1
    return weights * values[np.arange(len(labels)), labels]


def turned(reduction):
    return {"sum": "mean", "mean": "sum", "weighted_mean": "mean"}.get(reduction, reduction)


def ones(name):
    return lambda a: np.ones_like(a[name])


REDUCTION = given(reduction=lambda a: turned(a["reduction"]))
PLANTED = {
    "l1_loss": {
        "signed": formula(x),
        "squared": formula(lambda a: x(a) ** 2),
        "targets ignored": given(targets=lambda a: 0 * a["targets"]),
        "halved": formula(lambda a: np.abs(x(a)) / 2),
    },
    "squared_error": {
        "never half": given(half=lambda a: False),
        "half of the other": given(half=lambda a: not a["half"]),
        "not squared": formula(lambda a: np.abs(x(a)) * (0.5 if a["half"] else 1)),
        "targets added": given(targets=lambda a: -a["targets"]),
    },
    "smooth_l1_loss": {
        "beta always 1": given(beta=lambda a: 1.0),
        "beta is sigma": given(beta=lambda a: a["beta"] ** 2),
        "half a beta forgotten": formula(
            lambda a: np.where(np.abs(x(a)) < a["beta"], x(a) ** 2 / 2 / (a["beta"] or 1), np.abs(x(a)))
        ),
        "square not over beta": formula(
            lambda a: np.where(np.abs(x(a)) < a["beta"], x(a) ** 2 / 2, np.abs(x(a)) - a["beta"] / 2)
        ),
    },
    "hinge_loss": {
        "margin 0": formula(lambda a: cost(a) * lack(a, 0)),
        "never squared": given(form=lambda a: "hinge"),
        "labels the other way": given(labels=lambda a: -a["labels"]),
        "negatives dearer": formula(
            lambda a: np.where(a["labels"] < 0, a["positive_weight"], 1) * lack(a, 1)
        ),
        "no part counted in the mean": given(labels=lambda a: np.where(a["labels"] == 0, 1, a["labels"])),
    },
    "binary_cross_entropy_with_logits": {
        "overflow": formula(lambda a: plain_entropy(a, np.log(1 + np.exp(-a["logits"])))),
        "clipped": formula(lambda a: plain_entropy(a, -np.log(np.clip(s(a["logits"]), 1e-7, 1)))),
        "pos_weight ignored": given(pos_weight=ones("pos_weight")),
        "pos_weight on both": formula(
            lambda a: a["pos_weight"] * entropy(np.clip(s(a["logits"]), 1e-30, 1 - 6e-8), a["targets"])
        ),
        "yes and no exchanged": given(targets=lambda a: 1 - a["targets"]),
    },
    "sigmoid_focal_loss": {
        "alpha the other way": given(alpha=lambda a: 1 - a["alpha"]),
        "alpha ignored": given(alpha=lambda a: 0.5),
        "gamma always 2": given(gamma=lambda a: 2.0),
        "p_t, not 1 - p_t": formula(lambda a: focal(a, lambda p, y: y * p + (1 - y) * (1 - p))),
        "overflow": formula(lambda a: focal(a, lambda p, y: np.abs(p - y)) + 0 * np.exp(np.abs(a["inputs"]))),
        "|p - y| of soft targets": lambda _, a: losses.quality_focal_loss(**a),
    },
    "quality_focal_loss": {
        "alpha the other way": given(alpha=lambda a: 1 - a["alpha"]),
        "alpha ignored": given(alpha=lambda a: 0.5),
        "gamma always 2": given(gamma=lambda a: 2.0),
        "1 - p_t": lambda _, a: losses.sigmoid_focal_loss(**a),
        "without the entropy": formula(lambda a: np.abs(s(a["inputs"]) - a["targets"]) ** a["gamma"]),
    },
    "cross_entropy": {
        "overflow": formula(lambda a: rows(a, -np.log(naive_softmax(a["logits"])))),
        "clipped": formula(lambda a: rows(a, -np.log(np.maximum(softmax(a["logits"]), 1e-7)))),
        "base 2": spoilt(lambda answer: answer / np.log(2)),
        "along the other axis": formula(lambda a: rows(a, -np.log(naive_softmax(a["logits"].T).T))),
        "weights of classes ignored": given(class_weights=ones("class_weights")),
        "ignored rows are of class 0": given(targets=lambda a: np.maximum(a["targets"], 0)),
        "label off by one": given(
            targets=lambda a: np.where(
                a["targets"] < 0, a["targets"], (a["targets"] + 1) % a["logits"].shape[1]
            )
        ),
    },
    "cross_entropy_of_probs": {
        "kept above 1e-7": given(probs=lambda a: np.maximum(a["probs"], a["probs"].dtype.type(1e-7))),
        "not kept": formula(lambda a: rows(a, -np.log(a["probs"]))),
        "base 2": spoilt(lambda answer: answer / np.log(2)),
        "1 - p": formula(lambda a: rows(a, 1 - a["probs"])),
        "ignored rows are of class 0": given(targets=lambda a: np.maximum(a["targets"], 0)),
    },
}


def formula_of_labels(labels):
    """A kernel of label smoothing with another formula for softmax."""

    def wrong(reference, a):
        y = a["targets"]
        if a["form"] != "szegedy":
            return reference(**a)
        return np.asarray(labels(y, a["epsilon"], y.shape[-1]), y.dtype)

    return wrong


def lack(a, margin):
    missing = np.maximum(margin - a["labels"] * a["scores"], 0)
    return missing if a["form"] == "hinge" else missing**2


def cost(a):
    return np.where(a["labels"] > 0, a["positive_weight"], 1)


def plain_entropy(a, yes):
    y = a["targets"]
    return a["pos_weight"] * y * yes + (1 - y) * (a["logits"] + yes)


def naive_softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


OF_GRADIENTS = {
    "grad ignored": given(grad=lambda a: np.ones_like(a["grad"])),
    "size of grad": given(grad=lambda a: np.abs(a["grad"])),
    "unsigned": spoilt(np.abs),
    "clipped": spoilt(lambda answer: np.clip(answer, -1e-3, 1e-3)),
    "times the input": lambda reference, a: reference(**a) * a[list(a)[1]],
    "of an unweighted sum": given(reduction=lambda a: "sum" if np.ndim(a["grad"]) == 0 else "none"),
}


SAID = {
    "zeros": "lies from",
    "a thousandth more": "lies from",
    "NaN": "is finite",
    "nothing": "is an array; NoneType came",
    "a list": "is an array; list of 1 came",
    "another precision": "is an array; float16 came",
}


def planted():
    for op in LOSSES:
        own = {"reduction": REDUCTION, **PLANTED[op]}
        if "focal" not in op:
            own["weights ignored"] = given(weights=ones("weights"))
        for name, kernel in {**ANY, **own}.items():
            yield op, name, kernel
        of_both = {name: kernel for name, kernel in own.items() if hasattr(kernel, "of_arguments")}
        for name, kernel in {**ANY, **of_both, **OF_GRADIENTS}.items():
            yield f"{op}_backward", name, kernel
    for name, kernel in {**ANY, **SMOOTHING}.items():
        yield "smooth_labels", name, kernel


SMOOTHING = {
    "epsilon not shared": formula_of_labels(lambda y, e, k: y * (1 - e) + e),
    "shared by the others": formula_of_labels(lambda y, e, k: y * (1 - e) + e / max(k - 1, 1)),
    "not taken away": formula_of_labels(lambda y, e, k: y + e / k),
    "epsilon halved": given(epsilon=lambda a: a["epsilon"] / 2),
    "always szegedy": given(form=lambda a: "szegedy"),
    "always binary": given(form=lambda a: "binary"),
}


@pytest.mark.parametrize(("op", "name", "kernel"), list(planted()), ids=told)
def test_a_planted_bug_is_found(op, name, kernel):
    contract = OPS[op]
    assert words(contract, lambda a: kernel(contract.reference, a)) is not None


@pytest.mark.parametrize(("name", "wanted"), SAID.items())
def test_the_words_say_what_is_wrong(name, wanted):
    contract = OPS["l1_loss"]
    assert wanted in words(contract, lambda a: ANY[name](contract.reference, a))


RIGHT = {
    "l1_loss": lambda a: np.abs(x(a)),
    "squared_error": lambda a: x(a) ** 2 / (2 if a["half"] else 1),
    "hinge_loss": lambda a: cost(a) * lack(a, 1),
    "binary_cross_entropy_with_logits": lambda a: plain_entropy(a, softplus(-a["logits"])),
    "sigmoid_focal_loss": lambda a: focal(a, lambda p, y: 1 - (y * p + (1 - y) * (1 - p)), stable=True),
    "quality_focal_loss": lambda a: focal(a, lambda p, y: np.abs(p - y), stable=True),
    "cross_entropy": lambda a: rows(a, -log_softmax(a["logits"])),
    "cross_entropy_of_probs": lambda a: rows(a, -np.log(np.maximum(a["probs"], np.float32(1e-12)))),
}


@pytest.mark.parametrize("op", RIGHT)
def test_another_right_formula_in_float32_is_no_bug(op):
    contract, kernel = OPS[op], formula(RIGHT[op])
    assert words(contract, lambda a: kernel(contract.reference, a)) is None


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_reference_keeps_its_promises(op, dtype):
    contract = OPS[op]
    assert words(contract, lambda a: contract.reference(**a), dtype, seed=1) is None


def test_the_words_name_the_number_and_its_bounds():
    said = words(OPS["l1_loss"], lambda a: losses.l1_loss(**a) + np.float32(0.5))
    assert said.startswith("l1_loss at [0] lies from") and said.endswith("came")
    said = words(OPS["sigmoid_focal_loss"], lambda a: losses.sigmoid_focal_loss(**a) / np.float32(0))
    assert said == "every number of the answer is finite; that at [0] is not"
