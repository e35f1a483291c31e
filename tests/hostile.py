"""Odd values in the place of good ones, and the judge of what a function makes of them.

A function may answer with what its docstring promises, or raise a ValueError or TypeError that begins with the name of
an argument. It may not change an input, hand out an input's memory, or let a warning out but the one that
`fit_linear_svm` promises.
"""

import copy
import itertools
import types
import warnings

import numpy as np
from documented import Documented
from hypothesis import strategies as st
from odd_values import FLOATS, LAYOUTS, ODD_DTYPES, SHAPES, SPECIAL, things, with_value

from refdet.classical.linear_svm import ConvergenceWarning


def hostile(like):
    """Values to put in the place of `like`: legal ones in odd forms, and such as no function can take."""
    base = like if isinstance(like, np.ndarray) else np.ones((3, 4), np.float32)
    values = numbers_of_all_sizes(base)
    values += [change(base) for change in (*LAYOUTS.values(), *SHAPES.values(), *ODD_DTYPES.values())]
    values += [base.tolist(), tuple(base.tolist())]
    if holds_arrays(like):
        values += [[*like[:-1], value] for value in hostile(like[-1])] + [list(like)[:-1], tuple(like)]
    return values + things()


def numbers_of_all_sizes(base):
    """The array with a special number in the first or the last place, in each precision."""
    return [with_value(base, *odd) for odd in itertools.product(SPECIAL, FLOATS, (0, -1))]


def every_array(value, change):
    """The value with a change to each array in it."""
    if isinstance(value, np.ndarray):
        return change(value)
    return [every_array(part, change) for part in value] if holds_arrays(value) else value


def holds_arrays(value):
    return isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value)


ONE_IN_FOUR = st.integers(0, 3).map(lambda drawn: drawn == 0)


@st.composite
def any_value(draw, like):
    """An array of any values, dtype, shape and layout that starts from `like`; or something else altogether."""
    if holds_arrays(like) and draw(st.booleans()):
        return [draw(any_value(part)) if draw(st.booleans()) else part for part in like]
    if draw(ONE_IN_FOUR):
        return draw(st.sampled_from(things()))
    value = like if isinstance(like, np.ndarray) else np.ones((3, 4))
    if draw(ONE_IN_FOUR):
        value = SHAPES[draw(st.sampled_from(sorted(SHAPES)))](value)
    if draw(st.booleans()) and value.dtype.kind in "fiu":
        place = draw(st.integers(0, max(value.size - 1, 0)))
        value = with_value(value, draw(st.sampled_from(SPECIAL)), draw(st.sampled_from(FLOATS)), place)
    if draw(ONE_IN_FOUR):
        value = ODD_DTYPES[draw(st.sampled_from(sorted(ODD_DTYPES)))](value)
    return LAYOUTS[draw(st.sampled_from(sorted(LAYOUTS)))](value)


def leaves(value):
    """Every array in a value, however deep."""
    if isinstance(value, np.ndarray):
        yield np.asarray(value)
    elif isinstance(value, (list, tuple)) and not any(part is value for part in value):
        yield from itertools.chain.from_iterable(map(leaves, value))


def checked_call(function, arguments, promised=None):
    """Call; an error must be a clear one, a result the documented one. Inputs stay as they were, no warning leaks."""
    before = {name: [leaf.tobytes() for leaf in leaves(value)] for name, value in arguments.items()}
    # A generator moves on when it is drawn from; each call gets one that has not.
    given = {k: copy.deepcopy(v) if isinstance(v, np.random.Generator) else v for k, v in arguments.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            result = function(**given)
            if isinstance(result, types.GeneratorType):
                result = list(itertools.islice(result, 3))
        except (ValueError, TypeError) as error:
            text = str(error)
            assert any(text.startswith((f"{name}:", f"{name}[", f"{name}.")) for name in arguments), text
            assert len(text) < 400, text
        else:
            Documented(promised or function).check(arguments, result)
    for name, bytes_before in before.items():
        if name != "out":
            assert [leaf.tobytes() for leaf in leaves(arguments[name])] == bytes_before, f"{name} was changed"
