"""Arguments of every loss, drawn in float64 away from kinks: what its gradient is compared on.

A draw takes a generator and gives keywords; what is predicted comes first.
"""

import numpy as np


def numbers(rng, *shape):
    return 2 * rng.standard_normal(shape)


def boxes(rng, count=6):
    corner = rng.uniform(0, 3, (count, 2))
    return np.hstack([corner, corner + rng.uniform(0.5, 6, (count, 2))])


def classes(rng, **options):
    return {"logits": numbers(rng, 5, 4), "targets": np.array([0, 3, 1, 2, 2]), **options}


def shares(rng, rows=5):
    drawn = rng.random((rows, 4))
    return drawn / drawn.sum(axis=1, keepdims=True)


def binary(rng, name="logits", soft=True, **options):
    targets = rng.random((4, 3))
    return {name: numbers(rng, 4, 3), "targets": targets if soft else targets.round(), **options}


def pair(rng, **options):
    return {"inputs": numbers(rng, 4, 3), "targets": numbers(rng, 4, 3), **options}


def two_sets(rng, **options):
    return {"boxes1": boxes(rng), "boxes2": boxes(rng), **options}


def margins(rng, **options):
    return {"scores": numbers(rng, 4, 3), "labels": rng.integers(-1, 2, (4, 3)), **options}


# Name of the case: the loss, and how to draw what it takes.
TERMS = {
    "cross-entropy, labels": ("cross_entropy", classes),
    "cross-entropy, ignored": (
        "cross_entropy",
        lambda rng: classes(rng, ignore_index=2, class_weights=np.array([0.5, 1, 3, 2])),
    ),
    "cross-entropy, shares": (
        "cross_entropy",
        lambda rng: classes(rng, class_weights=np.array([0.5, 0, 3, 2])) | {"targets": shares(rng)},
    ),
    "probabilities, labels": (
        "cross_entropy_of_probs",
        lambda rng: {"probs": shares(rng), "targets": np.array([0, 3, 1, 2, 2]), "ignore_index": 3},
    ),
    "probabilities, shares": (
        "cross_entropy_of_probs",
        lambda rng: {"probs": shares(rng), "targets": shares(rng)},
    ),
    "binary": ("binary_cross_entropy_with_logits", binary),
    "binary, dear": (
        "binary_cross_entropy_with_logits",
        lambda rng: binary(rng, pos_weight=np.array([1, 3, 0.5])),
    ),
    **{
        f"{name}, gamma {gamma}, {'soft' if soft else 'hard'}": (
            f"{name}_focal_loss",
            lambda rng, gamma=gamma, soft=soft: binary(rng, "inputs", soft, alpha=0.25, gamma=gamma),
        )
        for name in ("sigmoid", "quality")
        for gamma in (0, 0.5, 1, 1.5, 2)
        for soft in (False, True)
    },
    "focal, no balance": ("sigmoid_focal_loss", lambda rng: binary(rng, "inputs", alpha=None)),
    "squared": ("squared_error", pair),
    "squared, half": ("squared_error", lambda rng: pair(rng, half=True)),
    "l1": ("l1_loss", pair),
    **{
        f"smooth l1, beta {b}": ("smooth_l1_loss", lambda rng, b=b: pair(rng, beta=b)) for b in (0, 0.5, 1, 9)
    },
    "smooth l1, sigma 3": ("smooth_l1_loss", lambda rng: pair(rng, sigma=3)),
    "iou": ("box_iou_loss", two_sets),
    "iou, log": ("box_iou_loss", lambda rng: two_sets(rng, form="log")),
    "giou": ("generalized_box_iou_loss", two_sets),
    "diou": ("distance_box_iou_loss", two_sets),
    "hinge": ("hinge_loss", lambda rng: margins(rng, positive_weight=2.0)),
    "hinge, squared": ("hinge_loss", lambda rng: margins(rng, form="squared_hinge")),
}


def regions(rng, background=True, **options):
    """Four regions, one of them background, three classes with it."""
    labels = np.array([2, 0, 1, 1])
    width = 12 if background else 8
    return {
        "logits": numbers(rng, 4, 3),
        "deltas": numbers(rng, 4, width),
        "labels": labels,
        "targets": numbers(rng, 4, 4),
        **options,
    }


def anchors(rng, columns=(2,), **options):
    """Five anchors: two of objects, two of background, one ignored."""
    return {
        "logits": numbers(rng, 5, *columns),
        "deltas": numbers(rng, 5, 4),
        "labels": np.array([1, 0, -1, 0, 1]),
        "targets": numbers(rng, 5, 4),
        **options,
    }


def joint(rng, **options):
    return {**{f"rpn_{name}": value for name, value in anchors(rng).items()}, **regions(rng), **options}


def images(rng, **options):
    return {
        "logits": numbers(rng, 3, 4),
        "boxes": numbers(rng, 3, 4),
        "labels": np.array([0, 3, 1]),
        "gt_boxes": numbers(rng, 3, 4),
        **options,
    }


def machines(rng, **options):
    return {
        "weights": numbers(rng, 3, 2),
        "bias": numbers(rng, 2),
        "features": numbers(rng, 6, 3),
        "labels": rng.integers(-1, 2, (6, 2)),
        **options,
    }


def ridges(rng):
    return {
        "weights": numbers(rng, 3, 4),
        "features": numbers(rng, 6, 3),
        "targets": numbers(rng, 6, 4),
        "ridge": 10,
    }


# Name of the case: the total, how to draw what it takes, and by what it has a gradient.
TOTALS = {
    "localizer": ("localizer_loss", lambda rng: images(rng, box_weight=3), ("logits", "boxes")),
    "fast r-cnn": ("fast_rcnn_loss", lambda rng: regions(rng, box_weight=2, sigma=3), ("logits", "deltas")),
    "fast r-cnn, no background": ("fast_rcnn_loss", lambda rng: regions(rng, False), ("logits", "deltas")),
    **{
        f"rpn, {variant}, {objectness}": (
            "rpn_loss",
            lambda rng, v=variant, o=objectness, c=columns: anchors(rng, c, variant=v, objectness=o),
            ("logits", "deltas"),
        )
        for variant in ("paper", "code")
        for objectness, columns in (("softmax2", (2,)), ("sigmoid", ()))
    },
    "faster r-cnn": (
        "faster_rcnn_loss",
        lambda rng: joint(rng, variant="code", box_weight=2),
        ("rpn_logits", "rpn_deltas", "logits", "deltas"),
    ),
    "svm": ("rcnn_svm_loss", lambda rng: machines(rng, cost=0.5), ("weights", "bias")),
    "ridge": ("rcnn_ridge_loss", ridges, ("weights",)),
}
