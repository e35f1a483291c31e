"""Any value in any argument of every public function: the documented result, or an error that names the argument."""

import inspect
import itertools

import numpy as np
import pytest
from calls import CALLS, GOOD_BOXES, GOOD_SCORES, MAP, function_of, public_functions
from calls_left_out import WITHOUT
from hostile import any_value, checked_call, every_array, hostile, numbers_of_all_sizes
from hypothesis import given
from hypothesis import strategies as st
from odd_conventions import any_convention
from odd_values import SHAPES

import refdet
from refdet import kernels

PAIRED = [name for name in CALLS if name in kernels._REFERENCES]
WITH_CONVENTION = [name for name in CALLS if "convention" in inspect.signature(function_of(name)).parameters]
ONE_BY_ONE = [(name, argument) for name, call in CALLS.items() for argument in call]


def thrown(name, argument, value):
    """Call the function with that value in the place of one good argument; what goes wrong is told with it."""
    try:
        checked_call(function_of(name), {**CALLS[name], argument: value})
    except Exception as error:
        came = f"{type(value).__name__} {value!r}"[:300]
        raise AssertionError(f"{name}({argument}={came}): {type(error).__name__}: {error}") from error


@pytest.mark.parametrize(("name", "argument"), ONE_BY_ONE)
def test_hostile_values_one_argument_at_a_time(name, argument):
    for value in hostile(CALLS[name][argument]):
        thrown(name, argument, value)


@pytest.mark.parametrize("name", WITH_CONVENTION)
def test_a_convention_that_lets_everything_in_computes_with_it(name):
    for argument, good in CALLS[name].items():
        for value in numbers_of_all_sizes(good) if isinstance(good, np.ndarray) else []:
            checked_call(
                function_of(name), {**CALLS[name], argument: value, "convention": refdet.TORCHVISION}
            )


@pytest.mark.parametrize("change", ["no rows", "one row", "rows twice"])
@pytest.mark.parametrize("name", CALLS)
def test_fewer_and_more_rows_in_every_argument(name, change):
    """None at all is legal everywhere (C-7); what has the same length keeps it."""
    checked_call(
        function_of(name), {key: every_array(value, SHAPES[change]) for key, value in CALLS[name].items()}
    )


@pytest.mark.parametrize("name", CALLS)
@given(data=st.data())
def test_any_values_in_several_arguments(name, data):
    arguments = dict(CALLS[name])
    for argument in sorted(data.draw(st.sets(st.sampled_from(sorted(arguments)), min_size=1))):
        arguments[argument] = data.draw(any_value(arguments[argument]), label=argument)
    if name in WITH_CONVENTION:
        arguments["convention"] = data.draw(any_convention(), label="convention")
    checked_call(function_of(name), arguments)


def test_every_public_function_is_in_the_table_or_says_why_not():
    rows = {function_of(name) for name in CALLS}
    reasons = {
        name: next((w for w in WITHOUT if f"{name}.".startswith(f"{w}.")), None)
        for name, _ in public_functions()
    }
    assert [name for name, function in public_functions() if function not in rows and not reasons[name]] == []
    assert {name for name in refdet.__all__ if inspect.isfunction(getattr(refdet, name))} <= set(CALLS)
    assert set(WITHOUT) - set(reasons.values()) <= {"cli", "kernels"}


@pytest.mark.parametrize("op", PAIRED)
def test_no_backend_changes_an_input_or_lets_a_warning_out(op):
    """And each gives what the reference's docstring promises."""
    for name, function in kernels.implementations(op).items():
        for argument, good in CALLS[op].items() if name != "cuda" else ():
            for value, convention in itertools.product(hostile(good), (refdet.REFDET, refdet.TORCHVISION)):
                arguments = {**CALLS[op], argument: value, "convention": convention}
                given_ = arguments if op in WITH_CONVENTION else {**CALLS[op], argument: value}
                checked_call(function, given_, promised=function_of(op))


@pytest.mark.parametrize("op", PAIRED)
def test_every_backend_gives_the_same_error(op):
    """The kernels call the reference's check: the same words for the same mistake."""
    found = {
        name: f for name, f in kernels.implementations(op).items() if name != "cuda"
    }  # takes CuPy arrays
    for argument, good in CALLS[op].items():
        for value in hostile(good):
            texts = {backend: said(f, {**CALLS[op], argument: value}) for backend, f in found.items()}
            assert len(set(texts.values())) == 1, (argument, repr(value)[:200], texts)


def said(function, arguments):
    """The error, or that there was none."""
    try:
        function(**arguments)
    except (ValueError, TypeError) as error:
        return f"{type(error).__name__}: {error}"
    return "no error"


@pytest.mark.parametrize("name", WITH_CONVENTION)
@pytest.mark.parametrize("value", ["torchvision", None, 5, refdet.REFDET.roi])
def test_a_convention_must_be_one(name, value):
    with pytest.raises(
        TypeError, match=r"convention: .* came; wanted a Convention such as refdet.TORCHVISION"
    ):
        function_of(name)(**CALLS[name], convention=value)


def test_an_integer_of_thousands_of_digits_is_an_error_of_one_line():
    with pytest.raises(TypeError, match="iou_threshold: int of thousands of digits came"):
        refdet.nms(GOOD_BOXES, GOOD_SCORES, 10**5000)


def test_classes_that_shift_boxes_out_of_range_are_named():
    far = np.array([[8e307, 0, 8e307, 1]] * 2)
    with pytest.raises(
        ValueError, match="idxs: 4611686018427387904 came; its boxes, shifted aside, overflow"
    ):
        refdet.batched_nms(far, [1, 0.5], [0, 2**62], 0.5, convention=refdet.OPENCV)


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
@pytest.mark.parametrize("name", ["box_iou", "roi_pool", "roi_pool_with_argmax"])
def test_an_out_of_the_right_shape_that_cannot_hold_the_result(name, text):
    out = OUTS[text]((3, 3) if name == "box_iou" else (2, 1, 2, 2))
    if text == "read-only":
        out.flags.writeable = False
    with pytest.raises((ValueError, TypeError), match=f"out: .*{text}"):
        getattr(refdet, name)(**{**CALLS[name], "out": out})


def test_an_out_between_the_columns_of_an_input_is_its_own_memory():
    table = np.zeros((3, 7), np.float32)
    table[:, :4] = GOOD_BOXES
    result = refdet.box_iou(table[:, :4], GOOD_BOXES, out=table[:, 4:])
    assert (result == refdet.box_iou(GOOD_BOXES, GOOD_BOXES)).all()


def test_out_may_not_be_the_regions():
    rois = np.zeros((4, 5), np.float32)
    with pytest.raises(ValueError, match="out: it overlaps an input"):
        refdet.roi_pool(MAP, rois, (5, 1), out=rois.reshape(4, 1, 5, 1))


@pytest.mark.parametrize(
    ("name", "argument"), [("box_iou", "boxes1"), ("box_iou", "boxes2"), ("roi_pool", "input")]
)
def test_out_may_not_overlap_an_input(name, argument):
    good = CALLS[name]
    room = np.zeros(4096, np.float32)
    value = room[: good[argument].size].reshape(good[argument].shape)
    value[...] = good[argument]
    shape = getattr(refdet, name)(**good).shape
    out = room[4 : 4 + int(np.prod(shape))].reshape(shape)
    with pytest.raises(ValueError, match="out: it overlaps an input"):
        getattr(refdet, name)(**{**good, argument: value, "out": out})
