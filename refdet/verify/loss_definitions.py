"""Losses of single terms from their definitions, for bounded numbers and, with their slopes, for moving ones.

Each takes what is predicted, then the case's arguments. Where formulas that are equal on paper round differently, and
programs use several of them, the error covers them all (`any_of`): 1 - s(z) is as good as s(-z), although the one is
off by a unit of 1 and the other by one of itself. No formula here takes the exponential of a number above 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refdet.verify.bounded import Bounded, any_of, flushed, given, plain, total, where

LEAST = 1e-12
"""What a probability is at least where its logarithm is taken."""


def difference(z: Any, a: Any) -> Any:
    """What is predicted less what it should be."""
    return z - _exact(a["targets"], z)


def squared_error(z: Any, a: Any) -> Any:
    """x^2, or half of it."""
    x = difference(z, a)
    return x * x * (0.5 if a["half"] else 1.0)


def l1_loss(z: Any, a: Any) -> Any:
    """|x|."""
    return np.abs(difference(z, a))


def smooth_l1_loss(z: Any, a: Any) -> Any:
    """x^2 / (2 beta) within beta, |x| - beta / 2 beyond (LOSS-4)."""
    far, beta = np.abs(difference(z, a)), given(a["beta"], _unit(z))
    return where(plain(far) < a["beta"], far * far / 2 / beta, far - beta / 2)


def hinge_loss(z: Any, a: Any) -> Any:
    """C max(0, 1 - y z), or with its square (LOSS-6)."""
    y, weight = a["labels"].astype(np.float64), given(a["positive_weight"], _unit(z))
    lack = np.maximum(1 - y * z, 0.0)
    cost = where(y > 0, weight, np.abs(y))
    return cost * (lack if a["form"] == "hinge" else lack * lack)


def binary_cross_entropy_with_logits(z: Any, a: Any) -> Any:
    """-w y ln s(z) - (1 - y) ln s(-z) (LOSS-2)."""
    y, w = _exact(a["targets"], z), _exact(a["pos_weight"], z)
    return _entropy(z, y, w)


def sigmoid_focal_loss(z: Any, a: Any) -> Any:
    """Entropy times (1 - p_t)^gamma, balanced (LOSS-23)."""
    y, yes, no = _exact(a["targets"], z), logistic(z), logistic(-z)
    wrong = any_of(y * no + (1 - y) * yes, 1 - (y * yes + (1 - y) * no))
    return _balance(y, a, z) * wrong ** a["gamma"] * _entropy(z, y)


def quality_focal_loss(z: Any, a: Any) -> Any:
    """Entropy times |p - y|^gamma, balanced (LOSS-23)."""
    y, yes, no = _exact(a["targets"], z), logistic(z), logistic(-z)
    apart = np.abs(any_of((1 - y) * yes - y * no, yes - y))
    return _balance(y, a, z) * apart ** a["gamma"] * _entropy(z, y)


def cross_entropy(z: Any, a: Any) -> Any:
    """-w_t ln p_t of each row, p being its softmax and t its label; 0 of an ignored one (LOSS-1)."""
    rows, labels = _picked(a)
    top = _exact(np.asarray(_value(z).max(axis=-1, keepdims=True, initial=-np.inf)), z)
    below = z - top
    spread = np.log(total(flushed(np.exp(below)), -1))
    losses = any_of(spread - below[..., rows, labels], (spread + top[..., 0]) - z[..., rows, labels])
    return where(counted(a), losses * _exact(a["class_weights"], z)[labels], 0.0)


def cross_entropy_of_probs(z: Any, a: Any) -> Any:
    """-ln p_t of each row, p_t being 1e-12 or more (LOSS-1)."""
    rows, labels = _picked(a)
    least: Any = given(LEAST, _unit(z))
    return where(counted(a), -np.log(np.maximum(z[..., rows, labels], least)), 0.0)


def smooth_labels(z: Any, a: Any) -> Any:
    """Targets less sure of themselves (LOSS-25)."""
    epsilon, classes = given(a["epsilon"], _unit(z)), max(z.shape[-1], 1)
    if a["form"] == "darknet_cls":
        return z * (1 - epsilon) + (1 - z) * (epsilon / (classes - 1 or 1))
    return z * (1 - epsilon) + epsilon / (classes if a["form"] == "szegedy" else 2)


def logistic(z: Any) -> Any:
    """s(z) = 1 / (1 + exp(-z))."""
    above, small = _small(z)
    near, far = 1 / (1 + small), small / (1 + small)
    return any_of(where(above, near, far), 1 - where(above, far, near))


def counted(a: Any) -> Any:
    """True for terms that are not ignored."""
    if "ignore_index" in a:
        return a["targets"] != a["ignore_index"]
    return a["labels"] != 0 if "labels" in a else np.True_


def masses(a: Any) -> Any:
    """What each term weighs by its class."""
    return a["class_weights"].astype(np.float64)[_picked(a)[1]] if "class_weights" in a else 1.0


def _softplus(z):
    """ln(1 + exp(z))."""
    above, small = _small(z)
    return where(above, z, 0.0) + np.log1p(small)


def _small(z):
    """Which numbers are above 0, and exp(-|z|), smooth where z is 0."""
    above = plain(z) >= 0
    return above, flushed(np.exp(where(above, -z, z)))


def _entropy(z, y, w=1.0):
    """Both answers mixed, as TensorFlow and PyTorch write it too: with z (1 - y), or with z y taken off."""
    yes, no, both = _softplus(-z), _softplus(z), 1 + (w - 1) * y
    return any_of(w * y * yes + (1 - y) * no, (1 - y) * z + both * yes, both * no - w * y * z)


def _balance(y, a, z):
    alpha = given(a["alpha"], _unit(z))
    return y * alpha + (1 - y) * (1 - alpha)


def _picked(a):
    """Rows, and the label of each; of an ignored one any."""
    return np.arange(len(a["targets"])), np.where(counted(a), a["targets"], 0)


def _value(z):
    return plain(z.value if hasattr(z, "slope") else z)


def _unit(z):
    return (z.value if hasattr(z, "slope") else z).unit


def _exact(values, z):
    return Bounded(np.asarray(values, np.float64), np.zeros(np.shape(values)), _unit(z))
