"""``out=``: an array of the right shape that cannot hold the result, or that lies over an input."""

import numpy as np
import pytest

import refdet

BOXES = np.array([[0, 0, 4, 4], [1, 1, 5, 5], [2, 0, 3, 9]], np.float32)
MAP = np.arange(36, dtype=np.float32).reshape(1, 1, 6, 6)
ROIS = np.array([[0, 0, 0, 3, 3], [0, 1, 1, 5, 5]], np.float32)
PAIR = {"boxes1": BOXES, "boxes2": BOXES}
CALLS = {
    "box_iou": PAIR,
    "generalized_box_iou": PAIR,
    "distance_box_iou": PAIR,
    "complete_box_iou": PAIR,
    "roi_pool": {"input": MAP, "boxes": ROIS, "output_size": (2, 2)},
    "roi_pool_with_argmax": {"input": MAP, "boxes": ROIS, "output_size": (2, 2)},
}


def with_strides(shape, step):
    """A float32 array of that shape whose axes all step by so many bytes."""
    return np.lib.stride_tricks.as_strided(np.zeros(999, np.float32), shape, (step,) * len(shape))


OUTS = {
    "read-only": lambda shape: np.zeros(shape, np.float32),
    "strides": lambda shape: with_strides(shape, 0),
    "several places": lambda shape: with_strides(shape, 4),
    "MaskedArray": lambda shape: np.ma.zeros(shape, np.float32),
}


@pytest.mark.parametrize("text", OUTS)
@pytest.mark.parametrize("name", CALLS)
def test_an_out_of_the_right_shape_that_cannot_hold_the_result(name, text):
    out = OUTS[text]((2, 1, 2, 2) if "roi" in name else (3, 3))
    if text == "read-only":
        out.flags.writeable = False
    with pytest.raises((ValueError, TypeError), match=f"out: .*{text}"):
        getattr(refdet, name)(**CALLS[name], out=out)


def test_an_out_between_the_columns_of_an_input_is_its_own_memory():
    table = np.zeros((3, 7), np.float32)
    table[:, :4] = BOXES
    result = refdet.box_iou(table[:, :4], BOXES, out=table[:, 4:])
    assert (result == refdet.box_iou(BOXES, BOXES)).all()


def test_out_may_not_be_the_regions():
    rois = np.zeros((4, 5), np.float32)
    with pytest.raises(ValueError, match="out: it overlaps an input"):
        refdet.roi_pool(MAP, rois, (5, 1), out=rois.reshape(4, 1, 5, 1))


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        (name, argument)
        for name in CALLS
        for argument in ("boxes1", "boxes2", "input")
        if argument in CALLS[name]
    ],
)
def test_out_may_not_overlap_an_input(name, argument):
    good = CALLS[name]
    room = np.zeros(4096, np.float32)
    value = room[: good[argument].size].reshape(good[argument].shape)
    value[...] = good[argument]
    result = getattr(refdet, name)(**good)
    shape = (result[0] if isinstance(result, tuple) else result).shape
    out = room[4 : 4 + int(np.prod(shape))].reshape(shape)
    with pytest.raises(ValueError, match="out: it overlaps an input"):
        getattr(refdet, name)(**{**good, argument: value, "out": out})
