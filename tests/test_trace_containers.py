"""A trace copies what lists and dicts hold where it changed, and shares it where it did not."""

import numpy as np
import pytest

from refdet.stepwise import stepwise


@stepwise(check=lambda arrays: (arrays,))
def holding(arrays):
    """A list of arrays that a step of three changes."""
    held = {"rows": list(arrays)}
    yield "begin: {held}"
    yield "wait: {held}"
    held["rows"][0] = held["rows"][0] + 1
    yield "change: {held}"
    return held


@pytest.mark.parametrize("array", [np.zeros(0), np.zeros(1), np.zeros(3)])
def test_what_is_held_with_arrays_is_copied_only_where_it_changed(array):
    """NumPy warns of the truth of an empty array, and every warning is an error here."""
    begin, wait, change = holding.trace([array, np.ones(2)])
    assert begin.held is wait.held
    assert (change.held is begin.held) == (array.size == 0)
    assert (
        change.held["rows"][0].tolist() == [1] * array.size
        and begin.held["rows"][0].tolist() == [0] * array.size
    )
