"""R-CNN's labels: what a proposal is for fine-tuning, for the machines, and for the box regressors (MAT-2 to MAT-4).

One overlap, three questions. Fine-tuning needs many examples and takes loose ones; the machines need the sharp edge
between an object and a part of it, and take the ground truth alone; a regressor can only learn from proposals that
are near. So the two trainings disagree about what a positive is, which is why R-CNN has both (RCNN-6, ERR-9).

Letters: P proposals of one image, G ground-truth boxes in it, K classes, M pairs.
Source: R. Girshick et al., R-CNN, CVPR 2014, section 2.3, Appendices B and C; rcnn, rcnn_train.m,
rcnn_train_bbox_regressor.m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from refdet import checks
from refdet.boxes.rcnn import encode_rcnn
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.matching.best_ground_truth import best_ground_truth, check_best_ground_truth
from refdet.ops.box_iou import box_iou
from refdet.stepwise import Steps, stepwise


def check_fine_tuning_labels(proposals, gt_boxes, gt_labels, foreground_from=0.5, *, convention=REFDET):
    """Boxes as for `best_ground_truth`, a class for each ground-truth box, a threshold."""
    proposals, gt_boxes, convention = check_best_ground_truth(proposals, gt_boxes, convention=convention)
    gt_labels = _classes(gt_labels, len(gt_boxes), 2**31)
    return proposals, gt_boxes, gt_labels, checks.threshold(foreground_from, "foreground_from"), convention


@stepwise(check=check_fine_tuning_labels)
def fine_tuning_labels(
    proposals: Array,
    gt_boxes: Array,
    gt_labels: Array,
    foreground_from: float = 0.5,
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.int64]]:
    """What a proposal is for the network: the class of its best ground-truth box if they overlap enough.

    Parameters
    ----------
    proposals : (P, 4) array
    gt_boxes : (G, 4) array
    gt_labels : (G,) integer array
        Classes from 0 on.
    foreground_from : float in [0, 1]
        This IoU is enough.
    convention : Convention
        `overlap`.

    Returns
    -------
    labels : (P,) int64 array
        0 for the background, k + 1 for class k: the labels of a classifier with K + 1 outputs.

    Raises
    ------
    ValueError, TypeError
        As `best_ground_truth`; a class below 0, a threshold outside [0, 1].

    Notes
    -----
    label. The class of the best ground-truth box, or background.

    MAT-2. No proposal is thrown away, as the course notes have it: what overlaps less is background (ERR-6). The
    steps of `best_ground_truth` come first. Even at 0 a proposal on nothing is background.

    Examples
    --------
    IoU 1, exactly 1/2, and 1/4 with an object of class 3:

    >>> fine_tuning_labels([[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1]], [[0, 0, 4, 4]], [3])
    array([4, 4, 0])
    """
    matches, overlaps = yield from best_ground_truth.steps(proposals, gt_boxes, convention=convention)
    labels = np.zeros(len(proposals), np.int64)
    near = (matches >= 0) & (overlaps >= foreground_from)
    labels[near] = gt_labels[matches[near]] + 1
    yield "label: from {foreground_from} on it has the class of its object, {labels}, else 0"
    return labels


def check_svm_labels(proposals, gt_boxes, gt_labels, num_classes, negative_below=0.3, *, convention=REFDET):
    """Boxes as for `best_ground_truth`, a class below `num_classes` for each ground-truth box, a threshold."""
    proposals, gt_boxes, convention = check_best_ground_truth(proposals, gt_boxes, convention=convention)
    num_classes = checks.whole_number(num_classes, "num_classes", 0, below=2**31)
    gt_labels = _classes(gt_labels, len(gt_boxes), num_classes)
    negative_below = checks.threshold(negative_below, "negative_below")
    return proposals, gt_boxes, gt_labels, num_classes, negative_below, convention


@stepwise(check=check_svm_labels)
def svm_labels(
    proposals: Array,
    gt_boxes: Array,
    gt_labels: Array,
    num_classes: int,
    negative_below: float = 0.3,
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.float64]]:
    """Which proposals are negatives of which class: -1, or 0 where one is too near an object of the class.

    Parameters
    ----------
    proposals : (P, 4) array
    gt_boxes : (G, 4) array
    gt_labels : (G,) integer array
        0 to `num_classes` - 1.
    num_classes : int
        K.
    negative_below : float in [0, 1]
        A proposal is a negative if it overlaps every object of the class by less than this IoU. R-CNN chose it among
        0, 0.1, ..., 0.5 on the validation set.
    convention : Convention
        `overlap`.

    Returns
    -------
    labels : (P, K) float64 array
        -1 and 0. Proposals are never positives; those are the ground-truth boxes: `svm_box_labels`.

    Raises
    ------
    ValueError, TypeError
        As `best_ground_truth`; a class outside 0 to `num_classes` - 1, a threshold outside [0, 1].

    Notes
    -----
    class. Of one class: which proposals are too near one of its objects to be a negative.

    MAT-3. In an image without the class every proposal is a negative.

    Examples
    --------
    >>> svm_labels([[0, 0, 4, 4], [6, 6, 9, 9]], [[0, 0, 4, 5]], [1], 2)
    array([[-1.,  0.],
           [-1., -1.]])
    """
    labels = np.full((len(proposals), num_classes), -1.0)
    iou = box_iou(proposals, gt_boxes, convention=convention)
    for label in np.unique(gt_labels):
        closest = np.fmax.reduce(iou[:, gt_labels == label], axis=1)  # beside a NaN, the number
        near = np.flatnonzero(closest >= negative_below)
        labels[near, label] = 0
        yield "class: {label} has {near} too near one of its objects"
    return labels


def check_svm_box_labels(gt_boxes, gt_labels, num_classes, negative_below=0.3, *, convention=REFDET):
    """As `svm_labels`, of the ground-truth boxes alone."""
    _, *checked = check_svm_labels(
        np.zeros((0, 4)), gt_boxes, gt_labels, num_classes, negative_below, convention=convention
    )
    return tuple(checked)


@stepwise(check=check_svm_box_labels)
def svm_box_labels(
    gt_boxes: Array,
    gt_labels: Array,
    num_classes: int,
    negative_below: float = 0.3,
    *,
    convention: Convention = REFDET,
) -> Steps[NDArray[np.float64]]:
    """What the ground-truth boxes are to the machines: 1 for the own class, for the others as any proposal.

    Parameters
    ----------
    gt_boxes : (G, 4) array
    gt_labels : (G,) integer array
        0 to `num_classes` - 1.
    num_classes : int
        K.
    negative_below : float in [0, 1]
        As for `svm_labels`.
    convention : Convention
        `overlap`.

    Returns
    -------
    labels : (G, K) float64 array
        1; -1; 0 where an object of another class lies so near that the box may show it too.

    Raises
    ------
    ValueError, TypeError
        As `svm_labels`.

    Notes
    -----
    own. Each box is a positive of its class; the steps of `svm_labels` come first.

    MAT-3, for `mine_hard_negatives`.

    Examples
    --------
    Two objects of different classes, the second within the first with IoU 1/2:

    >>> svm_box_labels([[0, 0, 4, 4], [0, 0, 4, 2]], [0, 1], 3)
    array([[ 1.,  0., -1.],
           [ 0.,  1., -1.]])
    """
    labels = yield from svm_labels.steps(
        gt_boxes, gt_boxes, gt_labels, num_classes, negative_below, convention=convention
    )
    labels[np.arange(len(labels)), gt_labels] = 1
    yield "own: each box is a positive of its class, {labels}"
    return labels


@dataclass(frozen=True, eq=False)
class RegressionPairs:
    """Proposals near an object, and what takes them to it."""

    proposals: NDArray[np.int64]
    """(M,) int64 rows of the proposals, ascending."""
    ground_truth: NDArray[np.int64]
    """(M,) int64 row of the ground-truth box of each."""
    labels: NDArray[np.int64]
    """(M,) int64 class of each: whose regressor learns from it."""
    targets: NDArray[np.floating]
    """(M, 4) float dx, dy, dw, dh from proposal to ground truth."""


def check_regression_pairs(proposals, gt_boxes, gt_labels, overlap_above=0.6, *, convention=REFDET):
    """As `fine_tuning_labels`, and finite boxes where the convention encodes no others."""
    checked = check_fine_tuning_labels(proposals, gt_boxes, gt_labels, 0, convention=convention)
    for boxes, name in zip(checked[:2], ("proposals", "gt_boxes"), strict=True):
        checks.corners(boxes, name, convention.part("coder").finite)
    return *checked[:3], checks.threshold(overlap_above, "overlap_above"), convention


@stepwise(check=check_regression_pairs)
def regression_pairs(
    proposals: Array,
    gt_boxes: Array,
    gt_labels: Array,
    overlap_above: float = 0.6,
    *,
    convention: Convention = REFDET,
) -> Steps[RegressionPairs]:
    """The proposals that a box regressor can learn from, each with its ground-truth box.

    Parameters
    ----------
    proposals : (P, 4) array
    gt_boxes : (G, 4) array
    gt_labels : (G,) integer array
        Classes from 0 on.
    overlap_above : float in [0, 1]
        A proposal that overlaps its best ground-truth box by more has a pair; this IoU itself is not enough. What
        the convention does not encode, a box without a size, has none.
    convention : Convention
        `overlap` and `coder`.

    Returns
    -------
    pairs : RegressionPairs

    Raises
    ------
    ValueError, TypeError
        As `fine_tuning_labels`.

    Notes
    -----
    keep. Those that overlap their best ground-truth box by more than the threshold.

    MAT-4. The steps of `best_ground_truth` come first, those of `encode_rcnn` last. The course notes name no threshold
    and no classes (ERR-12). From a box far away "move to the object" makes no sense: the answer is not in its pixels.

    Examples
    --------
    The first proposal covers 2/3 of its object and lacks half its width; the second overlaps by 0.6, not more:

    >>> pairs = regression_pairs([[0, 0, 4, 4], [20, 0, 26, 6]], [[0, 0, 6, 4], [20, 0, 30, 6]], [0, 1])
    >>> pairs.proposals, pairs.labels, pairs.targets.round(6)
    (array([0]), array([0]), array([[0.25    , 0.      , 0.405465, 0.      ]]))
    """
    matches, overlaps = yield from best_ground_truth.steps(proposals, gt_boxes, convention=convention)
    kept = np.flatnonzero((matches >= 0) & (overlaps > overlap_above))
    kept = kept[convention.part("coder").encodes(gt_boxes[matches[kept]], proposals[kept])]
    yield "keep: {kept} overlap their objects by more than {overlap_above}"
    partners = matches[kept]
    targets = yield from encode_rcnn.steps(gt_boxes[partners], proposals[kept], convention=convention)
    return RegressionPairs(kept.astype(np.int64), partners, gt_labels[partners], targets)


def _classes(value, count, num_classes):
    """`value` as (count,) classes below `num_classes`."""
    labels = checks.whole_numbers(value, "gt_labels", (count,), "one class per box")
    outside = (labels < 0) | (labels >= num_classes)
    if outside.any():
        row = int(outside.argmax())
        raise ValueError(f"gt_labels: row {row} is {labels[row]}; wanted 0 to {num_classes - 1}")
    return labels
