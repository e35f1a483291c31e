"""The loss of a region proposal network: object or not, and the box of the anchors that are (LOSS-12).

    L = 1/N_cls sum over anchors of CE(p_i, p*_i)
        + lambda 1/N_reg sum over anchors of p*_i sum over x, y, w, h of smooth_l1(t_i - t*_i)

p*_i is the label, 1 for an object, so that only anchors of objects have a box loss; with p_i in its place, as the
course notes print it, all would (ERR-38). The two forms differ in what they divide by:

    paper   N_cls = 256, the batch; N_reg = the number of places, about 2400; lambda = 10, which makes up for the
            difference: an anchor counts 1/256 = .003906 and 10/2400 = .004167. sigma = 1
    code    N_cls = N_reg = the number of sampled anchors; lambda = 1; sigma = 3

By the logits the gradient is that of the cross-entropy / N_cls; by the deltas of an object's anchor lambda / N_reg
times that of smooth L1, and 0 by all others.

Letters: A anchors. Source: S. Ren et al., Faster R-CNN, NIPS 2015, equation (1); py-faster-rcnn,
models/pascal_voc/VGG16/faster_rcnn_end2end/train.prototxt and lib/rpn/anchor_target_layer.py.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.bce import binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward
from refdet.losses.smooth_l1 import check_beta, smooth_l1_loss, smooth_l1_loss_backward
from refdet.losses.softmax_cross_entropy import cross_entropy, cross_entropy_backward
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]
Variant = Literal["paper", "code"]
Objectness = Literal["softmax2", "sigmoid"]

# lambda and sigma.
DEFAULTS = {"paper": (10.0, 1.0), "code": (1.0, 3.0)}


def check_rpn_loss(
    logits,
    deltas,
    labels,
    targets,
    *,
    variant="paper",
    objectness="softmax2",
    batch_size=256,
    locations=2400,
    box_weight=None,
    sigma=None,
    prefix="",
):
    """Logits and deltas in their common precision, as many labels and targets, and the variant's numbers."""
    object_checks.option(variant, "variant", tuple(DEFAULTS))
    object_checks.option(objectness, "objectness", ("softmax2", "sigmoid"))
    logits, deltas = (
        loss_checks.numbers(logits, prefix + "logits"),
        loss_checks.table(deltas, prefix + "deltas", 4),
    )
    shape = (len(deltas), 2) if objectness == "softmax2" else (len(deltas),)
    logits = loss_checks.shaped(
        logits, prefix + "logits", shape, f"what {objectness} takes of each row of the deltas"
    )
    dtype = np.result_type(logits, deltas)
    labels = loss_checks.labels(labels, prefix + "labels", len(deltas), -1, 2)
    targets = loss_checks.numbers(targets, prefix + "targets", dtype)
    targets = loss_checks.shaped(targets, prefix + "targets", deltas.shape, "four deltas per anchor")
    batch_size = checks.whole_number(batch_size, "batch_size", 1, 2**31)
    locations = checks.whole_number(locations, "locations", 1, 2**31)
    weight, sharpness = DEFAULTS[variant]
    box_weight = loss_checks.number(
        weight if box_weight is None else box_weight, prefix + "box_weight", dtype
    )
    sigma = sharpness if sigma is None else sigma
    check_beta(None, sigma, dtype, prefix)
    return (
        *(logits.astype(dtype), deltas.astype(dtype), labels, targets),
        *(variant, objectness, batch_size, locations, box_weight, sigma),
    )


@stepwise(check=check_rpn_loss)
def rpn_loss(
    logits: Array,
    deltas: Array,
    labels: Array,
    targets: Array,
    *,
    variant: Variant = "paper",
    objectness: Objectness = "softmax2",
    batch_size: int = 256,
    locations: int = 2400,
    box_weight: float | None = None,
    sigma: float | None = None,
) -> Steps[dict[str, np.floating]]:
    """Cross-entropy of objectness over the sampled anchors, plus smooth L1 of the deltas of those with an object.

    Parameters
    ----------
    logits : (A, 2) or (A,) array
        Background and object for "softmax2", object alone for "sigmoid".
    deltas : (A, 4) array
    labels : (A,) int array
        1 for an object, 0 for background, -1 for an anchor that is ignored or was not sampled.
    targets : (A, 4) array
        What the deltas should be, such as `encode_rcnn` gives; of anchors without an object, any finite numbers.
    variant : {"paper", "code"}
        What the terms are divided by, and the defaults of `box_weight` and `sigma`; see above.
    objectness : {"softmax2", "sigmoid"}
        The same function of z = z_object - z_background (ERR-32).
    batch_size : int
        N_cls of "paper".
    locations : int
        N_reg of "paper": rows times columns of the feature map.
    box_weight : float, 0 or more, optional
        lambda: 10 of "paper", 1 of "code".
    sigma : float above 0, optional
        Of smooth L1: 1 of "paper", 3 of "code".

    Returns
    -------
    terms : dict of "class", "box" and "total"
        Numbers of the dtype of logits and deltas together; total = class + box_weight * box. 0 of no anchors.

    Raises
    ------
    ValueError, TypeError
        Another shape; numbers that are not finite or too large; a label other than -1, 0 and 1.

    Notes
    -----
    class. Cross-entropy of the anchors that were sampled, divided by N_cls.
    box.   Smooth L1 of the deltas where there is an object, divided by N_reg.
    total. Their sum, the box with its weight.

    LOSS-12. torchvision is "code" with "sigmoid". The steps of `cross_entropy` or `binary_cross_entropy_with_logits`
    come before "class", those of `smooth_l1_loss` before "box".

    Examples
    --------
    An object and background, both with probability 1/2, and an anchor that is ignored:

    >>> terms = rpn_loss(np.zeros((3, 2)), [[2, 0, 0, 0]] * 3, [1, 0, -1], np.zeros((3, 4)), variant="code")
    >>> print({name: round(value.item(), 6) for name, value in terms.items()})
    {'class': 0.693147, 'box': 0.972222, 'total': 1.665369}
    """
    count, places = normalizers(labels, variant, batch_size, locations, logits.dtype)
    if objectness == "softmax2":
        class_losses = yield from cross_entropy.steps(logits, labels, ignore_index=-1)  # (A,)
    else:
        sampled = (labels >= 0).astype(logits.dtype)
        entropy = binary_cross_entropy_with_logits.steps
        class_losses = yield from entropy(logits, sampled * (labels > 0), weights=sampled)
    class_loss = class_losses.sum() / count
    yield "class: cross-entropies of the sampled anchors are {class_losses}, by {count} {class_loss}"
    objects = np.flatnonzero(labels > 0)
    coordinate_losses = yield from smooth_l1_loss.steps(deltas[objects], targets[objects], sigma=sigma)
    box_losses = np.zeros_like(class_losses)
    box_losses[objects] = coordinate_losses.sum(axis=1)  # (F, 4) -> (F,)
    box_loss = box_losses.sum() / places
    yield "box: smooth L1 of the objects' deltas is {box_losses}, by {places} {box_loss}"
    total = class_loss + box_weight * box_loss
    yield "total: class plus {box_weight} times box, {total}"
    return {"class": class_loss, "box": box_loss, "total": total}


def normalizers(labels, variant, batch_size, locations, dtype):
    """N_cls and N_reg."""
    sampled = max(np.count_nonzero(labels >= 0), 1)
    pair = (batch_size, locations) if variant == "paper" else (sampled, sampled)
    return dtype.type(pair[0]), dtype.type(pair[1])


@stepwise(check=loss_checks.of_gradient(check_rpn_loss))
def rpn_loss_backward(
    grad: Array | float,
    logits: Array,
    deltas: Array,
    labels: Array,
    targets: Array,
    *,
    variant: Variant = "paper",
    objectness: Objectness = "softmax2",
    batch_size: int = 256,
    locations: int = 2400,
    box_weight: float | None = None,
    sigma: float | None = None,
) -> Steps[tuple[Floats, Floats]]:
    """Gradient of `rpn_loss`'s total by logits and deltas, as derived above.

    Parameters
    ----------
    grad : () array
        By the total. The other arguments are those of `rpn_loss`.
    logits : (A, 2) or (A,) array
    deltas : (A, 4) array

    Returns
    -------
    grad_logits : (A, 2) or (A,) float array, dtype of `logits` and `deltas` together
    grad_deltas : (A, 4) float array, dtype of `logits` and `deltas` together

    Notes
    -----
    logits. What each sampled probability is too much, over N_cls.
    deltas. Slopes of smooth L1 where there is an object, over N_reg.

    Examples
    --------
    >>> by_logits, by_deltas = rpn_loss_backward(
    ...     1, np.zeros((3, 2)), [[2, 0, 0, 0]] * 3, [1, 0, -1], np.zeros((3, 4)), variant="code"
    ... )
    >>> by_logits[0], by_deltas[0]
    (array([ 0.25, -0.25]), array([0.5, 0. , 0. , 0. ]))
    """
    count, places = normalizers(labels, variant, batch_size, locations, logits.dtype)
    if objectness == "softmax2":
        by_logits = cross_entropy_backward(1, logits, labels, ignore_index=-1, reduction="sum")
    else:
        sampled = (labels >= 0).astype(logits.dtype)
        by_logits = binary_cross_entropy_with_logits_backward(
            1, logits, sampled * (labels > 0), weights=sampled, reduction="sum"
        )
    by_logits = grad * (by_logits / count)
    yield "logits: p less what is true, of the sampled by {count}, is {by_logits}"
    objects = np.flatnonzero(labels > 0)
    by_deltas = np.zeros_like(deltas)
    by_deltas[objects] = smooth_l1_loss_backward(
        1, deltas[objects], targets[objects], sigma=sigma, reduction="sum"
    )
    weight: Any = box_weight  # a number since the check
    by_deltas = grad * weight * (by_deltas / places)
    yield "deltas: the slopes of {objects}, by {places} and times {box_weight}, make {by_deltas}"
    return by_logits, by_deltas
