"""The judge of hostile calls refuses what it must: each planted function breaks one promise."""

import warnings

import numpy as np
import pytest
from calls import GOOD_BOXES
from documented import Documented, bind
from hostile import checked_call, hostile
from hypothesis import given
from hypothesis import strategies as st
from odd_values import LAYOUTS, ODD_DTYPES, SHAPES, Refuses, Subclass

import refdet

GOOD = {"boxes": GOOD_BOXES, "names": ["a", "b", "c"]}


def promise(body):
    """The function with a docstring that promises (N,) areas."""

    def area(boxes, names):
        return body(boxes)

    area.__doc__ = """Areas.

    Parameters
    ----------
    boxes : (N, 4) array
    names : list of str

    Returns
    -------
    area : (N,) float array
    """
    return area


def changes(boxes):
    boxes[0] = 0
    return boxes[:, 0].copy()


def mumbles(boxes):
    raise ValueError("bad")


def rambles(boxes):
    raise ValueError("boxes: " + "very " * 100 + "bad")


def breaks(boxes):
    raise IndexError("boxes: out of range")


def warns(boxes):
    warnings.warn("beware", UserWarning, stacklevel=1)
    return boxes[:, 0].copy()


PLANTED = {
    "boxes was changed": changes,
    "^bad": mumbles,
    "very very": rambles,
    "boxes: out of range": breaks,
    "beware": warns,
    "float64 came": lambda boxes: np.zeros(3),
    "int64 came": lambda boxes: np.zeros(3, np.int64),
    "object came": lambda boxes: np.zeros(3, object),
    r"shape \(4,\) came": lambda boxes: np.zeros(4, np.float32),
    "shape .* came": lambda boxes: np.zeros((3, 1), np.float32),
    "Subclass": lambda boxes: np.zeros(3, np.float32).view(Subclass),
    "an input's memory": lambda boxes: boxes[:, 0],
    r"\[0.0, 0.0, 0.0\] came for": lambda boxes: [0.0, 0.0, 0.0],
}


@pytest.mark.parametrize("text", PLANTED)
def test_a_function_that_breaks_a_promise_is_refused(text):
    with pytest.raises((AssertionError, IndexError, UserWarning), match=text):
        checked_call(promise(PLANTED[text]), {**GOOD, "boxes": GOOD_BOXES.copy()})


def test_one_that_keeps_them_passes_and_an_error_that_names_its_argument_too():
    checked_call(promise(lambda boxes: boxes[:, 0].copy()), GOOD)
    checked_call(refdet.box_area, {"boxes": np.zeros((2, 5))})


def test_a_shape_that_no_one_promised_to_take_is_seen():
    with pytest.raises(AssertionError, match=r"boxes: shape \(3, 5\) was taken"):
        checked_call(
            promise(lambda boxes: np.zeros(3, np.float32)), {**GOOD, "boxes": np.zeros((3, 5), np.float32)}
        )


def test_letters_are_bound_once():
    assert bind(["N", "4"], (3, 4), {}) == {"N": 3}
    assert bind(["N", "4"], (3, 4), {"N": 2}) is None and bind(["N", "4"], (3, 5), {}) is None
    assert bind(["N", "4 K"], (3, 8), {}) == {"N": 3, "K": 2} and bind(["N", "4 K"], (3, 9), {}) is None
    assert bind(["...", "4"], (2, 3, 4), {}) == {"...": (2, 3)} and bind(["...", "4"], (), {}) is None


def test_the_promises_of_a_docstring_are_read():
    found = Documented(refdet.roi_pool_backward)
    assert found.parameters["argmax"] == "(K, C, rows, columns) integer array"
    assert found.results == [("grad_input", "(N, C, H, W) float array, dtype of `grad_output`")]
    assert found.dtypes(found.results[0][1], {"grad_output": np.zeros(1, np.float16)}) == [np.float32]


def test_the_values_are_of_every_kind():
    values = hostile(GOOD_BOXES)
    kinds = {value.dtype.kind for value in values if isinstance(value, np.ndarray)}
    dtypes = {value.dtype for value in values if isinstance(value, np.ndarray)}
    assert kinds == set("biufcOSUMmV") and {np.dtype("longdouble"), np.dtype("f2")} <= dtypes
    found = {type(value) for value in values}
    assert {
        np.memmap,
        np.ma.MaskedArray,
        Subclass,
        Refuses,
        list,
        tuple,
        dict,
        str,
        bytes,
        type(None),
    } <= found
    arrays = [value for value in values if type(value) is np.ndarray]
    assert {0, 7} <= {value.ndim for value in arrays} and any(not value.size for value in arrays)
    assert any(not value.flags.writeable for value in arrays) and any(
        not value.flags.aligned for value in arrays
    )
    assert any(min(value.strides, default=0) < 0 for value in arrays)
    assert any(value.dtype.byteorder == ">" for value in arrays)


@given(data=st.data())
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_keeps_the_values(layout, data):
    shape, dtype = (data.draw(st.sampled_from(sorted(names))) for names in (SHAPES, ODD_DTYPES))
    value = ODD_DTYPES[dtype](SHAPES[shape](GOOD_BOXES))
    laid = np.asarray(LAYOUTS[layout](value))
    assert laid.size in (value.size, 1)
    if layout not in ("one place for all", "backwards") and value.dtype.kind in "iu":
        assert laid.tolist() == value.tolist() or value.shape == ()
