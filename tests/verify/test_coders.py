"""The contracts of the coders: references pass, planted bugs are found."""

import dataclasses

import numpy as np
import pytest
from judged_kernels import copied, first_broken, hopeless

from refdet.conventions import REFDET, Coder, Convention
from refdet.profiles import FAST_RCNN, MMCV, PROFILES, TORCHVISION
from refdet.verify.contract import Terms, broken
from refdet.verify.contracts import CONTRACTS, coders

OPS = [contract.op for contract in coders.CONTRACTS]
BOUNDED = Convention("BOUNDED", "a bound", coder=Coder(clamp=2.0))


def right(op, convention=REFDET, **changed):
    """The reference, with some arguments replaced."""
    contract = CONTRACTS[op]

    def kernel(**a):
        given = {**a, **{name: change(a) for name, change in changed.items()}}
        if contract.parts:
            return contract.reference(**given, convention=convention)
        return contract.reference(**given)

    return kernel


def ruled(op, **fields):
    """The reference under another rule."""
    rule = dataclasses.replace(REFDET.coder, **fields)
    return right(op, dataclasses.replace(REFDET, name="OTHER", coder=rule))


def answering(change):
    """The right answer, changed; of several results the first."""

    def planted(op):
        def kernel(**a):
            answer = right(op)(**copied(a))
            return (change(answer[0], a), answer[1]) if isinstance(answer, tuple) else change(answer, a)

        return kernel

    return planted


def given(change):
    """The answer to other arguments: `change` gets the arrays that go row by row, and replaces some."""
    return lambda op: lambda **a: right(op)(**{**a, **change(a)})


def second(a):
    """Name of the second array that goes row by row."""
    arrays = [name for name, part in a.items() if isinstance(part, np.ndarray) and part.ndim == 2]
    return arrays[1] if len(arrays) > 1 else arrays[0]


def front(array, count):
    array[count:] = 0
    return array


GENERAL = {
    "zeros": answering(lambda out, a: np.zeros_like(out)),
    "the input again": answering(lambda out, a: next(iter(a.values()))),
    "rows backwards": answering(lambda out, a: out[::-1]),
    "x for y": answering(lambda out, a: out.reshape(len(out), -1, 2)[:, :, ::-1].reshape(out.shape)),
    "halves swapped": answering(
        lambda out, a: out.reshape(len(out), -1, 2, 2)[:, :, ::-1].reshape(out.shape)
    ),
    "another sign": answering(lambda out, a: -out),
    "without the last row": answering(lambda out, a: front(out, -1) if len(out) > 1 else out),
    "one block of 64": answering(lambda out, a: front(out, 64)),
    "without the last number": answering(lambda out, a: np.where(np.arange(out.shape[1]) == 3, 0, out)),
    "half precision": answering(lambda out, a: out.astype(np.float16).astype(out.dtype)),
    "a constant of six digits": answering(lambda out, a: out * out.dtype.type(1.00002)),
    "the first of the others for all": given(
        lambda a: {second(a): np.repeat(a[second(a)][:1], len(a[second(a)]), axis=0)}
    ),
}


@pytest.mark.parametrize("name", GENERAL)
@pytest.mark.parametrize("op", OPS)
def test_a_bug_that_any_coder_may_have_is_found(op, name):
    found = first_broken(op, GENERAL[name](op), 60)
    assert found is not None
    told = ("lies from", "has the shape", "the column and row")
    assert any(words in found[1] for words in told), found


def measured(boxes):
    size = boxes[:, 2:] - boxes[:, :2]
    return boxes[:, :2] + size / 2, size


def own_encode(boxes, proposals, weights, log=np.log, by=None):
    (centre, size), (other_centre, other_size) = measured(boxes), measured(proposals)
    unit = other_size if by is None else by(size, other_size)
    return (
        np.concatenate([(centre - other_centre) / unit, log(size / other_size)], axis=1) * weights
    ).astype(boxes.dtype)


def own_decode(deltas, proposals, weights, exp=np.exp, half=2, order="classes"):
    centre, size = (part[:, None] for part in measured(proposals))
    classes = deltas.shape[1] // 4
    if order == "classes":
        given = deltas.reshape(len(deltas), classes, 4) / weights
    else:
        given = deltas.reshape(len(deltas), 4, classes).transpose(0, 2, 1) / weights
    centre, size = given[..., :2] * size + centre, exp(given[..., 2:]) * size
    boxes = np.concatenate([centre - size / half, centre + size / half], axis=-1)
    return boxes.reshape(deltas.shape).astype(deltas.dtype)


def ones(a):
    return np.ones(4, np.float32)


def grown(a):
    return a["boxes"] + np.array([0, 0, 1, 1], a["boxes"].dtype)


def turned(name):
    return lambda a: a[name][::-1]


def across(a):
    return a["cells"][:, ::-1]


PLANTED = {
    "encode_rcnn": [
        right("encode_rcnn", weights=ones),
        right("encode_rcnn", weights=lambda a: 1 / a["weights"]),
        right("encode_rcnn", boxes=lambda a: a["proposals"], proposals=lambda a: a["boxes"]),
        right("encode_rcnn", boxes=grown),
        ruled("encode_rcnn", plus_one=1),
        lambda **a: own_encode(**a, log=np.log2),
        lambda **a: own_encode(**a, log=np.log1p),
        lambda **a: own_encode(**a, log=lambda ratio: ratio - 1),
        lambda **a: own_encode(**a, by=lambda size, other: size),
        lambda **a: own_encode(**a, by=lambda size, other: other[:, ::-1]),
        lambda **a: own_encode(**a, by=lambda size, other: np.float32(1)),
    ],
    "decode_rcnn": [
        right("decode_rcnn", weights=ones),
        right("decode_rcnn", weights=lambda a: a["weights"][[2, 2, 0, 0]]),
        ruled("decode_rcnn", plus_one=1),
        ruled("decode_rcnn", clamp=float(np.log(1000 / 16))),
        lambda **a: own_decode(**a, exp=np.exp2),
        lambda **a: own_decode(**a, exp=lambda x: 1 + x),
        lambda **a: own_decode(**a, half=1),
        lambda **a: own_decode(**a, order="coordinates"),
        lambda **a: own_decode(**a, exp=lambda x: np.exp(x) + 1e-3),
    ],
    "encode_ssd": [
        right("encode_ssd", variances=ones),
        right("encode_ssd", variances=lambda a: 1 / a["variances"]),
        right("encode_ssd", code=lambda a: "center_size"),
        right("encode_ssd", code=lambda a: a["code"].replace("_size", "") if a["code"] != "center_size" else a["code"]),
        ruled("encode_ssd", plus_one=1),
        right("encode_ssd", boxes=lambda a: a["priors"], priors=lambda a: a["boxes"]),
    ],
    "decode_ssd": [
        right("decode_ssd", variances=ones),
        right("decode_ssd", variances=lambda a: 1 / a["variances"]),
        right("decode_ssd", code=lambda a: "center_size"),
        ruled("decode_ssd", plus_one=1),
        ruled("decode_ssd", clamp=4.0),
    ],
    "encode_yolov1": [
        right("encode_yolov1", size=turned("size")),
        right("encode_yolov1", grid=turned("grid")),
        right("encode_yolov1", grid=lambda a: (7, 7)),
        lambda **a: (right("encode_yolov1")(**a)[0], right("encode_yolov1")(**a)[1][:, ::-1]),
        lambda **a: (right("encode_yolov1")(**a)[0], right("encode_yolov1")(**a)[1] + 1),
        lambda **a: (right("encode_yolov1")(**a)[0] ** 2, right("encode_yolov1")(**a)[1]),
        lambda **a: np.concatenate(right("encode_yolov1")(**a), axis=1),
    ],
    "decode_yolov1": [
        right("decode_yolov1", size=turned("size")),
        right("decode_yolov1", grid=lambda a: (16, 16)),
        right("decode_yolov1", cells=lambda a: a["cells"] * 0),
        right("decode_yolov1", outputs=lambda a: np.abs(a["outputs"])),
        right("decode_yolov1", outputs=lambda a: a["outputs"] ** 2),
    ],
    "encode_yolov3": [
        right("encode_yolov3", scale_x_y=lambda a: 1.0),
        right("encode_yolov3", form=lambda a: "exp"),
        right("encode_yolov3", stride=lambda a: 8.0),
        right("encode_yolov3", cells=across),
        right("encode_yolov3", anchors=lambda a: a["anchors"] / a["stride"]),
    ],
    "decode_yolov3": [
        right("decode_yolov3", scale_x_y=lambda a: 1.0),
        right("decode_yolov3", form=lambda a: "exp"),
        right("decode_yolov3", stride=lambda a: 8.0),
        right("decode_yolov3", cells=across),
        right("decode_yolov3", outputs=lambda a: np.minimum(a["outputs"], 10)),
    ],
    "encode_yolov5": [
        right("encode_yolov5", stride=lambda a: 8.0),
        right("encode_yolov5", cells=across),
        right("encode_yolov5", anchors=lambda a: a["anchors"][:, ::-1]),
        right("encode_yolov5", boxes=grown),
    ],
    "decode_yolov5": [
        right("decode_yolov5", stride=lambda a: 8.0),
        right("decode_yolov5", cells=across),
        right("decode_yolov5", anchors=lambda a: a["anchors"][:, ::-1]),
        right("decode_yolov5", anchors=lambda a: a["anchors"] * np.float32(4)),
    ],
    "encode_detr": [
        right("encode_detr", size=turned("size")),
        right("encode_detr", form=lambda a: "normalized"),
        right("encode_detr", boxes=grown),
    ],
    "decode_detr": [
        right("decode_detr", size=turned("size")),
        right("decode_detr", form=lambda a: "logits"),
        right("decode_detr", size=lambda a: (a["size"][0] - 1, a["size"][1] - 1)),
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("op", "number"), [(op, number) for op, kernels in PLANTED.items() for number in range(len(kernels))]
)
def test_a_planted_bug_is_found(op, number):
    assert first_broken(op, PLANTED[op][number], 100) is not None


@pytest.mark.parametrize(
    ("convention", "kernel"),
    [
        (TORCHVISION, right("decode_rcnn")),
        (MMCV, right("decode_rcnn", TORCHVISION)),
        (BOUNDED, right("decode_rcnn", TORCHVISION)),
        (FAST_RCNN, right("decode_rcnn")),
    ],
)
def test_another_systems_bound_or_width_is_found(convention, kernel):
    assert first_broken("decode_rcnn", kernel, 100, convention) is not None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("op", OPS)
def test_the_reference_passes(op, dtype):
    for convention in PROFILES.values():
        if convention is REFDET or (CONTRACTS[op].parts and CONTRACTS[op].here(convention)):
            cases = 150 if convention is REFDET else 40
            assert first_broken(op, right(op, convention), cases, convention, dtype) is None


@pytest.mark.parametrize("op", OPS)
def test_no_answer_takes_the_judge_down(op):
    contract = CONTRACTS[op]
    case = next(contract.cases(np.random.default_rng(0), REFDET, np.dtype("float32")))
    answer = right(op)(**copied(case.arguments))
    wide = (
        (answer[0].astype(np.float64), answer[1]) if isinstance(answer, tuple) else answer.astype(np.float64)
    )
    assert "float32" in broken(contract, case, wide, Terms(REFDET))
    for hopeless_one in hopeless(2):
        assert broken(contract, case, hopeless_one, Terms(REFDET)) is not None
