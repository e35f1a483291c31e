"""The trace JSON: strict, versioned, and the same for every algorithm until its schema file is changed."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from traces import TRACES

import refdet
from refdet.stepwise import Steps, stepwise
from refdet.trace_json import SCHEMA, VERSION, decode, encode

SCHEMAS = Path(__file__).parent / "schemas"


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
