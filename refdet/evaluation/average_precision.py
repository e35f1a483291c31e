"""Five ways to make one number of a precision-recall curve (EVAL-6 to EVAL-10).

They differ in the envelope (precision replaced by the best one at any higher recall), in where the curve
is read, and in what is put at its ends. Worked example, persons T T F T of 5 (P 1, 1, 2/3, 3/4;
R .2, .4, .4, .6): step .55, area .55, 11 points .590909, 101 points .554455, YOLOv5 .69875.

Source: M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2, and its 2010 development kit;
pycocotools, cocoeval.py; YOLOv5, utils/metrics.py.
"""

from __future__ import annotations

import numpy as np

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention

# The same doubles as pycocotools'; ten of them lie one step above k / 100, so that a recall of exactly 7 / 20
# does not reach the level 0.35 there.
_COCO_LEVELS = np.linspace(0, 1, 101)


def step_ap(recall: Array, precision: Array) -> float:
    """Average precision as scikit-learn has it: each rise of recall times the precision there, no envelope.

    Parameters
    ----------
    recall, precision : (D,) array
        The curve, best detection first; recall never falls.

    Returns
    -------
    ap : float
        0 without detections, NaN if recall is (a class without objects).

    Raises
    ------
    ValueError, TypeError
        Different lengths, values outside [0, 1], a falling recall.

    Notes
    -----
    EVAL-6. ERR-80: this is scikit-learn's, not COCO's.

    Examples
    --------
    >>> round(step_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.55
    """
    recall, precision = _curve(recall, precision)
    return float((np.diff(recall, prepend=0) * precision).sum())


def area_ap(recall: Array, precision: Array) -> float:
    """Area under the envelope of the curve, as PASCAL VOC measures since 2010.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    EVAL-7; the course notes' ``area``.

    Examples
    --------
    The envelope lifts the fourth point's precision over the third:

    >>> area_ap([0.25, 0.25, 0.5, 0.75, 0.75], [1, 0.5, 2 / 3, 0.75, 0.6])
    0.625
    """
    recall, precision = _curve(recall, precision)
    return float((np.diff(recall, prepend=0) * _envelope(precision)).sum())


def eleven_point_ap(recall: Array, precision: Array) -> float:
    """Mean of the best precision at recall 0, 0.1, ... 1 or higher, as PASCAL VOC measured until 2009.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    EVAL-8. The levels are k / 10 - 1e-12, so that a recall of exactly 3 / 10 reaches the level 0.3, which
    ``np.arange(0, 1.1, 0.1)`` puts above it (ERR-83). The result may be higher or lower than the area (ERR-91).

    Examples
    --------
    >>> round(eleven_point_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.590909
    """
    recall, precision = _curve(recall, precision)
    return _mean_at(np.arange(11) / 10 - 1e-12, recall, precision)


def coco_ap(recall: Array, precision: Array) -> float:
    """Mean of the envelope at the 101 recall levels 0, 0.01, ... 1, as COCO measures.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    EVAL-9. The levels are pycocotools' own doubles.

    Examples
    --------
    >>> round(coco_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.554455
    """
    recall, precision = _curve(recall, precision)
    return _mean_at(_COCO_LEVELS, recall, precision)


def yolov5_ap(recall: Array, precision: Array) -> float:
    """Area under the envelope between (0, 1) and (1, 0), drawn linearly through 101 points, as in YOLOv5.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    EVAL-10. The line down to (1, 0) is counted although no detection reaches it; so a curve that ends
    early scores higher than by the other rules.

    Examples
    --------
    >>> round(yolov5_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.69875
    """
    recall, precision = _curve(recall, precision)
    if not len(recall) or np.isnan(recall).any():
        return 0.0 if not len(recall) else float("nan")
    recall, precision = np.concatenate([[0], recall, [1]]), np.concatenate([[1], precision, [0]])
    height = np.interp(np.linspace(0, 1, 101), recall, _envelope(precision))
    return float(((height[1:] + height[:-1]) / 2).sum() / 100)


def voc_ap(recall: Array, precision: Array, use_07_metric: bool = False) -> float:
    """Average precision of PASCAL VOC: the area of 2010 on, or the 11 points of 2007.

    Parameters
    ----------
    recall, precision : (D,) array
    use_07_metric : bool
        The name by which the Python port of the evaluator asks for the 11 points.

    Returns
    -------
    ap : float

    Examples
    --------
    >>> round(voc_ap([0.5, 0.5, 1], [1, 0.5, 2 / 3]), 6), round(voc_ap([0.5, 0.5, 1], [1, 0.5, 2 / 3], True), 6)
    (0.833333, 0.848485)
    """
    use_07_metric = object_checks.flag(use_07_metric, "use_07_metric")
    return eleven_point_ap(recall, precision) if use_07_metric else area_ap(recall, precision)


def integrate(recall: Array, precision: Array, *, convention: Convention = REFDET) -> float:
    """Average precision by the integration that the convention's system uses.

    Parameters
    ----------
    recall, precision : (D,) array
    convention : Convention
        ``average_precision.integration``: "area", "11point" or "101point".

    Returns
    -------
    ap : float

    Raises
    ------
    ValueError
        As `step_ap`; a convention whose system does not evaluate.
    """
    checks.convention(convention)
    rules = {"area": area_ap, "11point": eleven_point_ap, "101point": coco_ap}
    return rules[convention.part("average_precision").integration](recall, precision)


def _envelope(precision):
    """At each place the best precision from there on."""
    return np.maximum.accumulate(precision[::-1])[::-1]


def _mean_at(levels, recall, precision):
    """Mean of the envelope at the first recall that reaches each level; 0 where none does."""
    if np.isnan(recall).any():
        return float("nan")
    height = np.append(_envelope(precision), 0.0)
    return float(height[np.searchsorted(recall, levels, side="left")].mean())


def _curve(recall, precision):
    """The two as float64, of one length; recall may be NaN throughout."""
    recall = checks.real_array(recall, "recall").astype(np.float64)
    precision = checks.real_array(precision, "precision").astype(np.float64)
    if recall.ndim != 1 or recall.shape != precision.shape:
        raise ValueError(f"precision: shape is {precision.shape}; wanted (D,) as recall, {recall.shape}")
    for name, value in (("recall", recall), ("precision", precision)):
        outside = (value < 0) | (value > 1)
        if outside.any():
            row = int(outside.argmax())
            raise ValueError(f"{name}: row {row} is {value[row]}; wanted 0 to 1")
    if np.isnan(precision).any():
        raise ValueError(f"precision: row {int(np.isnan(precision).argmax())} is nan; wanted 0 to 1")
    falls = np.diff(recall) < 0
    if falls.any():
        raise ValueError(f"recall: it falls after row {int(falls.argmax())}; wanted best detections first")
    return recall, precision
