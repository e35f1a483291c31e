"""Label smoothing: a little of every label is given to the others (LOSS-25).

A network that is told 1 and 0 can always lower its loss by making its logits larger. Told 0.925 and 0.025, it has a
best answer, at finite logits.

Source: C. Szegedy et al., Rethinking the Inception Architecture, CVPR 2016, section 7; AlexeyAB darknet, src/data.c
and src/yolo_layer.c; YOLOv5, utils/loss.py.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from refdet import object_checks
from refdet.checks import Array
from refdet.losses import loss_checks
from refdet.stepwise import Steps, stepwise

FORMS = ("szegedy", "binary", "darknet_cls")
Form = Literal["szegedy", "binary", "darknet_cls"]


def check_smooth_labels(targets, epsilon=0.1, form="szegedy"):
    """Targets from 0 to 1, epsilon in their precision, and the form."""
    targets = loss_checks.numbers(targets, "targets", least=0, most=1)
    if targets.ndim == 0:
        raise ValueError("targets: one number came; wanted (..., K), a share per class")
    object_checks.option(form, "form", FORMS)
    if form == "darknet_cls" and targets.shape[-1] < 2 and targets.size:
        raise ValueError(f"targets: {targets.shape[-1]} class came; wanted 2 or more, to share epsilon among")
    return targets, loss_checks.number(epsilon, "epsilon", targets.dtype, most=1), form


@stepwise(check=check_smooth_labels)
def smooth_labels(
    targets: Array, epsilon: float = 0.1, form: Form = "szegedy"
) -> Steps[NDArray[np.floating]]:
    """Targets of K classes, less sure of themselves.

    Parameters
    ----------
    targets : (..., K) array
        1 for a class that is there and 0 for the others, such as ``np.eye(K)[labels]``; shares are legal.
    epsilon : float in [0, 1]
        How much is given away; 0 changes nothing.
    form : {"szegedy", "binary", "darknet_cls"}
        y (1 - e) + e / K, for a softmax: the sum stays. y (1 - e) + e / 2, for classes that answer yes or no each
        (YOLOv5, darknet's yolo layer): 1 - e / 2 and e / 2. y (1 - e) + (1 - y) e / (K - 1), darknet's classifiers:
        1 - e and e / (K - 1), for a softmax too.

    Returns
    -------
    smoothed : (..., K) float array, dtype of `targets`

    Raises
    ------
    ValueError, TypeError
        Targets or epsilon outside 0 to 1; another form; "darknet_cls" of one class.

    Notes
    -----
    LOSS-25. The form in the notes is the first, and right for a softmax alone (ERR-56). With e = 1 the first two are
    uniform; "darknet_cls" then excludes the true class.

    keep. 1 - e of every target.
    give. What is given away, to every class alike, or to the others alone; added.

    Examples
    --------
    >>> smooth_labels(np.eye(4)[[2]])
    array([[0.025, 0.025, 0.925, 0.025]])
    >>> smooth_labels([0, 1, 0], 0.1, "binary")
    array([0.05, 0.95, 0.05])
    >>> smooth_labels(np.eye(4)[2], 0.1, "darknet_cls").round(6)
    array([0.033333, 0.033333, 0.9     , 0.033333])
    """
    kept, classes = targets * (1 - epsilon), max(targets.shape[-1], 2)
    yield "keep: of the targets {targets} stays {kept}"
    if form == "darknet_cls":
        given = (1 - targets) * (epsilon / targets.dtype.type(classes - 1))
    else:
        given = epsilon / targets.dtype.type(targets.shape[-1] or 1 if form == "szegedy" else 2)
    smoothed = kept + given
    yield "give: by form {form} each gets {given} more, {smoothed}"
    return smoothed
