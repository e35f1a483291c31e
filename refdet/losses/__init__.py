"""Losses: leaf terms as pairs, `<term>` and `<term>_backward`, and the totals of the R-CNN family.

A term takes plain arrays and gives its losses, or their sum or mean; its backward takes the gradient by that, then
the same arguments, and gives the gradient by what was predicted. Targets have no gradient (C-11). A total returns its
terms by name.
"""

from refdet.losses.bce import binary_cross_entropy_with_logits, binary_cross_entropy_with_logits_backward
from refdet.losses.ciou import complete_box_iou_loss, complete_box_iou_loss_backward
from refdet.losses.diou import distance_box_iou_loss, distance_box_iou_loss_backward
from refdet.losses.fast_rcnn import fast_rcnn_loss, fast_rcnn_loss_backward
from refdet.losses.faster_rcnn import faster_rcnn_loss, faster_rcnn_loss_backward
from refdet.losses.focal import sigmoid_focal_loss, sigmoid_focal_loss_backward
from refdet.losses.giou import generalized_box_iou_loss, generalized_box_iou_loss_backward
from refdet.losses.hinge import hinge_loss, hinge_loss_backward
from refdet.losses.iou import box_iou_loss, box_iou_loss_backward
from refdet.losses.l1 import l1_loss, l1_loss_backward
from refdet.losses.label_smoothing import smooth_labels
from refdet.losses.localizer import localizer_loss, localizer_loss_backward
from refdet.losses.probability_cross_entropy import cross_entropy_of_probs, cross_entropy_of_probs_backward
from refdet.losses.quality_focal import quality_focal_loss, quality_focal_loss_backward
from refdet.losses.rcnn_ridge import rcnn_ridge_loss, rcnn_ridge_loss_backward
from refdet.losses.rcnn_svm import rcnn_svm_loss, rcnn_svm_loss_backward
from refdet.losses.rpn import rpn_loss, rpn_loss_backward
from refdet.losses.smooth_l1 import smooth_l1_loss, smooth_l1_loss_backward
from refdet.losses.softmax_cross_entropy import cross_entropy, cross_entropy_backward
from refdet.losses.squared import squared_error, squared_error_backward

__all__ = [
    # classes
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy_with_logits_backward",
    "cross_entropy",
    "cross_entropy_backward",
    "cross_entropy_of_probs",
    "cross_entropy_of_probs_backward",
    "hinge_loss",
    "hinge_loss_backward",
    "quality_focal_loss",
    "quality_focal_loss_backward",
    "sigmoid_focal_loss",
    "sigmoid_focal_loss_backward",
    "smooth_labels",
    # numbers
    "l1_loss",
    "l1_loss_backward",
    "smooth_l1_loss",
    "smooth_l1_loss_backward",
    "squared_error",
    "squared_error_backward",
    # boxes
    "box_iou_loss",
    "box_iou_loss_backward",
    "complete_box_iou_loss",
    "complete_box_iou_loss_backward",
    "distance_box_iou_loss",
    "distance_box_iou_loss_backward",
    "generalized_box_iou_loss",
    "generalized_box_iou_loss_backward",
    # totals
    "fast_rcnn_loss",
    "fast_rcnn_loss_backward",
    "faster_rcnn_loss",
    "faster_rcnn_loss_backward",
    "localizer_loss",
    "localizer_loss_backward",
    "rcnn_ridge_loss",
    "rcnn_ridge_loss_backward",
    "rcnn_svm_loss",
    "rcnn_svm_loss_backward",
    "rpn_loss",
    "rpn_loss_backward",
]
