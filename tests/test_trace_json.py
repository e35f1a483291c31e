"""The trace JSON: strict, versioned, and the same for every algorithm until its schema file is changed."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from calls import function_of
from hypothesis import given
from hypothesis import strategies as st
from loss_calls import LOSS_CALLS

import refdet
from refdet import evaluation
from refdet.classical.hard_negatives import mine_hard_negatives
from refdet.classical.linear_svm import fit_linear_svm
from refdet.classical.ridge_boxes import fit_ridge_boxes
from refdet.detections import Detections
from refdet.evaluation import average_precision, precision_recall
from refdet.evaluation.matching import match_detections
from refdet.matching import rcnn_labels
from refdet.matching.assignment import shortest_augmenting_path
from refdet.matching.best_ground_truth import best_ground_truth
from refdet.matching.kuhn_munkres import kuhn_munkres
from refdet.proposals.grouping import hierarchical_grouping
from refdet.proposals.region_features import measure_regions
from refdet.proposals.segmentation import graph_segmentation
from refdet.proposals.selective_search import selective_search
from refdet.proposals.warping import warp_proposal
from refdet.stepwise import Steps, stepwise
from refdet.trace_json import SCHEMA, VERSION, decode, encode

SCHEMAS = Path(__file__).parent / "schemas"

TWO = (
    np.array([[0, 0, 4, 4], [1, 0, 5, 4], [9, 9, 12, 12]], np.float32),
    np.array([0.9, 0.8, 0.7], np.float32),
)
POINTS = np.array([[2.0, 1], [1, 2], [-1, -2], [-2, -1]])
MAP = np.arange(16, dtype=np.float32).reshape(1, 1, 4, 4)

# One call of every stepwise algorithm; its schema stands in tests/schemas/<name>.json.
TRACES = {
    "nms": lambda: refdet.nms.trace(*TWO, 0.5),
    "batched_nms": lambda: refdet.batched_nms.trace(*TWO, [0, 0, 1], 0.5),
    "batched_nms_torchvision": lambda: refdet.batched_nms.trace(
        *TWO, [0, 0, 1], 0.5, convention=refdet.TORCHVISION
    ),
    "soft_nms": lambda: refdet.soft_nms.trace(*TWO),
    "batched_soft_nms": lambda: refdet.batched_soft_nms.trace(*TWO, [0, 0, 1], method="gaussian"),
    "box_iou": lambda: refdet.box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_box_iou": lambda: refdet.aligned_box_iou.trace(TWO[0], TWO[0]),
    "generalized_box_iou": lambda: refdet.generalized_box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_generalized_box_iou": lambda: refdet.aligned_generalized_box_iou.trace(TWO[0], TWO[0]),
    "distance_box_iou": lambda: refdet.distance_box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_distance_box_iou": lambda: refdet.aligned_distance_box_iou.trace(TWO[0], TWO[0]),
    "complete_box_iou": lambda: refdet.complete_box_iou.trace(TWO[0][:2], TWO[0]),
    "aligned_complete_box_iou": lambda: refdet.aligned_complete_box_iou.trace(TWO[0], TWO[0]),
    "diou_nms": lambda: refdet.diou_nms.trace(*TWO, 0.5),
    "batched_diou_nms": lambda: refdet.batched_diou_nms.trace(*TWO, [0, 0, 1], 0.5),
    "batched_diou_nms_torchvision": lambda: refdet.batched_diou_nms.trace(
        *TWO, [0, 0, 1], 0.5, convention=refdet.TORCHVISION
    ),
    "roi_pool": lambda: refdet.roi_pool.trace(MAP, [[0, 0, 0, 3, 3]], (2, 2)),
    "roi_align": lambda: refdet.roi_align.trace(MAP, [[0, 0, 0, 4, 4]], (2, 2)),
    "roi_pool_backward": lambda: refdet.roi_pool_backward.trace(
        MAP[..., :2, :2], [[[[5, 7], [13, -1]]]], [[0, 0, 0, 3, 3]], MAP.shape
    ),
    "roi_align_backward": lambda: refdet.roi_align_backward.trace(
        MAP[..., :2, :2], [[0, 0, 0, 4, 4]], MAP.shape
    ),
    "match_detections": lambda: match_detections.trace(
        [[0, 0, 4, 4], [0, 0, 4, 3], [9, 9, 12, 12], [20, 0, 24, 4]],
        [0.9, 0.8, 0.7, 0.6],
        [0, 0, 0, 0],
        [[0, 0, 4, 4], [9, 9, 12, 12]],
        [0, 0],
        difficult=np.array([False, True]),
    ),
    "precision_recall_curve": lambda: precision_recall.precision_recall_curve.trace(
        [0.9, 0.8], np.array([True, False]), 2
    ),
    "fit_linear_svm": lambda: fit_linear_svm.trace(
        POINTS, np.array([[1], [1], [-1], [-1]]), rng=np.random.default_rng(0)
    ),
    "mine_hard_negatives": lambda: mine_hard_negatives.trace(
        POINTS[:2],
        np.ones((2, 1)),
        [(POINTS[2:], -np.ones((2, 1)))] * 2,
        rng=np.random.default_rng(0),
        retrain_after=0,
    ),
    "fit_ridge_boxes": lambda: fit_ridge_boxes.trace(POINTS, [0, 0, 1, 1], POINTS[:, [0, 1, 0, 1]], 2),
}
LABELLED = ([[0, 0, 4, 4], [0, 0, 4, 3], [9, 9, 12, 12]], [[0, 0, 4, 4]], [1])
TRACES |= {
    "best_ground_truth": lambda: best_ground_truth.trace(*LABELLED[:2]),
    "fine_tuning_labels": lambda: rcnn_labels.fine_tuning_labels.trace(*LABELLED),
    "svm_labels": lambda: rcnn_labels.svm_labels.trace(*LABELLED, 2),
    "svm_box_labels": lambda: rcnn_labels.svm_box_labels.trace(*LABELLED[1:], 2),
    "regression_pairs": lambda: rcnn_labels.regression_pairs.trace(*LABELLED),
}
TRACES |= {
    "hierarchical_grouping": lambda: hierarchical_grouping.trace(
        measure_regions([[0, 0, 1], [2, 2, 1]], [[0, 0, 9], [5, 5, 9]])
    ),
    "selective_search": lambda: selective_search.trace(
        np.array([[0, 0, 99], [50, 50, 99]]), rng=np.random.default_rng(0), ks=[2], width=None, min_side=1
    ),
    "warp_proposal": lambda: warp_proposal.trace([[1, 2], [3, 4]], [0, 0, 1, 2], 4, padding=1),
    "graph_segmentation": lambda: graph_segmentation.trace([[0, 0, 9], [0, 1, 9]], 8, sigma=0, min_size=3),
}
ONE, ANCHOR = [[1, 1, 5, 4]], [[0, 0, 4, 4]]
ON_GRID = ([[0, 0]], [[4, 3]], 8)
FITTED = refdet.letterbox((4, 8), (8, 8))
TRACES |= {
    "encode_rcnn": lambda: refdet.encode_rcnn.trace(ONE, ANCHOR),
    "decode_rcnn": lambda: refdet.decode_rcnn.trace(ONE, ANCHOR),
    "encode_ssd": lambda: refdet.encode_ssd.trace(ONE, ANCHOR),
    "decode_ssd": lambda: refdet.decode_ssd.trace(ONE, ANCHOR),
    "normalize_deltas": lambda: refdet.normalize_deltas.trace(ONE),
    "denormalize_deltas": lambda: refdet.denormalize_deltas.trace(ONE),
    "delta_statistics": lambda: refdet.delta_statistics.trace(ONE, [0], 1),
    "grid_cell": lambda: refdet.grid_cell.trace([[0.2, 0.7]], 7),
    "encode_yolov1": lambda: refdet.encode_yolov1.trace(ONE, (8, 8)),
    "decode_yolov1": lambda: refdet.decode_yolov1.trace([[0.5, 0.5, 1, 1]], [[0, 0]], (8, 8)),
    "encode_yolov3": lambda: refdet.encode_yolov3.trace(ONE, *ON_GRID),
    "decode_yolov3": lambda: refdet.decode_yolov3.trace([[0, 0, 0, 0]], *ON_GRID),
    "encode_yolov5": lambda: refdet.encode_yolov5.trace(ONE, *ON_GRID),
    "decode_yolov5": lambda: refdet.decode_yolov5.trace([[0, 0, 0, 0]], *ON_GRID),
    "encode_detr": lambda: refdet.encode_detr.trace(ONE, (8, 8), "logits"),
    "decode_detr": lambda: refdet.decode_detr.trace([[0, 0, 0, 0]], (8, 8), "logits"),
    "kuhn_munkres": lambda: kuhn_munkres.trace([[8, 4, 6, 0], [0, 3, 5, 2], [0, 7, 1, 7], [2, 0, 0, 1]]),
    "letterbox": lambda: refdet.letterbox.trace((4, 8), (8, 8)),
    "shortest_augmenting_path": lambda: shortest_augmenting_path.trace([[1.0, 2], [1, 6]]),
    "letterbox_boxes": lambda: refdet.letterbox_boxes.trace(ONE, FITTED),
    "unletterbox_boxes": lambda: refdet.unletterbox_boxes.trace(ONE, FITTED),
}
TRACES |= {
    f"{form}{kind}box_iou_backward": lambda form=form, kind=kind: getattr(
        refdet, f"{form}{kind}box_iou_backward"
    ).trace([0.5] if form else [[0.5]], ONE, ANCHOR)
    for form in ("", "aligned_")
    for kind in ("", "generalized_", "distance_", "complete_")
}
TRACES |= {
    "overlap": lambda: refdet.overlap.trace(ONE, ANCHOR, "giou"),
    "aligned_overlap": lambda: refdet.aligned_overlap.trace(ONE, ANCHOR, "diou"),
    "box_convert": lambda: refdet.box_convert.trace(ONE, "xyxy", "cxcywh"),
    "box_convert_backward": lambda: refdet.box_convert_backward.trace(ONE, "xyxy", "cxcywh"),
    "select_candidates": lambda: refdet.select_candidates.trace(TWO[1], 0.75, 1),
    "class_specific_scores": lambda: refdet.class_specific_scores.trace(TWO[1], [0.5, 0.25]),
    "labels_above": lambda: refdet.labels_above.trace(TWO[1][:, None], 0.75),
    "best_label_above": lambda: refdet.best_label_above.trace(TWO[1][:, None], 0.75),
}
TRACES |= {
    name: lambda name=name: getattr(average_precision, name).trace([0.5, 0.5], [1, 0.5])
    for name in ("step_ap", "area_ap", "eleven_point_ap", "coco_ap", "yolov5_ap", "voc_ap", "integrate")
}
FOUND = Detections(*TWO, [0, 1, 0])
TRUTH = [[0, 0, 4, 4], [9, 9, 12, 12]]
TRACES |= {
    "evaluate_detections": lambda: evaluation.evaluate_detections.trace([FOUND], [TRUTH], [[0, 0]], 2),
    "evaluate_over_thresholds": lambda: evaluation.evaluate_over_thresholds.trace(
        [FOUND], [TRUTH], [[0, 0]], 2, [0.5, 0.75]
    ),
    "compute_map": lambda: evaluation.compute_map.trace([{"a": [[0, 0, 4, 4, 0.9]]}], [{"a": TRUTH}]),
}
TRACES |= {
    name.rpartition(".")[2]: lambda name=name: function_of(name).trace(**LOSS_CALLS[name])
    for name in LOSS_CALLS
    if hasattr(function_of(name), "trace")
}


def _keep(value):
    return (value,)


@stepwise(check=_keep)
def hold(value) -> Steps[object]:
    """One step that holds the value."""
    yield "hold: it"
    return value


@pytest.mark.parametrize("name", TRACES)
def test_schema_is_the_one_on_file(name):
    """A renamed local, a new dtype or another step is a visible change: REFDET_WRITE_SCHEMAS=1 rewrites the files."""
    schema, path = TRACES[name]().schema(), SCHEMAS / f"{name}.json"
    if os.environ.get("REFDET_WRITE_SCHEMAS") == "1":
        path.write_text(json.dumps(schema, indent=1) + "\n")
    assert schema == json.loads(path.read_text())


@pytest.mark.parametrize("name", TRACES)
def test_json_is_strict_and_replays_to_the_variables_of_every_step(name):
    trace = TRACES[name]()

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    whole = json.loads(trace.to_json(), parse_constant=refuse)
    assert (whole["schema"], whole["version"], whole["function"]) == (SCHEMA, VERSION, trace.function)
    assert set(whole) == {"schema", "version", "function", "sources", "steps", "dropped", "result"}
    frames = {}
    for step, written in zip(trace, whole["steps"], strict=True):
        keys = {"function", "name", "caption", "note", "line", "depth", "frame", "callers_rows", "set"}
        assert set(written) == keys
        rows = None if step.callers_rows is None else step.callers_rows.tolist()
        assert written["callers_rows"] == rows
        assert (written["name"], written["note"], written["line"]) == (step.name, step.note, step.line)
        frame = frames.setdefault(written["frame"], {})
        frame.update({key: decode(value) for key, value in written["set"].items()})
        assert set(frame) == set(step.variables)
        for key, value in step.variables.items():
            if isinstance(value, np.ndarray):
                same = np.array_equal(frame[key], value, equal_nan=value.dtype.kind == "f")
                assert frame[key].dtype == value.dtype and same


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.integers(0, 9), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES)
def test_values_come_back(value):
    text = json.dumps(encode(value), allow_nan=False)
    assert repr(decode(json.loads(text))) == repr(value)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.bool_, np.uint8])
def test_arrays_come_back_bit_for_bit(dtype):
    array = (
        np.random.default_rng(0).standard_normal((2, 0, 3)) if dtype == np.uint8 else np.arange(6) / 7
    ).astype(dtype)
    back = decode(json.loads(json.dumps(encode(array))))
    assert back.dtype == array.dtype and back.shape == array.shape and back.tobytes() == array.tobytes()


def test_special_floats_are_words():
    assert encode(np.array([np.nan, np.inf, -np.inf]))["array"]["data"] == [
        {"float": "NaN"},
        {"float": "Infinity"},
        {"float": "-Infinity"},
    ]


def test_a_large_array_is_summarised():
    written = json.loads(hold.trace(np.arange(10000.0)).to_json(limit=100))["steps"][0]["set"]["value"][
        "array"
    ]
    assert written == {
        "dtype": "float64",
        "shape": [10000],
        "min": 0.0,
        "max": 9999.0,
        "mean": 4999.5,
        "head": [float(i) for i in range(16)],
    }


def test_sets_are_sorted_and_other_objects_become_their_repr():
    assert encode({3, 1, 2}) == {"set": [1, 2, 3]}
    assert encode(refdet.REFDET) == {"repr": "REFDET"}
    assert decode(encode({1, 2})) == {1, 2}


def test_a_dataclass_that_holds_arrays_is_written_field_by_field():
    written = json.loads(TRACES["match_detections"]().to_json())["result"]
    assert decode(written)["true_positive"].tolist() == [True, False, False, False]
    assert decode(written)["positives"] == 1


def test_the_same_call_gives_the_same_text():
    """No address of memory and no order of hashing."""
    for name in ("fit_linear_svm", "nms"):
        assert TRACES[name]().to_json() == TRACES[name]().to_json()


def test_every_stepwise_function_has_a_schema():
    for path in Path(refdet.__file__).parent.rglob("*.py"):
        source = path.read_text()
        for function in re.findall(r"^@stepwise\(check=[^)]+\)\ndef (\w+)", source, re.M):
            on_file = [key for file in SCHEMAS.glob("*.json") for key in json.loads(file.read_text())]
            own = any(key.startswith(f"{function}.") for key in on_file)
            assert own or (SCHEMAS / f"{function}.json").exists(), function  # some bodies only delegate


def test_six_boxes_stay_small():
    rng = np.random.default_rng(0)
    corner = rng.integers(0, 90, (6, 2))
    trace = refdet.nms.trace(np.hstack([corner, corner + 20]), rng.random(6).round(2), 0.5)
    steps = json.loads(trace.to_json())["steps"]
    assert len(json.dumps(steps)) < 12_000
