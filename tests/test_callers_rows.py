"""Inside a body that runs on some of another one's rows, captions number them as the outermost caller does."""

import numpy as np
import pytest

from refdet.stepwise import Steps, stepwise


def test_rows_of_a_body_within_a_body_are_the_outermost_callers():
    """5, 6, 7, 8, 9 -> 6, 8, 9 -> 9, 8: rows 4 and 3 of the first five."""

    @stepwise(check=lambda values: (np.asarray(values),))
    def inner(values) -> Steps[None]:
        i, both = np.int64(1), np.array([0, 1])  # noqa: F841
        yield "see: {i} is {i:row}, {both:row} are all"

    def middle(values):
        members = np.array([2, 1])
        yield from inner.steps(values[members])

    @stepwise(check=lambda values: (values,))
    def outer(values) -> Steps[None]:
        members = np.array([1, 3, 4])
        yield from middle(values[members])
        yield "say: {members:row}"

    seen, said = outer.trace(np.arange(5, 10))
    assert seen.values.tolist() == [9, 8] and seen.callers_rows.tolist() == [4, 3]
    assert seen.note == "1 is 3, [4, 3] are all" and not seen.callers_rows.flags.writeable
    assert said.callers_rows is None and said.note == "[1, 3, 4]"
    assert inner.trace([9, 8])[0].note == "1 is 1, [0, 1] are all"


@pytest.mark.parametrize("members", [7, {0: 1}, [2, 1], "ab", np.array([True, False])])
def test_a_local_of_that_name_that_holds_no_row_numbers_means_nothing(members):
    @stepwise(check=lambda values: (values,))
    def inner(values) -> Steps[None]:
        yield "see: {values:row}"

    @stepwise(check=lambda members: (members,))
    def outer(members) -> Steps[None]:
        yield from inner.steps(1)

    trace = outer.trace(members)
    assert trace[0].callers_rows is None and trace[0].note == "1" and trace.to_json()
