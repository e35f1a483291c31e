"""Targets of the box regressor with mean 0 and deviation 1, and back (ENC-3).

The deltas of R-CNN's transform are small and unequal: centres move by a tenth of a proposal, sizes change by a
fifth. Normalised, all four weigh alike in one loss.

Letters: N boxes, K classes.
Source: R. Girshick, Fast R-CNN, ICCV 2015, section 2.3; fast-rcnn, lib/roi_data_layer/roidb.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes import coder_checks
from refdet.checks import Array
from refdet.stepwise import Steps, stepwise

STDS = (0.1, 0.1, 0.2, 0.2)


def check_normalize_deltas(deltas, means=(0, 0, 0, 0), stds=STDS):
    """The deltas, and a mean and a deviation for each of their columns; a deviation of 0 is 1."""
    deltas = checks.real_array(deltas, "deltas")
    deltas = deltas.reshape(0, 4) if deltas.shape == (0,) else deltas
    deltas = coder_checks.deltas(deltas, "deltas", len(deltas) if deltas.ndim else 0, "reject")
    means = _per_column(means, "means", deltas)
    stds = _per_column(stds, "stds", deltas)
    if not (stds >= 0).all():
        raise ValueError(f"stds: {stds[~(stds >= 0)][0]} came; wanted 0 or more")
    return deltas, means, np.where(stds == 0, stds.dtype.type(1), stds)


def _per_column(value, name, deltas):
    """`value` as (4 K,) in the dtype of the deltas: four for every class, or four for each."""
    array = coder_checks.vectors(value, name, 4, "one for each of dx, dy, dw, dh").reshape(-1)
    classes = deltas.shape[1] // 4
    if len(array) not in (4, 4 * classes):
        raise ValueError(f"{name}: {len(array)} numbers came; wanted 4, or (K, 4) for K = {classes} classes")
    with np.errstate(over="ignore"):
        array = array.astype(deltas.dtype)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: a number came that is too large for {deltas.dtype}")
    return np.tile(array, classes) if len(array) == 4 else array


@stepwise(check=check_normalize_deltas)
def normalize_deltas(
    deltas: Array, means: Any = (0, 0, 0, 0), stds: Any = STDS
) -> Steps[NDArray[np.floating]]:
    """Deltas less their mean, over their deviation: the targets of the regressor.

    Parameters
    ----------
    deltas : (N, 4) or (N, 4 K) array
        As `encode_rcnn` gives them; of K classes one after another.
    means, stds : (4,) or (K, 4) array
        Mean and deviation of dx, dy, dw, dh, for all classes or class by class. By default those of Faster
        R-CNN's end-to-end training: 0 and (0.1, 0.1, 0.2, 0.2). `delta_statistics` measures Fast R-CNN's.

    Returns
    -------
    targets : (N, 4) or (N, 4 K) float array, dtype of `deltas`

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, NaN, infinity, a deviation below 0.

    Notes
    -----
    centre. Subtract the means.
    divide. Divide by the deviations; one of 0 is taken as 1.

    ENC-3. With means of 0 it is what torchvision's weights (10, 10, 5, 5) do, but for rounding.

    Examples
    --------
    >>> normalize_deltas([[0.2, -0.05, 0.4, 0]]).round(9)
    array([[ 2. , -0.5,  2. ,  0. ]])
    """
    with np.errstate(over="ignore"):
        centred = deltas - means
    yield "centre: less the means that is {centred}"
    with np.errstate(over="ignore"):
        targets = centred / stds
    yield "divide: over the deviations {targets}"
    return targets


@stepwise(check=check_normalize_deltas)
def denormalize_deltas(
    deltas: Array, means: Any = (0, 0, 0, 0), stds: Any = STDS
) -> Steps[NDArray[np.floating]]:
    """The deltas that normalised ones stand for: what `decode_rcnn` takes.

    Parameters
    ----------
    deltas : (N, 4) or (N, 4 K) array
        As the regressor predicted them.
    means, stds : (4,) or (K, 4) array
        As for `normalize_deltas`.

    Returns
    -------
    deltas : (N, 4) or (N, 4 K) float array, dtype of `deltas`

    Raises
    ------
    ValueError, TypeError
        As `normalize_deltas`.

    Notes
    -----
    multiply. Multiply by the deviations; one of 0 is taken as 1.
    add.      Add the means.

    ENC-3. Fast R-CNN instead folds both into the last layer when it saves a network.

    Examples
    --------
    >>> denormalize_deltas([[2, -0.5, 2, 0]]).round(9)
    array([[ 0.2 , -0.05,  0.4 ,  0.  ]])
    """
    with np.errstate(over="ignore"):
        scaled = deltas * stds
    yield "multiply: times the deviations {scaled}"
    with np.errstate(over="ignore"):
        restored = scaled + means
    yield "add: plus the means {restored}"
    return restored


def check_delta_statistics(deltas, labels, num_classes):
    """(N, 4) deltas, the class of each, and how many classes there are."""
    num_classes = checks.whole_number(num_classes, "num_classes", 0, below=2**31)
    deltas = coder_checks.vectors(deltas, "deltas", 4, "dx, dy, dw, dh")
    if deltas.ndim != 2:
        raise ValueError(f"deltas: shape is {deltas.shape}; wanted (N, 4), dx, dy, dw, dh of the own class")
    labels = checks.whole_numbers(labels, "labels", (len(deltas),), "one class per row of deltas")
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(f"labels: row {row} is {labels[row]}; wanted 0 to {num_classes - 1}")
    return deltas, labels, num_classes


@stepwise(check=check_delta_statistics)
def delta_statistics(
    deltas: Array, labels: Array, num_classes: int
) -> Steps[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Mean and standard deviation of the deltas of each class, over a training set.

    Parameters
    ----------
    deltas : (N, 4) array
        dx, dy, dw, dh of every positive proposal.
    labels : (N,) integer array
        Its class, 0 to num_classes - 1.
    num_classes : int
        K, background not counted.

    Returns
    -------
    means, stds : (K, 4) float64 arrays
        The deviation of the population; both 0 for a class without deltas.

    Raises
    ------
    ValueError, TypeError
        Wrong shape or dtype, a label out of range, NaN or infinity.

    Notes
    -----
    class. Mean and deviation of the rows of one class.

    ENC-3, as Fast R-CNN measures them.

    Examples
    --------
    >>> means, stds = delta_statistics([[0.1, 0, 0, 0], [0.3, 0, 0, 0]], [0, 0], 2)
    >>> means.round(9), stds.round(9)
    (array([[0.2, 0. , 0. , 0. ],
           [0. , 0. , 0. , 0. ]]), array([[0.1, 0. , 0. , 0. ],
           [0. , 0. , 0. , 0. ]]))
    """
    means, stds = np.zeros((num_classes, 4)), np.zeros((num_classes, 4))
    for label in np.unique(labels):
        members = deltas[labels == label].astype(np.float64)
        with np.errstate(over="ignore", invalid="ignore"):
            means[label], stds[label] = members.mean(axis=0), members.std(axis=0)
        yield "class: {label} has {members}"
    return means, stds
