"""The systems beside refdet, each with one thread and with its arguments prepared before the clock starts.

``PEERS[op][system]`` takes the op's arguments as refdet does and returns a Candidate. A system that is not
installed raises ImportError, and the tables say so; none is required. Where a system measures boxes in another
way, it gets those boxes for which its answer is the same.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from benchmarks.candidates import Absent, Candidate


def beside(op, *arguments):
    """Every peer that has the op, as a Candidate, or as an Absent that says what is missing."""
    found = []
    for system, build in PEERS.get(op, {}).items():
        try:
            found.append(build(system, *arguments))
        except ImportError as error:
            found.append(Absent(system, f"not installed: {error.name or error}"))
    return found


def _xywh(boxes):
    """Corner, width and height in float64, for systems that want them."""
    return np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]).astype(np.float64)


def _indices(result):
    return (np.asarray(result, dtype=np.int64).reshape(-1),)


# torchvision


@cache
def _torch():
    import torch
    import torchvision

    torch.set_num_threads(1)
    return torch, torchvision


def _given(torch, arguments, device):
    """The arguments, their arrays as tensors on the device."""
    return [torch.from_numpy(a).to(device) if isinstance(a, np.ndarray) else a for a in arguments]


def _tensors(result):
    """Tensors as arrays; the argmax of torchvision is int32."""
    parts = [part.cpu() for part in (result if isinstance(result, tuple) else (result,))]
    return tuple(p.numpy() if p.dtype.is_floating_point else p.numpy().astype(np.int64) for p in parts)


def _torchvision(op):
    """The function of torchvision.ops, its arrays as tensors."""

    def build(system, *arguments, device="cpu"):
        torch, torchvision = _torch()
        given = _given(torch, arguments, device)
        function = getattr(torchvision.ops, op)
        return Candidate(system, lambda: function(*given), _tensors)

    return build


def _torchvision_kernel(op, arguments_of):
    """The kernel below torchvision.ops, where only that has what refdet's function has."""

    def build(system, *arguments, device="cpu"):
        torch, _ = _torch()
        given = _given(torch, arguments_of(*arguments), device)
        function = getattr(torch.ops.torchvision, op)
        return Candidate(system, lambda: function(*given), _tensors)

    return build


def _pool_arguments(features, rois, size, scale):
    return features, rois, scale, *size


def _pool_backward_arguments(grad, argmax, rois, shape):
    return grad, rois, argmax.astype(np.int32), 1 / 16, *grad.shape[2:], *shape


def _align_arguments(features, rois, size, scale, samples, aligned):
    return features, rois, scale, *size, samples, aligned


def _align_backward_arguments(grad, rois, shape, scale, samples, aligned):
    return grad, rois, scale, *grad.shape[2:], *shape, samples, aligned


# onnxruntime


@cache
def _session(op, inputs, opset, **attributes):
    """A model of one node; `inputs` are names and types."""
    import onnx
    import onnxruntime

    make = onnx.helper
    output = onnx.TensorProto.INT64 if op == "NonMaxSuppression" else onnx.TensorProto.FLOAT
    values = [make.make_tensor_value_info(name, kind, None) for name, kind in inputs]
    node = make.make_node(op, [name for name, _ in inputs], ["result"], **attributes)
    graph = make.make_graph([node], op, values, [make.make_tensor_value_info("result", output, None)])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", opset)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def _onnx(system, session, feed, host=None):
    def call():
        return session.run(None, feed)[0]

    return Candidate(system, call, host) if host else Candidate(system, call)


REAL, WHOLE = 1, 7  # onnx.TensorProto.FLOAT and INT64


def _onnx_nms(system, boxes, scores, threshold):
    names = ("boxes", REAL), ("scores", REAL), ("most", WHOLE), ("threshold", REAL)
    feed = {"boxes": boxes[None][..., [1, 0, 3, 2]], "scores": scores[None, None]}
    feed |= {"most": np.array([len(boxes)]), "threshold": np.array([threshold], np.float32)}
    return _onnx(system, _session("NonMaxSuppression", names, 11), feed, lambda rows: (rows[:, 2],))


def _onnx_roi_pool(system, features, rois, size, scale):
    names = ("features", REAL), ("rois", REAL)
    session = _session("MaxRoiPool", names, 11, pooled_shape=size, spatial_scale=scale)
    return _onnx(system, session, {"features": features, "rois": rois})


def _onnx_roi_align(system, features, rois, size, scale, samples, aligned):
    names = ("features", REAL), ("rois", REAL), ("images", WHOLE)
    settings = {"output_height": size[0], "output_width": size[1], "spatial_scale": scale}
    settings["coordinate_transformation_mode"] = "half_pixel" if aligned else "output_half_pixel"
    session = _session("RoiAlign", names, 16, sampling_ratio=samples, **settings)
    feed = {"features": features, "rois": rois[:, 1:].copy(), "images": rois[:, 0].astype(np.int64)}
    return _onnx(system, session, feed)


# OpenCV


@cache
def _opencv():
    import cv2

    cv2.setNumThreads(1)
    return cv2


def _opencv_nms(system, boxes, scores, threshold):
    nms, given = _opencv().dnn.NMSBoxes, _xywh(boxes)
    return Candidate(system, lambda: nms(given, scores, 0.0, threshold), _indices)


def _opencv_batched_nms(system, boxes, scores, idxs, threshold):
    nms, given, classes = _opencv().dnn.NMSBoxesBatched, _xywh(boxes), idxs.astype(np.int32)
    return Candidate(system, lambda: nms(given, scores, classes, 0.0, threshold), _indices)


def _opencv_soft_nms(system, boxes, scores, threshold, sigma, least, method):
    cv2, given = _opencv(), _xywh(boxes).round().astype(np.int32)
    kind = {
        "linear": cv2.dnn.SOFT_NMSMETHOD_SOFTNMS_LINEAR,
        "gaussian": cv2.dnn.SOFT_NMSMETHOD_SOFTNMS_GAUSSIAN,
    }[method]

    def call():
        return cv2.dnn.softNMSBoxes(given, scores, least, threshold, 0, sigma, kind)

    return Candidate(system, call, lambda result: (*_indices(result[1]), np.asarray(result[0]).reshape(-1)))


# powerboxes, pycocotools, cython-bbox, supervision


def _powerboxes_nms(function):
    def build(system, boxes, scores, threshold):
        import powerboxes

        nms, wide = getattr(powerboxes, function), scores.astype(np.float64)
        return Candidate(system, lambda: nms(boxes, wide, threshold, 0.0), _indices)

    return build


def _powerboxes_overlap(function):
    """It returns one minus the overlap, in float64."""

    def build(system, boxes1, boxes2):
        import powerboxes

        distance = getattr(powerboxes, function)
        return Candidate(system, lambda: distance(boxes1, boxes2), lambda result: (1 - result,))

    return build


def _pycocotools_iou(system, boxes1, boxes2):
    from pycocotools import mask

    first, second, crowd = _xywh(boxes1), _xywh(boxes2), [0] * len(boxes2)
    return Candidate(system, lambda: mask.iou(first, second, crowd))


def _cython_bbox_iou(system, boxes1, boxes2):
    from cython_bbox import bbox_overlaps

    # Its corners are inclusive pixels: one less on the right and below is the same box.
    first, second = (np.ascontiguousarray(boxes - [0, 0, 1, 1], np.float64) for boxes in (boxes1, boxes2))
    return Candidate(system, lambda: bbox_overlaps(first, second))


def _supervision_iou(system, boxes1, boxes2):
    from supervision import box_iou_batch

    return Candidate(system, lambda: box_iou_batch(boxes1, boxes2))


def _supervision_nms(system, boxes, scores, threshold):
    from supervision import box_non_max_suppression

    rows = np.hstack([boxes, scores[:, None]])

    def host(kept):
        keep = np.flatnonzero(kept)
        return (keep[np.argsort(-scores[keep], kind="stable")],)

    return Candidate(system, lambda: box_non_max_suppression(rows, threshold), host)


PEERS = {
    "box_iou": {
        "torchvision": _torchvision("box_iou"),
        "powerboxes": _powerboxes_overlap("iou_distance"),
        "pycocotools": _pycocotools_iou,
        "cython-bbox": _cython_bbox_iou,
        "supervision": _supervision_iou,
    },
    "generalized_box_iou": {
        "torchvision": _torchvision("generalized_box_iou"),
        "powerboxes": _powerboxes_overlap("giou_distance"),
    },
    # Not powerboxes: for boxes apart, its diou_distance and ciou_distance are 1 (0.3.1), another function.
    "distance_box_iou": {"torchvision": _torchvision("distance_box_iou")},
    "complete_box_iou": {"torchvision": _torchvision("complete_box_iou")},
    "nms": {
        "torchvision": _torchvision("nms"),
        "onnxruntime": _onnx_nms,
        "OpenCV": _opencv_nms,
        "powerboxes": _powerboxes_nms("nms"),
        "powerboxes, R-tree": _powerboxes_nms("rtree_nms"),
        "supervision": _supervision_nms,
    },
    "batched_nms": {"torchvision": _torchvision("batched_nms"), "OpenCV": _opencv_batched_nms},
    "soft_nms": {"OpenCV": _opencv_soft_nms},
    "roi_pool": {
        "torchvision": _torchvision_kernel("roi_pool", _pool_arguments),
        "onnxruntime": _onnx_roi_pool,
    },
    "roi_pool_with_argmax": {"torchvision": _torchvision_kernel("roi_pool", _pool_arguments)},
    "roi_pool_backward": {"torchvision": _torchvision_kernel("_roi_pool_backward", _pool_backward_arguments)},
    "roi_align": {
        "torchvision": _torchvision_kernel("roi_align", _align_arguments),
        "onnxruntime": _onnx_roi_align,
    },
    "roi_align_backward": {
        "torchvision": _torchvision_kernel("_roi_align_backward", _align_backward_arguments)
    },
}
