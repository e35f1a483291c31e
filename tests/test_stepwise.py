"""One body, two uses: the function, its trace and its steps are the same run."""

import copy
import inspect
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from strategies import THRESHOLDS, pooling, same_bits, scored_boxes

import refdet
from refdet.stepwise import Steps, TraceTooLarge, drained, stepwise


def _any(values, *, start=0):
    return np.asarray(values, np.float64), start


@stepwise(check=_any)
def total(values, *, start=0) -> Steps[float]:
    """Sum of the values."""
    table, done, _hidden = values.copy(), [], "secret"
    for i, value in enumerate(values):
        start += value
        table[i] = -1
        done.append(i)
        yield "add: {value} makes {start}"
    return start


@stepwise(check=_any)
def doubled(values, *, start=0) -> Steps[float]:
    """Twice the sum."""
    first = yield from total.steps(values, start=start)
    yield "double: {first}"
    return 2 * first


@stepwise(check=_any, quiet=True)
def inverse(values, *, start=0) -> Steps[float]:
    """Sum of the inverse values."""
    inverses = 1 / values
    yield "invert: {inverses}"
    return inverses.sum()


# The three uses


def test_a_quiet_body_divides_by_zero_in_silence_and_leaves_the_caller_as_it_was():
    """Warnings are errors here. A body that ran within np.errstate itself would leave it to who takes its steps."""
    assert inverse([0, 1]) == inverse.trace([0, 1]).result == np.inf
    before = np.geterr()
    running = inverse.steps([1, 2])
    next(running)
    assert np.geterr() == before
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        next(inverse.steps([0, 1]))


def test_a_generator_is_drained_to_what_it_returns():
    assert drained(total.steps([1, 2, 3])) == 6


def test_function_trace_and_steps_give_the_same_result():
    assert total([1, 2, 3]) == total.trace([1, 2, 3]).result == 6
    running = total.steps([1, 2, 3], start=4)
    assert [next(running) for _ in range(3)] == ["add: {value} makes {start}"] * 3
    with pytest.raises(StopIteration) as end:
        next(running)
    assert end.value.value == 10


@given(case=scored_boxes(), threshold=THRESHOLDS)
def test_nms_equals_the_result_of_its_trace(case, threshold):
    assert same_bits(refdet.nms.trace(*case, threshold).result, refdet.nms(*case, threshold))
    classes = np.arange(len(case[0])) % 2
    batched = refdet.batched_nms.trace(*case, classes, threshold)
    assert same_bits(batched.result, refdet.batched_nms(*case, classes, threshold))
    assert all(step.note for step in batched)  # every caption formats


@given(case=pooling())
def test_roi_pool_equals_the_result_of_its_trace(case):
    trace = refdet.roi_pool.trace(*case)
    assert same_bits(trace.result, refdet.roi_pool(*case))
    assert all(step.note for step in trace)


def test_a_body_without_yield_is_refused_at_once():
    with pytest.raises(TypeError, match="plain has no yield"):

        @stepwise(check=_any)
        def plain(values, *, start=0):
            return 0


def test_the_check_runs_before_any_step():
    def refuse(values, *, start=0):
        raise ValueError("values: refused")

    @stepwise(check=refuse)
    def never(values, *, start=0) -> Steps[int]:
        yield "reached: this"
        return 0

    for use in (never, never.trace, never.steps):
        with pytest.raises(ValueError, match="values: refused"):
            use([1])


def test_a_check_that_forgets_a_parameter_is_an_error():
    @stepwise(check=lambda values, *, start=0: (values,))
    def short(values, *, start=0) -> Steps[int]:
        yield "reached: this"
        return 0

    with pytest.raises(ValueError, match="zip"):
        short([1])


def test_looks_like_a_plain_function_to_its_reader():
    assert total.__name__ == "total" and total.__doc__ == "Sum of the values."
    assert str(inspect.signature(total)) == "(values, *, start=0) -> float"
    assert str(inspect.signature(refdet.nms)).endswith("REFDET) -> 'NDArray[np.int64]'")
    assert "done.append(i)" in inspect.getsource(total)
    with pytest.raises(TypeError, match="unexpected keyword"):
        total([1], begin=2)


# What a step holds


def test_steps_hold_name_note_line_and_the_variables_of_that_moment():
    trace = total.trace([1, 2, 3])
    assert [step.name for step in trace] == ["add"] * 3
    assert [step.start for step in trace] == [1, 3, 6]
    assert [step.table.tolist() for step in trace] == [[-1, 2, 3], [-1, -1, 3], [-1, -1, -1]]
    assert [step.done for step in trace] == [[0], [0, 1], [0, 1, 2]]
    assert trace[1].note == "2 makes 3"
    first, text = trace.sources["total"]
    assert 'yield "add' in text.splitlines()[trace[0].line - first]


def test_hidden_names_are_not_shown_and_a_wrong_name_lists_the_right_ones():
    step = total.trace([1])[0]
    assert "_hidden" not in step.variables
    with pytest.raises(AttributeError, match="step has no variable 'sum'; it has done, i, start"):
        step.sum  # noqa: B018


def test_nested_steps_show_their_own_variables_one_deeper():
    trace = doubled.trace([1, 2])
    assert [(s.function, s.name, s.depth) for s in trace] == [
        ("total", "add", 1),
        ("total", "add", 1),
        ("doubled", "double", 0),
    ]
    assert "done" in trace[0].variables and "done" not in trace[2].variables
    assert trace.named("double")[0].first == 3
    assert set(trace.sources) == {"total", "doubled"}


def test_an_array_is_copied_only_when_its_bytes_change():
    steps = refdet.nms.trace(np.arange(40.0).reshape(10, 4), np.ones(10), 0.5).steps
    assert all(step.boxes is steps[0].boxes for step in steps)
    alive = [step.alive for step in steps]
    assert alive[1] is not alive[0] and alive[2] is alive[1]  # pick clears one; this suppress clears none


def test_what_was_recorded_does_not_change_afterwards():
    values = np.array([1.0, 2])
    trace = total.trace(values)
    values[:] = 9
    assert trace[0].values.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        trace[0].table[0] = 5


def test_what_lies_inside_a_container_is_kept_too_and_a_new_dtype_is_a_change():
    @stepwise(check=lambda n: (n,))
    def nested(n) -> Steps[None]:
        rows, same = [[n]], np.zeros(2, np.float32)
        yield "first: {rows}"
        rows[0].append(n + 1)
        same = same.astype(np.int32)
        yield "second: {rows}"

    trace = nested.trace(1)
    assert [step.rows for step in trace] == [[[1]], [[1, 2]]]
    assert [step.same.dtype for step in trace] == [np.float32, np.int32]


def test_trace_of_a_thousand_boxes_shares_memory():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 1000, (1000, 2))
    case = np.hstack([corner, corner + 20]), rng.random(1000), 0.5
    tracemalloc.start()
    trace = refdet.nms.trace(*case)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(trace) > 1000
    assert peak < 40e6  # 2,000 copies of everything would be above 100 MB


def test_defaults_are_those_of_the_body():
    @stepwise(check=lambda value, *, times=2: (value, times))
    def multiplied(value, *, times=3):
        """Times three, unless another number is given."""
        yield "multiply: by {times}"
        return times * value

    assert multiplied(1) == multiplied.trace(1).result == 3 and multiplied(1, times=5) == 5


# Narrowing


def test_keep_records_only_those_names():
    assert set(doubled.trace([1, 2], keep=["done"])[0].variables) == {"done", "value", "start"}
    assert set(total.trace([1, 2], keep="start")[0].variables) == {"value", "start"}


def test_keep_never_breaks_a_caption():
    boxes = [[0, 0, 4, 4], [1, 0, 5, 4]]
    trace = refdet.nms.trace(boxes, [0.9, 0.8], 0.5, keep=["keep"])
    assert [step.note for step in trace] == [step.note for step in refdet.nms.trace(boxes, [0.9, 0.8], 0.5)]
    assert trace.to_json() and str(trace)


def test_a_trace_can_be_pickled_and_copied():
    trace = total.trace([1, 2])
    for twin in (pickle.loads(pickle.dumps(trace)), copy.deepcopy(trace)):
        assert str(twin) == str(trace) and twin[1].start == 3


def test_two_traces_of_the_same_call_are_equal():
    features, rois = np.arange(16.0).reshape(1, 1, 4, 4), [[0, 0, 0, 3, 3]]
    np.full((1, 1, 2, 2), 911.0)  # what an uninitialised result would show
    texts = {refdet.roi_pool.trace(features, rois, (2, 2)).to_json() for _ in range(5)}
    assert len(texts) == 1
    assert (refdet.roi_pool.trace(features, rois, (2, 2))[0].out == 0).all()


def test_trace_shows_its_own_options_in_its_signature():
    assert {"boxes", "convention", "keep", "max_steps", "max_bytes"} <= set(
        inspect.signature(refdet.nms.trace).parameters
    )


def test_max_steps_records_the_first_and_counts_the_rest():
    trace = total.trace([1, 2, 3], max_steps=1)
    assert (len(trace), trace.dropped, trace.result) == (1, 2, 6)


def test_memory_cap_says_how_to_narrow():
    with pytest.raises(
        TraceTooLarge, match=r"max_bytes=1000; record fewer with keep=\('name', ...\) or max_steps="
    ):
        total.trace(np.arange(100), max_bytes=1000)

    @stepwise(check=lambda n: (n,))
    def hoard(n) -> Steps[None]:
        heap = []
        for _ in range(n):
            heap.append(np.zeros(1000))
            yield "hoard: more"

    with pytest.raises(TraceTooLarge):
        hoard.trace(20, max_bytes=100_000)


def test_captions_fill_in_short_arrays_and_say_what_is_missing():
    @stepwise(check=lambda values: (np.arange(50.0) / 3,))
    def long(values) -> Steps[None]:
        yield "show: {values}"
        yield "miss: {nothing}"

    trace = long.trace(0)
    assert trace[0].note == "[0, 0.3333, 0.6667, 1, ..., 15.3333, 15.6667, 16, 16.3333]"
    with pytest.raises(KeyError, match="caption names 'nothing'; the step has values"):
        _ = trace[1].note
