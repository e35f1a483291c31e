"""A node of an ONNX file as a kernel: run alone by ONNX Runtime, its inputs and sizes those of the case.

What the node decides stays the node's: ``center_point_box``, ``mode``, ``coordinate_transformation_mode``. What a case
decides replaces what the file says: thresholds, output size, scale, sampling ratio.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from refdet.verify.contract import Contract

NODES = {"nms": "NonMaxSuppression", "roi_align": "RoiAlign", "roi_pool": "MaxRoiPool"}
"""The node of each operation."""


def onnx_function(path: str, name: str, contract: Contract) -> Callable[..., Any]:
    """The node as a function that takes the reference's arguments."""
    from refdet.verify.loading import NotLoaded

    try:
        import onnx
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise NotLoaded(f"{path}: {error}; pip install onnx onnxruntime") from None
    if contract.op not in NODES:
        raise NotLoaded(f"{contract.op} has no ONNX node; those that have: {', '.join(NODES)}")
    try:
        model = onnx.load(path)
    except Exception as error:  # a file that is no model fails in many ways
        raise NotLoaded(f"{path}: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from None
    node = _node(model, path, name, NODES[contract.op])
    runs = functools.lru_cache(maxsize=64)(functools.partial(_session, onnx, model, node))
    return lambda *values: _CALLS[contract.op](runs, node, *values)


def _node(model, path, name, kind):
    from refdet.verify.loading import NotLoaded

    fitting = [node for node in model.graph.node if node.op_type == kind and name in ("", node.name)]
    if len(fitting) == 1:
        return fitting[0]
    known = ", ".join(node.name or "without a name" for node in model.graph.node if node.op_type == kind)
    raise NotLoaded(f"{path}: {len(fitting)} nodes {kind} {name!r}; those there are: {known or 'none'}")


def _session(onnx, model, node, types, attributes):
    """The node alone, with inputs of these types, and these attributes in place of its own."""
    import onnxruntime

    helper, names = onnx.helper, [f"input{place}" for place in range(len(types))]
    alone = helper.make_node(node.op_type, names, ["output"], domain=node.domain)
    kept = [part for part in node.attribute if part.name not in dict(attributes)]
    alone.attribute.extend([*kept, *(helper.make_attribute(*part) for part in attributes)])
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(kind)), None)
        for name, kind in zip(names, types, strict=True)
    ]
    whole = (
        onnx.TensorProto.INT64
        if node.op_type == "NonMaxSuppression"
        else inputs[0].type.tensor_type.elem_type
    )
    graph = helper.make_graph([alone], "node", inputs, [helper.make_tensor_value_info("output", whole, None)])
    single = helper.make_model(
        graph, opset_imports=list(model.opset_import), ir_version=min(model.ir_version, 10)
    )
    session = onnxruntime.InferenceSession(single.SerializeToString(), providers=["CPUExecutionProvider"])
    return lambda *values: session.run(None, dict(zip(names, values, strict=True)))[0]


def _types(values):
    return tuple(value.dtype.name for value in values)


def _nms(runs, node, boxes, scores, iou_threshold):
    if any(part.name == "center_point_box" and part.i for part in node.attribute):
        boxes = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)
    else:
        boxes = boxes[:, [1, 0, 3, 2]]
    values = (
        np.ascontiguousarray(boxes[None]),
        np.ascontiguousarray(scores[None, None]),
        np.array([len(boxes)], np.int64),
        np.array([iou_threshold], np.float32),
    )
    if not len(boxes):
        return np.zeros(0, np.int64)
    return runs(_types(values), ())(*values)[:, 2].copy()


def _roi_align(runs, node, input, boxes, output_size, spatial_scale=1.0, sampling_ratio=0, aligned=True):
    mode = {"output_height": output_size[0], "output_width": output_size[1]}
    mode |= {"spatial_scale": float(spatial_scale), "sampling_ratio": max(int(sampling_ratio), 0)}
    values = (
        np.ascontiguousarray(input),
        np.ascontiguousarray(boxes[:, 1:]),
        boxes[:, 0].astype(np.int64),
    )
    return runs(_types(values), tuple(mode.items()))(*values)


def _roi_pool(runs, node, input, boxes, output_size, spatial_scale=1.0):
    mode = (("pooled_shape", tuple(output_size)), ("spatial_scale", float(spatial_scale)))
    values = (np.ascontiguousarray(input), np.ascontiguousarray(boxes))
    return runs(_types(values), mode)(*values)


_CALLS: dict[str, Callable[..., Any]] = {"nms": _nms, "roi_align": _roi_align, "roi_pool": _roi_pool}
