"""The loss of a localizer: one object, its class and its box (LOSS-5).

    L = CE(z, u) + w |b - g|^2                          dL/dz = p - [c = u],   dL/db = 2 w (b - g)

each a mean over N images. z are logits and u the label, b the predicted box and g the true one, in whatever numbers
the network answers. The box branch is a regressor; what the course notes call a supervised classifier is this loss
against a label (ERR-10).

Letters: N images, K classes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.losses.softmax_cross_entropy import cross_entropy, cross_entropy_backward
from refdet.losses.squared import squared_error, squared_error_backward
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_localizer_loss(logits, boxes, labels, gt_boxes, *, box_weight=1.0):
    """Logits and boxes in their common precision, as many labels and true boxes, the weight in it too."""
    logits, boxes = loss_checks.logits(logits), loss_checks.table(boxes, "boxes", 4)
    dtype = np.result_type(logits, boxes)
    boxes = loss_checks.shaped(boxes, "boxes", (len(logits), 4), "one box per row of the logits")
    gt_boxes = loss_checks.shaped(
        loss_checks.numbers(gt_boxes, "gt_boxes", dtype), "gt_boxes", boxes.shape, "one box per image"
    )
    labels = loss_checks.labels(labels, "labels", len(logits), 0, logits.shape[1])
    box_weight = loss_checks.number(box_weight, "box_weight", dtype)
    return logits.astype(dtype), boxes.astype(dtype), labels, gt_boxes, box_weight


@stepwise(check=check_localizer_loss)
def localizer_loss(
    logits: Array, boxes: Array, labels: Array, gt_boxes: Array, *, box_weight: float = 1.0
) -> Steps[dict[str, np.floating]]:
    """Cross-entropy of the class plus squared error of the box.

    Parameters
    ----------
    logits : (N, K) array
        Of the classes, a row per image.
    boxes : (N, 4) array
        What the box branch answers.
    labels : (N,) int array
        The class of the one object, 0 to K - 1.
    gt_boxes : (N, 4) array
        What the box branch should answer.
    box_weight : float, 0 or more
        What the box term counts; both alike by default.

    Returns
    -------
    terms : dict of "class", "box" and "total"
        Numbers of the dtype of logits and boxes together; total = class + box_weight * box. 0 of no images.

    Raises
    ------
    ValueError, TypeError
        Another shape; numbers that are not finite or too large; a label that is no class.

    Notes
    -----
    class. Mean over the images of -ln of the probability of the true class.
    box.   Mean over the images of the sum of the four squared errors.
    total. Their sum.

    LOSS-5. The steps of `cross_entropy` come before "class".

    Examples
    --------
    >>> terms = localizer_loss([[0.0, np.log(3)]], [[0.5, 0.5, 0.2, 0.4]], [1], [[0.5, 0.4, 0.4, 0.4]])
    >>> print({name: round(value.item(), 6) for name, value in terms.items()})
    {'class': 0.287682, 'box': 0.05, 'total': 0.337682}
    """
    count = logits.dtype.type(max(len(logits), 1))
    class_losses = yield from cross_entropy.steps(logits, labels)  # (N,)
    class_loss = class_losses.sum() / count
    yield "class: -ln p of the true classes is {class_losses}, by {count} images {class_loss}"
    box_losses = squared_error(boxes, gt_boxes).sum(axis=1)  # (N, 4) -> (N,)
    box_loss = box_losses.sum() / count
    yield "box: squared errors of the boxes are {box_losses}, by {count} images {box_loss}"
    total = class_loss + box_weight * box_loss
    yield "total: class plus {box_weight} times box, {total}"
    return {"class": class_loss, "box": box_loss, "total": total}


@stepwise(check=loss_checks.of_gradient(check_localizer_loss))
def localizer_loss_backward(
    grad: Array | float,
    logits: Array,
    boxes: Array,
    labels: Array,
    gt_boxes: Array,
    *,
    box_weight: float = 1.0,
) -> Steps[tuple[Floats, Floats]]:
    """Gradient of `localizer_loss`'s total: (p - onehot) / N by the logits, 2 w (b - g) / N by the boxes.

    Parameters
    ----------
    grad : () array
        By the total. The other arguments are those of `localizer_loss`.
    logits : (N, K) array
    boxes : (N, 4) array

    Returns
    -------
    grad_logits : (N, K) float array, dtype of `logits` and `boxes` together
    grad_boxes : (N, 4) float array, dtype of `logits` and `boxes` together

    Notes
    -----
    logits. What each probability is too much, over the number of images.
    boxes.  Twice what is missing to the true box, over the same.

    Examples
    --------
    >>> by_logits, by_boxes = localizer_loss_backward(
    ...     1, [[0.0, np.log(3)]], [[0.5, 0.5, 0.2, 0.4]], [1], [[0.5, 0.4, 0.4, 0.4]]
    ... )
    >>> by_logits.round(6), by_boxes.round(6)
    (array([[ 0.25, -0.25]]), array([[ 0. ,  0.2, -0.4,  0. ]]))
    """
    count = logits.dtype.type(max(len(logits), 1))
    by_logits = grad * cross_entropy_backward(1, logits, labels, reduction="mean")
    yield "logits: p less 1 at the true class, by {count} images, is {by_logits}"
    by_boxes = grad * box_weight * (squared_error_backward(1, boxes, gt_boxes, reduction="sum") / count)
    yield "boxes: twice the differences, by {count} and times {box_weight}, are {by_boxes}"
    return by_logits, by_boxes
