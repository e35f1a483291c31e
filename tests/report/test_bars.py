"""Bars as SVG: lengths in proportion, values written."""

import pytest

from refdet.report.bars import LENGTH, draw


def test_lengths_are_in_proportion_and_values_are_written(document):
    drawing = draw({"numpy": 8.0, "cpp": 2.0, "nothing": 0}, unit="ms")
    widths = [float(bar["width"]) for bar in document(drawing).named("rect")]
    assert widths == [LENGTH, LENGTH / 4, 0]
    assert document(drawing).texts == ["numpy", "8 ms", "cpp", "2 ms", "nothing", "0 ms"]


def test_no_bars_and_only_zeros_are_legal(document):
    assert document(draw({}, unit="ms")).named("rect") == []
    assert document(draw({"a": 0.0}, unit="ms")).named("rect")[0]["width"] == "0"


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf")])
def test_what_has_no_length_is_refused(value):
    with pytest.raises(ValueError, match="values: 'a' is .*; wanted a finite number of at least 0"):
        draw({"a": value}, unit="ms")
