"""The systems themselves, tried by `refdet verify` under their own profiles: right, and told apart from the others."""

import itertools

import numpy as np
import pytest

from refdet.profiles import PROFILES
from refdet.verify.contracts import CONTRACTS
from refdet.verify.run import Plan, fitting, verify
from refdet.verify.target import InChild, InProcess

pytestmark = pytest.mark.oracle

TORCHVISION = {
    "nms": "nms",
    "batched_nms": "batched_nms",
    "box_iou": "box_iou",
    "generalized_box_iou": "generalized_box_iou",
    "distance_box_iou": "distance_box_iou",
    "complete_box_iou": "complete_box_iou",
    "roi_pool": "roi_pool",
    "roi_align": "roi_align",
}


def verdict(op, kernel, profile, seed=0, **options):
    options = {"max_examples": 150, "dtypes": ("float32",), "shrink_seconds": 2, "seed": seed} | options
    report = verify(CONTRACTS[op], kernel, "it", Plan(PROFILES[profile], **options))
    return report.verdict, report.words


@pytest.mark.parametrize("op", TORCHVISION)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torchvision_keeps_the_promises_of_its_profile(op, dtype):
    ops = pytest.importorskip("torchvision.ops")
    kernel = InProcess(getattr(ops, TORCHVISION[op]), "torch")
    for seed in range(3):
        told = verdict(op, kernel, "torchvision", seed, dtypes=(dtype,))
        assert told[0] in ("PASS", "PASS-BOUNDARY"), told


def test_scipy_keeps_the_promises_of_the_cheapest_assignment():
    optimize = pytest.importorskip("scipy.optimize")
    kernel = InProcess(optimize.linear_sum_assignment)
    for seed in range(3):
        told = verdict("linear_sum_assignment", kernel, "refdet", seed, dtypes=("float64",))
        assert told[0] == "PASS", told


def test_nms_of_torchvision_follows_its_profile_to_the_bit_and_not_onnx():
    ops = pytest.importorskip("torchvision.ops")
    names = list(fitting(CONTRACTS["nms"], InProcess(ops.nms, "torch"), Plan(max_examples=100)))
    assert "torchvision" in names and not {"onnx", "opencv", "fast_rcnn", "torchvision_cuda"} & set(names)


@pytest.mark.parametrize("node", ["corners", "centred"])
def test_onnx_runtime_keeps_the_promises_of_its_profile(node, tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper, kinds = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node(
            "NonMaxSuppression", ["b", "s"], [f"{name}_out"], name=name, center_point_box=centred
        )
        for name, centred in (("corners", 0), ("centred", 1))
    ]
    inputs = [helper.make_tensor_value_info(name, kinds.FLOAT, None) for name in "bs"]
    outputs = [helper.make_tensor_value_info(f"{part.name}_out", kinds.INT64, None) for part in nodes]
    model = helper.make_model(
        helper.make_graph(nodes, "two", inputs, outputs),
        opset_imports=[helper.make_opsetid("", 16)],
        ir_version=8,
    )
    path = tmp_path / "model.onnx"
    onnx.save(model, path)
    kernel = InChild(f"{path}:{node}", "nms")
    told = verdict("nms", kernel, "onnx", strict=node == "corners")
    kernel.close()
    assert told[0] in ("PASS", "PASS-BOUNDARY"), told
    absent = InChild(f"{path}:nobody", "nms")
    assert "those there are: corners, centred" in verdict("nms", absent, "onnx")[1]
    absent.close()


def test_opencv_keeps_the_promises_of_its_profile():
    cv2 = pytest.importorskip("cv2")

    def kernel(boxes, scores, iou_threshold):
        if not len(boxes):
            return np.zeros(0, np.int64)
        sized = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        ranks = (
            np.unique(scores, return_inverse=True)[1].reshape(-1) + 1.0
        )  # it drops scores of 0, rounds others
        kept = cv2.dnn.NMSBoxes(sized.tolist(), ranks.tolist(), 0.0, float(iou_threshold))
        return np.asarray(kept, np.int64).reshape(-1)

    told = verdict("nms", InProcess(kernel), "opencv", dtypes=("float64",))
    assert told[0] in ("PASS", "PASS-BOUNDARY"), told


def test_a_wrong_profile_is_found_out_for_every_pair():
    """torchvision's kernel is right under no profile whose rule for the threshold or for widths is another."""
    ops = pytest.importorskip("torchvision.ops")
    kernel = InProcess(ops.nms, "torch")
    for name in itertools.islice(("fast_rcnn", "opencv"), 2):
        assert verdict("nms", kernel, name, strict=True)[0] == "FAIL"
