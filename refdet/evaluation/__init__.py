"""How good the detections are: matching, precision and recall, average precision."""

from refdet.evaluation.average_precision import (
    area_ap,
    coco_ap,
    eleven_point_ap,
    integrate,
    step_ap,
    voc_ap,
    yolov5_ap,
)
from refdet.evaluation.course_listing import compute_map
from refdet.evaluation.matching import Matching, match_detections
from refdet.evaluation.mean_average_precision import (
    Evaluation,
    evaluate_detections,
    mean_over_classes,
)
from refdet.evaluation.over_thresholds import EvaluationOverThresholds, evaluate_over_thresholds
from refdet.evaluation.precision_recall import (
    PrecisionRecall,
    f1_score,
    precision_at,
    precision_recall_curve,
    recall_at,
)

__all__ = [
    "Evaluation",
    "EvaluationOverThresholds",
    "Matching",
    "PrecisionRecall",
    "area_ap",
    "coco_ap",
    "compute_map",
    "eleven_point_ap",
    "evaluate_detections",
    "evaluate_over_thresholds",
    "f1_score",
    "integrate",
    "match_detections",
    "mean_over_classes",
    "precision_at",
    "precision_recall_curve",
    "recall_at",
    "step_ap",
    "voc_ap",
    "yolov5_ap",
]
