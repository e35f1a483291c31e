"""Fast R-CNN's multi-task loss: the class of every region, and the box of those that hold an object (LOSS-7).

    L = 1/R sum over regions of ( -ln p_u  +  lambda [u >= 1] sum over x, y, w, h of smooth_l1(t^u_i - v_i) )

u is the true class, 0 the background; [u >= 1] is 1 for an object and 0 for background, which has no box. t^u are
the deltas that were predicted for class u and v those that would be right (ENC-1). The terms are added: the course
notes lost the signs (ERR-29). By the logits the gradient is (p - [c = u]) / R; by the deltas of class u, where u is
an object, lambda / R times that of smooth L1, and 0 by all others.

Letters: R regions, K classes without the background.
Source: R. Girshick, Fast R-CNN, ICCV 2015, equations (1) to (3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.smooth_l1 import check_beta, smooth_l1_loss, smooth_l1_loss_backward
from refdet.losses.softmax_cross_entropy import cross_entropy, cross_entropy_backward
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_fast_rcnn_loss(logits, deltas, labels, targets, *, box_weight=1.0, sigma=1.0):
    """Logits and deltas in their common precision, as many labels and targets, both numbers in it too."""
    logits, deltas = loss_checks.logits(logits), loss_checks.table(deltas, "deltas")
    dtype, (regions, classes) = np.result_type(logits, deltas), logits.shape
    widths = (4 * classes, 4 * (classes - 1))
    if len(deltas) != regions or (deltas.shape[1] not in widths and regions):
        wanted = f"({regions}, {widths[0]}), or ({regions}, {widths[1]}) without the background"
        raise ValueError(f"deltas: shape is {deltas.shape}; wanted {wanted}")
    labels = loss_checks.labels(labels, "labels", regions, 0, classes)
    targets = loss_checks.numbers(targets, "targets", dtype)
    targets = loss_checks.shaped(targets, "targets", (regions, 4), "four deltas per region")
    check_beta(None, sigma, dtype)
    box_weight = loss_checks.number(box_weight, "box_weight", dtype)
    return logits.astype(dtype), deltas.astype(dtype), labels, targets, box_weight, sigma


@stepwise(check=check_fast_rcnn_loss)
def fast_rcnn_loss(
    logits: Array,
    deltas: Array,
    labels: Array,
    targets: Array,
    *,
    box_weight: float = 1.0,
    sigma: float = 1.0,
) -> Steps[dict[str, np.floating]]:
    """Cross-entropy of the classes, plus smooth L1 of the deltas of the true class where there is an object.

    Parameters
    ----------
    logits : (R, K) array
        Of the classes, the background first: K is one more than the number of kinds of objects.
    deltas : (R, M) array
        Four per class: M is 4 K, the background's unused, as in py-faster-rcnn, or 4 (K - 1) without them.
    labels : (R,) int array
        True class of each region, 0 for background.
    targets : (R, 4) array
        What the deltas of the true class should be, such as `encode_rcnn` gives; of background, any finite numbers.
    box_weight : float, 0 or more
        lambda, 1 in the paper.
    sigma : float above 0
        Of smooth L1: 1 in the paper and in Fast R-CNN's code; 3 in torchvision, where beta is 1/9.

    Returns
    -------
    terms : dict of "class", "box" and "total"
        Numbers of the dtype of logits and deltas together; total = class + box_weight * box. Both terms are divided
        by the number of regions, of background too. 0 of no regions.

    Raises
    ------
    ValueError, TypeError
        Another shape; numbers that are not finite or too large; a label that is no class.

    Notes
    -----
    class. Mean over the regions of -ln of the probability of the true class.
    box.   Smooth L1 of the true class' deltas, summed over the objects and divided by the number of all regions.
    total. Their sum, the box with its weight.

    LOSS-7. The steps of `cross_entropy` come before "class", those of `smooth_l1_loss` before "box".

    Examples
    --------
    An object of class 1 with probability 1/2, its dx off by 2; and background, whose deltas don't matter:

    >>> logits, deltas = [[0.0, 0.0], [np.log(3), 0.0]], [[2.0, 0, 0, 0], [9, 9, 9, 9]]
    >>> terms = fast_rcnn_loss(logits, deltas, [1, 0], [[0, 0, 0, 0], [0, 0, 0, 0]])
    >>> print({name: round(value.item(), 6) for name, value in terms.items()})
    {'class': 0.490415, 'box': 0.75, 'total': 1.240415}
    """
    count = logits.dtype.type(max(len(logits), 1))
    class_losses = yield from cross_entropy.steps(logits, labels)  # (R,)
    class_loss = class_losses.sum() / count
    yield "class: -ln p of the true classes is {class_losses}, by {count} regions {class_loss}"
    objects = np.flatnonzero(labels > 0)
    columns = delta_columns(deltas, logits, labels[objects])  # (F, 4)
    own = deltas[objects[:, None], columns]  # (F, 4)
    coordinate_losses = yield from smooth_l1_loss.steps(own, targets[objects], sigma=sigma)
    box_losses = np.zeros_like(class_losses)
    box_losses[objects] = coordinate_losses.sum(axis=1)  # (F, 4) -> (F,)
    box_loss = box_losses.sum() / count
    yield "box: smooth L1 of the objects' deltas is {box_losses}, by {count} regions {box_loss}"
    total = class_loss + box_weight * box_loss
    yield "total: class plus {box_weight} times box, {total}"
    return {"class": class_loss, "box": box_loss, "total": total}


def delta_columns(deltas, logits, labels):
    """Columns of the four deltas of each label, (F, 4); the background may have none."""
    first = labels if deltas.shape[1] == 4 * logits.shape[1] else labels - 1
    return 4 * first[:, None] + np.arange(4)


@stepwise(check=loss_checks.of_gradient(check_fast_rcnn_loss))
def fast_rcnn_loss_backward(
    grad: Array | float,
    logits: Array,
    deltas: Array,
    labels: Array,
    targets: Array,
    *,
    box_weight: float = 1.0,
    sigma: float = 1.0,
) -> Steps[tuple[Floats, Floats]]:
    """Gradient of `fast_rcnn_loss`'s total by logits and deltas, as derived above.

    Parameters
    ----------
    grad : () array
        By the total. The other arguments are those of `fast_rcnn_loss`.
    logits : (R, K) array
    deltas : (R, M) array

    Returns
    -------
    grad_logits : (R, K) float array, dtype of `logits` and `deltas` together
    grad_deltas : (R, M) float array, dtype of `logits` and `deltas` together

    Notes
    -----
    logits. What each probability is too much, over the number of regions.
    deltas. Slopes of smooth L1 at the deltas of the objects' own classes, over the same; 0 elsewhere.

    Examples
    --------
    >>> logits, deltas = [[0.0, 0.0], [np.log(3), 0.0]], [[2.0, 0, 0, 0], [9, 9, 9, 9]]
    >>> fast_rcnn_loss_backward(1, logits, deltas, [1, 0], [[0, 0, 0, 0], [0, 0, 0, 0]])[1]
    array([[0.5, 0. , 0. , 0. ],
           [0. , 0. , 0. , 0. ]])
    """
    count = logits.dtype.type(max(len(logits), 1))
    by_logits = grad * cross_entropy_backward(1, logits, labels, reduction="mean")
    yield "logits: p less 1 at the true class, by {count} regions, is {by_logits}"
    objects = np.flatnonzero(labels > 0)
    own = objects[:, None], delta_columns(deltas, logits, labels[objects])
    slopes = smooth_l1_loss_backward(1, deltas[own], targets[objects], sigma=sigma, reduction="sum")
    by_deltas = np.zeros_like(deltas)
    by_deltas[own] = slopes / count
    by_deltas = grad * box_weight * by_deltas
    yield "deltas: the slopes {slopes} of the objects' own, by {count} and times {box_weight}, make {by_deltas}"
    return by_logits, by_deltas
