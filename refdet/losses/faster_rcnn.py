"""Faster R-CNN's joint loss: that of the region proposals and that of the detector, added (LOSS-13).

    L = L_rpn + L_det

The gradient of each branch is that of its own loss, and the shared convolutions receive the sum of what both branches
send back. The proposals of the first branch are the regions of the second, but no gradient flows through their
coordinates (C-11): they are taken as they came, which is why it is called approximate joint training (ERR-37).

Letters: A anchors, R regions, K classes with the background.
Source: S. Ren et al., Faster R-CNN, NIPS 2015, section 3.2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from refdet.checks import Array
from refdet.losses.fast_rcnn import check_fast_rcnn_loss, fast_rcnn_loss, fast_rcnn_loss_backward
from refdet.losses.rpn import Objectness, Variant, check_rpn_loss, rpn_loss, rpn_loss_backward
from refdet.stepwise import Steps, stepwise

Floats = NDArray[np.floating]


def check_faster_rcnn_loss(
    rpn_logits,
    rpn_deltas,
    rpn_labels,
    rpn_targets,
    logits,
    deltas,
    labels,
    targets,
    *,
    rpn_box_weight=None,
    rpn_sigma=None,
    box_weight=1.0,
    sigma=1.0,
    **normalizers,
):
    """The arguments of both losses as their own checks give them."""
    *arrays, variant, objectness, batch_size, locations, rpn_box_weight, rpn_sigma = check_rpn_loss(
        rpn_logits,
        rpn_deltas,
        rpn_labels,
        rpn_targets,
        box_weight=rpn_box_weight,
        sigma=rpn_sigma,
        prefix="rpn_",
        **normalizers,
    )
    *regions, box_weight, sigma = check_fast_rcnn_loss(
        logits, deltas, labels, targets, box_weight=box_weight, sigma=sigma
    )
    of_both = variant, objectness, batch_size, locations
    return (*arrays, *regions, *of_both, rpn_box_weight, rpn_sigma, box_weight, sigma)


@stepwise(check=check_faster_rcnn_loss)
def faster_rcnn_loss(
    rpn_logits: Array,
    rpn_deltas: Array,
    rpn_labels: Array,
    rpn_targets: Array,
    logits: Array,
    deltas: Array,
    labels: Array,
    targets: Array,
    *,
    variant: Variant = "paper",
    objectness: Objectness = "softmax2",
    batch_size: int = 256,
    locations: int = 2400,
    rpn_box_weight: float | None = None,
    rpn_sigma: float | None = None,
    box_weight: float = 1.0,
    sigma: float = 1.0,
) -> Steps[dict[str, np.floating]]:
    """`rpn_loss` of the anchors plus `fast_rcnn_loss` of the regions.

    Parameters
    ----------
    rpn_logits : (A, 2) or (A,) array
    rpn_deltas : (A, 4) array
    rpn_labels : (A,) int array
    rpn_targets : (A, 4) array
        Of the anchors, as `rpn_loss` takes them; so are `variant`, `objectness`, `batch_size` and `locations`.
    logits : (R, K) array
    deltas : (R, M) array
    labels : (R,) int array
    targets : (R, 4) array
        Of the regions, as `fast_rcnn_loss` takes them.
    rpn_box_weight, rpn_sigma : float, optional
        `box_weight` and `sigma` of the first loss; those of its variant by default.
    box_weight, sigma : float
        Those of the second.

    Returns
    -------
    terms : dict of "rpn_class", "rpn_box", "class", "box" and "total"
        The terms of both, and the sum of both totals.

    Raises
    ------
    ValueError, TypeError
        As `rpn_loss` and `fast_rcnn_loss`.

    Notes
    -----
    join. The sum of both totals.

    LOSS-13, after the steps of `rpn_loss` and `fast_rcnn_loss` and of their terms. Released code has variant "code";
    torchvision has "sigmoid" too, and sigma 3 in both losses.

    Examples
    --------
    >>> anchors = np.zeros((2, 2)), [[2, 0, 0, 0]] * 2, [1, 0], np.zeros((2, 4))
    >>> regions = np.zeros((1, 2)), np.zeros((1, 8)), [0], np.zeros((1, 4))
    >>> terms = faster_rcnn_loss(*anchors, *regions, variant="code")
    >>> print({name: round(value.item(), 4) for name, value in terms.items()})
    {'rpn_class': 0.6931, 'rpn_box': 0.9722, 'class': 0.6931, 'box': 0.0, 'total': 2.3585}
    """
    rpn = yield from rpn_loss.steps(
        rpn_logits,
        rpn_deltas,
        rpn_labels,
        rpn_targets,
        variant=variant,
        objectness=objectness,
        batch_size=batch_size,
        locations=locations,
        box_weight=rpn_box_weight,
        sigma=rpn_sigma,
    )
    detector = yield from fast_rcnn_loss.steps(
        logits, deltas, labels, targets, box_weight=box_weight, sigma=sigma
    )
    total = rpn["total"] + detector["total"]
    yield "join: proposals and detector together, {total}"
    return {"rpn_class": rpn["class"], "rpn_box": rpn["box"], **detector, "total": total}


def faster_rcnn_loss_backward(
    grad: Array | float,
    rpn_logits: Array,
    rpn_deltas: Array,
    rpn_labels: Array,
    rpn_targets: Array,
    logits: Array,
    deltas: Array,
    labels: Array,
    targets: Array,
    *,
    variant: Variant = "paper",
    objectness: Objectness = "softmax2",
    batch_size: int = 256,
    locations: int = 2400,
    rpn_box_weight: float | None = None,
    rpn_sigma: float | None = None,
    box_weight: float = 1.0,
    sigma: float = 1.0,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Gradient of `faster_rcnn_loss`'s total by what both branches answer: each has that of its own loss.

    Parameters
    ----------
    grad : () array
        By the total. The other arguments are those of `faster_rcnn_loss`.
    rpn_logits : (A, 2) or (A,) array
    rpn_deltas : (A, 4) array
    logits : (R, K) array
    deltas : (R, M) array

    Returns
    -------
    grad_rpn_logits : (A, 2) or (A,) float array, dtype of `rpn_logits` and `rpn_deltas` together
    grad_rpn_deltas : (A, 4) float array, dtype of `rpn_logits` and `rpn_deltas` together
    grad_logits : (R, K) float array, dtype of `logits` and `deltas` together
    grad_deltas : (R, M) float array, dtype of `logits` and `deltas` together
    """
    *arrays, variant, objectness, batch_size, locations, rpn_box_weight, rpn_sigma, box_weight, sigma = (
        check_faster_rcnn_loss(
            *(rpn_logits, rpn_deltas, rpn_labels, rpn_targets, logits, deltas, labels, targets),
            variant=variant,
            objectness=objectness,
            batch_size=batch_size,
            locations=locations,
            rpn_box_weight=rpn_box_weight,
            rpn_sigma=rpn_sigma,
            box_weight=box_weight,
            sigma=sigma,
        )
    )
    by_proposals = rpn_loss_backward(
        grad,
        *arrays[:4],
        variant=variant,
        objectness=objectness,
        batch_size=batch_size,
        locations=locations,
        box_weight=rpn_box_weight,
        sigma=rpn_sigma,
    )
    by_regions = fast_rcnn_loss_backward(grad, *arrays[4:], box_weight=box_weight, sigma=sigma)
    return (*by_proposals, *by_regions)
