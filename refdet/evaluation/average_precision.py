"""Five ways to make one number of a precision-recall curve (EVAL-6 to EVAL-10).

They differ in the envelope (precision replaced by the best one at any higher recall), in where the curve
is read, and in what is put at its ends. Worked example, persons T T F T of 5 (P 1, 1, 2/3, 3/4;
R .2, .4, .4, .6): step .55, area .55, 11 points .590909, 101 points .554455, YOLOv5 .69875.

Source: M. Everingham et al., The PASCAL VOC Challenge, IJCV 2010, section 4.2, and its 2010 development kit;
pycocotools, cocoeval.py; YOLOv5, utils/metrics.py.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from refdet import checks, object_checks
from refdet.checks import Array
from refdet.conventions import REFDET, Convention
from refdet.stepwise import Steps, stepwise

ELEVEN_LEVELS = {"exact": np.arange(11) / 10 - 1e-12, "arange": np.arange(0, 1.1, 0.1)}
# The same doubles as pycocotools'; ten of them lie one step above k / 100, so that a recall of exactly 7 / 20
# does not reach the level 0.35 there.
COCO_LEVELS = np.linspace(0, 1, 101)


def check_curve(recall, precision):
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


def check_eleven_point_ap(recall, precision, variant="exact"):
    """The curve, and the name of the levels."""
    return *check_curve(recall, precision), object_checks.option(variant, "variant", ELEVEN_LEVELS)


@stepwise(check=check_curve)
def step_ap(recall: Array, precision: Array) -> Steps[float]:
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
    rise. How much recall grows with each detection: 0 where it is wrong.
    sum.  Rises times precision, added up.

    EVAL-6. ERR-80: this is scikit-learn's, not COCO's.

    Examples
    --------
    >>> round(step_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.55
    """
    rise = np.diff(recall, prepend=0)
    yield "rise: recall rises by {rise}"
    ap = float((rise * precision).sum())
    yield "sum: rises times precision {precision} make {ap}"
    return ap


@stepwise(check=check_curve)
def area_ap(recall: Array, precision: Array) -> Steps[float]:
    """Area under the envelope of the curve, as PASCAL VOC measures since 2010.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    envelope. Precision becomes the best one from each place on.
    rise.     How much recall grows with each detection.
    sum.      Rises times envelope, added up.

    EVAL-7; the course notes' ``area``.

    Examples
    --------
    The envelope lifts the fourth point's precision over the third:

    >>> area_ap([0.25, 0.25, 0.5, 0.75, 0.75], [1, 0.5, 2 / 3, 0.75, 0.6])
    0.625
    """
    envelope = _envelope(precision)
    yield "envelope: the best precision from each place on is {envelope}"
    rise = np.diff(recall, prepend=0)
    yield "rise: recall rises by {rise}"
    ap = float((rise * envelope).sum())
    yield "sum: rises times envelope make {ap}"
    return ap


@stepwise(check=check_eleven_point_ap)
def eleven_point_ap(
    recall: Array, precision: Array, variant: Literal["exact", "arange"] = "exact"
) -> Steps[float]:
    """Mean of the best precision at recall 0, 0.1, ... 1 or higher, as PASCAL VOC measured until 2009.

    Parameters
    ----------
    recall, precision : (D,) array
        The curve, best detection first; recall never falls.
    variant : {"exact", "arange"}
        The levels: k / 10 - 1e-12, or ``np.arange(0, 1.1, 0.1)`` as in the course notes' listing and in
        py-faster-rcnn, three of which lie one bit above k / 10 (ERR-83).

    Returns
    -------
    ap : float
        0 without detections, NaN if recall is (a class without objects).

    Raises
    ------
    ValueError, TypeError
        Different lengths, values outside [0, 1], a falling recall, another variant.

    Notes
    -----
    levels.   Where the curve is read.
    envelope. Precision becomes the best one from each place on.
    read.     The envelope at the first recall that reaches each level; 0 where none does.
    mean.     Of the eleven.

    EVAL-8. A recall of exactly 3 / 10 reaches the level 0.3, and misses it with "arange" (ERR-83). The result
    may be higher or lower than the area (ERR-91).

    Examples
    --------
    >>> recall, precision = [0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]
    >>> round(eleven_point_ap(recall, precision), 6), round(eleven_point_ap(recall, precision, "arange"), 6)
    (0.590909, 0.522727)
    """
    levels = ELEVEN_LEVELS[variant]
    yield "levels: the curve is read at recall {levels}"
    envelope = _envelope(precision)
    yield "envelope: the best precision from each place on is {envelope}"
    heights = _heights(levels, recall, envelope)
    yield "read: at the first recall that reaches each level it is {heights}"
    ap = float(heights.mean())
    yield "mean: of these, {ap}"
    return ap


@stepwise(check=check_curve)
def coco_ap(recall: Array, precision: Array) -> Steps[float]:
    """Mean of the envelope at the 101 recall levels 0, 0.01, ... 1, as COCO measures.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    levels.   Where the curve is read.
    envelope. Precision becomes the best one from each place on.
    read.     The envelope at the first recall that reaches each level; 0 where none does.
    mean.     Of the 101.

    EVAL-9. The levels are pycocotools' own doubles.

    Examples
    --------
    >>> round(coco_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.554455
    """
    levels = COCO_LEVELS
    yield "levels: the curve is read at recall {levels}"
    envelope = _envelope(precision)
    yield "envelope: the best precision from each place on is {envelope}"
    heights = _heights(levels, recall, envelope)
    yield "read: at the first recall that reaches each level it is {heights}"
    ap = float(heights.mean())
    yield "mean: of these, {ap}"
    return ap


@stepwise(check=check_curve)
def yolov5_ap(recall: Array, precision: Array) -> Steps[float]:
    """Area under the envelope between (0, 1) and (1, 0), drawn linearly through 101 points, as in YOLOv5.

    Parameters, result and errors as `step_ap`.

    Notes
    -----
    empty.    Without detections nothing is drawn, and the result is 0.
    ends.     The curve gets the ends (0, 1) and (1, 0).
    envelope. Precision becomes the best one from each place on.
    lines.    Straight lines between the places, read at 101 levels.
    sum.      The trapezoids between the levels, added up.

    EVAL-10. The line down to (1, 0) is counted although no detection reaches it; so a curve that ends
    early scores higher than by the other rules.

    Examples
    --------
    >>> round(yolov5_ap([0.2, 0.4, 0.4, 0.6], [1, 1, 2 / 3, 0.75]), 6)
    0.69875
    """
    if not len(recall):
        yield "empty: no detections, no area"
        return 0.0
    recall, precision = np.concatenate([[0], recall, [1]]), np.concatenate([[1], precision, [0]])
    yield "ends: with (0, 1) and (1, 0) recall is {recall} and precision {precision}"
    envelope = _envelope(precision)
    yield "envelope: the best precision from each place on is {envelope}"
    levels = COCO_LEVELS
    heights = np.full(101, np.nan) if np.isnan(recall).any() else np.interp(levels, recall, envelope)
    yield "lines: joined by straight lines and read at recall {levels} it is {heights}"
    ap = float(((heights[1:] + heights[:-1]) / 2).sum() / 100)
    yield "sum: the trapezoids make {ap}"
    return ap


def check_voc_ap(recall, precision, use_07_metric=False, *, variant="exact"):
    """The curve, the flag, and the name of the levels."""
    use_07_metric = object_checks.flag(use_07_metric, "use_07_metric")
    variant = object_checks.option(variant, "variant", ELEVEN_LEVELS)
    return *check_curve(recall, precision), use_07_metric, variant


@stepwise(check=check_voc_ap)
def voc_ap(
    recall: Array,
    precision: Array,
    use_07_metric: bool = False,
    *,
    variant: Literal["exact", "arange"] = "exact",
) -> Steps[float]:
    """Average precision of PASCAL VOC: the area of 2010 on, or the 11 points of 2007; its steps are theirs.

    Parameters
    ----------
    recall, precision : (D,) array
    use_07_metric : bool
        The name by which the Python port of the evaluator asks for the 11 points.
    variant : {"exact", "arange"}
        Levels of the 11 points, as `eleven_point_ap` has them; the port's are "arange" (ERR-83).

    Returns
    -------
    ap : float

    Examples
    --------
    >>> round(voc_ap([0.5, 0.5, 1], [1, 0.5, 2 / 3]), 6), round(voc_ap([0.5, 0.5, 1], [1, 0.5, 2 / 3], True), 6)
    (0.833333, 0.848485)
    """
    if use_07_metric:
        return (yield from eleven_point_ap.steps(recall, precision, variant))
    return (yield from area_ap.steps(recall, precision))


def check_integrate(recall, precision, *, convention=REFDET):
    """The curve, and a convention that evaluates."""
    checks.convention(convention)
    convention.part("average_precision")
    return *check_curve(recall, precision), convention


@stepwise(check=check_integrate)
def integrate(recall: Array, precision: Array, *, convention: Convention = REFDET) -> Steps[float]:
    """Average precision by the integration that the convention's system uses; its steps are that one's.

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

    Examples
    --------
    >>> integrate([0.25, 0.25, 0.5, 0.75, 0.75], [1, 0.5, 2 / 3, 0.75, 0.6])
    0.625
    """
    rules = {"area": area_ap, "11point": eleven_point_ap, "101point": coco_ap}
    rule = rules[convention.part("average_precision").integration]
    return (yield from rule.steps(recall, precision))


def _envelope(precision):
    """At each place the best precision from there on."""
    return np.maximum.accumulate(precision[::-1])[::-1]


def _heights(levels, recall, envelope):
    """The envelope at the first recall that reaches each level; 0 where none does, NaN if recall is."""
    if np.isnan(recall).any():
        return np.full(len(levels), np.nan)
    return np.append(envelope, 0.0)[np.searchsorted(recall, levels, side="left")]
